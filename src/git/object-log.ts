import type { LoggedChange, LoggedCommit } from "./commit-graph.js";
import type { Commit } from "./commit-text.js";
import type { ObjectReader } from "./objects.js";
import { compareTrees } from "./tree.js";

/** Reads trees, and does not take one that is not there for an empty one. */
const strict = (objects: ObjectReader): Pick<ObjectReader, "tree"> => ({
  tree: async (oid) => {
    const bytes = await objects.tree(oid);
    if (!bytes) throw new Error(`tree ${oid} is not in this clone`);
    return bytes;
  },
});

async function logged(objects: ObjectReader, commit: Commit, cut: boolean): Promise<LoggedCommit> {
  const parents = cut ? [] : commit.parents;
  const changes: LoggedChange[] = [];
  for (const [parent, oid] of parents.length > 0 ? parents.entries() : [[0, undefined] as const]) {
    const base = oid === undefined ? undefined : (await objects.commit(oid))?.tree;
    for (const { path, before, after } of await compareTrees(strict(objects), base, commit.tree))
      changes.push({ path, parent, before: before?.oid ?? null, after: after?.oid ?? null });
  }
  const { oid, committer, author } = commit;
  return { oid, parents, seconds: committer.seconds, author: author.name, changes, ...(cut ? { cut } : {}) };
}

/**
 * The commits that `starts` lead to, newest first, by our own reader: what `readLog` tells where there is no git
 * program. Goes on behind a commit only when `isKnown` says no; ids that are not there are passed over.
 */
export async function* walkObjects(
  objects: ObjectReader,
  starts: readonly string[],
  isKnown: (oid: string) => boolean,
  isCut: (oid: string) => boolean,
): AsyncGenerator<LoggedCommit> {
  const queue: Commit[] = [];
  const seen = new Set<string>();
  const push = async (oid: string): Promise<boolean> => {
    if (seen.has(oid) || isKnown(oid)) return true;
    const commit = await objects.commit(oid);
    if (!commit) return false;
    seen.add(oid);
    const later = queue.findIndex((other) => other.committer.seconds < commit.committer.seconds);
    queue.splice(later < 0 ? queue.length : later, 0, commit);
    return true;
  };
  for (const oid of starts) await push(oid);
  for (let commit = queue.shift(); commit; commit = queue.shift()) {
    let whole = !isCut(commit.oid);
    // A parent that is not there ends the history as a shallow clone's does.
    if (whole) for (const oid of commit.parents) whole = (await push(oid)) && whole;
    yield await logged(objects, commit, !whole);
  }
}
