import { LEAST_WEIGHT, MOST_RECENCY, recencyFactor, weightAt } from "./adjustments.js";
import type { EntryTable } from "./entry-table.js";
import { chanceOf, fuse, fusionOf, NEAREST, similarity } from "./fusion.js";
import type { Indexed } from "./indexed.js";
import { byPlace, orderOf, sortOf } from "./order.js";
import type { ParsedQuery } from "./query.js";
import { floorFor, passing, phraseGain, type RankInput, type Ranking } from "./ranking.js";
import type { Slots } from "./slots.js";
import type { TextMatches } from "./text-scorer.js";
import { Top } from "./top.js";
import type { NearPassage, VectorIndex } from "./vector-index.js";
import { vectorWeight } from "./vector-weight.js";

/** So many passages are scored exactly: enough for 200 entries, and for what the signs alone put a little too far back. */
const PASSAGES = 2 * NEAREST;
/** How well something has to fit by meaning to be a hit for that alone. */
const LEAST_SIMILAR = 0.7;

/** A search by meaning as the ranking needs it. */
export interface FusedInput extends RankInput {
  readonly query: ParsedQuery;
  readonly matches: TextMatches;
  readonly vector: Float32Array;
}

/** What `rank` does for words, for words and meaning together, or for meaning alone where the request's mode says so. */
export function rankFused(
  input: FusedInput,
  table: EntryTable,
  vectors: VectorIndex,
  allowed: Slots | undefined,
): Ranking {
  const { request, matches, needed } = input;
  const pass = passing(input, table);
  const alone = request.mode === "vector";
  const { slots, texts } = alone ? { slots: [], texts: [] } : wordMatches(input, pass, allowed);
  const { near, background } = nearest(input, vectors, pass, allowed);
  const byMeaning = new Map(near.map((one) => [one.slot, one]));
  const lists = { texts: bestOf(texts), cosines: near.map(({ cosine }) => cosine) };
  const fusion = fusionOf(lists, {
    weight: alone ? 1 : vectorWeight(input.query, matches, lists, table.size),
    chance: chanceOf(background, vectors.passages),
    near: byMeaning,
    alone,
  });
  const textOf = new Map<number, number>();
  const isNear = new Uint8Array(table.bound);
  for (const { slot } of near) isNear[slot] = 1;
  slots.forEach((slot, n) => {
    if (isNear[slot] === 1) textOf.set(slot, texts[n]!);
  });

  const floor = fusion.weight < 1 ? floorFor(table.size) : Number.POSITIVE_INFINITY;
  const similarFloor = (alone ? request.min_similarity : undefined) ?? LEAST_SIMILAR;
  const leastSimilar = fusion.weight > 0 ? similarFloor : Number.POSITIVE_INFINITY;
  const sort = sortOf(request, true);
  const found = new Top(needed, orderOf(sort));
  let [total, best] = [0, 0];
  const consider = (slot: number, text: number, one: Near | undefined): void => {
    const similar = one === undefined ? 0 : similarity(one.cosine, fusion.chance);
    const parts = alone ? { text: 0, meaning: similar } : fuse(fusion, text, one?.cosine);
    const entry = table.at(slot)!;
    const factor = factorOf(entry, slot, table, input);
    const score = Math.min((parts.text + parts.meaning) * factor, 1);
    if (score > best) best = score;
    const usual = text * factor >= floor || similar >= leastSimilar;
    if (request.min_score === undefined ? !usual : score < request.min_score) return;
    total++;
    const passage = parts.meaning > parts.text ? one?.passage : undefined;
    found.offer({ slot, entry, score, ...(passage !== undefined && { passage }) });
  };
  for (const one of near) consider(one.slot, textOf.get(one.slot) ?? 0, one);
  const quick = sort === "relevance" && request.min_score === undefined;
  const { text: share } = fuse(fusion, 1, undefined);
  for (let n = 0; n < slots.length; n++) {
    const slot = slots[n]!;
    if (isNear[slot] === 1) continue;
    const text = texts[n]!;
    if (quick) {
      // As in `rank`: what is surely behind the page is only counted, what is surely too weak not even that.
      const most = table.weightAt(slot) * MOST_RECENCY;
      const counts = text * LEAST_WEIGHT >= floor && text * share * most < (found.last?.score ?? 0);
      if (counts) total++;
      if (counts || (text * most < floor && text * share * most <= best)) continue;
    }
    consider(slot, text, undefined);
  }
  return { page: found.sorted(), total, best, plan: matches, fusion };
}

/** The entries that words find and that pass, with their text scores. */
function wordMatches(
  { matches, held }: FusedInput,
  pass: (slot: number) => Indexed | undefined,
  allowed: Slots | undefined,
): { slots: number[]; texts: number[] } {
  const slots: number[] = [];
  const texts: number[] = [];
  for (const slot of matches.slots) {
    const entry = allowed?.has(slot) === false ? undefined : pass(slot);
    if (entry === undefined) continue;
    const text = matches.scores[slot]!;
    slots.push(slot);
    texts.push(held === undefined ? text : text + phraseGain(text, held.shares.get(entry)));
  }
  return { slots, texts };
}

interface Near extends NearPassage {
  readonly slot: number;
  readonly entry: Indexed;
}

/** The entries nearest by meaning that pass and have no excluded word; of equally near ones the first by place. */
function nearest(
  { vector, matches }: FusedInput,
  vectors: VectorIndex,
  pass: (slot: number) => Indexed | undefined,
  among: Slots | undefined,
): { near: readonly Near[]; background: number } {
  const accepts = (slot: number): boolean => !matches.excluded.has(slot) && pass(slot) !== undefined;
  const { found, background } = vectors.nearest(vector, { passages: PASSAGES, accepts, among });
  const near = [...found].flatMap(([slot, passage]) => {
    const entry = pass(slot);
    return entry === undefined ? [] : { slot, entry, ...passage };
  });
  near.sort((a, b) => b.cosine - a.cosine || byPlace(a.entry, b.entry));
  return { near: near.slice(0, NEAREST), background };
}

/** The best scores, best first. */
function bestOf(scores: readonly number[]): readonly number[] {
  const top = new Top<number>(NEAREST, (a, b) => a > b);
  for (const score of scores) top.offer(score);
  return top.sorted();
}

/** The product of `adjustmentsOf`. */
function factorOf(entry: Indexed, slot: number, table: EntryTable, { now, decay }: RankInput): number {
  const weight = decay === undefined ? table.weightAt(slot) : weightAt(entry, decay, now);
  return weight * recencyFactor(table.timeAt(slot), now);
}
