import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const set = (ours: string, theirs: string) =>
  `<<<<<<< HEAD\n${ours}\n||||||| base\nthe base\n=======\n${theirs}\n>>>>>>> side`;
/** Markers in the front matter, and in the body. */
const BOTH = `---\ntitle: A\ntags: [x]\n${set("summary: our words", "summary: their words")}\n---\n\nbefore\n${set("apples", "oranges")}\nafter\n`;
/** Theirs in a comment beside a field. */
const BESIDE = entryText(
  "title: A\ntags: [x]\nimportance: 0.9\n#>>>>>>> theirs: importance: 0.1",
  "before\napples\nafter",
);

const search = async (query: string) =>
  (await bench.call<{ hits: Json[] }>("search", { query })).hits.map(({ address }) => address);

describe.each([
  ["a file with markers", BOTH],
  ["a file with theirs beside a field", BESIDE],
])("%s", (_what, text) => {
  beforeEach(async () => {
    await bench.hand(
      "memories/other.md",
      entryText("title: Other\nrelations: [{type: x, target: memories/a}]", "Another text."),
    );
    await bench.hand("memories/a.md", text);
  });

  it("is read from its ours side, flagged, and reported", async () => {
    const one = (await bench.call<{ entries: Json[] }>("get", { refs: ["a"] })).entries[0];
    expect(one).toMatchObject({
      address: "memories/a",
      conflict: expect.any(String),
      content: "before\napples\nafter",
    });
    expect(await search("apples")).toEqual(["memories/a"]);
    expect(await search("oranges")).toEqual([]);
    const { unresolved, invalid } = await bench.call<{ unresolved: string[]; invalid: Json[] }>("admin status");
    expect([unresolved, invalid]).toEqual([["memories/a"], []]);
    const line = text.split("\n").findIndex((words) => /^#?[<>]{7} /.test(words)) + 1;
    const { findings } = await bench.call<{ findings: Json[] }>("admin check");
    expect(findings).toEqual([expect.objectContaining({ path: "memories/a.md", line, rule: "markers" })]);
    const status = findOperation("admin", "status")!;
    const shown = status.render(await bench.call("admin status"), "concise", (words) => words);
    expect(shown).toContain("In conflict after a merge, told from ours (1):\n- memories/a");
  });

  it("is an open conflict, shown with both sides and decided like any other", async () => {
    const { conflicts } = await bench.call<{ conflicts: Json[] }>("conflict list");
    expect(conflicts).toMatchObject([{ address: "memories/a", cause: "markers", resolved: false }]);
    const { conflict: id } = (await bench.call<{ entries: Json[] }>("get", { refs: ["a"] })).entries[0] ?? {};
    expect(conflicts[0]?.id).toBe(id);
    const { a, b } = await bench.call<{ a: { values: Json }; b: { values: Json } }>("conflict show", { id });
    const [field = ""] = Object.keys(a.values);
    expect(a.values[field]).not.toEqual(b.values[field]);
    await bench.refused("conflict resolve", { id }, "invalid_input");
    await bench.call("conflict resolve", { id: "memories/a", take: "b" });
    const one = (await bench.call<{ entries: Json[] }>("get", { refs: ["a"] })).entries[0] ?? {};
    expect({ ...(one.fields as Json), body: one.content }[field]).toEqual(b.values[field]);
    expect(one).not.toHaveProperty("conflict");
    expect(await bench.call("conflict list")).toMatchObject({ total: 0 });
    expect(bench.text("memories/a.md")).not.toMatch(/[<>]{7}/);
  });

  it("is told no more once somebody decided", async () => {
    await bench.hand("memories/a.md", entryText("title: A", "before\noranges\nafter"));
    expect(await bench.call("admin status")).not.toHaveProperty("unresolved");
    const one = (await bench.call<{ entries: Json[] }>("get", { refs: ["a"] })).entries[0];
    expect(one).not.toHaveProperty("conflict");
    expect((await bench.call("update", { ref: "a", append: "more" })).change).toBe("updated");
  });

  it.each<[string, string, Json]>([
    ["update", "a field", { ref: "a", set: { importance: 0.3 } }],
    ["update", "its text", { ref: "a", content: "new" }],
    ["update", "its end", { ref: "a", append: "more" }],
    ["update", "some words", { ref: "a", edits: [{ old: "apples", new: "pears" }] }],
    ["update", "its name", { ref: "a", set: { name: "b" } }],
    ["delete", "its status", { ref: "a" }],
    ["tag attach", "its tags", { refs: ["a"], tags: ["required"] }],
    ["tag rename", "a tag that it has", { name: "x", to: "other" }],
    ["relation create", "its relations", { ref: "a", type: "related_to", target: "other" }],
  ])("is not changed by %s: %s", async (verb, _what, input) => {
    const before = bench.trace();
    const { message } = await bench.refused(verb, input, "conflict");
    expect(message).toContain("holds the conflict markers of a merge, so nothing was written");
    expect(bench.text("memories/a.md")).toBe(text);
    expect(bench.trace()).toEqual(before);
  });

  it("holds up the move of an entry that it leads to, and is named", async () => {
    await bench.hand(
      "memories/a.md",
      text.replace("title: A", "title: A\nrelations: [{type: x, target: memories/other}]"),
    );
    const { message } = await bench.refused("update", { ref: "other", set: { name: "moved" } }, "conflict");
    expect(message).toContain("memories/a.md holds the conflict markers");
    expect(bench.text("memories/other.md")).toBeDefined();
  });

  it("can be taken away as a whole, and brought back to a version without them", async () => {
    await bench.hand("memories/a.md", entryText("title: A", "settled"));
    git(bench.dir, "add", ".");
    git(bench.dir, "commit", "-qm", "settled");
    const head = git(bench.dir, "rev-parse", "HEAD").trim();
    await bench.hand("memories/a.md", text);
    await bench.call("history restore", { ref: "a", version: head });
    expect(bench.text("memories/a.md")).toContain("settled");
    expect(bench.journal().some((subject) => subject.includes("by hand"))).toBe(true);
    expect(await bench.call("admin status")).not.toHaveProperty("unresolved");
  });
});

describe("conflict markers elsewhere", () => {
  it("are read from ours in the document of a scope, which is not changed either", async () => {
    const text = `# Demo\n\n${set("go", "rust")}\n`;
    await bench.hand("project.md", text);
    const project = await bench.call("project get");
    expect(JSON.stringify(project)).toContain("go");
    expect(JSON.stringify(project)).not.toContain("rust");
    await bench.refused("project update", { language: "go" }, "conflict");
    expect(bench.text("project.md")).toBe(text);
    expect(await bench.call("admin status")).toMatchObject({ unresolved: ["project.md"] });
  });

  it("are read from ours in a commit too, and line by line in its history", async () => {
    await bench.hand("memories/a.md", BOTH);
    git(bench.dir, "add", ".");
    git(bench.dir, "commit", "-qm", "markers");
    await bench.rescan();
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["a"], as_of: "HEAD" });
    expect(entries[0]).toMatchObject({ content: "before\napples\nafter" });
    const head = git(bench.dir, "rev-parse", "HEAD").trim();
    const { lines, origins } = await bench.call<{ lines: Json[]; origins: Json[] }>("history blame", { ref: "a" });
    expect(lines).toEqual(["before", "apples", "after"].map((text) => ({ text, origin: 0 })));
    expect(origins).toMatchObject([{ commit: head }]);
  });

  it("are no text for a new entry, nor for one that has none", async () => {
    const content = `Take this:\n${set("a", "b")}`;
    const { message } = await bench.refused("save", { title: "New", content }, "invalid_input");
    expect(message).toContain("conflict markers");
    await bench.call("save", { title: "Old", content: "words" });
    await bench.refused("update", { ref: "old", content }, "invalid_input");
    await bench.refused("update", { ref: "old", append: content }, "invalid_input");
    expect((await bench.call("save", { title: "Example", content: content.replace(/^/gm, "    ") })).change).toBe(
      "created",
    );
  });
});
