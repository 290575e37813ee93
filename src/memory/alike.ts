import { formatAddress } from "../entry/address.js";
import type { EntryFields } from "../entry/entry.js";
import { passagesOf } from "../entry/passages.js";
import { findSecrets } from "../entry/secrets.js";
import type { AlikeEntry } from "../search/alike.js";
import type { Memory } from "./memory.js";

/** A text that may be saved. */
export interface NewText {
  readonly title: string;
  readonly content: string;
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

/** What a save may say that looks like a secret, and the store where it goes. */
interface Saving {
  readonly store: string;
  readonly allow: readonly string[];
}

/**
 * The entries that say nearly the same as each text, by meaning, likest first: none where vectors cannot be had at once.
 * What is made for it is kept beside the store, so that the entry is not embedded again when it is there. A text that will
 * be refused for a secret reaches no embedder.
 */
export async function alikeTo(
  memory: Memory,
  texts: readonly (NewText | undefined)[],
  { store, allow }: Saving,
): Promise<readonly (readonly Alike[])[]> {
  const all = texts.map((text) => (text === undefined ? [] : passages(text)));
  const pieces = all.map((own) => own.slice(0, COMPARED));
  const wanted = pieces.flat();
  const makes = wanted.length > 0 && memory.meaning.embedderId !== undefined;
  const hides = makes && (await findSecrets(all.flat().join("\n\n"), allow)).length > 0;
  const vectors = makes && !hides ? await memory.meaning.now(wanted, store) : undefined;
  if (!vectors) return texts.map(() => []);
  let next = 0;
  return pieces.map((own, at) => {
    const from = next;
    next += own.length;
    const whole = own.length === all[at]!.length;
    return memory.index.alike(vectors.slice(from, next), { least: SIMILAR, limit: 2 * MOST, whole });
  });
}

const passages = ({ title, content, fields }: NewText): readonly string[] =>
  passagesOf({ title, body: content, fields: (fields ?? {}) as EntryFields, unknown: {} });

/** What to tell of the likest. */
export const toSimilar = (memory: Memory, alike: readonly Alike[]): { readonly similar?: SimilarEntry[] } => {
  const similar = alike.slice(0, MOST).map(({ entry, similarity }) => ({
    address: formatAddress(entry, memory.scope),
    title: entry.title,
    similarity: Math.round(similarity * 100) / 100,
  }));
  return similar.length === 0 ? {} : { similar };
};
