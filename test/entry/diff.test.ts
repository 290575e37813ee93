import { describe, expect, it } from "vitest";
import { diffEntries, renderDiff } from "../../src/entry/diff.js";
import type { Entry } from "../../src/entry/entry.js";
import { sameText } from "../../src/entry/similar-text.js";

const entry = (change: Partial<Entry>): Entry => ({
  kind: "memory",
  scope: "global",
  name: "a",
  title: "A",
  fields: {},
  unknown: {},
  problems: [],
  body: "",
  ...change,
});
const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, at) => `l${from + at}`).join("\n");

describe("diffEntries", () => {
  it("finds nothing between equal entries", () => {
    const diff = diffEntries(entry({ body: "x" }), entry({ body: "x" }));
    expect(diff).toEqual({ fields: [], body: [] });
    expect(renderDiff(diff)).toBe("");
  });

  it("names fields that came, went and changed, and a new name", () => {
    const before = entry({ fields: { title: "A", tags: ["a"] }, unknown: { own: 1 } });
    const after = entry({ name: "b", fields: { title: "B", topic: "t" }, unknown: { own: 1 } });
    const diff = diffEntries(before, after);
    expect(diff.fields).toEqual([
      { field: "name", before: "a", after: "b" },
      { field: "title", before: "A", after: "B" },
      { field: "tags", before: ["a"] },
      { field: "topic", after: "t" },
    ]);
    expect(renderDiff(diff)).toBe('~ name: "a" → "b"\n~ title: "A" → "B"\n- tags: ["a"]\n+ topic: "t"');
  });

  it("shows three lines around each change, with line numbers", () => {
    const diff = diffEntries(
      entry({ body: numbered(1, 30) }),
      entry({ body: numbered(1, 30).replace("l5\n", "new\n").replace("l20\n", "") }),
    );
    expect(diff.body).toEqual([
      { type: "same", lines: ["l2", "l3", "l4"], oldStart: 2, newStart: 2 },
      { type: "removed", lines: ["l5"], oldStart: 5, newStart: 5 },
      { type: "added", lines: ["new"], oldStart: 6, newStart: 5 },
      { type: "same", lines: ["l6", "l7", "l8"], oldStart: 6, newStart: 6 },
      { type: "same", lines: ["l17", "l18", "l19"], oldStart: 17, newStart: 17 },
      { type: "removed", lines: ["l20"], oldStart: 20, newStart: 20 },
      { type: "same", lines: ["l21", "l22", "l23"], oldStart: 21, newStart: 20 },
    ]);
    expect(renderDiff(diff)).toBe(
      "@@ -2 +2 @@\n  l2\n  l3\n  l4\n- l5\n+ new\n  l6\n  l7\n  l8\n@@ -17 +17 @@\n  l17\n  l18\n  l19\n- l20\n  l21\n  l22\n  l23",
    );
  });

  it("shows a made and a deleted entry whole", () => {
    expect(diffEntries(null, entry({ body: "a\nb" })).body).toEqual([
      { type: "added", lines: ["a", "b"], oldStart: 1, newStart: 1 },
    ]);
    expect(diffEntries(entry({ body: "a" }), null)).toMatchObject({
      body: [{ type: "removed", lines: ["a"] }],
      fields: [{ field: "kind", before: "memory" }, {}, {}],
    });
  });

  it("gives up on lines when nothing is alike", () => {
    const [a, b] = ["x", "y"].map((mark) => Array.from({ length: 20_000 }, (_, at) => `${mark}${at}`).join("\n"));
    expect(diffEntries(entry({ body: a ?? "" }), entry({ body: b ?? "" })).body.map(({ type }) => type)).toEqual([
      "removed",
      "added",
    ]);
  });
});

describe("sameText", () => {
  it.each([
    ["a  b\n", " a b", true],
    ["é", "e\u0301", true],
    ["a b", "ab", false],
    ["A", "a", false],
  ])("%j and %j: %s", (a, b, same) => {
    expect(sameText(a, b)).toBe(same);
  });
});
