import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findGit } from "../../src/git/git-binary.js";
import type { Memory } from "../../src/index.js";
import { makePersonalStore } from "../../src/setup/init.js";
import {
  faults,
  GIT_ENV,
  git,
  leftovers,
  makeCheckedInStore,
  makeRepository,
  put,
  temporaryFolder,
  until,
} from "../support/repositories.js";
import { call, everythingIn, openWorkspace } from "../support/workspaces.js";

interface Hits {
  readonly hits: readonly { readonly address: string; readonly store?: string }[];
}

const opened: Memory[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((memory) => memory.close()));
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});
const folder = (dir: string): string => {
  folders.push(dir);
  return dir;
};
const homeless = (): string => path.join(folder(temporaryFolder()), "personal");

/** A person's own store, made before anybody writes to it. */
async function madeAt(home: string): Promise<string> {
  await makePersonalStore(home, await findGit("git", GIT_ENV), GIT_ENV);
  return home;
}

async function open(...given: Parameters<typeof openWorkspace>): Promise<Memory> {
  const memory = await openWorkspace(...given);
  opened.push(memory);
  await memory.fresh();
  return memory;
}

const found = async (memory: Memory, query: string, more: Record<string, unknown> = {}): Promise<string[]> =>
  (await call<Hits & Record<string, unknown>>(memory, "search", { query, ...more })).hits.map(
    ({ address, store = "main" }) => `${store} ${address}`,
  );

describe.each([false, true])("two processes on a project's store and a person's own (watching: %s)", (watch) => {
  it("see at the next call what the other wrote, whoever made the person's own", async () => {
    const [dir, home] = [folder(makeCheckedInStore()), homeless()];
    const [one, other] = [await open(dir, home, { watch }), await open(dir, home, { watch })];
    await call(one, "save", { title: "Mine", content: "marmalade", scope: "personal" });
    expect(await found(other, "marmalade")).toEqual(["personal global:memories/mine"]);
    await call(other, "update", { ref: "mine", edits: [{ old: "marmalade", new: "quince" }] });
    expect([await found(one, "marmalade"), await found(one, "quince")]).toEqual([
      [],
      ["personal global:memories/mine"],
    ]);
    await call(other, "save", { title: "Ours", content: "quince too" });
    await call(one, "delete", { ref: "mine", purge: true });
    expect(await found(other, "quince")).toEqual(["main memories/ours"]);
  });

  it("go on with the project's when the person's own is taken away, and make it anew when it is written to", async () => {
    const [dir, home] = [folder(makeCheckedInStore()), homeless()];
    const memory = await open(dir, home, { watch });
    await call(memory, "save", { title: "Ours", content: "marmalade" });
    await call(memory, "save", { title: "Mine", content: "marmalade", scope: "personal" });
    fs.rmSync(home, { recursive: true });
    expect(await found(memory, "marmalade")).toEqual(["main memories/ours"]);
    await call(memory, "update", { ref: "ours", append: "more" });
    await expect(call(memory, "update", { ref: "global:memories/mine", append: "x" })).rejects.toMatchObject({
      code: "invalid_input",
    });
    expect(fs.existsSync(home)).toBe(false);
    expect(await call(memory, "save", { title: "Mine again", content: "quince", scope: "personal" })).toMatchObject({
      store: "personal",
    });
    expect(await found(memory, "quince marmalade")).toEqual([
      "personal global:memories/mine-again",
      "main memories/ours",
    ]);
    expect(faults(home)).toBe("");
  });

  it("do not take another store in the same folder for the one that was there", async () => {
    const [dir, home] = [folder(makeCheckedInStore()), homeless()];
    const [one, other] = [await open(dir, home, { watch }), await open(dir, home)];
    await call(one, "save", { title: "Mine", content: "marmalade", scope: "personal" });
    fs.rmSync(home, { recursive: true });
    await call(other, "save", { title: "Second", content: "marmalade", scope: "personal" });
    expect(await found(one, "marmalade")).toEqual(["personal global:memories/second"]);
    await call(one, "save", { title: "Third", content: "more marmalade", scope: "personal" });
    expect((await found(other, "marmalade")).sort()).toEqual([
      "personal global:memories/second",
      "personal global:memories/third",
    ]);
  });
});

