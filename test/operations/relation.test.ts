import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json, SECRET } from "../support/memory.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

interface Related extends Json {
  relation: Json;
}
interface Listed {
  relations: Json[];
  total: number;
  next_cursor?: string;
}
interface Near {
  neighbors: { address: string; distance: number; steps: { types: string[]; direction: string; to: string }[] }[];
  total: number;
}

const save = (title: string, more: Json = {}) => bench.call("save", { title, content: `About ${title}.`, ...more });
const relate = (ref: string, type: string, target: string, more: Json = {}) =>
  bench.call<Related>("relation create", { ref, type, target, ...more });
const list = (input: Json = {}) => bench.call<Listed>("relation list", input);

describe("relation create", () => {
  beforeEach(async () => {
    await save("A");
    await save("B", { kind: "guideline" });
    await bench.call("admin config_set", { key: "sessions", value: "shared" });
    await save("C", { scope: "session/s" });
  });

  it("writes into the file of the source, targets relative to its scope, and no other byte", async () => {
    const before = bench.text("memories/a.md");
    const made = await relate("a", "Depends_On", "b", { strength: 0.8, note: "as agreed", reason: "asked" });
    expect(made).toMatchObject({ address: "memories/a", change: "updated", path: "memories/a.md" });
    expect(made.relation).toEqual({
      source: "memories/a",
      type: "depends_on",
      target: "guidelines/b",
      strength: 0.8,
      note: "as agreed",
    });
    expect(made).not.toHaveProperty("existed");
    const added =
      "relations:\n  - type: depends_on\n    target: guidelines/b\n    strength: 0.8\n    note: as agreed\n---\n\n";
    expect(bench.text("memories/a.md")).toBe(before?.replace("---\n\n", added));
    await relate("c", "builds_on", "a");
    await relate("a", "related_to", "c");
    expect(bench.text("sessions/s/memories/c.md")).toMatch(/target: project\/[^:]+:memories\/a\n/);
    expect(bench.text("memories/a.md")).toContain("target: session/s:memories/c\n");
    expect(bench.journal()[0]).toBe("memory: update memory a");
    expect((await bench.call<{ findings: Json[] }>("admin check")).findings).toEqual([]);
  });

  it("is idempotent: the same again changes nothing, another strength or note changes those", async () => {
    await relate("a", "depends_on", "b", { strength: 0.8, note: "why" });
    const before = bench.trace();
    for (const more of [{}, { strength: 0.8 }, { note: "why" }])
      expect(await relate("a", "depends_on", "b", more)).toMatchObject({ change: "unchanged", existed: true });
    expect(bench.trace()).toEqual(before);
    const changed = await relate("a", "depends_on", "b", { strength: 0.1 });
    expect(changed).toMatchObject({ change: "updated", existed: true, relation: { strength: 0.1, note: "why" } });
    expect((await list()).total).toBe(1);
    await relate("a", "my_own-word", "b");
    expect((await list()).total).toBe(2);
  });

  it("reads twins as one: relates_to is related_to, resolved_by is resolves the other way", async () => {
    const made = await relate("a", "resolved_by", "b", { note: "that is how" });
    expect(made).toMatchObject({ address: "guidelines/b", path: "guidelines/b.md" });
    expect(made.relation).toMatchObject({ source: "guidelines/b", type: "resolves", target: "memories/a" });
    expect(await relate("b", "resolves", "a")).toMatchObject({ change: "unchanged" });
    expect(await relate("a", "relates_to", "b")).toMatchObject({ relation: { type: "related_to" } });
    expect(await relate("a", "related_to", "b")).toMatchObject({ change: "unchanged" });
    // What somebody wrote by hand in the twin's words is the same relation, and stays in their words.
    const relations =
      "title: H\nrelations:\n  - { type: Cites, target: guidelines/b } # mine\n  - type: resolved_by\n    target: memories/a";
    await bench.hand("memories/h.md", entryText(relations, "by hand"));
    expect((await list({ ref: "h", types: ["resolves"] })).relations).toEqual([
      { source: "memories/a", type: "resolves", target: "memories/h" },
    ]);
    expect(await relate("a", "resolves", "h", { strength: 0.5 })).toMatchObject({ address: "memories/h" });
    expect(bench.text("memories/h.md")).toContain(`${relations}\n    strength: 0.5\n---`);
    expect(bench.text("memories/a.md")).not.toContain("memories/h");
  });

  it("refuses what leads nowhere, to itself, or is no type, and writes nothing", async () => {
    const before = bench.trace();
    const missing = await bench.refused(
      "relation create",
      { ref: "a", type: "depends_on", target: "memories/b" },
      "not_found",
    );
    expect(missing.data).toMatchObject({ field: "target" });
    expect(missing.data.nearest).toContain("guidelines/b");
    const self = { ref: "a", type: "depends_on", target: "memories/a" };
    expect((await bench.refused("relation create", self, "invalid_input")).data).toMatchObject({ field: "target" });
    const words = { ref: "a", type: "depends on", target: "b" };
    expect((await bench.refused("relation create", words, "invalid_input")).data).toMatchObject({ field: "type" });
    const secret = await bench.refused(
      "relation create",
      { ref: "a", type: "related_to", target: "b", note: `key ${SECRET}` },
      "invalid_input",
    );
    expect(secret.message).not.toContain(SECRET);
    expect(bench.trace()).toEqual(before);
  });

  it("of type supersedes takes the target out of results, until it is deleted", async () => {
    const found = async () =>
      (await bench.call<{ hits: Json[] }>("search", { sort: "title", scope: "session/s" })).hits.map(
        (hit) => hit.title,
      );
    await relate("b", "Supersedes", "a");
    expect(await found()).toEqual(["B", "C"]);
    expect((await bench.call<{ entries: Json[] }>("get", { refs: ["a"] })).entries[0]).toMatchObject({
      superseded_by: "guidelines/b",
    });
    await bench.call("relation delete", { ref: "b", type: "supersedes", target: "a" });
    expect(await found()).toEqual(["A", "B", "C"]);
  });

  it("does not write over relations that it cannot read", async () => {
    await bench.hand("memories/h.md", entryText("title: H\nrelations:\n  - somebody's notes", "by hand"));
    const before = bench.text("memories/h.md");
    await bench.refused("relation create", { ref: "h", type: "related_to", target: "a" }, "invalid_input");
    expect(bench.text("memories/h.md")).toBe(before);
  });
});

