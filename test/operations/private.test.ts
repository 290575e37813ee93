import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json, SECRET } from "../support/memory.js";
import { git, makeOwnStore, makePersonalStore, put, tracesOf } from "../support/repositories.js";

const WORD = "quincejelly";
let bench: Bench;
const save = (title: string, more: Json = {}) => bench.call("save", { title, content: `${title} text`, ...more });
const secret = (title: string, more: Json = {}) => save(title, { private: true, ...more });
const apart = { private: true, committed: false };

beforeEach(async () => {
  const dir = makePersonalStore();
  bench = await Bench.open({ dir, home: path.dirname(dir) });
});
afterEach(async () => {
  expect(tracesOf(bench.dir, WORD, "plum", "Plum")).toEqual([]);
  await bench.close();
});

describe("save with private", () => {
  it("keeps the entry out of git, in every scope", async () => {
    const places: [string | undefined, string, string][] = [
      [undefined, "memories/plum", "private/memories/plum.md"],
      ["project/api", "project/api:memories/plum", "private/projects/api/memories/plum.md"],
      ["org/acme", "org/acme:memories/plum", "private/orgs/acme/memories/plum.md"],
      ["session/s", "session/s:memories/plum", "private/sessions/s/memories/plum.md"],
    ];
    for (const [scope, address, file] of places) {
      const saved = await secret("Plum", { content: WORD, reason: WORD, ...(scope && { scope }) });
      expect(saved).toMatchObject({ address, path: file, change: "created", ...apart });
      expect(saved).not.toHaveProperty("pending");
      expect(saved).not.toHaveProperty("commit");
      expect(bench.text(file)).toContain(WORD);
      expect(await bench.call("get", { refs: [address] })).toMatchObject({
        entries: [{ private: true, content: WORD }],
      });
    }
  });

  it("is told in every result, and in no review", async () => {
    await save("Shared");
    await secret("Plum", { content: WORD, kind: "guideline" });
    expect(await bench.call("search", { query: WORD })).toMatchObject({ hits: [{ private: true }] });
    const { guidelines } = await bench.call<{ guidelines: Json[] }>("context", { task: WORD });
    expect(guidelines).toMatchObject([{ address: "guidelines/plum", private: true }]);
    expect(JSON.stringify(await bench.call("search", { query: "shared text" }))).not.toContain("private");
    expect(await bench.call("admin check", {})).toMatchObject({ checked: 1, findings: [] });
    expect(await bench.call("admin status", {})).toMatchObject({ entries: { guideline: 1, memory: 1 }, pending: [] });
    expect(await bench.call("search", { as_of: "HEAD" })).toMatchObject({ total: 1 });
    put(path.join(bench.dir, "tags.yaml"), "x: {}\n");
    await bench.call("admin commit", {});
    expect(git(bench.dir, "status", "--porcelain", "--ignored")).toBe("!! private/\n");
  });

  it("goes to the person's own store from a project, which knows nothing of it", async () => {
    const project = await Bench.open({ dir: makeOwnStore() });
    const before = project.trace();
    const save = (more: Json) => project.call("save", { title: "Plum", content: WORD, private: true, ...more });
    expect(await save({})).toMatchObject({
      store: "personal",
      address: "memories/plum",
      path: "private/projects/demo/memories/plum.md",
      ...apart,
    });
    expect(await save({ scope: "session/s" })).toMatchObject({
      path: "private/projects/demo/sessions/s/memories/plum.md",
      ...apart,
    });
    const { hits } = await project.call<{ hits: Json[] }>("search", { query: WORD, scope: "session/s" });
    expect(hits).toMatchObject([{ private: true }, { private: true }]);
    const items = [
      { op: "save", title: "Fig", content: "fig" },
      { op: "save", title: "Quince", content: `${WORD} again`, private: true },
    ];
    await project.refused("bulk", { items }, "invalid_input");
    await project.refused("bulk", { items: [...items].reverse() }, "invalid_input");
    expect(project.trace()).toEqual(before);
    expect(await project.call("update", { ref: "memories/plum", append: "more" })).toMatchObject(apart);
    for (const dir of [project.dir, project.personal]) expect(tracesOf(dir, WORD, "plum", "Plum")).toEqual([]);
    await project.close();
  });

  it("has an address of its own, whichever side had it first", async () => {
    await secret("Plum");
    expect((await bench.refused("save", { title: "Plum", content: "x" }, "already_exists")).data).toMatchObject({
      address: "memories/plum",
    });
    await bench.refused("save", { title: "PLUM", name: "PLUM", content: "x" }, "already_exists");
    await save("Pear");
    await bench.refused("save", { title: "Pear", content: "x", private: true }, "already_exists");
    expect(await secret("Pear", { content: "x", allow_similar: true })).toMatchObject({ address: "memories/pear-2" });
    await bench.refused("update", { ref: "pear-2", set: { name: "pear" } }, "already_exists");
    await bench.refused("update", { ref: "pear", set: { name: "plum" } }, "already_exists");
  });

  it("revives an archived private entry, and none of the other side", async () => {
    await secret("Plum");
    expect(await bench.call("delete", { ref: "plum" })).toMatchObject({ change: "archived", ...apart });
    await bench.refused("save", { title: "Plum", content: "x" }, "already_exists");
    expect(await secret("Plum", { content: WORD })).toMatchObject({ change: "restored", ...apart });
    await save("Pear");
    await bench.call("delete", { ref: "pear" });
    await bench.refused("save", { title: "Pear", content: WORD, private: true }, "already_exists");
  });

  it("scans for secrets as on every disk", async () => {
    await bench.refused("save", { title: "Plum", content: SECRET, private: true }, "invalid_input");
    expect(fs.existsSync(path.join(bench.dir, "private"))).toBe(false);
  });
});

