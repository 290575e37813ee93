import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  entryText,
  faults,
  git,
  historyOf,
  leftovers,
  makeOwnStore,
  openStore,
  put,
  temporaryFolder,
  write,
} from "../support/repositories.js";

const FILE = "memories/one.md";
const own = (...init: string[]): string => {
  const dir = temporaryFolder();
  git(dir, "init", "-q", "-b", "main", ...init);
  return makeOwnStore(dir);
};
const status = (dir: string) => git(dir, "status", "--porcelain");

describe("repositories that our own engine cannot write", () => {
  const kinds: [string, () => string, string][] = [
    ["SHA-256", () => own("--object-format=sha256"), "SHA-256 object ids"],
    [
      "index version 4",
      () => {
        const dir = own();
        git(dir, "update-index", "--index-version", "4");
        return dir;
      },
      "index version 4",
    ],
    [
      "split index",
      () => {
        const dir = own();
        git(dir, "update-index", "--split-index");
        return dir;
      },
      "a split index",
    ],
    [
      "borrowed objects",
      () => {
        const dir = path.join(temporaryFolder(), "clone");
        git(temporaryFolder(), "clone", "-q", "--shared", own(), dir);
        git(dir, "config", "user.name", "Ada Person");
        git(dir, "config", "user.email", "ada@example.org");
        return dir;
      },
      "objects borrowed from another repository",
    ],
  ];

  it.each(kinds)("%s: publishes through git, and history and states are right", async (_name, make, says) => {
    const dir = make();
    const store = await openStore(dir);
    expect((await store.status()).unsupported).toEqual([says]);
    for (const title of ["A", "B"]) {
      const { commit } = await write(store, FILE, entryText(title));
      expect(commit).toBe(git(dir, "rev-parse", "HEAD").trim());
    }
    put(path.join(dir, FILE), entryText("Hand"));
    await write(store, FILE, entryText("C"));
    await write(store, "memories/gone.md", entryText("Gone"));
    await write(store, "memories/gone.md", null, "deleted");
    expect(status(dir)).toBe("");
    expect(await store.status()).toMatchObject({ pending: [], dropped: [] });
    expect((await historyOf(store, FILE)).versions.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    put(path.join(dir, FILE), entryText("Staged"));
    git(dir, "add", ".");
    expect((await write(store, FILE, entryText("D"))).pending).toBe("a path has staged changes");
    git(dir, "reset", "-q");
    await store.settle();
    expect(status(dir)).toBe("");
    await store.close();
    expect(faults(dir)).toBe("");
    expect(leftovers(path.join(dir, ".git"))).toEqual([]);
    fs.rmSync(dir, { recursive: true });
  });

  it.each(kinds)("%s without a git program: writes stay pending, with the reason", async (_name, make, says) => {
    const dir = make();
    const store = await openStore(dir, { noGit: true });
    expect((await write(store, FILE, entryText("A"))).pending).toContain(says);
    put(path.join(dir, FILE), entryText("Hand"));
    await write(store, FILE, entryText("B"));
    expect((await historyOf(store, FILE)).versions).toHaveLength(3);
    expect(fs.readFileSync(path.join(dir, FILE), "utf8")).toBe(entryText("B"));
    await store.close();
    const able = await openStore(dir);
    await able.settle();
    expect(status(dir)).toBe("");
    await able.close();
    fs.rmSync(dir, { recursive: true });
  });

  it("an index that changes its format while the store is open", async () => {
    const dir = own();
    const store = await openStore(dir);
    await write(store, FILE, entryText("A"));
    git(dir, "update-index", "--index-version", "4");
    expect((await write(store, FILE, entryText("B"))).commit).toBeDefined();
    git(dir, "update-index", "--index-version", "2", "--split-index");
    expect((await write(store, FILE, entryText("C"))).commit).toBeDefined();
    git(dir, "update-index", "--no-split-index");
    expect((await write(store, FILE, entryText("D"))).commit).toBeDefined();
    expect(status(dir)).toBe("");
    expect((await historyOf(store, FILE)).versions).toHaveLength(4);
    await store.close();
    fs.rmSync(dir, { recursive: true });
  });

  it("a process that died between branch and index is mended", async () => {
    const dir = own("--object-format=sha256");
    const store = await openStore(dir);
    const { commit } = await write(store, FILE, entryText("A"));
    const index = fs.readFileSync(path.join(dir, ".git/index"));
    const blob = git(dir, "rev-parse", `HEAD:${FILE}`).trim();
    await store.close();
    git(dir, "read-tree", "HEAD~1");
    put(
      path.join(dir, ".git/git-memory/worktree/main/publish.json.git"),
      JSON.stringify({ after: commit, info: `100644 ${blob}\t${FILE}\0` }),
    );
    expect(status(dir)).toContain("D  ");
    await (await openStore(dir)).close();
    expect(status(dir)).toBe("");
    expect(fs.readFileSync(path.join(dir, ".git/index")).length).toBe(index.length);
    fs.rmSync(dir, { recursive: true });
  });
});

describe("clones that lack something", () => {
  it("a partial clone publishes, and never fetches", async () => {
    const origin = own();
    for (const title of ["A", "B"]) {
      put(path.join(origin, FILE), entryText(title));
      git(origin, "add", ".");
      git(origin, "commit", "-qm", title);
    }
    git(origin, "config", "uploadpack.allowFilter", "true");
    const dir = path.join(temporaryFolder(), "clone");
    git(path.dirname(dir), "clone", "-q", "--filter=blob:none", `file://${origin}`, dir);
    git(dir, "config", "user.name", "Ada Person");
    git(dir, "config", "user.email", "ada@example.org");
    fs.rmSync(origin, { recursive: true });
    const store = await openStore(dir);
    expect((await write(store, FILE, entryText("C"))).commit).toBeDefined();
    const { versions } = await historyOf(store, FILE);
    expect(versions.map(({ number }) => number)).toEqual([3, 2, 1]);
    expect(await store.readVersion(versions[2]!.version!, FILE)).toBeUndefined();
    expect(status(dir)).toBe("");
    await store.close();
    fs.rmSync(dir, { recursive: true });
  });

  it("a shallow clone says that its history is cut", async () => {
    const origin = own();
    for (const title of ["A", "B", "C"]) {
      put(path.join(origin, FILE), entryText(title));
      git(origin, "add", ".");
      git(origin, "commit", "-qm", title);
    }
    const dir = path.join(temporaryFolder(), "clone");
    git(path.dirname(dir), "clone", "-q", "--depth=2", `file://${origin}`, dir);
    const store = await openStore(dir);
    const { versions, truncated } = await historyOf(store, FILE);
    expect([truncated, versions.every(({ number }) => number === undefined)]).toEqual([true, true]);
    await store.close();
    fs.rmSync(dir, { recursive: true });
  });
});
