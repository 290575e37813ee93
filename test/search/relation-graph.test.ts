import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Relation } from "../../src/entry/entry.js";
import { addressOf, type Indexed } from "../../src/search/indexed.js";
import type { RelationGraph } from "../../src/search/relation-graph.js";
import type { Direction } from "../../src/search/relation-ways.js";
import type { SearchIndex } from "../../src/search/search-index.js";
import { drop, facts, type Given, indexOf, NOW, names, pathOf, put } from "./states.js";

const NAMES = ["a", "b", "c", "d", "e", "f"];
const SCOPES = ["project/api", "session/x"];
const TYPES = ["depends_on", "related_to", "relates_to", "resolves", "resolved_by", "Blocks", "unrelated_to"];

const relation: fc.Arbitrary<Relation> = fc.record({
  type: fc.constantFrom(...TYPES),
  target: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...NAMES).map((name) => `memories/${name}`) },
    { weight: 2, arbitrary: fc.constantFrom(...NAMES).map((name) => `session/x:memories/${name}`) },
    { weight: 1, arbitrary: fc.constantFrom("memories/gone", "org/none:memories/a", "no address", "project/api:") },
  ),
});

const given: fc.Arbitrary<Given> = fc.record({
  name: fc.constantFrom(...NAMES),
  scope: fc.constantFrom(...SCOPES),
  fields: fc.array(relation, { maxLength: 4 }).map((relations) => ({ relations })),
});

interface Step {
  readonly item: Given;
  readonly gone: boolean;
  /** The new name of an entry that is moved. */
  readonly to?: string;
  /** Only news about what is there: with the entry, or the facts alone. */
  readonly news?: "whole" | "facts";
}

