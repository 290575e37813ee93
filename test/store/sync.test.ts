import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConflict } from "../../src/entry/conflict.js";
import {
  type Clones,
  commit,
  copyOf,
  entry,
  makeClones,
  type OpenClone,
  openClone,
  textIn,
} from "../support/clones.js";
import {
  faults,
  git,
  leftovers,
  makeCheckedInStore,
  openStore,
  put,
  temporaryFolder,
  write,
} from "../support/repositories.js";

const FILE = "memories/x.md";
let clones: Clones;
let a: OpenClone;
let b: OpenClone;

async function open(files: Readonly<Record<string, string | Uint8Array>> = { [FILE]: entry(1) }): Promise<void> {
  clones = makeClones(files);
  [a, b] = [await openClone(clones.a), await openClone(clones.b)];
}

beforeEach(() => open());

afterEach(async () => {
  await Promise.all([a.store.close(), b.store.close()]);
  for (const dir of [clones.a, clones.b]) {
    expect(faults(dir)).toBe("");
    expect(leftovers(path.join(dir, ".git")).filter((name) => /lock$|publish\.json/.test(name))).toEqual([]);
  }
  fs.rmSync(clones.folder, { recursive: true, force: true });
});

/** What the conflict records of a clone say. */
const records = (dir: string) => {
  const folder = path.join(dir, "conflicts");
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith(".md")) : [];
  return names.map((name) => {
    const read = readConflict(fs.readFileSync(path.join(folder, name)), name.slice(0, -3));
    if (read.kind !== "conflict") throw new Error(read.reason);
    return read.record;
  });
};

/** Both write, A pushes first, B pulls and pushes, A pulls: then both hold the same, with nothing left to say. */
async function meet() {
  await a.store.sync.push();
  const met = await b.store.sync.push();
  await a.store.sync.pull();
  expect(git(clones.a, "rev-parse", "HEAD")).toBe(git(clones.b, "rev-parse", "HEAD"));
  for (const dir of [clones.a, clones.b]) expect(git(dir, "status", "--porcelain", "--untracked-files=all")).toBe("");
  expect([...a.told].sort()).toEqual([...b.told].sort());
  return met;
}

