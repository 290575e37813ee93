import type { Entry } from "../entry/entry.js";
import { locate } from "../entry/entry-path.js";
import { parseEntry } from "../entry/markdown.js";
import type { Scope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { WhoWrote } from "../store/last-write.js";
import type { Current } from "../store/observed.js";
import type { Session, Written } from "../store/session.js";
import type { Settlement } from "../store/unmerged.js";
import type { FileWrite, WriteRecord } from "../store/writer.js";
import { parseAt } from "./parse-at.js";

/** What a write decided: what goes on record, and the answer once it is written. */
export interface Decision<T> {
  readonly record: WriteRecord;
  /** A path that git's index has unmerged, and what it becomes: a write of its own, after the draft's. */
  readonly settle?: Settlement;
  readonly answer: (written: Written) => T;
}

/** One entry as it is now, or as this draft will leave it. */
export interface Drafted {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Undefined for bytes that this draft put there. */
  readonly version: string | undefined;
  readonly entry: Entry;
}

/** The files of one write while it is being decided: reads see what was put. */
export class Draft {
  /** The name of the store that is written. */
  readonly store: string;
  readonly #session: Session;
  readonly #root: Scope;
  readonly #puts = new Map<string, FileWrite>();
  /** Paths into which this draft put text of its caller. */
  readonly #added = new Set<string>();
  readonly #drafted = new Map<string, Drafted>();
  readonly #found = new Map<string, Current | undefined>();

  constructor(session: Session, store: string, root: Scope) {
    this.store = store;
    this.#session = session;
    this.#root = root;
  }

  /** Any file of the store; undefined when there is none. The version is undefined for bytes that this draft put there. */
  async file(path: string): Promise<Pick<Drafted, "bytes" | "version"> | undefined> {
    const put = this.#puts.get(path);
    const current = put ? undefined : await this.#session.read(path);
    if (!put) this.#found.set(path, current);
    const bytes = put ? put.after : current?.bytes;
    return bytes ? { bytes, version: current?.version } : undefined;
  }

  /** What the root of the store stands for. */
  get root(): Scope {
    return this.#root;
  }

  /** The entry at a store path; undefined when there is no file. Throws `invalid_input` for a file that cannot be read. */
  async read(path: string): Promise<Drafted | undefined> {
    const found = await this.file(path);
    return found && this.#parse(path, found.bytes, found.version);
  }

  /** What this draft found at a path, as an entry; undefined when there was none that can be read. */
  async found(path: string): Promise<Entry | undefined> {
    // Not read anew where it was: the write has to be refused when the text decided upon is not the current one any more.
    const current = this.#found.has(path) ? this.#found.get(path) : await this.#session.read(path);
    return current && parseAt(this.#root, path, current.bytes);
  }

  /** The version that this draft found at a path before it put anything there; undefined when it found, or read, nothing. */
  versionBefore(path: string): string | undefined {
    return this.#found.get(path)?.version;
  }

  /** The last write of ours to a path after `since` (ms), made before this draft's. */
  lastWrite(path: string, since: number): Promise<WhoWrote | undefined> {
    return this.#session.lastWrite(path, since);
  }

  /** Keeps a text that is no version of anything where it can be read by its blob id. */
  keep(bytes: Uint8Array): Promise<void> {
    return this.#session.keep(bytes);
  }

  /** The writes of ours to a path since a version, newest first, made before this draft's. */
  writesSince(path: string, version: string): Promise<WhoWrote[]> {
    return this.#session.writesSince(path, version);
  }

  #parse(path: string, bytes: Uint8Array, version: string | undefined): Drafted {
    const located = locate(path, this.#root);
    if (located.type !== "entry") throw new Error(`${path} is no entry's path`);
    const parsed = parseEntry(bytes, located);
    if (parsed.kind === "entry") return { path, bytes, version, entry: parsed.entry };
    throw new MemoryError(
      "invalid_input",
      `${path} cannot be read (${parsed.reason}), so nothing was written. Mend the file in an editor, then call again.`,
      { path, reason: parsed.reason },
    );
  }

  /**
   * Sets the file's new bytes; null removes it. A later put at the same path replaces an earlier one. `adds` is false
   * for bytes without text of the caller's.
   */
  put(write: FileWrite, adds = true): void {
    if (adds) this.#added.add(write.path);
    this.#drafted.delete(write.path);
    const before = this.#puts.get(write.path);
    // Within one write a created entry stays created, whatever is changed in it afterwards.
    const op = before?.after && before.op === "created" && write.after ? "created" : write.op;
    const { from, source } = before ?? {};
    this.#puts.set(write.path, {
      ...write,
      op,
      ...(from === undefined ? {} : { from }),
      ...(source === undefined ? {} : { source }),
    });
  }

  /** The entries as this draft will leave them, of all files that it writes. */
  entries(): readonly Drafted[] {
    for (const { path, after } of this.#puts.values())
      if (after && !this.#drafted.has(path) && locate(path, this.#root).type === "entry")
        this.#drafted.set(path, this.#parse(path, after, undefined));
    return [...this.#drafted.values()];
  }

  /** What this draft does to a path; undefined when that is nothing. */
  opOf(path: string): string | undefined {
    return this.#puts.get(path)?.op;
  }

  /** True for a path that this draft writes or removes. */
  touches(path: string): boolean {
    return this.#puts.has(path);
  }

  /** True for a path into which text of the caller's goes. */
  addsTo(path: string): boolean {
    return this.#added.has(path);
  }

  /** How many of the draft's files are new in a folder. */
  addedTo(folder: string): number {
    return [...this.#puts.values()].filter(
      ({ path, op }) => op === "created" && path.slice(0, path.lastIndexOf("/")) === folder,
    ).length;
  }

  files(): FileWrite[] {
    return [...this.#puts.values()];
  }
}
