import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";

/** True for an errno of the file system, such as `ENOENT`. */
export const isErrno = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

/** A name beside `file` that no other process uses; dot-prefixed, so that readers of the folder skip it. */
const temporaryName = (file: string): string => path.join(path.dirname(file), `.tmp-${randomBytes(8).toString("hex")}`);

async function writeSynced(file: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const handle = await fs.open(file, "wx", mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A complete, synced temporary file beside `file`; the caller renames, links or unlinks it. Makes missing folders. */
export async function writeBeside(file: string, bytes: Uint8Array | string, mode = 0o666): Promise<string> {
  const temporary = temporaryName(file);
  try {
    await writeSynced(temporary, bytes, mode);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    await fs.mkdir(path.dirname(file), { recursive: true });
    await writeSynced(temporary, bytes, mode);
  }
  return temporary;
}

/** Replaces `file` as a whole: written beside it, synced, renamed. A kill leaves the old content or the new. */
export async function writeAtomic(file: string, bytes: Uint8Array | string, mode = 0o666): Promise<void> {
  const temporary = await writeBeside(file, bytes, mode);
  try {
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** Creates `file` whole and only when it is not there: false when it is. */
export async function createExclusive(file: string, bytes: Uint8Array | string, mode = 0o666): Promise<boolean> {
  const temporary = await writeBeside(file, bytes, mode);
  try {
    await fs.link(temporary, file);
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  } finally {
    await fs.rm(temporary, { force: true });
  }
}

/** The file's bytes, or undefined when it is not there. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await fs.readFile(file);
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
    const stat = await fs.stat(file, { bigint: true });
    return `${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return "-";
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
    writeFile: async (file: string, data: Uint8Array | string) => writeAtomic(file, data, 0o444),
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
