import fs from "node:fs";
import path from "node:path";
import { isErrno } from "../git/git-fs.js";
import { isWritable } from "./writable.js";

/** How often an entry was read, and when last (ms). */
export interface ReadCount {
  readonly count: number;
  readonly last: number;
}

/** How often a query was asked, when last (ms), how long its answers took in all (ms), how many hits the last one had. */
export interface QueryCount {
  readonly count: number;
  readonly last: number;
  readonly took: number;
  readonly hits: number;
}

/** What a log is kept with. */
export interface UsageLogOptions {
  /** The store's folder of what is never committed. */
  readonly folder: string;
  /** The store: where it cannot be written, nothing is counted. */
  readonly root: string;
  /** Milliseconds until what was counted is written; undefined = at `flush` and `close` only. */
  readonly flushAfter: number | undefined;
  /** The size (bytes) from which the file is written anew, each entry and query once. */
  readonly compactAt?: number;
}

/** One line: entries read at one time, one query; or, after compaction, the sum of an entry's or a query's. */
type Line =
  | { readonly r: readonly string[]; readonly t: number }
  | { readonly k: string; readonly n: number; readonly t: readonly number[] }
  | { readonly q: string; readonly n?: number; readonly t: number; readonly ms: number; readonly h: number };

/** So long (ms) before an entry's last read its earlier ones are known one by one, for those who look back to a moment. */
const KEPT_MS = 3_600_000;
const COMPACT_AT = 1_000_000;
/** Characters of a query that tell it from others. */
const QUERY_LENGTH = 80;
/** A compaction that holds its lock for longer (ms) is dead. */
const DEAD_MS = 60_000;

const normalised = (query: string): string => query.toLowerCase().replace(/\s+/g, " ").trim().slice(0, QUERY_LENGTH);

/** An entry's reads: how many, and the times of the last ones in order. */
interface Reads {
  count: number;
  times: number[];
}

function addReads(reads: Reads, count: number, times: readonly number[]): void {
  reads.count += count;
  // Other processes' lines may come a little later than ours.
  const all = [...reads.times, ...times].sort((a, b) => a - b);
  const oldest = all.at(-1)! - KEPT_MS;
  // One older than that stays: it is the last of its time.
  const from = all.findLastIndex((time) => time <= oldest);
  reads.times = from > 0 ? all.slice(from) : all;
}

/**
 * What was read and asked, counted on this machine: JSON lines that many processes append to. Losing the file, or a line
 * that a kill cut off, loses counts and nothing else.
 */
