import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ObjectBatch } from "../../src/git/object-batch.js";
import { blobId, ObjectStore } from "../../src/git/objects.js";
import { compareTrees, listFiles, lookup, spliceTree, type TreeFile } from "../../src/git/tree.js";
import { git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
let store: ObjectStore;
const put1 = (text: string): Promise<string> => store.write("blob", Buffer.from(text));
/** Splices `changes` (null removes) into a tree and writes the result. */
async function splice(root: string | undefined, changes: Record<string, string | null>): Promise<string | undefined> {
  const batch = new ObjectBatch(store);
  const files = new Map<string, TreeFile | undefined>();
  for (const [file, text] of Object.entries(changes))
    files.set(file, text === null ? undefined : { oid: await put1(text), mode: "100644" });
  const tree = await spliceTree(batch, root, files);
  await batch.flush();
  return tree;
}
/** The tree that git itself makes of these files. */
function gitTree(files: Record<string, string>): string {
  const work = temporaryFolder();
  git(work, "init", "-q");
  for (const [file, text] of Object.entries(files)) put(path.join(work, file), text);
  git(work, "add", "-f", ".");
  const tree = git(work, "write-tree").trim();
  fs.rmSync(work, { recursive: true });
  return tree;
}

beforeAll(() => {
  dir = makeRepository();
  store = new ObjectStore(path.join(dir, ".git"));
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("trees spliced as bytes", () => {
  it("order files and folders as git does", async () => {
    const files = { foo: "1", "foo.md": "2", "foo-bar": "3", "foo0": "4", "a/foo/x": "5", "a/foo.md": "6", "a/foo-": "7", é: "8" };
    let tree: string | undefined;
    for (const [file, text] of Object.entries(files)) tree = await splice(tree, { [file]: text });
    expect(tree).toBe(gitTree(files));
    expect(git(dir, "fsck", "--strict", tree!)).not.toContain("error");
    const listed = git(dir, "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", tree!).trim().split("\n");
    expect([...(await listFiles(store, tree!)).keys()]).toEqual(listed);
    expect((await lookup(store, tree!, "a/foo/x"))?.oid).toBe(blobId(Buffer.from("5")));
    expect([await lookup(store, tree!, "a/none"), await lookup(store, tree!, "foo/x")]).toEqual([undefined, undefined]);
    expect([...(await listFiles(store, tree!, "a")).keys()]).toEqual(["a/foo-", "a/foo.md", "a/foo/x"]);
  });

  it("turn a file into a folder and back, and drop folders that end up empty", async () => {
    const file = await splice(undefined, { x: "1", z: "z" });
    const folder = await splice(file, { "x/y": "2" });
    expect(folder).toBe(gitTree({ "x/y": "2", z: "z" }));
    expect(await splice(folder, { x: "1" })).toBe(file);
    expect(await splice(folder, { "x/y": null })).toBe(gitTree({ z: "z" }));
    expect(await splice(folder, { "x/y": null, z: null })).toBeUndefined();
    expect(await splice(file, { "x/none": null, "none/at/all": null })).toBe(file);
  });

  it("equal git's own, whatever changes, and differ where git says so (property)", async () => {
    const name = fc.constantFrom("a", "a.md", "a-b", "a0", "b", "b.md", "é");
    const file = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const change = fc.dictionary(file, fc.option(fc.constantFrom("1", "2", "3")), { maxKeys: 6, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 2, maxLength: 4 }), async (rounds) => {
        const model = new Map<string, string>();
        let [tree, before]: (string | undefined)[] = [];
        for (const changes of rounds) {
          const usable = Object.fromEntries(
            Object.entries(changes).filter(([one]) => {
              const clash = (other: string) => other !== one && (other.startsWith(`${one}/`) || one.startsWith(`${other}/`));
              return ![...model.keys(), ...Object.keys(changes)].some(clash);
            }),
          );
          for (const [one, text] of Object.entries(usable)) text === null ? model.delete(one) : model.set(one, text);
          before = tree;
          tree = await splice(tree, usable);
        }
        expect(tree).toBe(model.size === 0 ? undefined : gitTree(Object.fromEntries(model)));
        if (!tree || !before) return;
        const ours = (await compareTrees(store, before, tree)).map((one) => one.path).sort();
        const theirs = git(dir, "diff-tree", "-r", "-z", "--no-renames", "--name-only", before, tree).split("\0").filter(Boolean);
        expect(ours).toEqual(theirs.sort());
      }),
      { numRuns: 25 },
    );
  });

  it("refuse a damaged tree", async () => {
    const reader = { tree: async () => Buffer.from("100644 name-without-end") };
    await expect(lookup(reader, "0".repeat(40), "x")).rejects.toThrow(/damaged/);
  });
});
