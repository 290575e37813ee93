import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { MemoryError } from "../../errors.js";

export const WEIGHTS_FILE = "model_quantized.onnx";
export const TOKENIZER_FILE = "tokenizer.json";

/** What the files have to be, byte for byte. */
const FILES = {
  [WEIGHTS_FILE]: { sha256: "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1", bytes: 22_972_370 },
  [TOKENIZER_FILE]: { sha256: "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0", bytes: 711_661 },
} as const;
type FileName = keyof typeof FILES;

/** Where the model comes from when nobody says otherwise. */
export const MODEL_HUB = "https://huggingface.co/Xenova/all-MiniLM-L6-v2/resolve/main";

const NOTICE = `all-MiniLM-L6-v2 of sentence-transformers (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2),
converted to ONNX and quantised to eight bits (https://huggingface.co/Xenova/all-MiniLM-L6-v2).
Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
`;

/** The person's folder of what may be fetched again. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = env.XDG_CACHE_HOME || env.LOCALAPPDATA || path.join(home, ".cache");
  return path.join(base, "git-memory");
}

/** Where the weights of `minilm-onnx` lie in it. */
export const weightsFolder = (cache: string): string => path.join(cache, "models", "minilm-l6-v2-q8");

/** True when weights and tokenizer are there, with their sizes; what they hold was verified when they were put there. */
export const hasWeights = (folder: string): boolean =>
  (Object.keys(FILES) as FileName[]).every(
    (name) => fs.statSync(path.join(folder, name), { throwIfNoEntry: false })?.size === FILES[name].bytes,
  );

/** Reads a file or an address; undefined when there is none. */
export type Read = (place: string) => Promise<Uint8Array | undefined>;

/**
 * Puts weights and tokenizer into a folder: from an address, a folder, or the file of the weights with the tokenizer beside
 * or above it. Nothing is kept that is not byte for byte what it has to be. Gives the names of the files.
 */
export async function installWeights(folder: string, from: string, read: Read): Promise<readonly string[]> {
  const isFile = from.endsWith(".onnx");
  const base = isFile
    ? from.slice(0, -path.posix.basename(from.replaceAll("\\", "/")).length - 1)
    : from.replace(/\/+$/, "");
  const weights = isFile ? [from] : [`${base}/${WEIGHTS_FILE}`, `${base}/onnx/${WEIGHTS_FILE}`];
  const tokenizers = [`${base}/${TOKENIZER_FILE}`, ...(isFile ? [`${base}/../${TOKENIZER_FILE}`] : [])];
  const bytes = new Map<FileName, Uint8Array>([
    [TOKENIZER_FILE, await find(TOKENIZER_FILE, tokenizers, read)],
    [WEIGHTS_FILE, await find(WEIGHTS_FILE, weights, read)],
  ]);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "NOTICE.txt"), NOTICE);
  for (const [name, content] of bytes) {
    const beside = path.join(folder, `${name}.${randomBytes(4).toString("hex")}`);
    fs.writeFileSync(beside, content);
    fs.renameSync(beside, path.join(folder, name));
  }
  return [...bytes.keys()];
}

async function find(name: FileName, places: readonly string[], read: Read): Promise<Uint8Array> {
  for (const place of places) {
    const bytes = await read(place);
    if (!bytes) continue;
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found === FILES[name].sha256) return bytes;
    throw new MemoryError(
      "invalid_input",
      `${name} is not the file that is wanted: its SHA-256 is ${found}, not ${FILES[name].sha256}. Nothing was installed.`,
      { file: name, sha256: found },
    );
  }
  throw new MemoryError("not_found", `There is no ${name} at ${places.join(" or ")}. Nothing was installed.`, {
    file: name,
  });
}
