import { describe, expect, it } from "vitest";
import type { JournalChange, JournalCommit } from "../../src/git/journal.js";
import { planPublication } from "../../src/store/publish-plan.js";

const commit = (oid: string, ...changes: Pick<JournalChange, "path" | "before" | "after">[]): JournalCommit => ({
  oid,
  author: { name: "Ada", email: "ada@example.org" },
  at: 0,
  subject: oid,
  op: "updated",
  changes: changes.map((change) => ({ ...change, op: "updated" })),
});
const plan = (commits: JournalCommit[], head: Record<string, string | null>, work: Record<string, string | null>) =>
  planPublication(commits, { head: (path) => head[path] ?? null, work: (path) => work[path] ?? null }).map(
    ({ commit: { oid }, files }) => [oid, Object.fromEntries(files)],
  );
const write = (path: string, before: string | null, after: string | null) => ({ path, before, after });
const LINE = [commit("1", write("a", null, "x")), commit("2", write("a", "x", "y")), commit("3", write("a", "y", "z"))];

describe("what goes to the branch", () => {
  it.each([
    ["nothing of it is there", LINE, null, "z", ["1", "2", "3"]],
    ["HEAD has the first", LINE, "x", "z", ["2", "3"]],
    ["HEAD has the last", LINE, "z", "z", []],
    ["the person edited on top by hand", LINE, null, "edited", ["1", "2", "3"]],
    ["the person edited and committed that", LINE, "edited", "edited", []],
    ["the person threw all away", LINE, null, null, []],
    ["HEAD is something else, and the file is ours", LINE, "other", "z", ["1", "2", "3"]],
    ["HEAD is something else, and so is the file", LINE, "other", "edited", []],
    ["one state came twice", [...LINE, commit("4", write("a", "z", "x"))], "x", "x", []],
    ["a deletion", [commit("1", write("a", "x", null))], "x", null, ["1"]],
    ["a deletion that the person committed", [commit("1", write("a", "x", null))], null, null, []],
  ])("%s", (_name, commits, head, work, steps) => {
    expect(plan(commits, { a: head }, { a: work }).map(([oid]) => oid)).toEqual(steps);
  });

  it("keeps a bulk together and leaves out what HEAD has", () => {
    const bulk = [commit("1", write("a", null, "x"), write("b", null, "y")), commit("2", write("b", "y", "z"))];
    expect(plan(bulk, {}, { a: "x", b: "z" })).toEqual([
      ["1", { a: "x", b: "y" }],
      ["2", { b: "z" }],
    ]);
    expect(plan(bulk, { a: "x" }, { a: "x", b: "z" })).toEqual([
      ["1", { b: "y" }],
      ["2", { b: "z" }],
    ]);
  });

  it("finds a moved file nowhere at its new path, whatever it was made on top of", () => {
    const moved = commit("1", write("old", "x", null));
    const move = { ...moved, changes: [...moved.changes, { ...write("new", "x", "x"), op: "renamed", from: "old" }] };
    expect(plan([move], { old: "x" }, { new: "edited" })).toEqual([["1", { old: null, new: "x" }]]);
  });
});
