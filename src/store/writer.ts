import path from "node:path";
import { MemoryError } from "../errors.js";
import { removeTemporaries } from "../git/git-fs.js";
import type { Person } from "../git/identity.js";
import { foundAt, type JournalCommit, type JournalRecord, type NewChange } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { diskPath, repoPath, type StoreContext, storePath } from "./context.js";
import type { Current } from "./observed.js";
import type { Observer } from "./observer.js";
import { pathState } from "./path-state.js";
import { holdReason, noteWrite } from "./recovery.js";
import { assertInside, readWorkingFile, replaceWorkingFile } from "./working-files.js";
import { assertWritable } from "./writable.js";

/** One file of a write: store path and new bytes, null removes it. */
export interface FileWrite {
  readonly path: string;
  readonly after: Uint8Array | null;
  readonly op: string;
  /** Store path that the entry was moved from. */
  readonly from?: string;
  /** `<store>:<address> <version>` in another store that the entry came from. */
  readonly source?: string;
  /** `<store>:<address>` in another store where the entry went. */
  readonly destination?: string;
}

/** What goes on record with a write; author and time are filled in when absent. */
export interface WriteRecord extends Omit<JournalRecord, "author" | "at" | "branch"> {
  readonly author?: Person;
}

/** So many files are looked up in the journal together. */
const MANY = 32;

/** A file changed between reading and writing: decide again. */
export class StartOver extends Error {}

/** A write that is in the journal, and why it is not in the working tree yet, if so. */
export interface Recorded {
  readonly commit: JournalCommit;
  readonly held?: string;
}

/** Writes to one store while its lock is held: reads what is current, then records and places the new bytes. */
export class Writer {
  readonly #context: StoreContext;
  readonly #observer: Observer;
  readonly #seen = new Map<string, Current | undefined>();

  constructor(context: StoreContext, observer: Observer) {
    this.#context = context;
    this.#observer = observer;
  }

