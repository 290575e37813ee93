import type { CommitGraph } from "./commit-graph.js";

/** One commit that changed a path: the blobs there before, by parent, and after it; null = no file. */
export interface PathStep {
  /** The commit's number in the graph. */
  readonly commit: number;
  readonly path: string;
  /** One for each parent; a commit without parents has none. */
  readonly befores: readonly (string | null)[];
  readonly after: string | null;
}

interface Differing {
  readonly before: (number | undefined)[];
  after: number;
}

/** Where a path differs: by commit, from which of its parents. */
export type Differences = ReadonlyMap<number, Differing>;

/** Collects what the graph knows of a path. */
export function differencesOf(graph: CommitGraph, path: string): Differences {
  const found = new Map<number, Differing>();
  const number = graph.findPath(path);
  if (number === undefined) return found;
  for (const { commit, parent, before, after } of graph.touches(number)) {
    const one = found.get(commit) ?? { before: [], after };
    one.before[parent] = before;
    found.set(commit, one);
  }
  return found;
}

/**
 * The parent that has the path as the commit has it, as `git log -- <path>` chooses it: the first that does. -1 = the
 * commit differs from every parent, -2 = it has none and no such file either.
 */
function sameParent(graph: CommitGraph, commit: number, differing: Differing | undefined): number {
  const count = graph.parentCount(commit);
  if (!differing) return count > 0 ? 0 : -2;
  for (let at = 0; at < count; at++) if (differing.before[at] === undefined) return at;
  return -1;
}

/** What a walk from a commit comes to: a commit that changed the path, the end of history, or where it is not known. */
export type Source =
  | { readonly kind: "changed"; readonly commit: number }
  | { readonly kind: "end"; readonly cut: boolean }
  | { readonly kind: "unknown" };

/** Follows a path from a commit (a number) back to the first that changed it. */
export function sourceOf(graph: CommitGraph, from: number, differences: Differences): Source {
  for (let at = from; ; ) {
    if (!graph.isKnown(at)) return { kind: "unknown" };
    const same = sameParent(graph, at, differences.get(at));
    if (same === -1) return { kind: "changed", commit: at };
    if (same === -2) return { kind: "end", cut: graph.isCut(at) };
    at = graph.parent(at, same);
  }
}

/** The step of a path that a commit made, one of those that `sourceOf` finds. */
export function stepAt(graph: CommitGraph, commit: number, path: string, differences: Differences): PathStep {
  const differing = differences.get(commit)!;
  const befores = Array.from({ length: graph.parentCount(commit) }, (_, at) => graph.blob(differing.before[at] ?? -1));
  return { commit, path, befores, after: graph.blob(differing.after) };
}

export interface PathHistory {
  /** Newest first, as `git log` orders them. */
  readonly steps: readonly PathStep[];
  /** True when older ones may exist: the graph does not know them yet, or this clone does not have them. */
  readonly truncated: boolean;
}

/** Gives the older path of a file that a step brought to its path, if that was a move. */
export type MovedFrom = (step: PathStep) => Promise<string | undefined>;

interface Walker {
  readonly commit: number;
  readonly path: string;
}

/**
 * The commits that changed the file at `path`, seen from `head`, as `git log -- <path>` gives them by default: a merge
 * that has the path as one parent has it follows only that parent, and counts when it differs from all. `movedFrom`
 * lets the walk go on at an older path.
 */
export async function pathHistory(
  graph: CommitGraph,
  head: string,
  path: string,
  movedFrom: MovedFrom = async () => undefined,
): Promise<PathHistory> {
  const steps: PathStep[] = [];
  const queue: Walker[] = [];
  const seen = new Set<number>();
  const known = new Map<string, Differences>();
  let truncated = false;
  const differences = (of: string): Differences => {
    const found = known.get(of) ?? differencesOf(graph, of);
    known.set(of, found);
    return found;
  };
  const push = (commit: number, at: string): void => {
    if (seen.has(commit)) return;
    seen.add(commit);
    if (!graph.isKnown(commit)) {
      truncated = true;
      return;
    }
    // Newest first; of equal times the one that came first.
    const later = queue.findIndex((other) => graph.seconds(other.commit) < graph.seconds(commit));
    queue.splice(later < 0 ? queue.length : later, 0, { commit, path: at });
  };
  const start = graph.find(head);
  if (start === undefined) return { steps, truncated: true };
  push(start, path);
  for (let walker = queue.shift(); walker; walker = queue.shift()) {
    const { commit, path: at } = walker;
    if (graph.isCut(commit)) truncated = true;
    const same = sameParent(graph, commit, differences(at).get(commit));
    if (same >= 0) push(graph.parent(commit, same), at);
    if (same !== -1) continue;
    const step = stepAt(graph, commit, at, differences(at));
    steps.push(step);
    const added = step.after !== null && step.befores.every((blob) => blob === null);
    const older = added && step.befores.length > 0 ? await movedFrom(step) : undefined;
    for (let parent = 0; parent < step.befores.length; parent++) push(graph.parent(commit, parent), older ?? at);
  }
  return { steps, truncated };
}
