import os from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { Model, ModelJob } from "./model-job.js";

/** How much less than others this thread gets of a machine that is busy. */
const NICE = 10;

/** What the thread is sent, and what it answers. */
export interface Ask {
  readonly number: number;
  readonly texts: readonly string[];
}
export type Answer =
  | { readonly number: number; readonly vectors: readonly Float32Array[] }
  | { readonly number: number; readonly failed: string };

async function load(job: ModelJob): Promise<Model> {
  switch (job.driver) {
    case "minilm":
      return (await import("./minilm.js")).loadMinilm();
    case "minilm-onnx":
      return (await import("./minilm-onnx.js")).loadMinilmOnnx(job.folder, job.from);
    case "transformers":
      return (await import("./transformers.js")).loadTransformers(job.model, job.cache, job.from);
  }
}

// Elsewhere it would count for the whole process.
if (os.platform() === "linux") os.setPriority(0, NICE);

const model = load(workerData as ModelJob);
// A failure to load is told to whoever asks.
model.catch(() => undefined);

let turn: Promise<void> = Promise.resolve();
parentPort?.on("message", ({ number, texts }: Ask) => {
  turn = turn.then(async () => {
    let answer: Answer;
    try {
      const vectors = (await (await model)(texts)).map((one) => Float32Array.from(one));
      answer = { number, vectors };
    } catch (error) {
      answer = { number, failed: error instanceof Error ? error.message : String(error) };
    }
    parentPort?.postMessage(answer);
  });
});
