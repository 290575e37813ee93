import type { CommitGraph, Touch } from "../git/commit-graph.js";
import type { Mainline } from "../git/mainline.js";

/** What happened in the repository to a path that an entry is about, since the entry was written. */
export type CodeChange =
  | { readonly path: string; readonly commits: number }
  | { readonly path: string; readonly missing: true };

/** Since when: everything that a commit (a number) does not have, or that came after a time in milliseconds. */
export type Since = { readonly commit: number } | { readonly at: number };

/** Newest first: what came into the line later, there the line's own commit before what it brought in. */
function newestFirst(graph: CommitGraph, line: Mainline) {
  return (a: Touch, b: Touch): number =>
    line.entered(b.commit) - line.entered(a.commit) ||
    Number(line.isOn(b.commit)) - Number(line.isOn(a.commit)) ||
    graph.seconds(b.commit) - graph.seconds(a.commit);
}

/** A line knows all there is to know, so what names stand for is looked up once for each. */
const known = new WeakMap<Mainline, Map<string, readonly number[]>>();

/** The paths that a name stands for: itself, or the files of a folder. */
function pathsOf(graph: CommitGraph, line: Mainline, name: string): readonly number[] {
  const file = graph.findPath(name);
  if (file !== undefined) return [file];
  const names = known.get(line) ?? new Map<string, readonly number[]>();
  known.set(line, names);
  const folder = `${name}/`;
  const found =
    names.get(name) ?? graph.columns.paths.all().flatMap((path, number) => (path.startsWith(folder) ? number : []));
  names.set(name, found);
  return found;
}

/** How many commits behind the line's head changed a file or folder since; undefined = none, or it never was there. */
export function changeSince(graph: CommitGraph, line: Mainline, name: string, since: Since): CodeChange | undefined {
  const behind = "commit" in since ? line.behind(since.commit) : undefined;
  const isNew = ({ commit }: Touch): boolean =>
    behind ? !behind(commit) : "at" in since && graph.seconds(commit) * 1000 > since.at;
  const commits = new Set<number>();
  let exists = false;
  for (const path of pathsOf(graph, line, name)) {
    const touches = [...graph.touches(path)].filter(({ commit }) => line.entered(commit) > 0);
    const [newest] = touches.sort(newestFirst(graph, line));
    if (newest && newest.after !== -1) exists = true;
    // A merge changes what differs from all its parents; the rest came with one of them.
    for (const [commit, parents] of byCommit(touches.filter(isNew)))
      if (parents >= graph.parentCount(commit)) commits.add(commit);
  }
  if (commits.size === 0) return undefined;
  return exists ? { path: name, commits: commits.size } : { path: name, missing: true };
}

function byCommit(touches: readonly Touch[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { commit } of touches) counts.set(commit, (counts.get(commit) ?? 0) + 1);
  return counts;
}
