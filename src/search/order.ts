import { DEFAULTS, type Indexed } from "./indexed.js";
import type { SearchRequest, Sort } from "./search-request.js";

/** An entry that passed all filters, with its final score (0 in a list). */
export interface Ranked {
  readonly slot: number;
  readonly entry: Indexed;
  readonly score: number;
  /** The passage that made it a hit, where its meaning did more for it than the words. */
  readonly passage?: number;
}

type Before = (a: Ranked, b: Ranked) => boolean;

/** The order a request gets when it does not name one: by relevance; lists by time, and of guidelines alone by priority. */
export function sortOf(request: SearchRequest, hasQuery: boolean): Sort {
  if (request.sort !== undefined && (hasQuery || request.sort !== "relevance")) return request.sort;
  if (hasQuery) return "relevance";
  const guidelines = request.kinds?.length === 1 && request.kinds[0] === "guideline";
  return guidelines ? "priority" : "updated";
}

/** A total order, so that equal content gives equal pages: last of all by path and store. */
export function orderOf(sort: Sort): Before {
  const compare = COMPARE[sort];
  return (a, b) => {
    const order = compare(a, b);
    return order === 0 ? byPlace(a.entry, b.entry) < 0 : order < 0;
  };
}

const byUpdate = (a: Ranked, b: Ranked): number => updated(b.entry) - updated(a.entry);

const COMPARE: Readonly<Record<Sort, (a: Ranked, b: Ranked) => number>> = {
  relevance: (a, b) => b.score - a.score,
  updated: byUpdate,
  created: (a, b) => (b.entry.createdAt ?? 0) - (a.entry.createdAt ?? 0),
  title: (a, b) => byText(a.entry.title.toLowerCase(), b.entry.title.toLowerCase()),
  priority: (a, b) => priority(b.entry) - priority(a.entry) || byUpdate(a, b),
};

function updated(entry: Indexed): number {
  return entry.updatedAt ?? entry.createdAt ?? 0;
}

function priority(entry: Indexed): number {
  return entry.priority ?? DEFAULTS.priority;
}

/** By path, then store: an order that everything has. */
export function byPlace(a: Indexed, b: Indexed): number {
  return byText(a.path, b.path) || byText(a.store, b.store);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
