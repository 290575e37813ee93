import fs from "node:fs/promises";
import path from "node:path";
import type { Signature } from "./commit-text.js";
import type { GitBinary } from "./git-binary.js";
import { isErrno, overwriteLine, removeFile } from "./git-fs.js";
import { ObjectBatch } from "./object-batch.js";
import { initBare, ObjectStore } from "./objects.js";
import { RefMoved, resolveRef, updateRef } from "./refs.js";
import { formatMessage, parseMessage, trailer } from "./trailers.js";
import { listFiles, lookup, spliceTree, type TreeFile } from "./tree.js";

/** What one journal commit did to one path: blob ids (SHA-1), null = no file. */
export interface JournalChange {
  readonly path: string;
  /** What the write was made on top of; with `from`, the state that the file had there. */
  readonly before: string | null;
  readonly after: string | null;
  /** `created`, `updated`, `renamed`, `archived`, `restored`, `deleted`. */
  readonly op: string;
  /** The path that the file was moved from. */
  readonly from?: string;
  /** `<store>:<address> <version>` in another store that the entry came from. */
  readonly source?: string;
  /** `<store>:<address>` in another store where the entry went. */
  readonly destination?: string;
}

/** What a change found at its own path: a moved file comes to where none was. */
export const foundAt = ({ before, from }: JournalChange): string | null => (from === undefined ? before : null);

/** What goes on record with a write. */
export interface JournalRecord {
  readonly author: Pick<Signature, "name" | "email">;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly subject: string;
  readonly reason?: string;
  /** The change's word, or `bulk` for a write of several. */
  readonly op: string;
  readonly entry?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly branch?: string;
  /** The id of the conflict that came of the write. */
  readonly conflict?: string;
  /** Tells those apart who write without a session on this machine; stays in the journal. */
  readonly writer?: string;
}

export interface JournalCommit extends JournalRecord {
  readonly oid: string;
  readonly changes: readonly JournalChange[];
}

/** A change that is about to be recorded: bytes instead of an id. */
export interface NewChange extends Omit<JournalChange, "after"> {
  readonly after: Uint8Array | null;
}

type Mark = "written" | "published";

// A deletion has to be told from "never written": an empty file with a mode that we never give to entries.
const TOMBSTONE: TreeFile = {
  oid: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
  mode: "100755",
};
const state = (file: TreeFile | undefined): string | null | undefined =>
  file && (file.mode === TOMBSTONE.mode ? null : file.oid);