describe("a process without a project's store", () => {
  it("finds one that is made anywhere up to the top at the next call", async () => {
    const [dir, home] = [folder(makeRepository()), homeless()];
    const below = path.join(dir, "packages/a");
    fs.mkdirSync(below, { recursive: true });
    const memory = await open(below, await madeAt(home));
    expect(await call(memory, "save", { title: "Mine", content: "marmalade" })).toMatchObject({ store: "personal" });
    put(path.join(dir, "memory.yaml"), "format: 1\nscope: global\n");
    expect(memory.scope).toBe(`project/${path.basename(dir).toLowerCase()}`);
    expect(await found(memory, "marmalade")).toHaveLength(1);
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: late\n");
    expect(await call(memory, "save", { title: "Ours", content: "quince" })).toMatchObject({ store: "project" });
    expect(memory.scope).toBe("project/late");
  });

  it("finds one that is made while another call looks", async () => {
    const [dir, elsewhere, home] = [folder(makeRepository()), folder(makeRepository()), homeless()];
    let [gate, arrived] = [Promise.resolve(), (): void => undefined];
    const slow = async () => {
      arrived();
      await gate;
      return [];
    };
    const memory = await open(elsewhere, await madeAt(home), { places: [dir, slow] });
    let release = (): void => undefined;
    gate = new Promise((resolve) => {
      release = resolve;
    });
    const there = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const first = memory.fresh();
    await there;
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: late\n");
    const second = memory.fresh().then(() => memory.scope);
    release();
    expect(await second).toBe("project/late");
    await first;
  });

  it("finds one after the folder became part of a repository that has one", async () => {
    const [dir, home] = [folder(temporaryFolder()), homeless()];
    const below = path.join(dir, "a");
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: above\n");
    fs.mkdirSync(below);
    const memory = await openWorkspace(below, home);
    opened.push(memory);
    await expect(call(memory, "search")).rejects.toMatchObject({ code: "not_found" });
    git(dir, "init", "-q");
    expect(await call(memory, "search")).toEqual({ hits: [], total: 0 });
    expect(memory.scope).toBe("project/above");
  });
});

describe("what is kept apart", () => {
  it("shows nobody another project's entries unasked, and never its sessions", async () => {
    const home = homeless();
    const [a, b] = [folder(makeRepository()), folder(makeCheckedInStore())];
    git(a, "remote", "add", "origin", "https://example.org/alpha.git");
    const alpha = await open(a, await madeAt(home));
    await call(alpha, "save", { title: "Alpha", content: "marmalade of alpha", kind: "guideline" });
    await call(alpha, "save", { title: "Alpha now", content: "marmalade now", scope: "session/s" });
    await call(alpha, "save", { title: "Everywhere", content: "marmalade anywhere", scope: "personal" });
    expect(await found(alpha, "marmalade", { scope: "session/s" })).toHaveLength(3);

    const demo = await open(b, home);
    expect(await found(demo, "marmalade")).toEqual(["personal global:memories/everywhere"]);
    expect(await found(demo, "marmalade", { scope: "session/s" })).toEqual(["personal global:memories/everywhere"]);
    expect(JSON.stringify(await call(demo, "context", { task: "marmalade of alpha" }))).not.toContain("alpha");
    expect(await found(demo, "marmalade", { scope: "project/alpha", inherit: false })).toEqual([
      "personal project/alpha:guidelines/alpha",
    ]);
    expect(await call(demo, "get", { refs: ["project/alpha:guidelines/alpha"] })).toMatchObject({
      entries: [{ title: "Alpha", store: "personal" }],
    });
    await expect(call(demo, "get", { refs: ["session/s:memories/alpha-now"] })).rejects.toMatchObject({
      code: "not_found",
    });
    for (const ref of ["alpha-now", "memories/alpha-now", "alpha", "guidelines/alpha"])
      await expect(call(demo, "get", { refs: [ref] })).rejects.toMatchObject({
        code: "not_found",
        data: { nearest: [] },
      });
  });

  it("puts nothing of a person's own into the project's repository, and nothing of the project's into theirs", async () => {
    const [dir, home] = [folder(makeCheckedInStore()), homeless()];
    const memory = await open(dir, home);
    const both = async (verb: string, input: Record<string, unknown>, ours: object, mine: object) => {
      await call(memory, verb, { ...input, ...ours });
      await call(memory, verb, { ...input, ...mine });
    };
    const [ours, mine, now] = ["Apricot", "Bergamot", "Clementine"];
    await both(
      "save",
      {},
      { title: ours, content: `${ours} text` },
      { title: mine, content: `${mine} text`, scope: "personal" },
    );
    await call(memory, "save", { title: now, content: `${now} text`, scope: "session/s" });
    await both(
      "update",
      { set: { importance: 0.9 } },
      { ref: "apricot", append: `${ours} more` },
      { ref: "bergamot", append: `${mine} more` },
    );
    await both(
      "tag attach",
      {},
      { refs: ["apricot"], tags: [`x-${ours}`] },
      { refs: ["global:memories/bergamot"], tags: [`x-${mine}`] },
    );
    await call(memory, "update", { ref: "bergamot", set: { name: "renamed-bergamot" } });
    await call(memory, "admin commit", { message: "all" });
    await memory.fresh();
    const [theirs, own] = [everythingIn(dir), everythingIn(home)].map((text) => text.toLowerCase());
    expect(theirs).toContain("apricot");
    expect(own).toContain("bergamot");
    expect(own).toContain("clementine");
    for (const word of ["bergamot", "clementine"]) expect(theirs).not.toContain(word);
    expect(own).not.toContain("apricot");
    expect([faults(dir), faults(home)]).toEqual(["", ""]);
  });
});

