import { MemoryError } from "../errors.js";
import type { Person } from "../git/identity.js";
import type { JournalCommit, JournalRecord, NewChange } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { diskPath, repoPath, type StoreContext, storePath } from "./context.js";
import type { Current, Observer } from "./observer.js";
import { pathState } from "./path-state.js";
import { holdReason, noteWrite } from "./recovery.js";
import { assertInside, readWorkingFile, replaceWorkingFile } from "./working-files.js";

/** One file of a write: store path and new bytes, null removes it. */
export interface FileWrite {
  readonly path: string;
  readonly after: Uint8Array | null;
  readonly op: string;
  /** Store path that the entry was moved from. */
  readonly from?: string;
}

/** What goes on record with a write; author and time are filled in when absent. */
export interface WriteRecord extends Omit<JournalRecord, "author" | "at" | "branch"> {
  readonly author?: Person;
}

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
    const held = await holdReason(this.#context, names);
    const branch = (await host?.head())?.ref?.replace(/^refs\/heads\//, "");
    const common = { at: this.#context.now(), ...(branch === undefined ? {} : { branch }) };
    const before = await journal.tip();
    let tip = before;
    if (!held) tip = await this.#recordHandEdits(files, common.branch, tip);
    const changes: NewChange[] = files.map(({ path: file, after, op, from }) => ({
      path: repoPath(this.#context, file),
      before: this.#seen.get(from ?? file)?.version ?? null,
      after,
      op,
      ...(from === undefined ? {} : { from: repoPath(this.#context, from) }),
    }));
    const author = record.author ?? (await this.#context.user());
    const commit = await journal.append(tip, { ...record, ...common, author }, changes);
    if (held)
      await noteWrite(
        this.#context,
        changes.map(({ path, before }) => ({ path, before })),
        names,
      );
    else {
      await this.#place(files, commit);
      await noteWrite(this.#context, [], names);
    }
    await journal.setMark("written", await journal.mark("written"), (await journal.tip())!);
    return { commit, ...(held ? { held } : {}) };
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
    for (const { path: file } of files) {
      const seen = this.#seen.get(file);
      const name = repoPath(this.#context, file);
      const last = await journal.last(tip, name);
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
      const before = last === undefined ? (head ?? null) : last;
      const after = seen?.bytes ?? null;
      tip = (await journal.append(tip, record, [{ path: name, before, after, op }])).oid;
    }
    return tip;
  }

  async #place(files: readonly FileWrite[], commit: JournalCommit): Promise<void> {
    let placed = 0;
    for (const { path: file, after } of files) {
      const disk = diskPath(this.#context, repoPath(this.#context, file));
      const expected = this.#seen.get(file);
      if (await replaceWorkingFile(disk, expected?.bytes ?? null, after)) {
        placed++;
        continue;
      }
      if (placed === 0 && files.length === 1) {
        await this.#abandon(commit);
        throw new StartOver(storePath(this.#context, file));
      }
      await this.#placeOverEdit(disk, file, after);
    }
  }

  /** The journal keeps the write as a state that nothing was built on; the next attempt decides anew. */
  async #abandon(commit: JournalCommit): Promise<void> {
    await this.#context.journal.setMark("written", await this.#context.journal.mark("written"), commit.oid);
  }

  /** In the middle of a bulk there is no way back: the person's state goes on record, ours is what stays. */
  async #placeOverEdit(disk: string, file: string, after: Uint8Array | null): Promise<void> {
    const { journal } = this.#context;
    for (;;) {
      const now = readWorkingFile(disk);
      if (now.kind === "refused") throw new StartOver(file);
      const bytes = now.kind === "file" ? now.bytes : null;
      const name = repoPath(this.#context, file);
      const mine = after && blobId(after);
      const record = { author: await this.#context.user(), at: this.#context.now(), op: "updated" };
      const edit = await journal.append(await journal.tip(), { ...record, subject: `memory: edit ${file} by hand` }, [
        { path: name, before: mine, after: bytes, op: "updated" },
      ]);
      await journal.append(edit.oid, { ...record, subject: `memory: write ${file}` }, [
        { path: name, before: bytes && blobId(bytes), after, op: "updated" },
      ]);
      if (await replaceWorkingFile(disk, bytes, after)) return;
    }
  }
}
