import type { Field } from "./query.js";
import { FIELDS } from "./query.js";

// BM25F: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), section 3.5: the
// frequencies of all fields are weighted, length-normalised and summed before they saturate together.

/** Term frequency saturation. */
const K1 = 1.2;

/** Weight of a field, and how much its length counts (b). Titles, tags and names are short by nature: length says less. */
const PARAMETERS: Readonly<Record<Field, { readonly weight: number; readonly b: number }>> = {
  title: { weight: 2, b: 0.5 },
  tags: { weight: 1.5, b: 0.3 },
  name: { weight: 1, b: 0.3 },
  summary: { weight: 1.5, b: 0.6 },
  body: { weight: 1, b: 0.75 },
};

/** A frequency in field n counts as frequency / (base[n] + slope[n] × length); base is infinite for a field that is left out. */
export interface FieldFactors {
  readonly base: Float64Array;
  readonly slope: Float64Array;
}

/** The factors of all fields, or of one alone, given the mean length of each field. */
export function fieldFactors(averageLength: (field: number) => number, only?: Field): FieldFactors {
  const base = new Float64Array(FIELDS.length);
  const slope = new Float64Array(FIELDS.length);
  FIELDS.forEach((field, n) => {
    const { weight, b } = PARAMETERS[field];
    const asked = only === undefined || only === field;
    base[n] = asked ? (1 - b) / weight : Number.POSITIVE_INFINITY;
    slope[n] = b / (weight * averageLength(n));
  });
  return { base, slope };
}

/** Inverse document frequency, always positive (the "plus one" form, as in Lucene). */
export function inverseFrequency(documents: number, having: number): number {
  return Math.log(1 + (documents - having + 0.5) / (having + 0.5));
}

/** From a summed frequency to 0–1. */
export function saturate(frequency: number): number {
  return frequency / (frequency + K1);
}
