import {
  type ResolvedSettings,
  readSetting,
  resolveSettings,
  type SettingInputs,
  type SettingKey,
} from "../config/settings.js";
import type { Change } from "../entry/change.js";
import { MANIFEST_FILE, rewriteManifest } from "../entry/manifest.js";
import { readBody } from "../entry/markdown.js";
import { formatScope, readScope, scopeFolder } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { Indexed } from "../search/indexed.js";
import { SearchIndex } from "../search/search-index.js";
import type { FoundStore } from "../store/find-store.js";
import type { Written } from "../store/session.js";
import { Store } from "../store/store.js";
import type { StoreOptions } from "../store/store-options.js";
import type { WriteRecord } from "../store/writer.js";
import type { Caller } from "./caller.js";
import { Catalog } from "./catalog.js";
import { Draft } from "./draft.js";
import { namesCode, type Stale, staleOf } from "./stale.js";
import { PastViews, type View } from "./view.js";

/** What the process lends the memory. */
export interface MemoryOptions extends Omit<StoreOptions, "sink" | "scanned" | "name" | "mode"> {
  /** Finds the store; undefined = there is none. */
  readonly find: () => Promise<FoundStore | undefined>;
  /** A new UUID v7 for a creation time in milliseconds. */
  readonly newId: (at: number) => string;
  /** What the command line and the person's own manifest set; the environment is in `env`. */
  readonly flags: SettingInputs["flags"];
  readonly personal: () => Promise<Readonly<Record<string, unknown>> | undefined>;
}

/** What a write decided: what goes on record, and the answer once it is written. */
export interface Decision<T> {
  readonly record: WriteRecord;
  readonly answer: (written: Written) => T;
}

export type IndexState = "indexing" | "ready" | "absent" | "failed";

interface Opening {
  readonly opened: Promise<Store | undefined>;
  readonly ready: Promise<void>;
}

/** Is told what changed, after it reached the index. */
export type ChangeListener = (changes: readonly Change[]) => void;
/** Is told how many entry files were looked at, and how many there are. */
export type ScanListener = (done: number, total: number) => void;

/** How often writes that had to wait are tried again (milliseconds). */
const SETTLE_MS = 1_000;
/** So long a server's call waits for the history that it needs (milliseconds): what takes longer takes much longer. */
const PATIENCE_MS = 2_000;
/** The same where the call is of use without it. */
const SOME_PATIENCE_MS = 300;

/** A store and its index, kept in step: the one object that operations receive. */
export class Memory implements View {
  readonly index: SearchIndex;
  readonly catalog = new Catalog();
  readonly #options: MemoryOptions;
  #store: Store | undefined;
  #state: IndexState = "indexing";
  #opening: Opening | undefined;
  #timer: NodeJS.Timeout | undefined;
  #expected: number | undefined;
  readonly #changed = new Set<ChangeListener>();
  readonly #scanning = new Set<ScanListener>();
  #past: PastViews | undefined;
  #settings: (store: Readonly<Record<string, unknown>>) => ResolvedSettings = (store) => resolveSettings({ store });

  constructor(options: MemoryOptions) {
    this.#options = options;
    this.index = SearchIndex.create({
      readBody: (_store, file) => this.body(file),
      folderOf: (_store, scope) => this.#folderOf(scope),
      now: options.now,
    });
  }

  /** Begins to open and index in the background; calls wait for it. */
  start(): void {
    // A failure is kept in the promise, for the calls to report.
    this.#begin().ready.catch(() => undefined);
  }

