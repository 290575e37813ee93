import type { Indexed } from "./indexed.js";
import type { Field, QueryText } from "./query.js";
import { fold, isSpaceless } from "./tokenizer.js";

const READ_AT_ONCE = 16;

type ReadBody = (store: string, path: string) => Promise<string | undefined>;

/**
 * For each candidate that holds any of the phrases, the share of them that it holds (0–1]: the same words in the same
 * order in one field, whatever stands between them that is no letter or digit. Reads a body only where it has to.
 */
export async function sharesHeld(
  candidates: readonly Indexed[],
  phrases: readonly QueryText[],
  readBody: ReadBody,
): Promise<ReadonlyMap<Indexed, number>> {
  const shares = new Map<Indexed, number>();
  const wanted = phrases.map(({ text, field }) => ({ text: plain(text), field, inside: isSpaceless(text) }));
  for (let at = 0; at < candidates.length; at += READ_AT_ONCE) {
    const some = candidates.slice(at, at + READ_AT_ONCE);
    const held = await Promise.all(some.map((entry) => countHeld(entry, wanted, readBody)));
    some.forEach((entry, i) => {
      if (held[i]! > 0) shares.set(entry, held[i]! / phrases.length);
    });
  }
  return shares;
}

interface Wanted {
  readonly text: string;
  readonly field: Field | undefined;
  /** In scripts without spaces words have no edges to respect. */
  readonly inside: boolean;
}

async function countHeld(entry: Indexed, wanted: readonly Wanted[], readBody: ReadBody): Promise<number> {
  const { title, tags, name, summary = "" } = entry;
  const fields = { title: [title], tags, name: [name], summary: [summary], body: [] };
  const open = wanted.filter((item) => {
    const asked = item.field === undefined ? Object.values(fields).flat() : fields[item.field];
    return !asked.some((value) => holds(plain(value), item));
  });
  const inBody = open.filter(({ field }) => field === undefined || field === "body");
  const body = inBody.length === 0 ? undefined : await readBody(entry.store, entry.path);
  const text = body === undefined ? "" : plain(body);
  return wanted.length - open.length + inBody.filter((item) => holds(text, item)).length;
}

function holds(text: string, { text: phrase, inside }: Wanted): boolean {
  return inside ? text.includes(phrase) : ` ${text} `.includes(` ${phrase} `);
}

function plain(text: string): string {
  const lower = fold(text).toLowerCase();
  // Unicode classes cost ten times as much, and most text is ASCII.
  return lower.replace(/[^\x00-\x7f]/.test(lower) ? /[^\p{L}\p{N}\p{M}]+/gu : /[^a-z0-9]+/g, " ").trim();
}
