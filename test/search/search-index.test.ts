import { describe, expect, test } from "vitest";
import { MemoryError } from "../../src/errors.js";
import { idAt, indexOf, NOW, names, put } from "./states.js";

const DAY = 86_400_000;

describe("text", () => {
  const index = indexOf(
    { name: "pg", title: "Use Postgres for billing", body: "We keep invoices in Postgres because of transactions." },
    {
      name: "retry",
      title: "Retry with backoff",
      body: "Network calls fail; retry with exponential backoff.",
      fields: { tags: ["network"] },
    },
    { name: "db/mysql", title: "MySQL replica", body: "The reporting replica is MySQL, never billing data." },
    { name: "zh", title: "数据库连接", body: "使用连接池管理数据库连接。" },
  );

  test.each<[string, string[]]>([
    ["postgres invoice", ["pg"]],
    ["billing", ["pg", "db/mysql"]],
    ["billing -replica", ["pg"]],
    ["-replica", ["db/mysql"]],
    ["title:replica invoices", ["db/mysql", "pg"]],
    ["title:invoices", []],
    ["tag:network", ["retry"]],
    ["transact*", ["pg"]],
    ["exponental", ["retry"]],
    ["连接", ["zh"]],
    ["池", ["zh"]],
    ["据库", ["zh"]],
    ["nothinglikethis", []],
  ])("%s", async (query, expected) => {
    expect(await names(index, { query, min_score: 0 })).toEqual(expected);
  });

  test("near spellings only stand in for words that nobody has, and the hint says so", async () => {
    const near = await index.search({ query: "postgrse" });
    expect(near.hits.map(({ entry }) => entry.name)).toEqual(["pg"]);
    expect(near.hint).toContain("similar words");
    const both = indexOf({ name: "a", body: "tests" }, { name: "b", body: "texts" });
    expect(await names(both, { query: "tests" })).toEqual(["a"]);
    expect(await names(indexOf({ name: "a", body: "cat" }), { query: "car" })).toEqual([]);
  });

  test("a phrase alone is a condition, beside other words a gain, and no condition when nobody holds it", async () => {
    const two = indexOf({ name: "a", body: "retry the policy" }, { name: "b", body: "Our retry\n**policy** is this." });
    expect(await names(two, { query: '"retry policy"' })).toEqual(["b"]);
    expect(await names(two, { query: 'the "retry policy"' })).toEqual(["b", "a"]);
    const none = await two.search({ query: '"policy retry"' });
    expect(none.total).toBe(2);
    expect(none.hint).toContain("no entry holds the quoted phrase");
  });

  test("hits that match only the most common word of a long query are not returned", async () => {
    const many = indexOf(...Array.from({ length: 30 }, (_, n) => ({ name: `e${n}`, body: `system number${n}` })));
    const weak = await many.search({ query: "system kubernetes helm rollback ingress certificates" });
    expect(weak.hits).toEqual([]);
    expect(weak.hint).toContain("weak");
    expect((await many.search({ query: "system kubernetes helm rollback", min_score: 0 })).total).toBe(30);
  });

  test("explains a score: the parts make the final", async () => {
    const [hit] = (await index.search({ query: "postgres billing", explain: true })).hits;
    const { clauses, phrases, adjustments, final } = hit!.explain!;
    expect(clauses.map(({ term }) => term)).toEqual(["postgr", "bill"]);
    expect(clauses[0]!.fields).toMatchObject({ title: { tf: 1 }, body: { tf: 1 } });
    const text = clauses.reduce((sum, { score }) => sum + score, phrases);
    expect(adjustments.reduce((score, { factor }) => score * factor, text)).toBeCloseTo(final, 9);
    expect(final).toBe(hit!.score);
  });

  test("importance and recency order equals and no more", async () => {
    const body = "same words";
    const equals = indexOf(
      { name: "a", body, fields: { importance: 0.1 } },
      { name: "b", body, fields: { importance: 0.9 } },
      { name: "c", body: "same same words words", fields: { importance: 0.1 } },
      { name: "d", body: "other", fields: { importance: 1 }, state: { updatedAt: NOW } },
    );
    expect(await names(equals, { query: "same words" })).toEqual(["c", "b", "a"]);
  });
});

