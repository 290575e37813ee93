import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Change } from "../../src/entry/change.js";
import type { Store } from "../../src/store/store.js";
import type { FileWrite } from "../../src/store/writer.js";
import {
  entryText,
  faults,
  git,
  historyOf,
  leftovers,
  makeCheckedInStore,
  makeOwnStore,
  makePersonalStore,
  openStore,
  put,
  temporaryFolder,
  tracesOf,
  write,
} from "../support/repositories.js";
import { startWriter, texts } from "../support/writers.js";

const FILE = "private/memories/plum.md";
const WORD = "quincejelly";
let dir: string;
let store: Store;
let told: Change[];
const file = (name = FILE) => path.join(dir, name);
const text = (name = FILE) => (fs.existsSync(file(name)) ? fs.readFileSync(file(name), "utf8") : undefined);
const journal = () => git(path.join(dir, ".git/git-memory/journal.git"), "log", "--all", "--format=%s").trim();
const log = () => git(dir, "log", "--format=%s").trim().split("\n");
const writeAll = (files: readonly FileWrite[], work = async () => undefined as unknown) =>
  store.exclusive(async (session) => {
    for (const { path: name } of files) await session.read(name);
    await work();
    return session.write(files, { op: "bulk", subject: "memory: several" });
  });
const bytes = (content: string) => Buffer.from(content);

