import { adjustmentsOf, type Moment } from "./adjustments.js";
import type { Ranked } from "./order.js";
import { type HeldPhrases, phraseGain, type Ranking } from "./ranking.js";
import type { Explanation, HitFlags, SearchHit } from "./search-request.js";
import { type Needle, snippet } from "./snippet.js";
import type { TextScorer, WeightedPlan } from "./text-scorer.js";

/** A hit as the caller sees it: the summary, or else the best piece of the body (undefined when that is gone). */
export function toHit(
  { entry, score }: Ranked,
  flags: HitFlags,
  needles: readonly Needle[],
  body: string | undefined,
  explanation: Explanation | undefined,
): SearchHit {
  const text = entry.summary ?? snippet(body ?? "", needles);
  return {
    entry,
    score,
    ...(text !== "" && { snippet: text }),
    flags,
    ...(explanation && { explain: explanation }),
  };
}

/** Where a hit's score comes from, for the index in the state that ranked it. */
export function explain(
  { slot, entry, score }: Ranked,
  plan: WeightedPlan,
  scorer: TextScorer,
  held: HeldPhrases | undefined,
  moment: Moment,
): Explanation {
  const clauses = scorer.explain(plan, slot);
  const text = clauses.reduce((sum, clause) => sum + clause.score, 0);
  const phrases = phraseGain(text, held?.shares.get(entry));
  return { clauses, phrases, adjustments: adjustmentsOf(entry, moment), final: score };
}

/** What the caller should know about how the query was read; undefined when nothing is odd. */
export function hintOf({ total, best, plan }: Ranking, held: HeldPhrases | undefined): string | undefined {
  const hints: string[] = [];
  if (held?.shares.size === 0) hints.push("no entry holds the quoted phrase; its words were searched instead");
  if (total === 0 && best > 0) {
    hints.push(`only weak matches (best score ${best.toFixed(3)}); a lower min_score shows them`);
  }
  const near = plan?.clauses.filter(({ clause }) => clause.kind === "near").map(({ clause }) => clause.label) ?? [];
  if (total > 0 && near.length > 0) hints.push(`no entry has ${near.join(", ")}; similar words were searched`);
  return hints.length === 0 ? undefined : hints.join("; ");
}
