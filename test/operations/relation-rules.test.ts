import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
  for (const title of ["A", "B"]) await bench.call("save", { title, content: `About ${title}.` });
});
afterEach(() => bench.close());

const to = (...targets: string[]) => targets.map((target) => ({ type: "depends_on", target }));
const relations = async (ref: string) =>
  (await bench.call<{ relations: Json[] }>("relation list", { ref })).relations.map(
    ({ source, target }) => `${String(source)} > ${String(target)}`,
  );

describe("a write whose relations lead nowhere", () => {
  it("is refused by save and update, with the field and the nearest", async () => {
    const before = bench.trace();
    const save = { title: "C", content: "c", fields: { relations: to("memories/a", "guidelines/b") } };
    const error = await bench.refused("save", save, "invalid_input");
    expect(error.data).toMatchObject({
      field: "relations[1].target",
      target: "guidelines/b",
      nearest: ["memories/b"],
      path: "memories/c.md",
    });
    const update = { ref: "a", set: { relations: to("memories/b", "018e0d39-12e8-7000-8000-000000000001") } };
    expect((await bench.refused("update", update, "invalid_input")).data).toMatchObject({
      field: "relations[1].target",
    });
    for (const target of ["memories/a", "memory/a"]) {
      const self = await bench.refused("update", { ref: "a", set: { relations: to(target) } }, "invalid_input");
      expect(self.data).toMatchObject({ field: "relations[0].target" });
      expect(self.message).toContain("itself");
    }
    expect(bench.trace()).toEqual(before);
  });

  it("reads targets in the entry's own scope, and says so", async () => {
    const input = { title: "C", content: "c", scope: "session/s", fields: { relations: to("memories/a") } };
    const { data, message } = await bench.refused("save", input, "invalid_input");
    const [nearest] = data.nearest as string[];
    expect(nearest).toMatch(/^project\/[^:]+:memories\/a$/);
    expect(message).toContain("session/s");
    await bench.call("save", { ...input, fields: { relations: to(String(nearest)) } });
    expect(await relations("c")).toEqual(["session/s:memories/c > memories/a"]);
  });

  it("is refused by a bulk with its position, unless the bulk makes what is missing, in any order", async () => {
    const save = (title: string, target: string) => ({
      op: "save",
      title,
      content: `About ${title}.`,
      fields: { relations: to(target) },
    });
    const before = bench.trace();
    const bad = { items: [save("C", "memories/d"), save("D", "memories/none")] };
    const error = await bench.refused("bulk", bad, "invalid_input");
    expect(error.data.errors).toMatchObject([{ position: 1, data: { field: "relations[0].target" } }]);
    const gone = { items: [save("C", "memories/a"), { op: "delete", ref: "a", purge: true }] };
    await bench.refused("bulk", gone, "invalid_input");
    expect(bench.trace()).toEqual(before);
    await bench.call("bulk", {
      items: [save("C", "memories/d"), save("D", "memories/c"), { op: "update", ref: "c", set: { name: "e" } }],
    });
    expect(await relations("d")).toEqual(["memories/d > memories/e", "memories/e > memories/d"]);
  });

  it("is refused by restore, and done once what is missing is there again", async () => {
    const { version } = await bench.call("update", { ref: "a", set: { relations: to("memories/b") } });
    await bench.call("update", { ref: "a", set: { relations: null } });
    const { version: gone } = await bench.call("update", { ref: "b", append: "more" });
    await bench.call("delete", { ref: "b", purge: true });
    const restore = { ref: "a", version: String(version) };
    expect((await bench.refused("history restore", restore, "invalid_input")).data).toMatchObject({
      field: "relations[0].target",
      target: "memories/b",
    });
    const items = [
      { op: "restore", ...restore },
      { op: "restore", ref: "memories/b", version: gone },
    ];
    await bench.call("bulk", { items });
    expect(await relations("a")).toEqual(["memories/a > memories/b"]);
  });

  it("says nothing about what the file held before", async () => {
    const lines = "title: H\nrelations:\n  - { type: cites, target: nowhere }\n  - { type: cites, target: memories/h }";
    await bench.hand("memories/h.md", entryText(lines, "by hand"));
    await bench.call("update", { ref: "h", add_tags: ["x"] });
    await bench.call("update", { ref: "h", set: { name: "i", scope: "session/s" } });
    expect(bench.text("sessions/s/memories/i.md")).toContain("target: nowhere");
  });
});