describe("a pull", () => {
  it("goes forward: branch, index, files and what is served", async () => {
    await write(b.store, FILE, entry(1, { tags: "[new]" }));
    await write(b.store, "memories/deep/y.md", entry(2), "created");
    expect(await b.store.sync.push()).toMatchObject({ how: "current", pushed: true });
    expect(await a.store.sync.pull()).toEqual({ how: "forwarded", pulled: 2, merged: 0, conflicts: [] });
    expect(textIn(clones.a, FILE)).toBe(entry(1, { tags: "[new]" }));
    expect(git(clones.a, "status", "--porcelain")).toBe("");
    expect(git(clones.a, "rev-parse", "HEAD")).toBe(git(clones.b, "rev-parse", "HEAD"));
    expect(git(clones.a, "reflog", "-1", "--format=%gs")).toBe("pull: Fast-forward\n");
    expect([...a.told.keys()].sort()).toEqual(["memories/deep/y.md", FILE]);
    expect((await a.store.status()).pending).toEqual([]);
    await write(b.store, "memories/deep/y.md", null, "deleted");
    await b.store.sync.push();
    await a.store.sync.pull();
    expect([textIn(clones.a, "memories/deep/y.md"), fs.existsSync(path.join(clones.a, "memories/deep"))]).toEqual([
      undefined,
      false,
    ]);
    expect([...a.told.keys()]).toEqual([FILE]);
    expect(await a.store.sync.pull()).toEqual({ how: "current", pulled: 0, merged: 0, conflicts: [] });
  });

  it("merges one entry that both changed in different fields, by one commit with two parents", async () => {
    await write(a.store, FILE, entry(1, { category: "fact" }));
    await write(b.store, FILE, entry(1, { importance: "0.9" }, "one\n\ntwo\n\nthree, more\n"));
    expect(await meet()).toMatchObject({ how: "merged", merged: 1, conflicts: [], pushed: true });
    expect(textIn(clones.a, FILE)).toContain("category: fact");
    expect(textIn(clones.a, FILE)).toContain("importance: 0.9");
    expect(textIn(clones.a, FILE)).toContain("three, more");
    expect(git(clones.a, "log", "-1", "--format=%s %an").trim()).toBe("memory: merge origin/main Bob");
    expect(git(clones.a, "log", "-1", "--format=%P").trim().split(" ")).toHaveLength(2);
    expect(records(clones.a)).toEqual([]);
  });

  it("keeps both sides of what it cannot merge: the later one's stays, one record, alike in both clones", async () => {
    const clock = Date.now();
    await a.store.close();
    a = await openClone(clones.a, { now: () => clock + 60_000 });
    await write(a.store, FILE, entry(1, {}, "ours\n"));
    await write(b.store, FILE, entry(1, {}, "theirs\n"));
    const { conflicts } = await meet();
    const [record, ...more] = records(clones.a);
    expect(more).toEqual([]);
    expect(conflicts).toEqual([record?.id]);
    // A wrote later, and it is B who merged.
    expect(textIn(clones.a, FILE)).toBe(entry(1, {}, "ours\n"));
    const time = Math.floor((clock + 60_000) / 1000) * 1000;
    expect(record).toMatchObject({
      entry: "0199aa3e-7c1b-7d10-9c55-000000000001",
      path: FILE,
      cause: "merge",
      fields: ["body"],
      detected_at: new Date(time).toISOString(),
      resolved: false,
    });
    expect(JSON.stringify([record?.a, record?.b])).toMatch(/ours.*theirs/);
    expect(git(clones.a, "cat-file", "blob", record?.version_b ?? "")).toBe(entry(1, {}, "theirs\n"));
    expect(git(clones.a, "log", "-1", "--format=%(trailers:key=Memory-Conflict,valueonly)").trim()).toBe(record?.id);
  });

  it.each([0, 1_000, -1_000])(
    "makes the same tree in whichever clone it merges (%i ms between the two)",
    async (apart) => {
      const at = Date.now();
      for (const [dir, text, time] of [
        [clones.a, "of a", at],
        [clones.b, "of b", at + apart],
      ] as const) {
        const { store } = await openClone(dir, { now: () => time });
        await write(store, FILE, entry(1, { title: text }, `${text}\n`));
        await write(store, "memories/n.md", entry(text.length + apart, {}, `${text}\n`), "created");
        await write(store, "memories/new.md", entry(dir === clones.a ? 8 : 9, {}, `${text}\n`), "created");
        put(path.join(dir, "notes.txt"), `${text}\n`);
        await store.commit("notes");
        await store.close();
      }
      const copy = copyOf(clones);
      const trees: string[] = [];
      for (const { a: one, b: two, folder } of [clones, { ...copy, a: copy.b, b: copy.a }]) {
        git(one, "push", "-q");
        const { store } = await openClone(two);
        const { conflicts } = await store.sync.pull();
        expect([conflicts.length, records(two).length]).toEqual([4, 4]);
        await store.close();
        trees.push(git(two, "rev-parse", "HEAD^{tree}"));
        if (folder !== clones.folder) fs.rmSync(folder, { recursive: true });
      }
      expect(trees[0]).toBe(trees[1]);
    },
  );

  it.each(["a", "b"] as const)("keeps what one changed and the other deleted (deleted in %s)", async (side) => {
    const [deleting, editing] = side === "a" ? [a, b] : [b, a];
    await write(deleting.store, FILE, null, "deleted");
    await write(editing.store, FILE, entry(1, {}, "changed\n"));
    const { conflicts } = await meet();
    expect(textIn(clones.a, FILE)).toBe(entry(1, {}, "changed\n"));
    expect(records(clones.a)).toMatchObject([{ id: conflicts[0], cause: "delete/edit", path: FILE, version_b: null }]);
  });

  it("keeps two entries of one name, the second as name-2", async () => {
    await write(a.store, "memories/n.md", entry(7, {}, "of a\n"), "created");
    await write(b.store, "memories/n.md", entry(8, {}, "of b\n"), "created");
    await meet();
    const texts = ["memories/n.md", "memories/n-2.md"].map((file) => textIn(clones.a, file));
    expect(texts.sort()).toEqual([entry(7, {}, "of a\n"), entry(8, {}, "of b\n")]);
    expect(records(clones.a)).toMatchObject([
      { cause: "add/add", path: "memories/n.md", a: { path: "memories/n.md" }, b: { path: "memories/n-2.md" } },
    ]);
  });

  it("follows an entry to its new name with what the other side changed", async () => {
    await renamed(a, FILE, "memories/renamed.md");
    await write(b.store, FILE, entry(1, { category: "fact" }));
    expect((await meet()).conflicts).toEqual([]);
    expect([textIn(clones.a, FILE), textIn(clones.a, "memories/renamed.md")]).toEqual([
      undefined,
      entry(1, { category: "fact" }),
    ]);
  });

  it("takes one of two new names, and tells the other", async () => {
    await renamed(a, FILE, "memories/by-a.md");
    await renamed(b, FILE, "memories/by-b.md");
    await meet();
    const [record] = records(clones.a);
    const names = [record?.a.path, record?.b.path];
    expect([record?.cause, [...names].sort()]).toEqual(["rename/rename", ["memories/by-a.md", "memories/by-b.md"]]);
    expect(fs.readdirSync(path.join(clones.a, "memories"))).toEqual([path.basename(String(names[0]))]);
  });

  it("merges what is no entry as text, and of what is no text keeps the preferred one, with a record", async () => {
    const [one, two] = [Buffer.from([0, 1, 2]), Buffer.from([0, 3, 4])];
    commit(clones.a, { "README.md": "# A\n\nb\n\nc\n" });
    await a.store.sync.push();
    await b.store.sync.pull();
    put(path.join(clones.a, "logo.bin"), one);
    put(path.join(clones.b, "logo.bin"), two);
    commit(clones.a, { "README.md": "# A1\n\nb\n\nc\n" });
    commit(clones.b, { "README.md": "# A\n\nb\n\nc2\n" });
    await meet();
    expect(textIn(clones.a, "README.md")).toBe("# A1\n\nb\n\nc2\n");
    expect(records(clones.a)).toMatchObject([{ path: "logo.bin", cause: "unparseable" }]);
    expect([one, two]).toContainEqual(fs.readFileSync(path.join(clones.a, "logo.bin")));
  });

  it("keeps what may be run so, and brings files of any size", async () => {
    commit(clones.a, { "run.sh": "#!/bin/sh\n", "big.txt": "x".repeat(3_000_000) });
    fs.chmodSync(path.join(clones.a, "run.sh"), 0o755);
    commit(clones.a, { "big2.txt": "y".repeat(2_000_000) });
    await a.store.sync.push();
    await write(b.store, FILE, entry(1, { category: "fact" }));
    await meet();
    commit(clones.a, { "big.txt": "z".repeat(3_000_000) });
    await meet();
    expect(fs.statSync(path.join(clones.b, "run.sh")).mode & 0o111).not.toBe(0);
    expect(textIn(clones.b, "big.txt")).toBe("z".repeat(3_000_000));
  });

  it("leaves one record of a conflict that both clones saw, resolved where one of them resolved it", async () => {
    await write(a.store, FILE, entry(1, {}, "ours\n"));
    await write(b.store, FILE, entry(1, {}, "theirs\n"));
    await meet();
    const [record] = records(clones.a);
    const open = `conflicts/${record?.id}.md`;
    const closed = `conflicts/resolved/${record?.id}.md`;
    const text = (textIn(clones.a, open) ?? "").replace("resolved: false", "resolved: true\nresolution: a");
    commit(clones.a, { [open]: null, [closed]: text });
    commit(clones.b, { [FILE]: entry(1, {}, "ours, and more\n") });
    await meet();
    expect([records(clones.b), textIn(clones.b, closed)]).toEqual([[], text]);
    // Both made it by themselves, and only one resolved it since.
    git(clones.b, "mv", closed, open);
    commit(clones.b, {
      [open]: textIn(clones.b, open)?.replace("resolved: true\nresolution: a", "resolved: false") ?? "",
    });
    commit(clones.a, { [FILE]: entry(1, {}, "ours, and others\n") });
    await meet();
    expect(fs.readdirSync(path.join(clones.a, "conflicts"))).toHaveLength(1);
  });

  /** Each merges the other's commit by itself, so that two commits are equally near; `a` and `b` say what they decide. */
  function crossed(changes: readonly [string, string], decided: readonly [string, string]): void {
    const dirs = [clones.a, clones.b];
    for (const [at, dir] of dirs.entries()) commit(dir, { [FILE]: changes[at] ?? "" });
    const tips = dirs.map((dir) => git(dir, "rev-parse", "HEAD").trim());
    for (const [at, dir] of dirs.entries()) {
      git(dir, "fetch", "-q", dirs[1 - at] ?? "", "main");
      put(path.join(dir, FILE), decided[at] ?? "");
      git(dir, "add", ".");
      const tree = git(dir, "write-tree").trim();
      const parents = ["-p", tips[at] ?? "", "-p", tips[1 - at] ?? ""];
      git(dir, "reset", "-q", "--hard", git(dir, "commit-tree", tree, ...parents, "-m", "crossed").trim());
    }
  }

  it("merges above what two equally near ancestors merge to", async () => {
    const [mine, yours] = [entry(1, { category: "fact" }), entry(1, { topic: "tests" })];
    const merged = entry(1, { category: "fact", topic: "tests" });
    crossed([mine, yours], [merged, merged]);
    commit(clones.a, { [FILE]: merged.replace("one\n", "one by a\n") });
    commit(clones.b, { [FILE]: merged.replace("topic: tests\n", "") });
    expect((await meet()).conflicts).toEqual([]);
    // What B took away after the crossing stays away.
    expect(textIn(clones.a, FILE)).toBe(entry(1, { category: "fact" }, "one by a\n\ntwo\n\nthree\n"));
  });

  it("keeps both decisions of a conflict that each decided for itself", async () => {
    const [mine, yours] = [entry(1, {}, "by a\n"), entry(1, {}, "by b\n")];
    crossed([mine, yours], [mine, yours]);
    const { conflicts } = await meet();
    expect(records(clones.a)).toMatchObject([{ id: conflicts[0], cause: "merge", fields: ["body"] }]);
    expect(JSON.stringify(records(clones.a))).toMatch(/by a.*by b|by b.*by a/);
  });

  it.each([true, false])(
    "is seen by who looked in the middle of it, in another process (killed there: %s)",
    async (killed) => {
      await write(b.store, FILE, entry(1, {}, "changed\n"));
      await write(b.store, "memories/new.md", entry(2), "created");
      await b.store.sync.push();
      const watcher = await openClone(clones.a);
      if (killed) {
        pullKilledWhen(clones.a, () => git(clones.a, "rev-parse", "HEAD") === git(clones.b, "rev-parse", "HEAD"));
        await watcher.store.refresh();
        expect(textIn(clones.a, "memories/new.md")).toBeUndefined();
      }
      const other = await openClone(clones.a, { isAlive: async () => false });
      await other.store.sync.pull();
      await watcher.store.refresh();
      expect([...watcher.told].sort()).toEqual([...b.told].sort());
      await Promise.all([watcher.store.close(), other.store.close()]);
    },
  );

  /** Has another process die while it pulls, at the first instant after something is so. */
  function pullKilledWhen(dir: string, reached: () => boolean): void {
    const script = path.join(import.meta.dirname, "../support/pull-process.ts");
    for (let at = 12; !reached(); at++) spawnSync(process.execPath, ["--import", "tsx", script, dir, String(at)]);
  }

  async function renamed({ store }: OpenClone, from: string, to: string): Promise<void> {
    await store.exclusive(async (session) => {
      const current = await session.read(from);
      await session.read(to);
      const files = [
        { path: to, after: current!.bytes, op: "renamed", from },
        { path: from, after: null, op: "renamed" },
      ];
      return session.write(files, { op: "renamed", subject: `memory: rename ${from}`, entry: to });
    });
  }
});

