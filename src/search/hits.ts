import type { Entry } from "../entry/entry.js";
import { passageSpans } from "../entry/passages.js";
import { adjustmentsOf, type Moment } from "./adjustments.js";
import { type Fusion, fuse, nearness, similarity } from "./fusion.js";
import type { Ranked } from "./order.js";
import { type HeldPhrases, phraseGain, type Ranking } from "./ranking.js";
import type { Explanation, HitFlags, SearchHit } from "./search-request.js";
import { type Needle, snippet } from "./snippet.js";
import type { TextScorer } from "./text-scorer.js";

/** A hit as the caller sees it: the summary, or else the best piece of the body (undefined when that is gone). */
export function toHit(
  { entry, score, passage }: Ranked,
  flags: HitFlags,
  needles: readonly Needle[],
  body: string | undefined,
  explanation: Explanation | undefined,
): SearchHit {
  const text = entry.summary ?? snippet(partOf({ title: entry.title, body: body ?? "" }, passage), needles);
  return {
    entry,
    score,
    ...(text !== "" && { snippet: text }),
    flags,
    ...(explanation && { explain: explanation }),
  };
}

/** The passage that made an entry without a summary a hit, else the whole body. */
function partOf(entry: Pick<Entry, "title" | "body">, passage: number | undefined): string {
  const span = passage === undefined ? undefined : passageSpans(entry)[passage];
  return span === undefined ? entry.body : entry.body.slice(span.start, span.end);
}

/** Where a hit's score comes from, for the index in the state that ranked it. */
export function explain(
  { slot, entry, score }: Ranked,
  { plan, fusion }: Ranking,
  scorer: TextScorer,
  held: HeldPhrases | undefined,
  moment: Moment,
): Explanation | undefined {
  if (plan === undefined) return undefined;
  const clauses = scorer.explain(plan, slot);
  const words = clauses.reduce((sum, clause) => sum + clause.score, 0);
  const phrases = phraseGain(words, held?.shares.get(entry));
  const text = words + phrases;
  const made = { clauses, phrases, text, adjustments: adjustmentsOf(entry, moment), final: score };
  return fusion === undefined ? { ...made, fused: text } : { ...made, ...explainMeaning(fusion, slot, text) };
}

function explainMeaning(
  fusion: Fusion,
  slot: number,
  text: number,
): Pick<Explanation, "bestText" | "meaning" | "fused"> {
  const { near, bestText, bestCosine, leastCosine, chance, weight } = fusion;
  const one = near.get(slot);
  const similar = one === undefined ? 0 : similarity(one.cosine, chance);
  const parts = fuse(fusion, text, one?.cosine);
  const meaning = {
    ...(one && { cosine: one.cosine, passage: one.passage }),
    similarity: similar,
    nearness: nearness(fusion, one?.cosine),
    best: bestCosine,
    least: leastCosine,
    chance,
    weight,
  };
  return { bestText, meaning, fused: fusion.alone ? similar : parts.text + parts.meaning };
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
