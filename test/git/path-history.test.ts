import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { CommitGraph, type LoggedCommit } from "../../src/git/commit-graph.js";
import { findGit } from "../../src/git/git-binary.js";
import { decodeGraph, encodeGraph } from "../../src/git/graph-file.js";
import { latestCommits } from "../../src/git/latest-commits.js";
import { LogParser, readLog } from "../../src/git/log-reader.js";
import { Mainline } from "../../src/git/mainline.js";
import { walkObjects } from "../../src/git/object-log.js";
import { ObjectStore } from "../../src/git/objects.js";
import { pathHistory } from "../../src/git/path-history.js";
import { logOf, type MadeCommit, makeHistory } from "../support/histories.js";
import { GIT_ENV, git, makeRepository, put } from "../support/repositories.js";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

const headOf = (dir: string): string => git(dir, "rev-parse", "main").trim();

async function byBinary(dir: string, prefix: string): Promise<CommitGraph> {
  const graph = new CommitGraph(prefix);
  const binary = await findGit("git", GIT_ENV);
  const range = { starts: [headOf(dir)], known: [], cut: new Set<string>() };
  await readLog(binary!, dir, range, (commit) => graph.add(commit), new AbortController().signal);
  return graph;
}

async function byObjects(dir: string, prefix: string): Promise<CommitGraph> {
  const graph = new CommitGraph(prefix);
  const objects = new ObjectStore(path.join(dir, ".git"));
  const known = (oid: string) => graph.knows(oid);
  for await (const commit of walkObjects(objects, [headOf(dir)], known, () => false)) graph.add(commit);
  return graph;
}

const idsOf = async (graph: CommitGraph, dir: string, file: string): Promise<string[]> =>
  (await pathHistory(graph, headOf(dir), file)).steps.map(({ commit }) => graph.id(commit));

const PATHS = ["m/a.md", "m/b.md", "m/deep/c.md", "code.ts"];

/** Any shape of history: branches, merges of two or three that keep, mix or drop what their parents have, several roots. */
const histories: fc.Arbitrary<MadeCommit[]> = fc
  .array(
    fc.record({
      parents: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
      edits: fc.array(fc.tuple(fc.constantFrom(...PATHS), fc.constantFrom(null, "1\n", "2\n", "3\n")), {
        maxLength: 3,
      }),
      later: fc.constantFrom(0, 1, 1, 1, 5, -3),
      root: fc.integer({ min: 0, max: 19 }),
    }),
    { minLength: 2, maxLength: 24 },
  )
  .map((given) => {
    let at = 1_700_000_000;
    return given.map(({ parents, edits, later, root }, position) => {
      at += later;
      // Near ones more often: that is how criss-cross merges come about.
      const chosen = parents.map((parent) => Math.max(position - 1 - (parent % 5), 0));
      return {
        parents: position === 0 || root === 0 ? [-1] : [...new Set(chosen)],
        files: Object.fromEntries(edits),
        at,
      };
    });
  });

