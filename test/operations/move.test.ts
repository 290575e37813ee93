import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, type Json } from "../support/memory.js";
import { git } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

interface Versions {
  versions: { change_type: string; version: string; number: number }[];
}

describe("update that moves", () => {
  it("keeps id and history, under a new name, scope and kind", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", tags: ["x"] });
    await bench.call("update", { ref: "a", append: "two" });
    const moved = await bench.call("update", {
      ref: "a",
      set: { name: "db/b", scope: "session/x", kind: "guideline" },
    });
    expect(moved).toMatchObject({
      id: saved.id,
      change: "renamed",
      address: "session/x:guidelines/db/b",
      path: "sessions/x/guidelines/db/b.md",
    });
    expect(bench.text("memories/a.md")).toBeUndefined();
    const { versions } = await bench.call<Versions>("history list", { ref: String(moved.address) });
    expect(versions.map(({ change_type }) => change_type)).toEqual(["renamed", "updated", "created"]);
    expect(versions.at(-1)?.version).toBe(saved.version);
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: [String(saved.id)] });
    expect(entries[0]).toMatchObject({ address: moved.address });
    await bench.refused("get", { refs: ["memories/a"] }, "not_found");
    expect(bench.journal()[0]).toBe("memory: move guideline db/b");
  });

  it("shows the versions before the move also when a person has committed in between", async () => {
    await bench.call("save", { title: "A", content: "one" });
    git(bench.dir, "add", ".");
    git(bench.dir, "commit", "-qm", "mine");
    await bench.call("update", { ref: "a", set: { name: "b" }, append: "two" });
    git(bench.dir, "add", "-A");
    git(bench.dir, "commit", "-qm", "mine too");
    await bench.rescan();
    const { versions } = await bench.call<Versions>("history list", { ref: "memories/b" });
    expect(versions.map(({ change_type }) => change_type)).toEqual(["renamed", "created"]);
  });

  it("asks for null where the new kind lacks a field, and then lets go of it", async () => {
    await bench.call("save", { title: "A", content: "one", fields: { source: "a talk", importance: 0.9 } });
    const before = bench.trace();
    const error = await bench.refused("update", { ref: "a", set: { kind: "tool" } }, "invalid_input");
    expect(error.data).toMatchObject({ field: "set.kind", fields: ["importance", "source"] });
    expect(bench.trace()).toEqual(before);
    await bench.call("update", { ref: "a", set: { kind: "tool", source: null, importance: null } });
    expect(bench.text("tools/a.md")).not.toMatch(/source|importance/);
  });

  it("refuses a kind for which a field that stays is wrong", async () => {
    await bench.call("save", { title: "A", content: "one", category: "decision" });
    const error = await bench.refused("update", { ref: "a", set: { kind: "tool" } }, "invalid_input");
    expect(error.data).toMatchObject({ field: "category" });
    await bench.call("update", { ref: "a", set: { kind: "tool", category: "cli" } });
    expect((await bench.call<{ findings: Json[] }>("admin check")).findings).toEqual([]);
  });

  it("refuses a place that is taken, and can change the letter case of its own", async () => {
    await bench.call("save", { title: "A", content: "one" });
    await bench.call("save", { title: "B", content: "two" });
    const before = bench.trace();
    for (const name of ["b", "B"]) {
      const error = await bench.refused("update", { ref: "a", set: { name } }, "already_exists");
      expect(error.data).toMatchObject({ address: `memories/${name}` });
    }
    expect(bench.trace()).toEqual(before);
    expect((await bench.call("update", { ref: "memories/a", set: { name: "A" } })).path).toBe("memories/A.md");
    await bench.hand("memories/broken.md", "---\n[\n");
    await bench.refused("update", { ref: "b", set: { name: "broken" } }, "invalid_input");
  });

  it("points relations at the new place", async () => {
    await bench.call("save", { title: "A", content: "one" });
    const relations = [{ type: "depends_on", target: "memories/a", note: "why" }];
    await bench.call("save", { title: "B", content: "two", fields: { relations } });
    await bench.call("update", { ref: "a", set: { name: "c", scope: "session/x" } });
    const { entries } = await bench.call<{ entries: { fields: Json }[] }>("get", { refs: ["b"] });
    expect(entries[0]?.fields.relations).toEqual([{ type: "depends_on", target: "session/x:memories/c", note: "why" }]);
  });
});
