import type { Entry } from "../entry/entry.js";
import { passagesOf } from "../entry/passages.js";
import { MemoryError } from "../errors.js";
import type { Embedder } from "../search/embedder.js";
import { asFailure, type EmbedderFailure } from "../search/embedders/embedder-failure.js";
import type { EntryKey, Indexed } from "../search/indexed.js";
import type { EntryVersion, SearchIndex } from "../search/search-index.js";
import { slices } from "../store/slices.js";
import type { Store } from "../store/store.js";
import { type StoredVectors, stateKey, textKey } from "./stored-vectors.js";

/** What embedding the entries is done with. */
export interface EmbedEntriesOptions {
  readonly embedder: Embedder;
  readonly stored: StoredVectors;
  readonly index: () => SearchIndex;
  readonly at: (key: EntryKey) => Indexed | undefined;
  /** The entry as its file has it now, with that file's version. */
  readonly read: (key: EntryKey) => Promise<{ readonly entry: Entry; readonly version: string } | undefined>;
  /** How soon an entry is to have its turn, as things are now: the greatest first. */
  readonly worth: () => (entry: Indexed) => number;
  /** The store that keeps the vectors of a store's entries; undefined = they cannot be kept, and are not made. */
  readonly keeper: (store: string) => Store | undefined;
  /** Runs work as the only process that embeds for a folder; throws `locked` when there is another. */
  readonly alone: (folder: string, work: () => Promise<void>) => Promise<void>;
  /** Told after each step. */
  readonly told: () => void;
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** So many passages are embedded before what is there is kept and used. */
const BATCH = 32;
/** Pauses (milliseconds) after failures that may be over by then; one more, and it is given up. */
const PAUSES = [5_000, 30_000, 120_000];
/** So many entries in a row that no vectors are given for, and nothing will be. */
const REFUSALS = 20;

interface Piece {
  readonly key: EntryVersion;
  readonly title: string;
  readonly passages: readonly string[];
}

/** Gives entries their vectors: from caches, and from the embedder what no cache has. */
export class EmbedEntries {
  readonly #options: EmbedEntriesOptions;
  /** Entries to come by the folder of their vectors, the next one last. */
  readonly #queues = new Map<string, EntryKey[]>();
  /** Versions that no vectors are given for. */
  readonly #refused = new Map<string, string>();
  #failures = 0;
  #refusals = 0;

  constructor(options: EmbedEntriesOptions) {
    this.#options = options;
  }

  /** How many entries are left as they are, as no vectors are given for them. */
  get refused(): number {
    const entries = [...this.#refused].map(
      ([key, version]) => this.#options.at(JSON.parse(key) as EntryKey)?.version === version,
    );
    return entries.filter(Boolean).length;
  }

  /** Puts entries that have just changed before all others. */
  first(keys: readonly EntryKey[]): void {
    for (const key of keys) this.#enqueue(key);
  }

  #enqueue(key: EntryKey): void {
    const folder = this.#options.keeper(key.store)?.localFolder;
    if (folder === undefined) return;
    const queue = this.#queues.get(folder) ?? [];
    this.#queues.set(folder, queue);
    queue.push(key);
  }

  #isRefused = ({ store, path, version }: EntryVersion): boolean =>
    this.#refused.get(JSON.stringify({ store, path })) === version;

  /** Gives entries the vectors that caches have; a few milliseconds at a time. */
  async attach(signal: AbortSignal): Promise<void> {
    const { index, at, stored, told } = this.#options;
    const rest = slices();
    for (const key of [...index().withoutVectors()]) {
      await rest();
      if (signal.aborted) return;
      const entry = at(key);
      const vectors = entry?.version === key.version ? stored.ofEntry(entry) : undefined;
      if (vectors) index().setVectors(key.store, key.path, key.version, vectors);
    }
    told();
  }

