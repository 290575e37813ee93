import type { Commit } from "./commit-text.js";
import type { ObjectReader } from "./objects.js";
import { compareTrees, lookup } from "./tree.js";

/** One commit that changed a path: the blob there after it, null = removed. */
export interface PathCommit {
  readonly commit: Commit;
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface PathHistory {
  /** Newest first. */
  readonly commits: readonly PathCommit[];
  /** True when the walk ended before the history did. */
  readonly truncated: boolean;
}

export interface WalkLimits {
  readonly commits: number;
  /** Monotonic milliseconds at which to stop. */
  readonly deadline: number;
  readonly clock: () => number;
}

/** Tells whether a file that went away in a commit is the one that came there at the followed path. */
export type SameFile = (removedOid: string, addedOid: string) => Promise<boolean>;

/**
 * Walks back from `head` and gives the commits that changed the file at `path` below `folder`, as `git log` does by
 * default: where a parent of a merge has the same file only that parent is followed, newest committer time first.
 * `sameFile` lets the walk go on at an older path.
 */
export async function walkPath(
  objects: ObjectReader,
  head: string,
  path: string,
  folder: string,
  limits: WalkLimits,
  sameFile: SameFile,
): Promise<PathHistory> {
  const found: PathCommit[] = [];
  const queue: { commit: Commit; path: string }[] = [];
  const seen = new Set<string>();
  let truncated = false;
  const push = async (oid: string, at: string): Promise<void> => {
    if (seen.has(oid)) return;
    seen.add(oid);
    const commit = await objects.commit(oid);
    if (!commit) {
      // A shallow or partial clone ends here.
      truncated = true;
      return;
    }
    const position = queue.findIndex((other) => other.commit.committer.seconds < commit.committer.seconds);
    queue.splice(position < 0 ? queue.length : position, 0, {
      commit,
      path: at,
    });
  };
  const blobIn = async (commit: Commit | undefined, at: string): Promise<string | null> =>
    commit ? ((await lookup(objects, commit.tree, at))?.oid ?? null) : null;
  await push(head, path);
  for (let visited = 0; queue.length > 0; visited++) {
    if (visited >= limits.commits || limits.clock() > limits.deadline) return { commits: found, truncated: true };
    const { commit, path: at } = queue.shift()!;
    const after = await blobIn(commit, at);
    const parents = await Promise.all(commit.parents.map((oid) => objects.commit(oid)));
    const befores = await Promise.all(parents.map((parent) => blobIn(parent, at)));
    const same = parents.findIndex((parent, position) => parent && befores[position] === after);
    if (same >= 0) {
      await push(commit.parents[same]!, at);
      continue;
    }
    if (parents.some((parent) => !parent)) truncated = true;
    if (parents.length === 0 && after === null) continue;
    found.push({ commit, path: at, before: befores[0] ?? null, after });
    const older =
      after !== null && befores.every((blob) => blob === null)
        ? await renamedFrom(commit, parents[0], after)
        : undefined;
    for (const oid of commit.parents) await push(oid, older ?? at);
  }
  return { commits: found, truncated };

  async function renamedFrom(commit: Commit, parent: Commit | undefined, added: string): Promise<string | undefined> {
    if (!parent) return undefined;
    for (const { path: other, before, after } of await compareTrees(objects, parent.tree, commit.tree, folder))
      if (before && !after && (await sameFile(before.oid, added))) return other;
    return undefined;
  }
}