describe("a private entry", () => {
  it("stays private whatever is changed", async () => {
    await secret("Plum", { content: "one two" });
    const changes: [string, Json][] = [
      ["update", { ref: "plum", content: "one two three" }],
      ["update", { ref: "plum", append: WORD }],
      ["update", { ref: "plum", edits: [{ old: "two", new: "2" }], set: { importance: 0.9, private: true } }],
      ["update", { ref: "plum", add_tags: ["x"], reason: WORD }],
      ["update", { ref: "plum", set: { scope: "project/api", kind: "pattern", name: "damson" } }],
      ["update", { ref: "project/api:patterns/damson", set: { scope: "global", kind: "memory", name: "plum" } }],
    ];
    for (const [verb, input] of changes) expect(await bench.call(verb, input)).toMatchObject(apart);
    expect(bench.text("private/memories/plum.md")).toContain("one 2 three");
    expect(bench.text("private/projects/api/patterns/damson.md")).toBeUndefined();
    expect(tracesOf(bench.dir, "damson")).toEqual([]);
    expect(bench.journal()).toEqual(["memory: keep private entries out of git"]);
  });

  it("cannot be made shared, nor a shared one private", async () => {
    const { id } = await secret("Plum");
    const stays = await bench.refused("update", { ref: "plum", set: { private: false } }, "forbidden");
    expect(stays.message).toContain("purge: true");
    expect((await save("Pear")).committed).toBe(true);
    const had = await bench.refused("update", { ref: "pear", set: { private: true, title: "P" } }, "forbidden");
    expect(had.message).toContain("history has it");
    await bench.refused("update", { ref: "plum", set: { private: "yes" } }, "invalid_input");
    await bench.call("update", { ref: "pear", set: { private: false, title: "P" } });
    expect(bench.text("memories/pear.md")).not.toContain("private");
    expect(await bench.call("get", { refs: [String(id), "plum", "memories/plum"] })).toMatchObject({
      entries: [{ id }, { id }, { id }],
    });
  });

  it("goes for good when it is purged, and says so", async () => {
    await secret("Plum");
    const gone = await bench.call("delete", { ref: "plum", purge: true });
    expect(gone).toMatchObject({ change: "deleted", hint: expect.stringContaining("gone for good"), ...apart });
    await bench.refused("get", { refs: ["plum"] }, "not_found");
    await bench.refused("history list", { ref: "memories/plum" }, "not_found");
  });

  it("has no history: only what it is", async () => {
    const { version } = await secret("Plum", { content: "one" });
    const { version: now } = await bench.call("update", { ref: "plum", content: WORD });
    expect(await bench.call("history list", { ref: "plum" })).toMatchObject({
      total: 1,
      versions: [{ version: now, change_type: "created" }],
      hint: expect.stringContaining("no history"),
    });
    const error = await bench.refused("history restore", { ref: "plum", version }, "not_found");
    expect(error.message).toContain("private");
    expect(await bench.call("history restore", { ref: "plum", version: now })).toMatchObject({ change: "unchanged" });
    expect(await bench.call("get", { refs: ["plum"], version: now })).toMatchObject({ entries: [{ private: true }] });
    expect(await bench.call("history diff", { ref: "plum" })).toMatchObject({ to: now, body: [{ type: "added" }] });
    expect(await bench.call("history blame", { ref: "plum" })).toMatchObject({
      origins: [{ version: now }],
      lines: [{ text: WORD, origin: 0 }],
    });
  });

  it("shares a write with private ones only", async () => {
    await save("Pear");
    const item = (title: string, more: Json = {}) => ({ op: "save", title, content: `${title} ${WORD}`, ...more });
    const mixed = [item("Plum", { private: true }), { op: "update", ref: "pear", append: "more" }];
    const before = bench.trace();
    expect((await bench.refused("bulk", { items: mixed }, "invalid_input")).message).toContain("two calls");
    expect(bench.trace()).toEqual(before);
    expect(fs.existsSync(path.join(bench.dir, "private"))).toBe(false);
    const items = [item("Plum", { private: true }), item("Plumcot", { private: true })];
    expect(await bench.call("bulk", { items, reason: WORD })).toMatchObject({ results: [apart, apart] });
  });

  it("that shares its address with another by hand is named by its id", async () => {
    const { id } = await secret("Plum");
    const other = (await save("Pear")).id;
    fs.renameSync(path.join(bench.dir, "private/memories/plum.md"), path.join(bench.dir, "private/memories/pear.md"));
    await bench.rescan();
    const error = await bench.refused("update", { ref: "pear", append: WORD }, "invalid_input");
    expect(error.data.matches).toEqual(expect.arrayContaining([id, other]));
    expect(await bench.call("update", { ref: String(id), append: WORD })).toMatchObject(apart);
  });
});