  /** The text that is current at a store path; what `write` is then made on top of. */
  async read(file: string): Promise<Current | undefined> {
    assertInside(this.#context.root, file);
    const current = await this.#observer.current(file);
    const refused = current ? undefined : readWorkingFile(diskPath(this.#context, repoPath(this.#context, file)));
    if (refused?.kind === "refused")
      throw new MemoryError("forbidden", `${file} cannot be written: ${refused.reason}.`, { path: file });
    this.#seen.set(file, current);
    return current;
  }

  /** Records the files as one write and puts them in place. Throws StartOver when a file is not what was read. */
  async write(files: readonly FileWrite[], record: WriteRecord): Promise<Recorded> {
    const { journal, host } = this.#context;
    for (const { path: file } of files) if (!this.#seen.has(file)) await this.read(file);
    for (const { path: file } of files) this.#assertUnchanged(file);
    const names = files.map(({ path: file }) => repoPath(this.#context, file));
    // What cannot be put in place later must not be on record first.
    assertWritable(...names.map((name) => diskPath(this.#context, name)));
    const held = this.#waiting(names) ?? (await holdReason(this.#context, names));
    const branch = (await host?.head())?.ref?.replace(/^refs\/heads\//, "");
    const common = { at: this.#context.now(), ...(branch === undefined ? {} : { branch }) };
    const start = await journal.tip();
    let tip = start;
    if (!held) tip = await this.#recordHandEdits(files, common.branch, tip);
    const changes: NewChange[] = files.map(({ path: file, after, op, from, ...across }) => ({
      path: repoPath(this.#context, file),
      before: this.#seen.get(from ?? file)?.version ?? null,
      after,
      op,
      ...(from === undefined ? {} : { from: repoPath(this.#context, from) }),
      ...across,
    }));
    const author = record.author ?? (await this.#context.user());
    const commit = await journal.append(tip, { ...record, ...common, author }, changes);
    if (!held) await this.#place(files, commit, start);
    const kept = held ? changes.map((change) => ({ path: change.path, before: this.#found(change.path) })) : [];
    await noteWrite(this.#context, kept, names);
    await journal.setMark("written", await journal.mark("written"), (await journal.tip())!);
    return { commit, ...(held ? { held } : {}) };
  }

  /**
   * Puts files in place that go on no record, all of them or none; gives what puts back what was there, unless somebody
   * changed it since. Throws StartOver when a file is not what was read.
   */
  async placeUnrecorded(files: readonly FileWrite[]): Promise<() => Promise<void>> {
    for (const { path: file } of files) if (!this.#seen.has(file)) await this.read(file);
    for (const { path: file } of files) this.#assertUnchanged(file);
    const disk = (file: string): string => diskPath(this.#context, repoPath(this.#context, file));
    assertWritable(...files.map(({ path: file }) => disk(file)));
    const placed: FileWrite[] = [];
    const takeBack = async (): Promise<void> => {
      for (const { path: file, after } of placed.reverse())
        await replaceWorkingFile(disk(file), after, this.#seen.get(file)?.bytes ?? null);
    };
    try {
      // No journal keeps what is taken away, so a text that moves is at its new place before the old one goes.
      for (const write of [...files].sort((a, b) => Number(a.after === null) - Number(b.after === null))) {
        const { path: file, after } = write;
        removeTemporaries(path.dirname(disk(file)));
        const done = await replaceWorkingFile(disk(file), this.#seen.get(file)?.bytes ?? null, after);
        if (!done) throw new StartOver(file);
        placed.push(write);
      }
    } catch (error) {
      await takeBack();
      throw error;
    }
    return takeBack;
  }

  /** A path with a held write waits with it, whatever else would let this one through. */
  #waiting(names: readonly string[]): string | undefined {
    const waits = this.#observer.state.held.some((one) => names.includes(one.path));
    return waits ? "an earlier write to it still waits for git" : undefined;
  }

  #found(name: string): string | null {
    return this.#seen.get(storePath(this.#context, name))?.version ?? null;
  }

  #assertUnchanged(file: string): void {
    const seen = this.#seen.get(file);
    if (seen?.instead) return;
    const now = readWorkingFile(diskPath(this.#context, repoPath(this.#context, file)));
    const same = seen ? now.kind === "file" && blobId(now.bytes) === seen.version : now.kind === "absent";
    if (!same) throw new StartOver(file);
  }

  /** What a person did to these files since the journal last had them becomes a version of theirs, before ours. */
  async #recordHandEdits(
    files: readonly FileWrite[],
    branch: string | undefined,
    from: string | undefined,
  ): Promise<string | undefined> {
    const { journal, user } = this.#context;
    let tip = from;
    // One by one each would be looked for in its whole folder.
    const all = files.length >= MANY ? await journal.allLast(from) : undefined;
    for (const { path: file } of files) {
      const seen = this.#seen.get(file);
      const name = repoPath(this.#context, file);
      const last = all ? all.get(name) : await journal.last(tip, name);
      const head = this.#observer.headBlob(file);
      const format = this.#context.host?.objects.format ?? "sha1";
      const inHead = seen && format !== "sha1" ? blobId(seen.bytes, format) : seen?.version;
      // HEAD's id is compared in the repository's own format.
      const state = pathState({
        work: seen?.version ?? null,
        head: head !== null && head === inHead ? (seen?.version ?? null) : head,
        journal: last,
      });
      if (state !== "edited" && state !== "removed") continue;
      if (state === "removed" && last === null) continue;
      const op = state === "removed" ? "deleted" : last ? "updated" : "created";
      const record: JournalRecord = {
        author: await user(),
        at: seen?.mark ? Math.floor(Math.min(seen.mark.mtimeMs, this.#context.now())) : this.#context.now(),
        subject: `memory: ${state === "removed" ? "remove" : "edit"} ${file} by hand`,
        op,
        ...(branch === undefined ? {} : { branch }),
      };
      const before = await this.#editedFrom(name, tip, last, head ?? null);
      const after = seen?.bytes ?? null;
      tip = (await journal.append(tip, record, [{ path: name, before, after, op }])).oid;
    }
    return tip;
  }

  /** What a hand edit was made on top of: our last write, unless that was not what the person had before them. */
  async #editedFrom(
    name: string,
    tip: string | undefined,
    last: string | null | undefined,
    head: string | null,
  ): Promise<string | null> {
    const { host, log } = this.#context;
    if (last === undefined) return head;
    if (this.#observer.state.dropped.some((one) => one.path === name && one.version === last)) {
      const changes = (await log.commits(tip, name)).at(-1)?.changes.filter((change) => change.path === name) ?? [];
      return changes[0] ? foundAt(changes[0]) : head;
    }
    // Committed once and not in HEAD: the person switched to where it is not.
    const elsewhere = last !== null && head !== null && head !== last && host?.objects.format === "sha1";
    return elsewhere && (await host.objects.has(last)) ? head : last;
  }

  async #place(files: readonly FileWrite[], commit: JournalCommit, start: string | undefined): Promise<void> {
    let placed = 0;
    for (const { path: file, after } of files) {
      const disk = diskPath(this.#context, repoPath(this.#context, file));
      const expected = this.#seen.get(file);
      if (!(await replaceWorkingFile(disk, expected?.bytes ?? null, after))) {
        if (placed === 0) {
          // Nothing of this write is to be seen yet: it is taken back, and the caller decides anew.
          await this.#context.journal.rewind(commit.oid, start);
          throw new StartOver(file);
        }
        await this.#placeOverEdit(disk, file, after);
      }
      placed++;
    }
  }

  /** In the middle of a bulk there is no way back: the person's state goes on record, ours is what stays. */
  async #placeOverEdit(disk: string, file: string, after: Uint8Array | null): Promise<void> {
    const { journal } = this.#context;
    for (;;) {
      const now = readWorkingFile(disk);
      if (now.kind === "refused")
        throw new MemoryError("forbidden", `${file} cannot be written: ${now.reason}.`, { path: file });
      const bytes = now.kind === "file" ? now.bytes : null;
      const name = repoPath(this.#context, file);
      const author = await this.#context.user();
      const record = (text: Uint8Array | null) => ({
        author,
        at: this.#context.now(),
        op: text ? "updated" : "deleted",
      });
      const edit = { ...record(bytes), subject: `memory: edit ${file} by hand` };
      const ours = { ...record(after), subject: `memory: write ${file}` };
      const [mine, theirs] = [after && blobId(after), bytes && blobId(bytes)];
      await journal.appendAll(await journal.tip(), [
        { record: edit, changes: [{ path: name, before: mine, after: bytes, op: edit.op }] },
        { record: ours, changes: [{ path: name, before: theirs, after, op: ours.op }] },
      ]);
      if (await replaceWorkingFile(disk, bytes, after)) return;
    }
  }
}
