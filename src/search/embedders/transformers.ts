import { createRequire } from "node:module";
import type { Embedder } from "../embedder.js";
import { inWorker } from "./in-worker.js";
import { placeWith } from "./installed.js";
import type { Model } from "./model-job.js";

const PACKAGE = "@huggingface/transformers";
const IDLE_MS = 15 * 60_000;

/** Any model of the person's own copy of transformers.js: a folder, or a name in its cache; undefined where the package is not there. */
export function transformers(model: string, cache: string, places: readonly string[]): Embedder | undefined {
  const from = placeWith([PACKAGE], places);
  if (from === undefined) return undefined;
  return inWorker({
    id: `transformers/${model}`,
    // What the model gives is known with its first answer.
    dimensions: 0,
    job: { driver: "transformers", model, cache, from },
    turn: 1,
    idleMs: IDLE_MS,
  });
}

/** What is used of the package. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string; cacheDir: string };
  pipeline(task: "feature-extraction", model: string): Promise<Extract>;
}
type Extract = (
  texts: readonly string[],
  options: { readonly pooling: "mean"; readonly normalize: true },
) => Promise<{ tolist(): number[][] }>;

/** Loads the model into this thread; what is not on this machine is not fetched. */
export async function loadTransformers(model: string, cache: string, from: string): Promise<Model> {
  const require = createRequire(from);
  const { env, pipeline } = require("@huggingface/transformers") as Transformers;
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = cache;
  env.cacheDir = cache;
  const extract = await pipeline("feature-extraction", model);
  return async (texts) => (await extract(texts, { pooling: "mean", normalize: true })).tolist();
}
