import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendReflog, RefMoved, readHead, resolveRef, updateRef } from "../../src/git/refs.js";
import { git, makeRepository, put } from "../support/repositories.js";

let dir: string;
let gitDir: string;
let commit: string;
beforeEach(() => {
  dir = makeRepository();
  gitDir = path.join(dir, ".git");
  commit = git(dir, "rev-parse", "HEAD").trim();
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("refs", () => {
  it("are read loose, packed and through symbolic ones", async () => {
    expect(await resolveRef(gitDir, "refs/heads/main")).toBe(commit);
    git(dir, "tag", "-am", "annotated", "v1");
    git(dir, "pack-refs", "--all");
    expect(await resolveRef(gitDir, "refs/heads/main")).toBe(commit);
    expect(await resolveRef(gitDir, "refs/tags/v1")).toBe(git(dir, "rev-parse", "v1").trim());
    git(dir, "symbolic-ref", "refs/heads/alias", "refs/heads/main");
    git(dir, "symbolic-ref", "HEAD", "refs/heads/alias");
    expect(await readHead(gitDir, gitDir)).toEqual({ ref: "refs/heads/main", commit });
    expect(await resolveRef(gitDir, "refs/heads/none")).toBeUndefined();
    expect(await resolveRef(gitDir, "refs/heads")).toBeUndefined();
  });

  it("HEAD is detached, unborn, or leads nowhere it should", async () => {
    git(dir, "checkout", "-q", "--detach");
    expect(await readHead(gitDir, gitDir)).toEqual({ commit });
    git(dir, "switch", "-q", "--orphan", "fresh");
    expect(await readHead(gitDir, gitDir)).toEqual({ ref: "refs/heads/fresh" });
    for (const target of ["refs/../../x", "/etc/passwd", "refs/heads/.hidden", "config", "refs//x"]) {
      fs.writeFileSync(path.join(gitDir, "HEAD"), `ref: ${target}\n`);
      expect(await readHead(gitDir, gitDir)).toEqual({});
      await expect(updateRef(gitDir, target, undefined, commit)).rejects.toThrow(/no name/);
    }
  });

  it("move by compare-and-swap only, and obey git's lock", async () => {
    git(dir, "commit", "-q", "--allow-empty", "-m", "next");
    const next = git(dir, "rev-parse", "HEAD").trim();
    git(dir, "update-ref", "refs/heads/deep/x", commit);
    git(dir, "pack-refs", "--all");
    await updateRef(gitDir, "refs/heads/deep/x", commit, next);
    expect(git(dir, "rev-parse", "deep/x").trim()).toBe(next);
    await expect(updateRef(gitDir, "refs/heads/deep/x", commit, next)).rejects.toBeInstanceOf(RefMoved);
    await expect(updateRef(gitDir, "refs/heads/deep/x", undefined, next)).rejects.toBeInstanceOf(RefMoved);
    put(path.join(gitDir, "refs/heads/deep/x.lock"), "");
    await expect(updateRef(gitDir, "refs/heads/deep/x", next, commit)).rejects.toBeInstanceOf(RefMoved);
    expect(fs.existsSync(path.join(gitDir, "refs/heads/deep/x.lock"))).toBe(true);
    fs.rmSync(path.join(gitDir, "refs/heads/deep/x.lock"));
    await updateRef(gitDir, "refs/heads/brand/new", undefined, commit);
    expect(git(dir, "for-each-ref", "--format=%(refname)").match(/brand\/new/)).not.toBeNull();
  });

  it("of twenty at once, one wins", async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => updateRef(gitDir, "refs/heads/race", undefined, commit)),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(fs.readdirSync(path.join(gitDir, "refs/heads")).sort()).toEqual(["main", "race"]);
  });

  it("a reflog is continued, never begun", async () => {
    await appendReflog(path.join(gitDir, "logs/refs/heads/none"), "x");
    expect(fs.existsSync(path.join(gitDir, "logs/refs/heads/none"))).toBe(false);
    await appendReflog(path.join(gitDir, "logs/HEAD"), `${commit} ${commit} A <a@b> 1 +0000\tours`);
    expect(git(dir, "reflog", "-1", "--format=%gs").trim()).toBe("ours");
  });
});
