import { inverseFrequency } from "./bm25f.js";
import type { Lists } from "./fusion.js";
import type { ParsedQuery } from "./query.js";
import { STOP_WORDS } from "./stop-words.js";
import type { WeightedPlan } from "./text-scorer.js";
import { terms, words } from "./tokenizer.js";

// Added up as log odds, so that no single sign decides: 1 turns even into 73 to 27.
const TO_BEGIN_WITH = -0.25;
const UNKNOWN = 2;
const EXACT = 2;
const LITERAL = 2;
const KEYWORDS = 4;
const LEAD = 1;
/** A list's best stands out from what is so many places behind it. */
const PLACES_BEHIND = 9;
/** Who types more words than this says something, if not in English. */
const MOST_KEYWORDS = 8;

// What is written as code, version, path or number is meant as it is written; TypeScript and CI/CD are mere names.
const IDENTIFIER = /^\p{Ll}+\p{Lu}|(?:\p{Lu}\p{Ll}+){3}|[\p{L}\p{N}](?:_|::|[.\\:])[\p{L}\p{N}]|\/.*\/|\p{N}|[+#]$/u;

/**
 * How much the meaning counts against the words (0–1), by what the query is and what both found: a little less than even
 * to begin with, more where no entry has the words, less where they are identifiers, taken by the letter (quotes,
 * `title:`, `word*`) or keywords without a sentence, the rarer the less, and towards the list whose best stands out. A
 * query that is nothing but taken by the letter goes by its words.
 */
export function vectorWeight(query: ParsedQuery, plan: WeightedPlan, lists: Lists, entries: number): number {
  if (lists.cosines.length === 0) return 0;
  if (lists.texts.length === 0) return 1;
  const literal = literalShare(query);
  if (literal === 1) return 0;
  const { known, exact, rarity } = sharesOf(query, plan, entries);
  const lead = leadOf(lists.cosines) - leadOf(lists.texts);
  const looksUp = isKeywords(query) ? rarity : 0;
  const odds =
    TO_BEGIN_WITH + UNKNOWN * (1 - known) - EXACT * exact - LITERAL * literal - KEYWORDS * looksUp + LEAD * lead;
  return 1 / (1 + Math.exp(-odds));
}

/** How many parts of the query are taken by the letter, of all. */
function literalShare({ wanted, phrases }: ParsedQuery): number {
  const quoted = new Set(phrases.map(({ text }) => text));
  const literal = wanted.filter(({ text, field, prefix }) => field !== undefined || prefix || quoted.has(text));
  return literal.length / wanted.length;
}

/** Whether a query is a few words without any that only a sentence needs. */
function isKeywords({ wanted }: ParsedQuery): boolean {
  const all = wanted.flatMap(({ text }) => words(text));
  return all.length <= MOST_KEYWORDS && !all.some((word) => STOP_WORDS.has(word.toLowerCase()));
}

/** What of the query's weight is in words that some entry has, and in such that are identifiers; and how rare (0–1) known words are. */
function sharesOf({ wanted }: ParsedQuery, { clauses, mass }: WeightedPlan, entries: number) {
  const written = wanted.flatMap(({ text }) => words(text)).filter((word) => IDENTIFIER.test(word));
  const identifiers = new Set(written.flatMap((word) => terms(word)));
  const rarest = inverseFrequency(entries, 1);
  let [known, exact, rare] = [0, 0, 0];
  for (const { clause, idf } of clauses) {
    if (clause.terms.length === 0 || clause.kind === "near") continue;
    const share = (clause.weight * idf) / mass;
    known += share;
    rare += share * Math.min(idf / rarest, 1);
    if (identifiers.has(clause.label)) exact += share;
  }
  return { known, exact, rarity: known === 0 ? 0 : rare / known };
}

/** How far (0–1) the best of a list stands out, of the way down to its last. */
function leadOf(scores: readonly number[]): number {
  const [best, last] = [scores[0]!, scores.at(-1)!];
  return best === last ? 0 : (best - scores[Math.min(PLACES_BEHIND, scores.length - 1)]!) / (best - last);
}
