import fc from "fast-check";
import { expect, test } from "vitest";
import { type SearchIndex as Index, SearchIndex } from "../../src/search/search-index.js";
import type { SearchRequest } from "../../src/search/search-request.js";
import { hashVector } from "../support/hash-vectors.js";
import { drop, embed, facts, type Given, NOW, pathOf, placesOf, put, restored } from "./states.js";

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
  state: fc.record(
    {
      updatedAt: fc.constantFrom(1, NOW - 1000, NOW),
      author: fc.constantFrom("Ada", "Bob"),
      pending: fc.constant(true),
    },
    { requiredKeys: [] },
  ),
});

const step = fc.oneof(
  { weight: 3, arbitrary: given.map((item) => ({ item, what: "put" as const })) },
  { weight: 2, arbitrary: given.map((item) => ({ item, what: "facts" as const })) },
  { weight: 1, arbitrary: given.map((item) => ({ item, what: "drop" as const })) },
  { weight: 2, arbitrary: given.map((item) => ({ item, what: "move" as const })) },
  { weight: 3, arbitrary: given.map((item) => ({ item, what: "embed" as const })) },
  { weight: 1, arbitrary: given.map((item) => ({ item, what: "sleep" as const })) },
);

/** Texts that move to another place, as a rename or another branch has them. */
const moved = (item: Given): Given => ({ ...item, name: item.name === "a" ? "f" : "a" });

const REQUESTS: readonly SearchRequest[] = [
  { query: "alpha gamma" },
  { query: "getUserName error" },
  { query: "alhpa 数据", min_score: 0 },
  { query: "gam* -beta", explain: true },
  { query: '"alpha beta"', include: ["archived"] },
  { query: "alpha", kinds: ["guideline"], min_importance: 0.3 },
  {},
  { tags_any: ["db"], sort: "title", limit: 2 },
  { author: "Ada" },
  { query: "alpha", updated_after: NOW - 1000 },
  { query: "gamma delta", vector: hashVector("gamma delta"), explain: true },
  { query: "getUserName -beta", vector: hashVector("getUserName"), mode: "vector", min_score: 0, explain: true },
  { query: "alpha", vector: hashVector("alpha"), kinds: ["guideline"], limit: 2 },
  { query: '"alpha beta" the', vector: hashVector("alpha beta the"), include: ["archived"] },
  { query: "alpha", vector: hashVector("beta"), mode: "text" },
  { updated_before: NOW, sort: "updated" },
];

const versionOf = (item: Given): string => put(item).after!.version;

function empty(live: ReadonlyMap<string, Given>): Index {
  const byPath = () => new Map([...live.values()].map((item) => [pathOf(item), item.body]));
  return SearchIndex.create({ readBody: async (_store, path) => byPath().get(path), placesOf, now: () => NOW });
}

test("the index built step by step equals the index rebuilt", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const live = new Map<string, Given>();
      const embedded = new Set<string>();
      let grown = empty(live);
      for (const { item, what } of steps) {
        if (what === "sleep") {
          grown = restored(grown, empty(live));
          continue;
        }
        if (what === "embed") {
          // What an embedder gives for a text that is not there any more is passed over.
          embed(grown, item);
          const now = live.get(pathOf(item));
          if (now) {
            embed(grown, now);
            embedded.add(pathOf(now));
          }
          continue;
        }
        if (what === "move") {
          const from = live.get(pathOf(item));
          if (!from) continue;
          const to = moved(from);
          grown.apply([drop(from), put(to)]);
          if (!(live.has(pathOf(to)) && versionOf(live.get(pathOf(to))!) === versionOf(to)))
            embedded.delete(pathOf(to));
          live.delete(pathOf(from));
          embedded.delete(pathOf(from));
          live.set(pathOf(to), to);
          continue;
        }
        const there = live.get(pathOf(item));
        // News about a text that is not there any more may come late: it says nothing.
        const told = what === "facts" && there ? { ...there, state: item.state ?? {} } : item;
        const same = there !== undefined && versionOf(there) === versionOf(told);
        if (what === "drop" || (what === "put" && !same)) embedded.delete(pathOf(item));
        if (what === "drop") live.delete(pathOf(item));
        else if (what === "put" || there) live.set(pathOf(item), told);
        const change = what === "drop" ? drop(item) : what === "put" ? put(item) : facts(told);
        grown.apply([change]);
        if (item.name === "c") grown.apply([change, change]);
      }
      const rebuilt = empty(live);
      rebuilt.apply([...live.values()].reverse().map(put));
      for (const item of live.values()) if (embedded.has(pathOf(item))) embed(rebuilt, item);
      const missing = (index: Index) => [...index.withoutVectors()].map(({ path }) => path).sort();
      expect(missing(grown)).toEqual([...live.keys()].filter((path) => !embedded.has(path)).sort());
      expect(missing(rebuilt)).toEqual(missing(grown));
      expect(grown.vectors).toEqual(rebuilt.vectors);
      expect(grown.vectors).toMatchObject({ embedded: embedded.size, total: live.size });
      expect(grown.size).toBe(rebuilt.size);
      const relations = (index: Index) => [...index.relations.all()].map((link) => JSON.stringify(link)).sort();
      expect(relations(grown)).toEqual(relations(rebuilt));
      for (const request of REQUESTS) {
        const [a, b] = await Promise.all([grown.search(request), rebuilt.search(request)]);
        expect(a.hits.map(({ explain }) => explain?.meaning)).toEqual(b.hits.map(({ explain }) => explain?.meaning));
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

test("news about an entry leaves its text alone, also news about another text", async () => {
  const item = { name: "a", body: "alpha beta" };
  const index = empty(new Map([[pathOf(item), item]]));
  index.apply([put(item)]);
  index.apply([facts({ ...item, state: { updatedAt: NOW, author: "Ada" } })]);
  index.apply([facts({ ...item, body: "other", state: { author: "Bob" } })]);
  const { hits } = await index.search({ query: "beta", author: "Ada", updated_after: NOW });
  expect(hits.map(({ entry }) => [entry.name, entry.author, entry.updatedAt])).toEqual([["a", "Ada", NOW]]);
  index.apply([facts(item)]);
  expect((await index.search({ query: "beta", author: "Ada" })).total).toBe(0);
  expect((await index.search({ query: "beta" })).total).toBe(1);
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