  #begin(): Opening {
    if (this.#opening) return this.#opening;
    this.#state = "indexing";
    const opened = this.#openStore();
    const ready = opened.then((store) => (store ? this.#index(store) : undefined));
    const opening = { opened, ready };
    this.#opening = opening;
    const end = (state: IndexState, again: boolean): void => {
      this.#state = state;
      // A store may be made, or mended, while the server runs.
      if (again && this.#opening === opening) this.#opening = undefined;
    };
    ready.then(
      () => end(this.#store ? "ready" : "absent", !this.#store),
      () => end("failed", true),
    );
    return opening;
  }

  async #openStore(): Promise<Store | undefined> {
    const found = await this.#options.find();
    if (!found) return undefined;
    const personal = await this.#options.personal();
    const mode: StoreOptions["mode"] = (manifest, usual) => {
      this.#settings = (store) =>
        resolveSettings({
          ...(this.#options.flags === undefined ? {} : { flags: this.#options.flags }),
          env: this.#options.env,
          ...(personal === undefined ? {} : { personal }),
          store,
          defaults: { commit: usual },
        });
      return this.#settings(manifest.settings).commit.value;
    };
    const sink = (changes: readonly Change[]) => this.#apply(changes);
    const scanned = (done: number, total: number) => {
      this.#expected = total;
      for (const listener of this.#scanning) listener(done, total);
    };
    this.#store = await Store.open(found, { ...this.#options, name: "project", sink, scanned, mode });
    return this.#store;
  }

  async #index(store: Store): Promise<void> {
    await store.start();
    this.index.settle();
    if (this.#options.watch) this.#timer ??= setInterval(() => this.#settle(), SETTLE_MS).unref();
  }

  #settle(): void {
    // What cannot be settled now is tried again by the next tick or write, and status tells why.
    this.#store?.settle().catch(() => undefined);
    // Calls look for themselves; whoever waits for news is told of what others did while nobody calls.
    if (this.#changed.size > 0 && this.#store?.noticed) this.#store.refresh().catch(() => undefined);
  }

  #apply(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.catalog.apply(changes);
    this.index.apply(changes);
    for (const listener of this.#changed) listener(changes);
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

  #folderOf(text: string): string | undefined {
    const scope = readScope(text);
    return scope && this.#store && scopeFolder(scope, this.#store.manifest.root);
  }

  get state(): IndexState {
    return this.#state;
  }

  /** How many entries the index will hold; undefined until they are counted. */
  get expected(): number | undefined {
    if (this.#state === "ready") return this.index.size;
    return this.#expected === undefined ? undefined : Math.max(this.#expected, this.index.size);
  }

  /** The store, without waiting for its index. Throws `not_found` where there is none. */
  async store(): Promise<Store> {
    const store = this.#store ?? (await this.#begin().opened);
    if (!store) throw noStore();
    return store;
  }

  /** The store with an index that holds every write acknowledged on this machine. */
  async fresh(): Promise<Store> {
    const store = await this.store();
    if (this.#state !== "ready") await this.#begin().ready;
    await store.refresh();
    return store;
  }

  /**
   * Waits for the history behind HEAD, in a server not longer than a build of it may take that is worth waiting for,
   * nor where it is only of some use. False when it is not known: then times and authors of entries may be missing.
   */
  async historyKnown(need: "all" | "some" = "all"): Promise<boolean> {
    return (await this.store()).past.known(need === "all" ? this.#patience : SOME_PATIENCE_MS);
  }

  get #patience(): number {
    return this.#options.watch ? PATIENCE_MS : Number.POSITIVE_INFINITY;
  }

  /**
   * The memory as it is, holding every write acknowledged on this machine, or as `asOf` had it: a commit, branch, tag,
   * date or time. Throws `invalid_input` for text that cannot name one, `not_found` where there is none.
   */
  async view(asOf: string | undefined): Promise<View> {
    const store = await this.fresh();
    if (asOf === undefined) return this;
    const commit = await store.past.commit(asOf, this.#patience);
    this.#past ??= new PastViews(store, this.#options.now);
    return this.#past.at(commit, this.#patience);
  }

  /** Gives the history a moment when one of the entries may have gone stale: a new HEAD is most often a few commits. */
  async awaitStale(entries: readonly Indexed[]): Promise<void> {
    if (entries.some(namesCode)) await this.historyKnown("some");
  }

  /** What happened to the code that an entry is about since its last version; undefined = nothing that is known. */
  stale(entry: Indexed): Stale | undefined {
    return this.#store && staleOf(this.#store, entry);
  }

  now(): number {
    return this.#options.now();
  }

  newId(): string {
    return this.#options.newId(this.now());
  }

  /** The scope that the store's root stands for, as text; what a call without a scope means. */
  get scope(): string {
    return this.#store ? formatScope(this.#store.manifest.root) : "global";
  }

  /** Every setting with its value and where it comes from. */
  get settings(): ResolvedSettings {
    return this.#settings(this.#store?.manifest.settings ?? {});
  }

  /** Writes a setting to the store's manifest, every other byte of which stays. Throws `invalid_input` for a wrong value. */
  async configure(key: SettingKey, value: string, caller: Caller): Promise<void> {
    const meant = readSetting(key, value);
    const store = await this.store();
    await store.exclusive(async (session) => {
      const current = await session.read(MANIFEST_FILE);
      const after = current && rewriteManifest(current.bytes, key, meant);
      if (!after)
        throw new MemoryError("invalid_input", `${MANIFEST_FILE} cannot be changed. Set ${key} in it with an editor.`, {
          key,
        });
      await session.write([{ path: MANIFEST_FILE, after, op: "updated" }], {
        op: "updated",
        subject: `memory: set ${key}`,
        ...caller,
      });
    });
    await store.reload();
  }

  /** What the index holds at a store path. */
  at(file: string): Indexed | undefined {
    return this.#store && this.index.get(this.#store.name, file);
  }

  /** The file at a store path, as it is now. */
  async bytes(file: string): Promise<Uint8Array | undefined> {
    return (await this.#store?.current(file))?.bytes;
  }

  /** The body of the entry at a store path, as it is now. */
  async body(file: string): Promise<string | undefined> {
    const bytes = await this.bytes(file);
    return bytes && readBody(bytes);
  }

  /**
   * One write, all or nothing: `decide` sees what is current under the write lock and puts new bytes into the draft.
   * It may run again when a file changes meanwhile, so it has no effects of its own.
   */
  async transact<T>(decide: (draft: Draft) => Promise<Decision<T>>): Promise<T> {
    const store = await this.fresh();
    return store.exclusive(async (session) => {
      const draft = new Draft(session, store.manifest.root);
      const { record, answer } = await decide(draft);
      const files = draft.files();
      return answer(files.length === 0 ? {} : await session.write(files, record));
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#opening?.ready.catch(() => undefined);
    await this.#store?.close();
  }
}

const noStore = (): MemoryError =>
  new MemoryError("not_found", "No memory store was found here. [[init]] in the project makes one; then call again.", {
    missing: "store",
  });
