import fs from "node:fs";
import path from "node:path";
import { setImmediate as pause } from "node:timers/promises";
import type { Change, StateFacts } from "../entry/change.js";
import { isPrivate, locate } from "../entry/entry-path.js";
import type { Host, Stages } from "../git/host.js";
import { blobId } from "../git/objects.js";
import { repoPath, type StoreContext, storePath } from "./context.js";
import { EntryTimes, type LastCommit } from "./entry-times.js";
import { newsOf } from "./follow-branch.js";
import { type LastWrite, noteWrites } from "./journal-log.js";
import { EMPTY_STATE, type WorktreeState } from "./local-state.js";
import {
  type Current,
  type HeadApart,
  type Invalid,
  type Known,
  type Scanned,
  sameTold,
  type Tell,
} from "./observed.js";
import { contentOf, isServed, readServed } from "./served.js";
import { factsOf, type Seen } from "./state-facts.js";
import { markersId, unmergedId } from "./unmerged.js";
import { walkFiles } from "./walk-files.js";
import { type FileMark, isInside, readWorkingFile, sameMark } from "./working-files.js";

/** How long a scan works before it lets others have the event loop, in milliseconds. */
const SLICE_MS = 8;

/** Keeps in mind what the index was told about each path, and turns what differs on disk into changes. */
export class Observer {
  readonly #context: StoreContext;
  readonly #known = new Map<string, Known>();
  readonly #invalid = new Map<string, { reason: string; mark: FileMark | undefined }>();
  readonly #others = new Map<string, string>();
  /** Store path → blob id in HEAD. */
  #head = new Map<string, string>();
  #headCommit: string | undefined;
  #hostStamp = "";
  #unmerged: ReadonlyMap<string, Stages> = new Map();
  #state: WorktreeState = EMPTY_STATE;
  #stateText = "";
  #tip: string | undefined;
  #last = new Map<string, LastWrite>();
  #person = "";
  #scanned = false;
  readonly #times = new EntryTimes();
  /** Store paths looked at before the times of HEAD were known. */
  readonly #untimed = new Set<string>();

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Everything from the beginning: journal, HEAD and files. */
  async start(tell: Tell, scanned?: Scanned): Promise<void> {
    this.#tip = await this.#context.journal.tip();
    this.#last = await this.#context.log.lastWrites(this.#tip);
    this.#person = (await this.#context.user()).name;
    await this.#noteState();
    await this.#context.history?.load();
    await this.#noteHost();
    this.#context.host?.release();
    await this.updateTimes();
    this.#times.settle();
    await this.scan(tell, scanned);
  }