/** A trailer's value keeps no white space as it was, so what is in a path is escaped. */
const changeText = (change: JournalChange): string =>
  JSON.stringify(change).replace(/\s/g, (space) => `\\u${space.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Trailers that only the journal needs; publishing leaves them out. */
const PRIVATE_TRAILERS = new Set(["Memory-Time", "Memory-Change", "Memory-Writer"]);

function message(record: JournalRecord, changes: readonly JournalChange[]): string {
  const optional = (key: string, value: string | undefined) => (value === undefined ? [] : [[key, value] as const]);
  return formatMessage({
    subject: record.subject,
    ...(record.reason === undefined ? {} : { body: record.reason }),
    trailers: [
      ["Memory-Op", record.op],
      ...optional("Memory-Entry", record.entry),
      ...optional("Memory-Agent", record.agent),
      ...optional("Memory-Session", record.session),
      ...optional("Memory-Branch", record.branch),
      ...optional("Memory-Conflict", record.conflict),
      ...optional("Memory-Writer", record.writer),
      ...changes.flatMap(({ source, destination }) => [
        ...optional("Memory-From", source),
        ...optional("Memory-To", destination),
      ]),
      ["Memory-Time", String(record.at)],
      ...changes.map((change) => ["Memory-Change", changeText(change)] as const),
    ],
  });
}

/** The message that a journal commit has on the person's branch. */
export const publicMessage = (commit: JournalCommit): string => {
  const parsed = parseMessage(message(commit, commit.changes));
  return formatMessage({
    ...parsed,
    trailers: parsed.trailers.filter(([key]) => !PRIVATE_TRAILERS.has(key)),
  });
};

/**
 * The write-ahead log: a bare repository of our own with one linear ref per worktree. Its tree holds the paths that
 * were written, as last written. `written` and `published` mark how far working files and branch have followed.
 */
export class Journal {
  readonly objects: ObjectStore;
  readonly #dir: string;
  readonly #worktree: string;
  #ready: Promise<void> | undefined;

  /** `dir` is the bare repository's directory, `worktree` the name of the ref in it. */
  constructor(dir: string, worktree: string) {
    this.#dir = dir;
    this.#worktree = worktree;
    this.objects = new ObjectStore(dir);
  }

  get #ref(): string {
    return `refs/heads/${this.#worktree}`;
  }

  /** The newest commit; undefined before the first write. */
  tip(): Promise<string | undefined> {
    return resolveRef(this.#dir, this.#ref);
  }

  mark(mark: Mark): Promise<string | undefined> {
    return resolveRef(this.#dir, `refs/${mark}/${this.#worktree}`);
  }

  /** Called by the holder of the write lock only, so there is nobody to race with. */
  async setMark(mark: Mark, before: string | undefined, after: string): Promise<void> {
    if (before !== after) await overwriteLine(path.join(this.#dir, `refs/${mark}/${this.#worktree}`), after);
  }

  /** The other worktrees that have written: name and newest commit. */
  async others(): Promise<{ worktree: string; tip: string }[]> {
    const names = await fs.readdir(path.join(this.#dir, "refs/heads/worktrees")).catch((error: unknown) => {
      if (isErrno(error, "ENOENT")) return [];
      throw error;
    });
    const all = ["main", ...names.filter((name) => !/^\.|\.lock$/.test(name)).map((name) => `worktrees/${name}`)];
    const found: { worktree: string; tip: string }[] = [];
    for (const worktree of all.filter((name) => name !== this.#worktree)) {
      const tip = await resolveRef(this.#dir, `refs/heads/${worktree}`);
      if (tip !== undefined) found.push({ worktree, tip });
    }
    return found;
  }

  /** Removes the ref lock that a killed process left; called by the holder of the write lock, which all writers here take. */
  unlock(): void {
    removeFile(path.join(this.#dir, `${this.#ref}.lock`));
  }

  /** Takes back the newest commit, `tip`, that was not acknowledged: `to` is the tip again. */
  async rewind(tip: string, to: string | undefined): Promise<void> {
    if (to !== undefined) return updateRef(this.#dir, this.#ref, tip, to);
    if ((await this.tip()) === tip) removeFile(path.join(this.#dir, this.#ref));
  }

  /**
   * Records one write on top of `tip`. When this returns, the write survives a crash. Throws RefMoved when another
   * process wrote in between.
   */
  async append(tip: string | undefined, record: JournalRecord, changes: readonly NewChange[]): Promise<JournalCommit> {
    const commit = await this.#write(tip, record, changes);
    await updateRef(this.#dir, this.#ref, tip, commit.oid);
    return commit;
  }

  /** Records several writes, each on top of the one before, of which a crash leaves all or none; gives the last. */
  async appendAll(
    tip: string | undefined,
    writes: readonly { readonly record: JournalRecord; readonly changes: readonly NewChange[] }[],
  ): Promise<string | undefined> {
    let at = tip;
    for (const { record, changes } of writes) at = (await this.#write(at, record, changes)).oid;
    if (at !== undefined && at !== tip) await updateRef(this.#dir, this.#ref, tip, at);
    return at;
  }

  async #write(tip: string | undefined, record: JournalRecord, changes: readonly NewChange[]): Promise<JournalCommit> {
    this.#ready ??= this.#init();
    await this.#ready;
    const batch = new ObjectBatch(this.objects);
    const files = new Map<string, TreeFile>();
    const written: JournalChange[] = [];
    const parent = tip === undefined ? undefined : await this.objects.commit(tip);
    if (tip !== undefined && !parent) throw new Error(`journal commit ${tip} is not there`);
    for (const change of changes) {
      const oid = batch.add("blob", change.after ?? new Uint8Array());
      files.set(change.path, change.after ? { oid, mode: "100644" } : TOMBSTONE);
      written.push({ ...change, after: change.after && oid });
    }
    const tree = await spliceTree(batch, parent?.tree, files);
    const who: Signature = {
      ...record.author,
      seconds: record.at / 1000,
      offset: 0,
    };
    const oid = batch.addCommit({
      tree: tree!,
      parents: tip === undefined ? [] : [tip],
      author: who,
      committer: who,
      message: message(record, written),
    });
    await batch.flush();
    return { ...record, oid, changes: written };
  }

  /** Keeps a text that is no version of anything, so that `objects` has it. */
  async keep(bytes: Uint8Array): Promise<void> {
    this.#ready ??= this.#init();
    await this.#ready;
    const batch = new ObjectBatch(this.objects);
    batch.add("blob", bytes);
    await batch.flush();
  }

  async #init(): Promise<void> {
    await fs.mkdir(this.#dir, { recursive: true });
    await initBare(this.#dir);
  }

  /** What was last written at `path` as of commit `tip`: a blob id, null = deleted, undefined = never written. */
  async last(tip: string | undefined, file: string): Promise<string | null | undefined> {
    const commit = tip === undefined ? undefined : await this.objects.commit(tip);
    return commit && state(await lookup(this.objects, commit.tree, file));
  }

  /** The same for every path ever written. */
  async allLast(tip: string | undefined): Promise<Map<string, string | null>> {
    const commit = tip === undefined ? undefined : await this.objects.commit(tip);
    const files = commit ? await listFiles(this.objects, commit.tree) : new Map<string, TreeFile>();
    return new Map([...files].map(([file, found]) => [file, state(found) ?? null]));
  }

  async read(oid: string): Promise<JournalCommit | undefined> {
    const commit = await this.objects.commit(oid);
    if (!commit) return undefined;
    const parsed = parseMessage(commit.message);
    const optional = (key: string, name: "entry" | "agent" | "session" | "branch" | "conflict" | "writer") => {
      const value = trailer(parsed, key);
      return value === undefined ? {} : { [name]: value };
    };
    return {
      oid,
      author: { name: commit.author.name, email: commit.author.email },
      at: Number(trailer(parsed, "Memory-Time") ?? commit.author.seconds * 1000),
      subject: parsed.subject,
      ...(parsed.body === undefined ? {} : { reason: parsed.body }),
      op: trailer(parsed, "Memory-Op") ?? "updated",
      ...optional("Memory-Entry", "entry"),
      ...optional("Memory-Agent", "agent"),
      ...optional("Memory-Session", "session"),
      ...optional("Memory-Branch", "branch"),
      ...optional("Memory-Conflict", "conflict"),
      ...optional("Memory-Writer", "writer"),
      changes: parsed.trailers
        .filter(([key]) => key === "Memory-Change")
        .map(([, value]) => JSON.parse(value) as JournalChange),
    };
  }

  /** The commits after `from` up to `tip`, oldest first; `from` undefined or not on the line = from the beginning. */
  async since(from: string | undefined, tip: string | undefined): Promise<JournalCommit[]> {
    const commits: JournalCommit[] = [];
    for (let at = tip; at !== undefined && at !== from; ) {
      const commit = await this.read(at);
      if (!commit) throw new Error(`journal commit ${at} is not there`);
      commits.push(commit);
      at = (await this.objects.commit(at))?.parents[0];
    }
    return commits.reverse();
  }

  /** Puts loose objects into a pack; safe beside writers and readers. */
  async pack(git: GitBinary): Promise<void> {
    await git.run(["-C", this.#dir, "repack", "-d", "-l", "-q"], {
      cwd: this.#dir,
      timeout: 300_000,
    });
  }
}

export { RefMoved };
