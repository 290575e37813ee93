import fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { Embedder } from "../../src/search/embedder.js";
import { chooseEmbedder, type EmbedderChoice, type EmbedderWorld } from "../../src/search/embedders/choose-embedder.js";
import { EmbedderFailure } from "../../src/search/embedders/embedder-failure.js";
import { hashed } from "../../src/search/embedders/hashed.js";
import { minilm } from "../../src/search/embedders/minilm.js";
import { minilmOnnx } from "../../src/search/embedders/minilm-onnx.js";
import { openai } from "../../src/search/embedders/openai.js";
import { transformers } from "../../src/search/embedders/transformers.js";
import { unitVectors } from "../../src/search/embedders/unit-vectors.js";
import { installWeights, weightsFolder } from "../../src/search/embedders/weights.js";
import { put, temporaryFolder } from "../support/repositories.js";

const folder = temporaryFolder();
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** The embedding service of these tests: answers as it is told to, and keeps what it was asked. */
interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: { readonly model: string; readonly input: readonly string[] };
}
const asked: Asked[] = [];
type Reply = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown };
const usual = ({ body }: Asked): Reply => ({
  body: {
    // In another order than asked for, as the interface allows.
    data: body.input.map((text, index) => ({ index, embedding: [text.length, 1, 0] })).reverse(),
  },
});
let reply: (asked: Asked) => Reply | "never" = usual;
const server = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  request.on("end", () => {
    const one = {
      path: request.url ?? "",
      authorization: request.headers.authorization,
      body: JSON.parse(text) as Asked["body"],
    };
    asked.push(one);
    const answer = reply(one);
    if (answer === "never") return;
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {}));
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const pauses: number[] = [];
afterEach(() => {
  reply = usual;
  asked.length = 0;
  pauses.length = 0;
});

const KEY = "test-key-that-nobody-may-see";
const world: EmbedderWorld = {
  env: { XDG_CACHE_HOME: path.join(folder, "cache") },
  home: folder,
  request: fetch,
  pause: async (milliseconds) => void pauses.push(milliseconds),
  timeout: (milliseconds) => AbortSignal.timeout(milliseconds),
};
const service = (more: Partial<EmbedderWorld & { key: string }> = {}): Embedder =>
  openai({ url, model: "m", key: KEY, ...world, ...more });

/** A copy of transformers.js as far as it is used: it says which model it was asked for, and that nothing may be fetched. */
function fakeTransformers(): string {
  const place = path.join(folder, "with-transformers");
  put(path.join(place, "node_modules/@huggingface/transformers/package.json"), '{"main":"index.js"}');
  put(
    path.join(place, "node_modules/@huggingface/transformers/index.js"),
    `exports.env = { allowRemoteModels: true };
    exports.pipeline = async (task, model) => {
      if (exports.env.allowRemoteModels || task !== "feature-extraction") throw new Error("not so");
      if (model === "broken") throw new Error("/a/path/of/this/machine");
      return async (texts) => ({ tolist: () => texts.map((text) => model === "nan" ? [NaN, 1] : [text.length, 2, 0, 0]) });
    };`,
  );
  return path.join(place, "index.js");
}

/** The eight-bit weights, which some machines have beside the repository. */
const MODELS = ["../shared/models/minilm-q8", "../../shared/models/minilm-q8"].find((one) => fs.existsSync(one));
const RUNTIME = [path.resolve("package.json"), process.env.GIT_MEMORY_TEST_ONNX ?? ""].filter(
  (one) => one !== "" && fs.existsSync(one),
);

interface Driver {
  readonly name: string;
  readonly make: () => Embedder | undefined;
  readonly dimensions: number;
  /** It knows that a question and its answer in other words belong together. */
  readonly knowsMeaning?: true;
}
const drivers: Driver[] = [
  { name: "hashed", make: () => hashed(), dimensions: 256 },
  { name: "openai", make: () => service(), dimensions: 3 },
  { name: "transformers", make: () => transformers("m", folder, [fakeTransformers()]), dimensions: 4 },
  { name: "minilm", make: () => minilm(), dimensions: 384, knowsMeaning: true },
  {
    name: "minilm-onnx",
    make: () => (MODELS === undefined ? undefined : minilmOnnx(path.resolve(MODELS), RUNTIME)),
    dimensions: 384,
    knowsMeaning: true,
  },
];

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

