import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { walkPath } from "../../src/git/history-walk.js";
import { ObjectStore } from "../../src/git/objects.js";
import { git, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
let clock = 1_700_000_000;

function commit(message: string): void {
  clock += 60;
  git(dir, "add", "-A");
  git(
    dir,
    "-c",
    `user.name=A`,
    "-c",
    "user.email=a@b",
    "commit",
    "-q",
    "--allow-empty",
    "-m",
    message,
    `--date=@${clock} +0000`,
  );
}

const walk = async (file: string, limits: { commits?: number } = {}) => {
  const objects = new ObjectStore(path.join(dir, ".git"));
  const head = git(dir, "rev-parse", "HEAD").trim();
  const clockOf = () => 0;
  const bounds = { commits: limits.commits ?? 10_000, deadline: 1, clock: clockOf };
  return walkPath(objects, head, file, "m", bounds, async (removed, added) => removed === added);
};
const ids = async (file: string) => (await walk(file)).commits.map((one) => one.commit.oid).sort();
const byGit = (...args: string[]) =>
  git(dir, "log", "--format=%H", ...args)
    .split("\n")
    .filter(Boolean)
    .sort();

beforeAll(() => {
  dir = temporaryFolder();
  git(dir, "init", "-q", "-b", "main");
  git(dir, "config", "user.name", "A");
  git(dir, "config", "user.email", "a@b");
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (const file of ["a", "b", "c", "d"]) put(path.join(dir, `m/${file}.md`), `${file}\n`);
  commit("begin");
  for (let round = 0; round < 12; round++) {
    git(dir, "switch", "-qc", `side${round}`);
    put(path.join(dir, `m/${"ab"[random(2)]}.md`), `side ${round}\n`);
    commit(`side ${round}`);
    git(dir, "switch", "-q", "main");
    put(path.join(dir, `m/${"cd"[random(2)]}.md`), `main ${round}\n`);
    if (round === 5) fs.rmSync(path.join(dir, "m/d.md"));
    commit(`main ${round}`);
    git(dir, "merge", "-q", "--no-ff", "-m", `merge ${round}`, `side${round}`);
  }
  git(dir, "mv", "m/a.md", "m/renamed.md");
  commit("rename");
  put(path.join(dir, "m/renamed.md"), "after the rename\n");
  commit("edit");
}, 120_000);
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("walking back along a path", () => {
  it.each(["m/b.md", "m/c.md", "m/d.md"])("finds the commits that git log finds for %s", async (file) => {
    expect(await ids(file)).toEqual(byGit("--", file));
  });

  it("follows a rename", async () => {
    expect(await ids("m/renamed.md")).toEqual(byGit("--follow", "--", "m/renamed.md"));
    const { commits } = await walk("m/renamed.md");
    expect(new Set(commits.map((one) => one.path))).toEqual(new Set(["m/renamed.md", "m/a.md"]));
  });

  it("says when it stopped early, and when a shallow clone ends", async () => {
    expect((await walk("m/b.md", { commits: 3 })).truncated).toBe(true);
    expect((await walk("m/b.md")).truncated).toBe(false);
    const shallow = temporaryFolder();
    git(shallow, "clone", "-q", "--depth", "3", `file://${dir}`, "clone");
    const objects = new ObjectStore(path.join(shallow, "clone/.git"));
    const head = git(dir, "rev-parse", "HEAD").trim();
    const limits = { commits: 1000, deadline: 1, clock: () => 0 };
    expect((await walkPath(objects, head, "m/b.md", "m", limits, async () => false)).truncated).toBe(true);
    fs.rmSync(shallow, { recursive: true, force: true });
  });
});
