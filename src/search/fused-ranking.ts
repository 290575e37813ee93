import { adjustmentsOf } from "./adjustments.js";
import type { EntryTable } from "./entry-table.js";
import { chanceOf, fuse, fusionOf, NEAREST, similarity } from "./fusion.js";
import type { Indexed } from "./indexed.js";
import { byPlace, orderOf, sortOf } from "./order.js";
import type { ParsedQuery } from "./query.js";
import { floorFor, passing, phraseGain, type RankInput, type Ranking } from "./ranking.js";
import type { TextMatches } from "./text-scorer.js";
import { Top } from "./top.js";
import { vectorWeight } from "./vector-weight.js";
import type { NearPassage, VectorIndex } from "./vector-index.js";

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

interface Candidate {
  readonly slot: number;
  readonly entry: Indexed;
  readonly text: number;
}

/** What `rank` does for words, for words and meaning together, or for meaning alone where the request's mode says so. */
export function rankFused(
  input: FusedInput,
  table: EntryTable,
  vectors: VectorIndex,
  allowed: ReadonlySet<number> | undefined,
): Ranking {
  const { request, matches, held, needed } = input;
  const pass = passing(input, table);
  const floor = floorFor(table.size);
  const alone = request.mode === "vector";
  const leastSimilar = (alone ? request.min_similarity : undefined) ?? LEAST_SIMILAR;
  const candidates = new Map<number, Candidate>();
  for (const slot of alone ? [] : matches.slots) {
    const entry = allowed?.has(slot) === false ? undefined : pass(slot);
    if (entry === undefined) continue;
    const text = matches.scores[slot]!;
    candidates.set(slot, { slot, entry, text: text + phraseGain(text, held?.shares.get(entry)) });
  }
  const { near, background } = nearest(input, vectors, pass, allowed);
  for (const { slot, entry } of near) if (!candidates.has(slot)) candidates.set(slot, { slot, entry, text: 0 });

  const lists = { texts: bestTexts(candidates.values()), cosines: near.map(({ cosine }) => cosine) };
  const byMeaning = new Map(near.map((one) => [one.slot, one]));
  const fusion = fusionOf(lists, {
    weight: alone ? 1 : vectorWeight(input.query, matches, lists, table.size),
    chance: chanceOf(background, vectors.passages),
    near: byMeaning,
    alone,
  });
  const sort = sortOf(request, true);
  const found = new Top(needed, orderOf(sort));
  let [total, best] = [0, 0];
  for (const { slot, entry, text } of candidates.values()) {
    const cosine = byMeaning.get(slot)?.cosine;
    const similar = cosine === undefined ? 0 : similarity(cosine, fusion.chance);
    const factor = factorOf(entry, input);
    const parts = alone ? { text: 0, meaning: similar } : fuse(fusion, text, cosine);
    const score = Math.min((parts.text + parts.meaning) * factor, 1);
    if (score > best) best = score;
    const usual = (text * factor >= floor && fusion.weight < 1) || (similar >= leastSimilar && fusion.weight > 0);
    if (request.min_score === undefined ? !usual : score < request.min_score) continue;
    total++;
    if (sort === "relevance" && score < (found.last?.score ?? 0)) continue;
    const passage = parts.meaning > parts.text ? byMeaning.get(slot)?.passage : undefined;
    found.offer({ slot, entry, score, ...(passage !== undefined && { passage }) });
  }
  return { page: found.sorted(), total, best, plan: matches, fusion };
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
  among: ReadonlySet<number> | undefined,
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

/** The best text scores, best first. */
function bestTexts(candidates: Iterable<Candidate>): readonly number[] {
  const top = new Top<number>(NEAREST, (a, b) => a > b);
  for (const { text } of candidates) if (text > 0) top.offer(text);
  return top.sorted();
}

const factorOf = (entry: Indexed, moment: RankInput): number =>
  adjustmentsOf(entry, moment).reduce((product, { factor }) => product * factor, 1);
