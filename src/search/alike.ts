import type { EntryTable } from "./entry-table.js";
import type { Indexed } from "./indexed.js";
import { byPlace } from "./order.js";
import type { VectorIndex } from "./vector-index.js";

/** So many passages near to one of a text are looked at for what the text is like. */
const LIKELY = 50;

/** An entry that a text is like, 0–1: see `VectorIndex.alike`. */
export interface AlikeEntry {
  readonly entry: Indexed;
  readonly similarity: number;
}

/** Which of them are wanted: as many at most, and how alike at least. */
export interface AlikeWanted {
  readonly least: number;
  readonly limit: number;
  /** False when the text goes on behind these passages: then what is behind as many of an entry's is not looked at. */
  readonly whole: boolean;
}

/** The entries that the text of these passages is like, likest first; none for vectors of another dimension than those there. */
export function alikeEntries(
  passages: readonly Float32Array[],
  table: EntryTable,
  vectors: VectorIndex,
  wanted: AlikeWanted & { readonly accepts: (entry: Indexed) => boolean },
): AlikeEntry[] {
  if (passages.some(({ length }) => length !== vectors.dimensions)) return [];
  const accepts = (slot: number): boolean => wanted.accepts(table.at(slot)!);
  const likely = new Set<number>();
  for (const vector of passages) {
    const { found } = vectors.nearest(vector, { passages: LIKELY, accepts });
    for (const [slot, { cosine }] of found) if (cosine >= wanted.least) likely.add(slot);
  }
  return [...likely]
    .map((slot) => ({ entry: table.at(slot)!, similarity: vectors.alike(slot, passages, wanted.whole) }))
    .filter(({ similarity }) => similarity >= wanted.least)
    .sort((a, b) => b.similarity - a.similarity || byPlace(a.entry, b.entry))
    .slice(0, wanted.limit);
}
