import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Move, type MoveWrite, moveEntries } from "../../src/memory/move-entries.js";
import { resolve } from "../../src/memory/resolve.js";
import { Bench } from "../support/memory.js";
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
});
