import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasMarkers } from "../../src/entry/conflict-markers.js";
import { parseEntry } from "../../src/entry/markdown.js";
import { mergeFile, mergeKindOf } from "../../src/entry/merge-file.js";
import { MARKS, type Marks, markConflict } from "../../src/entry/merge-markers.js";
import type { Sides } from "../../src/entry/merge-texts.js";
import { AT, bytesOf, textOf } from "./fixtures.js";
import { sidesOf } from "./merge-sides.js";

/** What a merge of texts leaves in the file; undefined when it is clean, or no text. */
function marked(texts: { base?: string; ours: string; theirs: string }, file = "memories/a.md", marks: Marks = MARKS) {
  const sides: Sides = {
    base: texts.base === undefined ? null : bytesOf(texts.base),
    ours: bytesOf(texts.ours),
    theirs: bytesOf(texts.theirs),
  };
  return markSides(sides, file, marks);
}

function markSides(sides: Sides, file = "memories/a.md", marks: Marks = MARKS): string | undefined {
  const merged = mergeFile(file, sides, "ours");
  const bytes = merged.kind === "clean" ? undefined : markConflict(merged, sides, mergeKindOf(file) === "yaml", marks);
  return bytes && textOf(bytes);
}

const entry = (bytes: Uint8Array) => {
  const parsed = parseEntry(bytes, AT);
  if (parsed.kind !== "entry") throw new Error(parsed.reason);
  return parsed.entry;
};

describe("a contested merge", () => {
  it("reads as ours, is seen as open, and has all that theirs says", () => {
    fc.assert(
      fc.property(sidesOf, (sides) => {
        const merged = mergeFile("memories/a.md", sides, "ours");
        if (merged.kind !== "conflict") return;
        const text = markSides(sides)!;
        expect(hasMarkers(bytesOf(text))).toBe(true);
        expect(entry(bytesOf(text))).toEqual(entry(merged.bytes));
        const fields = merged.regions ? merged.contested.slice(0, -1) : merged.contested;
        for (const { field } of fields) expect(text).toMatch(new RegExp(`^#[<>]{7} (ours|theirs): ${field}: `, "m"));
        for (const line of entry(sides.theirs).body.split("\n")) {
          const gone = entry(sides.base!).body.split("\n").includes(line);
          if (!gone) expect(text.split("\n")).toContain(line);
        }
      }),
    );
  });

  it("keeps line ends and the byte order mark", () => {
    const file = (importance: string, body: string) =>
      `\uFEFF---\r\nimportance: ${importance}\r\n---\r\n\r\none\r\n${body}\r\n`;
    const text = marked({ base: file("0.5", "two"), ours: file("0.9", "zwei"), theirs: file("0.1", "deux") })!;
    expect(text).toBe(
      [
        "\uFEFF---",
        "importance: 0.9",
        "#>>>>>>> theirs: importance: 0.1",
        "---",
        "",
        "one",
        "<<<<<<< ours",
        "zwei",
        "||||||| base",
        "two",
        "=======",
        "deux",
        ">>>>>>> theirs",
        "",
      ].join("\r\n"),
    );
  });

  it("has as many signs and the words that git asks for", () => {
    const marks = { size: 12, ours: "HEAD", base: "1234567", theirs: "topic: x" };
    const sides = { base: "a: 1\n", ours: "a: 2\n", theirs: "a: 3\n" };
    expect(marked(sides, "memories/a.md", marks)).toBe(
      "<<<<<<<<<<<< HEAD\na: 2\n|||||||||||| 1234567\na: 1\n============\na: 3\n>>>>>>>>>>>> topic: x\n",
    );
    expect(marked(sides, "tags.yaml", marks)).toBe("a: 2\n#>>>>>>>>>>>> theirs: a: 3\n");
  });

  it.each<[string, string, string, string, string]>([
    [
      "a value of several lines, on one",
      "---\nsummary: x\n---\n",
      "---\nsummary: |\n  a\n  b\n# end\ntopic: t\n---\n",
      '---\nsummary: |\n  c\n\n  "d"\n---\n',
      '---\nsummary: |\n  a\n  b\n#>>>>>>> theirs: summary: "c\\n\\n\\"d\\"\\n"\n# end\ntopic: t\n---\n',
    ],
    [
      "a field that theirs took away",
      "---\nsummary: x\n---\n",
      "---\nsummary: y\n---\n",
      "---\ntopic: t\n---\n",
      "---\ntopic: t\nsummary: y\n#>>>>>>> theirs: summary: null\n---\n",
    ],
    [
      "a field that ours took away, and with it the front matter",
      "---\nsummary: x\n---\nB\n",
      "B\n",
      "---\nsummary: y\n---\nB\n",
      '---\n#>>>>>>> theirs: summary: "y"\n---\nB\n',
    ],
    [
      "a front matter that ends the file",
      "---\nsummary: x\n---",
      "---\nsummary: y\n---",
      "---\nsummary: z\n---",
      '---\nsummary: y\n#>>>>>>> theirs: summary: "z"\n---',
    ],
    [
      "a mapping in braces",
      "---\n{summary: x}\n---\n",
      "---\n{summary: y}\n---\n",
      "---\n{summary: z}\n---\n",
      '---\n{summary: y}\n#>>>>>>> theirs: summary: "z"\n---\n',
    ],
    [
      "a key with a space",
      '---\n"a key": x\n---\n',
      '---\n"a key": y\n---\n',
      '---\n"a key": z\n---\n',
      '---\n"a key": y\n#>>>>>>> theirs: "a key": "z"\n---\n',
    ],
    [
      "a body that ours emptied",
      "---\ntopic: t\n---\nx\n",
      "---\ntopic: t\n---\n",
      "---\ntopic: t\n---\ny\n",
      "---\ntopic: t\n---\n\n<<<<<<< ours\n||||||| base\nx\n=======\ny\n>>>>>>> theirs\n",
    ],
  ])("marks %s", (_what, base, ours, theirs, expected) => {
    const text = marked({ base, ours, theirs })!;
    expect(text).toBe(expected);
    expect(hasMarkers(bytesOf(text))).toBe(true);
    const merged = mergeFile(
      "memories/a.md",
      { base: bytesOf(base), ours: bytesOf(ours), theirs: bytesOf(theirs) },
      "ours",
    );
    if (merged.kind === "conflict") expect(entry(bytesOf(text))).toEqual(entry(merged.bytes));
  });

  it("marks the whole file line by line where a comment could not say it", () => {
    const file = (value: string) => `---\nweight: ${value}\n---\n\nx\n`;
    expect(marked({ base: file("1"), ours: file("2"), theirs: file(".inf") })).toBe(
      "---\n<<<<<<< ours\nweight: 2\n||||||| base\nweight: 1\n=======\nweight: .inf\n>>>>>>> theirs\n---\n\nx\n",
    );
  });

  it("ends no side in the middle of a line", () => {
    expect(marked({ base: "---\n[\n---\nx", ours: "---\n[\n---\ny", theirs: "---\n[\n---\nz\nu" })).toBe(
      "---\n[\n---\n<<<<<<< ours\ny\n||||||| base\nx\n=======\nz\nu\n>>>>>>> theirs\n",
    );
  });

  it("marks nothing in what is no text, or too long to be read", () => {
    expect(marked({ base: "a", ours: "\0", theirs: "b" })).toBeUndefined();
    expect(marked({ base: "a", ours: "x".repeat(1024 * 1024 + 1), theirs: "b" })).toBeUndefined();
  });
});
