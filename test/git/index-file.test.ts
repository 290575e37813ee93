import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { indexEntries, spliceIndex } from "../../src/git/index-file.js";
import { blobId } from "../../src/git/objects.js";

let dir: string;
const git = (...args: string[]) => execFileSync("git", args, { cwd: dir, encoding: "utf8" });
const write = (name: string, text: string) => {
  fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
  fs.writeFileSync(path.join(dir, name), text);
};
const splice = (changes: Record<string, string | undefined>) => {
  const file = path.join(dir, ".git/index");
  const bytes = fs.existsSync(file) ? fs.readFileSync(file) : Buffer.alloc(0);
  const updates = Object.entries(changes).map(([name, text]) => {
    if (text === undefined) return { path: name, file: undefined };
    write(name, text);
    git("hash-object", "-w", name);
    const stat = fs.statSync(path.join(dir, name), { bigint: true });
    return { path: name, file: { oid: blobId(Buffer.from(text)), stat } };
  });
  fs.writeFileSync(file, spliceIndex(bytes, updates));
};

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "git-memory-"));
  git("init", "-q", "-b", "main");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.org");
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("git's index", () => {
  it("makes one where there is none", () => {
    splice({ "a.md": "a\n", "d/b.md": "b\n" });
    expect(git("ls-files", "-s")).toContain("d/b.md");
    expect(git("status", "--porcelain")).toBe("A  a.md\nA  d/b.md\n");
  });

  it.each([2, 3])("adds, replaces and removes in version %i and git finds it clean", (version) => {
    for (const name of ["a-b", "a.md", "a/b/c", "a/z", "b", "zz"]) write(name, name);
    git("add", ".");
    if (version === 3) {
      write("later", "x");
      git("add", "-N", "later");
    }
    git("update-index", "--index-version", String(version));
    git("commit", "-qm", "one");
    git("status");
    splice({ "a/b/c": "new", "a/b/d": "added", "0": "first", "zzz/x": "last", b: undefined });
    fs.rmSync(path.join(dir, "b"));
    const staged = git("diff", "--cached", "--name-status").split("\n").sort().filter(Boolean);
    expect(staged).toEqual(["A\t0", "A\ta/b/d", "A\tzzz/x", "D\tb", "M\ta/b/c"]);
    expect(git("diff", "--name-only").trim()).toBe(version === 3 ? "later" : "");
    git("fsck", "--strict");
    const tree = git("write-tree").trim();
    fs.rmSync(path.join(dir, ".git/index"));
    git("add", ".");
    if (version === 3) git("rm", "-q", "--cached", "later");
    expect(git("write-tree").trim()).toBe(tree);
  });

  it("reads stages of unmerged paths and setting the path removes them", () => {
    write("m/x.md", "base\n");
    git("add", ".");
    git("commit", "-qm", "base");
    git("switch", "-qc", "other");
    write("m/x.md", "theirs\n");
    git("commit", "-qam", "theirs");
    git("switch", "-q", "main");
    write("m/x.md", "ours\n");
    git("commit", "-qam", "ours");
    expect(() => git("merge", "-q", "other")).toThrow();
    const stages = () => [...indexEntries(fs.readFileSync(path.join(dir, ".git/index")), "m/")].map((e) => e.stage);
    expect(stages()).toEqual([1, 2, 3]);
    splice({ "m/x.md": "solved\n" });
    expect(stages()).toEqual([0]);
  });

  it("refuses what it cannot write", () => {
    write("a", "a");
    git("add", ".");
    git("update-index", "--index-version", "4");
    expect(() => splice({ b: "b" })).toThrow(/version 4/);
  });
});
