import type { CommitGraph } from "./commit-graph.js";

/** Where two commits parted, by numbers of a graph. */
export interface Divergence {
  /** Their best common ancestor; undefined = they share no history. */
  readonly base: number | undefined;
  /** The commits that only the one leads to, and only the other; where clocks were wrong, also some that both do. */
  readonly left: readonly number[];
  readonly right: readonly number[];
}

const LEFT = 1;
const RIGHT = 2;
const BOTH = LEFT | RIGHT;
const STALE = 4;

/**
 * Paints the ancestors of both commits as git does (commit-reach, paint_down_to_common), in the graph alone: of several
 * best common ancestors the one that `git merge-base` names. Undefined where this clone lacks a part of what it takes.
 */
export function divergenceOf(graph: CommitGraph, left: number, right: number): Divergence | undefined {
  const colours = new Map<number, number>();
  const queue: number[] = [];
  const common: number[] = [];
  const colour = (commit: number): number => colours.get(commit) ?? 0;
  const paint = (commit: number, more: number): boolean => {
    if (!graph.isKnown(commit)) return false;
    if ((colour(commit) | more) === colour(commit)) return true;
    colours.set(commit, colour(commit) | more);
    const later = queue.findIndex((other) => graph.seconds(other) < graph.seconds(commit));
    queue.splice(later < 0 ? queue.length : later, 0, commit);
    return true;
  };
  if (!paint(left, LEFT) || !paint(right, RIGHT)) return undefined;
  while (queue.some((commit) => (colour(commit) & STALE) === 0)) {
    const commit = queue.shift()!;
    let painted = colour(commit);
    if (painted === BOTH) {
      if (!common.includes(commit)) common.push(commit);
      painted |= STALE;
    }
    for (let at = 0; at < graph.parentCount(commit); at++)
      if (!paint(graph.parent(commit, at), painted)) return undefined;
  }
  const only = (side: number): number[] => [...colours].flatMap(([commit, one]) => (one === side ? commit : []));
  const sides = { left: only(LEFT), right: only(RIGHT) };
  // What lies behind the end of a shallow clone may be shared.
  if ([...sides.left, ...sides.right].some((commit) => graph.isCut(commit))) return undefined;
  return { base: common.find((commit) => (colour(commit) & STALE) === 0), ...sides };
}