describe("a person's own store that several make at one time", () => {
  it("is one, with the entries of all", async () => {
    const [dir, home] = [folder(makeCheckedInStore()), homeless()];
    const all = await Promise.all(Array.from({ length: 6 }, () => open(dir, home)));
    await Promise.all(
      all.map((memory, at) => call(memory, "save", { title: `E ${at}`, content: `text ${at}`, scope: "personal" })),
    );
    for (const memory of all) expect(await found(memory, "text", { limit: 20 })).toHaveLength(6);
    expect(git(home, "log", "--format=%s", "--", "memories").trim().split("\n")).toHaveLength(6);
    expect([faults(home), leftovers(home)]).toEqual(["", []]);
  });

  const begun: readonly (readonly [string, (home: string) => void])[] = [
    ["only its folder", (home) => fs.mkdirSync(home)],
    [
      "a repository that is not in its place",
      (home) => put(path.join(home, ".git-memory-tmp-x1/.git/config.lock"), "[core]\n"),
    ],
    [
      "only what a process noted in a repository that was deleted under it",
      (home) => put(path.join(home, ".git/git-memory/worktree/main/log.jsonl"), "{}\n"),
    ],
    ["its repository", (home) => git(path.dirname(home), "init", "-q", home)],
    [
      "its repository and some of its files",
      (home) => {
        git(path.dirname(home), "init", "-q", home);
        put(path.join(home, ".gitattributes"), "* -text -ident -filter !working-tree-encoding\n");
        put(path.join(home, ".git-memory-tmp-0011223344556677"), "format: 1\nsco");
      },
    ],
  ];
  it.each(begun)("is completed where somebody who was killed left %s", async (_what, begin) => {
    const [dir, home] = [folder(makeCheckedInStore()), homeless()];
    begin(home);
    const memory = await open(dir, home);
    await call(memory, "save", { title: "Ours", content: "text" });
    expect(await found(memory, "text")).toEqual(["main memories/ours"]);
    await call(memory, "save", { title: "Mine", content: "text", scope: "personal" });
    expect(await found(memory, "text")).toHaveLength(2);
    for (const file of ["memory.yaml", ".gitattributes", ".gitignore"])
      expect(fs.existsSync(path.join(home, file))).toBe(true);
    expect(faults(home)).toBe("");
    expect(
      fs
        .readdirSync(home)
        .filter((name) => fs.statSync(path.join(home, name)).isDirectory())
        .sort(),
    ).toEqual([".git", "memories"]);
  });

  it("does not wait for a lock that a dead process left in the other one", async () => {
    const [dir, home] = [folder(makeCheckedInStore()), homeless()];
    const memory = await open(dir, home);
    await call(memory, "save", { title: "Mine", content: "text", scope: "personal" });
    await call(memory, "save", { title: "Ours", content: "text" });
    const dead = JSON.stringify({ host: "elsewhere", boot: "", pid: 1, started: "", nonce: "n" });
    const lock = path.join(home, ".git/git-memory/write.lock");
    put(lock, dead);
    await call(memory, "update", { ref: "ours", append: "more" });
    expect(await found(memory, "text")).toHaveLength(2);
    fs.utimesSync(lock, 0, 0);
    await call(memory, "update", { ref: "mine", append: "more" });
    await until(() => !fs.existsSync(lock));
  });
});
