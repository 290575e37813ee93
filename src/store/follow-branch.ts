import fs from "node:fs";
import path from "node:path";
import { isErrno, removeTemporaries } from "../git/git-fs.js";
import { blobId } from "../git/objects.js";
import { compareTrees, type TreeDifference, type TreeFile } from "../git/tree.js";
import { diskPath, type StoreContext, storePath } from "./context.js";
import { EMPTY_STATE, type MovedBranch, type WorktreeState } from "./local-state.js";
import { isInside, type ReadFile, readWorkingFile, replaceWorkingFile } from "./working-files.js";

/** What of the repository differs between two commits. */
export async function movedFiles(
  { host }: StoreContext,
  { from, to }: Pick<MovedBranch, "from" | "to">,
): Promise<TreeDifference[]> {
  const { objects } = host!;
  return compareTrees(objects, (await objects.commit(from))?.tree, (await objects.commit(to))?.tree);
}

/**
 * The store paths that a worktree's state says something new about: what is held, or was, and what a pull brought. Its files
 * come after the branch, so whoever looked in between looks again.
 */
export async function newsOf(context: StoreContext, before: WorktreeState, now: WorktreeState): Promise<string[]> {
  const { moved } = now;
  const seen = before === EMPTY_STATE || JSON.stringify(moved) === JSON.stringify(before.moved);
  const brought = seen || !moved ? [] : await movedFiles(context, moved);
  return [...before.held, ...now.held, ...brought].map((one) => storePath(context, one.path));
}

/** Files that are no entries may be of any size. */
const NO_LIMIT = Number.POSITIVE_INFINITY;

const read = (context: StoreContext, file: string): ReadFile =>
  isInside(context.root, file)
    ? readWorkingFile(diskPath(context, file), NO_LIMIT)
    : { kind: "refused", reason: "it lies behind a symbolic link" };

/** Whether a working file is what a tree has there. */
const holds = (found: ReadFile, file: TreeFile | undefined): boolean =>
  file === undefined ? found.kind === "absent" : found.kind === "file" && blobId(found.bytes) === file.oid;

/** The paths where the working file is neither what the branch has nor what is to come: a person's edits. */
export const editedFiles = (context: StoreContext, files: readonly TreeDifference[]): string[] =>
  files.flatMap(({ path: file, before, after }) => {
    const found = read(context, file);
    return holds(found, before) || holds(found, after) ? [] : [file];
  });

/** So many files are waited for at once: the disk takes them faster together. */
const TOGETHER = 64;

/**
 * Brings the working files after the branch that a pull moved: each that still is as it was before, and where HEAD has
 * what the pull brought. Called with the write lock held; what is done already is passed over.
 */
export async function followBranch(context: StoreContext): Promise<void> {
  const { host, local } = context;
  const state = await local.read();
  const { moved } = state;
  if (!host || !moved || moved.placed) return;
  const { commit } = await host.head();
  const ahead = new Map(
    (await movedFiles(context, { from: moved.to, to: commit ?? moved.to })).map((one) => [one.path, one]),
  );
  // Whatever a person committed since, or a move that never was, decides about its paths.
  const files = (await movedFiles(context, moved)).filter(({ path: file }) => !ahead.has(file));
  const bytes = await host.blobs(files.flatMap(({ after }) => after?.oid ?? []));
  for (const folder of new Set(files.map(({ path: file }) => path.dirname(diskPath(context, file)))))
    removeTemporaries(folder);
  // What goes makes room for folders where files were.
  for (const one of files) if (!one.after) await bring(context, one, undefined);
  const come = files.filter(({ after }) => after);
  for (let at = 0; at < come.length; at += TOGETHER)
    await Promise.all(
      come.slice(at, at + TOGETHER).map((one) => bring(context, one, one.after && bytes.get(one.after.oid))),
    );
  await local.write({ ...state, moved: { ...moved, placed: true } });
}

async function bring(
  context: StoreContext,
  { path: file, before, after }: TreeDifference,
  bytes: Uint8Array | undefined,
): Promise<void> {
  const disk = diskPath(context, file);
  const found = read(context, file);
  if (found.kind === "refused" || !holds(found, before)) return;
  if (after && !bytes) throw new Error(`object ${after.oid} is not there`);
  const expected = found.kind === "file" ? found.bytes : null;
  const executable = after?.mode === "100755";
  try {
    // A person who edits it just now keeps what they have: git then tells that it differs.
    await replaceWorkingFile(disk, expected, bytes ?? null, { executable, limit: NO_LIMIT });
  } catch (error) {
    // A folder that a person made there since, or took the right to write to from us: theirs to see in git status too.
    if (!isErrno(error, "EISDIR", "ENOTDIR", "ENOTEMPTY", "EACCES", "EPERM")) throw error;
  }
  if (!after) removeEmptyFolders(context.root, path.dirname(disk));
}

/** As git does with folders whose last file went. */
function removeEmptyFolders(root: string, from: string): void {
  for (let folder = from; folder.startsWith(root + path.sep); folder = path.dirname(folder)) {
    try {
      fs.rmdirSync(folder);
    } catch (error) {
      if (isErrno(error, "ENOTEMPTY", "EEXIST", "ENOENT")) return;
      throw error;
    }
  }
}
