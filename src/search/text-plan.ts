import { withinEdits } from "./edit-distance.js";
import type { Field, ParsedQuery, QueryText } from "./query.js";
import { stem } from "./stemmer.js";
import type { TextIndex } from "./text-index.js";
import { fold, isSpaceless, terms, words } from "./tokenizer.js";

/** How a clause found its terms: the term itself, terms that begin so, or near spellings of a word that nothing has. */
type ClauseKind = "term" | "prefix" | "near";

/** One thing a query asks for. Its terms count as one word (synonyms); no terms means that no entry has it. */
export interface Clause {
  readonly label: string;
  readonly kind: ClauseKind;
  readonly terms: readonly number[];
  /** 0–1: how much it counts, as score and as something asked for. */
  readonly weight: number;
  readonly field?: Field;
}

/** A query in terms of one state of the index; any change of the index outdates it. */
export interface TextPlan {
  readonly clauses: readonly Clause[];
  readonly excluded: readonly Clause[];
}

// A pasted log must not cost more than a long question.
const MAX_CLAUSES = 64;
const MAX_EXPANSIONS = 64;
const MAX_NEAR_WORDS = 4;
// A near spelling is a guess.
const NEAR_WEIGHT = 0.8;
// Where the whole is known, its parts are another way to say the same: GitHub is one thing asked for, not three.
const PART_WEIGHT = 0.3;
// A hyphenated word is often written as two, and then the whole says little more than its parts.
const HYPHENATED_WEIGHT = 0.5;

/** Looks a query's words up in the index; stop words count only when there is nothing else. */
export function planText(query: ParsedQuery, index: TextIndex): TextPlan {
  let clauses = clausesOf(query.wanted, index, false);
  if (clauses.length === 0) clauses = clausesOf(query.wanted, index, true);
  const excluded = query.excluded.flatMap(({ text, field }) =>
    words(text).flatMap((word): Clause[] => {
      // The whole comes first: `-foo-bar` leaves out foo-bar, not every foo.
      const [whole] = terms(word, true);
      const number = whole === undefined ? -1 : index.lookup(whole);
      return number < 0 ? [] : [clause(whole ?? "", "term", [number], field)];
    }),
  );
  return { clauses, excluded };
}

function clausesOf(wanted: readonly QueryText[], index: TextIndex, keepStopWords: boolean): Clause[] {
  const found = new Map<string, Clause>();
  let nearWords = 0;
  for (const { text, field, prefix } of wanted) {
    if (prefix) {
      const expanded = prefixClause(fold(text).toLowerCase(), index, field);
      found.set(`${field ?? ""} ${expanded.label}*`, expanded);
      continue;
    }
    for (const word of words(text)) {
      const parts = terms(word, keepStopWords || field !== undefined);
      const [whole] = parts;
      const known = parts.length > 1 && whole !== undefined && !isSpaceless(whole) && index.lookup(whole) >= 0;
      for (const term of parts) {
        if (found.size >= MAX_CLAUSES) return [...found.values()];
        const key = `${field ?? ""} ${term}`;
        if (found.has(key)) continue;
        const number = index.lookup(term);
        const weight = known ? weightIn(whole, term) : 1;
        if (number >= 0) found.set(key, clause(term, "term", [number], field, weight));
        else if (isSpaceless(term)) addSpaceless(found, key, prefixClause(term, index, field));
        // Of an identifier that no entry has as a whole, the parts speak.
        else if (parts.length > 1) continue;
        else found.set(key, nearClause(term, nearWords++ < MAX_NEAR_WORDS ? word : "", index, field));
      }
    }
  }
  return [...found.values()];
}

function clause(
  label: string,
  kind: ClauseKind,
  numbers: readonly number[],
  field: Field | undefined,
  weight = kind === "near" ? NEAR_WEIGHT : 1,
): Clause {
  return { label, kind, terms: numbers, weight, ...(field === undefined ? {} : { field }) };
}

function weightIn(whole: string, term: string): number {
  if (/^\p{L}+(?:-\p{L}+)+$/u.test(whole)) return term === whole ? HYPHENATED_WEIGHT : 1;
  return term === whole ? 1 : PART_WEIGHT;
}

/** A single letter is the beginning of a pair; a pair or dictionary word that is missing says nothing by itself. */
function addSpaceless(found: Map<string, Clause>, key: string, expanded: Clause): void {
  if (expanded.terms.length > 0) found.set(key, expanded);
}

function prefixClause(prefix: string, index: TextIndex, field: Field | undefined): Clause {
  // Terms are stems: "databases*" has to find "databas".
  const whole = /^[a-z]+$/.test(prefix) ? index.lookup(stem(prefix)) : -1;
  const candidates = new Set(index.startingWith(prefix));
  if (whole >= 0) candidates.add(whole);
  return clause(prefix, "prefix", firstLive([...candidates], index), field);
}

/** The word as typed decides how many edits are allowed: one from 5 letters on, two from 8; none for numbers. */
function nearClause(term: string, word: string, index: TextIndex, field: Field | undefined): Clause {
  const distance = !/^\p{L}+$/u.test(term) || word.length < 5 ? 0 : word.length < 8 ? 1 : 2;
  if (distance === 0) return clause(term, "term", [], field);
  const candidates = index.resembling(term, distance);
  for (let within = 1; within <= distance; within++) {
    const near = candidates.filter((number) => withinEdits(term, index.text(number), within));
    const live = firstLive(near, index);
    if (live.length > 0) return clause(term, "near", live, field);
  }
  return clause(term, "term", [], field);
}

/** The terms in use, in an order that does not depend on how the index came about. */
function firstLive(numbers: readonly number[], index: TextIndex): number[] {
  return numbers
    .filter((number) => index.isLive(number))
    .map((number) => ({ number, text: index.text(number) }))
    .sort((a, b) => a.text.length - b.text.length || (a.text < b.text ? -1 : 1))
    .slice(0, MAX_EXPANSIONS)
    .map(({ number }) => number);
}
