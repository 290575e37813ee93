import type { Embedder } from "../search/embedder.js";
import { asFailure } from "../search/embedders/embedder-failure.js";
import { type StoredVectors, textKey } from "./stored-vectors.js";

export interface QueryVectorsOptions {
  readonly embedder: Embedder;
  readonly stored: StoredVectors;
  /** So long a search waits for its vector (milliseconds). */
  readonly patience: number;
  /** The same for a save, which is rarer and must not say again what is there. */
  readonly savePatience: number;
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Queries whose vectors are kept in memory. */
const KEPT = 256;
/** What a model reads of a query anyway, in characters. */
const LENGTH = 2_000;
/** So long after a failure (milliseconds) an embedder is left alone. */
const REST_MS = 60_000;
const LATE = "the query's vector was not there in time; it will be for the next search";

/** Vectors of queries: each is made once, and waited for no longer than a search may take. */
export class QueryVectors {
  readonly #options: QueryVectorsOptions;
  readonly #known = new Map<string, Float32Array>();
  readonly #coming = new Map<string, Promise<Float32Array>>();
  readonly #end = new AbortController();
  #trouble: string | undefined;

  constructor(options: QueryVectorsOptions) {
    this.#options = options;
  }

  /** Why the embedder is left alone for now. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** The vector of a query, or why there is none in time. */
  async of(query: string): Promise<Float32Array | string> {
    const text = query.trim().slice(0, LENGTH);
    const known = this.#known.get(text) ?? this.#options.stored.vector(textKey(text));
    if (known) return this.#keep(text, known);
    if (this.#trouble !== undefined) return this.#trouble;
    try {
      return (await this.#inTime(this.#make(text), this.#options.patience)) ?? LATE;
    } catch (error) {
      return asFailure(error).message;
    }
  }

  /** The vectors of texts when all can be had in time; what is made is kept for the store. */
  async now(texts: readonly string[], store: string): Promise<Float32Array[] | undefined> {
    if (this.#trouble !== undefined) return undefined;
    const known = new Map<string, Float32Array>();
    const missing = new Set<string>();
    for (const text of texts) {
      const vector = this.#options.stored.vector(textKey(text));
      if (vector) known.set(text, vector);
      else missing.add(text);
    }
    try {
      const fresh = [...missing];
      const made = fresh.length === 0 ? [] : await this.#inTime(this.#embed(fresh, store), this.#options.savePatience);
      made?.forEach((vector, at) => void known.set(fresh[at]!, vector));
      return made && texts.map((text) => known.get(text)!);
    } catch {
      // What went wrong is told by the next search, and by status.
      return undefined;
    }
  }

  #keep(text: string, vector: Float32Array): Float32Array {
    this.#known.delete(text);
    this.#known.set(text, vector);
    if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value!);
    return vector;
  }

  #make(text: string): Promise<Float32Array> {
    const coming =
      this.#coming.get(text) ??
      this.#embed([text])
        .then((vectors) => this.#keep(text, vectors[0]!))
        .finally(() => this.#coming.delete(text));
    this.#coming.set(text, coming);
    return coming;
  }

  async #embed(texts: readonly string[], store?: string): Promise<Float32Array[]> {
    const { embedder, stored } = this.#options;
    try {
      const vectors = await embedder.embed(texts, this.#end.signal);
      const records = texts.map((text, i) => ({ key: textKey(text), vector: vectors[i]! }));
      await stored.save(records, store);
      return vectors;
    } catch (error) {
      const failure = asFailure(error);
      if (!this.#end.signal.aborted && !failure.ofText) this.#rest(failure.message, failure.lasting);
      throw failure;
    }
  }

  /** Leaves the embedder alone for a while, or for good. */
  #rest(trouble: string, lasting: boolean): void {
    this.#trouble = trouble;
    if (lasting) return;
    this.#options.pause(REST_MS, this.#end.signal).then(
      () => {
        this.#trouble = undefined;
      },
      () => undefined,
    );
  }

  /** What a promise gives within the time there is; undefined when it takes longer. */
  async #inTime<T>(promise: Promise<T>, patience: number): Promise<T | undefined> {
    const over = new AbortController();
    // A failure that comes too late is known by then as trouble.
    promise.catch(() => undefined);
    try {
      const late = this.#options.pause(patience, over.signal).then(
        () => undefined,
        () => undefined,
      );
      return await Promise.race([promise, late]);
    } finally {
      over.abort();
    }
  }

  async close(): Promise<void> {
    this.#end.abort();
    await Promise.allSettled(this.#coming.values());
  }
}