describe("a pull that a person has to help first", () => {
  const refusedWith = async (message: RegExp): Promise<void> => {
    const before = [git(clones.a, "rev-parse", "HEAD"), git(clones.a, "status", "--porcelain")];
    await expect(a.store.sync.pull()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(message),
    });
    expect([git(clones.a, "rev-parse", "HEAD"), git(clones.a, "status", "--porcelain")]).toEqual(before);
  };

  beforeEach(async () => {
    await write(b.store, FILE, entry(1, { category: "fact" }));
    await write(b.store, "memories/new.md", entry(3), "created");
    await b.store.sync.push();
  });

  it.each([
    ["a hand edit", FILE],
    ["a file that git does not know", "memories/new.md"],
  ])("leaves %s alone and names it", async (_what, file) => {
    put(path.join(clones.a, file), "by hand\n");
    await refusedWith(new RegExp(`^Nothing was pulled: ${file} has changes that are in no commit.*git memory commit`));
    expect(textIn(clones.a, file)).toBe("by hand\n");
    await a.store.commit("mine");
    expect((await a.store.sync.pull()).how).toBe("merged");
  });

  it("is done beside hand edits at other paths", async () => {
    put(path.join(clones.a, "memories/mine.md"), "by hand\n");
    expect((await a.store.sync.pull()).how).toBe("forwarded");
    expect(git(clones.a, "status", "--porcelain")).toBe("?? memories/mine.md\n");
  });

  it("waits for the end of an operation of git", async () => {
    git(clones.a, "bisect", "start");
    await refusedWith(/a bisect is in progress/);
    git(clones.a, "bisect", "reset");
  });

  it("is not made on a detached HEAD", async () => {
    git(clones.a, "checkout", "-q", "--detach");
    await refusedWith(/HEAD is detached/);
  });

  it("leaves what a person has staged alone", async () => {
    put(path.join(clones.a, FILE), "staged\n");
    git(clones.a, "add", ".");
    put(path.join(clones.a, FILE), entry(1));
    await refusedWith(/has staged changes/);
  });

  it("says so when a write of ours cannot be published first", async () => {
    put(path.join(clones.a, ".git/index.lock"), "");
    fs.utimesSync(path.join(clones.a, ".git/index.lock"), 1, 1);
    await write(a.store, "memories/other.md", entry(4), "created");
    await refusedWith(/index\.lock is held/);
    fs.rmSync(path.join(clones.a, ".git/index.lock"));
    expect((await a.store.sync.pull()).how).toBe("merged");
  });

  it("does not join histories that have nothing in common, and tells how to", async () => {
    git(clones.a, "checkout", "-q", "--orphan", "other");
    git(clones.a, "commit", "-qm", "another store");
    git(clones.a, "branch", "-f", "main");
    git(clones.a, "switch", "-q", "main");
    await refusedWith(/no commit in common.*--allow-unrelated-histories origin main/);
    git(
      clones.a,
      "-c",
      "merge.conflictStyle=merge",
      "pull",
      "-q",
      "--no-rebase",
      "-X",
      "ours",
      "--allow-unrelated-histories",
      "origin",
      "main",
    );
    expect((await a.store.sync.push()).pushed).toBe(true);
  });

  it("does not bring a symbolic link", async () => {
    fs.symlinkSync("/etc/passwd", path.join(clones.b, "memories/link.md"));
    git(clones.b, "add", ".");
    git(clones.b, "commit", "-qm", "link");
    git(clones.b, "push", "-q");
    await refusedWith(/memories\/link\.md: symbolic links/);
  });

  it("does not put a file where a folder is", async () => {
    git(clones.a, "reset", "-q", "--hard", "origin/main");
    commit(clones.a, { "notes/one.txt": "1\n" });
    commit(clones.b, { notes: "1\n" });
    git(clones.b, "push", "-q");
    await refusedWith(/notes is a file on one side and a folder on the other/);
  });

  it("takes writes that wait for a person's commit for the person's, in journal mode", async () => {
    const journal = await openClone(clones.a, { mode: () => "journal" });
    await write(journal.store, "memories/mine.md", entry(5), "created");
    await write(journal.store, FILE, entry(1, { topic: "tests" }));
    await expect(journal.store.sync.pull()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`${FILE} has changes that are in no commit`),
    });
    await write(journal.store, FILE, entry(1));
    expect((await journal.store.sync.pull()).how).toBe("forwarded");
    expect((await journal.store.status()).pending).toEqual(["memories/mine.md"]);
    expect(git(clones.a, "status", "--porcelain", "--untracked-files=all")).toBe("?? memories/mine.md\n");
    await journal.store.close();
  });

  it("is done in a linked worktree, whose branch goes to the remote with its first push", async () => {
    const dir = path.join(clones.folder, "linked");
    git(clones.a, "worktree", "add", "-q", dir, "-b", "side");
    const linked = await openClone(dir);
    await write(linked.store, "memories/side.md", entry(6), "created");
    expect(await linked.store.sync.push()).toMatchObject({ how: "current", pushed: true });
    expect(git(clones.remote, "rev-parse", "side")).toBe(git(dir, "rev-parse", "HEAD"));
    git(dir, "branch", "-q", "--set-upstream-to", "origin/main");
    expect(await linked.store.sync.pull()).toMatchObject({ how: "merged" });
    expect([git(dir, "status", "--porcelain"), textIn(dir, "memories/new.md")]).toEqual(["", entry(3)]);
    expect(git(clones.a, "status", "--porcelain")).toBe("");
    await linked.store.close();
  });

  it("is left to git where only git can write the index", async () => {
    git(clones.a, "update-index", "--index-version", "4");
    await refusedWith(/this repository uses index version 4\. Use `git pull`/);
  });

  it("is refused for a store in a code repository, with the command for it", async () => {
    const dir = makeCheckedInStore();
    const store = await openStore(path.join(dir, ".memory"));
    await expect(store.sync.pull()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("`git pull`"),
    });
    await expect(store.sync.push()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("`git push`"),
    });
    expect(await store.sync.state()).toMatchObject({ kind: "checked_in", branch: "main" });
    await store.close();
    fs.rmSync(dir, { recursive: true });
  });
});

