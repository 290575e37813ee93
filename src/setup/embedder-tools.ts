import fs from "node:fs/promises";
import path from "node:path";
import { MemoryError } from "../errors.js";
import { isErrno } from "../git/git-fs.js";
import {
  type Chosen,
  chooseEmbedder,
  DRIVERS,
  type Driver,
  type EmbedderChoice,
  type EmbedderWorld,
} from "../search/embedders/choose-embedder.js";
import { asFailure } from "../search/embedders/embedder-failure.js";
import { cacheFolder, installWeights, MODEL_HUB, weightsFolder } from "../search/embedders/weights.js";

/** The runtime of `minilm-onnx` whose installation runs no script. */
const RUNTIME = "onnxruntime-node@1.16.3";

/** What a person chooses from; `hashed` is for tests. */
const SHOWN = DRIVERS.filter((driver) => driver !== "hashed");

/** One way to vectors: whether it can be used here, and what it takes if not. */
export interface DriverView {
  readonly driver: Driver;
  readonly usable: boolean;
  /** True for the one that counts now. */
  readonly chosen: boolean;
  readonly about: string;
  readonly needs?: string;
}

const ABOUT: Readonly<Record<(typeof SHOWN)[number], string>> = {
  minilm: "all-MiniLM-L6-v2 in WebAssembly, from packages that come with this one",
  "minilm-onnx": "the same model on onnxruntime, eight-bit; faster",
  openai: "an OpenAI-compatible service (OpenAI, Ollama, LM Studio, vLLM); texts are sent to it",
  transformers: "any model of your own copy of transformers.js",
  none: "search by words only",
};

/** All ways to vectors, as these settings have them. */
export function listEmbedders(choice: EmbedderChoice, world: EmbedderWorld): DriverView[] {
  const chosen = chooseEmbedder(choice, world);
  return SHOWN.map((driver) => {
    const { reason, driver: found } = chooseEmbedder({ ...choice, embedder: driver }, world);
    const usable = found === driver;
    const missing = usable || reason === undefined ? undefined : `${reason}${remedy(driver, world)}`;
    return {
      driver,
      usable,
      chosen: chosen.driver === driver,
      about: ABOUT[driver as keyof typeof ABOUT],
      ...(missing === undefined ? {} : { needs: missing }),
    };
  });
}

function remedy(driver: Driver, { env, home }: EmbedderWorld): string {
  const cache = cacheFolder(env, home);
  if (driver === "minilm") return "; install without --omit=optional";
  if (driver === "minilm-onnx")
    return `: embedder install, and npm install --prefix ${JSON.stringify(cache)} ${RUNTIME}`;
  if (driver === "transformers")
    return `: npm install --prefix ${JSON.stringify(cache)} @huggingface/transformers; the model goes into its folder models`;
  return "";
}

/** Puts the weights of `minilm-onnx` into the person's cache folder: from the model hub, or from a folder, file or address. */
export async function installEmbedder(
  from: string | undefined,
  world: EmbedderWorld,
): Promise<{ readonly folder: string; readonly files: readonly string[]; readonly next?: string }> {
  const folder = weightsFolder(cacheFolder(world.env, world.home));
  const place = from === undefined || /^https?:\/\//.test(from) ? (from ?? MODEL_HUB) : path.resolve(from);
  const files = await installWeights(folder, place, (one) => read(one, world));
  const { needs } = listEmbedders({ embedder: "minilm-onnx", url: "", model: "" }, world).find(
    ({ driver }) => driver === "minilm-onnx",
  ) ?? { needs: undefined };
  const runtime = `npm install --prefix ${JSON.stringify(cacheFolder(world.env, world.home))} ${RUNTIME}`;
  return { folder, files, ...(needs === undefined ? {} : { next: runtime }) };
}

async function read(place: string, { request, timeout }: EmbedderWorld): Promise<Uint8Array | undefined> {
  if (!/^https?:\/\//.test(place))
    return fs.readFile(place).catch((error: unknown) => {
      if (isErrno(error, "ENOENT", "ENOTDIR", "EISDIR")) return undefined;
      throw error;
    });
  const { host } = new URL(place);
  const refusal = (why: string): MemoryError =>
    new MemoryError("unavailable", `${host} ${why}. Nothing was installed; --from takes a folder, file or address.`, {
      host,
    });
  const response = await request(place, { signal: timeout(600_000) }).catch(() => {
    throw refusal("cannot be reached");
  });
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw refusal(`answered ${response.status}`);
}

/** What trying an embedder showed. */
export interface EmbedderTrial {
  readonly driver: Driver;
  readonly id: string;
  readonly dimensions: number;
  /** Milliseconds until the first text had its vector, and of a text after that. */
  readonly first_ms: number;
  readonly text_ms: number;
  /** How near a question is to its answer in other words, and to something else (cosine). */
  readonly related: number;
  readonly unrelated: number;
}

const TEXTS = [
  "how do we store bills?",
  "Invoices are kept in a relational database.",
  "The tests run in parallel on two cores.",
] as const;

/** Embeds a few texts. Throws `unavailable` with the reason where that does not work. */
export async function tryEmbedder(chosen: Chosen, now: () => number): Promise<EmbedderTrial> {
  const { driver, embedder } = chosen;
  try {
    const start = now();
    await embedder.embed([TEXTS[0]]);
    const loaded = now();
    const [question, answer, other] = await embedder.embed(TEXTS);
    const end = now();
    return {
      driver,
      id: embedder.id,
      dimensions: embedder.dimensions,
      first_ms: Math.round(loaded - start),
      text_ms: Math.round(((end - loaded) / TEXTS.length) * 10) / 10,
      related: cosine(question!, answer!),
      unrelated: cosine(question!, other!),
    };
  } catch (error) {
    throw new MemoryError("unavailable", `The embedder does not work: ${asFailure(error).message}.`, { driver });
  } finally {
    await embedder.close();
  }
}

const cosine = (a: Float32Array, b: Float32Array): number =>
  Math.round(a.reduce((sum, value, i) => sum + value * b[i]!, 0) * 1_000) / 1_000;
