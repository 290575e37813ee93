import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.js";
import {
  entryText,
  faults,
  git,
  historyOf,
  leftovers,
  makeCheckedInStore,
  makeOwnStore,
  openStore,
  put,
  write,
} from "../support/repositories.js";

const FILE = "memories/one.md";
let dir: string;
let root: string;
let store: Store;
const save = (title: string, file = FILE) => write(store, file, entryText(title));
const served = async (file = FILE) => {
  const current = await store.current(file);
  return current && Buffer.from(current.bytes).toString();
};
const onDisk = (file = FILE) => {
  const disk = path.join(root, file);
  return fs.existsSync(disk) ? fs.readFileSync(disk, "utf8") : undefined;
};
const attempt = (...args: string[]) => {
  try {
    git(dir, ...args);
  } catch {
    return;
  }
  throw new Error(`git ${args.join(" ")} met no conflict`);
};
/** Two branches that change the same line of a file of the person; `side` is one commit ahead of the fork, `main` too. */
function fork(file: string): void {
  for (const [branch, text] of [
    ["side", "side"],
    ["main", "main"],
  ]) {
    if (branch === "side") git(dir, "switch", "-qc", "side");
    else git(dir, "switch", "-q", "main");
    put(path.join(dir, file), entryText(text!));
    git(dir, "add", ".");
    git(dir, "commit", "-qm", `${branch} changes ${file}`);
  }
}

for (const mode of ["journal", "each"] as const)
  describe(`while git is in the middle of something, in ${mode} mode`, () => {
    beforeEach(async () => {
      dir = mode === "each" ? makeOwnStore() : makeCheckedInStore();
      root = mode === "each" ? dir : path.join(dir, ".memory");
      put(path.join(dir, "code.txt"), "base\n");
      put(path.join(root, FILE), entryText("Base"));
      git(dir, "add", ".");
      git(dir, "commit", "-qm", "base");
    });
    afterEach(async () => {
      await store.close();
      expect(faults(dir)).toBe("");
      expect(leftovers(path.join(dir, ".git"))).toEqual([]);
      fs.rmSync(dir, { recursive: true, force: true });
    });

    it.each([
      ["rebase", ["rebase", "-q", "main", "side"], ["rebase", "--abort"]],
      ["cherry-pick", ["cherry-pick", "side"], ["cherry-pick", "--abort"]],
      ["revert", ["revert", "--no-edit", "HEAD~1"], ["revert", "--abort"]],
    ])("a %s holds every write, serves it, and gets it when it ends", async (name, begin, abort) => {
      fork("code.txt");
      if (name === "revert") {
        put(path.join(dir, "code.txt"), entryText("again"));
        git(dir, "commit", "-qam", "again");
      }
      store = await openStore(dir);
      attempt(...begin);
      expect((await save("Held")).pending).toBe(`a ${name} is in progress`);
      await save("Held again");
      await save("New", "memories/new.md");
      expect([onDisk(), onDisk("memories/new.md")]).toEqual([entryText("Base"), undefined]);
      expect([await served(), await served("memories/new.md")]).toEqual([entryText("Held again"), entryText("New")]);
      const status = await store.status();
      expect(status).toMatchObject({ operation: name, held: [FILE, "memories/new.md"], dropped: [] });
      expect([...status.pending].sort()).toEqual(["memories/new.md", FILE]);
      // Another process that starts meanwhile sees the same.
      const other = await openStore(dir);
      expect(Buffer.from((await other.current(FILE))!.bytes).toString()).toBe(entryText("Held again"));
      await other.close();
      git(dir, ...abort);
      await store.settle();
      expect([onDisk(), onDisk("memories/new.md")]).toEqual([entryText("Held again"), entryText("New")]);
      expect(await store.status()).toMatchObject({
        held: [],
        dropped: [],
        pending: mode === "each" ? [] : status.pending,
      });
      expect((await historyOf(store, FILE)).versions.map(({ number }) => number)).toEqual([3, 2, 1]);
      if (mode === "each") expect(git(dir, "log", "--format=%s", "-3")).toContain("memory: updated memories/new.md");
    });

    it("an unmerged entry is served as ours with a conflict, and a write to it waits; others go on", async () => {
      fork(path.relative(dir, path.join(root, FILE)));
      store = await openStore(dir);
      attempt("merge", "-q", "side");
      await store.refresh();
      expect(await served()).toBe(entryText("main"));
      expect((await save("Two", "memories/two.md")).pending).toBe(
        mode === "each" ? "a merge is in progress" : undefined,
      );
      expect(onDisk("memories/two.md")).toBe(entryText("Two"));
      expect((await save("Ours")).pending).toBe("the file has a merge conflict to be resolved");
      expect(onDisk()).toContain("<<<<<<<");
      expect(await served()).toBe(entryText("Ours"));
      put(path.join(root, FILE), entryText("Resolved"));
      git(dir, "add", path.join(root, FILE));
      git(dir, "commit", "-qm", "merged");
      await store.settle();
      expect(await served()).toBe(entryText("Resolved"));
      // What waited is contested by what the person made of the merge: theirs stays, ours is on record.
      expect((await store.status()).dropped).toEqual([]);
      const [record = ""] = fs.readdirSync(path.join(root, "conflicts"));
      expect(onDisk(`conflicts/${record}`)).toContain("title: Ours");
    });

    it("a bulk with one unmerged path waits whole", async () => {
      fork(path.relative(dir, path.join(root, FILE)));
      store = await openStore(dir);
      attempt("merge", "-q", "side");
      const bulk = [FILE, "memories/two.md"].map((file) => ({
        path: file,
        after: Buffer.from(entryText("Bulk")),
        op: "updated",
      }));
      await store.exclusive(async (session) => {
        for (const one of bulk) await session.read(one.path);
        await session.write(bulk, { op: "bulk", subject: "memory: bulk" });
      });
      expect(onDisk("memories/two.md")).toBeUndefined();
      // The file beside it waits with it, instead of being overtaken by a later write.
      await save("Later", "memories/two.md");
      expect(onDisk("memories/two.md")).toBeUndefined();
      git(dir, "merge", "--abort");
      await store.settle();
      expect([onDisk(), onDisk("memories/two.md")]).toEqual([entryText("Bulk"), entryText("Later")]);
    });

    it("stash, checkout, clean and reset lose nothing that was acknowledged", async () => {
      store = await openStore(dir);
      for (const throwAway of [
        ["checkout", "-q", "."],
        ["stash", "-q", "-u"],
        ["reset", "-q", "--hard", "HEAD"],
        ["clean", "-qfd"],
      ]) {
        await save(`Kept ${throwAway[0]}`);
        await save(`New ${throwAway[0]}`, "memories/new.md");
        git(dir, ...throwAway);
        store.rescan();
        await store.refresh();
        const { versions } = await historyOf(store, FILE);
        expect(versions.some(({ at }) => at > 0)).toBe(true);
        const { dropped } = await store.status();
        if (mode === "each") expect([onDisk(), dropped]).toEqual([entryText(`Kept ${throwAway[0]}`), []]);
        for (const { path: file, version } of dropped) {
          const lost = Buffer.from((await store.readVersion(version, file))!).toString();
          expect(lost).toBe(entryText(`${file === FILE ? "Kept" : "New"} ${throwAway[0]}`));
        }
        if (mode === "journal" && throwAway[0] !== "stash") expect(dropped.length).toBeGreaterThan(0);
      }
    });
  });