describe("the history of a path", () => {
  it("is what git log says, whatever the history (property)", async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (commits) => {
        const dir = makeHistory(commits);
        try {
          for (const graph of [await byBinary(dir, "m/"), await byObjects(dir, "m/")]) {
            expect(graph.whole).toBe(true);
            expect(graph.size).toBe(logOf(dir, "main").length);
            const latest = await latestCommits(graph, graph.find(headOf(dir))!);
            for (const file of PATHS) {
              const wanted = logOf(dir, "main", "--", file);
              expect(await idsOf(graph, dir, file)).toEqual(wanted);
              const commit = latest.get(graph.findPath(file) ?? -1);
              if (file.startsWith("m/"))
                expect(commit === undefined ? [] : [graph.id(commit)]).toEqual(wanted.slice(0, 1));
            }
          }
        } finally {
          fs.rmSync(dir, { recursive: true, force: true });
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is the same whether the last commits come later, and after a stay on disk (property)", async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(), async (commits, cut) => {
        const dir = makeHistory(commits);
        try {
          const all = [...(await byBinary(dir, "m/")).all()];
          const older = new Set(logOf(dir, `refs/made/${cut % commits.length}`));
          const graph = new CommitGraph("m/");
          for (const commit of all) if (older.has(commit.oid)) graph.add(commit);
          const key = { prefix: "m/", cut: [] };
          const kept = await decodeGraph(await encodeGraph({ graph, tips: ["x"] }, key), key);
          expect(kept?.tips).toEqual(["x"]);
          for (const commit of all) kept!.graph.add(commit);
          for (const file of PATHS) expect(await idsOf(kept!.graph, dir, file)).toEqual(logOf(dir, "main", "--", file));
          const old = kept!.graph.find(git(dir, "rev-parse", `refs/made/${cut % commits.length}`).trim())!;
          const head = kept!.graph.find(headOf(dir));
          if (head === undefined || !kept!.graph.isKnown(head)) return;
          const base = kept!.graph.isKnown(old)
            ? { head: old, latest: await latestCommits(kept!.graph, old) }
            : undefined;
          const sorted = (map: ReadonlyMap<number, number>) => [...map].sort(([a], [b]) => a - b);
          expect(sorted(await latestCommits(kept!.graph, head, base))).toEqual(
            sorted(await latestCommits(kept!.graph, head)),
          );
        } finally {
          fs.rmSync(dir, { recursive: true, force: true });
        }
      }),
      { numRuns: 25 },
    );
  });

  it("knows what is behind a commit, as git does (property)", async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(), async (commits, which) => {
        const dir = makeHistory(commits);
        try {
          const graph = await byBinary(dir, "m/");
          const line = new Mainline(graph, graph.find(headOf(dir))!);
          const reachable = logOf(dir, "main");
          const one = reachable[which % reachable.length]!;
          const behind = line.behind(graph.find(one)!);
          const wanted = new Set(logOf(dir, one));
          for (const oid of reachable) expect([oid, behind(graph.find(oid)!)]).toEqual([oid, wanted.has(oid)]);
          const first = logOf(dir, "--first-parent", "main");
          expect(reachable.filter((oid) => line.isOn(graph.find(oid)!)).sort()).toEqual([...first].sort());
        } finally {
          fs.rmSync(dir, { recursive: true, force: true });
        }
      }),
      { numRuns: 25 },
    );
  });

  it("goes on at the older path of a file that was moved", async () => {
    const dir = makeHistory([
      { parents: [], files: { "old.md": "text\n" }, at: 1_700_000_001 },
      { parents: [0], files: { "old.md": null, "new.md": "text\n" }, at: 1_700_000_002 },
      { parents: [1], files: { "new.md": "more\n" }, at: 1_700_000_003 },
    ]);
    dirs.push(dir);
    const graph = await byBinary(dir, "");
    const { steps, truncated } = await pathHistory(graph, headOf(dir), "new.md", async ({ path: at }) =>
      at === "new.md" ? "old.md" : undefined,
    );
    expect(steps.map((step) => step.path)).toEqual(["new.md", "new.md", "old.md"]);
    expect(steps.map(({ commit }) => graph.id(commit))).toEqual(logOf(dir, "main", "--follow", "--", "new.md"));
    expect(truncated).toBe(false);
  });

  it("says when it does not know all of it, and is empty for what never was", async () => {
    const dir = makeHistory(
      Array.from({ length: 5 }, (_, at) => ({
        parents: [at - 1],
        files: { "a.md": `${at}\n` },
        at: 1_700_000_000 + at,
      })),
    );
    dirs.push(dir);
    const whole = await byBinary(dir, "");
    const graph = new CommitGraph("");
    for (const commit of [...whole.all()].slice(0, 3)) graph.add(commit);
    const known = await pathHistory(graph, headOf(dir), "a.md");
    expect(known.truncated).toBe(true);
    expect(known.steps.map(({ commit }) => graph.id(commit))).toEqual(logOf(dir, "main").slice(0, 3));
    expect(graph.unknown()).toEqual([logOf(dir, "main")[3]]);
    expect(await idsOf(whole, dir, "none.md")).toEqual([]);
    expect(await pathHistory(graph, "0".repeat(40), "a.md")).toEqual({ steps: [], truncated: true });
  });
});

