import { randomBytes } from "node:crypto";
import syncFs from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

/** True for an errno of the file system, such as `ENOENT`. */
export const isErrno = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

const sync = promisify(syncFs.fsync);

/** What a temporary file's name begins with; the dot keeps readers of the folder away. */
const TEMPORARY = ".git-memory-tmp-";

/** In an object directory git itself clears away old files of this name. */
const OBJECT_TEMPORARY = "tmp_obj_";

const temporaryName = (file: string, prefix: string): string =>
  path.join(path.dirname(file), prefix + randomBytes(8).toString("hex"));

export interface WriteOptions {
  readonly mode?: number;
  readonly prefix?: string;
  /** False for what has to survive a kill, but not a power cut. */
  readonly durable?: boolean;
}

// Small calls are synchronous: a trip through the thread pool costs ten times the call. Only the disk is waited for.
function create(file: string, bytes: Uint8Array | string, mode: number): number {
  const descriptor = syncFs.openSync(file, "wx", mode);
  try {
    syncFs.writeFileSync(descriptor, bytes);
    return descriptor;
  } catch (error) {
    syncFs.closeSync(descriptor);
    syncFs.rmSync(file, { force: true });
    throw error;
  }
}

interface Beside {
  readonly temporary: string;
  readonly descriptor: number;
}

function createBeside(
  file: string,
  bytes: Uint8Array | string,
  { mode = 0o666, prefix = TEMPORARY }: WriteOptions,
): Beside {
  const temporary = temporaryName(file, prefix);
  try {
    return { temporary, descriptor: create(temporary, bytes, mode) };
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    syncFs.mkdirSync(path.dirname(file), { recursive: true });
    return { temporary, descriptor: create(temporary, bytes, mode) };
  }
}

async function finish({ temporary, descriptor }: Beside, durable = true): Promise<string> {
  try {
    if (durable) await sync(descriptor);
    return temporary;
  } catch (error) {
    syncFs.rmSync(temporary, { force: true });
    throw error;
  } finally {
    syncFs.closeSync(descriptor);
  }
}

/** A complete, synced temporary file beside `file`; the caller renames, links or unlinks it. Makes missing folders. */
export const writeBeside = async (
  file: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<string> => finish(createBeside(file, bytes, options), options.durable);

/** Replaces `file` as a whole: written beside it, synced, renamed. A kill leaves the old content or the new. */
export async function writeAtomic(file: string, bytes: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
  replace(await writeBeside(file, bytes, options), file);
}

function replace(temporary: string, file: string): void {
  try {
    syncFs.renameSync(temporary, file);
  } catch (error) {
    syncFs.rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Puts one short line into a file in place, which no kill can tear and which is much cheaper than a new file. Only for
 * files of one length that nobody reads without a lock, or who reads them bears a mixture.
 */
export async function overwriteLine(file: string, line: string): Promise<void> {
  if (!syncFs.existsSync(file)) return writeAtomic(file, `${line}\n`);
  const descriptor = syncFs.openSync(file, "r+");
  try {
    syncFs.writeSync(descriptor, `${line}\n`, 0);
    await sync(descriptor);
  } finally {
    syncFs.closeSync(descriptor);
  }
}

/** Moves a finished temporary file to `file`, only when that is not there: false when it is. */
function linkExclusive(temporary: string, file: string): boolean {
  try {
    syncFs.linkSync(temporary, file);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    if (!isErrno(error, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")) throw error;
  }
  // A file system without hard links.
  try {
    syncFs.copyFileSync(temporary, file, syncFs.constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  }
}

/** Creates `file` whole and only when it is not there: false when it is. */
export async function createExclusive(
  file: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<boolean> {
  if (syncFs.existsSync(file)) return false;
  const temporary = await writeBeside(file, bytes, options);
  try {
    return linkExclusive(temporary, file);
  } finally {
    removeFile(temporary);
  }
}

/** So many files are open at once. */
const SLICE = 64;

/** Writes finished object files, read-only as git has them; those that are there already are left alone. */
export async function writeObjectFiles(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const missing = [...files].filter(([file]) => !syncFs.existsSync(file));
  const options = { mode: 0o444, prefix: OBJECT_TEMPORARY };
  for (let from = 0; from < missing.length; from += SLICE) {
    // All are made before the first is synced: a new file would wait for the disk to be done with the one before.
    const slice = missing
      .slice(from, from + SLICE)
      .map(([file, bytes]) => ({ file, ...createBeside(file, bytes, options) }));
    await Promise.all(slice.map((one) => finish(one)));
    for (const { file, temporary } of slice) replace(temporary, file);
  }
}

/** Removes a file if it is there. */
export function removeFile(file: string): void {
  try {
    syncFs.unlinkSync(file);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

/** Removes what dead processes left unfinished in a folder; the caller holds the lock that writers take. */
export function removeTemporaries(folder: string): void {
  if (!syncFs.existsSync(folder)) return;
  for (const name of syncFs.readdirSync(folder))
    if (name.startsWith(TEMPORARY)) syncFs.rmSync(path.join(folder, name), { force: true, recursive: true });
}

/** A new, empty folder in a folder, for what is moved to its place when it is whole. */
export const makeTemporaryFolder = (folder: string): Promise<string> => fs.mkdtemp(path.join(folder, TEMPORARY));

/** Removes such folders, also of those who are at work still. */
export function removeTemporaryFolders(folder: string): void {
  for (const entry of syncFs.readdirSync(folder, { withFileTypes: true })) {
    if (!entry.name.startsWith(TEMPORARY) || !entry.isDirectory()) continue;
    try {
      syncFs.rmSync(path.join(folder, entry.name), { force: true, recursive: true });
    } catch (error) {
      // Whoever is filling it removes it too.
      if (!isErrno(error, "ENOTEMPTY", "ENOENT")) throw error;
    }
  }
}

/** The file's bytes, or undefined when it is not there. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return syncFs.readFileSync(file);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** The file's text without surrounding white space, or undefined when it is not there. */
export const readLine = async (file: string): Promise<string | undefined> =>
  (await readIfThere(file))?.toString("utf8").trim();

/** Identity of a file's content without reading it: changes whenever the file is replaced or rewritten. */
export async function stamp(file: string): Promise<string> {
  try {
    const stat = syncFs.statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat ? `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}` : "-";
  } catch (error) {
    if (isErrno(error, "ENOTDIR")) return "-";
    throw error;
  }
}

/**
 * The file system that isomorphic-git gets: writes are atomic, and every function is async, since the library probes
 * `readFile()` without arguments and a synchronous throw would make all later calls hang.
 */
export const engineFs = {
  promises: {
    readFile: async (file: string, options?: BufferEncoding | { encoding?: BufferEncoding }) =>
      fs.readFile(file, options),
    writeFile: async (file: string, data: Uint8Array | string) => writeAtomic(file, data),
    mkdir: async (file: string) => fs.mkdir(file),
    rmdir: async (file: string) => fs.rmdir(file),
    unlink: async (file: string) => fs.unlink(file),
    stat: async (file: string) => fs.stat(file),
    lstat: async (file: string) => fs.lstat(file),
    readdir: async (file: string) => fs.readdir(file),
    readlink: async (file: string) => fs.readlink(file),
    symlink: async (target: string, file: string) => fs.symlink(target, file),
  },
};
