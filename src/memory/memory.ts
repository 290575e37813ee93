import type { ResolvedSettings } from "../config/settings.js";
import type { Change } from "../entry/change.js";
import { isPrivate, otherPath } from "../entry/entry-path.js";
import { readBody } from "../entry/markdown.js";
import { parseScope } from "../entry/scope.js";
import type { Decay } from "../search/decay.js";
import type { EntryKey, Indexed } from "../search/indexed.js";
import { SearchIndex } from "../search/search-index.js";
import type { CommitMode } from "../store/context.js";
import type { Store } from "../store/store.js";
import { Audit } from "./audit.js";
import { Catalog } from "./catalog.js";
import { ConflictDirectory } from "./conflict-directory.js";
import { type Decision, Draft } from "./draft.js";
import { IndexSnapshot } from "./index-snapshot.js";
import { type EmbedderLoan, Meaning } from "./meaning.js";
import { ScopeDirectory } from "./scope-directory.js";
import { namesCode, type Stale, staleOf } from "./stale.js";
import { type IndexState, Stores, type StoresOptions } from "./stores.js";
import { Usage } from "./usage.js";
import { PastViews, type View } from "./view.js";
import type { Workspace } from "./workspace.js";

/** What the process lends the memory. */
export interface MemoryOptions
  extends Omit<StoresOptions, "sink" | "scanned" | "opened" | "loaded" | "listened" | "restart"> {
  /** A new UUID v7 for a creation time in milliseconds. */
  readonly newId: (at: number) => string;
  /** Tells those apart who write without a session on this machine: a server, or a shell and its commands. */
  readonly writer: string;
  /** See IndexSnapshotOptions. */
  readonly build?: string | undefined;
  /** What makes vectors; without it search goes by words only. */
  readonly embedder?: EmbedderLoan | undefined;
}

/** Is told what changed, after it reached the index. */
export type ChangeListener = (changes: readonly Change[]) => void;
/** Is told how many entry files were looked at, and how many there are. */
export type ScanListener = (done: number, total: number) => void;

/** When a server writes what it counted (milliseconds). */
const FLUSH_MS = 2_000;
/** So long a server's call waits for the history that it needs (milliseconds): what takes longer takes much longer. */
const PATIENCE_MS = 2_000;
/** The same where the call is of use without it. */
const SOME_PATIENCE_MS = 300;

