import type { Indexed } from "../search/indexed.js";
import type { Memory } from "./memory.js";

/** From this share on of what its title and tags ask for, another entry is taken to be near. */
const NEAR = 0.5;

/** Pairs of current entries of one kind that each other's title finds, nearest first: `entries` against everything. */
export async function nearPairs(
  memory: Memory,
  entries: readonly Indexed[],
  most: number,
): Promise<(readonly [Indexed, Indexed])[]> {
  const pairs = new Map<string, { readonly pair: readonly [Indexed, Indexed]; readonly score: number }>();
  for (const entry of entries) {
    // Words only: a title may hold what a query would take for an operator.
    const words = `${entry.title} ${entry.tags.join(" ")}`.replace(/[^\p{L}\p{N}]+/gu, " ");
    const { hits } = await memory.index.search({ query: words, kinds: [entry.kind], limit: 4, min_score: NEAR });
    for (const { entry: other, score } of hits) {
      if (other.path === entry.path && other.store === entry.store) continue;
      const key = [entry.path, other.path].sort().join("\n");
      const known = pairs.get(key);
      if (!known || known.score < score) pairs.set(key, { pair: [entry, other], score });
    }
  }
  const sorted = [...pairs.values()].sort((a, b) => b.score - a.score || (a.pair[0].path < b.pair[0].path ? -1 : 1));
  return sorted.slice(0, most).map(({ pair }) => pair);
}
