import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Move, type MoveWrite, moveEntries } from "../../src/memory/move-entries.js";
import { resolve } from "../../src/memory/resolve.js";
import { Bench, entryText, type Json, SECRET } from "../support/memory.js";
import { faults, git } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

interface Versions {
  versions: { change_type: string; version?: string; from?: string; to?: string }[];
}

const own = (file: string): string => path.join(bench.personal, file);
const move = async (ref: string, to: Move["to"], write: Partial<MoveWrite> = {}, changes: Move["changes"] = {}) => {
  const { store, path: file } = await resolve(bench.memory, ref);
  const moves = [{ key: { store, path: file }, to, changes }];
  return (await moveEntries(bench.memory, moves, { caller: { agent: "tester" }, ...write }))[0]!;
};

/** Everything of both stores that a refused call must not change. */
const traces = () => [bench.trace(), fs.existsSync(bench.personal) && git(bench.personal, "log", "--format=%H")];

describe("an entry that goes to another store", () => {
  it("is written there, then taken away; its id and both histories stay", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", scope: "personal" });
    const moved = await move("a", { scope: "project" }, { reason: "others ask for it" });
    expect(moved).toMatchObject({
      id: saved.id,
      store: "project",
      address: "memories/a",
      change: "renamed",
      from: "personal:global:memories/a",
    });
    expect(bench.text("memories/a.md")).toContain("one");
    expect(fs.existsSync(own("memories/a.md"))).toBe(false);
    const here = await bench.call<Versions>("history list", { ref: "memories/a" });
    expect(here.versions).toMatchObject([{ change_type: "created", from: "personal:global:memories/a" }]);
    const there = await bench.call<Versions>("history list", { ref: "personal:memories/a" });
    expect(there.versions).toMatchObject([
      { change_type: "renamed", to: `project:${bench.memory.scope}:memories/a` },
      { change_type: "created", version: saved.version },
    ]);
    expect(git(bench.personal, "log", "-1", "--format=%B")).toContain(
      `Memory-To: project:${bench.memory.scope}:memories/a`,
    );
    const journal = git(path.join(bench.dir, ".git/git-memory/journal.git"), "log", "-1", "--all", "--format=%B");
    expect(journal).toContain(`Memory-From: personal:global:memories/a ${saved.version}`);
    expect([faults(bench.dir), faults(bench.personal)]).toEqual(["", ""]);
  });

  it("comes back, and the commit there says where it was", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    await move("a", { scope: "personal", name: "mine/b", kind: "guideline" });
    expect(fs.readFileSync(own("guidelines/mine/b.md"), "utf8")).toContain(`id: ${saved.id}`);
    expect(git(bench.personal, "log", "-1", "--format=%B")).toContain(
      `Memory-From: project:${bench.memory.scope}:memories/a ${saved.version}`,
    );
    fs.rmSync(path.join(bench.personal, ".git/git-memory"), { recursive: true });
    const { versions } = await bench.call<Versions>("history list", { ref: "mine/b" });
    expect(versions[0]).toMatchObject({ from: `project:${bench.memory.scope}:memories/a` });
  });

  it("takes its relations along, and is followed by those that lead to it", async () => {
    await bench.call("save", { title: "S", content: "shared" });
    for (const title of ["A", "B", "C"]) await bench.call("save", { title, content: title, scope: "personal" });
    await bench.call("relation create", { ref: "a", type: "depends_on", target: "s" });
    await bench.call("relation create", { ref: "a", type: "builds_on", target: "b" });
    await bench.call("relation create", { ref: "c", type: "cites", target: "a" });
    const before = traces();
    await expect(move("a", { scope: "project" })).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("global:memories/b"),
    });
    expect(traces()).toEqual(before);
    const keys = await Promise.all(["a", "b"].map((ref) => resolve(bench.memory, ref)));
    const moves = keys.map(({ store, path: file }) => ({ key: { store, path: file }, to: { scope: "project" } }));
    await moveEntries(bench.memory, moves, { caller: {} });
    expect(bench.text("memories/a.md")).toMatch(/target: memories\/s\n.*\n?.*target: memories\/b\n/);
    expect(fs.readFileSync(own("memories/c.md"), "utf8")).toContain(`target: ${bench.memory.scope}:memories/a`);
    await expect(move("s", { scope: "personal" })).rejects.toMatchObject({ data: { source: "memories/a" } });
  });

  it("is completed where it was broken off, and refused where something else is in the way", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", scope: "personal" });
    const bytes = fs.readFileSync(own("memories/a.md"));
    await bench.hand("memories/a.md", bytes);
    const key = { store: "personal", path: "memories/a.md" };
    const error = await bench.refused("get", { refs: [String(saved.id)] }, "invalid_input");
    expect(error.data.matches).toEqual(["memories/a", "global:memories/a"]);
    expect((await moveEntries(bench.memory, [{ key, to: { scope: "project" } }], { caller: {} }))[0]).toMatchObject({
      id: saved.id,
      change: "renamed",
    });
    expect([fs.existsSync(own("memories/a.md")), bench.text("memories/a.md")]).toEqual([false, String(bytes)]);

    await bench.call("save", { title: "A", content: "another", scope: "personal" });
    const before = traces();
    const taken = await moveEntries(bench.memory, [{ key, to: { scope: "project" } }], { caller: {} }).catch(
      (one) => one,
    );
    expect(taken).toMatchObject({ code: "already_exists", data: { address: "memories/a", store: "project" } });
    expect(traces()).toEqual(before);
  });

  it("keeps its id beside a copy made by hand, and does not come to where that is", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", scope: "personal" });
    await bench.hand("memories/b.md", String(fs.readFileSync(own("memories/a.md"))).replace("one", "two"));
    await expect(move("global:memories/a", { scope: "project" })).rejects.toMatchObject({
      code: "already_exists",
      data: { address: "memories/b", id: saved.id },
    });
    const moved = await move("memories/b", { scope: "project", name: "c" });
    expect(moved).toMatchObject({ id: saved.id, address: "memories/c" });
    await bench.refused("get", { refs: [String(saved.id)] }, "invalid_input");
  });

  it("goes as one with the others of its call, or not at all", async () => {
    for (const title of ["A", "B"]) await bench.call("save", { title, content: title, scope: "personal" });
    await bench.call("save", { title: "B", content: "in the way" });
    const before = traces();
    const moves = ["a", "b"].map((name) => ({
      key: { store: "personal", path: `memories/${name}.md` },
      to: { scope: "project" },
    }));
    await expect(moveEntries(bench.memory, moves, { caller: {} })).rejects.toMatchObject({ code: "already_exists" });
    const here = { key: { store: "project", path: "memories/b.md" }, to: { scope: "project", name: "c" } };
    await expect(moveEntries(bench.memory, [...moves, here], { caller: {} })).rejects.toThrow("a call for each");
    expect(traces()).toEqual(before);
    await bench.call("update", { ref: "memories/b", set: { name: "c" } });
    await moveEntries(bench.memory, moves, { caller: {} });
    expect(git(bench.personal, "log", "-1", "--format=%B").match(/^Memory-To: .*$/gm)).toHaveLength(2);
    fs.rmSync(path.join(bench.personal, ".git/git-memory"), { recursive: true });
    await bench.memory.fresh();
    for (const name of ["a", "b"]) {
      const { versions } = await bench.call<Versions>("history list", { ref: `personal:memories/${name}` });
      expect(versions[0]).toMatchObject({ to: `project:${bench.memory.scope}:memories/${name}` });
    }
  });

  it("is refused before anything is written where it may not be taken from, or with an old version or a secret", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", scope: "personal" });
    await bench
      .call("update", { ref: "a", append: `key: ${SECRET}`, allow_secrets: ["GitHub"] })
      .catch(() => undefined);
    await bench.call("update", { ref: "a", append: "two" });
    const before = traces();
    const refused = (write: Partial<MoveWrite>, changes: Move["changes"], code: string) =>
      expect(move("a", { scope: "project" }, write, changes)).rejects.toMatchObject({ code });
    await refused({}, { base_version: String(saved.version) }, "stale_version");
    await refused({}, { append: `key: ${SECRET}` }, "invalid_input");
    const goOn = () => {
      throw new Error("nobody waits");
    };
    await expect(move("a", { scope: "project" }, { goOn })).rejects.toThrow("nobody waits");
    const { workspace } = bench.memory;
    const member = workspace.get("personal")!;
    workspace.add({ ...member, readOnly: true });
    await refused({}, {}, "forbidden");
    expect(traces()).toEqual(before);
    expect((await move("a", { scope: "project" }, { copy: true })).id).not.toBe(saved.id);
  });

  it("stays where it was as a copy's original, with the relations of both", async () => {
    for (const title of ["A", "B"]) await bench.call("save", { title, content: title });
    await bench.call("relation create", { ref: "a", type: "cites", target: "b" });
    await bench.call("relation create", { ref: "b", type: "cites", target: "a" });
    const copy = await move("a", { scope: "personal" }, { copy: true });
    expect(copy).toMatchObject({
      change: "created",
      from: `project:${bench.memory.scope}:memories/a`,
      store: "personal",
    });
    expect(fs.readFileSync(own("memories/a.md"), "utf8")).toContain(`target: ${bench.memory.scope}:memories/b`);
    expect(bench.text("memories/b.md")).toContain("target: memories/a\n");
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["memories/a"] });
    expect(entries[0]!.id).not.toBe(copy.id);
    await expect(move("memories/a", { scope: "personal" }, { copy: true })).rejects.toMatchObject({
      code: "already_exists",
    });
  });

  it("is given an id when it had none, and is written byte for byte otherwise", async () => {
    await bench.hand("memories/h.md", entryText("title: H # mine\nstatus: archived", "By  hand."));
    const moved = await move("h", { scope: "personal" });
    expect(fs.readFileSync(own("memories/h.md"), "utf8")).toBe(
      entryText(`id: ${moved.id}\ntitle: H # mine\nstatus: archived`, "By  hand."),
    );
    const { versions } = await bench.call<Versions>("history list", { ref: `${bench.memory.scope}:memories/h` });
    expect(versions.map(({ change_type }) => change_type)).toEqual(["renamed", "created"]);
  });

  it("waits for the end of a merge that it is part of", async () => {
    await bench.call("save", { title: "A", content: "one" });
    const commit = (content: string, branch: string) => {
      if (content !== "one") fs.writeFileSync(path.join(bench.root, "memories/a.md"), entryText("title: A", content));
      git(bench.dir, "add", "-A");
      git(bench.dir, "commit", "-qm", content);
      git(bench.dir, "checkout", "-q", ...(branch === "topic" && content === "one" ? ["-b", branch] : [branch]));
    };
    const main = git(bench.dir, "branch", "--show-current").trim();
    commit("one", "topic");
    commit("two", main);
    commit("three", main);
    expect(() => git(bench.dir, "merge", "-q", "topic")).toThrow();
    await bench.rescan();
    await expect(move("a", { scope: "personal" })).rejects.toMatchObject({ code: "conflict" });
    expect(fs.existsSync(own("memories/a.md"))).toBe(false);
  });

  it("takes an edit along that is made while it goes", async () => {
    await bench.call("save", { title: "A", content: "one", scope: "personal" });
    let edited = false;
    const quiet = bench.memory.onChange((changes) => {
      if (edited || !changes.some(({ store }) => store === "project")) return;
      edited = true;
      fs.appendFileSync(own("memories/a.md"), "an edit\n");
    });
    await move("a", { scope: "project" });
    quiet();
    expect(edited).toBe(true);
    expect(bench.text("memories/a.md")).toContain("one\nan edit\n");
    expect(fs.existsSync(own("memories/a.md"))).toBe(false);
  });
});

