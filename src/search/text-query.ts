import { FIELDS, type ParsedQuery, parseQuery, type QueryText } from "./query.js";
import type { Needle } from "./snippet.js";
import type { TextIndex } from "./text-index.js";
import { planText } from "./text-plan.js";
import type { WeightedPlan } from "./text-scorer.js";
import { words } from "./tokenizer.js";

const NEEDLES_PER_CLAUSE = 8;

/** A request's query, taken apart; undefined when it asks for all (absent, empty or `*`): a list. */
export function readQuery(query: string | undefined): ParsedQuery | undefined {
  return query === undefined || /^[\s*]*$/.test(query) ? undefined : parseQuery(query);
}

/**
 * The phrases that have to be looked up in the text. Alone they are a condition; beside other words they only count, for
 * pasted text quotes a lot: then a single quoted word is a word like others.
 */
export function phrasesToCheck({ phrases, wanted }: ParsedQuery): { phrases: readonly QueryText[]; required: boolean } {
  const required = phrases.length === wanted.length;
  return { phrases: required ? phrases : phrases.filter(({ text }) => words(text).length > 1), required };
}

/** The documents that have all words of a phrase, in whatever order: the only ones worth reading for it. */
export function phraseCandidates(phrase: QueryText, index: TextIndex): ReadonlySet<number> {
  const { clauses } = planText({ wanted: [phrase], phrases: [], excluded: [] }, index);
  let found: ReadonlySet<number> | undefined;
  for (const { kind, terms, field } of clauses) {
    const having = kind === "near" ? new Set<number>() : index.having(terms, field && FIELDS.indexOf(field));
    found = found === undefined ? having : new Set([...found].filter((slot) => having.has(slot)));
  }
  return found ?? new Set();
}

/** What to look for in a body when a plan has matched it: terms are stems, which most forms of a word begin with. */
export function needlesOf(query: ParsedQuery, plan: WeightedPlan, index: TextIndex): Needle[] {
  const found = new Map<string, Needle>();
  for (const { clause, idf } of plan.clauses) {
    for (const term of clause.terms.slice(0, NEEDLES_PER_CLAUSE)) {
      const text = index.text(term);
      // "studi" stands for study and studies.
      const needle = /^[a-z]{4,}i$/.test(text) ? text.slice(0, -1) : text;
      found.set(needle, { text: needle, weight: idf });
    }
  }
  // Terms have lost their diacritics, the body has not.
  for (const { text } of query.wanted) {
    if (words(text).join(" ") === text) continue;
    for (const word of text.match(/[\p{L}\p{M}\p{N}]{2,}/gu) ?? []) {
      const lower = word.toLowerCase();
      if (/[^\x00-\x7f]/.test(lower) && !found.has(lower)) found.set(lower, { text: lower, weight: 1 });
    }
  }
  return [...found.values()];
}
