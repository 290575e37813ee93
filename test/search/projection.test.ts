import fc from "fast-check";
import { expect, test } from "vitest";
import { type SearchIndex as Index, SearchIndex } from "../../src/search/search-index.js";
import type { SearchRequest } from "../../src/search/search-request.js";
import { drop, type Given, NOW, pathOf, put } from "./states.js";

const WORDS = ["alpha", "beta", "gamma", "delta", "getUserName", "error-handling", "数据库", "1.2.3", "the", "gammas"];

const given: fc.Arbitrary<Given> = fc.record({
  name: fc.constantFrom("a", "b", "c", "d", "e", "f"),
  kind: fc.constantFrom("memory" as const, "guideline" as const),
  title: fc.constantFrom(...WORDS),
  body: fc.array(fc.constantFrom(...WORDS), { maxLength: 8 }).map((words) => words.join(" ")),
  fields: fc.record(
    {
      tags: fc.subarray(["alpha", "db"]),
      importance: fc.constantFrom(0.1, 0.9),
      status: fc.constant("archived" as const),
      relations: fc.constant([{ type: "supersedes", target: "memories/a" }]),
    },
    { requiredKeys: [] },
  ),
  state: fc.record({ updatedAt: fc.constantFrom(1, NOW - 1000, NOW) }, { requiredKeys: [] }),
});

const step = fc.oneof(
  { weight: 3, arbitrary: given.map((item) => ({ item, gone: false })) },
  {
    weight: 1,
    arbitrary: given.map((item) => ({ item, gone: true })),
  },
);

const REQUESTS: readonly SearchRequest[] = [
  { query: "alpha gamma" },
  { query: "getUserName error" },
  { query: "alhpa 数据", min_score: 0 },
  { query: "gam* -beta", explain: true },
  { query: '"alpha beta"', include: ["archived"] },
  { query: "alpha", kinds: ["guideline"], min_importance: 0.3 },
  {},
  { tags_any: ["db"], sort: "title", limit: 2 },
];

function empty(live: ReadonlyMap<string, Given>): Index {
  const byPath = () => new Map([...live.values()].map((item) => [pathOf(item), item.body]));
  return SearchIndex.create({ readBody: async (_store, path) => byPath().get(path), now: () => NOW });
}

test("the index built step by step equals the index rebuilt", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const live = new Map<string, Given>();
      const grown = empty(live);
      for (const { item, gone } of steps) {
        if (gone) live.delete(pathOf(item));
        else live.set(pathOf(item), item);
        const change = gone ? drop(item) : put(item);
        grown.apply([change]);
        if (item.name === "c") grown.apply([change, change]);
      }
      const rebuilt = empty(live);
      rebuilt.apply([...live.values()].reverse().map(put));
      expect(grown.size).toBe(rebuilt.size);
      for (const request of REQUESTS) {
        const [a, b] = await Promise.all([grown.search(request), rebuilt.search(request)]);
        expect(a.hits.map(({ entry, snippet, flags }) => ({ entry, snippet, flags }))).toEqual(
          b.hits.map(({ entry, snippet, flags }) => ({ entry, snippet, flags })),
        );
        a.hits.forEach(({ score }, i) => {
          expect(Math.abs(score - b.hits[i]!.score)).toBeLessThan(1e-9);
        });
        expect({ ...a, hits: [] }).toEqual({ ...b, hits: [] });
      }
    }),
    { numRuns: 60 },
  );
});

test("removing an unknown entry and applying twice change nothing", () => {
  const index = empty(new Map());
  const change = put({ name: "a", body: "alpha" });
  index.apply([drop({ name: "zzz" }), change, change]);
  expect(index.size).toBe(1);
  expect([...index.entries()].map(({ name }) => name)).toEqual(["a"]);
  expect(index.get("s", "memories/a.md")?.title).toBe("a");
  expect(index.get("other", "memories/a.md")).toBeUndefined();
});
