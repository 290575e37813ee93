import { type Place, placesOf, type Usage, usageOf } from "../entry/outcomes.js";
import type { EntryKey } from "../search/indexed.js";
import { type Gist, gistOf, likeness } from "../search/likeness.js";
import type { Memory } from "./memory.js";
import { assertPattern, type Pattern, readPatterns } from "./patterns.js";
import { indexedAt } from "./related-to.js";

/** A pattern like what was asked for, with what came of using it. */
export interface SimilarPattern {
  readonly address: string;
  readonly title: string;
  readonly category?: string;
  /** Likeness of the texts, 0–1. */
  readonly score: number;
  /** The words that both texts have, strongest first. */
  readonly shared: readonly string[];
  readonly usage: Usage;
  readonly worked_in: readonly Place[];
  readonly failed_in: readonly Place[];
}

export interface SimilarPatterns {
  readonly patterns: readonly SimilarPattern[];
  /** So many are similar enough. */
  readonly total: number;
  /** There may be more: of many patterns only those that a search finds first were compared. */
  readonly or_more?: true;
  /** When none is: the one that comes nearest. */
  readonly nearest?: Pick<SimilarPattern, "address" | "title" | "score">;
}

/** What to compare with: a pattern, or a situation in words. */
export type Wanted = { readonly ref: string } | { readonly text: string };

/** So many of the patterns that a search finds are compared. */
const COMPARED = 50;
/** Characters of a body that say what it is about, and of a text that a search takes. */
const GIST = 5_000;
const SEARCHED = 2_000;

const gistOfPattern = ({ entry, text }: Pattern): Gist =>
  gistOf([
    { text: entry.title, weight: 2 },
    { text: `${entry.tags.join(" ")}\n${entry.summary ?? ""}\n${text.body.slice(0, GIST)}`, weight: 1 },
  ]);

async function subject(memory: Memory, wanted: Wanted): Promise<{ gist: Gist; words: string; own?: EntryKey }> {
  if ("text" in wanted) return { gist: gistOf([{ text: wanted.text.slice(0, GIST), weight: 1 }]), words: wanted.text };
  const entry = await indexedAt(memory, wanted.ref);
  assertPattern(memory, entry);
  const [pattern] = await readPatterns(memory, [entry]);
  const words = [entry.title, entry.tags.join(" "), entry.summary ?? "", pattern?.text.body ?? ""].join("\n");
  return { gist: pattern ? gistOfPattern(pattern) : gistOf([]), words, own: entry };
}

/** Current patterns of every project that are at least so similar to the wanted one, best first. */
export async function similarPatterns(
  memory: Memory,
  wanted: Wanted,
  { least, limit }: { readonly least: number; readonly limit: number },
): Promise<SimilarPatterns> {
  const { gist, words, own } = await subject(memory, wanted);
  // Words only: a text may hold what a query would take for an operator.
  const query = words
    .slice(0, SEARCHED)
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  if (query === "") return { patterns: [], total: 0 };
  const { hits, total } = await memory.index.search({
    query,
    kinds: ["pattern"],
    limit: COMPARED,
    min_score: 0,
    snippets: false,
  });
  const others = hits.map(({ entry }) => entry).filter(({ store, path }) => store !== own?.store || path !== own.path);
  const found = (await readPatterns(memory, others))
    .map((pattern) => ({ pattern, ...likeness(gist, gistOfPattern(pattern)) }))
    .filter(({ score }) => score > 0);
  found.sort((a, b) => b.score - a.score || (a.pattern.address < b.pattern.address ? -1 : 1));
  const similar = found.filter(({ score }) => score >= least);
  const [nearest] = found;
  return {
    patterns: similar.slice(0, limit).map(({ pattern: { address, entry, outcomes }, score, shared }) => ({
      address,
      title: entry.title,
      ...(entry.category === undefined ? {} : { category: entry.category }),
      score,
      shared,
      usage: usageOf(outcomes),
      worked_in: placesOf(outcomes, "success"),
      failed_in: placesOf(outcomes, "failure"),
    })),
    total: similar.length,
    ...(total > hits.length && similar.length === found.length ? { or_more: true } : {}),
    ...(similar.length === 0 && nearest
      ? { nearest: { address: nearest.pattern.address, title: nearest.pattern.entry.title, score: nearest.score } }
      : {}),
  };
}
