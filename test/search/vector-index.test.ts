import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hammingDistances, SignBits, signBits } from "../../src/search/sign-bits.js";
import { VectorIndex } from "../../src/search/vector-index.js";
import { seeded } from "../bench/corpus.js";
import { unit } from "../support/hash-vectors.js";

const ALL = { passages: 1_000_000, accepts: () => true };

function randomUnit(random: { next(): number }, dimensions: number): Float32Array {
  // The sum of some even numbers is near enough to a normal one.
  const value = () => Array.from({ length: 6 }, () => random.next()).reduce((sum, one) => sum + one - 0.5, 0);
  return unit(Float32Array.from({ length: dimensions }, value));
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** What an index must answer, by looking at everything. */
function brute(query: Float32Array, entries: ReadonlyMap<number, readonly Float32Array[]>) {
  return new Map(
    [...entries].flatMap(([slot, vectors]) => {
      const cosines = vectors.map((vector) => dot(query, vector));
      const cosine = Math.max(...cosines);
      return vectors.length === 0 ? [] : [[slot, { passage: cosines.indexOf(cosine), cosine }] as const];
    }),
  );
}

function expectSame(found: ReturnType<VectorIndex["nearest"]>["found"], expected: ReturnType<typeof brute>): void {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [slot, { cosine, passage }] of expected) {
    expect(found.get(slot)!.cosine).toBeCloseTo(cosine, 4);
    expect(found.get(slot)!.passage).toBe(passage);
  }
}

test.each([1, 31, 33, 384, 1_024, 3_072])(
  "signs of %i dimensions differ in as many bits as they differ",
  (dimensions) => {
    const random = seeded(dimensions);
    const [query, ...vectors] = Array.from({ length: 4 }, () => randomUnit(random, dimensions));
    const opposite = query!.map((value) => -value);
    const words = Math.ceil(dimensions / 32);
    const bits = new Uint32Array(words * 4);
    [...vectors, opposite].forEach((vector, row) => void signBits(vector, bits, row * words));
    const asked = new Uint32Array(words);
    signBits(query!, asked, 0);
    const distances = new Uint16Array(4);
    hammingDistances(asked, bits, 4, distances);
    const differing = (vector: Float32Array) => vector.filter((value, i) => value > 0 !== query![i]! > 0).length;
    expect([...distances]).toEqual([...vectors, opposite].map(differing));
    expect(distances[3]).toBe(dimensions);
  },
);

describe("the signs of vectors", () => {
  test.each([1, 31, 32, 33, 64, 127, 128, 129, 384, 768, 1_536, 3_968, 3_969, 4_200])(
    "of %i dimensions are compared as one by one",
    (dimensions) => {
      const random = seeded(dimensions);
      const vectors = Array.from({ length: 40 }, () =>
        Float32Array.from({ length: dimensions }, () => random.next() - 0.5),
      );
      const signs = new SignBits(dimensions);
      // Room is made bit by bit, and rows are moved, as the index does.
      vectors.forEach((vector, row) => {
        signs.reserve(row + 1);
        signs.set(row, vector);
      });
      signs.move(39, 3);
      vectors[3] = vectors[39]!;
      const query = Float32Array.from({ length: dimensions }, () => random.next() - 0.5);
      const differing = (vector: Float32Array) =>
        vector.reduce((sum, one, i) => sum + Number(one > 0 !== query[i]! > 0), 0);
      expect([...signs.distances(query, 40)]).toEqual(vectors.map(differing));
      expect([...signs.distances(vectors[0]!, 1)]).toEqual([0]);
    },
  );
});

