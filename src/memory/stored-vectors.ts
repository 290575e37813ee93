import type { EntryVersion } from "../search/search-index.js";
import { slices } from "../store/slices.js";
import type { Store } from "../store/store.js";
import { keyOf, VectorCache } from "../store/vector-cache.js";
import type { VectorRecord } from "../store/vector-file.js";

/** Goes up when entries are cut into other passages than before: then those of old caches do not count. */
const SCHEME = 1;

/** The key of a passage, or of a query. */
export const textKey = keyOf;

/** The key under which a cache has the passages of one state of an entry: its file and, where that has none, its name say its title. */
export const stateKey = ({ version, title }: { readonly version: string; readonly title: string }): string =>
  keyOf(`entry ${SCHEME}\n${version}\n${title}`);

export interface StoredVectorsOptions {
  /** The embedder's id. */
  readonly id: string;
  /** The stores that are open: the first one's folder takes what is not another's. */
  readonly stores: () => readonly Store[];
  /** The store in whose folder the vectors of a store's entries are kept; undefined = nowhere. */
  readonly keeper: (store: string) => Store | undefined;
}

/** The vectors that the open stores keep on this machine: each beside its own store, found wherever they lie. */
export class StoredVectors {
  readonly #options: StoredVectorsOptions;
  readonly #caches = new Map<string, VectorCache>();

  constructor(options: StoredVectorsOptions) {
    this.#options = options;
  }

  #cache(folder: string): VectorCache {
    const cache = this.#caches.get(folder) ?? new VectorCache(folder, this.#options.id);
    this.#caches.set(folder, cache);
    return cache;
  }

  /** Takes in what other processes embedded; true when there was something. */
  async refresh(): Promise<boolean> {
    for (const { localFolder } of this.#options.stores()) this.#cache(localFolder);
    const before = this.#size;
    await Promise.all([...this.#caches.values()].map((cache) => cache.refresh()));
    return this.#size !== before;
  }

  get #size(): number {
    return [...this.#caches.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** The vector of a text; undefined when nobody has it. */
  vector(key: string): Float32Array | undefined {
    for (const cache of this.#caches.values()) {
      const vector = cache.vector(key);
      if (vector) return vector;
    }
    return undefined;
  }

  /** The vectors of all passages of one state of an entry; undefined when they are not all here. */
  ofEntry(entry: EntryVersion & { readonly title: string }): Float32Array[] | undefined {
    const key = stateKey(entry);
    for (const cache of this.#caches.values()) {
      const vectors = cache.texts(key)?.map((text) => this.vector(text));
      if (vectors?.every((vector) => vector !== undefined)) return vectors;
    }
    return undefined;
  }

  /** Keeps vectors for a store, the main one when none is named, where that may be written. */
  async save(records: readonly VectorRecord[], store = this.#options.stores()[0]?.name): Promise<void> {
    const keeper = store === undefined ? undefined : this.#options.keeper(store);
    if (keeper) await this.#cache(keeper.localFolder).add(records);
  }

  /** True when the cache in a folder takes far more room than so many vectors of such a dimension. */
  isLarge(folder: string, vectors: number, dimensions: number): boolean {
    return this.#cache(folder).isLarge(vectors, dimensions);
  }

  /** Makes the cache in a folder smaller when most of it is of no use to these entries. */
  async compact(
    folder: string,
    entries: Iterable<{ readonly version: string; readonly title: string }>,
  ): Promise<void> {
    const cache = this.#cache(folder);
    const live = new Set<string>();
    const rest = slices();
    for (const entry of entries) {
      await rest();
      const key = stateKey(entry);
      live.add(key);
      for (const text of cache.texts(key) ?? []) live.add(text);
    }
    return cache.compact(live);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#caches.values()].map((cache) => cache.close()));
  }
}
