import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Change } from "../../src/entry/change.js";
import { findGit } from "../../src/git/git-binary.js";
import { Host } from "../../src/git/host.js";
import { findStore } from "../../src/store/find-store.js";
import { HistoryIndex } from "../../src/store/history-index.js";
import { compareWithGit } from "../support/compare-history.js";
import { logOf, type MadeCommit, makeHistory, projectHistory } from "../support/histories.js";
import { Bench } from "../support/memory.js";
import { GIT_ENV, git, historyOf, openStore, put, temporaryFolder, write } from "../support/repositories.js";

const FOREVER = Number.POSITIVE_INFINITY;
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

const entry = (title: string): string => `---\ntitle: ${title}\n---\n\n${title}\n`;
const AT = 1_600_000_000;

/** A line of commits that write entries in turn, with a branch that is merged now and then. */
function commitsOf(count: number, entries = 5): MadeCommit[] {
  const commits: MadeCommit[] = [
    {
      parents: [],
      files: { ".memory/memory.yaml": "format: 1\nscope: project\nname: demo\n", "code.ts": "0\n" },
      at: AT,
    },
  ];
  for (let at = 1; at < count; at++) {
    const merge = at % 7 === 0;
    commits.push({
      parents: merge ? [at - 1, at - 3] : [at - 1],
      files: merge ? {} : { [`.memory/memories/e${at % entries}.md`]: entry(`version ${at}`), "code.ts": `${at}\n` },
      at: AT + at,
      author: at % 2 ? "Ada Person" : "Bob Person",
    });
  }
  return commits;
}

function made(count: number, entries = 5): string {
  const dir = makeHistory(commitsOf(count, entries));
  dirs.push(dir);
  git(dir, "checkout", "-q", "-f", "main");
  return dir;
}

/** An opened history index, its store's folder `.memory/`. */
async function indexOf(dir: string, noGit = false) {
  const found = await findStore(dir, "/nowhere");
  const host = new Host(found!.repository!, noGit ? undefined : await findGit("git", GIT_ENV));
  const file = path.join(found!.repository!.commonDir, "git-memory/history/test.bin");
  const index = new HistoryIndex(host, ".memory/", file, () => undefined);
  await index.load();
  return { index, file };
}

const head = (dir: string): string => git(dir, "rev-parse", "HEAD").trim();

/** What the store told about every entry, last. */
async function told(dir: string, options: Parameters<typeof openStore>[1] = {}) {
  const facts = new Map<string, readonly [number | undefined, string | undefined]>();
  const sink = (changes: readonly Change[]) => {
    for (const { path: file, after } of changes) {
      if (after) facts.set(file, [after.updatedAt, after.author]);
      else facts.delete(file);
    }
  };
  const store = await openStore(dir, { ...options, sink });
  return { store, facts };
}

/** Time and author that git gives for each entry that HEAD has. */
function gitFacts(dir: string, commit = "HEAD"): Map<string, readonly [number, string]> {
  const files = git(dir, "ls-tree", "-r", "--name-only", commit, ".memory/memories").split("\n").filter(Boolean);
  return new Map(
    files.map((file) => {
      const [seconds = "", author = ""] = git(dir, "log", "-1", "--format=%ct%n%an", commit, "--", file).split("\n");
      return [file.slice(".memory/".length), [Number(seconds) * 1000, author]];
    }),
  );
}