  /**
   * Takes as known what another process saw of a path and the index was given: the first scan reads the file only if it
   * changed since. To be called before `start`.
   */
  recall(file: string, known: Known): void {
    // Where git's ids are not ours, only the bytes tell whether HEAD has them.
    if ((this.#context.host?.objects.format ?? "sha1") === "sha1") this.#known.set(file, known);
  }

  /** Takes as known what HEAD was: all recalled versions but for `apart`. To be called after the last `recall`. */
  recallHead({ commit, apart }: HeadApart): void {
    for (const [file, { version }] of this.#known) this.#head.set(file, version);
    for (const [file, blob] of apart) {
      if (blob === null) this.#head.delete(file);
      else this.#head.set(file, blob);
    }
    this.#headCommit = commit;
  }

  /** HEAD as far as it is not these versions (by store path), for `recallHead`; undefined = nothing is known of it. */
  headApart(versions: ReadonlyMap<string, string>): HeadApart | undefined {
    const commit = this.#headCommit;
    if (commit === undefined || this.#hostStamp === "") return undefined;
    const apart: [string, string | null][] = [...this.#head].filter(([file, blob]) => versions.get(file) !== blob);
    for (const file of versions.keys()) if (!this.#head.has(file)) apart.push([file, null]);
    return { commit, apart };
  }

  /** What a file was marked by when this version of it was read; undefined = it is not known any more. */
  markOf(file: string, version: string): FileMark | undefined {
    const known = this.#known.get(file);
    return known?.version === version ? known.mark : undefined;
  }

  /** HEAD's commit at the last look. */
  get headCommit(): string | undefined {
    return this.#headCommit;
  }

  /** The last commit of a store path in HEAD; undefined = not known, or none. */
  lastCommit(file: string): LastCommit | undefined {
    return this.#times.of(repoPath(this.#context, file), this.#headCommit);
  }

  /** Takes over what the history says by now about when entries were committed; false when that is nothing new. */
  async updateTimes(): Promise<boolean> {
    const { history } = this.#context;
    const commit = this.#headCommit;
    if (!history || commit === undefined) return false;
    return this.#times.update(history.graph, commit, history.isComplete(commit));
  }

  /** What `updateTimes` changed, slice by slice. The caller tells each slice before anything else is looked at. */
  *retimed(): Generator<readonly Change[]> {
    const { changed } = this.#times;
    const files = changed === "all" ? this.#known.keys() : [...changed].map((name) => storePath(this.#context, name));
    let changes: Change[] = [];
    let since = performance.now();
    for (const file of new Set([...files, ...this.#untimed])) {
      if (performance.now() - since > SLICE_MS) {
        yield changes;
        changes = [];
        since = performance.now();
      }
      // The branch moved meanwhile: there will be news about that too.
      if (!this.#times.isAbout(this.#headCommit)) return;
      const now = this.#known.get(file);
      const facts = now && this.#facts(file, now);
      if (!facts || (facts.updatedAt === now.updatedAt && facts.author === now.author)) continue;
      this.#known.set(file, { ...now, updatedAt: facts.updatedAt, author: facts.author });
      changes.push({ store: this.#context.name, path: file, before: now.version, after: facts });
    }
    this.#times.settle();
    this.#untimed.clear();
    yield changes;
  }

  get invalid(): Invalid[] {
    return [...this.#invalid].map(([file, { reason }]) => ({ path: file, reason }));
  }

  /** Files that are no entries and do not belong into a store. */
  get others(): Invalid[] {
    return [...this.#others].map(([file, reason]) => ({ path: file, reason }));
  }

  /** What git has as unmerged, and entries and documents with conflict markers. */
  get unresolved(): string[] {
    const unmerged = [...this.#unmerged.keys()].filter((name) => name.startsWith(this.#context.prefix));
    const open = [...this.#known].flatMap(([file, { conflict }]) => (conflict ? file : []));
    return [...new Set([...unmerged.map((name) => storePath(this.#context, name)), ...open])];
  }

  get state(): WorktreeState {
    return this.#state;
  }

  /** Entries and documents that are not as HEAD has them, removed ones too. */
  pendingPaths(): string[] {
    const changed = [...this.#known].filter(([, { pending }]) => pending).map(([file]) => file);
    // Before the first scan is over nothing can be told to be missing.
    const removed = (this.#scanned ? [...this.#head.keys()] : []).filter(
      (file) =>
        !this.#known.has(file) &&
        !this.#invalid.has(file) &&
        !isPrivate(file) &&
        isServed(locate(file, this.#context.manifest.root)),
    );
    return [...changed, ...removed];
  }

  /** Blob id that HEAD has at a store path; null = none, undefined = there is no HEAD to ask. */
  headBlob(file: string): string | null | undefined {
    // Before HEAD was looked at there is nothing to tell of it.
    return this.#context.host?.readable && this.#hostStamp !== "" ? (this.#head.get(file) ?? null) : undefined;
  }

  /** The store paths that HEAD has, those in `private/` too: somebody may have forced git to take them. */
  headPaths(): Iterable<string> {
    return this.#head.keys();
  }

  /** What others did since the last look, as far as journal, HEAD and git's index tell; `paths` are looked at besides. */
  async refresh(paths: Iterable<string>): Promise<Change[]> {
    const look = new Set(paths);
    const tip = await this.#context.journal.tip();
    if (tip !== this.#tip) {
      for (const commit of await this.#context.journal.since(this.#tip, tip)) {
        noteWrites(this.#last, commit);
        for (const change of commit.changes) look.add(storePath(this.#context, change.path));
      }
      this.#tip = tip;
    }
    for (const file of await this.#noteState()) look.add(file);
    for (const file of await this.#noteHost()) look.add(file);
    return this.look(look);
  }

  async #noteState(): Promise<string[]> {
    const state = await this.#context.local.read();
    const text = JSON.stringify(state);
    if (text === this.#stateText) return [];
    const touched = await newsOf(this.#context, this.#state, state);
    [this.#state, this.#stateText] = [state, text];
    return touched;
  }

  /** Looks at HEAD and git's index; gives the store paths that they say something new about. */
  async #noteHost(): Promise<Set<string>> {
    const { host, prefix } = this.#context;
    const touched = new Set<string>();
    if (!host?.readable) return touched;
    const stamp = await host.stamp();
    if (stamp === this.#hostStamp) return touched;
    const unmerged = await host.unmerged();
    for (const file of [...this.#unmerged.keys(), ...unmerged.keys()])
      if (file.startsWith(prefix)) touched.add(storePath(this.#context, file));
    const { commit } = await host.head();
    for (const [name, oid] of await this.#headChanges(host, commit)) {
      const file = storePath(this.#context, name);
      if (oid === null) this.#head.delete(file);
      else this.#head.set(file, oid);
      touched.add(file);
    }
    // A stash, checkout or reset also puts files back that HEAD did not have as they were.
    for (const [file, { pending }] of this.#known) if (pending && !this.#unchanged(file)) touched.add(file);
    [this.#unmerged, this.#headCommit, this.#hostStamp] = [unmerged, commit, stamp];
    this.#context.history?.follow(commit);
    return touched;
  }

  /** What HEAD has anew in the store: only folders that differ are read. */
  async #headChanges(host: Host, commit: string | undefined): Promise<Iterable<[string, string | null]>> {
    const folder = this.#context.prefix.slice(0, -1);
    if (commit === this.#headCommit) return [];
    const known = this.#headCommit !== undefined && (await host.objects.commit(this.#headCommit)) !== undefined;
    if (!known) {
      // A commit that was recalled may be gone by now.
      this.#head.clear();
      return host.blobsBelow(commit, folder);
    }
    return host.blobsChanged(this.#headCommit, commit, folder);
  }

  /** The text that is current at a store path, or undefined when there is none. */
  async current(file: string): Promise<Current | undefined> {
    const instead = isPrivate(file) ? "none" : await this.#instead(file);
    if (instead !== "none") return instead;
    const { root } = this.#context;
    if (!isInside(root, file)) return undefined;
    const read = readWorkingFile(path.join(root, file));
    if (read.kind !== "file") return undefined;
    return { bytes: read.bytes, version: blobId(read.bytes), mark: read.mark };
  }

  /** What is current in place of the working file at a path; `none` = the file itself is. */
  async #instead(file: string): Promise<Current | "none" | undefined> {
    const { host, journal } = this.#context;
    const name = repoPath(this.#context, file);
    if (this.#state.held.some((held) => held.path === name)) {
      const version = await journal.last(await journal.tip(), name);
      const bytes = version ? await journal.objects.blob(version) : undefined;
      return version && bytes ? { bytes, version, instead: "held" } : undefined;
    }
    const stages = (await host?.unmerged())?.get(name);
    if (!stages) return "none";
    const bytes = stages[2] === undefined ? undefined : await host!.objects.blob(stages[2]);
    return bytes && { bytes, version: blobId(bytes), instead: "ours" };
  }

  /** Looks at single paths anew. */
  async look(files: Iterable<string>): Promise<Change[]> {
    const changes: Change[] = [];
    for (const file of files) {
      if (!isServed(locate(file, this.#context.manifest.root))) continue;
      // Nothing is served from behind a link that leaves the store; the scan reports the link itself.
      const inside = isInside(this.#context.root, file);
      const change = inside ? await this.#observe(file) : this.#drop(file);
      if (change) changes.push(change);
    }
    return changes;
  }

  /** Compares every file with what is known, and tells what differs, slice by slice: nobody waits for all of it. */
  async scan(tell: Tell, scanned: Scanned = () => undefined): Promise<void> {
    let changes: Change[] = [];
    const [documents, entries] = [new Map<string, string | undefined>(), new Map<string, string | undefined>()];
    this.#others.clear();
    let since = performance.now();
    const breathe = async (): Promise<void> => {
      if (performance.now() - since <= SLICE_MS) return;
      tell(changes);
      changes = [];
      await pause();
      since = performance.now();
    };
    for (const { file, refused } of walkFiles(this.#context.root)) {
      await breathe();
      const located = locate(file, this.#context.manifest.root);
      if (located.type === "other") this.#others.set(file, refused ?? located.reason);
      if (isServed(located)) (located.type === "entry" ? entries : documents).set(file, refused);
    }
    // Scopes are known before what lies in them; only entries are counted.
    let done = -documents.size;
    scanned(0, entries.size);
    const files = new Map([...documents, ...entries]);
    for (const [file, refused] of files) {
      if (performance.now() - since > SLICE_MS) scanned(Math.max(done, 0), entries.size);
      await breathe();
      done++;
      const unchanged = refused === undefined && this.#unchanged(file);
      if (unchanged && this.#scanned) continue;
      const change = unchanged ? await this.#reconsider(file) : await this.#observe(file, refused);
      if (change) changes.push(change);
    }
    const gone = [...this.#known.keys(), ...this.#invalid.keys()].filter((file) => !files.has(file));
    const held = this.#state.held.map(({ path: file }) => storePath(this.#context, file));
    this.#scanned = true;
    tell([...changes, ...(await this.look([...gone, ...held.filter((file) => !files.has(file))]))]);
    scanned(done, entries.size);
  }

  #unchanged(file: string): boolean {
    const mark = this.#known.get(file)?.mark ?? this.#invalid.get(file)?.mark;
    if (!mark) return false;
    // Not path.join: every file of the store goes through here at every start.
    const stat = fs.lstatSync(`${this.#context.root}${path.sep}${file}`, { throwIfNoEntry: false });
    return stat !== undefined && sameMark(mark, stat);
  }

  /** What is to be told anew of a recalled file that did not change: what git and the journal say of it may be another thing now. */
  async #reconsider(file: string): Promise<Change | undefined> {
    const known = this.#known.get(file);
    // Whether it still is in conflict, and what is served in place of it, the bytes tell.
    if (known === undefined || known.conflict !== undefined || this.#isSpecial(file)) return this.#observe(file);
    const seen = { ...known, pending: !known.private && this.#differs(file, known.version) };
    const facts = this.#facts(file, seen);
    const next: Known = { ...seen, updatedAt: facts.updatedAt, author: facts.author };
    if (sameTold(known, next)) return undefined;
    this.#known.set(file, next);
    return { store: this.#context.name, path: file, before: known.version, after: facts };
  }

  /** True where something else may be served than the file at a path. */
  #isSpecial(file: string): boolean {
    const name = repoPath(this.#context, file);
    return this.#unmerged.has(name) || this.#state.held.some((held) => held.path === name);
  }

  /** True when HEAD has something else at a store path than this blob. */
  #differs(file: string, blob: string): boolean {
    const head = this.headBlob(file);
    return head !== undefined && head !== blob;
  }

  #drop(file: string): Change | undefined {
    const known = this.#known.get(file);
    this.#known.delete(file);
    return known && { store: this.#context.name, path: file, before: known.version, after: null };
  }

  #refuse(file: string, reason: string, mark: FileMark | undefined): Change | undefined {
    this.#invalid.set(file, { reason, mark });
    return this.#drop(file);
  }

  async #observe(file: string, refused?: string): Promise<Change | undefined> {
    this.#invalid.delete(file);
    if (refused !== undefined) return this.#refuse(file, refused, undefined);
    // The plain case stays synchronous: a first scan goes through it ten thousand times.
    const read = this.#isSpecial(file) ? undefined : readWorkingFile(path.join(this.#context.root, file));
    if (read?.kind === "absent") return this.#drop(file);
    if (read?.kind === "refused") return this.#refuse(file, read.reason, read.mark);
    const current: Current | undefined = read
      ? { bytes: read.bytes, version: blobId(read.bytes), mark: read.mark }
      : await this.current(file);
    if (!current) return this.#drop(file);
    return this.#compare(file, current);
  }

  #compare(file: string, current: Current): Change | undefined {
    const located = locate(file, this.#context.manifest.root);
    if (!isServed(located)) return undefined;
    const hidden = isPrivate(file) || undefined;
    const format = this.#context.host?.objects.format ?? "sha1";
    const inHead = format === "sha1" ? current.version : blobId(current.bytes, format);
    const pending = !hidden && (current.instead === "held" || this.#differs(file, inHead));
    const stages = this.#unmerged.get(repoPath(this.#context, file));
    const open = stages ? unmergedId(file, stages) : markersId(file, current);
    const conflict = hidden ? undefined : open;
    const seen: Seen = { mark: current.mark, version: current.version, pending, conflict, private: hidden };
    const facts = this.#facts(file, seen);
    const next: Known = { ...seen, updatedAt: facts.updatedAt, author: facts.author };
    const known = this.#known.get(file);
    const before = known?.version ?? null;
    if (known?.version === next.version) {
      this.#known.set(file, next);
      return sameTold(known, next) ? undefined : { store: this.#context.name, path: file, before, after: facts };
    }
    const read = readServed(current.bytes, located);
    if (read.kind === "unreadable") return this.#refuse(file, read.reason, current.mark);
    this.#known.set(file, next);
    return { store: this.#context.name, path: file, before, after: { ...contentOf(read), ...facts } };
  }

  #facts(file: string, seen: Seen): StateFacts {
    if (seen.private) return factsOf(seen, undefined, undefined, this.#person);
    if (!this.#times.isAbout(this.#headCommit)) this.#untimed.add(file);
    const last = this.#last.get(repoPath(this.#context, file));
    return factsOf(seen, last, seen.pending ? undefined : this.lastCommit(file), this.#person);
  }
}
