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
  openStore,
  put,
  temporaryFolder,
  until,
  write,
} from "../support/repositories.js";

const FILE = "memories/one.md";
let dir: string;
let store: Store;
const save = (title: string, file = FILE) => write(store, file, entryText(title));
const status = () => git(dir, "status", "--porcelain", "-uall");
const hook = (name: string, script: string) => {
  put(path.join(dir, ".git/hooks", name), `#!/bin/sh\n${script}\n`);
  fs.chmodSync(path.join(dir, ".git/hooks", name), 0o755);
};

beforeEach(async () => {
  dir = makeCheckedInStore();
  store = await openStore(dir);
});
afterEach(async () => {
  await store.close();
  expect(faults(dir)).toBe("");
  expect(leftovers(path.join(dir, ".git"))).toEqual([]);
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("journal mode", () => {
  it("fifty writes leave HEAD, branch, index and every other file alone", async () => {
    put(path.join(dir, "code.ts"), "changed, not staged\n");
    put(path.join(dir, "staged.ts"), "staged\n");
    git(dir, "add", "staged.ts");
    git(dir, "status");
    const seen = () => ({
      head: fs.readFileSync(path.join(dir, ".git/HEAD"), "utf8"),
      refs: git(dir, "for-each-ref"),
      index: fs.readFileSync(path.join(dir, ".git/index")),
      cached: git(dir, "diff", "--cached"),
      files: ["code.ts", "staged.ts", ".memory/memory.yaml"].map((file) =>
        fs.readFileSync(path.join(dir, file), "utf8"),
      ),
    });
    const before = seen();
    for (let at = 0; at < 50; at++) await save(`Save ${at}`, at % 2 ? FILE : `memories/m${at}.md`);
    expect(seen()).toEqual(before);
    const added = status()
      .split("\n")
      .filter((line) => line.startsWith("?? "));
    expect(added).toHaveLength(26);
    expect(added.every((line) => line.startsWith("?? .memory/memories/"))).toBe(true);
    const versions = async () =>
      (await historyOf(store, FILE)).versions.map(({ number, version }) => [number, version]);
    const counted = await versions();
    expect(counted).toHaveLength(25);
    git(dir, "add", ".memory");
    git(dir, "commit", "-qm", "mine", "--", ".memory");
    expect(await versions()).toEqual(counted);
  });

  it("a store's commit carries every file of it, and nothing else", async () => {
    await save("A");
    await save("Gone", "memories/gone.md");
    await store.commit("memory: both");
    put(path.join(dir, "staged.ts"), "staged\n");
    git(dir, "add", "staged.ts");
    put(path.join(dir, ".memory/tags.yaml"), "x: {}\n");
    put(path.join(dir, ".memory", FILE), entryText("Hand"));
    fs.rmSync(path.join(dir, ".memory/memories/gone.md"));
    const { commit, files } = await store.commit("memory: all");
    expect(files).toEqual(["memories/gone.md", FILE, "tags.yaml"]);
    expect(git(dir, "show", "--name-only", "--format=%s", commit!).trim().split("\n")).toEqual([
      "memory: all",
      "",
      ".memory/memories/gone.md",
      `.memory/${FILE}`,
      ".memory/tags.yaml",
    ]);
    expect(status()).toBe("A  staged.ts\n");
    expect(await store.commit("again")).toEqual({ files: [] });
  });

  it("runs the person's hooks, and one that refuses leaves everything as it was", async () => {
    await save("A");
    hook("pre-commit", "echo not today >&2; exit 1");
    const before = status();
    await expect(store.commit("memory: all")).rejects.toMatchObject({ code: "conflict", message: /not today/ });
    expect(status()).toBe(before);
    expect((await store.status()).pending).toEqual([FILE]);
    hook("pre-commit", "touch hook-ran");
    expect((await store.commit("memory: all")).files).toEqual([FILE]);
    expect(fs.existsSync(path.join(dir, "hook-ran"))).toBe(true);
  });

  it("says so where git ignores the folder, and in the middle of an operation", async () => {
    await save("A");
    put(path.join(dir, ".git/info/exclude"), ".memory/memories\n");
    await expect(store.commit("m")).rejects.toMatchObject({ code: "conflict", message: /ignore/ });
    fs.rmSync(path.join(dir, ".git/info/exclude"));
    put(path.join(dir, ".git/rebase-merge/head-name"), "refs/heads/main\n");
    await expect(store.commit("m")).rejects.toMatchObject({ code: "conflict", message: /rebase/ });
    fs.rmSync(path.join(dir, ".git/rebase-merge"), { recursive: true });
  });

  it("two stores in one process, and two worktrees side by side", async () => {
    const twin = await openStore(dir);
    await save("A");
    await twin.refresh();
    expect(Buffer.from((await twin.current(FILE))!.bytes).toString()).toBe(entryText("A"));
    expect((await twin.status()).pending).toEqual([FILE]);
    await twin.close();
    const linked = path.join(temporaryFolder(), "linked");
    git(dir, "worktree", "add", "-q", "-b", "side", linked);
    const beside = await openStore(linked);
    expect(await beside.current(FILE)).toBeUndefined();
    await Promise.all(
      ["B", "C", "D"].flatMap((title) => [save(title), write(beside, FILE, entryText(`Side ${title}`))]),
    );
    expect(fs.readFileSync(path.join(linked, ".memory", FILE), "utf8")).toBe(entryText("Side D"));
    expect(fs.readFileSync(path.join(dir, ".memory", FILE), "utf8")).toBe(entryText("D"));
    expect((await historyOf(beside, FILE)).versions).toHaveLength(3);
    expect((await historyOf(store, FILE)).versions).toHaveLength(4);
    expect((await beside.commit("side")).files).toEqual([FILE]);
    await beside.close();
    git(dir, "worktree", "remove", linked);
  });

  it("a watcher tells of hand edits, new folders and removals", async () => {
    const seen: string[] = [];
    const watching = await openStore(dir, {
      watch: true,
      sink: (changes) => seen.push(...changes.map((change) => `${change.path} ${change.after ? "there" : "gone"}`)),
    });
    const told = (what: string) =>
      until(async () => {
        await watching.refresh();
        return seen.includes(what);
      });
    put(path.join(dir, ".memory/memories/deep/er/new.md"), entryText("New"));
    await told("memories/deep/er/new.md there");
    put(path.join(dir, ".memory/memories/deep/er/second.md"), entryText("Second"));
    await told("memories/deep/er/second.md there");
    fs.rmSync(path.join(dir, ".memory/memories/deep"), { recursive: true });
    await told("memories/deep/er/new.md gone");
    expect((await watching.status()).watching).toBe(true);
    await watching.close();
  });

  it("a deletion of ours is pending until it is committed", async () => {
    await save("A");
    await store.commit("A");
    await write(store, FILE, null, "deleted");
    expect((await store.status()).pending).toEqual([FILE]);
    expect((await store.commit("gone")).files).toEqual([FILE]);
    expect((await store.status()).pending).toEqual([]);
  });

  it("packs its journal beside a writer, and reads what is packed", async () => {
    const journal = path.join(dir, ".git/git-memory/journal.git");
    await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        await save(`Save ${at}`);
        if (at % 10 === 5) git(journal, "repack", "-d", "-l", "-q");
      }),
    );
    git(journal, "repack", "-a", "-d", "-q");
    const fresh = await openStore(dir);
    await write(fresh, FILE, entryText("After"));
    const { versions } = await historyOf(fresh, FILE);
    expect(versions).toHaveLength(41);
    expect(Buffer.from((await fresh.readVersion(versions.at(-1)!.version!, FILE))!).toString()).toBe(
      entryText("Save 0"),
    );
    await fresh.close();
  });
});

describe("a plain folder without git", () => {
  it("has versions, hand edits and recovery all the same", async () => {
    const plain = temporaryFolder();
    put(path.join(plain, "memory.yaml"), "format: 1\nscope: project\nname: demo\n");
    const one = await openStore(plain, { noGit: true });
    await write(one, FILE, entryText("A"));
    put(path.join(plain, FILE), entryText("Hand"));
    await write(one, FILE, entryText("B"));
    expect((await historyOf(one, FILE)).versions.map(({ number }) => number)).toEqual([3, 2, 1]);
    fs.rmSync(path.join(plain, FILE));
    one.rescan();
    await one.refresh();
    expect((await one.status()).dropped.map((lost) => lost.path)).toEqual([FILE]);
    expect(fs.readFileSync(path.join(plain, ".state/.gitignore"), "utf8")).toBe("*\n");
    await one.close();
    fs.rmSync(plain, { recursive: true });
  });
});
