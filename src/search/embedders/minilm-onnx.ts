import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Embedder } from "../embedder.js";
import { inWorker } from "./in-worker.js";
import { placeWith } from "./installed.js";
import { MINILM_DIMENSIONS } from "./minilm.js";
import type { Model } from "./model-job.js";
import { hasWeights, TOKENIZER_FILE, WEIGHTS_FILE } from "./weights.js";

const RUNTIME = "onnxruntime-node";
/** What the model reads of a text. */
const MAX_TOKENS = 256;

/** The same model, eight-bit, on onnxruntime, some twenty times as fast; undefined where runtime or weights are not there. */
export function minilmOnnx(folder: string, places: readonly string[]): Embedder | undefined {
  const from = placeWith([RUNTIME], places);
  if (from === undefined || !hasWeights(folder)) return undefined;
  return inWorker({
    id: "minilm-l6-v2/onnx-q8",
    dimensions: MINILM_DIMENSIONS,
    job: { driver: "minilm-onnx", folder, from },
    turn: 8,
    // Its library cannot be loaded twice in one process, not even after its thread has ended.
    idleMs: undefined,
  });
}

/** What is used of the runtime. */
interface Runtime {
  readonly InferenceSession: {
    create(file: string, options: object): Promise<{ run(feeds: object): Promise<Record<string, Output>> }>;
  };
  readonly Tensor: new (type: "int64", data: BigInt64Array, dims: readonly number[]) => object;
}
interface Output {
  readonly data: Float32Array;
}

/** Loads the model into this thread. */
export async function loadMinilmOnnx(folder: string, from: string): Promise<Model> {
  const require = createRequire(from);
  const { InferenceSession, Tensor } = require("onnxruntime-node") as Runtime;
  const { Tokenizer } = await import("@huggingface/tokenizers");
  const tokenizer = new Tokenizer(JSON.parse(fs.readFileSync(path.join(folder, TOKENIZER_FILE), "utf8")) as object, {
    tokenizer_class: "BertTokenizer",
  });
  const session = await InferenceSession.create(path.join(folder, WEIGHTS_FILE), { intraOpNumThreads: 1 });
  const idsOf = (text: string): readonly number[] => {
    const { ids } = tokenizer.encode(text);
    return ids.length <= MAX_TOKENS ? ids : [...ids.slice(0, MAX_TOKENS - 1), ids.at(-1)!];
  };
  const vectorOf = async (text: string): Promise<Float32Array> => {
    const ids = idsOf(text);
    const tensor = (of: (id: number) => number): object =>
      new Tensor(
        "int64",
        BigInt64Array.from(ids, (id) => BigInt(of(id))),
        [1, ids.length],
      );
    const found = await session.run({
      input_ids: tensor((id) => id),
      attention_mask: tensor(() => 1),
      token_type_ids: tensor(() => 0),
    });
    return meanOf(found.last_hidden_state!.data, ids.length);
  };
  return async (texts) => {
    const vectors: Float32Array[] = [];
    for (const text of texts) vectors.push(await vectorOf(text));
    return vectors;
  };
}

/** The mean of the tokens' vectors. */
function meanOf(data: Float32Array, tokens: number): Float32Array {
  const mean = new Float32Array(data.length / tokens);
  for (let at = 0; at < data.length; at++) mean[at % mean.length]! += data[at]! / tokens;
  return mean;
}