describe("relation delete", () => {
  it("takes away what either file tells, and is done when nothing is there", async () => {
    for (const title of ["A", "B"]) await save(title);
    const before = bench.text("memories/b.md");
    await relate("b", "resolves", "a");
    await relate("b", "depends_on", "a");
    const gone = await bench.call<{ removed: Json[]; written: Json[] }>("relation delete", {
      ref: "a",
      type: "resolved_by",
      target: "b",
    });
    expect(gone.removed).toEqual([{ source: "memories/b", type: "resolves", target: "memories/a" }]);
    expect(gone.written).toMatchObject([{ address: "memories/b", change: "updated" }]);
    await bench.call("relation delete", { ref: "b", type: "depends_on", target: "a" });
    expect(bench.text("memories/b.md")).toBe(before);
    const trace = bench.trace();
    const again = await bench.call("relation delete", { ref: "b", type: "depends_on", target: "a" });
    expect(again).toEqual({ removed: [], written: [] });
    expect(bench.trace()).toEqual(trace);
    await bench.refused("relation delete", { ref: "b", type: "depends_on", target: "typo" }, "not_found");
  });

  it("takes away one whose target is gone, as the list names it", async () => {
    for (const title of ["A", "B"]) await save(title, { scope: "session/s" });
    await relate("a", "depends_on", "b");
    await bench.call("delete", { ref: "b", purge: true });
    const { relations } = await list();
    expect(relations).toEqual([
      { source: "session/s:memories/a", type: "depends_on", target: "session/s:memories/b", missing: true },
    ]);
    const { source: ref, type, target } = relations[0] ?? {};
    await bench.call("relation delete", { ref, type, target });
    expect((await list()).relations).toEqual([]);
    await bench.hand("memories/h.md", entryText("relations: [{ type: cites, target: not an address }]", "by hand"));
    await bench.call("relation delete", { ref: "h", type: "cites", target: "not an address" });
    expect((await list()).relations).toEqual([]);
  });
});

describe("relation list", () => {
  it("lists both directions, by type, and the store page by page", async () => {
    for (const title of ["A", "B", "C"]) await save(title);
    await relate("a", "depends_on", "b", { note: "n1" });
    await relate("c", "related_to", "a", { strength: 0.3 });
    await relate("c", "depends_on", "b");
    const { relations } = await list({ ref: "a" });
    expect(relations).toEqual([
      { source: "memories/a", type: "depends_on", target: "memories/b", note: "n1" },
      { source: "memories/c", type: "related_to", target: "memories/a", strength: 0.3 },
    ]);
    expect((await list({ ref: "a", direction: "in" })).relations).toEqual(relations.slice(1));
    expect((await list({ ref: "a", types: ["relates_to"] })).relations).toEqual(relations.slice(1));
    expect((await list({ types: ["depends_on"] })).total).toBe(2);
    const pages: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ limit: 2, ...(cursor ? { cursor } : {}) });
      expect(page.total).toBe(3);
      pages.push(...page.relations);
      cursor = page.next_cursor;
    } while (cursor);
    expect(pages).toEqual((await list()).relations);
    await bench.refused("relation list", { cursor: "damaged" }, "invalid_input");
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["a"], include: ["relations"] });
    expect(entries[0]?.relations).toEqual(relations);
    const version = String((await bench.call<{ version: string }>("save", { title: "D", content: "d" })).version);
    await bench.refused("get", { refs: ["d"], version, include: ["relations"] }, "invalid_input");
  });
});

