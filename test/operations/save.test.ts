import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, START } from "../support/memory.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

describe("save", () => {
  it("writes one readable file and answers where it is", async () => {
    const saved = await bench.call("save", {
      title: "Use Postgres for billing",
      content: "We keep invoices in Postgres.",
      category: "decision",
      tags: ["Billing", "database", "billing"],
      fields: { topic: "storage" },
      reason: "asked in review",
    });
    expect(saved).toEqual({
      address: "memories/use-postgres-for-billing",
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      version: expect.stringMatching(/^[0-9a-f]{40}$/),
      change: "created",
      store: "project",
      scope: "project/demo",
      path: "memories/use-postgres-for-billing.md",
      committed: false,
    });
    expect(bench.text("memories/use-postgres-for-billing.md")).toBe(
      `---\nid: ${saved.id}\ntitle: Use Postgres for billing\ntopic: storage\ncategory: decision\ntags: [billing, database]\n---\n\nWe keep invoices in Postgres.\n`,
    );
    expect(bench.journal()).toEqual(["memory: add memory use-postgres-for-billing"]);
  });

  it("commits at once in an own store, and says so", async () => {
    const { makeOwnStore } = await import("../support/repositories.js");
    const own = await Bench.open({ dir: makeOwnStore() });
    const saved = await own.call("save", { title: "One", content: "text" });
    expect(saved).toMatchObject({ committed: true, commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(own.trace()).toMatchObject({ status: "" });
    await own.close();
  });

  it.each([
    ["memory", "memories", {}],
    ["guideline", "guidelines", { priority: 80, rationale: "because" }],
    ["tool", "tools", { parameters: { type: "object" }, constraints: "slow" }],
    ["pattern", "patterns", { data: { retries: 3 } }],
  ])("keeps a %s in %s/ with the fields of its kind", async (kind, folder, fields) => {
    const saved = await bench.call("save", { title: "A thing", content: "text", kind, fields });
    expect(saved.path).toBe(`${folder}/a-thing.md`);
    const { entries } = await bench.call<{ entries: { fields: object }[] }>("get", { refs: [saved.address] });
    expect(entries[0]?.fields).toEqual({ id: saved.id, title: "A thing", ...fields });
  });

  it("leaves out values that are defaults, and nothing else that was said", async () => {
    await bench.call("save", {
      title: "Defaults",
      content: "text",
      fields: { importance: 0.5, confidence: 1, status: "active", source: "" },
    });
    expect(bench.text("memories/defaults.md")).toMatch(/^---\nid: .+\ntitle: Defaults\n---\n\ntext\n$/);
  });

  it("takes category, tags and applies_to among the other fields too", async () => {
    await bench.call("save", {
      title: "Inside",
      content: "text",
      fields: { category: "decision", tags: ["A"], applies_to: ["src/**"] },
    });
    expect(bench.text("memories/inside.md")).toContain("category: decision\ntags: [a]\napplies_to: [src/**]\n");
  });

  it("gives a name of its own when the title has no letters, and takes one with folders", async () => {
    expect((await bench.call("save", { title: "!?", content: "a" })).address).toMatch(/^memories\/entry-[0-9a-f]{8}$/);
    const saved = await bench.call("save", { title: "x", content: "b", name: "db/deep/use-postgres" });
    expect(saved.path).toBe("memories/db/deep/use-postgres.md");
  });

  it.each([
    ["..", "name"],
    ["a/../../b", "name"],
    ["/etc/passwd", "name"],
    ["a\\b", "name"],
    ["CON", "name"],
    ["a.md", "name"],
    [".git/x", "name"],
    ["-rf", "name"],
    ["a\u0000b", "name"],
    ["a:b", "name"],
    ["x".repeat(300), "name"],
  ])("refuses the name %j and writes nothing", async (name, field) => {
    const before = bench.trace();
    const error = await bench.refused("save", { title: "t", content: "c", name }, "invalid_input");
    expect(error.data).toMatchObject({ field });
    expect(bench.trace()).toEqual(before);
  });

  it("refuses an address that is taken, whatever its letter case or Unicode form", async () => {
    const first = await bench.call("save", { title: "Café rules", content: "one" });
    for (const name of ["café-rules", "CAFÉ-Rules", "cafe\u0301-rules", "Café-Rules".normalize("NFD")]) {
      const before = bench.trace();
      const error = await bench.refused("save", { title: "Other", content: "two", name }, "already_exists");
      expect(error.data).toEqual({ address: "memories/café-rules", id: first.id, title: "Café rules" });
      expect(bench.trace()).toEqual(before);
    }
    // Another kind or scope is another address.
    await bench.call("save", { title: "Café rules", content: "three", kind: "guideline" });
    await bench.call("save", { title: "Café rules", content: "four", scope: "session/x" });
  });

  it("refuses a text that is there already, white space aside, in the same scope and kind", async () => {
    await bench.call("save", { title: "One", content: "Some text\nof two lines." });
    const same = { title: "Two", content: "  Some   text of\n\ntwo lines.\n" };
    const error = await bench.refused("save", same, "already_exists");
    expect(error.data).toMatchObject({ address: "memories/one" });
    await bench.call("save", { ...same, kind: "guideline" });
    await bench.call("save", { ...same, scope: "session/x" });
    await bench.call("save", { ...same, content: "Some text of two lines!" });
  });

  it("saves all the same with allow_similar, under the next free name", async () => {
    const input = { title: "Same", content: "Same text." };
    await bench.call("save", input);
    const names = [];
    for (let i = 0; i < 3; i++) names.push((await bench.call("save", { ...input, allow_similar: true })).address);
    expect(names).toEqual(["memories/same-2", "memories/same-3", "memories/same-4"]);
    expect((await bench.call("save", { ...input, title: "Fresh", allow_similar: true })).address).toBe(
      "memories/fresh",
    );
  });

  it("revives an archived entry at that address with the new text, keeping its id", async () => {
    const first = await bench.call("save", { title: "Old way", content: "one", tags: ["a"] });
    await bench.call("delete", { ref: "memories/old-way" });
    const again = await bench.call("save", { title: "Old way", content: "two", category: "fact" });
    expect(again).toMatchObject({ id: first.id, change: "restored", address: "memories/old-way" });
    expect(bench.text("memories/old-way.md")).toBe(
      `---\nid: ${first.id}\ntitle: Old way\ncategory: fact\ntags: [a]\n---\n\ntwo\n`,
    );
    const { versions } = await bench.call<{ versions: { change_type: string }[] }>("history list", { ref: "old-way" });
    expect(versions.map((one) => one.change_type)).toEqual(["restored", "archived", "created"]);
  });

  it("gives an archived entry without an id one when it revives it", async () => {
    await bench.hand("memories/by-hand.md", entryText("status: archived", "old"));
    const saved = await bench.call("save", { title: "By hand", content: "new" });
    expect(saved.change).toBe("restored");
    expect(bench.text("memories/by-hand.md")).toContain(`id: ${saved.id}\n`);
    expect(saved.id).toMatch(/-7/);
  });

  it("counts an entry that lies in the folder by hand: taken, and never overwritten", async () => {
    const text = entryText("title: Mine", "my words");
    await bench.hand("memories/mine.md", text);
    await bench.refused("save", { title: "Mine", content: "other" }, "already_exists");
    await bench.hand("memories/broken.md", "---\nid: [\n---\n");
    const error = await bench.refused("save", { title: "Broken", content: "other" }, "invalid_input");
    expect(error.message).toContain("memories/broken.md cannot be read");
    expect(bench.text("memories/mine.md")).toBe(text);
    expect(bench.text("memories/broken.md")).toBe("---\nid: [\n---\n");
  });

  it("puts new entries of a full folder into one of the month, and still finds the flat ones taken", async () => {
    const { put } = await import("../support/repositories.js");
    for (let i = 0; i < 1_000; i++) put(`${bench.root}/memories/m${i}.md`, entryText(`title: M${i}`, `text ${i}`));
    await bench.rescan();
    const month = new Date(START).toISOString().slice(0, 7);
    const saved = await bench.call("save", { title: "New one", content: "new" });
    expect(saved.address).toBe(`memories/${month}/new-one`);
    expect((await bench.call("save", { title: "x", content: "named", name: "db/x" })).address).toBe("memories/db/x");
    expect((await bench.call("save", { title: "Rule", content: "r", kind: "guideline" })).path).toBe(
      "guidelines/rule.md",
    );
    await bench.refused("save", { title: "New one", content: "newer" }, "already_exists");
    const error = await bench.refused("save", { title: "M7", content: "again" }, "already_exists");
    expect(error.data).toMatchObject({ address: "memories/m7" });
    const more = await bench.call<{ results: { path: string }[] }>("bulk", {
      items: ["A", "B"].map((title) => ({ op: "save", title, content: `${title} text` })),
    });
    expect(more.results.map(({ path }) => path)).toEqual([`memories/${month}/a.md`, `memories/${month}/b.md`]);
  });

  it("refuses a scope that this store cannot hold, and takes its own name for the default", async () => {
    expect((await bench.call("save", { title: "a", content: "a", scope: "project/demo" })).address).toBe("memories/a");
    for (const scope of ["org/acme", "project/other"])
      await bench.refused("save", { title: "b", content: "b", scope }, "invalid_input");
    await bench.refused("save", { title: "b", content: "b", scope: "session/a/b" }, "invalid_input");
    await bench.refused("save", { title: "b", content: "b", scope: "session/../x" }, "invalid_input");
  });

  it("takes `project` for the project's scope, as search does", async () => {
    expect((await bench.call("save", { title: "a", content: "a", scope: "project" })).address).toBe("memories/a");
  });

  it("addresses entries of a session with their scope", async () => {
    await bench.call("admin config_set", { key: "sessions", value: "shared" });
    const saved = await bench.call("save", { title: "Task", content: "do it", scope: "session/x" });
    expect(saved).toMatchObject({
      address: "session/x:memories/task",
      scope: "session/x",
      path: "sessions/x/memories/task.md",
    });
    const { hits } = await bench.call<{ hits: { address: string }[] }>("search", { scope: "session/x" });
    expect(hits.map(({ address }) => address)).toEqual(["session/x:memories/task"]);
    expect(await bench.call("get", { refs: ["session/x:memories/task", "task"] })).toMatchObject({
      entries: [{ scope: "session/x" }, { scope: "session/x" }],
    });
  });
});
