import type { EntryKey } from "../search/indexed.js";
import type { SearchIndex } from "../search/search-index.js";

/** One state of an entry. */
export type EntryVersion = EntryKey & { readonly version: string };

/** What an index says of its vectors, and how it gets them. */
export interface VectorIndex {
  readonly vectors: { readonly embedded: number; readonly total: number };
  /** The entries that have none. */
  withoutVectors(): Iterable<EntryVersion>;
  /** Gives an entry one vector per passage, in their order; without effect when the index has another version by now. */
  setVectors(store: string, path: string, version: string, vectors: readonly Float32Array[]): void;
}

const keyOf = ({ store, path }: EntryKey): string => `${store}\n${path}`;

/** Which versions of entries have had their vectors. */
class Ledger implements VectorIndex {
  readonly #index: SearchIndex;
  readonly #versions = new Map<string, string>();

  constructor(index: SearchIndex) {
    this.#index = index;
  }

  get vectors(): VectorIndex["vectors"] {
    const missing = [...this.withoutVectors()].length;
    return { embedded: this.#index.size - missing, total: this.#index.size };
  }

  *withoutVectors(): Iterable<EntryVersion> {
    for (const entry of this.#index.entries()) if (this.#versions.get(keyOf(entry)) !== entry.version) yield entry;
  }

  setVectors(store: string, path: string, version: string): void {
    if (this.#index.get(store, path)?.version === version) this.#versions.set(keyOf({ store, path }), version);
  }
}

const ledgers = new WeakMap<SearchIndex, Ledger>();

/** The vectors of an index: the only place that knows how it takes them. */
export function vectorsOf(index: SearchIndex): VectorIndex {
  const ledger = ledgers.get(index) ?? new Ledger(index);
  ledgers.set(index, ledger);
  return ledger;
}