const stepsOf = (given: fc.Arbitrary<Given>): fc.Arbitrary<Step> =>
  fc.oneof(
    { weight: 5, arbitrary: given.map((item) => ({ item, gone: false })) },
    { weight: 1, arbitrary: given.map((item) => ({ item, gone: true })) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(given, fc.constantFrom("whole" as const, "facts" as const))
        .map(([item, news]) => ({ item, gone: false, news })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(given, fc.constantFrom(...NAMES)).map(([item, to]) => ({ item, gone: false, to })),
    },
  );
const step = stepsOf(given);
/** Also entries that share their address with one that is private. */
const stepWithTwins = stepsOf(
  fc.tuple(given, fc.boolean()).map(([item, apart]) => (apart ? { ...item, private: true } : item)),
);

interface Edge {
  readonly source: string;
  readonly type: string;
  readonly target: string;
}

/** Every relation as a list: what the graph has to know, in the plainest form. */
function edgesOf(live: ReadonlyMap<string, Given>): Edge[] {
  return [...live.values()].flatMap(({ name, scope = "project/api", fields }) => {
    const own = `${scope}:memories/${name}`;
    return (fields?.relations ?? []).flatMap(({ type, target }) => {
      const local = target.startsWith("memories/");
      const other = local ? `${scope}:${target}` : target;
      if (other === own) return [];
      if (type === "resolved_by") return [{ source: other, type: "resolves", target: own }];
      return [{ source: own, type: type === "relates_to" ? "related_to" : type.toLowerCase(), target: other }];
    });
  });
}

const addressAt = ({ name, scope = "project/api" }: Given): string => `${scope}:memories/${name}`;

interface Asked {
  readonly direction: Direction;
  readonly types?: readonly string[];
}

/** From each address to the next ones, over entries that are there. */
function naiveNext(
  edges: readonly Edge[],
  there: ReadonlySet<string>,
  at: string,
  { direction, types }: Asked,
): string[] {
  return edges
    .filter(({ type }) => (types ? types.includes(type) : type !== "unrelated_to"))
    .flatMap(({ source, target }) => [
      ...(source === at && direction !== "in" ? [target] : []),
      ...(target === at && direction !== "out" ? [source] : []),
    ])
    .filter((other) => there.has(other));
}

function naiveDistances(edges: readonly Edge[], there: ReadonlySet<string>, from: string, asked: Asked) {
  const distance = new Map([[from, 0]]);
  for (const at of distance.keys())
    for (const other of naiveNext(edges, there, at, asked))
      if (!distance.has(other)) distance.set(other, distance.get(at)! + 1);
  return distance;
}

const ASKED: readonly Asked[] = [
  { direction: "out" },
  { direction: "in" },
  { direction: "both" },
  { direction: "out", types: ["resolves", "blocks"] },
  { direction: "both", types: ["related_to", "unrelated_to"] },
];

const entriesOf = (index: SearchIndex): Indexed[] =>
  [...index.entries()].sort((a, b) => (`${addressOf(a)} ${a.path}` < `${addressOf(b)} ${b.path}` ? -1 : 1));

/** Everything that can be asked. */
function answers(index: SearchIndex): unknown {
  const graph: RelationGraph = index.relations;
  const entries = entriesOf(index);
  const sorted = (links: Iterable<unknown>) => [...links].map((link) => JSON.stringify(link)).sort();
  return {
    size: graph.size,
    all: sorted(graph.all()),
    each: entries.map((entry) => [
      graph.tellers(entry),
      ...ASKED.map((asked) => [
        sorted(graph.links(entry, asked)),
        graph.neighbors(entry, { ...asked, depth: 4, limit: 9 }),
        graph.within(entry, { ...asked, depth: 4 }),
        entries.map((other) => graph.path(entry, other, asked)),
      ]),
    ]),
  };
}

function play(steps: readonly Step[]): { live: Map<string, Given>; grown: SearchIndex } {
  const live = new Map<string, Given>();
  const grown = indexOf();
  for (const { item, gone, to, news } of steps) {
    if (news) {
      const there = live.get(pathOf(item));
      const told = { ...(there ?? item), state: { updatedAt: NOW, pending: true } };
      if (there || news === "facts") grown.apply([news === "facts" ? facts(told) : put(told)]);
      continue;
    }
    const moved = to === undefined ? item : { ...item, name: to };
    live.delete(pathOf(item));
    if (!gone) live.set(pathOf(moved), moved);
    grown.apply(gone ? [drop(item)] : to === undefined ? [put(item)] : [drop(item), put(moved)]);
  }
  return { live, grown };
}

describe("the graph of relations", () => {
  it("built step by step equals the graph rebuilt", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(step, stepWithTwins), { maxLength: 25 }), (steps) => {
        const { live, grown } = play(steps);
        expect(answers(grown)).toEqual(answers(indexOf(...[...live.values()].reverse())));
      }),
      { numRuns: 60 },
    );
  });

  it("answers as a list of relations does", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const { live, grown } = play(steps);
        const edges = edgesOf(live);
        const there = new Set([...live.values()].map(addressAt));
        const text = ({ source, type, target }: Edge) => `${source} ${type} ${target}`;
        const all = [...grown.relations.all()].map(({ source, type, target }) =>
          text({ source: source.address, type, target: target.address }),
        );
        expect([...new Set(all)].sort()).toEqual([...new Set(edges.map(text))].sort());
        for (const entry of entriesOf(grown))
          for (const asked of ASKED) {
            const distances = naiveDistances(edges, there, addressOf(entry), asked);
            const near = [...distances].filter(([, distance]) => distance > 0 && distance <= 3);
            const { nearest: neighbors, total } = grown.relations.neighbors(entry, { ...asked, depth: 3, limit: 99 });
            expect(total).toBe(near.length);
            expect(grown.relations.within(entry, { ...asked, depth: 3 })).toEqual(neighbors.map(({ end }) => end));
            const found = neighbors.map(({ end, steps: way }): [string, number] => [end.address, way.length]);
            expect(found.map(([, distance]) => distance)).toEqual(near.map(([, distance]) => distance).sort());
            expect(found.sort()).toEqual(near.sort());
            for (const other of entriesOf(grown)) {
              const way = grown.relations.path(entry, other, asked);
              expect(way?.length).toBe(distances.get(addressOf(other)));
              let at = addressOf(entry);
              for (const { types, direction, to } of way ?? []) {
                const [source, target] = direction === "out" ? [at, to.address] : [to.address, at];
                const told = edges.filter((one) => one.source === source && one.target === target);
                expect(types).toEqual(
                  [...new Set(told.map(({ type }) => type))]
                    .filter((type) => (asked.types ? asked.types.includes(type) : type !== "unrelated_to"))
                    .sort(),
                );
                expect(types.length).toBeGreaterThan(0);
                at = to.address;
              }
              if (way) expect(at).toBe(addressOf(other));
            }
          }
      }),
      { numRuns: 60 },
    );
  });

  it("knows what leads nowhere, and does not walk over it", () => {
    const leads = (name: string, ...targets: string[]): Given => ({
      name,
      fields: { relations: targets.map((target) => ({ type: "depends_on", target })) },
    });
    const index = indexOf(leads("a", "memories/gone", "nonsense"), leads("b", "memories/gone"));
    const [a, b] = entriesOf(index) as [Indexed, Indexed];
    expect(index.relations.links(a, { direction: "out" }).map(({ target }) => target)).toEqual([
      { store: "s", address: "project/api:memories/gone" },
      { store: "s", address: "nonsense" },
    ]);
    expect(index.relations.within(a, { direction: "both", depth: 5 })).toEqual([]);
    expect(index.relations.path(a, b, { direction: "both" })).toBeUndefined();
    index.apply([put({ name: "gone" })]);
    expect(index.relations.path(a, b, { direction: "both" })).toHaveLength(2);
    index.apply([drop({ name: "gone" }), drop({ name: "a" }), drop({ name: "b" })]);
    expect([index.relations.size, [...index.relations.all()]]).toEqual([0, []]);
  });

  it("stays as it is through news about an entry, which the rest of the index takes in", async () => {
    const a: Given = { name: "a", fields: { relations: [{ type: "cites", target: "memories/b" }] } };
    const index = indexOf(a, { name: "b" });
    const before = answers(index);
    for (const item of [a, { name: "b" }])
      for (const state of [{ author: "Ada", pending: true }, { author: "Bob" }]) {
        index.apply([facts({ ...item, state })]);
        expect(answers(index)).toEqual(before);
        index.apply([put({ ...item, state })]);
        expect(answers(index)).toEqual(before);
      }
    const related = { store: "s", path: "memories/a.md", depth: 1, direction: "out" } as const;
    expect(await names(index, { related, author: "Bob" })).toEqual(["b"]);
    index.apply([drop(a)]);
    expect([index.relations.size, [...index.relations.all()]]).toEqual([0, []]);
  });

  it("leaves out of a walk what its address does not lead to", () => {
    const index = indexOf({ name: "a" });
    const twin = put({ name: "b", fields: { relations: [{ type: "depends_on", target: "memories/a" }] } });
    index.apply([twin, { ...twin, path: "elsewhere/memories/b.md" }]);
    const at = (...paths: string[]) => paths.map((path) => ({ store: "s", path }));
    const tellers = index.relations.tellers(index.get("s", "memories/a.md")!);
    expect(tellers).toEqual(at("elsewhere/memories/b.md", "memories/b.md"));
    index.apply([{ ...twin, path: "elsewhere/memories/b.md", after: null }]);
    expect(index.relations.tellers(index.get("s", "memories/a.md")!)).toEqual(at("memories/b.md"));
  });
});

