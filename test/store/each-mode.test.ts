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
  makeOwnStore,
  openStore,
  put,
  temporaryFolder,
  write,
} from "../support/repositories.js";

const FILE = "memories/one.md";
let dir: string;
let store: Store;
const log = (format = "%an: %s") => git(dir, "log", `--format=${format}`).trim().split("\n");
const status = () => git(dir, "status", "--porcelain", "-uall");
const person = (name: string, text: string) => {
  put(path.join(dir, name), text);
  git(dir, "add", name);
};
const save = (title: string, file = FILE) => write(store, file, entryText(title));

beforeEach(async () => {
  dir = makeOwnStore();
  store = await openStore(dir);
});
afterEach(async () => {
  await store.close();
  expect(faults(dir)).toBe("");
  expect(leftovers(path.join(dir, ".git"))).toEqual([]);
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("each write becomes a commit", () => {
  it("with its author, its time and its trailers; git finds everything clean", async () => {
    const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const other = await openStore(dir, { now: () => now });
    await other.exclusive((session) =>
      session.write([{ path: FILE, after: Buffer.from(entryText("A")), op: "created" }], {
        op: "created",
        subject: "memory: create one",
        reason: "because",
        agent: "tester",
        author: { name: "Grace", email: "grace@example.org" },
      }),
    );
    await other.close();
    expect(git(dir, "log", "-1", "--format=%an %ae %at %cn%n%B").trim()).toBe(
      `Grace grace@example.org ${Math.floor(now / 1000)} Ada Person\nmemory: create one\n\nbecause\n\nMemory-Op: created\nMemory-Agent: tester\nMemory-Branch: main`,
    );
    expect(status()).toBe("");
    expect(git(dir, "reflog", "-1", "--format=%gs").trim()).toBe("commit: memory: create one");
  });

  it("answers with the commit, and no state comes twice in history", async () => {
    for (const title of ["A", "B", "C"]) {
      const { commit } = await save(title);
      expect(commit).toBe(git(dir, "rev-parse", "HEAD").trim());
    }
    const { versions } = await historyOf(store, FILE);
    expect(versions.map(({ number, pending }) => [number, pending])).toEqual([
      [3, undefined],
      [2, undefined],
      [1, undefined],
    ]);
    expect(versions.map(({ commit }) => commit)).toEqual(log("%H").slice(0, 3));
    expect((await store.status()).pending).toEqual([]);
  });

  it("a bulk is one commit", async () => {
    const files = ["a", "b", "c"].map((name) => ({
      path: `memories/${name}.md`,
      after: Buffer.from(entryText(name)),
      op: "created",
    }));
    await store.exclusive((session) => session.write(files, { op: "bulk", subject: "memory: three" }));
    expect(git(dir, "show", "--stat", "--format=", "HEAD").match(/memories/g)).toHaveLength(3);
    expect(log()).toHaveLength(2);
  });

  it("a hand edit becomes a commit of the person before ours, and only when we write there", async () => {
    await save("A");
    put(path.join(dir, FILE), entryText("By hand"));
    await save("Two", "memories/two.md");
    expect(status()).toBe(` M ${FILE}\n`);
    await save("B");
    expect(log().slice(0, 3)).toEqual([
      `Ada Person: memory: updated ${FILE}`,
      `Ada Person: memory: edit ${FILE} by hand`,
      "Ada Person: memory: updated memories/two.md",
    ]);
    expect(git(dir, "show", `HEAD~1:${FILE}`)).toBe(entryText("By hand"));
  });

  it("a person's staged change keeps it pending; later all comes in order, as it was", async () => {
    await save("A");
    put(path.join(dir, FILE), entryText("Staged"));
    git(dir, "add", FILE);
    const answer = await save("B");
    expect(answer).toEqual({ at: expect.any(Number), pending: `${FILE} has staged changes` });
    expect((await save("Two", "memories/two.md")).pending).toContain("staged");
    expect(git(dir, "show", `:${FILE}`)).toBe(entryText("Staged"));
    git(dir, "reset", "-q");
    await store.settle();
    expect(log("%s").slice(0, 3)).toEqual([
      "memory: updated memories/two.md",
      `memory: updated ${FILE}`,
      `memory: edit ${FILE} by hand`,
    ]);
    expect(status()).toBe("");
  });

  it("a person who commits or amends the pending file gets no second commit of it", async () => {
    await save("A");
    git(dir, "checkout", "-q", "--detach");
    expect(await save("B")).toEqual({ at: expect.any(Number), pending: "HEAD is detached" });
    git(dir, "switch", "-q", "main");
    git(dir, "commit", "-qam", "mine");
    await store.settle();
    expect(log("%s").slice(0, 2)).toEqual(["mine", `memory: updated ${FILE}`]);
    git(dir, "commit", "-q", "--amend", "-m", "amended");
    await save("C");
    expect(log("%s").slice(0, 2)).toEqual([`memory: updated ${FILE}`, "amended"]);
    expect((await historyOf(store, FILE)).versions.map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  it("leaves other staged work and other files alone", async () => {
    person("notes.txt", "staged\n");
    put(path.join(dir, "memory.yaml"), "format: 1\nscope: project\nname: changed\n");
    await save("A");
    expect(status()).toBe(" M memory.yaml\nA  notes.txt\n");
    expect(log()).toHaveLength(2);
  });

  it("keeps a pending hand edit visible to git when what lies below it is published", async () => {
    git(dir, "checkout", "-q", "--detach");
    await save("A");
    put(path.join(dir, FILE), entryText("Hand"));
    git(dir, "switch", "-q", "main");
    await store.settle();
    expect(git(dir, "show", `HEAD:${FILE}`)).toBe(entryText("A"));
    expect(status()).toBe(` M ${FILE}\n`);
  });

  it("makes the first commit of an unborn branch", async () => {
    const fresh = temporaryFolder();
    git(fresh, "init", "-q", "-b", "main");
    git(fresh, "config", "user.name", "Ada Person");
    git(fresh, "config", "user.email", "ada@example.org");
    put(path.join(fresh, "memory.yaml"), "format: 1\nscope: project\nname: demo\n");
    const unborn = await openStore(fresh);
    const { commit } = await write(unborn, FILE, entryText("A"));
    expect(commit).toBe(git(fresh, "rev-parse", "main").trim());
    expect(git(fresh, "ls-tree", "-r", "--name-only", "HEAD").trim()).toBe(FILE);
    await unborn.close();
    fs.rmSync(fresh, { recursive: true });
  });

  it("waits for an index.lock that is about to go, and not for one that is held", async () => {
    const lock = path.join(dir, ".git/index.lock");
    fs.writeFileSync(lock, "");
    const waiting = save("A");
    setTimeout(() => fs.rmSync(lock), 50);
    expect((await waiting).commit).toBeDefined();
    fs.writeFileSync(lock, "");
    fs.utimesSync(lock, new Date(0), new Date(0));
    expect(await save("B")).toEqual({ at: expect.any(Number), pending: "git's index.lock is held" });
    expect(fs.existsSync(lock)).toBe(true);
    fs.rmSync(lock);
    await store.settle();
    expect(log()).toHaveLength(3);
  });

  it("does not publish where commits are signed, or in continuous integration", async () => {
    git(dir, "config", "commit.gpgsign", "true");
    expect((await save("A")).pending).toContain("commit.gpgsign");
    git(dir, "config", "commit.gpgsign", "false");
    const ci = await openStore(dir, { publishes: false });
    expect(await write(ci, FILE, entryText("B"))).toEqual({ at: expect.any(Number) });
    await ci.close();
    expect(log()).toHaveLength(1);
    await save("C");
    expect(log()).toHaveLength(4);
  });

  it("keeps a file executable that HEAD has so", async () => {
    await save("A");
    fs.chmodSync(path.join(dir, FILE), 0o755);
    git(dir, "commit", "-qam", "executable");
    await save("B");
    expect(git(dir, "ls-tree", "HEAD", FILE)).toContain("100755");
    expect(status()).toBe("");
  });

  it("works without a git program", async () => {
    const bare = await openStore(dir, { noGit: true });
    expect((await write(bare, FILE, entryText("A"))).commit).toBeDefined();
    put(path.join(dir, FILE), entryText("Hand"));
    expect((await bare.commit("by us")).files).toEqual([FILE]);
    await bare.close();
    expect(status()).toBe("");
  });
});
