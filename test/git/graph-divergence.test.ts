import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommitGraph } from "../../src/git/commit-graph.js";
import { discover } from "../../src/git/discover.js";
import { divergenceOf } from "../../src/git/graph-divergence.js";
import { Host } from "../../src/git/host.js";
import { walkObjects } from "../../src/git/object-log.js";
import { dice, type MadeCommit, makeHistory } from "../support/histories.js";
import { git } from "../support/repositories.js";

const COUNT = 60;
let dir: string;
let ids: string[];
let commits: Awaited<ReturnType<typeof read>>;

async function read() {
  const host = new Host((await discover(dir))!, undefined);
  const found = [];
  for await (const one of walkObjects(
    host.objects,
    ids,
    () => false,
    () => false,
  ))
    found.push(one);
  return found;
}

beforeAll(async () => {
  const roll = dice(7);
  const made = Array.from({ length: COUNT }, (_, at): MadeCommit => {
    const parents = at === 0 || roll(12) === 0 ? [] : [roll(at), roll(at), roll(at)].slice(0, 1 + roll(3));
    // Some clocks are wrong, and some commits are made in one second.
    const seconds = 1_700_000_000 + (roll(5) === 0 ? roll(COUNT) : at >> 1) * 10;
    return { parents: [...new Set(parents)], files: { file: String(at) }, at: seconds };
  });
  dir = makeHistory(made);
  ids = made.map((_, at) => git(dir, "rev-parse", `refs/made/${at}`).trim());
  commits = await read();
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const asked = (...args: string[]): string[] => {
  try {
    return git(dir, ...args)
      .split("\n")
      .filter(Boolean);
  } catch {
    return [];
  }
};

describe("where two commits of a graph parted", () => {
  it("is what git says: its merge base, and what only one of them leads to", () => {
    const graph = new CommitGraph("");
    for (const commit of commits) graph.add(commit);
    let [bases, total, wanted] = [0, 0, 0];
    for (let at = 0; at < COUNT; at++) {
      const [left, right] = [ids[at]!, ids[(at * 7 + 3) % COUNT]!];
      if (left === right) continue;
      const apart = divergenceOf(graph, graph.find(left)!, graph.find(right)!)!;
      const names = (numbers: readonly number[]): string[] => numbers.map((number) => graph.id(number)).sort();
      const [base] = asked("merge-base", left, right);
      expect(apart.base === undefined ? undefined : graph.id(apart.base)).toBe(base);
      const only = (one: string, other: string) => expect.arrayContaining(asked("rev-list", one, `^${other}`));
      expect(names(apart.left)).toEqual(only(left, right));
      expect(names(apart.right)).toEqual(only(right, left));
      total += apart.left.length + apart.right.length;
      wanted += asked("rev-list", `${left}...${right}`).length;
      if (base) bases++;
    }
    expect(bases).toBeGreaterThan(20);
    // Only wrong clocks hide that a commit is behind both.
    expect(total - wanted).toBeLessThan(wanted / 5);
  });

  it("is not told where the history that it takes is not there", () => {
    const graph = new CommitGraph("");
    const commit = { seconds: 1, author: "Ada", changes: [] };
    for (const [oid, parents, cut] of [
      ["0d", [], true],
      ["1a", ["0d"], false],
      ["2b", ["0d"], false],
      ["3c", [], true],
    ] as const)
      graph.add({ oid: oid.repeat(20), parents: parents.map((one) => one.repeat(20)), cut, ...commit });
    const between = (one: string, other: string) =>
      divergenceOf(graph, graph.find(one.repeat(20))!, graph.find(other.repeat(20))!);
    // What all of them have is the end itself.
    expect(between("1a", "2b")?.base).toBe(graph.find("0d".repeat(20)));
    expect(between("1a", "3c")).toBeUndefined();
  });
});