describe("times and authors of entries", () => {
  it.each([false, true])("are those of the last commit on each path (without git: %s)", async (noGit) => {
    const dir = made(60);
    const { store, facts } = await told(dir, { noGit });
    expect(await store.past.known(FOREVER)).toBe(true);
    expect(new Map([...facts].sort())).toEqual(gitFacts(dir));
    await store.close();
  });

  it("follow a switch, a commit, a reset and a stash, and reading them again gives the same", async () => {
    const dir = made(40);
    git(dir, "branch", "old", "HEAD~20");
    const { store, facts } = await told(dir);
    const same = async () => {
      await store.refresh();
      await store.past.known(FOREVER);
      expect(new Map([...facts].sort())).toEqual(gitFacts(dir));
    };
    await same();
    for (const step of [
      () => git(dir, "switch", "-q", "old"),
      () => git(dir, "switch", "-q", "main"),
      () => git(dir, "reset", "-q", "--hard", "HEAD~3"),
      () => git(dir, "merge", "-q", "--no-ff", "-m", "merge", "refs/made/39"),
      () => {
        put(path.join(dir, ".memory/memories/e1.md"), entry("by hand"));
        git(dir, "stash", "-q");
      },
    ]) {
      step();
      await same();
    }
    put(path.join(dir, ".memory/memories/e1.md"), entry("by hand"));
    store.rescan();
    await store.refresh();
    expect(facts.get("memories/e1.md")?.[1]).toBe("Ada Person");
    expect(facts.get("memories/e1.md")?.[0]).toBeGreaterThan(AT * 1000 + 1_000_000);
    git(dir, "commit", "-qam", "by hand");
    await same();
    await store.close();
  });

  it("are the journal's for our own writes, and for what others had before the commit's", async () => {
    const dir = made(10);
    const { store, facts } = await told(dir, { now: () => 1_700_000_000_123 });
    await store.past.known(FOREVER);
    await write(store, "memories/e1.md", entry("ours"));
    git(dir, "commit", "-qam", "ours");
    await store.refresh();
    await store.past.known(FOREVER);
    expect(facts.get("memories/e1.md")).toEqual([1_700_000_000_123, "Ada Person"]);
    // The text that we write now was committed long ago on another branch.
    const old = git(dir, "show", "HEAD~3:.memory/memories/e2.md");
    const other = gitFacts(dir, "HEAD~3").get("memories/e2.md");
    await write(store, "memories/e2.md", entry("something else"));
    await write(store, "memories/e2.md", old);
    git(dir, "switch", "-q", "--detach", "HEAD~3");
    await store.refresh();
    await store.past.known(FOREVER);
    expect(facts.get("memories/e2.md")).toEqual(other);
    await store.close();
  });
});

describe("the index of the history", () => {
  it("reads no more than the difference at a new head, and a file that it left", async () => {
    const dir = made(200);
    git(dir, "branch", "old", "HEAD~150");
    const first = await indexOf(dir);
    expect(await first.index.reached(head(dir), FOREVER)).toBe(true);
    expect(first.index.state(head(dir))).toEqual({ state: "ready", commits: logOf(dir).length });
    await first.index.close();
    expect(fs.existsSync(first.file)).toBe(true);
    const again = await indexOf(dir);
    expect(again.index.isComplete(head(dir))).toBe(true);
    git(dir, "switch", "-q", "old");
    expect(again.index.isComplete(head(dir))).toBe(true);
    for (let at = 0; at < 20; at++) git(dir, "commit", "-q", "--allow-empty", "-m", `more ${at}`);
    expect(again.index.isComplete(head(dir))).toBe(false);
    expect(await again.index.reached(head(dir), FOREVER)).toBe(true);
    expect(again.index.graph.size).toBe(220);
    await again.index.close();
  });

  it("is built again when its file is damaged or gone", async () => {
    const dir = made(80);
    const first = await indexOf(dir);
    await first.index.reached(head(dir), FOREVER);
    await first.index.close();
    const whole = fs.readFileSync(first.file);
    for (const damage of [Buffer.alloc(0), whole.subarray(0, 500), Buffer.from("{}\n"), undefined]) {
      if (damage) fs.writeFileSync(first.file, damage);
      else fs.rmSync(first.file);
      const again = await indexOf(dir);
      expect(again.index.graph.size).toBe(0);
      expect(await again.index.reached(head(dir), FOREVER)).toBe(true);
      await again.index.close();
      expect(fs.readFileSync(first.file).length).toBe(whole.length);
    }
  });

  it("goes on where it was stopped, newest commits first, without a git program too", async () => {
    const dir = made(120);
    const { index, file } = await indexOf(dir, true);
    index.follow(head(dir));
    while (index.graph.size < 10) await new Promise((resolve) => setImmediate(resolve));
    await index.close();
    const kept = index.graph.size;
    expect(kept).toBeLessThan(120);
    const known = [...index.graph.all()].map(({ oid }) => oid);
    expect(known.sort()).toEqual(logOf(dir).slice(0, kept).sort());
    expect(fs.existsSync(file)).toBe(true);
    const left = fs.readFileSync(file);
    for (const noGit of [true, false]) {
      fs.writeFileSync(file, left);
      const copy = await indexOf(dir, noGit);
      expect([copy.index.graph.size, copy.index.isComplete(head(dir))]).toEqual([kept, false]);
      expect(await copy.index.reached(head(dir), FOREVER)).toBe(true);
      expect(copy.index.graph.size).toBe(logOf(dir).length);
      await copy.index.close();
    }
  });

  it("takes over what another process has found out", async () => {
    const dir = made(120);
    const [one, other] = [await indexOf(dir, true), await indexOf(dir, true)];
    await one.index.reached(head(dir), FOREVER);
    await one.index.close();
    await other.index.reached(head(dir), FOREVER);
    expect(other.index.isComplete(head(dir))).toBe(true);
    await other.index.close();
  });

  it("waits no longer than asked", async () => {
    const dir = made(120);
    const { index } = await indexOf(dir, true);
    expect(await index.reached(head(dir), 0)).toBe(false);
    expect(index.state(head(dir)).state).toBe("building");
    expect(await index.reached(head(dir), FOREVER)).toBe(true);
    expect(await index.reached("0".repeat(40), FOREVER)).toBe(false);
    expect(index.state("0".repeat(40)).state).toBe("failed");
    expect(await index.reached(undefined, 0)).toBe(true);
    await index.close();
  });
});

