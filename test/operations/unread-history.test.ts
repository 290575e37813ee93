import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { makeHistory, projectHistory } from "../support/histories.js";
import { Bench, type Json } from "../support/memory.js";
import { git, put, temporaryFolder, until } from "../support/repositories.js";

let folder: string;
let dir: string;
let gate: string;
let program: string;
beforeEach(() => {
  folder = temporaryFolder();
  gate = path.join(folder, "gate");
  program = path.join(folder, "git");
  // A git whose log takes its time: as long as the gate is shut.
  put(
    program,
    `#!/bin/sh\nfor word in "$@"; do\n  if [ "$word" = log ]; then while [ ! -e '${gate}' ]; do sleep 0.02; done; fi\ndone\nexec git "$@"\n`,
  );
  fs.chmodSync(program, 0o755);
  dir = makeHistory(projectHistory(60, 12));
  git(dir, "checkout", "-q", "-f", "main");
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.rmSync(dir, { recursive: true, force: true });
});

interface Found {
  hits: Json[];
  degraded?: string;
}

describe("a server whose history is not read yet", () => {
  it("leaves out what it does not know, says so, and tells it as soon as it does", async () => {
    const bench = await Bench.open({ dir, git: program, watch: true });
    const search = (input: Json) => bench.call<Found>("search", input);
    const plain = await search({ query: "line about retries" });
    expect(plain.hits.length).toBeGreaterThan(3);
    expect(plain).not.toHaveProperty("degraded");
    for (const hit of plain.hits) {
      expect(hit).not.toHaveProperty("updated_at");
      expect(hit).not.toHaveProperty("author");
    }
    const degraded = { degraded: "history" };
    expect(await search({ author: "Person 1" })).toMatchObject({ ...degraded, hits: [] });
    for (const input of [{}, { sort: "updated" }, { query: "line", updated_after: "2001-01-01" }])
      expect(await search(input)).toMatchObject(degraded);
    expect(await search({ sort: "title" })).not.toHaveProperty("degraded");
    const shown = findOperation("search")!.render(await search({}), "concise", (text) => text);
    expect(shown).toContain("history is still being read");
    const ref = String(plain.hits[0]?.address);
    expect(await bench.call("history list", { ref })).toEqual({
      address: ref,
      versions: [],
      total: 0,
      truncated: true,
    });
    await bench.refused("search", { as_of: "2030-01-01" }, "unavailable");
    expect((await search({ as_of: "HEAD", query: "line" })).hits.length).toBeGreaterThan(3);
    expect(await bench.call("admin status")).toMatchObject({ history: { state: "building", commits: 0 } });

    put(gate, "");
    await until(async () => (await search({})).degraded === undefined);
    const { hits } = await search({ query: "line about retries" });
    for (const hit of hits) {
      const file = `.memory/${String(hit.address)}.md`;
      const [seconds = "", author = ""] = git(dir, "log", "-1", "--format=%ct%n%an", "--", file).split("\n");
      expect([hit.author, Date.parse(String(hit.updated_at))]).toEqual([author, Number(seconds) * 1000]);
    }
    expect((await search({ author: "Person 1" })).hits.length).toBeGreaterThan(0);
    expect(await bench.call("history list", { ref })).not.toHaveProperty("truncated");
    expect(await bench.call("admin status")).toMatchObject({ history: { state: "ready", commits: 60 } });
    await bench.memory.close();
  });

  it("is waited for by a command that needs it", async () => {
    const bench = await Bench.open({ dir, git: program });
    let done = false;
    const found = bench.call<Found>("search", { author: "Person 1" }).then((answer) => {
      done = true;
      return answer;
    });
    expect((await bench.call<Found>("search", { query: "line about retries" })).hits.length).toBeGreaterThan(3);
    expect(done).toBe(false);
    put(gate, "");
    expect((await found).hits.length).toBeGreaterThan(0);
    await bench.memory.close();
  });

  it("is left at once when the process ends", async () => {
    const bench = await Bench.open({ dir, git: program });
    await bench.call("search", { query: "line" });
    await bench.memory.close();
    expect(fs.existsSync(gate)).toBe(false);
  });
});
