import type { NearPassage } from "./vector-index.js";

/** So many entries are near by meaning at most; what comes behind counts by its words only. */
export const NEAREST = 200;

/** The cosine above chance that gives 0.7, what `semantic_search_threshold` usually asks for. */
const CUT = 0.3;
const STEEPNESS = -Math.log(1 - 0.7) / CUT;
/** So many passages have to be there before their mean says as much as nothing does. */
const PRIOR = 50;

/** The two lists of a search, and how they come together. */
export interface Fusion {
  /** The meaning's share (0–1); the words have the rest. */
  readonly weight: number;
  readonly bestText: number;
  readonly bestCosine: number;
  /** The cosine that counts as nothing: that of the last of the nearest, or of chance where they are fewer. */
  readonly leastCosine: number;
  /** The cosine that a passage has by chance. */
  readonly chance: number;
  readonly near: ReadonlyMap<number, NearPassage>;
  /** The words do not count at all: a score is the similarity itself. */
  readonly alone: boolean;
  /** How good the best hits of both lists are, by weight (0–1). */
  readonly level: number;
}

/** The scores of both lists, best first. */
export interface Lists {
  readonly texts: readonly number[];
  readonly cosines: readonly number[];
}

/** What is by chance, given the mean cosine of all passages: few of them tell little of it. */
export const chanceOf = (background: number, passages: number): number =>
  (Math.max(background, 0) * passages) / (passages + PRIOR);

/**
 * How well a passage fits by meaning, 0–1: its cosine above chance, stretched so that what is about the same thing
 * reaches 0.7. Models differ in what they give by chance, from 0 to 0.8.
 */
export function similarity(cosine: number, chance: number): number {
  const above = Math.min(Math.max((cosine - chance) / (1 - chance), 0), 1);
  return Math.expm1(-STEEPNESS * above) / Math.expm1(-STEEPNESS);
}

/** Brings two lists together; `texts` and `cosines` are of the best 200 each, best first. */
export function fusionOf(
  { texts, cosines }: Lists,
  given: Pick<Fusion, "weight" | "chance" | "near" | "alone">,
): Fusion {
  const { weight, chance } = given;
  const leastCosine = cosines.length < NEAREST ? chance : cosines[NEAREST - 1]!;
  const [bestText, bestCosine] = [texts[0] ?? 0, cosines[0] ?? 0];
  const level = (1 - weight) * bestText + weight * similarity(bestCosine, chance);
  return { ...given, bestText, bestCosine, leastCosine, level };
}

/** What words and meaning give to a hit; their sum is its score. */
export interface Parts {
  readonly text: number;
  readonly meaning: number;
}

/**
 * The score of a hit in parts: its share of the best text score and the way from the least to the best cosine, each by
 * weight; times how good the two best are, so that it says how good the hit is and not only how it compares.
 */
export function fuse(fusion: Fusion, text: number, cosine: number | undefined): Parts {
  const { weight, bestText, level } = fusion;
  const share = bestText === 0 ? 0 : text / bestText;
  return { text: level * (1 - weight) * share, meaning: level * weight * nearness(fusion, cosine) };
}

/** 0–1: where a cosine lies between the least and the best. */
export function nearness({ leastCosine, bestCosine }: Fusion, cosine: number | undefined): number {
  if (cosine === undefined) return 0;
  if (cosine >= bestCosine) return 1;
  if (cosine <= leastCosine) return 0;
  return (cosine - leastCosine) / (bestCosine - leastCosine);
}
