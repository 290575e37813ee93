import { formatAddress, parseRef, type Ref } from "../entry/address.js";
import { entryPath } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import type { Indexed } from "../search/indexed.js";
import type { Memory } from "./memory.js";

/** The short address of an entry: without scope in the store's own. */
export const addressIn = (memory: Memory, entry: Pick<Indexed, "scope" | "kind" | "name">): string =>
  formatAddress(entry, memory.scope);

function ambiguous(memory: Memory, text: string, found: readonly Indexed[]): MemoryError {
  const addresses = found.slice(0, 10).map((entry) => addressIn(memory, entry));
  return new MemoryError(
    "invalid_input",
    `${text} names ${found.length} entries: ${addresses.join(", ")}. Say which by its address.`,
    {
      ref: text,
      matches: addresses,
    },
  );
}

/** `not_found` with the addresses that come nearest to what was asked for. */
export async function notFound(memory: Memory, text: string): Promise<MemoryError> {
  const words = text.replace(/[^\p{L}\p{N}]+/gu, " ");
  const { hits } = await memory.index.search({
    query: words,
    limit: 3,
    min_score: 0,
    include: ["archived", "expired", "superseded"],
  });
  const nearest = hits.map(({ entry }) => addressIn(memory, entry));
  const hint = nearest.length > 0 ? `Nearest: ${nearest.join(", ")}.` : "[[search]] lists what there is.";
  return new MemoryError("not_found", `There is no entry ${JSON.stringify(text)}. ${hint}`, { ref: text, nearest });
}

function entriesAt(memory: Memory, paths: readonly string[]): Indexed[] {
  return paths.map((path) => memory.at(path)).filter((entry) => entry !== undefined);
}

function matching(memory: Memory, test: (entry: Indexed) => boolean): Indexed[] {
  return [...memory.index.entries()].filter(test);
}

function byName(memory: Memory, name: string): Indexed[] {
  const named = matching(memory, (entry) => entry.name === name || entry.name.endsWith(`/${name}`));
  const near = named.filter((entry) => entry.scope === memory.scope);
  return near.length > 0 ? near : named;
}

async function candidates(memory: Memory, ref: Ref): Promise<Indexed[]> {
  switch (ref.type) {
    case "address": {
      const path = await pathOf(memory, ref);
      const exact = memory.at(path);
      return exact ? [exact] : entriesAt(memory, memory.catalog.withName(path));
    }
    case "id":
      return entriesAt(memory, memory.catalog.withId(ref.id));
    case "id-part": {
      const part = (entry: Indexed): boolean => {
        const hex = entry.id?.replaceAll("-", "").toLowerCase();
        return hex !== undefined && (hex.startsWith(ref.hex) || hex.endsWith(ref.hex));
      };
      const found = matching(memory, part);
      return found.length > 0 ? found : byName(memory, ref.name);
    }
    case "name":
      return byName(memory, ref.name);
    case "scope-document":
      return [];
  }
}

async function pathOf(memory: Memory, ref: Extract<Ref, { type: "address" }>): Promise<string> {
  const { manifest } = await memory.store();
  return entryPath({ kind: ref.kind, name: ref.name, scope: ref.scope ?? memory.scope }, manifest.root);
}

/** The entry that a ref names. Throws `not_found` with the nearest addresses, `invalid_input` when it names several. */
export async function resolve(memory: Memory, text: string): Promise<Indexed> {
  const found = await candidates(memory, parseRef(text));
  if (found.length > 1) throw ambiguous(memory, text, found);
  if (found[0]) return found[0];
  throw await notFound(memory, text);
}

/** Like `resolve`, but also the path of an address that has no file now: a deleted entry has a history. */
export async function resolvePath(memory: Memory, text: string): Promise<string> {
  const ref = parseRef(text);
  const found = await candidates(memory, ref);
  if (found.length > 1) throw ambiguous(memory, text, found);
  if (found[0]) return found[0].path;
  if (ref.type === "address") return pathOf(memory, ref);
  throw await notFound(memory, text);
}
