import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { MemoryError } from "../../src/errors.js";
import { Bench, entryText, SECRET } from "../support/memory.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

function expectPlace(error: MemoryError, line: number, path: string): void {
  expect(error.data).toEqual({ path, rule: "github", line, column: 8 });
  expect(error.message).toContain(`line ${line}, column 8`);
  expect(error.message).toContain('allow_secrets: ["github"]');
  expect(JSON.stringify([error.message, error.data])).not.toContain(SECRET.slice(4, 12));
}

describe("secrets", () => {
  it("are refused by save wherever they stand, with rule and place and never the secret", async () => {
    const before = bench.trace();
    const content = `Use it:\n\ntoken: ${SECRET}`;
    expectPlace(await bench.refused("save", { title: "A", content }, "invalid_input"), 8, "memories/a.md");
    for (const input of [
      { title: `Key ${SECRET}`, content: "x" },
      { title: "A", content: "x", fields: { source: SECRET } },
      { title: "A", content: "x", kind: "tool", fields: { parameters: { example: SECRET } } },
      { title: "A", content: "x", tags: [SECRET.slice(0, 60)] },
    ])
      await bench.refused("save", input, "invalid_input");
    expect(bench.trace()).toEqual(before);
  });

  it("are saved when the caller names the rule, and no other rule will do", async () => {
    const input = { title: "A", content: SECRET };
    await bench.refused("save", { ...input, allow_secrets: ["aws"] }, "invalid_input");
    await bench.call("save", { ...input, allow_secrets: ["github"] });
    expect(bench.text("memories/a.md")).toContain(SECRET);
  });

  it("are refused by every way to update, and nothing is written", async () => {
    await bench.call("save", { title: "A", content: "one" });
    const before = bench.trace();
    const error = await bench.refused("update", { ref: "a", append: `token: ${SECRET}` }, "invalid_input");
    expectPlace(error, 8, "memories/a.md");
    for (const input of [
      { content: SECRET },
      { edits: [{ old: "one", new: SECRET }] },
      { set: { summary: SECRET } },
      { set: { name: "b" }, append: SECRET },
    ])
      await bench.refused("update", { ref: "a", ...input }, "invalid_input");
    expect(bench.trace()).toEqual(before);
    await bench.call("update", { ref: "a", append: SECRET, allow_secrets: ["github"] });
  });

  it("are refused when an old version would bring them back", async () => {
    const saved = await bench.call("save", { title: "A", content: SECRET, allow_secrets: ["github"] });
    await bench.call("update", { ref: "a", content: "taken out" });
    const before = bench.trace();
    const input = { ref: "a", version: String(saved.version) };
    await bench.refused("history restore", input, "invalid_input");
    await bench.refused("bulk", { items: [{ op: "restore", ...input }] }, "invalid_input");
    expect(bench.trace()).toEqual(before);
    await bench.call("history restore", { ...input, allow_secrets: ["github"] });
  });

  it("that a person wrote by hand do not keep the entry from being archived or purged", async () => {
    await bench.hand("memories/a.md", entryText("title: A", SECRET));
    await bench.hand("memories/b.md", entryText("title: B", `${SECRET} too`));
    expect((await bench.call("delete", { ref: "a" })).change).toBe("archived");
    expect((await bench.call("delete", { ref: "b", purge: true })).change).toBe("deleted");
  });

  it("in another entry do not keep one from being moved that it points at", async () => {
    await bench.call("save", { title: "A", content: "one" });
    const relations = "relations:\n  - type: related_to\n    target: memories/a";
    await bench.hand("memories/b.md", entryText(`title: B\n${relations}`, SECRET));
    await bench.call("update", { ref: "a", set: { name: "c" } });
    expect(bench.text("memories/b.md")).toContain("target: memories/c");
  });

  it("are not smuggled in by saving or updating and archiving in one bulk", async () => {
    await bench.call("save", { title: "Old", content: "one" });
    const before = bench.trace();
    for (const first of [
      { op: "save", title: "New", content: SECRET, name: "old", allow_similar: true },
      { op: "update", ref: "old", append: SECRET },
    ])
      await bench.refused("bulk", { items: [first, { op: "delete", ref: "memories/old" }] }, "invalid_input");
    expect(bench.trace()).toEqual(before);
  });
});
