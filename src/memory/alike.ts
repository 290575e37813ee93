import { formatAddress } from "../entry/address.js";
import type { EntryFields } from "../entry/entry.js";
import type { Kind } from "../entry/kinds.js";
import { passagesOf } from "../entry/passages.js";
import type { AlikeEntry } from "../search/alike.js";
import type { Memory } from "./memory.js";

/** A text that may be saved. */
export interface NewText {
  readonly title: string;
  readonly content: string;
  readonly kind?: Kind;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** An entry that says nearly the same as a text, as the index had it. */
export type Alike = AlikeEntry;

/** What a write tells of such an entry. */
export interface SimilarEntry {
  readonly address: string;
  readonly title: string;
  readonly similarity: number;
}

/** From here on (DESIGN 5, memory_save) a text says the same as another one. */
export const SAYS_THE_SAME = 0.95;
/** From here on it is worth a look. */
const SIMILAR = 0.8;
const MOST = 3;
/** So many passages say what a text is about. */
const COMPARED = 8;

/**
 * The entries that say nearly the same as each text, by meaning, likest first: none where vectors cannot be had at once.
 * What is made for it is kept, so that the entry is not embedded again when it is there.
 */
export async function alikeTo(
  memory: Memory,
  texts: readonly (NewText | undefined)[],
): Promise<readonly (readonly Alike[])[]> {
  const pieces = texts.map((text) => (text === undefined ? [] : passages(text)));
  const vectors = pieces.flat().length === 0 ? undefined : await memory.meaning.now(pieces.flat());
  if (!vectors) return texts.map(() => []);
  let next = 0;
  return pieces.map((own) => {
    const from = next;
    next += own.length;
    return memory.index.alike(vectors.slice(from, next), { least: SIMILAR, limit: 2 * MOST });
  });
}

const passages = ({ title, content, fields }: NewText): readonly string[] =>
  passagesOf({ title, body: content, fields: (fields ?? {}) as EntryFields, unknown: {} }).slice(0, COMPARED);

/** What to tell of the likest. */
export const toSimilar = (memory: Memory, alike: readonly Alike[]): { readonly similar?: SimilarEntry[] } => {
  const similar = alike.slice(0, MOST).map(({ entry, similarity }) => ({
    address: formatAddress(entry, memory.scope),
    title: entry.title,
    similarity: Math.round(similarity * 100) / 100,
  }));
  return similar.length === 0 ? {} : { similar };
};
