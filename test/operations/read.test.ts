import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

interface Found {
  hits: Json[];
  total: number;
  next_cursor?: string;
}

describe("search", () => {
  it("gives a hit every field that says something and no other", async () => {
    const saved = await bench.call("save", {
      title: "Use Postgres for billing",
      content: "We keep invoices in Postgres.",
      category: "decision",
      tags: ["billing"],
    });
    expect(await bench.call("search", { query: "invoices" })).toEqual({
      total: 1,
      hits: [
        {
          address: "memories/use-postgres-for-billing",
          id: saved.id,
          kind: "memory",
          scope: "project/demo",
          title: "Use Postgres for billing",
          category: "decision",
          tags: ["billing"],
          snippet: expect.stringContaining("invoices"),
          score: expect.any(Number),
          updated_at: expect.stringMatching(/^2024-03-05T06:07:08\.\d{3}Z$/),
          author: "Ada Person",
          version: saved.version,
          pending: true,
        },
      ],
    });
    git(bench.dir, "add", ".");
    git(bench.dir, "commit", "-qm", "x");
    await bench.rescan();
    const { hits } = await bench.call<Found>("search");
    expect(hits[0]).not.toHaveProperty("pending");
    expect(hits[0]).not.toHaveProperty("score");
  });

  it("filters, sorts and pages", async () => {
    for (const n of [1, 2, 3])
      await bench.call("save", {
        title: `Rule ${n}`,
        content: `text ${n}`,
        kind: "guideline",
        fields: { priority: n },
        tags: [`t${n}`],
      });
    await bench.call("save", { title: "Memory", content: "text of a memory", fields: { valid_until: "2020-01-01" } });
    const addresses = async (input: Json) =>
      (await bench.call<Found>("search", input)).hits.map(({ address }) => address);
    expect(await addresses({ sort: "priority" })).toEqual([
      "guidelines/rule-3",
      "guidelines/rule-2",
      "guidelines/rule-1",
    ]);
    expect(await addresses({ sort: "priority", tags: ["T1", "t3"] })).toEqual([
      "guidelines/rule-3",
      "guidelines/rule-1",
    ]);
    expect(await addresses({ kinds: ["memory"], include: ["expired"] })).toEqual(["memories/memory"]);
    expect(await addresses({ min_priority: 3 })).toEqual(["guidelines/rule-3"]);
    expect(await addresses({ scope: "project", tags_none: ["t1", "t2"], author: "Ada Person" })).toEqual([
      "guidelines/rule-3",
    ]);
    expect(await addresses({ created_before: "2024-03-05" })).toEqual([]);
    const first = await bench.call<Found>("search", { sort: "title", limit: 2 });
    expect(first).toMatchObject({ total: 3, hits: [{ title: "Rule 1" }, { title: "Rule 2" }] });
    const cursor = first.next_cursor ?? "";
    const second = await bench.call<Found>("search", { sort: "title", limit: 2, cursor });
    expect(second).toMatchObject({ total: 3, hits: [{ title: "Rule 3" }] });
    expect(second).not.toHaveProperty("next_cursor");
    await bench.call("save", { title: "Later", content: "later" });
    const stale = await bench.refused("search", { sort: "title", limit: 2, cursor }, "invalid_input");
    expect(stale.data).toMatchObject({ field: "cursor" });
    await bench.refused("search", { cursor: "nonsense" }, "invalid_input");
  });

  it.each<[Json, string]>([
    [{ kinds: ["note"] }, "kinds.0"],
    [{ limit: 51 }, "limit"],
    [{ limit: "10" }, "limit"],
    [{ updated_after: "yesterday" }, "updated_after"],
    [{ updated_after: "2024-13-45" }, "updated_after"],
    [{ scope: "nowhere" }, "scope"],
    [{ mode: "meaning" }, "mode"],
    [{ query: 5 }, "query"],
  ])("refuses %j", async (input, field) => {
    expect((await bench.refused("search", input, "invalid_input")).data).toMatchObject({ field });
  });

  it("takes any query as text: quotes, operators, patterns, nothing", async () => {
    await bench.call("save", { title: "A", content: "a" });
    for (const query of [
      '"',
      '""',
      "-",
      "*",
      "title:",
      ":",
      "((",
      "\\",
      "a".repeat(10_000),
      "\u0000",
      "😀",
      " ",
      "AND OR NOT",
    ])
      expect(await bench.call("search", { query })).toHaveProperty("total");
  });
});