describe("relations and tags of private entries", () => {
  it("lead from private ones to anything, and to them from private ones only", async () => {
    await save("Pear");
    await secret("Plum", { fields: { relations: [{ type: "builds_on", target: "memories/pear" }] } });
    await secret("Plumcot", { fields: { relations: [{ type: "builds_on", target: "memories/plum" }] } });
    const relations = [{ type: "builds_on", target: "memories/plum" }];
    const before = bench.trace();
    const refusals = [
      await bench.refused("save", { title: "Fig", content: "fig", fields: { relations } }, "invalid_input"),
      await bench.refused("update", { ref: "pear", set: { relations } }, "invalid_input"),
      await bench.refused("relation create", { ref: "pear", type: "builds_on", target: "plum" }, "invalid_input"),
    ];
    for (const { message } of refusals) expect(message).toContain("private");
    expect(bench.trace()).toEqual(before);
    const told = await bench.call("relation create", { ref: "plum", type: "resolved_by", target: "pear" });
    expect(told).toMatchObject({ path: "private/memories/plum.md", relation: { target: "memories/plum" }, ...apart });
    const { relations: all } = await bench.call<{ relations: Json[] }>("relation list", { ref: "plum" });
    expect(all).toHaveLength(3);
    expect(JSON.stringify(all)).not.toContain("missing");
    expect(await bench.call("relation delete", { ref: "plum", type: "resolved_by", target: "pear" })).toMatchObject({
      written: [apart],
    });
  });

  it("follow what moves, on whichever side it is", async () => {
    await save("Pear");
    await secret("Plum", { fields: { relations: [{ type: "builds_on", target: "memories/pear" }] } });
    await secret("Plumcot", { fields: { relations: [{ type: "builds_on", target: "memories/plum" }] } });
    expect(await bench.call("update", { ref: "pear", set: { name: "quince" } })).toMatchObject({ committed: true });
    expect(bench.text("private/memories/plum.md")).toContain("memories/quince");
    await bench.call("update", { ref: "plum", set: { name: "plumtree" } });
    expect(bench.text("private/memories/plumcot.md")).toContain("memories/plumtree");
    expect(git(bench.dir, "show", "--no-renames", "--name-only", "--format=", "HEAD").trim().split("\n")).toEqual([
      "memories/pear.md",
      "memories/quince.md",
    ]);
    const { dangling } = await bench.call("delete", { ref: "quince", purge: true });
    expect(dangling).toEqual(["memories/plumtree"]);
  });

  it("a move does not tell others a private name", async () => {
    await bench.hand("memories/pear.md", entryText("relations:\n  - type: builds_on\n    target: memories/x", "pear"));
    await bench.call("admin commit", {});
    await secret("X", { name: "x" });
    await bench.call("update", { ref: "x", set: { name: "plum" } });
    expect(bench.text("memories/pear.md")).toContain("memories/x");
  });

  it("put no word of theirs into the list of tags, and follow its changes", async () => {
    await save("Pear");
    await secret("Plum");
    expect(await bench.call("tag attach", { refs: ["plum"], tags: [WORD] })).not.toHaveProperty("created");
    expect(bench.text("tags.yaml")).toBeUndefined();
    const { results } = await bench.call<{ results: Json[] }>("tag attach", {
      refs: ["plum", "pear"],
      tags: ["fresh"],
    });
    expect(results).toMatchObject([apart, { committed: true }]);
    expect(await bench.call("tag rename", { name: "fresh", to: "ripe" })).toMatchObject({ entries: 2 });
    expect(bench.text("private/memories/plum.md")).toContain("ripe");
    expect(await bench.call("tag detach", { refs: ["plum"], tags: [WORD, "ripe"] })).toMatchObject({
      results: [apart],
    });
  });
});

describe("the check", () => {
  it("tells of what was forced into git, and with a base only of what the branch brings", async () => {
    await bench.hand("private/memories/forced.md", entryText("title: Forced", "forced"));
    git(bench.dir, "add", "-f", "private");
    git(bench.dir, "commit", "-qm", "forced");
    await bench.rescan();
    const found = { path: "private/memories/forced.md", rule: "private" };
    expect(await bench.call("admin check", {})).toMatchObject({ findings: [found] });
    expect(await bench.call("admin check", { base: "HEAD~1" })).toMatchObject({ findings: [found] });
    expect(await bench.call("admin check", { base: "HEAD" })).toMatchObject({ findings: [] });
    await bench.refused("update", { ref: "forced", append: WORD }, "forbidden");
  });
});