describe.each(drivers)("the embedder $name", ({ make, dimensions, knowsMeaning }) => {
  const embedder = make();
  afterAll(() => embedder?.close());
  const here = it.skipIf(embedder === undefined);

  here("gives one unit vector per text, in their order, and the same for the same text", async () => {
    const texts = ["invoices are kept in Postgres", "", "b", "a longer text with ünïcode 数据库 and `code()`"];
    const vectors = await embedder!.embed(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const vector of vectors) {
      expect(vector).toBeInstanceOf(Float32Array);
      expect(vector).toHaveLength(dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
    expect(embedder!.dimensions).toBe(dimensions);
    const [again] = await embedder!.embed([texts[3]!]);
    expect(dot(again!, vectors[3]!)).toBeCloseTo(1, 4);
    expect(await embedder!.embed([])).toEqual([]);
  });

  here("takes texts that are longer than any model reads", async () => {
    const [vector] = await embedder!.embed(["word ".repeat(5_000)]);
    expect(Math.hypot(...vector!)).toBeCloseTo(1, 5);
  });

  here("answers calls that come at once, each with its own", async () => {
    const [both, one] = await Promise.all([embedder!.embed(["aa", "bbb"]), embedder!.embed(["cccc"])]);
    const [alone] = await embedder!.embed(["cccc"]);
    expect([both.length, one.length]).toEqual([2, 1]);
    expect(dot(one[0]!, alone!)).toBeCloseTo(1, 4);
  });

  here("does nothing for a call that was cancelled before, and goes on with others", async () => {
    const failure = await embedder!.embed(["x"], AbortSignal.abort()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EmbedderFailure);
    expect(await embedder!.embed(["x"])).toHaveLength(1);
  });

  here("leaves nothing of a call behind, however many there are", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warned);
    for (let call = 0; call < 15; call++) await embedder!.embed([`${call}`]);
    // Node warns when so many listen to one signal, at the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warned);
    expect(warnings).toEqual([]);
  });

  it.skipIf(embedder === undefined || !knowsMeaning)("finds what is meant in other words", async () => {
    const [question, answer, other] = await embedder!.embed([
      "how do we store bills?",
      "Invoices are kept in a relational database.",
      "The tests run in parallel on two cores.",
    ]);
    expect(dot(question!, answer!)).toBeGreaterThan(dot(question!, other!));
  });
});

describe("a model in a thread", () => {
  it("tells a failure without what the model says of this machine, and is as good as new for the next", async () => {
    const place = [fakeTransformers()];
    const broken = transformers("broken", folder, place)!;
    const failure = await broken.embed(["x"]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "EmbedderFailure", message: "the embedder's model failed", lasting: false });
    const nan = transformers("nan", folder, place)!;
    await expect(nan.embed(["x"])).rejects.toMatchObject({ ofText: true, message: /no number/ });
    await Promise.all([broken.close(), nan.close()]);
  });

  it("ends its calls when it is closed, and has no more", async () => {
    const embedder = transformers("m", folder, [fakeTransformers()])!;
    const calls = [embedder.embed(["x"]), embedder.embed(["y", "z"])].map((call) =>
      call.catch((error: Error) => error.message),
    );
    await embedder.close();
    expect(await Promise.all(calls)).toEqual(["embedding was cancelled", "embedding was cancelled"]);
    await expect(embedder.embed(["x"])).rejects.toThrow("embedding was cancelled");
  });
});

