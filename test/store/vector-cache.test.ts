import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyOf, VectorCache } from "../../src/store/vector-cache.js";
import type { VectorRecord } from "../../src/store/vector-file.js";
import { temporaryFolder } from "../support/repositories.js";

let folder: string;
const open: VectorCache[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((cache) => cache.close()));
  fs.rmSync(folder, { recursive: true, force: true });
});

function cacheOf(id = "e"): VectorCache {
  const cache = new VectorCache(folder, id);
  open.push(cache);
  return cache;
}
const vectorOf = (text: string): Float32Array => Float32Array.from([text.length, text.charCodeAt(0), 0.1]);
const record = (text: string): VectorRecord => ({ key: keyOf(text), vector: vectorOf(text) });
const file = (): string => {
  const [name = ""] = fs.readdirSync(path.join(folder, "vectors"));
  return path.join(folder, "vectors", name);
};
async function held(texts: readonly string[], cache = cacheOf()): Promise<string[]> {
  await cache.refresh();
  return texts.filter((text) => {
    const vector = cache.vector(keyOf(text));
    // Whatever happened to the file, what comes out of it is right.
    if (vector) expect(vector).toEqual(vectorOf(text));
    return vector !== undefined;
  });
}
const TEXTS = ["alpha", "beta", "gamma", "delta"];

describe("the cache of vectors", () => {
  it("gives back what was put in, to this process and others, also after it was deleted", async () => {
    const [one, other] = [cacheOf(), cacheOf()];
    expect(await held(TEXTS, one)).toEqual([]);
    expect(await one.add([record("alpha"), { key: keyOf("state"), texts: [keyOf("alpha"), keyOf("beta")] }])).toBe(
      true,
    );
    expect(await held(TEXTS, other)).toEqual(["alpha"]);
    await other.add([record("alpha"), record("beta")]);
    expect(await held(TEXTS, one)).toEqual(["alpha", "beta"]);
    expect(one.texts(keyOf("state"))).toEqual([keyOf("alpha"), keyOf("beta")]);
    expect(one.vector(keyOf("state"))).toBeUndefined();
    fs.rmSync(path.join(folder, "vectors"), { recursive: true });
    expect(await held(TEXTS, one)).toEqual([]);
    await one.add([record("gamma")]);
    expect(await held(TEXTS)).toEqual(["gamma"]);
  });

  it("keeps nothing twice, embedders apart, and refuses another dimension", async () => {
    const cache = cacheOf();
    await cache.add(TEXTS.map(record));
    const { size } = fs.statSync(file());
    await cache.add(TEXTS.map(record));
    expect(fs.statSync(file()).size).toBe(size);
    expect(await held(TEXTS, cacheOf("another"))).toEqual([]);
    await expect(cache.add([{ key: keyOf("x"), vector: new Float32Array(2) }])).rejects.toThrow("one dimension");
    expect(await held([...TEXTS, "x"])).toEqual(TEXTS);
  });

  it("passes over what is damaged or cut off, and never gives a wrong vector", async () => {
    await cacheOf().add(TEXTS.map(record));
    const whole = fs.readFileSync(file());
    const at = file();
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (position, bit) => {
        const bytes = Buffer.from(whole);
        bytes[position]! ^= 1 << bit;
        fs.writeFileSync(at, bytes);
        const cache = new VectorCache(folder, "e");
        // A vector of three numbers has 60 bytes here: one flip costs one of them, or, in the beginning, the file.
        const left = await held(TEXTS, cache);
        expect([0, TEXTS.length - 1]).toContain(left.length);
        await cache.close();
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        fs.writeFileSync(at, whole.subarray(0, length));
        const cache = new VectorCache(folder, "e");
        const left = await held(TEXTS, cache);
        expect(left).toEqual(TEXTS.slice(0, left.length));
        // What is written after a kill is found, wherever the file was cut off.
        await cache.add([record("later"), record("latest")]);
        expect(await held(["later", "latest"], cache)).toEqual(["later", "latest"]);
        expect(await held([...left, "later", "latest"])).toEqual([...left, "later", "latest"]);
        await cache.close();
      }),
      { numRuns: 60 },
    );
  });

  it("is written anew without what nobody needs, when that is much", async () => {
    const cache = cacheOf();
    const long = (at: number): VectorRecord => ({ key: keyOf(`t${at}`), vector: new Float32Array(65_536).fill(at) });
    for (let at = 0; at < 80; at++) await cache.add([long(at)]);
    const { size } = fs.statSync(file());
    const live = new Set([keyOf("t0"), keyOf("t1")]);
    const other = cacheOf();
    await other.refresh();
    await cache.compact(live);
    expect(fs.statSync(file()).size).toBeLessThan(size / 10);
    for (const one of [cache, other]) {
      await one.refresh();
      // Those that live, and as many of the newest.
      expect([0, 1, 78, 79].map((at) => one.vector(keyOf(`t${at}`))?.[0])).toEqual([0, 1, 78, 79]);
      expect(one.vector(keyOf("t40"))).toBeUndefined();
    }
    const small = fs.statSync(file()).size;
    await cache.compact(live);
    expect(fs.statSync(file()).size).toBe(small);
  });

  it("says that it could not keep them where nothing can be written", async () => {
    fs.writeFileSync(path.join(folder, "vectors"), "a file where the folder belongs");
    expect(await cacheOf().add([record("alpha")])).toBe(false);
  });
});
