import fs, { constants } from "node:fs";
import path from "node:path";
import { MAX_FILE_BYTES } from "../entry/markdown.js";
import { MemoryError } from "../errors.js";
import { isErrno, writeBeside } from "../git/git-fs.js";

/** Identity of a file's content as the file system tells it; equal = not changed since. */
export interface FileMark {
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly size: number;
  readonly ino: number;
}

export type ReadFile =
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly mark: FileMark; readonly executable: boolean }
  | { readonly kind: "absent" }
  /** Something that is not read: `reason` says what and why. */
  | { readonly kind: "refused"; readonly reason: string; readonly mark?: FileMark };

const markOf = (stat: FileMark): FileMark => ({
  mtimeMs: stat.mtimeMs,
  ctimeMs: stat.ctimeMs,
  size: stat.size,
  ino: stat.ino,
});

export const sameMark = (a: FileMark, b: FileMark): boolean =>
  a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.size === b.size && a.ino === b.ino;

/**
 * Reads a regular file that is no symbolic link and not too large; never blocks on a FIFO or device. Synchronous:
 * entries are small, and ten thousand of them are read four times as fast this way; callers pause between slices.
 */
export function readWorkingFile(file: string, limit = MAX_FILE_BYTES): ReadFile {
  let descriptor: number;
  try {
    descriptor = fs.openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return { kind: "absent" };
    if (isErrno(error, "ELOOP")) return { kind: "refused", reason: "a symbolic link, which is not followed" };
    if (isErrno(error, "ENXIO")) return { kind: "refused", reason: "not a regular file" };
    if (isErrno(error, "EACCES", "EPERM")) return { kind: "refused", reason: "not readable: permission denied" };
    throw error;
  }
  try {
    const stat = fs.fstatSync(descriptor);
    if (!stat.isFile()) return { kind: "refused", reason: "not a regular file" };
    const mark = markOf(stat);
    if (stat.size > limit) return { kind: "refused", reason: `${stat.size} bytes; an entry may have ${limit}`, mark };
    return { kind: "file", bytes: fs.readFileSync(descriptor), mark, executable: (stat.mode & 0o100) !== 0 };
  } finally {
    fs.closeSync(descriptor);
  }
}

const outside = (name: string): MemoryError =>
  new MemoryError(
    "forbidden",
    `${name} lies behind a symbolic link that leaves the store, so it is not written. Replace the link by a folder.`,
    { path: name },
  );

/** False when a folder on the way to `name` is a link that leads out of the store; `root` is a real path. */
export function isInside(root: string, name: string): boolean {
  for (let folder = path.dirname(path.join(root, name)); ; folder = path.dirname(folder)) {
    try {
      const real = fs.realpathSync.native(folder);
      return real === root || real.startsWith(root + path.sep);
    } catch (error) {
      if (!isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
      // A link that leads nowhere would be followed once its target is made.
      if (isErrno(error, "ELOOP")) return false;
      if (isErrno(error, "ENOENT") && fs.lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return false;
    }
  }
}

/** Throws `forbidden` when a folder on the way to `name` is a link that leads out of the store. */
export function assertInside(root: string, name: string): void {
  if (!isInside(root, name)) throw outside(name);
}

export interface ReplaceOptions {
  /** As git's mode 755 says; as the file is when absent. */
  readonly executable?: boolean;
  /** Bytes that a file may have; as many as an entry when absent. */
  readonly limit?: number;
}

/** The permissions of a file that takes the place of one with `mode`: whoever may read it may run it, or nobody. */
function permissions(mode = 0o666, executable?: boolean): number {
  const bits = mode & 0o777;
  if (executable === undefined || executable === ((mode & 0o100) !== 0)) return bits;
  return executable ? bits | ((bits & 0o444) >> 2) : bits & ~0o111;
}

/**
 * Puts `bytes` in place of a file (null removes it) when it still is what `expected` says; false = it changed
 * meanwhile and was left alone. Written beside, synced and renamed, so a kill leaves the old file or the new.
 */
export async function replaceWorkingFile(
  file: string,
  expected: Uint8Array | null,
  bytes: Uint8Array | null,
  { executable, limit = MAX_FILE_BYTES }: ReplaceOptions = {},
): Promise<boolean> {
  const mode = permissions(fs.statSync(file, { throwIfNoEntry: false })?.mode, executable);
  let renamed = false;
  const temporary = bytes && (await writeBeside(file, bytes, { mode }));
  try {
    // From here to the rename nothing yields: the gap in which an editor could save is as small as it can be.
    const now = readWorkingFile(file, limit);
    const same =
      expected === null ? now.kind === "absent" : now.kind === "file" && Buffer.compare(now.bytes, expected) === 0;
    if (!same) return false;
    if (temporary) fs.renameSync(temporary, file);
    else if (expected !== null) fs.rmSync(file);
    renamed = true;
    return true;
  } finally {
    if (temporary && !renamed) fs.rmSync(temporary, { force: true });
  }
}