describe("an OpenAI-compatible service", () => {
  it("is asked in batches, with model and key, in the order of the texts", async () => {
    const texts = Array.from({ length: 150 }, (_, i) => "x".repeat(i + 1));
    const vectors = await service().embed(texts);
    expect(asked.map(({ body }) => body.input.length)).toEqual([64, 64, 22]);
    expect(new Set(asked.map((one) => `${one.path} ${one.authorization} ${one.body.model}`))).toEqual(
      new Set([`/v1/embeddings Bearer ${KEY} m`]),
    );
    for (const [i, vector] of vectors.entries()) expect(vector[0]! / vector[1]!).toBeCloseTo(i + 1, 3);
    asked.length = 0;
    await service().embed(["a".repeat(40_000), "b".repeat(40_000)]);
    expect(asked).toHaveLength(2);
  });

  it("is asked without a key where there is none", async () => {
    await openai({ url: `${url}/`, model: "m", ...world }).embed(["x"]);
    expect(asked.map(({ path: at, authorization }) => [at, authorization])).toEqual([["/v1/embeddings", undefined]]);
  });

  it("is asked again after a pause that grows, and given up after four times", async () => {
    let failing = 2;
    reply = (one) => (failing-- > 0 ? { status: 503 } : usual(one));
    expect(await service().embed(["x"])).toHaveLength(1);
    expect(pauses).toEqual([500, 2_000]);
    pauses.length = 0;
    reply = () => ({ status: 500, body: `${KEY} secret text` });
    const failure = await service()
      .embed(["secret text"])
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: "the embedding service is busy or failing (500)", lasting: false });
    expect(pauses).toEqual([500, 2_000, 8_000]);
  });

  it("is left alone for as long as it wants, within reason", async () => {
    let busy = true;
    reply = (one) => {
      const first = busy;
      busy = false;
      return first ? { status: 429, headers: { "retry-after": "7" } } : usual(one);
    };
    await service().embed(["x"]);
    expect(pauses).toEqual([7_000]);
    reply = () => ({ status: 429, headers: { "retry-after": "3600" } });
    await expect(service().embed(["x"])).rejects.toThrow("(429)");
    expect(pauses).toEqual([7_000]);
  });

  it("has so much time to answer", async () => {
    const waited: number[] = [];
    const timeout = (milliseconds: number): AbortSignal => {
      waited.push(milliseconds);
      return AbortSignal.timeout(5);
    };
    reply = () => "never";
    await expect(service({ timeout }).embed(["x"])).rejects.toThrow("the embedding service did not answer in time");
    expect(waited).toEqual([30_000, 30_000, 30_000, 30_000]);
  });

  it.each<[string, Reply, Partial<EmbedderFailure>]>([
    [
      "refuses the key",
      { status: 401, body: { error: KEY } },
      { lasting: true, message: /refused the key \(401\)/ as unknown as string },
    ],
    ["knows no such model", { status: 404 }, { lasting: true }],
    ["refuses the text", { status: 400 }, { lasting: false, ofText: true }],
    ["leads elsewhere", { status: 307, headers: { location: "http://127.0.0.1:9/" } }, { lasting: false }],
    ["gives no JSON", { body: "<html>" }, { message: /no JSON/ as unknown as string }],
    ["gives nothing", { body: {} }, { message: /no vectors/ as unknown as string }],
    ["gives too few", { body: { data: [] } }, { message: /0 vectors for 1 texts/ as unknown as string }],
    ["gives no number", { body: { data: [{ embedding: [null, 1] }] } }, { ofText: true }],
    ["gives a number that is none", { body: '{"data":[{"embedding":[1e999,1]}]}' }, { ofText: true }],
    ["gives a vector that points nowhere", { body: { data: [{ embedding: [0, 0] }] } }, { ofText: true }],
    ["gives no vector", { body: { data: [{ embedding: "AAAA" }] } }, { ofText: false }],
    [
      "puts it elsewhere",
      { body: { data: [{ index: 7, embedding: [1] }] } },
      { message: /8 vectors for 1/ as unknown as string },
    ],
  ])("that %s is a failure with a reason", async (_what, answer, expected) => {
    reply = () => answer;
    const failure = await service()
      .embed(["a text of theirs"])
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EmbedderFailure);
    const { message, ...rest } = expected;
    expect(failure).toMatchObject(rest);
    if (message !== undefined) expect((failure as Error).message).toMatch(message);
    const told = `${(failure as Error).message}${(failure as Error).stack}${JSON.stringify(failure)}`;
    expect(told).not.toContain(KEY);
    expect(told).not.toContain("a text of theirs");
  });

  it("that changes its dimension is given up", async () => {
    const embedder = service();
    await embedder.embed(["x"]);
    reply = () => ({ body: { data: [{ embedding: [1, 2] }] } });
    await expect(embedder.embed(["y"])).rejects.toMatchObject({ lasting: true, message: /gave 2 numbers .* where 3/ });
  });

  it("that is not there is told by the system's word", async () => {
    const gone = openai({ url: "http://127.0.0.1:9/v1", model: "m", key: KEY, ...world });
    await expect(gone.embed(["x"])).rejects.toThrow(/^the embedding service cannot be reached( \(ECONNREFUSED\))?$/);
    expect(pauses).toHaveLength(3);
  });

  it("is not asked again for a call that was cancelled", async () => {
    const over = new AbortController();
    reply = () => {
      over.abort();
      return { status: 503 };
    };
    await expect(service().embed(["x"], over.signal)).rejects.toThrow("embedding was cancelled");
    expect(asked).toHaveLength(1);
  });
});

