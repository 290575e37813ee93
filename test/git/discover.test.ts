import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { discover, operationInProgress } from "../../src/git/discover.js";
import { git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
beforeEach(() => {
  dir = makeRepository();
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("finding the repository", () => {
  it("from a folder below, and not where there is none", async () => {
    put(path.join(dir, "a/b/c"), "");
    expect(await discover(path.join(dir, "a/b"))).toMatchObject({
      top: dir,
      worktree: "main",
      format: "sha1",
      unsupported: [],
    });
    put(path.join(dir, "a/.git/notes"), "an empty .git is none");
    expect((await discover(path.join(dir, "a")))?.top).toBe(dir);
    expect(await discover(temporaryFolder())).toBeUndefined();
  });

  it("of a linked worktree, with what is shared and what is not", async () => {
    const linked = path.join(temporaryFolder(), "linked");
    git(dir, "worktree", "add", "-q", "-b", "side", linked);
    expect(await discover(linked)).toMatchObject({
      top: linked,
      gitDir: path.join(dir, ".git/worktrees/linked"),
      commonDir: path.join(dir, ".git"),
      worktree: "worktrees/linked",
    });
  });

  it("of a submodule, with its superproject", async () => {
    git(dir, "-c", "protocol.file.allow=always", "submodule", "add", "-q", makeRepository(), "sub");
    expect(await discover(path.join(dir, "sub"))).toMatchObject({
      top: path.join(dir, "sub"),
      gitDir: path.join(dir, ".git/modules/sub"),
      superproject: dir,
    });
  });

  it("is none for a bare one", async () => {
    const bare = temporaryFolder();
    git(bare, "init", "-q", "--bare", ".");
    expect(await discover(bare)).toBeUndefined();
  });

  it.each([
    ["a sparse checkout", () => git(dir, "sparse-checkout", "set", "--no-cone", "code.ts")],
    [
      "attributes in .git/info/attributes that change file contents",
      () => put(path.join(dir, ".git/info/attributes"), "* text=auto\n"),
    ],
    ["objects borrowed from another repository", () => put(path.join(dir, ".git/objects/info/alternates"), "x\n")],
    ["index version 4", () => git(dir, "update-index", "--index-version", "4")],
    ["a split index", () => git(dir, "update-index", "--split-index")],
    ["a ref storage other than files", () => git(dir, "config", "extensions.refStorage", "reftable")],
  ])("says that it has %s", async (what, make) => {
    make();
    expect((await discover(dir))?.unsupported).toEqual([what]);
  });

  it.each([
    ["merge", "MERGE_HEAD"],
    ["rebase", "rebase-merge/x"],
    ["rebase", "rebase-apply/x"],
    ["cherry-pick", "CHERRY_PICK_HEAD"],
    ["revert", "REVERT_HEAD"],
    ["bisect", "BISECT_LOG"],
  ])("knows a %s in progress by %s", async (operation, mark) => {
    expect(await operationInProgress(path.join(dir, ".git"))).toBeUndefined();
    put(path.join(dir, ".git", mark), "x");
    expect(await operationInProgress(path.join(dir, ".git"))).toBe(operation);
  });
});
