import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommitGraph } from "../../src/git/commit-graph.js";
import { findGit } from "../../src/git/git-binary.js";
import { Host } from "../../src/git/host.js";
import { readLog } from "../../src/git/log-reader.js";
import { pathHistory } from "../../src/git/path-history.js";
import { findStore } from "../../src/store/find-store.js";
import { HistoryIndex } from "../../src/store/history-index.js";
import { LineClient } from "../support/client.js";
import { compareWithGit } from "../support/compare-history.js";
import { logOf, makeHistory, projectHistory } from "../support/histories.js";
import { GIT_ENV, git, openStore } from "../support/repositories.js";

const FOREVER = Number.POSITIVE_INFINITY;
const report = (text: string): void => console.log(text);
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const quantile = (sorted: readonly number[], share: number): string =>
  (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(2);

describe("this repository", () => {
  it("gives for every path what git log gives", async () => {
    const dir = path.resolve(".");
    const graph = new CommitGraph("");
    const binary = await findGit("git", GIT_ENV);
    const head = git(dir, "rev-parse", "HEAD").trim();
    const range = { starts: [head], known: [], cut: new Set<string>() };
    await readLog(binary!, dir, range, (commit) => graph.add(commit), new AbortController().signal);
    const files = git(dir, "ls-files").split("\n").filter(Boolean).slice(0, 300);
    for (const file of files) {
      const ids = (await pathHistory(graph, head, file)).steps.map(({ commit }) => graph.id(commit));
      expect([file, ids]).toEqual([file, logOf(dir, "HEAD", "--", file)]);
    }
    report(`this repository: ${graph.size} commits, ${files.length} paths as git log has them`);
  });
});

describe("2,000 entries and 10,000 commits", () => {
  let dir = "";
  beforeAll(() => {
    dir = makeHistory(projectHistory(10_000, 2_000));
    git(dir, "checkout", "-q", "-f", "main");
  });
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

  it("have the versions and lines that git gives", async () => {
    const store = await openStore(dir);
    await store.past.known(FOREVER);
    const files = git(dir, "ls-files", ".memory/memories").split("\n").filter(Boolean);
    const some = files.filter((_file, at) => at % 6 === 0).map((file) => file.slice(".memory/".length));
    const { versions, lines } = await compareWithGit(dir, store, some, 5);
    report(`${some.length} of ${files.length} entries: ${versions} versions and ${lines} lines as git has them`);
    await store.close();
  });

  it.each([false, true])("are indexed in the background (without git: %s)", async (noGit) => {
    fs.rmSync(path.join(dir, ".git/git-memory/history"), { recursive: true, force: true });
    const found = await findStore(dir, "/nowhere");
    const host = new Host(found!.repository!, noGit ? undefined : await findGit("git", GIT_ENV));
    const file = path.join(dir, ".git/git-memory/history/x.bin");
    const head = git(dir, "rev-parse", "HEAD").trim();
    const gaps: number[] = [];
    let last = performance.now();
    const tick = setInterval(() => {
      gaps.push(performance.now() - last);
      last = performance.now();
    }, 1);
    const before = process.memoryUsage().rss;
    const index = new HistoryIndex(host, ".memory/", file, () => undefined);
    await index.load();
    const started = performance.now();
    expect(await index.reached(head, FOREVER)).toBe(true);
    const built = performance.now() - started;
    const grown = process.memoryUsage().rss - before;
    clearInterval(tick);
    await index.close();
    const again = new HistoryIndex(host, ".memory/", file, () => undefined);
    const reading = performance.now();
    await again.load();
    const read = performance.now() - reading;
    expect(again.isComplete(head)).toBe(true);
    gaps.sort((a, b) => a - b);
    report(
      `${noGit ? "own reader" : "git program"}: ${index.graph.size} commits in ${built.toFixed(0)} ms, ${megabytes(fs.statSync(file).size)} on disk, ` +
        `${megabytes(grown)} of memory, read in ${read.toFixed(0)} ms; event loop held p50 ${quantile(gaps, 0.5)} p99 ${quantile(gaps, 0.99)} most ${quantile(gaps, 1)} ms`,
    );
  });

  it.each([false, true])("are searched while the index is built (without git: %s)", async (noGit) => {
    fs.rmSync(path.join(dir, ".git/git-memory/history"), { recursive: true, force: true });
    const env = noGit ? { GIT_MEMORY_GIT: "/nowhere/git" } : {};
    const client = new LineClient(dir, ["--toolsets", "all"], env as Record<string, string>);
    await client.initialize();
    const status = async () =>
      (await client.call("memory_admin", { action: "status", response_format: "json" })) as {
        history: { state: string; commits: number };
      };
    await client.call("memory_search", { query: "caches" });
    const times = new Map<string, number[]>();
    let state = "building";
    const until = performance.now() + 15_000;
    while (performance.now() < until) {
      const started = performance.now();
      await client.call("memory_search", { query: "line about retries billing" });
      const took = performance.now() - started;
      times.set(state, [...(times.get(state) ?? []), took]);
      const all = [...times.values()].reduce((sum, list) => sum + list.length, 0);
      if (all % 20 === 0) state = (await status()).history.state;
      if (state === "ready" && (times.get("ready")?.length ?? 0) >= 300) break;
    }
    for (const [when, list] of times) {
      list.sort((a, b) => a - b);
      report(
        `${noGit ? "own reader" : "git program"}, ${when}: ${list.length} searches, p50 ${quantile(list, 0.5)} p95 ${quantile(list, 0.95)} most ${quantile(list, 1)} ms`,
      );
    }
    expect((await status()).history.commits).toBeGreaterThan(0);
    await client.close();
  });
});
