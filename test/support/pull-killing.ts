import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { type Clones, commit, copyOf, entry, makeClones, openClone } from "./clones.js";
import { faults, git, leftovers } from "./repositories.js";

const SCRIPT = path.join(import.meta.dirname, "pull-process.ts");
const run = (...args: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", SCRIPT, ...args], { encoding: "utf8", timeout: 60_000 });

const BEFORE = {
  "memories/edited.md": entry(1),
  "memories/gone.md": entry(2),
  "memories/moved.md": entry(3),
  "memories/both.md": entry(4),
};

/** A clone that has something to pull: forward, or with commits of its own to be merged. */
function toPull(merge: boolean): Clones {
  const clones = makeClones(BEFORE);
  commit(clones.b, {
    "memories/edited.md": entry(1, { category: "fact" }),
    "memories/gone.md": null,
    "memories/moved.md": null,
    "memories/deep/moved.md": entry(3),
    "memories/both.md": entry(4, {}, "by b\n"),
    "run.sh": "#!/bin/sh\n",
  });
  git(clones.b, "push", "-q");
  if (merge) commit(clones.a, { "memories/both.md": entry(4, {}, "by a\n"), "memories/own.md": entry(5) });
  return clones;
}

/** What a clone holds: everything but the record, whose time is that of a run. */
const holds = (dir: string): string => git(dir, "ls-tree", "-r", "HEAD", "--", "memories", "run.sh");

/**
 * Kills a pulling process at instants that `choose` picks of all there are, and looks after each: git has no complaint,
 * the branch is where it was or where it was to be, the next start needs no help, and the same pull then completes.
 */
export async function killPulls(merge: boolean, choose: (count: number) => readonly number[]): Promise<void> {
  const clones = toPull(merge);
  const whole = copyOf(clones);
  const { stdout, stderr } = run(whole.a);
  expect(stderr).toBe("");
  const expected = holds(whole.a);
  const seen = new Set<string>();
  for (const at of choose(Number(stdout))) {
    const made = copyOf(clones);
    const before = git(made.a, "rev-parse", "HEAD");
    expect([at, run(made.a, String(at)).signal]).toEqual([at, "SIGKILL"]);
    expect([at, faults(made.a)]).toEqual([at, ""]);
    const { store } = await openClone(made.a, { isAlive: async () => false });
    const after = git(made.a, "rev-parse", "HEAD");
    seen.add(after === before ? "before" : "after");
    expect([at, git(made.a, "status", "--porcelain", "--untracked-files=all")]).toEqual([at, ""]);
    if (after !== before) expect([at, holds(made.a)]).toEqual([at, expected]);
    await store.sync.pull();
    expect([at, holds(made.a)]).toEqual([at, expected]);
    expect([at, git(made.a, "status", "--porcelain", "--untracked-files=all")]).toEqual([at, ""]);
    expect((await store.status()).pending).toEqual([]);
    await store.close();
    const left = leftovers(made.a).filter((name) => !name.startsWith(`.git${path.sep}objects`));
    expect([at, left.filter((name) => !/git-memory-tmp/.test(name))]).toEqual([at, []]);
    fs.rmSync(made.folder, { recursive: true });
  }
  expect([...seen].sort()).toEqual(["after", "before"]);
  for (const { folder } of [clones, whole]) fs.rmSync(folder, { recursive: true });
}