/** Stores and their index, kept in step: the one object that operations receive. */
export class Memory implements View {
  readonly #options: MemoryOptions;
  readonly #stores: Stores;
  readonly #changed = new Set<ChangeListener>();
  readonly #scanning = new Set<ScanListener>();
  /** What a server was called for. */
  readonly audit: Audit;
  #index: SearchIndex;
  #scopes = new ScopeDirectory();
  #conflicts = new ConflictDirectory();
  #past: PastViews | undefined;
  readonly #snapshot: IndexSnapshot;
  /** What is read and asked. */
  readonly usage: Usage;
  /** What gives entries and queries their vectors. */
  readonly meaning: Meaning;

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.#stores = new Stores({
      ...options,
      sink: (changes) => this.#apply(changes),
      scanned: (done, total) => {
        for (const listener of this.#scanning) listener(done, total);
      },
      opened: () => this.#snapshot.recall(),
      loaded: () => {
        this.#index.settle();
        this.#snapshot.ready();
        this.meaning.wake();
      },
      listened: () => this.#changed.size > 0,
      restart: () => {
        this.meaning.restart();
        this.#past = undefined;
        this.#index = this.#newIndex();
        this.#scopes = new ScopeDirectory();
        this.#conflicts = new ConflictDirectory();
      },
    });
    this.usage = new Usage({
      // Not even a count is written to what is open for reading only.
      stores: () => this.workspace.members().flatMap(({ store, readOnly }) => (readOnly ? [] : [store])),
      wanted: () => this.settings.usage.value === "on",
      counts: options.publishes,
      flushAfter: options.watch ? FLUSH_MS : undefined,
    });
    this.audit = new Audit({
      store: () => this.workspace.main?.store,
      wanted: () => this.settings.audit.value === "on",
      records: options.publishes,
      now: options.now,
      log: options.log ?? (() => undefined),
    });
    this.meaning = new Meaning(this, options);
    this.#snapshot = new IndexSnapshot(this, options, () => {
      this.#index = this.#newIndex();
    });
    this.#index = this.#newIndex();
  }

  #newIndex(): SearchIndex {
    return SearchIndex.create({
      readBody: (store, path) => this.body({ store, path }),
      placesOf: (store, scope) => this.workspace.seenFrom(store, scope),
      now: this.#options.now,
      decay: () => this.decay(),
      conflictOf: (entry) => this.#conflicts.openOf(entry)[0]?.record.id,
    });
  }

  /** How importance wears off, by now and these settings; undefined = it does not. */
  decay(): Decay | undefined {
    const { memory_decay_enabled, default_decay_rate } = this.settings;
    if (!memory_decay_enabled.value) return undefined;
    this.usage.refresh();
    return { rate: default_decay_rate.value, lastRead: this.usage.lastReads() };
  }

  get index(): SearchIndex {
    return this.#index;
  }

  /** What the documents of scopes say, in all stores. */
  get scopes(): ScopeDirectory {
    return this.#scopes;
  }

  /** The conflicts on record in all stores. */
  get conflicts(): ConflictDirectory {
    return this.#conflicts;
  }

  /** The stores that are open, and which of them holds what. */
  get workspace(): Workspace {
    return this.#stores.workspace;
  }

  /** Tells those apart who write without a session on this machine. */
  get writer(): string {
    return this.#options.writer;
  }

  /** Stores that the person's configuration names and that cannot be used, and why. */
  get problems(): Stores["problems"] {
    return this.#stores.problems;
  }

  /** Begins to open and index in the background; calls wait for it. */
  start(): void {
    // A failure is kept in the promise, for the calls to report.
    this.#stores.begin().ready.catch(() => undefined);
  }

  #apply(all: readonly Change[]): void {
    const changes = all.filter((change) => this.#isHere(change));
    if (changes.length === 0) return;
    for (const change of changes) this.workspace.get(change.store)?.catalog.apply([change]);
    this.#scopes.apply(changes);
    this.#conflicts.apply(changes);
    if (changes.some(({ path }) => path.endsWith("/project.md"))) this.#stores.doubtProject();
    this.index.apply(changes);
    this.meaning.changed(changes);
    if (changes.some(({ path, after }) => after === null && isPrivate(path))) this.#snapshot.forget();
    for (const listener of this.#changed) listener(changes);
  }

  /** A session is one of the current project: those of others are nobody's business here. */
  #isHere({ store, path, after }: Change): boolean {
    if (!(after && "entry" in after) || !after.entry.scope.startsWith("session/")) return true;
    const folder = this.workspace.folderOf(store, parseScope(after.entry.scope));
    return folder !== undefined && (isPrivate(path) ? otherPath(path) : path).startsWith(`${folder}/`);
  }

  /** Has every change told that reaches the index from now on, until the function that it gives is called. */
  onChange(listener: ChangeListener): () => void {
    this.#changed.add(listener);
    return () => void this.#changed.delete(listener);
  }

  /** Has it told how far a look at every file is, until the function that it gives is called. */
  onScan(listener: ScanListener): () => void {
    this.#scanning.add(listener);
    return () => void this.#scanning.delete(listener);
  }

  get state(): IndexState {
    return this.#stores.state;
  }

  /** How many entries the index will hold; undefined until they are counted. */
  get expected(): number | undefined {
    const { expected } = this.#stores;
    return this.state === "ready" ? this.index.size : expected && Math.max(expected, this.index.size);
  }

  /** A store by name, else the one of calls that name none, without waiting for the index. Throws `not_found` where there is none. */
  store(name?: string): Promise<Store> {
    return this.#stores.store(name);
  }

  /** The store of calls that name none, with an index that holds every write acknowledged on this machine, in all stores. */
  async fresh(): Promise<Store> {
    await this.#stores.fresh();
    return this.store();
  }

  /** Waits until every store that is there is open and read; there may be none. */
  opened(): Promise<void> {
    return this.#stores.begin().ready;
  }

  /**
   * The store where new entries of a scope go, of the current one when absent; the person's own is made when it is not
   * there yet. Throws `invalid_input` where no store holds the scope, `not_found` where the person has none and none may
   * be made. `made` is for a scope that comes into being by this write.
   */
  home(scope?: string, wanted?: string, made?: boolean): Promise<Store> {
    return this.#stores.home(scope, wanted, made);
  }

  /**
   * Waits for the history behind HEAD, in a server not longer than a build of it may take that is worth waiting for,
   * nor where it is only of some use. False when it is not known: then times and authors of entries may be missing.
   */
  async historyKnown(need: "all" | "some" = "all"): Promise<boolean> {
    await this.store();
    const patience = this.patience(need);
    const known = await Promise.all(this.workspace.members().map(({ store }) => store.past.known(patience)));
    return known.every(Boolean);
  }

  /** How long (ms) a call waits for the history, or where it is only of some use. */
  patience(need: "all" | "some"): number {
    return need === "all" ? this.#patience : SOME_PATIENCE_MS;
  }

  get #patience(): number {
    return this.#options.watch ? PATIENCE_MS : Number.POSITIVE_INFINITY;
  }

  /**
   * The memory as it is, holding every write acknowledged on this machine, or the store of calls that name none as `asOf`
   * had it: a commit, branch, tag, date or time. Throws `invalid_input` for text that cannot name one, `not_found` where there is none.
   */
  async view(asOf: string | undefined): Promise<View> {
    const store = await this.fresh();
    if (asOf === undefined) return this;
    const commit = await store.past.commit(asOf, this.#patience);
    this.#past ??= new PastViews(store, this.workspace, this.#options.now);
    return this.#past.at(commit, this.#patience);
  }

  /** Gives the history a moment when one of the entries may have gone stale: a new HEAD is most often a few commits. */
  async awaitStale(entries: readonly Indexed[]): Promise<void> {
    if (entries.some(namesCode)) await this.historyKnown("some");
  }

  /** What happened to the code that an entry is about since its last version; undefined = nothing that is known. */
  stale(entry: Indexed): Stale | undefined {
    const main = this.workspace.main?.store;
    if (main === undefined || entry.store === main.name) return main && staleOf(main, entry);
    // What a person noted about this project for themselves is about the same code.
    const about = [this.scope, "session/"].some((scope) => `${entry.scope}/`.startsWith(scope));
    return about ? staleOf(main, { ...entry, pending: true }) : undefined;
  }

  now(): number {
    return this.#options.now();
  }

  newId(): string {
    return this.#options.newId(this.now());
  }

  /** The scope that a call without one means, as text. */
  get scope(): string {
    return this.workspace.scope;
  }

  /** What `commit` is in a store of this kind when nobody says otherwise. */
  get usualCommit(): CommitMode {
    return this.workspace.main?.store.usualMode ?? "journal";
  }

  /** Every setting with its value and where it comes from. */
  get settings(): ResolvedSettings {
    return this.#stores.mainSettings;
  }

  /** What the index holds at a place. */
  at({ store, path }: EntryKey): Indexed | undefined {
    return this.index.get(store, path);
  }

  /** What a store's paths are looked up by; an empty one for a store that is not open. */
  catalog(store: string): Catalog {
    return this.workspace.get(store)?.catalog ?? new Catalog();
  }

  /** The file at a place, as it is now. */
  async bytes({ store, path }: EntryKey): Promise<Uint8Array | undefined> {
    return (await this.workspace.get(store)?.store.current(path))?.bytes;
  }

  /** The body of the entry at a place, as it is now. */
  async body(key: EntryKey): Promise<string | undefined> {
    const bytes = await this.bytes(key);
    return bytes && readBody(bytes);
  }

  /**
   * One write to one store, all or nothing: `decide` sees what is current under the write lock and puts new bytes into the
   * draft. It may run again when a file changes meanwhile, so it has no effects of its own.
   */
  async transact<T>(name: string, decide: (draft: Draft) => Promise<Decision<T>>): Promise<T> {
    await this.#stores.fresh();
    const store = await this.#stores.writable(name);
    return store.exclusive(async (session) => {
      const draft = new Draft(session, name, store.manifest.root);
      const { record: told, settle, answer } = await decide(draft);
      const record = { writer: this.writer, ...told };
      const files = draft.files();
      const written = files.length === 0 ? {} : await session.write(files, record);
      return answer(settle ? await session.settle(settle, record) : written);
    });
  }

  async close(): Promise<void> {
    await this.meaning.close();
    if (this.state === "ready") await this.#snapshot.close();
    this.usage.close();
    await this.audit.close();
    return this.#stores.close();
  }
}
