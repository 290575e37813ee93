import { createHash } from "node:crypto";

/** One entry of git's index, as far as we look at it (gitformat-index). */
export interface IndexEntry {
  readonly path: string;
  readonly oid: string;
  /** 0, or 1–3 for the sides of an unmerged path. */
  readonly stage: number;
}

/** What a file in the work tree looks like to git, for an entry that `git status` finds clean. */
export interface FileStat {
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly size: bigint;
}

export interface IndexUpdate {
  readonly path: string;
  /** undefined removes the path. Modes are git's octal text, `100644` when absent. */
  readonly file: { readonly oid: string; readonly stat: FileStat; readonly mode?: string } | undefined;
}

const HEADER = 12;
const FIXED = 62;
const ID = 20;
const EMPTY = Buffer.concat([Buffer.from("DIRC"), Buffer.from([0, 0, 0, 2, 0, 0, 0, 0])]);

/** Where an entry's path begins and ends. */
interface Name {
  readonly nameAt: number;
  readonly nul: number;
}

function nameOf(bytes: Buffer, start: number): Name {
  const nameAt = start + FIXED + (bytes[start + 60]! & 0x40 ? 2 : 0);
  // The flags hold the name's length, up to what twelve bits can say.
  const length = ((bytes[start + 60]! & 0x0f) << 8) | bytes[start + 61]!;
  const nul = length < 0xfff ? nameAt + length : bytes.indexOf(0, nameAt);
  if (!(nul >= 0 && nul < bytes.length)) throw new Error("git's index is damaged");
  return { nameAt, nul };
}

/**
 * Where each entry begins, and behind them where the last one ends; entries are not decoded: a repository can have a hundred
 * thousand. Throws when damaged.
 */
function startsOf(bytes: Buffer): Uint32Array {
  if (bytes.length === 0) return Uint32Array.of(HEADER);
  const version = bytes.readUInt32BE(4);
  if (bytes.toString("latin1", 0, 4) !== "DIRC" || (version !== 2 && version !== 3))
    throw new Error(`git's index has version ${version}, which only git itself can read here`);
  const count = bytes.readUInt32BE(8);
  if (count * (FIXED + 2) > bytes.length) throw new Error("git's index is damaged");
  const starts = new Uint32Array(count + 1);
  let start = HEADER;
  for (let at = 0; at < count; at++) {
    starts[at] = start;
    const { nul } = nameOf(bytes, start);
    start += (Math.floor((nul - start) / 8) + 1) * 8;
  }
  starts[count] = start;
  return starts;
}

