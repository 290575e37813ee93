import { terms, words } from "./tokenizer.js";

/** A part of a text and how often its words count. */
export interface TextPart {
  readonly text: string;
  readonly weight: number;
}

/** What a text is about: its words by index term, with their weight and as they were first written. */
export interface Gist {
  readonly terms: ReadonlyMap<string, { readonly weight: number; readonly word: string }>;
  /** Length of the vector of weights. */
  readonly length: number;
}

/** How alike two texts are, and the words that make them so, strongest first. */
export interface Likeness {
  /** 0–1. */
  readonly score: number;
  readonly shared: readonly string[];
}

/**
 * The cosine that gives 0.7, the usual lowest score of what counts as similar. Chosen on short texts about software (see
 * the test) as what parts pairs about one thing best from the rest: of those above it 84 % are, and it finds 67 %; of
 * texts on other subjects, written afterwards, 88 % and 56 %.
 */
const CUT = 0.22;
const AT_CUT = 0.7;
const STEEPNESS = -Math.log(1 - AT_CUT) / CUT;
const MOST_SHARED = 8;

/** A term as the word has it from which it comes: a term is a stem, and may be a part of a compound. */
function writtenAs(term: string, word: string): string {
  const parts = [word, ...word.split(/[^\p{L}\p{N}\p{M}]+/u)];
  return (parts.find((part) => terms(part).length === 1 && terms(part)[0] === term) ?? term).toLowerCase();
}

/** The gist of a text in parts. */
export function gistOf(parts: readonly TextPart[]): Gist {
  const counts = new Map<string, { count: number; word: string }>();
  for (const { text, weight } of parts)
    for (const word of words(text)) {
      for (const term of terms(word)) {
        const known = counts.get(term);
        if (known) known.count += weight;
        else counts.set(term, { count: weight, word: writtenAs(term, word) });
      }
    }
  // The root: a word that comes four times says more than one that comes once, but not four times as much.
  const weighted = new Map([...counts].map(([term, { count, word }]) => [term, { weight: Math.sqrt(count), word }]));
  const squares = [...counts.values()].reduce((sum, { count }) => sum + count, 0);
  return { terms: weighted, length: Math.sqrt(squares) };
}

/**
 * How alike two gists are: the cosine of their words, stretched so that texts about the same thing reach 0.7. It looks at
 * nothing but the two, so that it is the same whatever else there is; 1 for equal texts, 0 for such without a common word.
 */
export function likeness(a: Gist, b: Gist): Likeness {
  const common: { product: number; word: string }[] = [];
  for (const [term, { weight, word }] of a.terms) {
    const other = b.terms.get(term);
    if (other) common.push({ product: weight * other.weight, word });
  }
  if (common.length === 0) return { score: 0, shared: [] };
  const cosine = Math.min(common.reduce((sum, { product }) => sum + product, 0) / (a.length * b.length), 1);
  const score = Math.expm1(-STEEPNESS * cosine) / Math.expm1(-STEEPNESS);
  common.sort((x, y) => y.product - x.product || (x.word < y.word ? -1 : 1));
  const shared = [...new Set(common.map(({ word }) => word))].slice(0, MOST_SHARED);
  return { score: Math.round(score * 1_000) / 1_000, shared };
}
