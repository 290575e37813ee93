import type { Embedder } from "../embedder.js";
import { EmbedderFailure } from "./embedder-failure.js";
import { cancelled, goesOn } from "./goes-on.js";
import { unitVectors } from "./unit-vectors.js";

/** What the world lends a driver that asks a service. */
export interface Web {
  readonly request: typeof fetch;
  /** Ends after so many milliseconds, or rejects when the signal says so. */
  readonly pause: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** A signal that fires after so many milliseconds. */
  readonly timeout: (milliseconds: number) => AbortSignal;
}

export interface OpenAiOptions extends Web {
  /** The address up to and with `/v1`. */
  readonly url: string;
  readonly model: string;
  readonly key?: string | undefined;
}

/** One request carries so many texts, and characters, at most. */
const BATCH = 64;
const BATCH_CHARACTERS = 64_000;
const TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
/** A service that wants to be left alone for longer is given up for now. */
const LONGEST_PAUSE_MS = 20_000;

/**
 * Any service with OpenAI's `/embeddings`: OpenAI, Ollama, LM Studio, vLLM. Asks in batches, again with growing pauses
 * where that may help. The key goes into the header of a request and nowhere else.
 */
export function openai(options: OpenAiOptions): Embedder {
  const url = new URL(`${options.url.replace(/\/+$/, "")}/embeddings`);
  const { host, pathname } = url;
  let dimensions = 0;
  return {
    id: `openai/${host}${pathname.replace(/\/embeddings$/, "")}/${options.model}`,
    // What the model gives is known with its first answer.
    get dimensions() {
      return dimensions;
    },
    embed: async (texts, signal) => {
      const vectors: Float32Array[] = [];
      for (const batch of batches(texts)) {
        const found = unitVectors(await ask(url, batch, options, signal), batch.length, dimensions);
        dimensions = found[0]?.length ?? dimensions;
        vectors.push(...found);
      }
      return vectors;
    },
    close: async () => undefined,
  };
}

function* batches(texts: readonly string[]): Iterable<string[]> {
  let batch: string[] = [];
  let characters = 0;
  for (const text of texts) {
    if (batch.length === BATCH || (batch.length > 0 && characters + text.length > BATCH_CHARACTERS)) {
      yield batch;
      [batch, characters] = [[], 0];
    }
    batch.push(text);
    characters += text.length;
  }
  if (batch.length > 0) yield batch;
}

/** A failure, and after how many milliseconds it may be otherwise; undefined = never. */
interface Refusal {
  readonly failure: EmbedderFailure;
  readonly again?: number | undefined;
}

async function ask(
  url: URL,
  input: readonly string[],
  options: OpenAiOptions,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt++, pause *= 4) {
    goesOn(signal);
    const answer = await attemptOnce(url, input, options, signal);
    if (!("failure" in answer)) return answer.vectors;
    goesOn(signal);
    const { failure, again } = answer;
    if (again === undefined || attempt === ATTEMPTS || again > LONGEST_PAUSE_MS) throw failure;
    await options.pause(Math.max(pause, again), signal).catch(() => {
      throw cancelled();
    });
  }
}

async function attemptOnce(
  url: URL,
  input: readonly string[],
  { model, key, request, timeout }: OpenAiOptions,
  signal: AbortSignal | undefined,
): Promise<Refusal | { readonly vectors: unknown }> {
  const late = timeout(TIMEOUT_MS);
  try {
    const response = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key ? { authorization: `Bearer ${key}` } : {}) },
      body: JSON.stringify({ model, input, encoding_format: "float" }),
      // The texts and the key go where the person said, and nowhere that it points to.
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, late]) : late,
    });
    if (response.ok) return { vectors: vectorsIn(await response.json()) };
    await response.body?.cancel();
    return refusalOf(response);
  } catch (error) {
    if (error instanceof EmbedderFailure) throw error;
    if (late.aborted) return { failure: new EmbedderFailure("the embedding service did not answer in time"), again: 0 };
    if (error instanceof SyntaxError)
      return { failure: new EmbedderFailure("the embedding service answered with something that is no JSON") };
    return { failure: new EmbedderFailure(`the embedding service cannot be reached${codeOf(error)}`), again: 0 };
  }
}

// What the service says in the body may repeat the key or the texts.
function refusalOf({ status, headers }: Response): Refusal {
  if (status === 401 || status === 403)
    return { failure: new EmbedderFailure(`the embedding service refused the key (${status})`, { lasting: true }) };
  if (status === 429 || status >= 500) {
    const after = Number(headers.get("retry-after") ?? 0);
    return {
      failure: new EmbedderFailure(`the embedding service is busy or failing (${status})`),
      again: Number.isFinite(after) ? Math.max(0, after) * 1_000 : 0,
    };
  }
  const ofText = status === 400 || status === 413 || status === 422;
  return {
    failure: new EmbedderFailure(`the embedding service refused the request (${status})`, { lasting: !ofText, ofText }),
  };
}

/** The system's word for what went wrong, such as `ECONNREFUSED`. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && /^[A-Z_]+$/.test(code) ? ` (${code})` : "";
}

/** The vectors in an answer, in the order of the texts. */
function vectorsIn(body: unknown): unknown {
  const data = typeof body === "object" && body !== null && "data" in body ? body.data : undefined;
  if (!Array.isArray(data)) throw new EmbedderFailure("the embedding service gave no vectors");
  const items = data as { readonly index?: unknown; readonly embedding?: unknown }[];
  const vectors: unknown[] = Array.from({ length: items.length });
  items.forEach((item, position) => {
    const at = typeof item?.index === "number" ? item.index : position;
    vectors[at] = item?.embedding;
  });
  return vectors;
}
