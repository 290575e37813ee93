import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git, makeCheckedInStore, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

describe("admin status", () => {
  it("says nothing but the state of an empty store", async () => {
    await bench.memory.historyKnown();
    expect(await bench.call("admin status")).toEqual({
      stores: [{ name: "project", scope: "project/demo", root: ".memory", commit: "journal" }],
      entries: {},
      index: { state: "ready", done: 0, total: 0, embedded: 0 },
      history: { state: "ready", commits: 2 },
      invalid: [],
      pending: [],
      conflicts: 0,
      dropped: [],
      git: {},
      watching: false,
      usage: true,
      embedder: { driver: "none", state: "none" },
    });
  });

  it("counts by kind, and names what is pending, dropped and unreadable", async () => {
    await bench.call("save", { title: "A", content: "a" });
    const saved = await bench.call("save", { title: "B", content: "b", kind: "guideline" });
    await bench.hand("memories/bad.md", "---\n[\n");
    expect(await bench.call("admin status")).toMatchObject({
      entries: { memory: 1, guideline: 1 },
      invalid: [{ path: "memories/bad.md", reason: expect.stringMatching(/\w/) }],
      pending: ["guidelines/b", "memories/a"],
    });
    fs.rmSync(`${bench.root}/guidelines/b.md`);
    await bench.rescan();
    expect(await bench.call("admin status")).toMatchObject({
      dropped: [{ address: "guidelines/b", version: saved.version }],
      pending: ["memories/a"],
    });
    await bench.call("history restore", { ref: "guidelines/b", version: saved.version });
    expect(await bench.call("admin status")).toMatchObject({ dropped: [], entries: { guideline: 1 } });
  });

  it("answers while the index is being built", async () => {
    const dir = makeCheckedInStore();
    for (let i = 0; i < 300; i++)
      put(`${dir}/.memory/memories/m${i}.md`, entryText(`title: M${i}`, "x ".repeat(5_000)));
    const { Memory } = await import("../../src/memory/memory.js");
    const { findOperation } = await import("../../src/operations/registry.js");
    const { invoke } = await import("../../src/operations/operation.js");
    const { namedStore } = await import("../../src/store/find-store.js");
    const memory = new Memory({
      find: () => namedStore(dir),
      project: async () => undefined,
      personal: { find: async () => undefined, make: undefined, home: "/" },
      flags: undefined,
      newId: () => "",
      git: undefined,
      env: {},
      writer: "test",
      owner: { host: "test", boot: "b", pid: 1, started: "" },
      isAlive: async () => true,
      now: Date.now,
      watch: false,
      publishes: true,
    });
    memory.start();
    const status = findOperation("admin", "status");
    const early = status && (await invoke(status, { memory, caller: {} }, {}));
    expect(early).toMatchObject({ index: { state: "indexing" } });
    await memory.fresh();
    const late = status && (await invoke(status, { memory, caller: {} }, {}));
    expect(late).toMatchObject({ index: { state: "ready", done: 300 }, entries: { memory: 300 } });
    await memory.close();
    fs.rmSync(dir, { recursive: true });
  });
});

describe("admin check", () => {
  it("finds nothing in a good store, and each thing in a bad one with its place", async () => {
    const saved = await bench.call("save", { title: "A", content: "a" });
    expect(await bench.call("admin check")).toEqual({ checked: 1, findings: [] });
    fs.copyFileSync(`${bench.root}/memories/a.md`, `${bench.root}/memories/copy.md`);
    put(`${bench.root}/memories/A.md`, entryText("title: x", "x"));
    put(`${bench.root}/memories/fields.md`, entryText("title: x\nimportance: high\ntags: none", "y"));
    put(`${bench.root}/memories/bad.md`, "---\ntitle: [\n---\n");
    put(`${bench.root}/memories/notes.txt`, "text");
    put(`${bench.root}/strange/x.md`, "text");
    put(`${bench.root}/sessions/one/notes.md`, "text");
    await bench.rescan();
    const { checked, findings } = await bench.call<{ checked: number; findings: Json[] }>("admin check");
    expect(checked).toBe(4);
    expect(findings.map(({ path, rule, line }) => [path, rule, line])).toEqual([
      ["memories/A.md", "duplicate-name", 1],
      ["memories/bad.md", "unreadable", 3],
      ["memories/copy.md", "duplicate-id", 2],
      ["memories/fields.md", "field", 3],
      ["memories/fields.md", "field", 4],
      ["memories/notes.txt", "misplaced", 1],
      ["sessions/one/notes.md", "misplaced", 1],
      ["strange/x.md", "misplaced", 1],
    ]);
    expect(findings[2]?.message).toContain("memories/a.md");
    expect(bench.text("memories/copy.md")).toContain(String(saved.id));
  });
});

describe("admin commit", () => {
  it("commits every file of the store and nothing else", async () => {
    await bench.call("save", { title: "A", content: "a" });
    await bench.hand("memories/hand.md", "# By hand\n");
    put(`${bench.dir}/code.ts`, "changed\n");
    put(`${bench.dir}/new.ts`, "new\n");
    git(bench.dir, "add", "new.ts");
    const done = await bench.call("admin commit", { message: "Add memory" });
    expect(done).toEqual({
      committed: true,
      commit: git(bench.dir, "rev-parse", "HEAD").trim(),
      files: expect.arrayContaining(["memories/a.md", "memories/hand.md"]),
    });
    expect(git(bench.dir, "show", "--format=%s", "--name-only", "HEAD").trim().split("\n")).toEqual([
      "Add memory",
      "",
      ".memory/memories/a.md",
      ".memory/memories/hand.md",
    ]);
    expect(git(bench.dir, "status", "--porcelain")).toBe(" M code.ts\nA  new.ts\n");
    expect(await bench.call("admin commit")).toEqual({ committed: false, files: [] });
    expect(await bench.call("admin status")).toMatchObject({ pending: [] });
    expect(git(bench.dir, "fsck", "--strict", "--no-dangling")).toBe("");
  });
});

describe("admin reindex", () => {
  it("sees what was changed behind its back", async () => {
    put(`${bench.root}/memories/a.md`, "# A\n");
    expect(await bench.call("admin reindex")).toEqual({ entries: 1 });
  });
});
