import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { discover } from "../../src/git/discover.js";
import { Host } from "../../src/git/host.js";
import { divergence, mergeBases } from "../../src/git/merge-base.js";
import { GIT_ENV, git, makeRepository } from "../support/repositories.js";

let dir: string;
const commits: string[] = [];

/** A number that looks random and is the same in every run (Lehmer). */
function* numbers(): Generator<number> {
  for (let state = 42; ; state = (state * 48_271) % 2_147_483_647) yield state;
}

beforeAll(() => {
  dir = makeRepository();
  const tree = git(dir, "rev-parse", "HEAD^{tree}").trim();
  const next = numbers();
  const pick = (below: number): number => (next.next().value as number) % below;
  for (let at = 0; at < 60; at++) {
    const parents = at === 0 || pick(12) === 0 ? [] : [pick(at), pick(at), pick(at)].slice(0, 1 + pick(3));
    // Some clocks are wrong.
    const seconds = 1_700_000_000 + (pick(5) === 0 ? pick(60) : at) * 10;
    const args = [...new Set(parents)].flatMap((parent) => ["-p", commits[parent] ?? ""]);
    const env = { ...GIT_ENV, GIT_COMMITTER_DATE: `${seconds} +0000`, GIT_AUTHOR_DATE: `${seconds} +0000` };
    const made = execFileSync("git", ["commit-tree", tree, "-m", String(at), ...args], {
      cwd: dir,
      env,
      encoding: "utf8",
    });
    commits.push(made.trim());
  }
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const pairs = (): [string, string][] => commits.map((left, at) => [left, commits[(at * 7 + 3) % commits.length] ?? ""]);

async function hostOf(): Promise<Host> {
  const repository = await discover(dir);
  if (!repository) throw new Error("no repository");
  return new Host(repository, undefined);
}

describe("without a git program", () => {
  it("mergeBases finds what git finds, and none where git finds none", async () => {
    const host = await hostOf();
    let several = 0;
    let found = 0;
    for (const [left, right] of pairs()) {
      let all: string[] = [];
      try {
        all = git(dir, "merge-base", "--all", left, right).trim().split("\n");
      } catch {
        all = [];
      }
      expect([...(await mergeBases(host, left, right))].sort()).toEqual(all.sort());
      found += all.length;
      several += Number(all.length > 1);
    }
    expect(found).toBeGreaterThan(30);
    expect(several).toBeGreaterThan(2);
  });

  it("divergence counts as git does", async () => {
    const host = await hostOf();
    for (const [left, right] of pairs()) {
      const counted = git(dir, "rev-list", "--left-right", "--count", `${left}...${right}`);
      expect(await divergence(host, left, right)).toEqual(counted.trim().split("\t").map(Number));
    }
  });
});