describe("get", () => {
  it("gives the whole entry as the file has it", async () => {
    await bench.hand("memories/a.md", entryText("title: A\ntags: [X, y]\nmine: 1\nimportance: 0.9", "Body\n\nmore"));
    expect(await bench.call("get", { refs: ["a"] })).toEqual({
      entries: [
        {
          address: "memories/a",
          kind: "memory",
          scope: "project/demo",
          title: "A",
          tags: ["x", "y"],
          updated_at: expect.any(String),
          author: "Ada Person",
          version: expect.stringMatching(/^[0-9a-f]{40}$/),
          pending: true,
          content: "Body\n\nmore",
          fields: { title: "A", tags: ["x", "y"], importance: 0.9 },
          unknown: { mine: 1 },
        },
      ],
    });
  });

  it("takes an address, an id, a part of it, a unique name, and names what is missing", async () => {
    const saved = await bench.call("save", { title: "One thing", content: "1" });
    const id = String(saved.id);
    const compact = id.replaceAll("-", "");
    for (const ref of [
      "memories/one-thing",
      "memory/one-thing",
      "project/demo:memories/one-thing",
      "one-thing",
      id,
      id.toUpperCase(),
      id.slice(0, 8),
      compact.slice(-8),
      compact,
    ])
      expect(await bench.call("get", { refs: [ref] })).toMatchObject({ entries: [{ id }] });
    expect(await bench.call("get", { refs: ["one-thing", "memories/none"] })).toMatchObject({
      entries: [{ id }],
      missing: ["memories/none"],
    });
    await bench.refused("get", { refs: ["none", "memories/none"] }, "not_found");
  });

  it.each([
    "../etc/passwd",
    "memories/../../x",
    "a\u0000b",
    "project/demo:",
    "nowhere:memories/x",
    "global:memories/x",
    "",
    "x".repeat(1_001),
    "memories/",
    "[[search]]",
    ":",
  ])("refuses the ref %j cleanly", async (ref) => {
    const error = await bench.call("get", { refs: [ref] }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expect.stringMatching(/^(invalid_input|not_found)$/) });
  });

  it("says that a name is several entries'", async () => {
    await bench.call("save", { title: "Same", content: "1" });
    await bench.call("save", { title: "Same", content: "2", kind: "guideline" });
    const error = await bench.refused("get", { refs: ["same"] }, "invalid_input");
    expect([...(error.data.matches as string[])].sort()).toEqual(["guidelines/same", "memories/same"]);
  });

  it("shows an older state as it was then: fields, author and time", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", category: "fact", tags: ["x"] });
    bench.clock.at += 86_400_000;
    await bench.call("update", { ref: "a", set: { category: null, title: "B" }, content: "two" });
    const { entries } = await bench.call<{ entries: Json[] }>("get", {
      refs: ["a"],
      version: saved.version,
      include: ["history"],
    });
    expect(entries[0]).toMatchObject({
      title: "A",
      category: "fact",
      content: "one",
      version: saved.version,
      updated_at: expect.stringMatching(/^2024-03-05/),
      history: [{ change_type: "updated" }, { change_type: "created" }],
    });
    expect(entries[0]).not.toHaveProperty("pending");
    await bench.refused("get", { refs: ["a", "b"], version: saved.version }, "invalid_input");
    await bench.refused("get", { refs: ["a"], version: "0000000" }, "not_found");
  });

  it("renders text of entries as it is, whatever stands in it", async () => {
    const content = "See [[search]], [[history restore]] and [[billing]].";
    await bench.call("save", { title: "About [[get]]", content });
    const say = (): string => {
      throw new Error("text of an entry was taken for ours");
    };
    for (const [name, input] of [
      ["get", { refs: ["about-get"] }],
      ["search", { query: "billing" }],
    ] as const)
      for (const style of ["concise", "detailed"] as const) {
        const text = findOperation(name)?.render(await bench.call(name, input), style, say);
        expect(text).toContain("About [[get]]");
        expect(text).toContain("[[history restore]] and [[billing]]");
      }
  });
});

describe("get, about what to trust", () => {
  it("carries the flags that a search would show", async () => {
    const guess = await bench.call("save", { title: "A guess", content: "maybe", fields: { confidence: 0.2 } });
    await bench.call("save", { title: "Old news", content: "was so", fields: { valid_until: "2001-01-01" } });
    const relations = [{ type: "supersedes", target: "memories/a-guess" }];
    await bench.call("save", { title: "Better", content: "surely", fields: { relations } });
    const entries = (await bench.call("get", { refs: ["a-guess", "old-news", "better"] })).entries as unknown[];
    expect(guess).toHaveProperty("version");
    expect(entries[0]).toMatchObject({ low_confidence: true, superseded_by: "memories/better", pending: true });
    expect(entries[1]).toMatchObject({ expired: true });
    expect(entries[2]).not.toHaveProperty("superseded_by");
  });
});

describe("what a search goes by", () => {
  it("is words where nothing has vectors, in each mode", async () => {
    await bench.call("save", { title: "Use Postgres", content: "We keep invoices in Postgres." });
    for (const mode of ["hybrid", "text", "vector"]) {
      const found = await bench.call<Found>("search", { query: "invoices", mode, explain: true });
      expect(found.hits.map(({ address }) => address)).toEqual(["memories/use-postgres"]);
      const explained = found.hits[0]!.explain as Json;
      expect(explained).toMatchObject({ fused: explained.text, final: expect.any(Number) });
      expect(explained).not.toHaveProperty("meaning");
    }
  });
});