beforeEach(async () => {
  dir = makePersonalStore();
  told = [];
  store = await openStore(dir, { sink: (changes) => void told.push(...changes) });
});
afterEach(async () => {
  await store.close();
  if (fs.existsSync(path.join(dir, ".git"))) expect(faults(dir)).toBe("");
  expect(leftovers(dir).filter((name) => !name.startsWith(".git"))).toEqual([]);
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("a private file", () => {
  it("is placed and read, and on no record, whatever is written around it", async () => {
    expect(await write(store, FILE, entryText("Plum", WORD))).toEqual({});
    expect(text()).toContain(WORD);
    expect(told.at(-1)).toMatchObject({ path: FILE, after: { author: "Ada Person", entry: { private: true } } });
    expect(told.at(-1)?.after?.updatedAt).toBe(Math.floor(fs.statSync(file()).mtimeMs));
    expect(told.at(-1)?.after).not.toHaveProperty("pending");
    expect(text(".gitignore")).toBe("/private/\n");
    expect(log()).toEqual(["memory: keep private entries out of git", "store"]);
    await write(store, "memories/shared.md", entryText("Shared"));
    await write(store, FILE, entryText("Plum", `${WORD} again`));
    put(file("memories/hand.md"), entryText("Hand"));
    await store.commit("memory: by hand");
    await store.settle();
    expect(tracesOf(dir, WORD, "plum")).toEqual([]);
    expect(git(dir, "status", "--porcelain", "--ignored")).toBe("!! private/\n");
    expect(git(dir, "log", "--all", "--format=%s").trim().split("\n")).toHaveLength(4);
    expect(await store.status()).toMatchObject({ pending: [], held: [], dropped: [], invalid: [] });
  });

  it("has its present as its only version, and goes without a trace", async () => {
    await write(store, FILE, entryText("Plum", WORD));
    await write(store, FILE, entryText("Plum", `${WORD} again`));
    const { versions } = await historyOf(store, FILE);
    expect(versions).toMatchObject([{ number: 1, change_type: "created", author: "Ada Person", path: FILE }]);
    expect(versions[0]).not.toHaveProperty("pending");
    const { origins } = await store.past.blame(FILE, undefined);
    expect(new Set(origins.lines.values())).toEqual(new Set(["0"]));
    await write(store, FILE, null);
    expect(text()).toBeUndefined();
    expect(told.at(-1)).toMatchObject({ path: FILE, after: null });
    expect((await historyOf(store, FILE)).versions).toEqual([]);
    expect(tracesOf(dir, WORD, "plum")).toEqual([]);
  });

  it("that somebody made, changed or broke by hand is seen", async () => {
    put(file(), entryText("Plum", WORD));
    store.rescan();
    await store.refresh();
    expect(told.at(-1)).toMatchObject({ path: FILE, after: { entry: { title: "Plum", private: true } } });
    put(file(), "---\n[\n---\n");
    put(file("private/notes.txt"), "x");
    store.rescan();
    await store.refresh();
    expect(store.invalid).toMatchObject([{ path: FILE }]);
    expect((await store.status()).pending).toEqual([]);
  });

  it("keeps the other rules of .gitignore, and a line that is there already", async () => {
    put(file(".gitignore"), "*.swp\r\nprivate/");
    await write(store, FILE, entryText("Plum"));
    expect(text(".gitignore")).toBe("*.swp\r\nprivate/");
    put(file(".gitignore"), "*.swp");
    await write(store, FILE, entryText("Plum 2"));
    expect(text(".gitignore")).toBe("*.swp\n/private/\n");
  });

  it.each([true, false])("is refused where git would take it (with the git program: %s)", async (program) => {
    await store.close();
    store = await openStore(dir, { noGit: !program });
    put(file(".gitignore"), "/private/\n!/private/\n");
    await expect(write(store, FILE, entryText("Plum", WORD))).rejects.toMatchObject({
      code: "forbidden",
      data: { path: FILE },
    });
    put(file(".gitignore"), "/private/\n");
    put(file(), entryText("Forced", "forced"));
    git(dir, "add", "-f", FILE);
    await expect(write(store, FILE, entryText("Plum", WORD))).rejects.toMatchObject({ code: "forbidden" });
    expect(text()).toContain("forced");
    git(dir, "rm", "-rq", "--cached", "private");
    await write(store, FILE, entryText("Plum", WORD));
    expect(tracesOf(dir, WORD)).toEqual([]);
  });

  it("that somebody forced into git is not pending, and no commit of ours carries it", async () => {
    put(file(), entryText("Forced"));
    git(dir, "add", "-f", FILE);
    git(dir, "commit", "-qm", "forced");
    put(file(), entryText("Forced", WORD));
    put(file("private/memories/other.md"), entryText("Other", WORD));
    put(file("memories/hand.md"), entryText("Hand"));
    store.rescan();
    await store.refresh();
    expect((await store.status()).pending).toEqual(["memories/hand.md"]);
    expect(store.view.committedPrivate()).toEqual([FILE]);
    expect((await store.commit("memory: by hand")).files).toEqual(["memories/hand.md"]);
    fs.rmSync(file());
    expect((await store.commit("memory: nothing")).files).toEqual([]);
    expect(git(dir, "log", "--all", "-p")).not.toContain(WORD);
  });

  it("is not written behind a link, nor into a store that is not the person's own", async () => {
    fs.mkdirSync(file("memories"));
    fs.symlinkSync("memories", file("private"));
    await expect(write(store, FILE, entryText("Plum", WORD))).rejects.toMatchObject({ code: "forbidden" });
    for (const other of [makeCheckedInStore(), makeOwnStore()]) {
      const there = await openStore(other);
      await expect(write(there, FILE, entryText("Plum"))).rejects.toMatchObject({ code: "invalid_input" });
      await there.close();
      expect(git(other, "status", "--porcelain")).toBe("");
      fs.rmSync(other, { recursive: true });
    }
  });

  it("waits for a rebase only until git ignores it", async () => {
    put(file(".git/rebase-merge/head-name"), "refs/heads/main\n");
    await expect(write(store, FILE, entryText("Plum", WORD))).rejects.toMatchObject({ code: "conflict" });
    expect(text()).toBeUndefined();
    fs.rmSync(file(".git/rebase-merge"), { recursive: true });
    await store.settle();
    await write(store, FILE, entryText("Plum", WORD));
    put(file(".git/rebase-merge/head-name"), "refs/heads/main\n");
    expect(await write(store, FILE, entryText("Plum", `${WORD} too`))).toEqual({});
    expect(text()).toContain("too");
    fs.rmSync(file(".git/rebase-merge"), { recursive: true });
    expect(tracesOf(dir, WORD, "plum")).toEqual([]);
  });

  it("works in a plain folder", async () => {
    const folder = temporaryFolder();
    put(path.join(folder, "memory.yaml"), "format: 1\nscope: global\n");
    const plain = await openStore(folder);
    await write(plain, FILE, entryText("Plum", WORD));
    expect(fs.readFileSync(path.join(folder, FILE), "utf8")).toContain(WORD);
    expect(fs.readFileSync(path.join(folder, ".gitignore"), "utf8")).toBe("/private/\n");
    await plain.close();
    fs.rmSync(folder, { recursive: true });
  });
});

describe("several files, some of them private", () => {
  const both = (word: string): FileWrite[] => [
    { path: "memories/a.md", after: bytes(entryText(`Shared ${word}`)), op: "updated" },
    { path: FILE, after: bytes(entryText("Plum", `${WORD} ${word}`)), op: "updated" },
  ];

  it("are written together, and only the others go on record", async () => {
    expect(await writeAll(both("one"))).toMatchObject({ commit: git(dir, "rev-parse", "HEAD").trim() });
    expect(text()).toContain("one");
    expect(text("memories/a.md")).toContain("one");
    expect(git(dir, "show", "--name-only", "--format=", "HEAD").trim()).toBe("memories/a.md");
    expect(tracesOf(dir, WORD, "plum")).toEqual([]);
  });

  it("start over when either was changed by hand meanwhile, and nothing of the hand edit is lost", async () => {
    await writeAll(both("one"));
    for (const changed of [FILE, "memories/a.md"]) {
      let times = 0;
      await writeAll(both("two"), async () => {
        if (times++ === 0) fs.appendFileSync(file(changed), "by hand\n");
        else expect(text(changed)).toContain("by hand");
      });
      expect(times).toBe(2);
    }
    const untouched = text();
    const hand = (name: string) => writeAll(both("three"), async () => fs.appendFileSync(file(name), "x\n"));
    await expect(hand("memories/a.md")).rejects.toMatchObject({ code: "locked" });
    expect(text()).toBe(untouched);
    await expect(hand(FILE)).rejects.toMatchObject({ code: "locked" });
    expect(text("memories/a.md")).not.toContain("three");
    expect(text()).toMatch(/two[\s\S]*x\nx\n/);
  });

  it("are put back when the rest cannot be written", async () => {
    await writeAll(both("one"));
    const wrong: FileWrite[] = [
      ...both("two").slice(1),
      { path: "private/memories/new.md", after: bytes(entryText("New")), op: "created" },
    ];
    const before = journal();
    await expect(
      store.exclusive(async (session) => {
        for (const { path: name } of wrong) await session.read(name);
        return session.write([...wrong, { path: "../outside.md", after: bytes("x"), op: "created" }], {
          op: "bulk",
          subject: "memory: several",
        });
      }),
    ).rejects.toThrow();
    expect(text()).toContain("one");
    expect(text("private/memories/new.md")).toBeUndefined();
    expect(journal()).toBe(before);
  });

  it("of writers that are killed are whole, and every acknowledged one is there", { timeout: 60_000 }, async () => {
    const writers = ["k", "l"].map((name) => startWriter(dir, name, 100_000, "each", "private"));
    for (const writer of writers) {
      await new Promise<void>((resolve, reject) => {
        writer.ended.catch(reject);
        writer.child.stdout?.once("data", () => setTimeout(resolve, Math.random() * 100));
      });
      writer.child.kill("SIGKILL");
      expect(await writer.ended).toBe("SIGKILL");
    }
    await store.close();
    store = await openStore(dir, { isAlive: async () => false });
    await write(store, FILE, entryText("After"));
    const there = texts(file("private/memories"));
    for (const { acknowledged } of writers) {
      expect(acknowledged.length).toBeGreaterThan(0);
      // Each goes over ten files of its own: what was written last is there, or the one that the kill came after.
      for (const title of acknowledged.slice(-10)) {
        const [name = "", at = ""] = title.split("-");
        const found = /^---\ntitle: [kl]-(\d+)-.*\n---\n\nA body\.\n$/.exec(
          there.get(`${name}-${Number(at) % 10}.md`) ?? "",
        );
        expect(Number(found?.[1])).toBeGreaterThanOrEqual(Number(at));
      }
    }
    expect(tracesOf(dir, ...writers.flatMap(({ acknowledged }) => acknowledged))).toEqual([]);
    expect(git(dir, "status", "--porcelain")).toBe("");
  });

  it("a text that moves is never nowhere", async () => {
    await write(store, FILE, entryText("Plum", WORD));
    const to = "private/memories/damson.md";
    const seen: (string | undefined)[] = [];
    const watcher = fs.rmSync;
    // The old file goes last: at that moment the new one has to be there.
    fs.rmSync = (name, options) => {
      if (name === file()) seen.push(text(to));
      watcher(name, options);
    };
    try {
      await writeAll([
        { path: FILE, after: null, op: "renamed" },
        { path: to, after: bytes(entryText("Plum", WORD)), op: "renamed", from: FILE },
      ]);
    } finally {
      fs.rmSync = watcher;
    }
    expect(seen).toEqual([entryText("Plum", WORD)]);
    expect(text()).toBeUndefined();
    expect(tracesOf(dir, WORD, "plum", "damson")).toEqual([]);
  });
});
