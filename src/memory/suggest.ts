import type { Indexed } from "../search/indexed.js";
import type { Memory } from "./memory.js";
import { addressIn } from "./resolve.js";

/** Two entries that may belong together; `score` is 0–1. */
export interface Suggestion {
  readonly address: string;
  readonly title: string;
  readonly kind: string;
  readonly score: number;
  /** In words, strongest first. */
  readonly reasons: readonly string[];
}

/** What a sign counts when there is no other; similar text counts the share that `similar` finds. */
const SESSION = 0.2;
/** The nearest that holds counts. */
const TIMES = [
  { within: 300_000, weight: 0.1, reason: "made within five minutes" },
  { within: 3_600_000, weight: 0.05, reason: "made within an hour" },
];
/** More entries than this within an hour were imported: then time says nothing. */
const MOST_NEAR = 50;
const HITS = 30;
/** Texts that have less in common share words by chance. */
const LEAST_SIMILAR = 0.2;
/** Characters of a body that say what it is about. */
const GIST = 600;

interface Sign {
  readonly weight: number;
  readonly reason: string;
}

/**
 * Entries that are not related to this one yet, likeliest first: of similar text, written in the same session, made in
 * the same hour. What somebody called unrelated, either way, does not come again.
 */
export async function suggestRelations(memory: Memory, entry: Indexed, limit: number): Promise<Suggestion[]> {
  const { index } = memory;
  const signs = new Map<Indexed, Sign[]>();
  const known = new Set([entry]);
  // What a person keeps of another project is none of this one's.
  const applies = new Set([...memory.workspace.chain(memory.scope), entry].map(({ scope }) => scope));
  for (const { source, target } of index.relations.links(entry, { direction: "both" }))
    for (const { store, path = "" } of [source, target]) {
      const related = index.get(store, path);
      if (related) known.add(related);
    }
  const note = (other: Indexed, weight: number, reason: string): void => {
    if (known.has(other) || !applies.has(other.scope)) return;
    const { archived, expired, superseded_by } = index.flags(other.store, other.path);
    if (archived || expired || superseded_by) return;
    signs.set(other, [...(signs.get(other) ?? []), { weight, reason }]);
  };
  for (const { other, share } of await similar(memory, entry)) note(other, share, "similar text");
  for (const other of await companions(memory, entry)) note(other, SESSION, "written in the same session");
  for (const { other, time } of madeNear(index.entries(), entry)) note(other, time.weight, time.reason);
  const suggestions = [...signs].map(([other, found]) => ({
    address: addressIn(memory, other),
    title: other.title,
    kind: other.kind,
    // Independent signs: each closes its part of what the others leave open.
    score: round(1 - found.reduce((left, { weight }) => left * (1 - weight), 1)),
    reasons: found.sort((a, b) => b.weight - a.weight).map(({ reason }) => reason),
  }));
  suggestions.sort((a, b) => b.score - a.score || (a.address < b.address ? -1 : 1));
  return suggestions.slice(0, limit);
}

const round = (score: number): number => Math.round(score * 1_000) / 1_000;

/** The entries whose text answers a query made of this one's, with their share (0–1) of what this one answers of it itself. */
async function similar(memory: Memory, entry: Indexed): Promise<{ other: Indexed; share: number }[]> {
  const body = (await memory.body(entry)) ?? "";
  // On lines of its own the text has no operators.
  const query = [entry.title, entry.tags.join(" "), entry.summary ?? "", body.slice(0, GIST)].join("\n");
  const include = ["archived", "expired", "superseded"] as const;
  const { hits } = await memory.index.search({ query, limit: HITS, min_score: 0, include, snippets: false });
  const own = hits.find((hit) => hit.entry === entry)?.score ?? hits[0]?.score ?? 1;
  return hits
    .map((hit) => ({ other: hit.entry, share: Math.min(hit.score / own, 1) }))
    .filter(({ share }) => share >= LEAST_SIMILAR);
}

async function companions(memory: Memory, entry: Indexed): Promise<Indexed[]> {
  const { store } = entry;
  const paths = await (await memory.store(store)).sameSession(entry.path);
  const found = new Set([...paths].flatMap((path) => memory.at({ store, path }) ?? []));
  if (entry.scope.startsWith("session/"))
    for (const other of memory.index.entries()) if (other.scope === entry.scope) found.add(other);
  return [...found];
}

function madeNear(entries: Iterable<Indexed>, entry: Indexed) {
  const { createdAt } = entry;
  const near: { other: Indexed; time: (typeof TIMES)[number] }[] = [];
  if (createdAt === undefined) return near;
  for (const other of entries) {
    const gap = Math.abs((other.createdAt ?? Number.NaN) - createdAt);
    const time = TIMES.find(({ within }) => gap < within);
    if (time && other !== entry) near.push({ other, time });
  }
  return near.length > MOST_NEAR ? [] : near;
}
