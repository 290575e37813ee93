import type { Indexed } from "../search/indexed.js";
import type { Store } from "../store/store.js";
import { type ReadCount, UsageLog } from "../store/usage-log.js";

/** What tells an entry in a log: its id, else its place. */
export interface Used {
  readonly store: string;
  readonly path: string;
  readonly id?: string;
}

export interface UsageOptions {
  /** The stores that are open. */
  readonly stores: () => readonly Store[];
  /** What the person's settings say. */
  readonly wanted: () => boolean;
  /** False in continuous integration. */
  readonly counts: boolean;
  /** See UsageLogOptions. */
  readonly flushAfter: number | undefined;
}

/** What is read and asked of the stores, counted on this machine while the person wants it. */
export class Usage {
  readonly #options: UsageOptions;
  /** By the stores' roots: a name may come to mean another store. */
  readonly #logs = new Map<string, UsageLog>();

  constructor(options: UsageOptions) {
    this.#options = options;
  }

  #logOf({ root, localFolder: folder }: Store): UsageLog {
    const { flushAfter } = this.#options;
    const log = this.#logs.get(root) ?? new UsageLog({ folder, root, flushAfter });
    this.#logs.set(root, log);
    return log;
  }

  #store(name: string): Store | undefined {
    return this.#on ? this.#options.stores().find((one) => one.name === name) : undefined;
  }

  /** True, or why nothing is counted. */
  get state(): true | string {
    if (!this.#options.counts) return "nothing is counted in continuous integration";
    if (!this.#options.wanted()) return "the setting usage is off";
    const stopped = [...this.#logs.values()].some((log) => log.stopped);
    return stopped ? "its file cannot be written" : true;
  }

  get #on(): boolean {
    return this.#options.counts && this.#options.wanted();
  }

  /** Takes in what other processes counted. */
  refresh(): void {
    if (this.#on) for (const store of this.#options.stores()) this.#logOf(store).refresh();
  }

  /** Counts that entries were given with their text. */
  read(entries: readonly Used[], at: number): void {
    for (const name of new Set(entries.map(({ store }) => store))) {
      const store = this.#store(name);
      const keys = entries.filter((entry) => entry.store === name).map((entry) => keyOf(entry, store));
      if (store) this.#logOf(store).read(keys, at);
    }
  }

  /** Counts a search in one store's log: at a time, how long it took (both ms), how many hits it had. */
  asked(name: string, query: string, at: number, took: number, hits: number): void {
    const store = this.#store(name);
    if (store) this.#logOf(store).asked(query, at, took, hits);
  }

  /** How often an entry was read, and when last; undefined = never, or nothing is counted. */
  readsOf(entry: Used): ReadCount | undefined {
    const store = this.#store(entry.store);
    return store && this.#logOf(store).readsOf(keyOf(entry, store));
  }

  /** `readsOf` for many entries: what is counted is looked up once. */
  allReads(): (entry: Used) => ReadCount | undefined {
    const stores = new Map(this.#on ? this.#options.stores().map((store) => [store.name, store]) : []);
    return (entry) => {
      const store = stores.get(entry.store);
      return store && this.#logOf(store).readsOf(keyOf(entry, store));
    };
  }

  /** When entries were last read at or before a moment (ms), as far as is counted. */
  lastReads(): (entry: Indexed, before: number) => number | undefined {
    const stores = new Map(this.#on ? this.#options.stores().map((store) => [store.name, store]) : []);
    return (entry, before) => {
      const store = stores.get(entry.store);
      return store && this.#logOf(store).lastRead(keyOf(entry, store), before);
    };
  }

  close(): void {
    for (const log of this.#logs.values()) log.close();
  }
}

/** Where there is no id, the path from the repository's top: stores of one repository have one log. */
const keyOf = ({ id, path }: Pick<Used, "id" | "path">, store: Store | undefined): string =>
  id?.toLowerCase() ?? `${store?.relativeRoot ?? "."}/${path}`;
