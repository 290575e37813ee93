import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const code = (file: string, text: string): void => put(path.join(bench.dir, file), text);
const commit = async (message = "work"): Promise<void> => {
  git(bench.dir, "add", "-A", ".");
  git(bench.dir, "commit", "-qm", message);
  await bench.rescan();
  await bench.memory.historyKnown();
};
const entry = (name: string, fields: string): void =>
  put(path.join(bench.root, `memories/${name}.md`), entryText(`title: ${name}\n${fields}`, `about ${name}`));
/** The flag as search and get give it; both have to say the same. */
const stale = async (name: string): Promise<unknown> => {
  const { hits } = await bench.call<{ hits: Json[] }>("search", { query: `title:${name}` });
  const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: [name] });
  expect(hits[0]?.stale).toEqual(entries[0]?.stale);
  return entries[0]?.stale;
};

describe("an entry about code", () => {
  it("is stale when the code changed since its last version, and not when both changed together", async () => {
    code("src/a.ts", "1\n");
    entry("lines", "files: [src/a.ts#L10-L20]");
    entry("path", "applies_to: [./src/a.ts]");
    entry("glob", 'applies_to: ["src/*.ts"]');
    entry("folder", "files: [src/]");
    entry("other", "files: [src/b.ts, never/was.ts]");
    entry("none", "tags: [x]");
    await commit("both");
    for (const name of ["lines", "path", "glob", "folder", "other", "none"]) expect(await stale(name)).toBeUndefined();
    code("src/a.ts", "2\n");
    await commit();
    code("src/a.ts", "3\n");
    await commit();
    expect(await stale("lines")).toEqual({ path: "src/a.ts", commits: 2 });
    expect(await stale("path")).toEqual({ path: "src/a.ts", commits: 2 });
    expect(await stale("folder")).toEqual({ path: "src", commits: 2 });
    for (const name of ["glob", "other", "none"]) expect(await stale(name)).toBeUndefined();
    entry("lines", "files: [src/a.ts#L10-L20]\ntags: [seen]");
    await commit("looked again");
    expect(await stale("lines")).toBeUndefined();
    expect(await stale("path")).toEqual({ path: "src/a.ts", commits: 2 });
  });

  it("is stale when the code is gone, and no more when it is back", async () => {
    code("src/a.ts", "1\n");
    code("src/b.ts", "1\n");
    entry("gone", "files: [src/b.ts, src/a.ts]");
    await commit();
    code("src/b.ts", "2\n");
    git(bench.dir, "mv", "src/a.ts", "src/c.ts");
    await commit("moved");
    expect(await stale("gone")).toEqual({ path: "src/a.ts", missing: true });
    entry("late", "files: [src/a.ts]");
    await commit("written when it was gone already");
    expect(await stale("late")).toBeUndefined();
    code("src/a.ts", "back\n");
    await commit();
    expect(await stale("gone")).toMatchObject({ path: "src/a.ts", commits: 2 });
    expect(await stale("late")).toEqual({ path: "src/a.ts", commits: 1 });
    fs.rmSync(path.join(bench.dir, "src"), { recursive: true });
    entry("folder", "files: [src]");
    await commit("all gone, and an entry about it");
    expect(await stale("folder")).toBeUndefined();
  });

  it("counts what merges bring as git does, in branches of either side", async () => {
    code("src/a.ts", "1\n");
    entry("a", "files: [src/a.ts]");
    await commit();
    git(bench.dir, "switch", "-qc", "side");
    code("src/a.ts", "2\n");
    await commit();
    entry("onside", "files: [src/a.ts]");
    await commit();
    git(bench.dir, "switch", "-q", "main");
    code("other.ts", "1\n");
    await commit();
    await bench.rescan();
    expect(await stale("a")).toBeUndefined();
    git(bench.dir, "merge", "-q", "--no-ff", "-m", "merge", "side");
    await commit("nothing").catch(() => undefined);
    await bench.rescan();
    await bench.memory.historyKnown();
    expect(await stale("a")).toEqual({ path: "src/a.ts", commits: 1 });
    expect(await stale("onside")).toBeUndefined();
    const last = git(bench.dir, "log", "-1", "--format=%H", "--", ".memory/memories/a.md").trim();
    expect(git(bench.dir, "rev-list", "--count", `${last}..HEAD`, "--", "src/a.ts").trim()).toBe("1");
  });

  it("that waits for a commit is judged by its time", async () => {
    code("src/a.ts", "1\n");
    await commit();
    // The clock of tests stands before all commits that git makes now.
    await bench.call("save", { title: "early", content: "x", fields: { files: ["src/a.ts"] } });
    expect(await stale("early")).toEqual({ path: "src/a.ts", commits: 1 });
    bench.clock.at = Date.now() + 60_000;
    await bench.call("save", { title: "late", content: "y", fields: { files: ["src/a.ts"] } });
    expect(await stale("late")).toBeUndefined();
  });

  it("says so in words, and an older state does not", async () => {
    code("src/a.ts", "1\n");
    entry("thing", "files: [src/a.ts]");
    await commit();
    code("src/a.ts", "2\n");
    await commit();
    const search = findOperation("search")!;
    const shown = async (input: Json) => search.render(await bench.call("search", input), "concise", (text) => text);
    expect(await shown({ query: "thing" })).toContain("stale: src/a.ts changed in 1 commit since");
    expect(await shown({ query: "thing", as_of: "HEAD" })).not.toContain("stale");
    git(bench.dir, "rm", "-q", "src/a.ts");
    await commit();
    expect(await shown({ query: "thing" })).toContain("stale: src/a.ts is gone");
  });
});