describe("relation neighbors and path", () => {
  beforeEach(async () => {
    for (const title of ["A", "B", "C", "D"]) await save(title);
    await relate("b", "depends_on", "a");
    await relate("b", "builds_on", "a");
    await relate("c", "depends_on", "b");
    await relate("c", "unrelated_to", "d");
  });

  it("walk to the depth, direction and types asked for, and tell the way", async () => {
    const near = (input: Json) => bench.call<Near>("relation neighbors", { ref: "a", ...input });
    expect(await near({})).toMatchObject({ total: 1 });
    const { neighbors } = await near({ depth: 5 });
    expect(neighbors).toEqual([
      {
        address: "memories/b",
        title: "B",
        kind: "memory",
        distance: 1,
        steps: [{ types: ["builds_on", "depends_on"], direction: "in", to: "memories/b" }],
      },
      {
        address: "memories/c",
        title: "C",
        kind: "memory",
        distance: 2,
        steps: [
          { types: ["builds_on", "depends_on"], direction: "in", to: "memories/b" },
          { types: ["depends_on"], direction: "in", to: "memories/c" },
        ],
      },
    ]);
    expect(await near({ depth: 2, limit: 1 })).toMatchObject({ total: 2, neighbors: [{ address: "memories/b" }] });
    expect(await near({ direction: "out" })).toMatchObject({ total: 0, neighbors: [] });
    expect(await near({ depth: 2, types: ["builds_on"] })).toMatchObject({ total: 1 });
    await bench.refused("relation neighbors", { ref: "a", depth: 6 }, "invalid_input");
    await bench.call("delete", { ref: "b" });
    expect((await near({})).neighbors[0]).toMatchObject({ address: "memories/b", archived: true });
    expect((await bench.call<{ total: number }>("search", { related_to: "a", depth: 5 })).total).toBe(1);
  });

  it("find the shortest way, none, or the one of no length", async () => {
    const way = (input: Json) => bench.call("relation path", { ref: "c", target: "a", ...input });
    expect(await way({ direction: "out" })).toMatchObject({ found: true, distance: 2, from: "memories/c" });
    expect(await way({ direction: "in" })).toEqual({ from: "memories/c", to: "memories/a", found: false, steps: [] });
    expect(await way({ types: ["builds_on"] })).toMatchObject({ found: false });
    expect(await way({ target: "d" })).toMatchObject({ found: false });
    expect(await way({ target: "d", types: ["unrelated_to"] })).toMatchObject({ found: true, distance: 1 });
    expect(await way({ target: "c" })).toMatchObject({ found: true, distance: 0, steps: [] });
  });

  it("follow renames, deletions and edits by hand", async () => {
    const near = async () => (await bench.call<Near>("relation neighbors", { ref: "b", direction: "out" })).neighbors;
    await bench.call("update", { ref: "a", set: { name: "deep/z", scope: "session/x" } });
    expect(await near()).toMatchObject([{ address: "session/x:memories/deep/z" }]);
    await bench.call("delete", { ref: "z", purge: true });
    expect(await near()).toEqual([]);
    await bench.hand("sessions/x/memories/deep/z.md", "again");
    expect(await near()).toMatchObject([{ address: "session/x:memories/deep/z" }]);
    await bench.hand("memories/b.md", "nothing any more");
    expect(await near()).toEqual([]);
  });
});

describe("relation suggest", () => {
  interface Suggested {
    suggestions: { address: string; score: number; reasons: string[] }[];
  }
  const suggest = async (ref: string) => (await bench.call<Suggested>("relation suggest", { ref })).suggestions;

  it("offers similar text, the same session and the same hour, each with reason and score, and no entry twice", async () => {
    const caller = (session: string) => ({ session });
    const make = (title: string, content: string, session: string) =>
      bench.call("save", { title, content }, caller(session));
    await make("Invoice rounding", "Invoices are rounded half up in the ledger.", "one");
    bench.clock.at += 86_400_000;
    await make("Ledger rounding mode", "The ledger rounds invoices half up, never half even.", "two");
    await make("Coffee machine", "Descale it on Fridays.", "two");
    await make("Parking", "Level three.", "three");
    const [first, ...rest] = await suggest("ledger-rounding-mode");
    expect(first).toMatchObject({ address: "memories/invoice-rounding", reasons: ["similar text"] });
    expect(rest).toMatchObject([
      { address: "memories/coffee-machine", reasons: ["written in the same session", "made within five minutes"] },
      { address: "memories/parking", reasons: ["made within five minutes"] },
    ]);
    for (const { score } of [first!, ...rest]) expect(score > 0 && score <= 1).toBe(true);

    await relate("invoice-rounding", "related_to", "ledger-rounding-mode");
    await relate("coffee-machine", "unrelated_to", "ledger-rounding-mode");
    await bench.call("delete", { ref: "parking" });
    expect(await suggest("ledger-rounding-mode")).toEqual([]);
    expect((await suggest("coffee-machine")).map(({ address }) => address)).not.toContain(
      "memories/ledger-rounding-mode",
    );
  });
});
