import type { Change } from "../entry/change.js";
import type { Entry } from "../entry/entry.js";
import { type IsAlive, type Owner, WriteLock } from "../git/lock.js";
import { blobId } from "../git/objects.js";
import type { Chosen, EmbedderChoice } from "../search/embedders/choose-embedder.js";
import { asFailure } from "../search/embedders/embedder-failure.js";
import type { EntryKey, Indexed } from "../search/indexed.js";
import type { SearchIndex } from "../search/search-index.js";
import type { Store } from "../store/store.js";
import { isWritable } from "../store/writable.js";
import { EmbedEntries } from "./embed-entries.js";
import type { Memory } from "./memory.js";
import { parseAt } from "./parse-at.js";
import { QueryVectors } from "./query-vectors.js";
import { StoredVectors } from "./stored-vectors.js";
import type { View } from "./view.js";
import type { Member } from "./workspace.js";

/** What the process lends to search by meaning. */
export interface EmbedderLoan {
  readonly choose: (choice: EmbedderChoice) => Chosen;
  /** Ends after so many milliseconds, or rejects when the signal says so. */
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** What the process says of itself. */
export interface MeaningOptions {
  /** Nothing is embedded when absent. */
  readonly embedder?: EmbedderLoan | undefined;
  readonly owner: Owner;
  readonly isAlive: IsAlive;
  /** True in a server: what is missing is embedded while nobody asks. */
  readonly watch: boolean;
  /** False in continuous integration: nothing is embedded unless asked. */
  readonly publishes: boolean;
  readonly log?: ((message: string, cause: unknown) => void) | undefined;
}

/** How far search by meaning is. */
export interface MeaningState {
  readonly driver: Chosen["driver"];
  /** How many entries have their vectors. */
  readonly embedded: number;
  readonly total: number;
  /** True while vectors are being made, here or in another process. */
  readonly running: boolean;
  /** Why there are none, or no more. */
  readonly reason?: string;
}

/** A query's vector, and why there is none, or not one for every entry. */
export interface Meant {
  readonly vector?: Float32Array;
  readonly degraded?: string;
}

/** What a search asks for, as far as it is about meaning. */
interface Asked {
  readonly query?: string;
  readonly mode?: "hybrid" | "text" | "vector";
}

/** How often what another process embeds is looked at (milliseconds). */
const FOLLOW_MS = 3_000;
/** So long a server's search waits for its query's vector, its save for those of the text, and a command that has to load the model first (milliseconds). */
const PATIENCE_MS = { server: 300, save: 1_500, command: 2_000 };
const DAY_MS = 86_400_000;

/** One embedder at work for the entries and queries of a memory. */
interface Work {
  readonly chosen: Chosen;
  readonly stored: StoredVectors;
  readonly entries: EmbedEntries;
  readonly queries: QueryVectors;
  readonly end: AbortController;
}

/** Search by meaning: gives entries and queries their vectors, and never makes anybody wait for them. */
export class Meaning {
  readonly #memory: Memory;
  readonly #options: MeaningOptions;
  readonly #listeners = new Set<(state: MeaningState) => void>();
  #work: Work | undefined;
  #running: Promise<void> | undefined;
  #attached: Promise<void> | undefined;
  readonly #writable = new WeakMap<Store, boolean>();
  #again = false;
  #asked = false;
  #ready = false;
  #closed = false;
  #reason: string | undefined;

  constructor(memory: Memory, options: MeaningOptions) {
    this.#memory = memory;
    this.#options = options;
  }

  get #index(): SearchIndex {
    return this.#memory.index;
  }

