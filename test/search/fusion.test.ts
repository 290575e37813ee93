import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chanceOf, type Fusion, fuse, fusionOf, nearness, similarity } from "../../src/search/fusion.js";
import type { SearchIndex } from "../../src/search/search-index.js";
import { readQuery } from "../../src/search/text-query.js";
import { terms } from "../../src/search/tokenizer.js";
import { vectorWeight } from "../../src/search/vector-weight.js";
import { hashVector, unit } from "../support/hash-vectors.js";
import { embeddedIndexOf, type Given, indexOf, NOW, names, put } from "./states.js";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const lists = fc
  .tuple(fc.array(share, { minLength: 1, maxLength: 20 }), fc.array(share, { minLength: 1, maxLength: 250 }))
  .map(([texts, cosines]) => ({
    texts: [...texts].sort((a, b) => b - a),
    cosines: [...cosines].sort((a, b) => b - a),
  }));
const at = (weight: number): Pick<Fusion, "weight" | "chance" | "near" | "alone"> => ({
  weight,
  chance: 0.05,
  near: new Map(),
  alone: false,
});
const total = (fusion: Fusion, text: number, cosine?: number): number => {
  const parts = fuse(fusion, text, cosine);
  return parts.text + parts.meaning;
};

describe("fusion", () => {
  test("with no weight of the meaning the score is that of the words", () => {
    fc.assert(
      fc.property(lists, (both) => {
        const fusion = fusionOf(both, at(0));
        for (const text of both.texts)
          for (const cosine of [...both.cosines, undefined]) expect(total(fusion, text, cosine)).toBeCloseTo(text, 12);
      }),
    );
  });

  test("with all weight the order is that of the cosines", () => {
    fc.assert(
      fc.property(lists, (both) => {
        const fusion = fusionOf(both, at(1));
        const text = both.texts.at(-1)!;
        const scores = both.cosines.map((cosine) => total(fusion, text, cosine));
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
        expect(total(fusion, text, undefined)).toBe(0);
        expect(scores[0]).toBeCloseTo(similarity(both.cosines[0]!, 0.05), 12);
      }),
    );
  });

  test("is 0–1, grows with each half, and is nothing where both are", () => {
    fc.assert(
      fc.property(lists, share, (both, weight) => {
        const fusion = fusionOf(both, at(weight));
        const [text, cosine] = [both.texts.at(-1)!, both.cosines.at(-1)!];
        expect(total(fusion, 0, undefined)).toBe(0);
        expect(total(fusion, text, cosine)).toBeLessThanOrEqual(total(fusion, both.texts[0]!, cosine) + 1e-12);
        expect(total(fusion, text, cosine)).toBeLessThanOrEqual(total(fusion, text, both.cosines[0]) + 1e-12);
        expect(total(fusion, both.texts[0]!, both.cosines[0])).toBeLessThanOrEqual(1 + 1e-12);
        for (const one of both.cosines) expect(nearness(fusion, one)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test("what is similar is told from chance, for models that find everything alike too", () => {
    expect(similarity(0.3, 0)).toBeCloseTo(0.7, 1);
    expect(similarity(0.8, chanceOf(0.8, 10_000))).toBeLessThan(0.1);
    expect(similarity(0.88, chanceOf(0.8, 10_000))).toBeGreaterThan(0.7);
    expect(similarity(1, 0.5)).toBe(1);
    // The only passage there is says nothing of chance.
    expect(similarity(0.5, chanceOf(0.5, 1))).toBeGreaterThan(0.8);
    expect([similarity(-1, 0), chanceOf(-0.2, 1_000)]).toEqual([0, 0]);
  });
});

describe("the weight", () => {
  const even = { texts: [0.5, 0.4, 0.1], cosines: [0.5, 0.4, 0.1] };
  const plan = (...clauses: { label: string; known: boolean }[]) => ({
    mass: clauses.length,
    clauses: clauses.map(({ label, known }) => ({
      clause: { label, kind: "term" as const, terms: known ? [1] : [], weight: 1 },
      idf: 1,
    })),
  });
  const known = plan({ label: "alpha", known: true }, { label: "beta", known: true });
  const weight = (query: string, of = known, both = even): number => vectorWeight(readQuery(query)!, of, both, 1_000);

  test("is nearly even for a sentence and lists that are alike", () => {
    expect(weight("what is alpha for beta")).toBeGreaterThan(0.4);
    expect(weight("what is alpha for beta")).toBeLessThanOrEqual(0.5);
  });

  test("goes to the words for a few keywords, the rarer the more", () => {
    const common = { ...known, clauses: known.clauses.map((one) => ({ ...one, idf: 0.1 })), mass: 0.2 };
    expect(weight("alpha beta")).toBeLessThan(weight("what is alpha for beta"));
    expect(weight("alpha beta", common)).toBeGreaterThan(weight("alpha beta"));
    expect(weight("TypeScript", plan({ label: "typescript", known: true }))).toBeCloseTo(weight("alpha"), 9);
    expect(weight("alpha beta alpha beta alpha beta alpha beta alpha")).toBe(weight("what is alpha for beta"));
  });

  test("goes to the meaning where no entry has the words", () => {
    const half = plan({ label: "alpha", known: true }, { label: "beta", known: false });
    const none = plan({ label: "alpha", known: false }, { label: "beta", known: false });
    const query = "what is alpha for beta";
    expect(weight(query, half)).toBeGreaterThan(0.6);
    expect(weight(query, none)).toBeGreaterThan(weight(query, half));
    expect(weight("alpha beta", none)).toBeGreaterThan(0.8);
    expect(weight(query, none, { ...even, texts: [] })).toBe(1);
  });

  test.each(["getUserName", "user_name", "src/main.ts", "v1.2.3", "TS2345", "C++"])(
    "goes to the words for %s",
    (word) => {
      const label = terms(word)[0]!;
      expect(weight(`what is ${word}`, plan({ label, known: true }))).toBeLessThan(0.1);
    },
  );

  test.each(['"alpha beta"', "title:alpha", "alph*", 'title:"alpha beta"'])("is none for %s", (query) => {
    expect(weight(query)).toBe(0);
    expect(weight(`${query} other words beside it`)).toBeGreaterThan(0);
    expect(weight(`${query} other words beside it`)).toBeLessThan(0.5);
  });

  test("goes to the list whose best stands out", () => {
    const query = "what is alpha for";
    const flat = Array.from({ length: 20 }, (_, n) => 0.5 - n / 100);
    const steep = [0.9, ...flat];
    expect(weight(query, known, { texts: flat, cosines: steep })).toBeGreaterThan(weight(query) + 0.01);
    expect(weight(query, known, { texts: steep, cosines: flat })).toBeLessThan(weight(query) - 0.01);
    expect(weight(query, known, { texts: flat, cosines: [] })).toBe(0);
  });
});

const asked = (index: SearchIndex, query: string, more: Parameters<SearchIndex["search"]>[0] = {}) =>
  index.search({ query, vector: hashVector(query), ...more });
const axis = (at: number): Float32Array => Float32Array.from({ length: 64 }, (_, i) => (i === at ? 1 : 0));
/** Between an axis and one that nothing else lies on, at a cosine. */
const towards = (at: number, cosine: number, other: number): Float32Array =>
  unit(axis(at).map((value, i) => cosine * value + (i === other ? Math.sqrt(1 - cosine * cosine) : 0)));

function place(index: SearchIndex, given: Given, vectors: Float32Array[]): void {
  const { store, path, after } = put(given);
  index.setVectors(store, path, after!.version, vectors);
}

describe("a search by words and meaning", () => {
  const entries: Given[] = [
    { name: "car", body: "Automobiles need petrol." },
    { name: "boat", body: "Ships need wind." },
    { name: "deploy", body: "Deploy on tuesdays, in waves." },
  ];
  const index = indexOf(...entries);
  place(index, entries[0]!, [towards(0, 0.8, 10)]);
  place(index, entries[1]!, [towards(1, 0.9, 11)]);
  place(index, entries[2]!, [towards(2, 0.9, 12)]);

  test("finds what is said in other words, and by words what has no vector", async () => {
    expect(await names(index, { query: "cars" })).toEqual(["car"]);
    expect(await names(index, { query: "gasoline", mode: "text", vector: axis(0) })).toEqual([]);
    expect(await names(index, { query: "gasoline", vector: axis(0) })).toEqual(["car"]);
    expect(await names(index, { query: "gasoline", vector: axis(0), mode: "vector" })).toEqual(["car"]);
    expect(await names(index, { query: "ships", vector: axis(0) })).toEqual(expect.arrayContaining(["car", "boat"]));
    const half = indexOf(...entries, { name: "new", body: "gasoline prices" });
    place(half, entries[0]!, [towards(0, 0.8, 10)]);
    expect(await names(half, { query: "gasoline", vector: axis(0) })).toEqual(expect.arrayContaining(["car", "new"]));
    expect(half.vectors).toEqual({ embedded: 1, total: 4, dimensions: 64 });
    expect([...half.withoutVectors()].map(({ path }) => path).sort()).toEqual([
      "memories/boat.md",
      "memories/deploy.md",
      "memories/new.md",
    ]);
  });

  test("answers nothing when nothing fits, and min_score shows what there is", async () => {
    const query = "xylophone";
    for (const mode of ["hybrid", "vector"] as const) {
      expect((await index.search({ query, mode, vector: towards(0, 0.1, 40) })).hits).toEqual([]);
      const all = await index.search({ query, mode, vector: towards(0, 0.1, 40), min_score: 0 });
      expect(all.hits[0]!.entry.name).toBe("car");
    }
    expect(await names(index, { query, mode: "vector", vector: axis(0), min_similarity: 0.99 })).toEqual([]);
    expect(await names(index, { query, mode: "vector", vector: axis(0), min_similarity: 0.5 })).toEqual(["car"]);
  });

  test("leaves out what -word, quotes and filters leave out", async () => {
    expect(await names(index, { query: "gasoline -petrol", vector: axis(0) })).toEqual([]);
    expect(await names(index, { query: '"need wind"', vector: axis(0) })).toEqual(["boat"]);
    expect(await names(index, { query: "gasoline", vector: axis(0), kinds: ["guideline"] })).toEqual([]);
    expect(await names(index, { query: "gasoline", vector: axis(0), paths: ["src/a.ts"] })).toEqual([]);
  });

  test("lifts nothing by importance or age that neither words nor meaning found", async () => {
    const equal = { body: "nothing in common" };
    const fields = { importance: 1 };
    const most: Given = { name: "most", ...equal, fields, state: { updatedAt: NOW } };
    const both = indexOf(...entries, most);
    place(both, entries[0]!, [towards(0, 0.8, 10)]);
    place(both, most, [axis(50)]);
    for (const mode of ["hybrid", "vector"] as const)
      for (const min_score of [undefined, 0.01])
        expect(await names(both, { query: "petrol", mode, vector: axis(0), ...(min_score && { min_score }) })).toEqual([
          "car",
        ]);
  });

  test("the best passage decides, and is the snippet", async () => {
    const filler = "Something else that goes on for quite a while, and says nothing. ".repeat(15).trim();
    const long: Given = { name: "long", body: `${filler}\n\n${filler}\n\nCats sleep all day.` };
    const one = indexOf(long, ...entries);
    place(one, long, [axis(5), axis(6), towards(7, 0.9, 20)]);
    const { hits } = await one.search({ query: "kittens", vector: axis(7), explain: true });
    expect(hits.map(({ entry }) => entry.name)).toEqual(["long"]);
    expect(hits[0]!.snippet).toBe("Cats sleep all day.");
    expect(hits[0]!.explain!.meaning).toMatchObject({ passage: 2 });
    expect(hits[0]!.explain!.meaning!.cosine).toBeCloseTo(0.9, 4);
  });

  test("explains every number: the parts make the final", async () => {
    const bodies = ["alpha beta gamma", "alpha delta", "beta beta epsilon", "zeta eta", "alpha beta"];
    const many = embeddedIndexOf(
      ...bodies.map((body, n) => ({ name: `e${n}`, body, fields: { importance: n / 5 }, state: { updatedAt: NOW } })),
    );
    for (const mode of ["hybrid", "vector", "text"] as const) {
      const { hits } = await asked(many, "alpha beta", { mode, explain: true, min_score: 0 });
      expect(hits.length).toBeGreaterThan(2);
      for (const { score, explain } of hits) {
        const { clauses, phrases, text, bestText, meaning, fused, adjustments, final } = explain!;
        expect(clauses.reduce((sum, clause) => sum + clause.score, phrases)).toBeCloseTo(text, 9);
        const adjusted = adjustments.reduce((product, { factor }) => product * factor, fused);
        expect(Math.min(adjusted, 1)).toBeCloseTo(final, 9);
        expect(final).toBe(score);
        if (mode === "text") expect([meaning, fused]).toEqual([undefined, text]);
        if (mode === "vector") expect([meaning!.weight, fused]).toEqual([1, meaning!.similarity]);
        if (mode !== "hybrid") continue;
        const { weight, nearness: near, best, chance } = meaning!;
        const level = (1 - weight) * bestText! + weight * similarity(best, chance);
        expect(level * ((1 - weight) * (text / bestText!) + weight * near)).toBeCloseTo(fused, 9);
      }
    }
  });

  test("pages do not overlap, and one of before more vectors came is stale", async () => {
    const given = Array.from({ length: 30 }, (_, n) => ({ name: `e${n}`, body: `alpha ${"beta ".repeat(n)}` }));
    const many = embeddedIndexOf(...given);
    const all = await asked(many, "alpha beta", { limit: 50 });
    expect(all.total).toBe(30);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await asked(many, "alpha beta", { limit: 7, ...(cursor && { cursor }) });
      expect(page.total).toBe(30);
      seen.push(...page.hits.map(({ entry }) => entry.name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(all.hits.map(({ entry }) => entry.name));
    const { nextCursor } = await asked(many, "alpha beta", { limit: 7 });
    many.dropVectors();
    expect(many.vectors).toEqual({ embedded: 0, total: 30 });
    await expect(asked(many, "alpha beta", { limit: 7, cursor: nextCursor! })).rejects.toThrow(/restart/);
  });

  test("vectors of another version, or of a text that is gone, are passed over; wrong ones are refused", () => {
    const given: Given = { name: "a", body: "alpha" };
    const one = indexOf(given);
    place(one, { ...given, body: "other" }, [axis(0)]);
    place(one, { name: "gone" }, [axis(0)]);
    expect(one.vectors).toEqual({ embedded: 0, total: 1 });
    const refusal = expect.objectContaining({ code: "invalid_input" });
    expect(() => place(one, given, [axis(0).fill(Number.NaN)])).toThrow(refusal);
    place(one, given, [axis(0)]);
    expect(() => place(one, given, [Float32Array.of(1)])).toThrow(refusal);
    one.dropVectors();
    place(one, given, [Float32Array.of(1)]);
    expect(one.vectors).toEqual({ embedded: 1, total: 1, dimensions: 1 });
  });
});