describe("the vector index", () => {
  test("keeps the last vectors of each entry through any order of changes, and compaction", () => {
    const change = fc.record({ slot: fc.integer({ min: 1, max: 12 }), count: fc.nat({ max: 5 }), seed: fc.nat() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150 }), fc.constantFrom(5, 32, 70), (changes, dimensions) => {
        const index = new VectorIndex();
        const kept = new Map<number, Float32Array[]>();
        for (const { slot, count, seed } of changes) {
          const random = seeded(seed);
          const vectors = Array.from({ length: count }, () => randomUnit(random, dimensions));
          if (count === 0) {
            index.remove(slot);
            kept.delete(slot);
          } else {
            index.set(slot, vectors);
            kept.set(slot, vectors);
          }
        }
        const query = randomUnit(seeded(7), dimensions);
        expect(index.size).toBe(kept.size);
        expect(index.passages).toBe([...kept.values()].reduce((sum, { length }) => sum + length, 0));
        expect(index.dimensions).toBe(kept.size === 0 ? undefined : dimensions);
        for (let slot = 0; slot < 14; slot++) expect(index.has(slot)).toBe(kept.has(slot));
        const { found } = index.nearest(query, ALL);
        expectSame(found, brute(query, kept));
        const rebuilt = new VectorIndex();
        for (const [slot, vectors] of [...kept].reverse()) rebuilt.set(slot, vectors);
        const again = rebuilt.nearest(query, ALL);
        expect(new Map([...again.found].sort())).toEqual(new Map([...found].sort()));
        expect(again.background).toBe(index.nearest(query, ALL).background);
      }),
    );
  });

  const random = seeded(11);
  const many = new Map(Array.from({ length: 5_000 }, (_, n) => [n + 1, [randomUnit(random, 384)]]));
  const large = new VectorIndex();
  for (const [slot, vectors] of many) large.set(slot, vectors);
  /** Something of a known entry, and a lot that is not: as near as a question is to its answer. */
  const asking = (slot: number): Float32Array => {
    const noise = randomUnit(random, 384);
    return unit(many.get(slot)![0]!.map((value, i) => 0.6 * value + 0.8 * noise[i]!));
  };

  test("finds by signs alone what is nearest, and most of what is near", () => {
    let shared = 0;
    for (let slot = 1; slot <= 15; slot++) {
      const query = asking(slot * 100);
      const { found } = large.nearest(query, { passages: 400, accepts: () => true });
      const best = (map: ReadonlyMap<number, { cosine: number }>) =>
        [...map].sort((a, b) => b[1].cosine - a[1].cosine).slice(0, 10);
      const expected = best(brute(query, many));
      expect(best(found)[0]?.[0]).toBe(slot * 100);
      expect(found.size).toBeLessThan(800);
      shared += expected.filter(([one]) => found.has(one)).length;
    }
    // Nothing is harder: nine of these ten are near by chance alone.
    expect(shared / 150).toBeGreaterThan(0.7);
  });

  test("filters come before scoring: what does not count takes no place", () => {
    const query = asking(700);
    const rare = new Set([1_000, 2_000, 3_000, 4_000, 5_000]);
    const byTest = large.nearest(query, { passages: 400, accepts: (slot) => rare.has(slot) }).found;
    const bySet = large.nearest(query, { passages: 400, accepts: () => true, among: rare }).found;
    const expected = brute(query, new Map([...many].filter(([slot]) => rare.has(slot))));
    expectSame(byTest, expected);
    expectSame(bySet, expected);
    const half = new Set([...many.keys()].filter((slot) => slot % 2 === 0));
    const { found } = large.nearest(query, { passages: 400, accepts: (slot) => slot !== 700, among: half });
    expect(found.size).toBeGreaterThanOrEqual(400);
    for (const slot of found.keys()) expect([slot % 2, slot === 700]).toEqual([0, false]);
  });

  test("tells the cosine that passages have by chance", () => {
    const query = asking(1);
    expect(Math.abs(large.nearest(query, ALL).background)).toBeLessThan(0.02);
    const leaning = new VectorIndex();
    for (let slot = 1; slot <= 500; slot++) {
      const noise = randomUnit(random, 384);
      leaning.set(slot, [unit(query.map((value, i) => 0.6 * value + 0.8 * noise[i]!))]);
    }
    expect(leaning.nearest(query, ALL).background).toBeCloseTo(0.6, 1);
  });

  test("refuses what is no unit vector or of another dimension, and keeps what it has", () => {
    const index = new VectorIndex();
    index.set(1, [unit(Float32Array.of(1, 2, 3))]);
    const refused: readonly [readonly Float32Array[], RegExp][] = [
      [[Float32Array.of(1, 0, Number.NaN)], /no number/],
      [[Float32Array.of(1, 0, Number.POSITIVE_INFINITY)], /no number/],
      [[Float32Array.of(0, 0, 0)], /length 0/],
      [[Float32Array.of(3, 4, 0)], /length 5/],
      [[Float32Array.of(1, 0, 0), Float32Array.of(1, 0)], /2 has 2 dimensions where the others have 3/],
      [[Float32Array.of()], /0 dimensions/],
    ];
    for (const [vectors, message] of refused) {
      const refusal = expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(message) });
      expect(() => index.set(1, vectors)).toThrow(refusal);
      expect(() => index.set(2, vectors)).toThrow(refusal);
      expect(() => index.nearest(vectors.at(-1)!, ALL)).toThrow(expect.objectContaining({ code: "invalid_input" }));
    }
    expect([...index.nearest(unit(Float32Array.of(1, 2, 3)), ALL).found.keys()]).toEqual([1]);
    expect(index.nearest(unit(Float32Array.of(1, 2, 3)), ALL).found.get(1)!.cosine).toBeCloseTo(1, 6);
    index.clear();
    index.set(1, [unit(Float32Array.of(1, 2))]);
    expect(index.dimensions).toBe(2);
    expect(new VectorIndex().nearest(Float32Array.of(1), ALL)).toEqual({ found: new Map(), background: 0 });
  });
});
