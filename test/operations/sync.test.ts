import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { type Clones, commit, entry, makeClones } from "../support/clones.js";
import { Bench, type Json } from "../support/memory.js";
import { git, temporaryFolder } from "../support/repositories.js";

let clones: Clones;
let a: Bench;
let b: Bench;
beforeEach(async () => {
  clones = makeClones({ "memories/x.md": entry(1, { title: "The first" }) });
  [a, b] = [await Bench.open({ dir: clones.a }), await Bench.open({ dir: clones.b })];
});
afterEach(async () => {
  await Promise.all([a.close(), b.close()]);
  fs.rmSync(clones.folder, { recursive: true, force: true });
});

const said = (verb: string, output: Json): string => {
  const [area = "", action] = verb.split(" ");
  return findOperation(area, action)?.render(output, "concise", (text) => text) ?? "";
};

describe("sync", () => {
  it("tells how the store stands, as of the last fetch", async () => {
    await a.call("save", { title: "New", content: "A text about walruses." });
    const state = await a.call("sync status");
    expect(state).toMatchObject({ store: "project", kind: "own", branch: "main", ahead: 1, behind: 0, pending: 0 });
    expect(state.remote).toEqual({ name: "origin", url: clones.remote, branch: "main" });
    expect(said("sync status", state)).toMatch(
      /^Store project: `main` follows `origin\/main` \(.*\): 1 ahead, 0 behind/,
    );
    await b.call("save", { title: "Other", content: "x" });
    await b.call("sync push");
    expect(await a.call("sync status")).toMatchObject({ ahead: 1, behind: 0 });
    git(clones.a, "fetch", "-q");
    expect(await a.call("sync status")).toMatchObject({ ahead: 1, behind: 1, fetched_at: expect.any(String) });
  });

  it("brings what one saved to the other, who finds it", async () => {
    const saved = await a.call("save", { title: "Walruses", content: "They have tusks." });
    const pushed = await a.call("sync push");
    expect(pushed).toMatchObject({
      how: "current",
      pulled: 0,
      merged: 0,
      conflicts: [],
      pushed: true,
      ahead: 0,
      behind: 0,
    });
    expect(pushed.commit).toBe(git(clones.a, "rev-parse", "HEAD").trim());
    expect(said("sync push", pushed)).toBe("Nothing to pull from `origin/main`: everything is here.\nPushed.");
    const pulled = await b.call("sync pull");
    expect(said("sync pull", pulled)).toBe("Pulled 1 file from `origin/main`.");
    const { hits } = await b.call<{ hits: Json[] }>("search", { query: "tusks" });
    expect(hits).toMatchObject([{ address: "memories/walruses", id: saved.id, version: saved.version }]);
    const { versions } = await b.call<{ versions: Json[] }>("history list", { ref: "walruses" });
    expect(versions).toMatchObject([{ change_type: "created", agent: "tester" }]);
    // What came by a pull is no write of ours: nothing of it is journalled.
    expect(fs.existsSync(path.join(clones.b, ".git/git-memory/journal.git"))).toBe(false);
    expect(said("sync pull", await b.call("sync pull"))).toBe(
      "Nothing to pull from `origin/main`: everything is here.",
    );
  });

  it("takes over a write that was not published yet, and a setting that came along", async () => {
    await a.call("save", { title: "Mine", content: "x" });
    commit(clones.b, { "memory.yaml": "format: 1\nscope: project\nname: demo\ncheck_max_new: 7\n" });
    git(clones.b, "push", "-q");
    expect(await a.call("sync push")).toMatchObject({ how: "merged", pulled: 1, pushed: true });
    expect(a.memory.settings.check_max_new).toMatchObject({ value: 7, source: "store" });
    expect(await a.call("sync status")).toMatchObject({ pending: 0, ahead: 0, behind: 0 });
  });

  it("keeps both sides of what it cannot merge, and says which conflicts there are", async () => {
    await a.call("update", { ref: "x", set: { title: "By A" } });
    await b.call("update", { ref: "x", set: { title: "By B" } });
    await a.call("sync push");
    const pushed = await b.call<Json & { conflicts: string[] }>("sync push");
    expect(pushed).toMatchObject({ how: "merged", merged: 1, conflicts: [expect.any(String)] });
    expect(said("sync push", pushed)).toMatch(
      /^Pulled \d files? from `origin\/main` into a merge commit, 1 file changed on both sides and merged\.\nPushed\.\nBoth sides are kept, 1 conflict is on record: [0-9a-f-]{36}$/,
    );
    const record = b.text(`conflicts/${pushed.conflicts[0]}.md`);
    expect(record).toContain("By A");
    expect(record).toContain("By B");
    const { entries } = await b.call<{ entries: Json[] }>("get", { refs: ["memories/x"] });
    expect(["By A", "By B"]).toContain(entries[0]?.title);
  });

  it("is about the store that is named", async () => {
    await a.call("save", { title: "Of my own", content: "x", scope: "personal" });
    expect(await a.call("sync status", { store: "personal" })).toMatchObject({
      store: "personal",
      kind: "own",
      pending: 3,
    });
    const refused = await a.refused("sync pull", { store: "personal" }, "conflict");
    expect(refused.message).toContain("git remote add origin ADDRESS");
    const remote = path.join(temporaryFolder(), "own.git");
    git(clones.folder, "init", "-q", "--bare", "-b", "main", remote);
    git(a.personal, "remote", "add", "origin", remote);
    await a.call("save", { title: "Secretly", content: "walrus", scope: "personal", private: true });
    expect(await a.call("sync push", { store: "personal" })).toMatchObject({ pushed: true });
    const branch = git(a.personal, "symbolic-ref", "--short", "HEAD").trim();
    // What makes it a store goes along, what is private does not.
    expect(git(remote, "ls-tree", "-r", "--name-only", branch).trim().split("\n")).toEqual([
      ".gitattributes",
      ".gitignore",
      "memories/of-my-own.md",
      "memory.yaml",
    ]);
    expect(await a.call("sync status", { store: "personal" })).toMatchObject({ pending: 0, ahead: 0 });
    fs.rmSync(path.dirname(remote), { recursive: true });
    await a.refused("sync pull", { store: "nobody" }, "not_found");
  });

  it("leaves a store in a code repository to the person's own git", async () => {
    const code = await Bench.open();
    await code.call("save", { title: "New", content: "x" });
    const state = await code.call("sync status");
    expect(state).toMatchObject({ kind: "checked_in", pending: 1, git: ["git pull", "git push"] });
    expect(said("sync status", state)).toContain(
      "It travels with its repository: `git pull` and `git push` are yours to run.",
    );
    const before = code.trace();
    for (const verb of ["pull", "push"])
      expect((await code.refused(`sync ${verb}`, {}, "conflict")).message).toContain(`\`git ${verb}\``);
    expect(code.trace()).toEqual(before);
    await code.close();
  });

  it("is not done in continuous integration", async () => {
    const ci = await Bench.open({ dir: clones.a, ci: true });
    for (const verb of ["pull", "push"]) await ci.refused(`sync ${verb}`, {}, "forbidden");
    await ci.memory.close();
  });

  it("does not push a store that is open for reading only", async () => {
    const reader = await Bench.opening({ env: { GIT_MEMORY_STORES: "" } });
    await reader.memory.fresh();
    const member = reader.memory.workspace.get("project");
    if (!member) throw new Error("no store");
    reader.memory.workspace.add({ ...member, readOnly: true });
    await reader.refused("sync push", {}, "forbidden");
    await reader.close();
  });
});