describe("filters", () => {
  const index = indexOf(
    {
      name: "a",
      kind: "guideline",
      fields: { id: idAt(NOW - 5 * DAY), priority: 90, applies_to: ["src/**/*.ts"], tags: ["DB", "api"] },
      state: { author: "Ada", updatedAt: NOW - 1000 },
    },
    {
      name: "b",
      kind: "guideline",
      fields: { id: idAt(NOW - 3 * DAY), tags: ["db"] },
      state: { updatedAt: NOW - 2000 },
    },
    {
      name: "c",
      fields: { importance: 0.8, files: ["src/a.ts#L1-L9", "docs/"], category: "decision" },
      scope: "global",
      state: { updatedAt: NOW - 3000 },
    },
    { name: "d", fields: { confidence: 0.3 }, state: { updatedAt: NOW - 4000, pending: true, conflict: "c1" } },
  );

  test.each<[object, string[]]>([
    [{}, ["a", "b", "c", "d"]],
    [{ kinds: ["guideline"] }, ["a", "b"]],
    [{ kinds: ["guideline"], sort: "updated" }, ["a", "b"]],
    [{ scopes: ["global"] }, ["c"]],
    [{ scopes: [] }, []],
    [{ category: "decision" }, ["c"]],
    [{ author: "Ada" }, ["a"]],
    [{ tags_any: ["db"] }, ["a", "b"]],
    [{ tags_all: ["DB", "api"] }, ["a"]],
    [{ tags_none: ["api"] }, ["b", "c", "d"]],
    [{ tags_any: ["db"], tags_none: ["api"] }, ["b"]],
    [{ min_importance: 0.5 }, ["a", "b", "c", "d"]],
    [{ min_importance: 0.6 }, ["c"]],
    [{ min_priority: 60 }, ["a"]],
    [{ min_confidence: 0.5 }, ["a", "b", "c"]],
    [{ created_after: NOW - 3 * DAY }, ["b"]],
    [{ created_before: NOW - 3 * DAY }, ["a"]],
    [{ updated_after: NOW - 2000 }, ["a", "b"]],
    [{ updated_before: NOW - 2000 }, ["c", "d"]],
    [{ paths: ["src/x/y.ts"] }, ["a"]],
    [{ paths: ["./src/a.ts"] }, ["a", "c"]],
    [{ paths: ["docs/x/readme.md"] }, ["c"]],
    [{ paths: ["other"] }, []],
    [{ sort: "title" }, ["a", "b", "c", "d"]],
    [{ sort: "created" }, ["b", "a", "c", "d"]],
    [{ sort: "priority" }, ["a", "b", "c", "d"]],
    [{ query: "a", kinds: ["memory"] }, []],
  ])("%j", async (request, expected) => {
    expect(await names(index, request)).toEqual(expected);
  });

  test("filters hold after the entry changed and after it went", async () => {
    const changing = indexOf({ name: "a", fields: { priority: 10 } }, { name: "b", fields: { priority: 10 } });
    changing.apply([put({ name: "a", fields: { priority: 95, tags: ["x"] } })]);
    expect(await names(changing, { min_priority: 60 })).toEqual(["a"]);
    expect(await names(changing, { tags_any: ["x"] })).toEqual(["a"]);
    changing.apply([put({ name: "a", fields: { priority: 10 } })]);
    expect(await names(changing, { min_priority: 60 })).toEqual([]);
    expect(await names(changing, { tags_any: ["x"] })).toEqual([]);
  });

  test("flags", async () => {
    const [hit] = (await index.search({ min_importance: 0, kinds: ["memory"], scopes: ["project/api"] })).hits;
    expect(hit?.flags).toEqual({ pending: true, conflict: "c1", low_confidence: true });
  });
});

describe("what is left out", () => {
  const index = indexOf(
    { name: "old", body: "word" },
    { name: "new", body: "word", fields: { relations: [{ type: "supersedes", target: "memories/old" }] } },
    {
      name: "gone",
      body: "word",
      fields: { status: "archived", relations: [{ type: "supersedes", target: "memories/new" }] },
    },
    { name: "past", body: "word", fields: { valid_until: "2026-05-31" } },
    { name: "today", body: "word", fields: { valid_until: "2026-06-01" } },
    { name: "future", body: "word", fields: { valid_from: "2026-06-02T00:00:00Z" } },
    { name: "old", scope: "global", body: "word" },
  );

  test("archived, expired and superseded entries, unless asked for", async () => {
    const of = async (include: readonly ("archived" | "expired" | "superseded")[]) =>
      (await index.search({ query: "word", include, limit: 50 })).hits
        .map(({ entry }) => `${entry.scope}:${entry.name}`)
        .sort();
    const shown = ["global:old", "project/api:new", "project/api:today"];
    expect(await of([])).toEqual(shown);
    expect(await of(["archived"])).toEqual([...shown, "project/api:gone"].sort());
    expect(await of(["expired"])).toEqual([...shown, "project/api:past", "project/api:future"].sort());
    expect(await of(["superseded"])).toEqual([...shown, "project/api:old"].sort());
  });

  test("are flagged when they come", async () => {
    const { hits } = await index.search({
      include: ["archived", "expired", "superseded"],
      scopes: ["project/api"],
      limit: 50,
    });
    const flags = Object.fromEntries(hits.map(({ entry, flags }) => [entry.name, flags]));
    expect(flags).toEqual({
      old: { superseded_by: "memories/new" },
      new: {},
      gone: { archived: true },
      past: { expired: true },
      today: {},
      future: { expired: true },
    });
  });
});

describe("pages", () => {
  const all = Array.from({ length: 25 }, (_, n) => ({ name: `e${String(n).padStart(2, "0")}`, body: "same word" }));

  test("follow each other without gaps or repeats", async () => {
    const index = indexOf(...all);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await index.search({ query: "word", limit: 10, ...(cursor === undefined ? {} : { cursor }) });
      expect(page.total).toBe(25);
      seen.push(...page.hits.map(({ entry }) => entry.name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(all.map(({ name }) => name));
  });

  test("end with a cursor that is stale, foreign or damaged", async () => {
    const index = indexOf(...all);
    const { nextCursor: cursor } = await index.search({ query: "word" });
    const refused = async (request: { query: string; cursor: string }) => {
      await expect(index.search(request)).rejects.toSatisfy(
        (error) =>
          error instanceof MemoryError &&
          error.code === "invalid_input" &&
          /restart without cursor/.test(error.message),
      );
    };
    await refused({ query: "same", cursor: cursor! });
    for (const damaged of ["", "x", "W10", "bnVsbA", `${cursor}x`]) await refused({ query: "word", cursor: damaged });
    const again = indexOf(...all);
    expect((await again.search({ query: "word", cursor: cursor! })).hits).toHaveLength(10);
    index.apply([put({ name: "e00", body: "changed word" })]);
    await refused({ query: "word", cursor: cursor! });
  });

  test("limit is held between 1 and 50", async () => {
    const index = indexOf(...all);
    expect((await index.search({ limit: 0 })).hits).toHaveLength(1);
    expect((await index.search({ limit: 1000 })).hits).toHaveLength(25);
  });
});