describe("odd repositories", () => {
  it("of a shallow clone all that is there is known, as git says it, until it is deepened", async () => {
    const origin = made(60);
    const dir = temporaryFolder();
    dirs.push(dir);
    const clone = path.join(dir, "clone");
    git(dir, "clone", "-q", "--depth", "12", "--branch", "main", `file://${origin}`, clone);
    const { store, facts } = await told(clone);
    await store.past.known(FOREVER);
    expect(new Map([...facts].sort())).toEqual(gitFacts(clone));
    const shallow = await historyOf(store, "memories/e1.md");
    expect(shallow.truncated).toBe(true);
    expect(shallow.versions.map(({ commit }) => commit)).toEqual(logOf(clone, "--", ".memory/memories/e1.md"));
    expect(shallow.versions.every(({ number }) => number === undefined)).toBe(true);
    await store.close();
    git(clone, "fetch", "-q", "--unshallow");
    const whole = await told(clone);
    const all = await historyOf(whole.store, "memories/e1.md");
    expect(all.truncated).toBe(false);
    expect(all.versions.map(({ commit }) => commit)).toEqual(logOf(clone, "--", ".memory/memories/e1.md"));
    expect(new Map([...whole.facts].sort())).toEqual(gitFacts(clone));
    await whole.store.close();
  });

  it("a partial clone without blobs is read without fetching any", async () => {
    const origin = made(30);
    git(origin, "config", "uploadpack.allowFilter", "true");
    const dir = temporaryFolder();
    dirs.push(dir);
    const clone = path.join(dir, "clone");
    git(dir, "clone", "-q", "--filter=blob:none", "--branch", "main", `file://${origin}`, clone);
    const missing = () => git(clone, "rev-list", "--objects", "--missing=print", "HEAD").match(/^\?/gm)?.length;
    const before = missing();
    const { store, facts } = await told(clone);
    await store.past.known(FOREVER);
    expect(new Map([...facts].sort())).toEqual(gitFacts(clone));
    expect((await historyOf(store, "memories/e1.md")).versions.map(({ commit }) => commit)).toEqual(
      logOf(clone, "--", ".memory/memories/e1.md"),
    );
    await store.close();
    const bench = await Bench.open({ dir: clone });
    await bench.refused("search", { as_of: "HEAD~12" }, "unavailable");
    expect((await bench.call<{ total: number }>("search", { as_of: "HEAD" })).total).toBe(5);
    await bench.memory.close();
    expect(missing()).toBe(before);
  });

  it("worktrees share one index, and each follows its own head", async () => {
    const dir = made(40);
    const beside = path.join(temporaryFolder(), "beside");
    dirs.push(path.dirname(beside));
    git(dir, "worktree", "add", "-q", beside, "HEAD~10");
    const one = await told(dir);
    await one.store.past.known(FOREVER);
    await one.store.close();
    const two = await told(beside);
    expect(two.store.past.state?.state).toBe("ready");
    expect(new Map([...two.facts].sort())).toEqual(gitFacts(beside));
    await two.store.close();
    expect(fs.readdirSync(path.join(dir, ".git/git-memory/history"))).toHaveLength(1);
  });

  it("replaced and grafted commits do no harm: commits are read as they are", async () => {
    const dir = made(20);
    const plain = logOf(dir, "--", ".memory/memories/e1.md");
    git(dir, "replace", "--graft", "HEAD~5");
    put(path.join(dir, ".git/info/grafts"), `${git(dir, "rev-parse", "HEAD~3").trim()}\n`);
    const { store } = await told(dir);
    expect((await historyOf(store, "memories/e1.md")).versions.map(({ commit }) => commit)).toEqual(plain);
    await store.close();
  });

  it("an unborn branch has no history, and its first commit begins one", async () => {
    const dir = temporaryFolder();
    dirs.push(dir);
    git(dir, "init", "-q", "-b", "main");
    git(dir, "config", "user.name", "Ada Person");
    git(dir, "config", "user.email", "ada@example.org");
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: demo\n");
    put(path.join(dir, ".memory/memories/e1.md"), entry("one"));
    const { store, facts } = await told(dir);
    expect(await store.past.known(FOREVER)).toBe(true);
    git(dir, "add", ".");
    const date = `@${AT} +0000`;
    execFileSync("git", ["commit", "-qm", "first"], {
      cwd: dir,
      env: { ...GIT_ENV, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
    });
    await store.refresh();
    await store.past.known(FOREVER);
    expect(facts.get("memories/e1.md")).toEqual([AT * 1000, "Ada Person"]);
    await store.close();
  });

  it("a SHA-256 repository is read through the program", async () => {
    const dir = temporaryFolder();
    dirs.push(dir);
    git(dir, "init", "-q", "-b", "main", "--object-format=sha256");
    git(dir, "config", "user.name", "Ada Person");
    git(dir, "config", "user.email", "ada@example.org");
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: demo\n");
    for (const title of ["one", "two"]) {
      put(path.join(dir, ".memory/memories/e1.md"), entry(title));
      git(dir, "add", ".");
      git(dir, "commit", "-qm", title);
    }
    const { store, facts } = await told(dir);
    await store.past.known(FOREVER);
    expect(new Map([...facts].sort())).toEqual(gitFacts(dir));
    const { versions } = await historyOf(store, "memories/e1.md");
    expect(versions.map(({ commit }) => commit)).toEqual(logOf(dir, "--", ".memory/memories/e1.md"));
    await store.close();
  });
});

describe("a project's history", () => {
  it.each([false, true])("has the versions and lines that git gives (without git: %s)", async (noGit) => {
    const dir = makeHistory(projectHistory(400, 60));
    dirs.push(dir);
    git(dir, "checkout", "-q", "-f", "main");
    const { store, facts } = await told(dir, { noGit });
    await store.past.known(FOREVER);
    const files = [...facts.keys()].sort();
    expect(files.length).toBeGreaterThan(40);
    expect(new Map([...facts].sort())).toEqual(gitFacts(dir));
    const { versions, lines } = await compareWithGit(dir, store, files, 4);
    expect(versions).toBeGreaterThan(250);
    expect(lines).toBeGreaterThan(100);
    await store.close();
  });
});