const CHAIN: readonly Given[] = [{ name: "a" }, { name: "b" }, { name: "c", kind: "guideline" }, { name: "d" }];

describe("a search among related entries", () => {
  const chain = ["a", "b", "c", "d"].map(
    (name, at): Given => ({
      name,
      body: "alpha",
      kind: name === "c" ? "guideline" : "memory",
      fields: at === 0 ? {} : { relations: [{ type: "builds_on", target: pathOf(CHAIN[at - 1]!).slice(0, -3) }] },
    }),
  );

  it("finds those within the depth and direction, with all other filters", async () => {
    const index = indexOf(...chain);
    const near = (depth: number, direction: Direction, name = "b") => ({
      store: "s",
      path: pathOf(CHAIN.find((one) => one.name === name)!),
      depth,
      direction,
    });
    expect(await names(index, { query: "alpha", related: near(1, "both"), sort: "title" })).toEqual(["a", "c"]);
    expect(await names(index, { query: "alpha", related: near(1, "out") })).toEqual(["a"]);
    expect(await names(index, { related: near(5, "in"), sort: "title" })).toEqual(["c", "d"]);
    expect(await names(index, { related: near(5, "both"), kinds: ["guideline"] })).toEqual(["c"]);
    expect(await names(index, { related: { ...near(1, "both"), path: "memories/none.md" } })).toEqual([]);
    const page = await index.search({ related: near(2, "both"), limit: 1 });
    expect(page.total).toBe(3);
    await expect(index.search({ related: near(1, "both"), limit: 1, cursor: page.nextCursor! })).rejects.toThrow(
      "cursor",
    );
  });
});