/** The first entry, not before `from`, whose path is not less than a key; entries are in the order of their paths' bytes. */
function firstFrom(bytes: Buffer, starts: Uint32Array, key: Buffer, from = 0): number {
  let [low, high] = [from, starts.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { nameAt, nul } = nameOf(bytes, starts[middle]!);
    if (bytes.compare(key, 0, key.length, nameAt, nul) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function entryAt(bytes: Buffer, start: number): IndexEntry {
  const { nameAt, nul } = nameOf(bytes, start);
  return {
    path: bytes.toString("utf8", nameAt, nul),
    oid: bytes.toString("hex", start + 40, start + 60),
    stage: (bytes[start + 60]! >> 4) & 3,
  };
}

/** The entries of an index of version 2 or 3 with SHA-1 ids whose path begins with `prefix`. Throws when damaged. */
export function* indexEntries(bytes: Buffer, prefix = ""): Generator<IndexEntry> {
  const wanted = Buffer.from(prefix);
  const starts = startsOf(bytes);
  for (let at = firstFrom(bytes, starts, wanted); at < starts.length - 1; at++) {
    const { nameAt, nul } = nameOf(bytes, starts[at]!);
    if (bytes.compare(wanted, 0, wanted.length, nameAt, Math.min(nameAt + wanted.length, nul)) !== 0) return;
    yield entryAt(bytes, starts[at]!);
  }
}

/** What an index says beyond its entries. */
export interface IndexFacts {
  /** The entries of unmerged paths. */
  readonly unmerged: readonly IndexEntry[];
  /** What keeps us from changing this index ourselves, as a noun; undefined = nothing. */
  readonly obstacle: string | undefined;
}

/** Looks through an index once; `bytes` is empty when there is none. Throws when damaged. */
export function indexFacts(bytes: Buffer): IndexFacts {
  if (bytes.length === 0) return { unmerged: [], obstacle: undefined };
  const version = bytes.length < HEADER ? 0 : bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) return { unmerged: [], obstacle: `index version ${version}` };
  const unmerged: IndexEntry[] = [];
  const starts = startsOf(bytes);
  for (let entry = 0; entry < starts.length - 1; entry++) {
    const start = starts[entry]!;
    if ((bytes[start + 60]! & 0x30) !== 0) unmerged.push(entryAt(bytes, start));
  }
  let at = starts.at(-1)!;
  for (; at + 8 <= bytes.length - ID; at += 8 + bytes.readUInt32BE(at + 4)) {
    const signature = bytes.toString("latin1", at, at + 4);
    if (!/^[a-z]/.test(signature)) continue;
    const names: Record<string, string> = { link: "a split index", sdir: "a sparse index" };
    return { unmerged, obstacle: names[signature] ?? `the index extension ${signature}` };
  }
  return { unmerged, obstacle: undefined };
}

/** git compares times in seconds and nanoseconds and the low 32 bits of everything else. */
function encode(path: string, oid: string, stat: FileStat, mode: string): Buffer {
  const name = Buffer.from(path);
  const length = (Math.floor((FIXED + name.length) / 8) + 1) * 8;
  const entry = Buffer.alloc(length);
  const low = (value: bigint) => Number(value & 0xffffffffn);
  const fields = [
    stat.ctimeNs / 1_000_000_000n,
    stat.ctimeNs % 1_000_000_000n,
    stat.mtimeNs / 1_000_000_000n,
    stat.mtimeNs % 1_000_000_000n,
    stat.dev,
    stat.ino,
    BigInt(Number.parseInt(mode, 8)),
    stat.uid,
    stat.gid,
    stat.size,
  ];
  fields.forEach((value, position) => {
    entry.writeUInt32BE(low(value), position * 4);
  });
  entry.write(oid, 40, ID, "hex");
  entry.writeUInt16BE(Math.min(name.length, 0xfff), 60);
  name.copy(entry, FIXED);
  return entry;
}

interface CacheTree {
  readonly name: string;
  count: number;
  id: Buffer;
  readonly children: CacheTree[];
}

function readCacheTree(data: Buffer): CacheTree | undefined {
  let at = 0;
  const read = (): CacheTree => {
    const nul = data.indexOf(0, at);
    const newline = data.indexOf(0x0a, nul);
    const name = data.toString("utf8", at, nul);
    const [count, subtrees] = data
      .toString("latin1", nul + 1, newline)
      .split(" ")
      .map(Number);
    at = newline + 1;
    const id = data.subarray(at, count! >= 0 ? at + ID : at);
    at += id.length;
    const children = Array.from({ length: subtrees! }, read);
    return { name, count: count!, id, children };
  };
  return data.length > 0 ? read() : undefined;
}

const writeCacheTree = (node: CacheTree): Buffer =>
  Buffer.concat([
    Buffer.from(`${node.name}\0${node.count} ${node.children.length}\n`),
    node.id,
    ...node.children.map(writeCacheTree),
  ]);

/** Marks the folders along `path` as changed, so that git computes only their trees anew. */
function invalidate(root: CacheTree, path: string): void {
  let node: CacheTree | undefined = root;
  for (const segment of path.split("/")) {
    if (!node) return;
    node.count = -1;
    node.id = Buffer.alloc(0);
    node = node.children.find((child) => child.name === segment);
  }
}

/** Extensions that stay true when entries change; the cache tree is mended, every other optional one goes. */
function extensions(bytes: Buffer, from: number, updates: readonly IndexUpdate[]): Buffer {
  const kept: Buffer[] = [];
  for (let at = from; at + 8 <= bytes.length - ID; ) {
    const signature = bytes.toString("latin1", at, at + 4);
    const size = bytes.readUInt32BE(at + 4);
    const data = bytes.subarray(at + 8, at + 8 + size);
    at += 8 + size;
    if (/^[a-z]/.test(signature)) throw new Error(`git's index needs the extension ${signature}`);
    if (signature === "TREE") {
      const root = readCacheTree(data);
      if (!root) continue;
      for (const update of updates) invalidate(root, update.path);
      const written = writeCacheTree(root);
      const head = Buffer.from("TREE\0\0\0\0", "latin1");
      head.writeUInt32BE(written.length, 4);
      kept.push(head, written);
    } else if (signature === "REUC" || signature === "UNTR") kept.push(bytes.subarray(at - 8 - size, at));
  }
  return Buffer.concat(kept);
}

/**
 * The index with some paths set or removed (all their stages), every other entry byte for byte as it was. `bytes` is
 * the present index, empty when there is none, and `seconds` the time of its file: an entry that is not older than that
 * may hide a change made in the same second, so its size is taken out and git looks at the file (racy-git).
 * Throws on versions and extensions that only git can write.
 */
export function spliceIndex(
  bytes: Buffer,
  updates: readonly IndexUpdate[],
  seconds = Number.POSITIVE_INFINITY,
): Buffer {
  const old = bytes.length === 0 ? Buffer.concat([EMPTY, Buffer.alloc(ID)]) : bytes;
  const starts = startsOf(old);
  const entries = starts.length - 1;
  const pieces: Buffer[] = [];
  const fresh = new Set<Buffer>();
  let count = entries;
  let next = 0;
  const keep = (to: number): void => {
    pieces.push(old.subarray(starts[next]!, starts[to]!));
    next = to;
  };
  const sorted = updates
    .map(({ path, file }) => ({ path, file, key: Buffer.from(path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  for (const { path, file, key } of sorted) {
    keep(firstFrom(old, starts, key, next));
    // All stages of a path that is set go.
    for (; next < entries; next++, count--) {
      const { nameAt, nul } = nameOf(old, starts[next]!);
      if (old.compare(key, 0, key.length, nameAt, nul) !== 0) break;
    }
    if (!file) continue;
    const entry = encode(path, file.oid, file.stat, file.mode ?? "100644");
    pieces.push(entry);
    fresh.add(entry);
    count++;
  }
  keep(entries);
  // One buffer for all: an index of a hundred thousand entries has ten megabytes.
  const all = [old.subarray(0, HEADER), ...pieces, extensions(old, starts[entries]!, updates)];
  const length = all.reduce((sum, piece) => sum + piece.length, 0);
  const made = Buffer.allocUnsafeSlow(length + ID);
  const freshAt = new Set<number>();
  let at = 0;
  for (const piece of all) {
    if (fresh.has(piece)) freshAt.add(at);
    made.set(piece, at);
    at += piece.length;
  }
  made.writeUInt32BE(count, 8);
  for (const start of seconds === Number.POSITIVE_INFINITY ? [] : startsOf(made).subarray(0, count))
    if (made.readUInt32BE(start + 8) >= seconds && !freshAt.has(start)) made.writeUInt32BE(0, start + 36);
  createHash("sha1").update(made.subarray(0, length)).digest().copy(made, length);
  return made;
}
