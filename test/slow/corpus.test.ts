import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locate } from "../../src/entry/entry-path.js";
import { editEntry, parseEntry } from "../../src/entry/markdown.js";
import { SearchIndex } from "../../src/search/search-index.js";
import type { Store } from "../../src/store/store.js";
import { git, makeCheckedInStore, openStore } from "../support/repositories.js";

/** A tarball of Markdown files that other people wrote: `GIT_MEMORY_CORPUS=files.tar.gz npm run test:slow`. */
const corpus = process.env.GIT_MEMORY_CORPUS ?? "";
const root = { level: "project", project: "demo" } as const;

describe.runIf(corpus !== "")("a corpus of real files", () => {
  let dir: string;
  let store: Store;
  const bodies = new Map<string, string>();
  const index = SearchIndex.create({
    readBody: async (_store, file) => bodies.get(file),
    placesOf: () => [],
    now: Date.now,
  });
  let files: string[];
  const bytesOf = (file: string) => fs.readFileSync(path.join(dir, ".memory", file));

  beforeAll(async () => {
    dir = makeCheckedInStore();
    const folder = path.join(dir, ".memory/guidelines");
    fs.mkdirSync(folder);
    execFileSync("tar", ["xzf", path.resolve(corpus), "-C", folder]);
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "corpus");
    files = git(dir, "-c", "core.quotePath=false", "ls-files", ".memory/guidelines")
      .split("\n")
      .filter((file) => file.endsWith(".md"))
      .map((file) => file.slice(".memory/".length));
    store = await openStore(dir, {
      sink: (changes) => {
        index.apply(changes);
        for (const { path: file, after } of changes)
          if (after === null || "entry" in after) bodies.set(file, after?.entry.body ?? "");
      },
    });
  }, 120_000);
  afterAll(async () => {
    await store.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });

  it("indexes or reports every file and leaves git status clean", async () => {
    const { invalid } = await store.status();
    expect(files.length).toBeGreaterThan(0);
    for (const { reason } of invalid) expect(reason).toMatch(/\w/);
    expect(new Set([...[...index.entries()].map((entry) => entry.path), ...invalid.map((one) => one.path)])).toEqual(
      new Set(files),
    );
    expect(git(dir, "status", "--porcelain")).toBe("");
  });

  it("finds every file by its own description", async () => {
    const lost: string[] = [];
    for (const { path: file, summary } of index.entries()) {
      if (summary === undefined || summary.length < 10) continue;
      const { hits } = await index.search({ query: summary, limit: 10 });
      if (!hits.some(({ entry }) => entry.path === file)) lost.push(file);
    }
    expect(lost).toEqual([]);
  });

  it("gives every file back byte for byte, and changes only a field's own lines", () => {
    for (const file of files) {
      const at = locate(file, root);
      if (at.type !== "entry") throw new Error(file);
      const bytes = bytesOf(file);
      expect(editEntry(bytes, {}, at)).toEqual(bytes);
      if (parseEntry(bytes, at).kind === "unreadable") continue;
      const edited = editEntry(bytes, { set: { title: "One field" } }, at);
      const [before, after] = [bytes, Buffer.from(edited)].map((one) => one.toString("utf8").split("\n"));
      const { removed, added } = difference(before!, after!);
      expect(removed.filter((line) => !/^title:/.test(line))).toEqual([]);
      expect(removed.length).toBeLessThanOrEqual(1);
      const text = added.map((line) => line.replace(/^\uFEFF|\r$/g, "")).join("\n");
      expect(["title: One field", "---\ntitle: One field\n---", "---\ntitle: One field\n---\n"]).toContain(text);
    }
  });
});

/** The lines between what two texts begin and end with alike. */
function difference(before: readonly string[], after: readonly string[]) {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { removed: before.slice(start, before.length - end), added: after.slice(start, after.length - end) };
}