describe("a repository whose own configuration is not to be trusted", () => {
  const pulled = () => a.store.sync.pull();

  it.each(["core.sshCommand", "core.askPass", "credential.helper", "remote.origin.uploadpack"])(
    "does not have the program run that %s names",
    async (key) => {
      const trace = path.join(clones.folder, "ran");
      git(clones.a, "config", key, `!touch ${trace};`);
      await expect(pulled()).rejects.toMatchObject({
        code: "forbidden",
        message: expect.stringMatching(
          new RegExp(`${key} in this repository's own configuration names a program`, "i"),
        ),
      });
      expect(fs.existsSync(trace)).toBe(false);
    },
  );

  it("may name a helper that the person has installed", async () => {
    git(clones.a, "config", "credential.helper", "cache --timeout=60");
    expect((await pulled()).how).toBe("current");
  });

  it("does not lead to a repository beside it", async () => {
    git(clones.a, "remote", "set-url", "origin", "../remote.git");
    await expect(pulled()).rejects.toMatchObject({ code: "forbidden", message: expect.stringContaining("relative") });
    git(clones.a, "remote", "set-url", "origin", `ext::sh -c touch% ${clones.folder}/ran`);
    await expect(pulled()).rejects.toMatchObject({ code: "unavailable" });
    expect(fs.existsSync(path.join(clones.folder, "ran"))).toBe(false);
    git(clones.a, "config", "branch.main.remote", "--upload-pack=touch ran");
    await expect(pulled()).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("no remote") });
  });

  it("runs no hook", async () => {
    const trace = path.join(clones.folder, "ran");
    for (const hook of ["pre-push", "post-merge", "post-checkout", "reference-transaction"]) {
      put(path.join(clones.a, ".git/hooks", hook), `#!/bin/sh\ntouch ${trace}\n`);
      fs.chmodSync(path.join(clones.a, ".git/hooks", hook), 0o755);
    }
    await write(b.store, FILE, entry(1, { category: "fact" }));
    await b.store.sync.push();
    await write(a.store, FILE, entry(1, { topic: "tests" }));
    expect(await a.store.sync.push()).toMatchObject({ how: "merged", pushed: true });
    expect(fs.existsSync(trace)).toBe(false);
  });
});

