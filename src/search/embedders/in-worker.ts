import fs from "node:fs";
import { Worker } from "node:worker_threads";
import type { Embedder } from "../embedder.js";
import { EmbedderFailure } from "./embedder-failure.js";
import { cancelled, goesOn } from "./goes-on.js";
import type { ModelJob } from "./model-job.js";
import { unitVectors } from "./unit-vectors.js";
import type { Answer, Ask } from "./worker.js";

export interface InWorkerOptions {
  readonly id: string;
  /** 0 = what its first answer has. */
  readonly dimensions: number;
  readonly job: ModelJob;
  /** So many texts are done before another call gets its turn. */
  readonly turn: number;
  /** After so long without work (milliseconds) the thread ends; undefined = with the process, and there is one for all. */
  readonly idleMs: number | undefined;
}

/** One call of `embed`. */
interface Call {
  readonly texts: readonly string[];
  readonly vectors: Float32Array[];
  readonly resolve: (vectors: Float32Array[]) => void;
  readonly reject: (failure: EmbedderFailure) => void;
}

/** The bundled program of the thread: beside us where we are bundled, built where we run from sources. */
function programFile(): URL {
  const places = ["./embedder-worker.js", "../embedder-worker.js", "../../../dist/embedder-worker.js"];
  const file = places.map((place) => new URL(place, import.meta.url)).find((url) => fs.existsSync(url));
  if (!file) throw new EmbedderFailure("the program of the embedder's thread is missing", { lasting: true });
  return file;
}

/** A model in a thread of its own, which is started by the first call; of calls that wait the shortest comes first. */
class Thread {
  readonly #options: InWorkerOptions;
  readonly #waiting: Call[] = [];
  #worker: Worker | undefined;
  #current: { readonly call: Call; readonly number: number; readonly count: number } | undefined;
  #number = 0;
  #idle: NodeJS.Timeout | undefined;
  #dimensions: number;

  constructor(options: InWorkerOptions) {
    this.#options = options;
    this.#dimensions = options.dimensions;
  }

  get dimensions(): number {
    return this.#dimensions;
  }

  async embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    let abort = (): void => undefined;
    try {
      return await new Promise((resolve, reject) => {
        const call: Call = { texts, vectors: [], resolve, reject };
        this.#waiting.push(call);
        abort = () => this.#drop(call, cancelled());
        signal.addEventListener("abort", abort, { once: true });
        this.#next();
      });
    } finally {
      // The signal may live as long as the process: no call stays with it.
      signal.removeEventListener("abort", abort);
    }
  }

  /** Takes a call off; what the thread is doing for it is not waited for. */
  #drop(call: Call, failure: EmbedderFailure): void {
    const at = this.#waiting.indexOf(call);
    if (at >= 0) this.#waiting.splice(at, 1);
    call.reject(failure);
  }

  #next(): void {
    if (this.#current) return;
    const left = ({ texts, vectors }: Call): number => texts.length - vectors.length;
    // A query is one text and does not wait for a whole batch.
    const call = this.#waiting.toSorted((a, b) => left(a) - left(b))[0];
    if (!call) {
      this.#rest();
      return;
    }
    clearTimeout(this.#idle);
    try {
      this.#worker ??= this.#start();
    } catch (error) {
      this.#failAll(error instanceof EmbedderFailure ? error : new EmbedderFailure(FAILED));
      return;
    }
    this.#worker.ref();
    const number = ++this.#number;
    const texts = call.texts.slice(call.vectors.length, call.vectors.length + this.#options.turn);
    this.#current = { call, number, count: texts.length };
    this.#worker.postMessage({ number, texts } satisfies Ask);
  }

  #start(): Worker {
    const worker = new Worker(programFile(), {
      workerData: this.#options.job,
      // Standard output may be a protocol's, and no model needs what the environment holds.
      stdout: true,
      stderr: true,
      env: {},
      execArgv: [],
    });
    worker.on("message", (answer: Answer) => this.#take(answer));
    worker.on("error", () => this.#gone(worker));
    worker.on("exit", () => this.#gone(worker));
    return worker;
  }

  #take(answer: Answer): void {
    const current = this.#current;
    if (!current || answer.number !== current.number) return;
    this.#current = undefined;
    const { call, count } = current;
    if (this.#waiting.includes(call)) this.#finish(call, count, answer);
    this.#next();
  }

  #finish(call: Call, count: number, answer: Answer): void {
    try {
      if ("failed" in answer) throw new EmbedderFailure(FAILED);
      call.vectors.push(...unitVectors([...answer.vectors], count, this.#dimensions));
      this.#dimensions = call.vectors[0]?.length ?? this.#dimensions;
    } catch (error) {
      this.#drop(call, error instanceof EmbedderFailure ? error : new EmbedderFailure(FAILED));
      return;
    }
    if (call.vectors.length < call.texts.length) return;
    this.#waiting.splice(this.#waiting.indexOf(call), 1);
    call.resolve(call.vectors);
  }

  #gone(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#failAll(new EmbedderFailure("the embedder's thread ended"));
  }

  #failAll(failure: EmbedderFailure): void {
    this.#current = undefined;
    for (const call of this.#waiting.splice(0)) call.reject(failure);
  }

  #rest(): void {
    // A thread that has nothing to do does not keep the process.
    this.#worker?.unref();
    const { idleMs } = this.#options;
    clearTimeout(this.#idle);
    if (idleMs !== undefined && this.#worker) this.#idle = setTimeout(() => void this.end(), idleMs).unref();
  }

  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(cancelled());
    await worker?.terminate();
  }
}

const FAILED = "the embedder's model failed";

/** Threads that end with the process, by what they do. */
const lasting = new Map<string, Thread>();

/** An embedder whose model runs in a thread at low priority, so that nobody waits for it; the first call loads it. */
export function inWorker(options: InWorkerOptions): Embedder {
  const key = JSON.stringify(options.job);
  const lasts = options.idleMs === undefined;
  const thread = (lasts ? lasting.get(key) : undefined) ?? new Thread(options);
  if (lasts) lasting.set(key, thread);
  const closed = new AbortController();
  return {
    id: options.id,
    get dimensions() {
      return thread.dimensions;
    },
    embed: async (texts, signal) => {
      goesOn(signal);
      goesOn(closed.signal);
      if (texts.length === 0) return [];
      return thread.embed(texts, signal ? AbortSignal.any([signal, closed.signal]) : closed.signal);
    },
    close: async () => {
      closed.abort();
      if (!lasts) await thread.end();
    },
  };
}
