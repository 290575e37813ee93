import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { repositoryAt } from "../../src/git/discover.js";
import { findGit } from "../../src/git/git-binary.js";
import type { Memory } from "../../src/index.js";
import { setMergeDriver } from "../../src/setup/merge-driver.js";
import { STORE_ATTRIBUTES } from "../../src/setup/store-attributes.js";
import { cloneOf } from "./clones.js";
import { THIS_BUILD } from "./merges.js";
import { faults, GIT_ENV, git, makeCheckedInStore, put, temporaryFolder } from "./repositories.js";
import { numbers } from "./sync-chaos.js";
import { call, everythingIn, openWorkspace } from "./workspaces.js";

interface Clone {
  readonly dir: string;
  readonly memory: Memory;
}

interface Listed {
  readonly hits: { readonly address: string; readonly version: string }[];
}

/** Two people with a clone each of a repository with a checked-in store, and git with our driver. */
class People {
  readonly clones: readonly Clone[];
  readonly #pick: (below: number) => number;
  readonly #bin: string;
  readonly #how: "merge" | "rebase";
  #writes = 0;
  /** Words of changes that were acknowledged. */
  readonly acknowledged: string[] = [];
  /** Conflicts that a person had to decide. */
  decided = 0;

  constructor(clones: readonly Clone[], bin: string, how: "merge" | "rebase", pick: (below: number) => number) {
    [this.clones, this.#bin, this.#how, this.#pick] = [clones, bin, how, pick];
  }

  git(dir: string, ...args: string[]): { readonly status: number | null; readonly said: string } {
    const env = { ...GIT_ENV, PATH: `${this.#bin}:${GIT_ENV.PATH}`, GIT_EDITOR: "true" };
    const { status, stdout, stderr } = spawnSync("git", args, { cwd: dir, encoding: "utf8", env });
    return { status, said: stdout + stderr };
  }

  async round(): Promise<void> {
    for (let count = 1 + this.#pick(3); count > 0; count--) await this.#write(this.clones[this.#pick(2)]!);
    const clone = this.clones[this.#pick(2)]!;
    await this.pull(clone);
    if (this.#pick(3) > 0) this.git(clone.dir, "push", "-q");
  }

  async #write({ memory }: Clone): Promise<void> {
    const mark = `w${++this.#writes}x`;
    const { hits } = await call<Listed>(memory, "search", { limit: 50, sort: "title" });
    const one = hits[this.#pick(hits.length)];
    const ref = one?.address ?? "";
    const choice = this.#pick(8);
    if (!one || choice === 0)
      await call(memory, "save", { title: `t ${mark}`, content: `of ${mark}`, name: `n-${mark}` });
    else if (choice === 1) await call(memory, "update", { ref, set: { name: `m-${mark}` }, reason: mark });
    else if (choice === 2 && hits.length > 4) {
      await call(memory, "delete", { ref, purge: true, reason: mark });
      return;
    } else if (choice < 5) await call(memory, "update", { ref, set: { [this.#pick(2) ? "summary" : "source"]: mark } });
    else {
      const { entries } = await call<{ entries: { content: string }[] }>(memory, "get", { refs: [ref] });
      const lines = entries[0]!.content.split("\n");
      if (choice === 5) lines[this.#pick(lines.length)] = `changed ${mark}`;
      else lines.splice(this.#pick(lines.length + 1), 0, `line ${mark}`, "");
      await call(memory, "update", { ref, content: lines.join("\n"), base_version: one.version });
    }
    this.acknowledged.push(mark);
  }

  /** Commits what there is and pulls, deciding what git leaves to a person. */
  async pull({ dir, memory }: Clone): Promise<void> {
    await call(memory, "admin commit", { message: "what we learned" });
    let done = this.git(dir, "pull", "-q", this.#how === "merge" ? "--no-rebase" : "--rebase", "--no-edit");
    for (let step = 0; done.status !== 0; step++) {
      if (step > 20) throw new Error(done.said);
      const { conflicts } = await call<{ conflicts: { id: string; unmerged?: true }[] }>(memory, "conflict list", {
        limit: 500,
      });
      const open = conflicts.filter(({ unmerged }) => unmerged);
      for (const { id } of open) await call(memory, "conflict resolve", { id, take: this.#pick(2) ? "a" : "b" });
      this.decided += open.length;
      const go = this.#how === "merge" ? ["commit", "-q", "--no-edit"] : ["rebase", "--continue"];
      done = this.git(dir, ...go);
      // Where nothing of a commit is left after a decision, git wants to be told.
      if (done.status !== 0 && /nothing to commit|No changes/.test(done.said)) done = this.git(dir, "rebase", "--skip");
    }
  }
}

/**
 * Two clones of a repository with a checked-in store that change it at random, commit, and `git pull` and `git push` in
 * random order, with merges or rebases. In the end both have the same, and every acknowledged change is in git's history or
 * in the journal of who made it.
 */
export async function pullAtRandom(rounds: number, seed: number, how: "merge" | "rebase"): Promise<number> {
  const folder = temporaryFolder();
  const first = makeCheckedInStore();
  put(path.join(first, ".memory/.gitattributes"), STORE_ATTRIBUTES);
  for (let at = 0; at < 5; at++)
    put(
      path.join(first, `.memory/memories/e${at}.md`),
      `---\nid: 0199aa3e-7c1b-7d10-9c55-00000000000${at}\ntitle: Entry ${at}\n---\n\none\n\ntwo\n\nthree\n`,
    );
  git(first, "add", "-A");
  git(first, "commit", "-qm", "begin");
  const remote = path.join(folder, "remote.git");
  git(folder, "clone", "-q", "--bare", first, remote);
  const bin = path.join(folder, "bin");
  put(path.join(bin, "git-memory"), THIS_BUILD);
  fs.chmodSync(path.join(bin, "git-memory"), 0o755);
  const clones: Clone[] = [];
  for (const name of ["Ada", "Bob"]) {
    const dir = cloneOf(remote, path.join(folder, name), name);
    await setMergeDriver((await repositoryAt(dir))!, (await findGit("git", GIT_ENV))!);
    clones.push({ dir, memory: await openWorkspace(dir, path.join(folder, `${name}.home`)) });
  }
  const people = new People(clones, bin, how, numbers(seed));
  for (let round = 0; round < rounds; round++) await people.round();
  const [a, b] = clones as [Clone, Clone];
  for (const clone of [a, b, a]) {
    await people.pull(clone);
    expect(people.git(clone.dir, "push", "-q").status).toBe(0);
  }
  await people.pull(b);
  expect(git(a.dir, "rev-parse", "HEAD")).toBe(git(b.dir, "rev-parse", "HEAD"));
  const kept = everythingIn(a.dir) + everythingIn(b.dir);
  expect(people.acknowledged.filter((mark) => !kept.includes(mark))).toEqual([]);
  for (const { dir, memory } of clones) {
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(faults(dir)).toBe("");
    expect(await call(memory, "admin status")).toMatchObject({
      dropped: [],
      pending: [],
      invalid: [],
    });
  }
  const logs = await Promise.all(
    clones.map(({ memory }) => call(memory, "conflict list", { all: true, limit: 5_000 })),
  );
  expect(logs[0]).toEqual(logs[1]);
  for (const { memory } of clones) await memory.close();
  for (const one of [folder, first]) fs.rmSync(one, { recursive: true, force: true });
  return people.decided;
}
