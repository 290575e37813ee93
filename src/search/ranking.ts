import { LEAST_WEIGHT, MOST_RECENCY, type Moment, recencyFactor, weightAt } from "./adjustments.js";
import type { EntryTable } from "./entry-table.js";
import { exactly } from "./filters.js";
import type { Fusion } from "./fusion.js";
import type { Indexed } from "./indexed.js";
import { orderOf, type Ranked, sortOf } from "./order.js";
import type { SearchRequest } from "./search-request.js";
import type { Slots } from "./slots.js";
import type { TextMatches, WeightedPlan } from "./text-scorer.js";
import { Top } from "./top.js";
import { isVisible } from "./visibility.js";

const LOWEST_FLOOR = 0.05;
const HIGHEST_FLOOR = 0.15;

/**
 * The share of what was asked below which a hit is no answer. It grows with the number of entries: among many, one word
 * of a query is matched by chance; in a small store the entry that has it is often the one that was meant.
 */
export function floorFor(entries: number): number {
  return Math.min(Math.max(0.05 * (Math.log10(entries) - 0.5), LOWEST_FLOOR), HIGHEST_FLOOR);
}

// A held phrase closes this part of the gap to a full score.
const PHRASE_GAIN = 0.3;

/** Which entries hold which share (0–1] of the query's phrases, and whether the others are out. */
export interface HeldPhrases {
  readonly shares: ReadonlyMap<Indexed, number>;
  readonly required: boolean;
}

/** One search as the ranking needs it; `needed` is the end of the page. */
export interface RankInput extends Moment {
  readonly request: SearchRequest;
  readonly needed: number;
  /** Absent in a list. */
  readonly matches?: TextMatches;
  readonly held?: HeldPhrases;
}

/** Takes the entry at a slot through everything but the engine's filters; undefined when it is no hit. */
export function passing({ request, now, held }: RankInput, table: EntryTable): (slot: number) => Indexed | undefined {
  const passes = exactly(request);
  const include = request.include ?? [];
  if (passes === undefined && !held?.required) {
    // Most searches, thousands of candidates each.
    return (slot) => {
      const entry = table.at(slot);
      if (entry === undefined || !table.mayHide(slot)) return entry;
      return isVisible(entry, include, table.supersessions, now) ? entry : undefined;
    };
  }
  return (slot) => {
    const entry = table.at(slot);
    if (entry === undefined || passes?.(entry) === false) return undefined;
    if (table.mayHide(slot) && !isVisible(entry, include, table.supersessions, now)) return undefined;
    return held?.required && held.shares.get(entry) !== 1 ? undefined : entry;
  };
}

/** The first `needed` hits in order, how many there are in all, and the best score, also when it is below the floor. */
export interface Ranking {
  readonly page: readonly Ranked[];
  readonly total: number;
  readonly best: number;
  readonly plan?: WeightedPlan;
  /** How words and meaning came together, where meaning was asked for. */
  readonly fusion?: Fusion;
}

/** Takes what text and the engine's filters (`allowed`) leave through the other filters, scores and orders it. */
export function rank(input: RankInput, table: EntryTable, allowed: Slots | undefined): Ranking {
  const { request, now, decay, matches, held } = input;
  const pass = passing(input, table);
  const floor = request.min_score ?? floorFor(table.size);
  const sort = sortOf(request, matches !== undefined);
  const found = new Top(input.needed, orderOf(sort));
  let total = 0;
  let best = 0;
  for (const slot of matches?.slots ?? allowed ?? allSlots(table)) {
    if (allowed?.has(slot) === false) continue;
    const entry = pass(slot);
    if (entry === undefined) continue;
    let score = 0;
    if (matches !== undefined) {
      const text = matches.scores[slot]!;
      const gained = held === undefined ? text : text + phraseGain(text, held.shares.get(entry));
      const most = gained * table.weightAt(slot);
      const least = decay === undefined ? most : gained * LEAST_WEIGHT;
      // Most hits are counted and no more: then no power has to be computed for them, nor when they were read.
      if (sort === "relevance" && least >= floor && most * MOST_RECENCY < (found.last?.score ?? 0)) {
        total++;
        continue;
      }
      // Nor for what is too weak, once something better is known to be.
      if (most * MOST_RECENCY < floor && most * MOST_RECENCY <= best) continue;
      const weighted = decay === undefined ? most : gained * weightAt(entry, decay, now);
      score = Math.min(weighted * recencyFactor(table.timeAt(slot), now), 1);
      if (score > best) best = score;
      if (score < floor) continue;
    }
    total++;
    if (sort === "relevance" && score < (found.last?.score ?? 0)) continue;
    found.offer({ slot, entry, score });
  }
  return { page: found.sorted(), total, best, ...(matches && { plan: matches }) };
}

/** What holding a share of the phrases adds to a text score. */
export function phraseGain(text: number, share = 0): number {
  return (1 - text) * PHRASE_GAIN * share;
}

function* allSlots(table: EntryTable): Iterable<number> {
  for (let slot = 1; slot < table.bound; slot++) yield slot;
}