describe("the choice", () => {
  const nothing = { embedder: "auto", url: "", model: "" } as const;
  const choose = (choice: Partial<EmbedderChoice>, more: Partial<EmbedderWorld> = {}) => {
    const chosen = chooseEmbedder({ ...nothing, ...choice }, { ...world, ...more });
    return { ...chosen, id: chosen.embedder.id };
  };
  const bare = { from: path.join(folder, "bare.js") };

  it("by itself takes what is on this machine, and never a service", () => {
    const env = { ...world.env, OPENAI_API_KEY: KEY, GIT_MEMORY_EMBEDDER_KEY: KEY };
    expect(choose({ url, model: "m" }, { env, ...bare })).toMatchObject({
      driver: "none",
      reason: expect.stringContaining("@lat.md/embed"),
    });
    const installed = minilm() !== undefined;
    expect(choose({}, { from: path.resolve("package.json") }).driver).toBe(installed ? "minilm" : "none");
  });

  it("is what the person says, or none with a reason", async () => {
    expect(choose({ embedder: "hashed" })).toMatchObject({ driver: "hashed", id: "hashed/256" });
    expect(choose({ embedder: "none" })).toMatchObject({ driver: "none", wanted: true });
    for (const embedder of ["minilm", "minilm-onnx", "transformers"] as const) {
      const chosen = choose({ embedder, model: "m" }, bare);
      expect(chosen).toMatchObject({ driver: "none", id: "none", reason: expect.any(String) });
      await expect(chosen.embedder.embed(["x"])).rejects.toMatchObject({ lasting: true, message: chosen.reason });
    }
    expect(choose({ embedder: "transformers" }, bare).reason).toContain("embedder_model");
  });

  it("of a service gives OpenAI's key to OpenAI only", async () => {
    expect(choose({ embedder: "openai" }).reason).toContain("GIT_MEMORY_EMBEDDER_KEY");
    expect(choose({ embedder: "openai" }, { env: { OPENAI_API_KEY: KEY } }).id).toBe(
      "openai/api.openai.com/v1/text-embedding-3-small",
    );
    expect(choose({ embedder: "openai", url }).reason).toContain("embedder_model");
    const at = (env: Record<string, string>) =>
      choose({ embedder: "openai", url, model: "m" }, { env }).embedder.embed(["x"]);
    await at({ OPENAI_API_KEY: KEY });
    await at({ OPENAI_API_KEY: "other", GIT_MEMORY_EMBEDDER_KEY: KEY });
    expect(asked.map(({ authorization }) => authorization)).toEqual([undefined, `Bearer ${KEY}`]);
  });
});

describe("weights", () => {
  const cache = weightsFolder(path.join(folder, "weights"));
  const read = async (place: string) => (fs.existsSync(place) ? fs.readFileSync(place) : undefined);

  it("that are not what they have to be are not installed, and what was there stays", async () => {
    const from = path.join(folder, "from");
    await expect(installWeights(cache, from, read)).rejects.toMatchObject({ code: "not_found" });
    put(path.join(from, "tokenizer.json"), "{}");
    put(path.join(from, "model_quantized.onnx"), "nothing");
    await expect(installWeights(cache, from, read)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}/),
    });
    expect(fs.existsSync(cache)).toBe(false);
  });

  it.skipIf(MODELS === undefined)("are put into the folder with whose they are, from a folder or a file", async () => {
    for (const from of [MODELS!, path.join(MODELS!, "model_quantized.onnx")]) {
      expect(await installWeights(cache, from, read)).toEqual(["tokenizer.json", "model_quantized.onnx"]);
      expect(fs.readdirSync(cache).sort()).toEqual(["NOTICE.txt", "model_quantized.onnx", "tokenizer.json"]);
      expect(fs.readFileSync(path.join(cache, "NOTICE.txt"), "utf8")).toContain("Apache License");
      fs.rmSync(cache, { recursive: true });
    }
  });
});

describe("what a model gives", () => {
  it("is made unit vectors, or refused", () => {
    expect(unitVectors([[3, 4]], 1, 2)).toEqual([new Float32Array([0.6, 0.8])]);
    expect(() => unitVectors([[1], [1, 2]], 2, 0)).toThrow(/gave 2 numbers a vector where 1/);
    for (const bad of [undefined, "x", [1], [[Number.NaN]], [["1"]], [[]], [[1e308, 1e308]]])
      expect(() => unitVectors(bad, 1, 0)).toThrow(EmbedderFailure);
  });
});
