import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Decay, decayed } from "../../src/search/decay.js";
import type { Indexed } from "../../src/search/indexed.js";
import { SearchIndex } from "../../src/search/search-index.js";
import { type Given, NOW, placesOf, put } from "./states.js";

const DAY = 86_400_000;

/** An index whose entries were read at these times, by name. */
function indexOf(all: readonly Given[], reads: ReadonlyMap<string, readonly number[]>, rate: number | undefined) {
  const clock = { now: NOW };
  const decay: Decay | undefined =
    rate === undefined
      ? undefined
      : { rate, lastRead: ({ name }, before) => reads.get(name)?.findLast((time) => time <= before) };
  const index = SearchIndex.create({
    readBody: async () => "",
    placesOf,
    now: () => clock.now,
    decay: () => decay,
  });
  index.apply(all.map(put));
  return { index, clock };
}

const memory = (name: string, more: Partial<Given> = {}): Given => ({ name, title: "same words", ...more });
const agedBy = (days: number): Pick<Given, "state"> => ({ state: { updatedAt: NOW - days * DAY } });
const order = async (index: SearchIndex, limit = 50) =>
  (await index.search({ query: "same words", limit, explain: true })).hits.map(({ entry, score }) => [
    entry.name,
    score,
  ]);

describe("decay", () => {
  it("is importance × e^(−rate × days) since the later of the last read and the last change, and told in explain", async () => {
    const all = [
      memory("old", { fields: { importance: 0.8 }, ...agedBy(30) }),
      memory("read", { fields: { importance: 0.8 }, ...agedBy(30) }),
      memory("own", { fields: { importance: 0.8, decay_rate: 0 }, ...agedBy(30) }),
      memory("rule", { kind: "guideline", ...agedBy(30) }),
      memory("pattern", { kind: "pattern", fields: { decay_rate: 0 } as never, ...agedBy(10) }),
    ];
    const { index } = indexOf(all, new Map([["read", [NOW - 40 * DAY, NOW - 10 * DAY]]]), 0.1);
    const { hits } = await index.search({ query: "same words", explain: true });
    const told = new Map(hits.map(({ entry, explain }) => [entry.name, explain!.adjustments[0]!]));
    const of = (name: string) => told.get(name)?.decay;
    expect(of("old")).toEqual({ importance: 0.8, rate: 0.1, days: 30, effective: 0.8 * Math.exp(-3) });
    expect(of("read")).toEqual({ importance: 0.8, rate: 0.1, days: 10, effective: 0.8 * Math.exp(-1) });
    expect(of("own")).toEqual({ importance: 0.8, rate: 0, days: 30, effective: 0.8 });
    expect(of("pattern")?.effective).toBeCloseTo(0.5 * Math.exp(-1), 12);
    expect(told.get("rule")).toEqual({ name: "priority", factor: 1 });
    expect(told.get("old")).toMatchObject({ name: "importance", factor: 1 + 0.04 * (0.8 * Math.exp(-3) - 0.5) });
    for (const { explain } of hits) {
      const text = explain!.clauses.reduce((sum, { score }) => sum + score, 0);
      expect(
        Math.min(
          explain!.adjustments.reduce((score, { factor }) => score * factor, text),
          1,
        ),
      ).toBeCloseTo(explain!.final, 9);
    }
  });

  it("counts a time to come as now, and leaves an entry without any time as it is", () => {
    const entry = { kind: "memory", updatedAt: NOW + DAY, importance: 1 } as Indexed;
    const never: Decay = { rate: 1, lastRead: () => undefined };
    expect(decayed(entry, never, NOW)).toEqual({ importance: 1, rate: 1, days: 0, effective: 1 });
    const { updatedAt: _at, ...timeless } = entry;
    expect(decayed(timeless as Indexed, never, NOW)).toBeUndefined();
    expect(decayed(timeless as Indexed, { rate: 1, lastRead: () => NOW - DAY }, NOW)?.days).toBe(1);
  });

  it("keeps the order of a page sequence, whatever is read between two pages", async () => {
    const reads = new Map<string, number[]>();
    const all = Array.from({ length: 12 }, (_, at) => memory(`m${at}`, agedBy(20 + at)));
    const { index, clock } = indexOf(all, reads, 0.1);
    const whole = (await order(index)).map(([name]) => name);
    const first = await index.search({ query: "same words", limit: 5 });
    clock.now += 60_000;
    reads.set("m11", [clock.now - 1]);
    const next = await index.search({ query: "same words", limit: 7, cursor: first.nextCursor! });
    expect([...first.hits, ...next.hits].map(({ entry }) => entry.name)).toEqual(whole);
    expect((await order(index))[0]?.[0]).toBe("m11");
  });

  it("refuses a cursor when the rate changed between two pages", async () => {
    const all = Array.from({ length: 4 }, (_, at) => memory(`m${at}`, agedBy(at)));
    const before = await indexOf(all, new Map(), 0.1).index.search({ query: "same words", limit: 2 });
    const after = indexOf(all, new Map(), 0.2).index.search({
      query: "same words",
      limit: 2,
      cursor: before.nextCursor!,
    });
    await expect(after).rejects.toMatchObject({ code: "invalid_input" });
  });
});

const given: fc.Arbitrary<Given> = fc.record({
  name: fc.constantFrom(..."abcdefghijklmnopqrst"),
  title: fc.constantFrom("same words", "same other", "words of the same kind"),
  kind: fc.constantFrom("memory" as const, "guideline" as const, "tool" as const, "pattern" as const),
  fields: fc.record(
    { importance: fc.double({ min: 0, max: 1, noNaN: true }), decay_rate: fc.double({ min: 0, max: 1, noNaN: true }) },
    { requiredKeys: [] },
  ),
  state: fc.record({ updatedAt: fc.integer({ min: NOW - 400 * DAY, max: NOW }) }, { requiredKeys: [] }),
});
const entries = fc.uniqueArray(given, { selector: ({ name }) => name, maxLength: 20 });
const readAt = fc.dictionary(
  fc.constantFrom(..."abcdefghijklmnopqrst"),
  fc.integer({ min: NOW - 400 * DAY, max: NOW }),
);

it("gives an order that does not depend on when the index was built, nor on how much of it is asked for", async () => {
  await fc.assert(
    fc.asyncProperty(entries, readAt, async (all, read) => {
      const reads = new Map<string, number[]>();
      const early = indexOf(all, reads, 0.1).index;
      for (const [name, at] of Object.entries(read)) reads.set(name, [at]);
      const late = indexOf([...all].reverse(), reads, 0.1).index;
      const whole = await order(early);
      expect(whole).toEqual(await order(late));
      // What is left uncomputed for a short page is what could not be on it.
      for (const limit of [1, 3]) expect(await order(late, limit)).toEqual(whole.slice(0, limit));
      const totals = await Promise.all(
        [1, 50].map((limit) => late.search({ query: "same words", limit, min_score: 0.4 })),
      );
      expect(totals[0]?.total).toBe(totals[1]?.total);
    }),
    { numRuns: 60 },
  );
});

it("gives, switched off or at rate 0, the scores of an index that knows of no decay", async () => {
  await fc.assert(
    fc.asyncProperty(entries, async (all) => {
      const plain = all.map((one) => ({ ...one, fields: { importance: one.fields?.importance ?? 0.5 } }));
      const reads = new Map([["a", [NOW]]]);
      expect(await order(indexOf(plain, reads, 0).index)).toEqual(await order(indexOf(plain, reads, undefined).index));
    }),
    { numRuns: 30 },
  );
});
