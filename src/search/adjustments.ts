import { type Decay, decayed } from "./decay.js";
import { DEFAULTS, type Indexed } from "./indexed.js";
import type { Adjustment } from "./search-request.js";

// A few percent: enough to order entries that the text finds equally good, too little to lift a worse one.
const WEIGHT_SPAN = 0.04;
const RECENCY_SPAN = 0.02;
/** What `recencyFactor` is at most. */
export const MOST_RECENCY = 1 + RECENCY_SPAN;
// Half of it is left after 180 days.
const DECAY = (180 * 86_400_000) / Math.LN2;

/** What `weightFactor` is at least. */
export const LEAST_WEIGHT = 1 - WEIGHT_SPAN / 2;

/** When a score is worked out (ms), and how importance wears off until then; not at all when absent. */
export interface Moment {
  readonly now: number;
  readonly decay?: Decay;
}

/** The factors on an entry's text score at a moment. */
export function adjustmentsOf(entry: Indexed, moment: Moment): Adjustment[] {
  const { now, decay } = moment;
  const name = entry.kind === "guideline" ? "priority" : "importance";
  const worn = decay && decayed(entry, decay, now);
  return [
    { name, factor: weightFactor(entry, worn?.effective), ...(worn ? { decay: worn } : {}) },
    { name: "recency", factor: recencyFactor(entry.updatedAt ?? entry.createdAt ?? Number.NaN, now) },
  ];
}

/** The factor of an entry's weight at a moment. */
export const weightAt = (entry: Indexed, decay: Decay, now: number): number =>
  weightFactor(entry, decayed(entry, decay, now)?.effective);

/** The factor of an entry's priority (guidelines) or importance, 0.98–1.02; never more when `importance` wore off. */
export function weightFactor(entry: Indexed, importance?: number): number {
  const weight =
    entry.kind === "guideline"
      ? (entry.priority ?? DEFAULTS.priority) / 100
      : (importance ?? entry.importance ?? DEFAULTS.importance);
  return 1 + WEIGHT_SPAN * (Math.min(Math.max(weight, 0), 1) - 0.5);
}

/** The factor of a time at `now` (both ms), 1–1.02; without a time (NaN) 1. */
export function recencyFactor(time: number, now: number): number {
  return Number.isNaN(time) ? 1 : 1 + RECENCY_SPAN * Math.exp(-Math.max(now - time, 0) / DECAY);
}
