import fs from "node:fs";
import path from "node:path";
import { setImmediate as pause } from "node:timers/promises";
import type { Change, StateFacts } from "../entry/change.js";
import { isPrivate, locate } from "../entry/entry-path.js";
import type { Stages } from "../git/host.js";
import { blobId } from "../git/objects.js";
import { repoPath, type StoreContext, storePath } from "./context.js";
import { currentText } from "./current-text.js";
import { EntryTimes, type LastCommit } from "./entry-times.js";
import { newsOf } from "./follow-branch.js";
import { HeadBlobs } from "./head-blobs.js";
import { LastWrites } from "./last-writes.js";
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
  /** What HEAD has; what is in `private/` too, since somebody may have forced git to take it. */
  readonly head: HeadBlobs;
  #hostStamp = "";
  #unmerged: ReadonlyMap<string, Stages> = new Map();
  #state: WorktreeState = EMPTY_STATE;
  #stateText = "";
  readonly #last: LastWrites;
  #person = "";
  #scanned = false;
  readonly #times = new EntryTimes();
  /** Store paths looked at before the times of HEAD were known. */
  readonly #untimed = new Set<string>();

  constructor(context: StoreContext) {
    this.#context = context;
    this.head = new HeadBlobs(context);
    this.#last = new LastWrites(context);
  }

  /** Everything from the beginning: journal, HEAD and files. */
  async start(tell: Tell, scanned?: Scanned): Promise<void> {
    await this.#last.start();
    this.#person = (await this.#context.user()).name;
    await this.#noteState();
    await this.#context.history?.load();
    await this.#noteHost();
    this.#context.host?.release();
    await this.updateTimes();
    this.#times.settle();
    await this.scan(tell, scanned);
  }

  /** Takes as known what another process saw of a path: `start` reads the file only if it changed since. To be called before. */
  recall(file: string, known: Known): void {
    // Where git's ids are not ours, only the bytes tell whether HEAD has them.
    const ours = (this.#context.host?.objects.format ?? "sha1") === "sha1";
    this.#known.set(file, ours ? known : { ...known, mark: undefined });
  }

  /** Takes as known what HEAD was: all recalled versions but for what was apart. To be called after the last `recall`. */
  recallHead(head: HeadApart): void {
    const known = [...this.#known].map(([file, { version }]) => [file, version] as const);
    this.head.recall(known, head);
  }

  /** What a file was marked by when this version of it was read; undefined = it is not known any more. */
  markOf(file: string, version: string): FileMark | undefined {
    const known = this.#known.get(file);
    return known?.version === version ? known.mark : undefined;
  }

  /** HEAD's commit at the last look. */
  get headCommit(): string | undefined {
    return this.head.commit;
  }

  /** The last commit of a store path in HEAD; undefined = not known, or none. */
  lastCommit(file: string): LastCommit | undefined {
    return this.#times.of(repoPath(this.#context, file), this.headCommit);
  }

  /** Takes over what the history says by now about when entries were committed; false when that is nothing new. */
  async updateTimes(): Promise<boolean> {
    const { history } = this.#context;
    const commit = this.headCommit;
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
      if (!this.#times.isAbout(this.headCommit)) return;
      const now = this.#known.get(file);
      const change = now && this.#news(file, now, now);
      if (change) changes.push(change);
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
    const open: string[] = [];
    for (const [file, { conflict }] of this.#known) if (conflict) open.push(file);
    return [...new Set([...unmerged.map((name) => storePath(this.#context, name)), ...open])];
  }

  get state(): WorktreeState {
    return this.#state;
  }

  /** Entries and documents that are not as HEAD has them, removed ones too. */
  pendingPaths(): string[] {
    const changed: string[] = [];
    for (const [file, { pending }] of this.#known) if (pending) changed.push(file);
    // Before the first scan is over nothing can be told to be missing.
    if (!this.#scanned) return changed;
    return [...changed, ...this.head.missing((file) => this.#known.has(file) || this.#invalid.has(file))];
  }

  /** Blob id that HEAD has at a store path; null = none, undefined = there is no HEAD to ask. */
  headBlob(file: string): string | null | undefined {
    // Before HEAD was looked at there is nothing to tell of it.
    return this.#context.host?.readable && this.#hostStamp !== "" ? (this.head.of(file) ?? null) : undefined;
  }

  /** What others did since the last look, as far as journal, HEAD and git's index tell; `paths` are looked at besides. */
  async refresh(paths: Iterable<string>): Promise<Change[]> {
    const look = new Set([...paths, ...(await this.#last.follow())]);
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
    for (const file of await this.head.follow(host, commit)) touched.add(file);
    // A stash, checkout or reset also puts files back that HEAD did not have as they were.
    for (const [file, { pending }] of this.#known) if (pending && !this.#unchanged(file)) touched.add(file);
    [this.#unmerged, this.#hostStamp] = [unmerged, stamp];
    this.#context.history?.follow(commit);
    return touched;
  }

  /** The text that is current at a store path, or undefined when there is none. */
  current(file: string): Promise<Current | undefined> {
    return currentText(this.#context, this.#state, file);
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
    return this.#news(file, known, { ...known, pending: !known.private && this.#differs(file, known.version) });
  }

  /** Takes over what a look found at a path that is known, of the same version; undefined = nothing to tell. */
  #news(file: string, known: Known, seen: Seen): Change | undefined {
    const after = this.#facts(file, seen);
    const next: Known = { ...seen, updatedAt: after.updatedAt, author: after.author };
    this.#known.set(file, next);
    return sameTold(known, next) ? undefined : { store: this.#context.name, path: file, before: known.version, after };
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
    const known = this.#known.get(file);
    if (known?.version === seen.version) return this.#news(file, known, seen);
    const read = readServed(current.bytes, located);
    if (read.kind === "unreadable") return this.#refuse(file, read.reason, current.mark);
    const facts = this.#facts(file, seen);
    this.#known.set(file, { ...seen, updatedAt: facts.updatedAt, author: facts.author });
    const after = { ...contentOf(read), ...facts };
    return { store: this.#context.name, path: file, before: known?.version ?? null, after };
  }

  #facts(file: string, seen: Seen): StateFacts {
    if (seen.private) return factsOf(seen, undefined, undefined, this.#person);
    if (!this.#times.isAbout(this.headCommit)) this.#untimed.add(file);
    const last = this.#last.of(repoPath(this.#context, file));
    return factsOf(seen, last, seen.pending ? undefined : this.lastCommit(file), this.#person);
  }
}