describe("an update", () => {
  it("moves to another store with what it changes, and says from where", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", scope: "personal" });
    const moved = await bench.call("update", { ref: "a", set: { scope: "project", title: "B" }, append: "two" });
    expect(moved).toMatchObject({
      id: saved.id,
      store: "project",
      from: "personal:global:memories/a",
      change: "renamed",
    });
    expect(bench.text("memories/a.md")).toMatch(/title: B\n---\n\none\n\ntwo/);
    const bulk = { items: [{ op: "update", ref: "a", set: { scope: "personal" } }] };
    const error = await bench.refused("bulk", bulk, "invalid_input");
    expect(error.message).toContain("by a call of its own");
  });

  it("that moves is refused relations to nothing, and to become private", async () => {
    await bench.call("save", { title: "A", content: "one", scope: "personal" });
    await bench.call("save", { title: "B", content: "mine", scope: "personal" });
    const before = traces();
    const to = (target: string) => ({ scope: "project", relations: [{ type: "cites", target }] });
    for (const target of ["memories/none", "memories/a", "global:memories/b"])
      await bench.refused("update", { ref: "a", set: to(target) }, "invalid_input");
    await bench.refused("update", { ref: "a", set: { scope: "project", private: true } }, "forbidden");
    const key = { store: "personal", path: "memories/a.md" };
    const twice = ["a", "c"].map((name) => ({ key, to: { scope: "project", name } }));
    await expect(moveEntries(bench.memory, twice, { caller: {} })).rejects.toThrow("named twice");
    expect(traces()).toEqual(before);
    await bench.call("save", { title: "S", content: "shared" });
    await bench.call("update", { ref: "a", set: to("memories/s") });
    expect(bench.text("memories/a.md")).toContain("target: memories/s\n");
  });

  it("that renames is followed by relations in other stores", async () => {
    await bench.call("save", { title: "A", content: "one" });
    await bench.call("save", { title: "M", content: "mine", scope: "personal" });
    await bench.call("relation create", { ref: "m", type: "cites", target: "a" });
    const renamed = await bench.call("update", { ref: "a", set: { name: "b" } });
    expect(renamed).not.toHaveProperty("hint");
    expect(fs.readFileSync(own("memories/m.md"), "utf8")).toContain(`target: ${bench.memory.scope}:memories/b`);
    const { workspace } = bench.memory;
    workspace.add({ ...workspace.get("personal")!, readOnly: true });
    const hinted = await bench.call("update", { ref: "memories/b", set: { name: "c" } });
    expect(hinted.hint).toContain("could not follow in the store personal");
  });
});
