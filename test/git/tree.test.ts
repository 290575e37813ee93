import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ObjectBatch } from "../../src/git/object-batch.js";
import { ObjectStore } from "../../src/git/objects.js";
import { compareTrees, listFiles, lookup, spliceTree, type TreeFile } from "../../src/git/tree.js";
import { GIT_ENV, git, temporaryFolder } from "../support/repositories.js";

let dir: string;
let store: ObjectStore;

beforeEach(() => {
  dir = temporaryFolder();
  git(dir, "init", "-q", "-b", "main");
  store = new ObjectStore(path.join(dir, ".git"));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

async function splice(root: string | undefined, changes: Record<string, string | undefined>) {
  const batch = new ObjectBatch(store);
  const files = Object.entries(changes).map(([file, text]): [string, TreeFile | undefined] => [
    file,
    text === undefined ? undefined : { oid: batch.add("blob", Buffer.from(text)), mode: "100644" },
  ]);
  const tree = await spliceTree(batch, root, new Map(files));
  await batch.flush();
  return tree;
}

/** The tree that git itself makes of the same files. */
function byGit(files: Record<string, string>): string {
  const index = path.join(dir, "index-of-git");
  fs.rmSync(index, { force: true });
  const env = { ...GIT_ENV, GIT_INDEX_FILE: index };
  const run = (args: string[], input = "") => execFileSync("git", args, { cwd: dir, env, input, encoding: "utf8" });
  const lines = Object.entries(files).map(([file, text]) => {
    const oid = run(["hash-object", "-w", "--stdin"], text).trim();
    return `100644 ${oid}\t${file}\0`;
  });
  run(["update-index", "-z", "--index-info"], lines.join(""));
  return run(["write-tree"]).trim();
}

describe("splicing trees", () => {
  it("sorts files and folders of like names as git does", async () => {
    const files = {
      foo: "1",
      "foo.md": "2",
      "foo-bar/x": "3",
      "fooa/b/c": "4",
      "a/b": "5",
      "a.b": "6",
      "a-b": "7",
      "é.md": "8",
    };
    expect(await splice(undefined, files)).toBe(byGit(files));
    git(dir, "fsck", "--strict");
  });

  it("replaces a file by a folder and the other way round, and drops folders that end up empty", async () => {
    const first = await splice(undefined, { "a/b/c": "1", x: "2" });
    const second = await splice(first, { "a/b/c": undefined, "a/b": "file" });
    expect(second).toBe(byGit({ "a/b": "file", x: "2" }));
    const third = await splice(second, { "a/b": undefined, "x/y": "folder", x: undefined });
    expect(third).toBe(byGit({ "x/y": "folder" }));
    expect(await splice(third, { "x/y": undefined })).toBeUndefined();
    expect(await splice(third, { "no/such": undefined })).toBe(third);
  });

  it("refuses to build on a tree that is not there", async () => {
    await expect(splice("1".repeat(40), { a: "b" })).rejects.toThrow(/not in the object store/);
  });

  it("finds, lists and compares what git would", async () => {
    const before = (await splice(undefined, { "m/a.md": "1", "m/b.md": "2", "n/c.md": "3", z: "4" }))!;
    const after = (await splice(before, { "m/a.md": "new", "m/b.md": undefined, "m/d/e.md": "5", z: "other" }))!;
    expect(await lookup(store, after, "m/d/e.md")).toMatchObject({ mode: "100644" });
    expect(await lookup(store, after, "m/b.md")).toBeUndefined();
    expect(await lookup(store, after, "z/below")).toBeUndefined();
    expect([...(await listFiles(store, after, "m")).keys()].sort()).toEqual(["m/a.md", "m/d/e.md"]);
    const changed = await compareTrees(store, before, after, "m");
    const words = changed.map(({ path: file, before: old, after: now }) => `${old ? "-" : ""}${now ? "+" : ""}${file}`);
    expect(words.sort()).toEqual(["+m/d/e.md", "-+m/a.md", "-m/b.md"]);
    expect(await compareTrees(store, before, before)).toEqual([]);
    expect((await compareTrees(store, undefined, before)).length).toBe(4);
  });

  it("gives the same for many at once, beside folders and removals", async () => {
    const names = ["a", "a.md", "a-b", "a0", "b", "é", "日本", "foo", "foo.md", "foo-bar", "fooa", "z"];
    const all = names.flatMap((name) => [name, `${name}2`, `${name}-`, `${name}~`]);
    const first = Object.fromEntries(all.map((name, at) => [at % 5 === 0 ? `${name}/x` : name, `${at}`]));
    const root = await splice(undefined, first);
    expect(root).toBe(byGit(first));
    const changes = Object.fromEntries(
      Object.keys(first)
        .filter((_, at) => at % 2 === 0)
        .map((name, at) => [name, at % 3 === 0 ? undefined : `new ${at}`]),
    );
    const second = { ...first, ...changes, "new/one": "1", new0: "2" };
    const left = Object.entries(second).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const spliced = await splice(root, { ...changes, "new/one": "1", new0: "2" });
    expect(spliced).toBe(byGit(Object.fromEntries(left)));
    expect(await splice(root, Object.fromEntries(Object.keys(first).map((name) => [name, undefined])))).toBeUndefined();
  });

  it("keeps names that are no UTF-8 when many change", async () => {
    const oid = execFileSync("git", ["hash-object", "-w", "--stdin"], {
      cwd: dir,
      env: GIT_ENV,
      input: "x",
    }).toString();
    const input = Buffer.concat([Buffer.from(`100644 blob ${oid.trim()}\t`), Buffer.from([0x7a, 0xff, 0x0a])]);
    const root = execFileSync("git", ["mktree"], { cwd: dir, env: GIT_ENV, input }).toString().trim();
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`n${at}`, `${at}`]));
    const tree = (await splice(root, many)) ?? "";
    expect(git(dir, "ls-tree", "--name-only", tree).trim().split("\n")).toContain('"z\\377"');
    expect(await splice(tree, Object.fromEntries(Object.keys(many).map((name) => [name, undefined])))).toBe(root);
  });

  it("gives, step by step, the tree that git makes of the files at once", async () => {
    const name = fc.constantFrom("a", "a.md", "a-b", "a0", "b", "é", "日本");
    const file = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const step = fc.record({ file, text: fc.option(fc.constantFrom("x", "y", "z"), { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        let root: string | undefined;
        const files = new Map<string, string>();
        for (const { file: at, text } of steps) {
          // A path cannot be below a file, nor a file where a folder is: such steps are no write of ours.
          const clash = [...files.keys()].some((other) => other.startsWith(`${at}/`) || at.startsWith(`${other}/`));
          if (clash) continue;
          root = await splice(root, { [at]: text });
          if (text === undefined) files.delete(at);
          else files.set(at, text);
        }
        expect(root).toBe(files.size === 0 ? undefined : byGit(Object.fromEntries(files)));
      }),
      { numRuns: 25 },
    );
  });
});