export class UsageLog {
  readonly #options: UsageLogOptions;
  readonly #file: string;
  #reads = new Map<string, Reads>();
  #queries = new Map<string, QueryCount>();
  #seen: { readonly ino: bigint; readonly end: number } | undefined;
  #waiting: Line[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: UsageLogOptions) {
    this.#options = options;
    this.#file = path.join(options.folder, "usage.jsonl");
  }

  /** Counts that entries were given with their text at a time (ms); `keys` are ids, else paths. */
  read(keys: readonly string[], at: number): void {
    if (keys.length > 0) this.#add({ r: keys, t: at });
  }

  /** Counts a search: at a time, how long it took (ms), how many hits it had. */
  asked(query: string, at: number, took: number, hits: number): void {
    const q = normalised(query);
    if (q !== "") this.#add({ q, t: at, ms: Math.round(took * 10) / 10, h: hits });
  }

  /** How often an entry was read and when last, by any process; undefined = never. */
  readsOf(key: string): ReadCount | undefined {
    const reads = this.#reads.get(key);
    return reads && { count: reads.count, last: reads.times.at(-1)! };
  }

  /** When an entry was last read at or before a moment of the last hour (ms); undefined = never. */
  lastRead(key: string, before: number): number | undefined {
    return this.#reads.get(key)?.times.findLast((time) => time <= before);
  }

  /** What is known of a query, however it is spaced and capitalised; undefined = never asked. */
  queryOf(query: string): QueryCount | undefined {
    return this.#queries.get(normalised(query));
  }

  /** True when nothing can be written, so that nothing is counted any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  #add(line: Line): void {
    if (this.#stopped) return;
    this.#waiting.push(line);
    this.#enter(line);
    const { flushAfter } = this.#options;
    if (flushAfter !== undefined) this.#timer ??= setTimeout(() => this.flush(), flushAfter).unref();
  }

  #enter(line: Line): void {
    if ("q" in line) {
      const { q, n = 1, t, ms, h } = line;
      const before = this.#queries.get(q) ?? { count: 0, took: 0, last: t, hits: h };
      const hits = t >= before.last ? h : before.hits;
      const last = Math.max(before.last, t);
      this.#queries.set(q, { count: before.count + n, took: before.took + ms, last, hits });
      return;
    }
    const [keys, count, times] = "r" in line ? [line.r, 1, [line.t]] : [[line.k], line.n, line.t];
    for (const key of keys) {
      const reads = this.#reads.get(key) ?? { count: 0, times: [] };
      this.#reads.set(key, reads);
      addReads(reads, count, times);
    }
  }

  /** Takes in what the file has got since the last look, from every process; all of it at the first. */
  refresh(): void {
    const stat = fs.statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    if (!stat) {
      if (this.#seen) this.#startOver();
      return;
    }
    if (this.#seen?.ino === stat.ino && this.#seen.end === Number(stat.size)) return;
    if (this.#seen && (this.#seen.ino !== stat.ino || this.#seen.end > Number(stat.size))) this.#startOver();
    const start = this.#seen?.end ?? 0;
    const bytes = readFrom(this.#file, start, Number(stat.size) - start);
    const whole = bytes.lastIndexOf(10) + 1;
    for (const line of linesOf(bytes.subarray(0, whole))) this.#enter(line);
    this.#seen = { ino: stat.ino, end: start + whole };
  }

  #startOver(): void {
    this.#reads = new Map();
    this.#queries = new Map();
    this.#seen = undefined;
    for (const line of this.#waiting) this.#enter(line);
  }

  /** Writes what was counted since the last time; stops for good where nothing can be written. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const { folder, root, compactAt = COMPACT_AT } = this.#options;
    try {
      if (!isWritable(path.join(root, "x"))) throw Object.assign(new Error("read-only"), { code: "EROFS" });
      this.refresh();
      prepare(folder);
      // Empty lines keep apart what others, or a kill, may have left without an end.
      const text = `\n${this.#waiting.map((line) => JSON.stringify(line)).join("\n")}\n`;
      fs.appendFileSync(this.#file, text);
      const stat = fs.statSync(this.#file, { bigint: true });
      const end = (this.#seen?.end ?? 0) + Buffer.byteLength(text);
      this.#waiting = [];
      // Only when nobody else wrote meanwhile is what we hold what the file holds.
      if (end === Number(stat.size) && (this.#seen?.ino ?? stat.ino) === stat.ino) this.#seen = { ino: stat.ino, end };
      else {
        this.#startOver();
        this.refresh();
      }
      if (Number(stat.size) >= compactAt) this.#compact();
    } catch (error) {
      if (!isErrno(error, "EACCES", "EPERM", "EROFS", "ENOSPC", "ENOTDIR", "EIO", "ENOENT")) throw error;
      this.#stopped = true;
      this.#waiting = [];
    }
  }

  /** Writes the file anew, each key once. One process at a time; what others append meanwhile is carried over. */
  #compact(): void {
    const lock = `${this.#file}.lock`;
    const held = fs.statSync(lock, { throwIfNoEntry: false });
    if (held && Date.now() - held.mtimeMs > DEAD_MS) fs.rmSync(lock, { force: true });
    try {
      fs.closeSync(fs.openSync(lock, "wx"));
    } catch (error) {
      if (isErrno(error, "EEXIST")) return;
      throw error;
    }
    try {
      this.#startOver();
      this.refresh();
      const sums: Line[] = [
        ...[...this.#reads].map(([k, { count: n, times: t }]) => ({ k, n, t })),
        ...[...this.#queries].map(([q, { count: n, last: t, took: ms, hits: h }]) => ({ q, n, t, ms, h })),
      ];
      const text = `${sums.map((line) => JSON.stringify(line)).join("\n")}\n`;
      const before = this.#seen?.end ?? 0;
      const old = fs.openSync(this.#file, "r");
      try {
        const beside = `${this.#file}.new`;
        fs.writeFileSync(beside, text);
        fs.renameSync(beside, this.#file);
        const size = fs.fstatSync(old).size;
        if (size > before) fs.appendFileSync(this.#file, readAt(old, before, size - before));
      } finally {
        fs.closeSync(old);
      }
      this.#startOver();
      this.refresh();
    } finally {
      fs.rmSync(lock, { force: true });
    }
  }

  close(): void {
    this.flush();
    this.#stopped = true;
  }
}

/** The folder; one in a store that is no git repository hides itself from any that may be made around it. */
function prepare(folder: string): void {
  fs.mkdirSync(folder, { recursive: true });
  const ignore = path.join(folder, ".gitignore");
  if (path.basename(folder) === ".state" && !fs.existsSync(ignore)) fs.writeFileSync(ignore, "*\n");
}

function readFrom(file: string, start: number, length: number): Buffer {
  const descriptor = fs.openSync(file, "r");
  try {
    return readAt(descriptor, start, length);
  } finally {
    fs.closeSync(descriptor);
  }
}

function readAt(descriptor: number, start: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, fs.readSync(descriptor, bytes, 0, length, start));
}

const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null) return false;
  const { r, k, q, n = 1, t, ms, h } = value as Readonly<Record<string, unknown>>;
  if (r !== undefined) return Array.isArray(r) && r.every((key) => typeof key === "string") && isTime(t);
  if (k !== undefined) return typeof k === "string" && isTime(n) && Array.isArray(t) && t.length > 0 && t.every(isTime);
  return typeof q === "string" && isTime(n) && isTime(t) && isTime(ms) && isTime(h);
}

/** The lines that can be read: a kill may have cut one off. */
function linesOf(bytes: Buffer): Line[] {
  return bytes
    .toString("utf8")
    .split("\n")
    .flatMap((text) => {
      if (text === "") return [];
      try {
        const value: unknown = JSON.parse(text);
        return isLine(value) ? [value] : [];
      } catch {
        return [];
      }
    });
}
