import { setImmediate as pause } from "node:timers/promises";
import type { CommitGraph } from "./commit-graph.js";

/** Of each path (by number) below the store the commit (by number) that changed it last. */
export type LatestCommits = Map<number, number>;

const SLICE_MS = 8;
const SLICE_STEPS = 256;

/**
 * The last commit of every path of the store as seen from `head`: what `git log -1 -- <path>` gives for each, in one
 * pass. All paths walk together along first parents; where a merge took some from another parent, those walk on from
 * there, and join the others again where they meet. Paths that the graph does not reach are left out. `base` spares the
 * walk behind a head that was done before; when all that came since is a short line, its map becomes the result, and
 * `changed` is told each path that the line changed.
 */
export async function latestCommits(
  graph: CommitGraph,
  head: number,
  base?: { readonly head: number; readonly latest: LatestCommits },
  changed?: (path: number) => void,
): Promise<LatestCommits> {
  const line = base && lineTo(graph, head, base.head);
  if (base && line) return goOn(graph, line, base.latest, changed);
  const latest: LatestCommits = new Map();
  /** The commits to go on from, with the paths that do. */
  const waiting = new Map<number, Set<number>>([[head, storePaths(graph)]]);
  let since = performance.now();
  for (let steps = 1; waiting.size > 0; steps++) {
    if (steps % SLICE_STEPS === 0 && performance.now() - since > SLICE_MS) {
      await pause();
      since = performance.now();
    }
    const commit = newest(graph, waiting);
    const paths = waiting.get(commit)!;
    waiting.delete(commit);
    if (commit === base?.head) {
      for (const path of paths) {
        const known = base.latest.get(path);
        if (known !== undefined) latest.set(path, known);
      }
    } else if (graph.isKnown(commit)) step(graph, commit, paths, latest, waiting);
  }
  return latest;
}

/** So many commits are followed in the hope of coming to a head that is known. */
const MAX_LINE = 64;

/** The commits after `to` up to `from`, oldest first, when they are a line without merges. */
function lineTo(graph: CommitGraph, from: number, to: number): number[] | undefined {
  const line: number[] = [];
  for (let at = from; at !== to; at = graph.parent(at, 0)) {
    if (line.length === MAX_LINE || !graph.isKnown(at) || graph.parentCount(at) !== 1) return undefined;
    line.push(at);
  }
  return line.reverse();
}

function goOn(
  graph: CommitGraph,
  line: readonly number[],
  latest: LatestCommits,
  changed: ((path: number) => void) | undefined,
): LatestCommits {
  for (const commit of line)
    graph.eachChange(commit, (path) => {
      if (!graph.path(path).startsWith(graph.prefix)) return;
      latest.set(path, commit);
      changed?.(path);
    });
  return latest;
}

function storePaths(graph: CommitGraph): Set<number> {
  const paths = new Set<number>();
  graph.columns.paths.all().forEach((path, number) => {
    if (path.startsWith(graph.prefix)) paths.add(number);
  });
  return paths;
}

function newest(graph: CommitGraph, waiting: ReadonlyMap<number, unknown>): number {
  let found = -1;
  let time = -1;
  for (const commit of waiting.keys()) {
    const seconds = graph.isKnown(commit) ? graph.seconds(commit) : 0;
    if (seconds > time) [found, time] = [commit, seconds];
  }
  return found;
}

function step(
  graph: CommitGraph,
  commit: number,
  paths: Set<number>,
  latest: LatestCommits,
  waiting: Map<number, Set<number>>,
): void {
  const parents = graph.parentCount(commit);
  const go = (to: number, some: Set<number>): void => {
    const there = waiting.get(to);
    if (!there) {
      waiting.set(to, some);
      return;
    }
    const [small, large] = there.size < some.size ? [there, some] : [some, there];
    for (const path of small) large.add(path);
    waiting.set(to, large);
  };
  /** Paths that differ from the first parent, and from which others. */
  const differing = new Map<number, Set<number>>();
  graph.eachChange(commit, (path, parent) => {
    if (!paths.has(path)) return;
    const from = differing.get(path);
    if (from) from.add(parent);
    else differing.set(path, new Set([parent]));
  });
  const elsewhere = new Map<number, Set<number>>();
  for (const [path, from] of differing) {
    if (!from.has(0)) continue;
    paths.delete(path);
    let same = 1;
    while (same < parents && from.has(same)) same++;
    if (same >= parents) latest.set(path, commit);
    else elsewhere.set(same, (elsewhere.get(same) ?? new Set()).add(path));
  }
  if (parents === 0) return;
  if (paths.size > 0) go(graph.parent(commit, 0), paths);
  for (const [position, some] of elsewhere) go(graph.parent(commit, position), some);
}
