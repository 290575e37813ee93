import type { Entry } from "../entry/entry.js";
import { type Outcome, readOutcomes } from "../entry/outcomes.js";
import { MemoryError } from "../errors.js";
import type { Indexed } from "../search/indexed.js";
import type { Memory } from "./memory.js";
import { parseAt } from "./parse-at.js";
import { addressIn } from "./resolve.js";

/** A pattern with what came of using it. */
export interface Pattern {
  readonly entry: Indexed;
  readonly address: string;
  readonly text: Entry;
  readonly outcomes: readonly Outcome[];
  /** Outcomes that break a rule, and do not count. */
  readonly odd: number;
}

/** Files that are read together. */
const BATCH = 64;

async function readPattern(memory: Memory, entry: Indexed): Promise<Pattern[]> {
  const { manifest } = await memory.store(entry.store);
  const bytes = await memory.bytes(entry);
  const text = bytes && parseAt(manifest.root, entry.path, bytes);
  // A file that went away a moment ago is no pattern any more.
  return text ? [{ entry, address: addressIn(memory, entry), text, ...readOutcomes(text) }] : [];
}

/** The patterns of some entries, in their order. */
export async function readPatterns(memory: Memory, entries: readonly Indexed[]): Promise<Pattern[]> {
  const found: Pattern[] = [];
  for (let from = 0; from < entries.length; from += BATCH) {
    const batch = entries.slice(from, from + BATCH);
    found.push(...(await Promise.all(batch.map((entry) => readPattern(memory, entry)))).flat());
  }
  return found;
}

/** Refuses (`invalid_input`) an entry that is no pattern, naming what it is. */
export function assertPattern(memory: Memory, entry: Pick<Indexed, "scope" | "kind" | "name">): void {
  if (entry.kind === "pattern") return;
  const address = addressIn(memory, entry);
  throw new MemoryError(
    "invalid_input",
    `${address} is a ${entry.kind}, and only patterns have outcomes. [[search]] with kinds pattern lists them.`,
    { field: "ref", address, kind: entry.kind },
  );
}