describe("an entry that others lead to", () => {
  it("can be purged, and the answer names them", async () => {
    await bench.call("relation create", { ref: "a", type: "depends_on", target: "b" });
    await bench.call("save", { title: "C", content: "c", fields: { relations: to("memories/b") } });
    expect(await bench.call("delete", { ref: "b" })).not.toHaveProperty("dangling");
    const gone = await bench.call("delete", { ref: "b", purge: true });
    expect(gone.dangling).toEqual(["memories/a", "memories/c"]);
    const { findings } = await bench.call<{ findings: Json[] }>("admin check");
    expect(findings).toMatchObject([
      { path: "memories/a.md", rule: "dangling" },
      { path: "memories/c.md", rule: "dangling" },
    ]);
    await bench.call("update", { ref: "a", append: "still writable" });
    const items = [
      { op: "delete", ref: "a", purge: true },
      { op: "delete", ref: "c", purge: true },
    ];
    const { results } = await bench.call<{ results: Json[] }>("bulk", { items });
    for (const result of results) expect(result).not.toHaveProperty("dangling");
  });
});

describe("a move", () => {
  it("takes along what leads to and from the entry, also to another scope", async () => {
    await bench.call("update", { ref: "a", set: { relations: to("memories/b") } });
    await bench.call("update", { ref: "b", set: { relations: to("memories/a") } });
    await bench.call("update", { ref: "a", set: { scope: "session/s" } });
    expect(await relations("a")).toEqual(["memories/b > session/s:memories/a", "session/s:memories/a > memories/b"]);
    await bench.call("update", { ref: "b", set: { scope: "session/s", kind: "guideline" } });
    expect(bench.text("sessions/s/memories/a.md")).toContain("target: guidelines/b\n");
    expect(bench.text("sessions/s/guidelines/b.md")).toContain("target: memories/a\n");
    expect((await bench.call<{ findings: Json[] }>("admin check")).findings).toEqual([]);
  });

  it("is followed by what the same bulk made or moved", async () => {
    await bench.call("bulk", {
      items: [
        { op: "save", title: "C", content: "c", fields: { relations: to("memories/a", "memories/b") } },
        { op: "update", ref: "a", set: { name: "z", relations: to("memories/c") } },
        { op: "update", ref: "c", set: { name: "y" } },
        { op: "update", ref: "b", set: { kind: "guideline" } },
      ],
    });
    expect(await relations("y")).toEqual([
      "memories/y > guidelines/b",
      "memories/y > memories/z",
      "memories/z > memories/y",
    ]);
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "z" });
    expect(versions[0]).toMatchObject({ change_type: "renamed" });
  });
});

describe("a search among related entries", () => {
  it("keeps to the depth and direction, and asks for related_to where they stand alone", async () => {
    await bench.call("save", { title: "C", content: "About C.", fields: { relations: to("memories/a") } });
    await bench.call("relation create", { ref: "a", type: "depends_on", target: "b" });
    const found = async (input: Json) =>
      (await bench.call<{ hits: Json[] }>("search", { sort: "title", ...input })).hits.map(({ title }) => title);
    expect(await found({ related_to: "b" })).toEqual(["A"]);
    expect(await found({ related_to: "b", depth: 2, query: "about" })).toEqual([]);
    expect(await found({ related_to: "memories/b", depth: 2, query: "c" })).toEqual(["C"]);
    expect(await found({ related_to: "a", direction: "out" })).toEqual(["B"]);
    await bench.refused("search", { depth: 2 }, "invalid_input");
    await bench.refused("search", { direction: "in" }, "invalid_input");
    await bench.refused("search", { related_to: "none" }, "not_found");
  });
});

describe("a store that gets another name while it is open", () => {
  it("has the relations that its files tell, as one that is opened anew", async () => {
    await bench.call("relation create", { ref: "a", type: "depends_on", target: "b" });
    await bench.call("relation create", { ref: "b", type: "cites", target: "a" });
    await bench.hand("memory.yaml", (bench.text("memory.yaml") ?? "").replace(/^name: .*$/m, "name: other"));
    await bench.call("admin config_set", { key: "response_format", value: "json" });
    expect(bench.memory.scope).toBe("project/other");
    for (const file of ["memories/a.md", "memories/b.md"])
      await bench.hand(file, (bench.text(file) ?? "").replace("depends_on", "validates"));
    const again = await Bench.open({ dir: bench.dir });
    const listed = (await again.call<{ relations: Json[] }>("relation list", {})).relations;
    expect(listed.map(({ source, type, target }) => [source, type, target])).toEqual([
      ["memories/a", "validates", "memories/b"],
      ["memories/b", "cites", "memories/a"],
    ]);
    await again.memory.close();
    await bench.hand("memories/b.md", `${bench.text("memories/b.md")}\nMore.\n`);
    expect((await bench.call<{ relations: Json[] }>("relation list", {})).relations).toEqual(listed);
    for (const ref of ["a", "b"]) expect(await relations(ref)).toHaveLength(2);
  });
});
