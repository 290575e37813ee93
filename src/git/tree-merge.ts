import type { Host } from "./host.js";
import { mergeBases } from "./merge-base.js";
import type { ObjectReader } from "./objects.js";
import { compareTrees, type TreeFile } from "./tree.js";

/** A path at which not all three trees hold the same; undefined = no file. */
export interface ThreeFiles {
  readonly path: string;
  readonly base: TreeFile | undefined;
  readonly ours: TreeFile | undefined;
  readonly theirs: TreeFile | undefined;
}

export const sameFile = (a: TreeFile | undefined, b: TreeFile | undefined): boolean =>
  a?.oid === b?.oid && a?.mode === b?.mode;

/** The paths that differ between a base and either of two trees, in order; a base without a tree is empty. */
export async function differingFiles(
  reader: Pick<ObjectReader, "tree">,
  base: string | undefined,
  ours: string,
  theirs: string,
): Promise<ThreeFiles[]> {
  const files = new Map<string, ThreeFiles>();
  for (const { path, before, after } of await compareTrees(reader, base, ours))
    files.set(path, { path, base: before, ours: after, theirs: before });
  for (const { path, before, after } of await compareTrees(reader, base, theirs))
    files.set(path, { path, base: before, ours: files.has(path) ? files.get(path)!.ours : before, theirs: after });
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Merges the trees of two commits above a base tree, without anybody to tell of conflicts; gives the tree. */
export type MergeQuietly = (base: string | undefined, left: string, right: string) => Promise<string>;

/** A chain of crossing merges longer than this is not followed to its beginning. */
const MAX_DEPTH = 20;

/**
 * The tree to merge two commits above: that of their common ancestor, or, where several are equally near (a
 * criss-cross), what those merge to. Undefined = they have none in common.
 */
export async function baseTree(
  host: Host,
  left: string,
  right: string,
  merge: MergeQuietly,
): Promise<string | undefined> {
  const bases = await mergeBases(host, left, right);
  return bases.length === 0 ? undefined : mergedTree(host, bases, merge, 0);
}

async function mergedTree(
  host: Host,
  commits: readonly string[],
  merge: MergeQuietly,
  depth: number,
): Promise<string | undefined> {
  const treeOf = async (commit: string) => (await host.objects.commit(commit))?.tree;
  // In one order wherever it is done.
  const [first = "", ...rest] = [...commits].sort();
  let tree = await treeOf(first);
  for (const next of depth < MAX_DEPTH ? rest : []) {
    const older = await mergeBases(host, first, next);
    const base = older.length === 0 ? undefined : await mergedTree(host, older, merge, depth + 1);
    const other = await treeOf(next);
    if (tree !== undefined && other !== undefined) tree = await merge(base, tree, other);
  }
  return tree;
}