describe("a pull of what no store holds", () => {
  it.each(["../outside.md", ".GIT/config", "private/memories/x.md"])("brings nothing to %s", async (file) => {
    const made = clones;
    const blob = git(made.b, "hash-object", "-w", FILE).trim();
    const top = git(made.b, "rev-parse", "HEAD").trim();
    const odd = git(made.b, "commit-tree", makeTree(made.b, file.split("/"), blob), "-p", top, "-m", "odd").trim();
    git(made.b, "push", "-q", "origin", `${odd}:refs/heads/main`);
    await expect(a.store.sync.pull()).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/^Nothing was pulled: the remote holds ".*", which no store has in a commit/),
    });
    expect(git(made.a, "rev-parse", "HEAD").trim()).toBe(top);
    expect(fs.existsSync(path.join(made.folder, "outside.md"))).toBe(false);
    // What is checked after each test is a repository without such objects.
    await Promise.all([a.store.close(), b.store.close()]);
    fs.rmSync(made.folder, { recursive: true });
    await open();
  });
});

/** A tree that holds a blob at a path, whatever its segments are called. */
function makeTree(dir: string, [name = "", ...rest]: readonly string[], blob: string): string {
  const [mode, oid] = rest.length === 0 ? ["100644", blob] : ["40000", makeTree(dir, rest, blob)];
  const bytes = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid ?? "", "hex")]);
  const file = path.join(temporaryFolder(), "tree");
  fs.writeFileSync(file, bytes);
  const made = git(dir, "hash-object", "-t", "tree", "-w", "--literally", file).trim();
  fs.rmSync(path.dirname(file), { recursive: true });
  return made;
}