describe("the stream of git log", () => {
  const parse = (bytes: Buffer, size: number): LoggedCommit[] => {
    const found: LoggedCommit[] = [];
    const parser = new LogParser(new Set(), (commit) => found.push(commit));
    for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
    parser.end();
    return found;
  };

  it("is read alike in pieces of any size, with odd names and messages that look like it", async () => {
    const dir = makeRepository();
    dirs.push(dir);
    const odd = ["a b.md", "tab\tname.md", "new\nline.md", ":100644 x.md", "commit 1234.md", "ünï.md", "{x}.md"];
    for (const name of odd) {
      put(path.join(dir, name), name);
      git(dir, "add", ".");
      git(dir, "commit", "-qm", `commit ${"a".repeat(40)}\n\n:100644 100644 ${"b".repeat(40)} ${"c".repeat(40)} M`);
    }
    git(dir, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "");
    const format = ["--pretty=raw", "--raw", "-m", "-z", "--no-renames", "--no-abbrev"];
    const bytes = Buffer.from(git(dir, "log", ...format, "main"));
    const whole = parse(bytes, bytes.length);
    expect(whole.map(({ oid }) => oid)).toEqual(logOf(dir, "main"));
    expect(whole.flatMap(({ changes }) => changes.map((change) => change.path))).toEqual([...odd.reverse(), "code.ts"]);
    for (const size of [1, 7, 64]) expect(parse(bytes, size)).toEqual(whole);
  });

  it("is not read twice when a repository's settings say otherwise", async () => {
    const dir = makeHistory([
      { parents: [], files: { "a.md": "1\n" }, at: 1 },
      { parents: [0], files: { "a.md": "2\n" }, at: 2 },
      { parents: [0], files: { "b.md": "1\n" }, at: 3 },
      { parents: [1, 2], files: { "b.md": "1\n" }, at: 4 },
    ]);
    dirs.push(dir);
    const plain = [...(await byBinary(dir, "")).all()];
    for (const [key, value] of [
      ["log.showRoot", "false"],
      ["log.diffMerges", "first-parent"],
      ["log.abbrevCommit", "true"],
      ["log.decorate", "full"],
      ["diff.renames", "copies"],
      ["color.ui", "always"],
      ["format.pretty", "oneline"],
      ["log.showSignature", "true"],
      ["notes.displayRef", "refs/notes/*"],
    ])
      git(dir, "config", key!, value!);
    git(dir, "notes", "add", "-m", "a note", "main");
    expect([...(await byBinary(dir, "")).all()]).toEqual(plain);
    expect(
      plain.find(({ parents }) => parents.length > 1)?.changes.map(({ parent, path: file }) => [parent, file]),
    ).toEqual([
      [0, "b.md"],
      [1, "a.md"],
    ]);
  });
});

describe("the file of a graph", () => {
  it("is refused when damaged, cut short, or about something else", async () => {
    const dir = makeHistory([{ parents: [], files: { "m/a.md": "1\n", "code.ts": "x" }, at: 1 }]);
    dirs.push(dir);
    const graph = await byBinary(dir, "m/");
    const key = { prefix: "m/", cut: ["1".repeat(40)] };
    const bytes = await encodeGraph({ graph, tips: [] }, key);
    const kept = await decodeGraph(bytes, key);
    expect([...kept!.graph.all()]).toEqual([...graph.all()]);
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] = damaged[at]! ^ 0x55;
      expect(await decodeGraph(damaged, key)).toBeUndefined();
    }
    for (const length of [0, 1, 20, 100, bytes.length - 1])
      expect(await decodeGraph(bytes.subarray(0, length), key)).toBeUndefined();
    expect(await decodeGraph(bytes, { ...key, prefix: "n/" })).toBeUndefined();
    expect(await decodeGraph(bytes, { ...key, cut: [] })).toBeUndefined();
  });
});
