import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeHistory } from "../support/histories.js";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git } from "../support/repositories.js";

const DAY = 86_400;
const START = Date.parse("2023-03-01T12:00:00Z") / 1000;
const leads = (title: string, ...relations: string[]) =>
  entryText(
    `title: ${title}\nrelations:\n${relations.map((one) => `  - ${one}\n`).join("")}`.trimEnd(),
    `About ${title}.`,
  );

let bench: Bench;
beforeEach(async () => {
  const dir = makeHistory([
    {
      parents: [],
      files: {
        ".memory/memory.yaml": "format: 1\nscope: project\nname: demo\n",
        ".memory/memories/a.md": leads("A", "{ type: depends_on, target: memories/b, note: then, strength: 0.5 }"),
        ".memory/memories/b.md": leads("B", "{ type: resolved_by, target: guidelines/c }"),
        ".memory/guidelines/c.md": entryText("title: C", "About C."),
        ".memory/sessions/s/memories/d.md": leads("D", "{ type: cites, target: 'project/demo:memories/b' }"),
      },
      at: START,
    },
    {
      parents: [0],
      files: {
        ".memory/memories/a.md": leads("A", "{ type: depends_on, target: guidelines/c, note: now }"),
        ".memory/memories/b.md": null,
        ".memory/memories/new.md": leads("New", "{ type: supersedes, target: memories/a }"),
      },
      at: START + 2 * DAY,
    },
  ]);
  git(dir, "checkout", "-q", "-f", "main");
  git(dir, "tag", "old", "HEAD~1");
  bench = await Bench.open({ dir });
});
afterEach(() => bench.close());

const near = async (input: Json, on = bench): Promise<unknown[]> =>
  (await on.call<{ hits: Json[] }>("search", { sort: "title", scope: "session/s", ...input })).hits.map(
    ({ title }) => title,
  );
const relationsOf = async (ref: string, as_of?: string, on = bench): Promise<unknown> => {
  const input = { refs: [ref], include: ["relations"], ...(as_of === undefined ? {} : { as_of }) };
  return (await on.call<{ entries: Json[] }>("get", input)).entries[0]?.relations;
};

describe("relations as of a commit", () => {
  it("related_to walks the relations of that state, with depth and direction", async () => {
    for (const as_of of ["old", "HEAD~1", "2023-03-01"]) {
      expect(await near({ related_to: "memories/a", as_of })).toEqual(["B"]);
      expect(await near({ related_to: "memories/a", depth: 2, as_of })).toEqual(["B", "C", "D"]);
      expect(await near({ related_to: "memories/b", direction: "in", as_of })).toEqual(["A", "C", "D"]);
      expect(await near({ related_to: "memories/b", direction: "out", as_of })).toEqual([]);
      expect(await near({ related_to: "memories/b", kinds: ["guideline"], query: "c", as_of })).toEqual(["C"]);
    }
    for (const at of [{}, { as_of: "HEAD" }]) {
      expect(await near({ related_to: "memories/a", ...at })).toEqual(["C", "New"]);
      expect(await near({ related_to: "memories/a", direction: "out", ...at })).toEqual(["C"]);
    }
  });

  it("resolves the ref of related_to in that state", async () => {
    await bench.refused("search", { related_to: "memories/b" }, "not_found");
    await bench.refused("search", { related_to: "memories/new", as_of: "old" }, "not_found");
    await bench.refused("search", { depth: 2, as_of: "old" }, "invalid_input");
  });

  it("get tells the relations of that state with their notes, and who led there", async () => {
    const then = { source: "memories/a", type: "depends_on", target: "memories/b", note: "then", strength: 0.5 };
    const now = { source: "memories/a", type: "depends_on", target: "guidelines/c", note: "now" };
    expect(await relationsOf("memories/a", "old")).toEqual([then]);
    expect(await relationsOf("memories/b", "old")).toEqual([
      { source: "guidelines/c", type: "resolves", target: "memories/b" },
      then,
      { source: "session/s:memories/d", type: "cites", target: "memories/b" },
    ]);
    const later = [now, { source: "memories/new", type: "supersedes", target: "memories/a" }];
    expect(await relationsOf("memories/a")).toEqual(later);
    expect(await relationsOf("memories/a", "HEAD")).toEqual(later);
    const gone = { source: "session/s:memories/d", type: "cites", target: "memories/b", missing: true };
    expect(await relationsOf("session/s:memories/d", "HEAD")).toEqual([gone]);
  });

  it("what is not committed is in no such state, and changes none that is kept", async () => {
    const before = await relationsOf("guidelines/c", "HEAD");
    await bench.call("relation create", { ref: "memories/new", type: "cites", target: "guidelines/c" });
    expect(await relationsOf("guidelines/c", "HEAD")).toEqual(before);
    expect(await relationsOf("guidelines/c")).toHaveLength(2);
    expect(await near({ related_to: "guidelines/c", as_of: "HEAD" })).toEqual([]);
    expect(await near({ related_to: "guidelines/c", include: ["superseded"] })).toEqual(["A", "New"]);
  });

  it("is the same without the git program", async () => {
    const other = await Bench.open({ dir: bench.dir, git: false });
    expect(await near({ related_to: "memories/a", depth: 2, as_of: "old" }, other)).toEqual(["B", "C", "D"]);
    expect(await relationsOf("memories/b", "old", other)).toEqual(await relationsOf("memories/b", "old"));
    await other.memory.close();
  });
});

describe("a commit of what was written", () => {
  it("is news about entries whose relations stay", async () => {
    await bench.call("relation create", { ref: "memories/new", type: "cites", target: "guidelines/c", note: "n" });
    const before = await relationsOf("memories/new");
    expect((await bench.call<{ entries: Json[] }>("get", { refs: ["memories/new"] })).entries[0]?.pending).toBe(true);
    git(bench.dir, "add", "-A");
    git(bench.dir, "commit", "-q", "-m", "memory");
    await bench.rescan();
    expect((await bench.call<{ entries: Json[] }>("get", { refs: ["memories/new"] })).entries[0]?.pending).toBe(
      undefined,
    );
    expect(await relationsOf("memories/new")).toEqual(before);
    expect(await near({ related_to: "guidelines/c", include: ["superseded"] })).toEqual(["A", "New"]);
    expect(await relationsOf("guidelines/c", "HEAD")).toHaveLength(2);
  });
});
