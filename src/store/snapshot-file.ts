import { createHash, randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import path from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import zlib from "node:zlib";
import { isErrno } from "../git/git-fs.js";
import { hideLocalFolder } from "./local-state.js";
import { isWritable } from "./writable.js";

/** A part of a snapshot. */
export interface SnapshotPiece {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where a snapshot is kept: a store's folder of what is never committed; of what; and by which program, which all have their own. */
export interface SnapshotPlace {
  readonly folder: string;
  readonly of: string;
  readonly by: string;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
const folderOf = ({ folder }: SnapshotPlace): string => path.join(folder, "index");
const fileOf = (place: SnapshotPlace): string =>
  path.join(folderOf(place), `${digest(place.of)}.${digest(place.by)}.bin`);

/** Removes what is kept at a place, and everything beside it. */
export const forgetSnapshots = (place: SnapshotPlace): void =>
  rmSync(folderOf(place), { recursive: true, force: true });

/** What a snapshot says of itself: it counts only for whoever says the same. */
export interface SnapshotLabel {
  /** Of what, and by which program. */
  readonly key: string;
  /** Whose vectors it has. */
  readonly embedder?: string;
}

/** Name, place in the file, length and checksum of each piece. */
interface Contents extends SnapshotLabel {
  readonly pieces: readonly (readonly [name: string, start: number, length: number, checksum: number])[];
}

const MAGIC = Buffer.from("gm-snap1");
/** Length and checksum of the contents before it, and the magic. */
const TAIL = 8 + MAGIC.length;
/** Arrays of numbers have to begin at a multiple of it. */
const ALIGNMENT = 8;
/** A checksum of so many bytes is worked out at a time: a few milliseconds. */
const SLICE = 4 << 20;
const TEMPORARY = ".part";
/** A temporary file of this age (milliseconds) has nobody any more. */
const ABANDONED_MS = 3_600_000;
/** Snapshots that are kept in a folder, and of them of one thing: two versions of the program may take turns. */
const KEPT = 24;
const KEPT_OF_ONE = 2;

async function checksum(bytes: Uint8Array): Promise<number> {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += SLICE) {
    sum = zlib.crc32(bytes.subarray(at, at + SLICE), sum);
    if (at + SLICE < bytes.length) await breathe();
  }
  return sum;
}

/**
 * Writes a snapshot beside and puts it in place when it is whole and `good` still says so: false when not, or where
 * nothing can be written. Those of other processes, and older ones, stay as they are; the oldest go.
 */
export async function writeSnapshot(
  place: SnapshotPlace,
  label: SnapshotLabel,
  pieces: Iterable<SnapshotPiece>,
  good: () => boolean,
): Promise<boolean> {
  // A repository that was moved away, or deleted, must not be half there again.
  if (!existsSync(path.dirname(place.folder)) || !isWritable(path.join(place.folder, "x"))) return false;
  const file = fileOf(place);
  const temporary = `${file}.${randomBytes(6).toString("hex")}${TEMPORARY}`;
  try {
    await fs.mkdir(folderOf(place), { recursive: true });
    hideLocalFolder(place.folder);
    const handle = await fs.open(temporary, "wx", 0o600);
    let done = false;
    try {
      done = await writeAll(handle, label, pieces, good);
    } finally {
      await handle.close();
      if (!done) await fs.rm(temporary, { force: true });
    }
    if (!done) return false;
    await fs.rename(temporary, file);
    await prune(folderOf(place));
    return true;
  } catch (error) {
    if (isErrno(error, "EACCES", "EPERM", "EROFS", "ENOSPC", "ENOENT", "ENOTDIR", "EIO", "EDQUOT")) return false;
    throw error;
  }
}

async function writeAll(
  handle: FileHandle,
  { key, embedder }: SnapshotLabel,
  pieces: Iterable<SnapshotPiece>,
  good: () => boolean,
): Promise<boolean> {
  const written: (readonly [string, number, number, number])[] = [];
  let at = 0;
  const put = async (bytes: Uint8Array): Promise<void> => {
    let from = 0;
    while (from < bytes.length) from += (await handle.write(bytes, from, bytes.length - from, at + from)).bytesWritten;
    at += bytes.length;
  };
  for (const { name, bytes } of pieces) {
    if (!good()) return false;
    const sum = await checksum(bytes);
    // What changed meanwhile may have got other memory.
    if (!good()) return false;
    written.push([name, at, bytes.length, sum]);
    await put(bytes);
    await put(new Uint8Array(-at & (ALIGNMENT - 1)));
  }
  const contents = Buffer.from(
    JSON.stringify({ key, ...(embedder === undefined ? {} : { embedder }), pieces: written } satisfies Contents),
  );
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(contents.length, 0);
  tail.writeUInt32LE(zlib.crc32(contents), 4);
  await put(Buffer.concat([contents, tail, MAGIC]));
  return good();
}

/** Removes what nobody will finish, and the snapshots that were not renewed for longest. */
async function prune(folder: string): Promise<void> {
  const files: { name: string; file: string; at: number }[] = [];
  for (const name of await fs.readdir(folder)) {
    const file = path.join(folder, name);
    const stat = await fs.stat(file).catch(() => undefined);
    if (stat === undefined) continue;
    if (!name.endsWith(TEMPORARY)) files.push({ name, file, at: stat.mtimeMs });
    else if (Date.now() - stat.mtimeMs > ABANDONED_MS) await fs.rm(file, { force: true });
  }
  const counts = new Map<string, number>();
  files.sort((a, b) => b.at - a.at);
  for (const [place, { name, file }] of files.entries()) {
    const [of = ""] = name.split(".");
    const count = (counts.get(of) ?? 0) + 1;
    counts.set(of, count);
    if (place >= KEPT || count > KEPT_OF_ONE) await fs.rm(file, { force: true });
  }
}

/**
 * Reads a snapshot's pieces, as far as they are wanted, each into memory of its own; undefined when there is none, it is of something else, or anything
 * in it is not as it was written.
 */
export async function readSnapshot(
  place: SnapshotPlace,
  key: string,
  wanted: (piece: string, label: SnapshotLabel) => boolean,
): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  let handle: FileHandle;
  try {
    handle = await fs.open(fileOf(place), "r");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "EPERM", "EISDIR")) return undefined;
    throw error;
  }
  try {
    const contents = await readContents(handle);
    if (contents?.key !== key) return undefined;
    const pieces = new Map<string, Uint8Array>();
    for (const [name, start, length, sum] of contents.pieces) {
      if (!wanted(name, contents)) continue;
      const bytes = await readAt(handle, start, length);
      if (bytes === undefined || (await checksum(bytes)) !== sum) return undefined;
      pieces.set(name, bytes);
    }
    return pieces;
  } catch (error) {
    if (isErrno(error, "EIO", "EISDIR")) return undefined;
    throw error;
  } finally {
    await handle.close();
  }
}

async function readContents(handle: FileHandle): Promise<Contents | undefined> {
  const { size } = await handle.stat();
  const tail = await readAt(handle, size - TAIL, TAIL);
  if (tail === undefined || !MAGIC.equals(tail.subarray(8))) return undefined;
  const length = tail.readUInt32LE(0);
  const bytes = await readAt(handle, size - TAIL - length, length);
  if (bytes === undefined || zlib.crc32(bytes) !== tail.readUInt32LE(4)) return undefined;
  return JSON.parse(bytes.toString("utf8")) as Contents;
}

async function readAt(handle: FileHandle, start: number, length: number): Promise<Buffer | undefined> {
  if (start < 0) return undefined;
  // Not from the pool: it becomes the memory of an array.
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let from = 0; from < length; ) {
    const { bytesRead } = await handle.read(bytes, from, length - from, start + from);
    if (bytesRead === 0) return undefined;
    from += bytesRead;
  }
  return bytes;
}