  /** True when entries are left that the embedder may have vectors for. */
  get missing(): boolean {
    for (const key of this.#options.index().withoutVectors()) {
      if (!this.#isRefused(key) && this.#options.keeper(key.store)) return true;
    }
    return false;
  }

  /**
   * Embeds what has no vectors, the most worth first, each folder's under its lock; false when another process is at it
   * for some. Throws EmbedderFailure when it is given up.
   */
  async embed(signal: AbortSignal): Promise<boolean> {
    const { index, at, worth, alone } = this.#options;
    this.#queues.clear();
    const worthOf = worth();
    const ranked: { readonly key: EntryKey; readonly worth: number }[] = [];
    const rest = slices();
    for (const key of [...index().withoutVectors()]) {
      await rest();
      const entry = this.#isRefused(key) ? undefined : at(key);
      if (entry) ranked.push({ key: { store: key.store, path: key.path }, worth: worthOf(entry) });
    }
    ranked.sort((a, b) => a.worth - b.worth);
    for (const { key } of ranked) {
      await rest();
      this.#enqueue(key);
    }
    let mine = true;
    for (const [folder, queue] of this.#queues) {
      if (signal.aborted) break;
      try {
        await alone(folder, () => this.#drain(queue, signal));
      } catch (error) {
        if (!(error instanceof MemoryError) || error.code !== "locked") throw error;
        mine = false;
      }
    }
    return mine;
  }

  async #drain(queue: EntryKey[], signal: AbortSignal): Promise<void> {
    // What another process did while this one waited for its turn is not done again.
    await this.#options.stored.refresh();
    const rest = slices();
    while (queue.length > 0 && !signal.aborted) {
      const pieces = await this.#take(queue, signal);
      try {
        await this.#give(pieces, signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(asFailure(error), pieces, queue, signal);
      }
      this.#options.told();
      await rest();
    }
  }

  /** Takes the next entries off, until there is enough to embed. */
  async #take(queue: EntryKey[], signal: AbortSignal): Promise<Piece[]> {
    const pieces: Piece[] = [];
    const texts = new Set<string>();
    const rest = slices();
    while (texts.size < BATCH && queue.length > 0 && !signal.aborted) {
      const { store, path } = queue.pop()!;
      const read = await this.#options.read({ store, path });
      // One that is on its way to another version comes again with it.
      if (!read || this.#options.at({ store, path })?.version !== read.version) continue;
      const passages = passagesOf(read.entry);
      pieces.push({ key: { store, path, version: read.version }, title: read.entry.title, passages });
      for (const text of passages) if (!this.#options.stored.vector(textKey(text))) texts.add(text);
      await rest();
    }
    return pieces;
  }

  async #give(pieces: readonly Piece[], signal: AbortSignal): Promise<void> {
    const { embedder, stored, index } = this.#options;
    const vectors = new Map<string, Float32Array>();
    const fresh = new Set<string>();
    for (const text of pieces.flatMap(({ passages }) => passages)) {
      const known = stored.vector(textKey(text));
      if (known) vectors.set(text, known);
      else fresh.add(text);
    }
    const made = fresh.size === 0 ? [] : await embedder.embed([...fresh], signal);
    [...fresh].forEach((text, i) => void vectors.set(text, made[i]!));
    for (const store of new Set(pieces.map(({ key }) => key.store))) {
      const own = pieces.filter(({ key }) => key.store === store);
      const passages = new Set(own.flatMap((piece) => piece.passages));
      await stored.save(
        [
          ...[...passages].map((text) => ({ key: textKey(text), vector: vectors.get(text)! })),
          ...own.map(({ key, title, passages: all }) => ({
            key: stateKey({ version: key.version, title }),
            texts: all.map(textKey),
          })),
        ],
        store,
      );
    }
    for (const { key, passages } of pieces)
      index().setVectors(
        key.store,
        key.path,
        key.version,
        passages.map((text) => vectors.get(text)!),
      );
  }

  /** Waits for a better time, or finds out which of the entries it is about; throws when neither is of use any more. */
  async #failed(
    failure: EmbedderFailure,
    pieces: readonly Piece[],
    queue: EntryKey[],
    signal: AbortSignal,
  ): Promise<void> {
    if (failure.lasting) throw failure;
    if (!failure.ofText) {
      const pause = PAUSES[this.#failures++];
      if (pause === undefined) throw failure;
      queue.push(...pieces.map(({ key }) => key).reverse());
      await this.#options.pause(pause, signal).catch(() => undefined);
      return;
    }
    for (const piece of pieces) {
      if (signal.aborted) return;
      try {
        await this.#give([piece], signal);
        this.#refusals = 0;
      } catch (error) {
        const one = asFailure(error);
        if (signal.aborted) return;
        if (!one.ofText) return this.#failed(one, pieces.slice(pieces.indexOf(piece)), queue, signal);
        if (++this.#refusals >= REFUSALS) throw one;
        const { store, path, version } = piece.key;
        this.#refused.set(JSON.stringify({ store, path }), version);
      }
    }
  }
}
