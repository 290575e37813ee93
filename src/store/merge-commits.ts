import { isPrivate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import type { Commit } from "../git/commit-text.js";
import type { Host } from "../git/host.js";
import type { ObjectBatch } from "../git/object-batch.js";
import { isPlainPath } from "../git/plain-path.js";
import { listFiles, lookup, spliceTree, type TreeDifference } from "../git/tree.js";
import { baseTree, differingFiles, sameFile } from "../git/tree-merge.js";
import { blobsToRead, type MergedTrees, mergeTrees } from "./entry-merge.js";
import { named, notPulled } from "./sync-refusal.js";

/** Throws for what we do not put into a working tree. */
export function assertHarmless(files: readonly Pick<TreeDifference, "path" | "before" | "after">[]): void {
  const odd = files.filter(({ before, after }) => [before, after].some((file) => file && !file.mode.startsWith("100")));
  if (odd.length > 0)
    throw notPulled(
      `${named(odd.map(({ path }) => path))}: symbolic links and submodules are not followed here`,
      "Look at it, then use `git pull`.",
    );
  const outside = files.filter(({ path, after }) => after && (!isPlainPath(path) || isPrivate(path)));
  if (outside.length > 0)
    throw notPulled(
      `the remote holds ${named(outside.map(({ path }) => JSON.stringify(path)))}, which no store has in a commit`,
      "Have it taken out there.",
    );
}

/** What our branch lacks to hold what both have. */
export async function mergeCommits(host: Host, ours: Commit, theirs: Commit): Promise<MergeMade> {
  const batch = host.batch();
  const later = Math.max(ours.committer.seconds, theirs.committer.seconds);
  const [mine, yours] = [ours.committer.seconds, theirs.committer.seconds];
  const merge = async (base: string | undefined, left: string, right: string, quiet: boolean) => {
    const files = await differingFiles(batch, base, left, right);
    if (!quiet)
      assertHarmless(
        files.flatMap(({ path, base: before, theirs: after }) =>
          sameFile(before, after) ? [] : [{ path, before, after }],
        ),
      );
    const blobs = await host.blobs(blobsToRead(files));
    const touched = new Set(files.map(({ path }) => path));
    const merged = await mergeTrees({
      files,
      read: (oid) => blobs.get(oid) ?? missing(),
      add: (bytes) => batch.add("blob", bytes),
      // The later writer, and of two at one time the larger: both clones decide alike.
      prefer: (a = "", b = "") => ((!quiet && mine !== yours ? mine > yours : a >= b) ? "ours" : "theirs"),
      taken: async (path) => !touched.has(path) && (await lookup(batch, left, path)) !== undefined,
      at: later * 1000,
      quiet,
    });
    await assertRoom(batch, left, merged);
    const tree = (await spliceTree(batch, left, merged.changes)) ?? batch.add("tree", new Uint8Array());
    await batch.flush();
    return { ...merged, tree };
  };
  const base = await baseTree(host, ours.oid, theirs.oid, async (...trees) => (await merge(...trees, true)).tree);
  return merge(base, ours.tree, theirs.tree, false);
}

export interface MergeMade extends MergedTrees {
  readonly tree: string;
}

function missing(): never {
  throw new MemoryError(
    "unavailable",
    "Nothing was pulled: a file is not in this clone (it is partial). Use `git pull`.",
  );
}

/** Throws when a file would lie where a folder is. */
async function assertRoom(batch: ObjectBatch, tree: string, { changes }: MergedTrees): Promise<void> {
  const clash = (path: string) =>
    notPulled(`${path} is a file on one side and a folder on the other`, "Rename one of them, then pull again.");
  const present = [...changes].filter(([, file]) => file).map(([path]) => path);
  for (const path of present) {
    const there = await lookup(batch, tree, path);
    if (there?.mode === "40000" && !(await emptied(batch, tree, path, changes))) throw clash(path);
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      const found = changes.has(folder) ? changes.get(folder) : await lookup(batch, tree, folder);
      if (found && found.mode !== "40000") throw clash(folder);
    }
  }
}

/** True when every file of a folder goes. */
async function emptied(
  batch: ObjectBatch,
  tree: string,
  folder: string,
  changes: MergedTrees["changes"],
): Promise<boolean> {
  const files = [...(await listFiles(batch, tree, folder)).keys()];
  return files.every((path) => changes.has(path) && changes.get(path) === undefined);
}