  #members(): readonly Member[] {
    return this.#memory.workspace.members();
  }

  /** The embedder that settings say when it is first wanted; what they say later counts from the next start. */
  #begin(): Work | undefined {
    const { embedder: loan, watch, owner, isAlive } = this.#options;
    if (this.#work || !loan || this.#closed) return this.#work;
    const { embedder: wanted, embedder_url: url, embedder_model: model } = this.#memory.settings;
    const chosen = loan.choose({ embedder: wanted.value, url: url.value, model: model.value });
    const { embedder } = chosen;
    const keeper = (name: string) => this.#keeper(name);
    const stores = () => this.#members().map(({ store }) => store);
    const stored = new StoredVectors({ id: embedder.id, stores, keeper });
    const entries = new EmbedEntries({
      embedder,
      stored,
      index: () => this.#index,
      at: (key) => this.#memory.at(key),
      read: (key) => this.#read(key),
      worth: () => this.#worth(),
      keeper,
      alone: (folder, work) => new WriteLock(`${folder}/embed.lock`, owner, isAlive).hold(work, 0),
      told: () => this.#tell(),
      pause: loan.pause,
    });
    const patience = watch ? PATIENCE_MS.server : PATIENCE_MS.command;
    const savePatience = watch ? PATIENCE_MS.save : PATIENCE_MS.command;
    const queries = new QueryVectors({ embedder, stored, patience, savePatience, pause: loan.pause });
    this.#work = { chosen, stored, entries, queries, end: new AbortController() };
    return this.#work;
  }

  /** The entry at a place as its file has it now, with that file's version. */
  async #read(key: EntryKey): Promise<{ entry: Entry; version: string } | undefined> {
    const bytes = await this.#memory.bytes(key);
    const root = this.#memory.workspace.get(key.store)?.store.manifest.root;
    const entry = bytes && root && parseAt(root, key.path, bytes);
    return entry && bytes && { entry, version: blobId(bytes) };
  }

  /** Where vectors of a store's entries are kept: beside it, or beside the main one when it is open for reading only. */
  #keeper(name: string): Store | undefined {
    if (!this.#options.publishes && !this.#asked) return undefined;
    const members = this.#members();
    const own = members.find(({ store }) => store.name === name);
    const keeper = own?.readOnly ? members.find(({ readOnly }) => !readOnly) : own;
    return keeper && this.#isWritable(keeper.store) ? keeper.store : undefined;
  }

  #isWritable(store: Store): boolean {
    const known = this.#writable.get(store) ?? isWritable(`${store.root}/x`, `${store.localFolder}/x`);
    this.#writable.set(store, known);
    return known;
  }

  /** Newest first, and what is read often as if it were newer: a week for each doubling. */
  #worth(): (entry: Indexed) => number {
    const readsOf = this.#memory.usage.allReads();
    return (entry) => {
      const reads = readsOf(entry);
      const last = Math.max(entry.updatedAt ?? entry.createdAt ?? 0, reads?.last ?? 0);
      return last + 7 * DAY_MS * Math.log2(1 + (reads?.count ?? 0));
    };
  }

  /** Whose vectors the index takes; undefined = nobody's. */
  get embedderId(): string | undefined {
    const chosen = this.#begin()?.chosen;
    return chosen === undefined || chosen.driver === "none" ? undefined : chosen.embedder.id;
  }

  get state(): MeaningState {
    const work = this.#begin();
    const { embedded, total } = this.#index.vectors;
    const reason = this.#reason ?? work?.queries.trouble ?? work?.chosen.reason ?? this.#unkept(embedded < total);
    return {
      driver: work?.chosen.driver ?? "none",
      embedded,
      total,
      running: this.#running !== undefined,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  /** Why nothing is embedded although an embedder is there. */
  #unkept(missing: boolean): string | undefined {
    if (!missing || this.#asked) return undefined;
    if (!this.#options.publishes) return "nothing is embedded in continuous integration unless asked";
    const anywhere = this.#members().some(({ store }) => this.#keeper(store.name));
    return anywhere ? undefined : "this checkout is read-only";
  }

  /** Has it told how many entries have their vectors, whenever that changes, until the function that it gives is called. */
  onProgress(listener: (state: MeaningState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    if (this.#listeners.size === 0) return;
    const { state } = this;
    for (const listener of this.#listeners) listener(state);
  }

  /** To be called when every entry is in the index: in a server, embedding begins. */
  wake(): void {
    this.#ready = true;
    if (this.#options.watch && this.#options.publishes) this.#run();
  }

  /** To be called with what reached the index. */
  changed(changes: readonly Change[]): void {
    if (!this.#ready || !this.#options.watch || !this.#options.publishes) return;
    const keys = changes.flatMap(({ store, path, before, after }) =>
      after && "entry" in after && after.version !== before ? [{ store, path }] : [],
    );
    if (keys.length === 0) return;
    this.#work?.entries.first(keys);
    this.#run();
  }

  #run(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    const work = this.#begin();
    if (!work || work.chosen.driver === "none" || this.#reason !== undefined) return;
    this.#running = this.#fill(work)
      .catch((error: unknown) => {
        if (work.end.signal.aborted) return;
        this.#reason = asFailure(error).message;
        this.#options.log?.("embedding stopped", error);
      })
      .finally(() => {
        this.#running = undefined;
        this.#tell();
      });
  }

  /** Until there is nothing left to do, here or in another process. */
  async #fill({ stored, entries, end: { signal } }: Work): Promise<void> {
    await stored.refresh();
    await entries.attach(signal);
    while (this.#again && !signal.aborted) {
      this.#again = false;
      if (!entries.missing) continue;
      this.#memory.usage.refresh();
      if (await entries.embed(signal)) continue;
      // Another process is at it: its vectors are taken as they come.
      await this.#options.embedder?.pause(FOLLOW_MS, signal).catch(() => undefined);
      if (!signal.aborted && (await stored.refresh())) await entries.attach(signal);
      this.#again = true;
    }
    if (!signal.aborted) await this.#compact(stored);
  }

  async #compact(stored: StoredVectors): Promise<void> {
    const folders = new Map<string, Set<string>>();
    for (const { store } of this.#members()) {
      const folder = this.#keeper(store.name)?.localFolder;
      if (folder) folders.set(folder, (folders.get(folder) ?? new Set()).add(store.name));
    }
    const { index } = this.#memory;
    for (const [folder, names] of folders) {
      // To find out what is of use takes a look at every entry's record: only where much cannot be.
      if (!stored.isLarge(folder, index.passages, index.vectors.dimensions ?? 0)) continue;
      const own = [...index.entries()].filter(({ store }) => names.has(store));
      await stored.compact(folder, own);
    }
  }

  /** Embeds everything that has no vectors, in continuous integration too; ends when that is done or given up, or nobody waits any more. */
  async complete(signal?: AbortSignal): Promise<MeaningState> {
    this.#asked = true;
    this.#reason = undefined;
    this.#run();
    const left = new Promise<void>((resolve) => {
      if (signal?.aborted) resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#running, ...(signal ? [left] : [])]);
    return this.state;
  }

  /** The vector of what a search asks for, in time, else why it has to go by words; neither where words are wanted. */
  async of({ query = "", mode }: Asked, view: View): Promise<Meant> {
    const work = this.#begin();
    // Of past states there are no vectors.
    if (!work || query.trim() === "" || mode === "text" || view.commit !== undefined) return {};
    if (work.chosen.driver === "none")
      return mode === undefined ? {} : { degraded: `vectors: there are none; ${work.chosen.reason}` };
    // A command has nothing in its index but what caches hold.
    if (!this.#options.watch) await this.#attach(work);
    const { embedded, total, reason } = this.state;
    const left = total - embedded - work.entries.refused;
    const missing = `vectors: ${embedded === 0 ? "no entry" : `${embedded} of ${total} entries`} embedded so far`;
    const why = reason === undefined ? "" : `; ${reason}`;
    if (embedded === 0) return total === 0 ? {} : { degraded: `${missing}${why}` };
    const found = await work.queries.of(query);
    if (typeof found === "string") return { degraded: `vectors: ${found}` };
    return { vector: found, ...(left > 0 ? { degraded: `${missing}${why}` } : {}) };
  }

  /** Takes in what is embedded already, where that does not happen by itself. */
  async look(): Promise<void> {
    const work = this.#begin();
    if (work && work.chosen.driver !== "none" && !this.#options.watch) await this.#attach(work);
  }

  #attach({ stored, entries, end }: Work): Promise<void> {
    this.#attached ??= stored.refresh().then(() => entries.attach(end.signal));
    return this.#attached;
  }

  /**
   * The vectors of texts that may be saved in a store, to compare them with what is there, when they can be had at once;
   * undefined otherwise.
   */
  async now(texts: readonly string[], store: string): Promise<Float32Array[] | undefined> {
    const work = this.#begin();
    if (!work || work.chosen.driver === "none" || this.#reason !== undefined) return undefined;
    if (!this.#options.watch) await this.#attach(work);
    return this.#index.vectors.embedded === 0 ? undefined : work.queries.now(texts, store);
  }

  async #drop(): Promise<void> {
    const work = this.#work;
    work?.end.abort();
    await this.#running;
    await this.#attached;
    this.#work = undefined;
    this.#attached = undefined;
    this.#reason = undefined;
    await work?.queries.close();
    await work?.chosen.embedder.close();
    await work?.stored.close();
  }

  /** To be called when the index begins anew. */
  restart(): void {
    this.#ready = false;
    this.#drop().catch((error: unknown) => this.#options.log?.("embedding", error));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#drop();
  }
}
