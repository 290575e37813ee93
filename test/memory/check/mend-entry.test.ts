import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KINDS } from "../../../src/entry/kinds.js";
import { readEntry } from "../../../src/entry/markdown.js";
import { type MendPlan, mendEntry } from "../../../src/memory/check/mend-entry.js";
import { uuidAt } from "../../support/memory.js";

const NEW = uuidAt(1_700_000_000_001, 9);
const OLD = uuidAt(1_700_000_000_000, 1);
const plan: MendPlan = {
  newId: () => NEW,
  copy: { id: OLD, first: "memories/first.md" },
  redirect: (target) => (target === "tools/gone" ? "tools/here" : undefined),
};

const LINES = [
  `id: ${OLD}`,
  "id:",
  "id: none",
  "title: A title",
  "titel: A title",
  "catgory: fact",
  "category: fact",
  "tags: [A, b, B]",
  'tags: "A, b"',
  "tags:\n  - Ä #k9\n  - x\n  - X #k10",
  "tag: x",
  'importance: "0.5"',
  "importance: .7",
  "importanc: 0.2",
  'priority: "90.0"',
  "applies_to: src/** #k11",
  "files: a, b",
  "relations:\n  - {type: x, target: tools/gone} #k1\n  - type: y #k2\n    target: 'tools/gone' #k3\n    note: target: #k4",
  "relations: [{target: tools/gone, note: 'target: tools/gone'}, {target: tools/other, type: z}]",
  "examples: {good: do, bad: [dont]}",
  "examples:\n  good: do #k5\n  bad: dont",
  'confidence: "1" #k6',
  "tags: [A, #k7\n b]",
  'external_id: "A" #k8',
  "unknown: &a [1, *a]",
  "other: {a: b} # c",
  "# a comment",
  "summary: |\n  two\n  lines",
  "sumary: x",
];

const front = fc.uniqueArray(fc.constantFrom(...LINES), { selector: (line) => line.split(":")[0], maxLength: 8 });
const file = fc.record({
  lines: fc.option(front, { nil: undefined }),
  eol: fc.constantFrom("\n", "\r\n"),
  mark: fc.boolean(),
  body: fc.string({ unit: fc.constantFrom("a", "é", " ", "\n", "\r\n", "---", "tags: X", "\t", "#", "`", "😀") }),
});

const textOf = ({ lines, eol, mark, body }: typeof file extends fc.Arbitrary<infer T> ? T : never): string => {
  const head =
    lines === undefined ? "" : `---\n${lines.map((line) => `${line}\n`).join("")}---\n`.replaceAll("\n", eol);
  return (mark ? "\uFEFF" : "") + head + body;
};

describe("mendEntry", () => {
  it("never loses a byte of a body, leaves a readable file, and has nothing to do the second time (property)", () => {
    let mendings = 0;
    fc.assert(
      fc.property(file, fc.constantFrom(...KINDS), (given, kind) => {
        const at = { kind, scope: "project/x", name: "n" };
        const before = Buffer.from(textOf(given));
        const mended = mendEntry(before, at, plan);
        const read = readEntry(before, at);
        if (!mended) return;
        mendings += 1;
        const after = readEntry(mended.bytes, at);
        if (read.kind !== "entry" || after.kind !== "entry") throw new Error("it cannot be read");
        const body = read.text.slice(read.front.bodyStart);
        const kept = after.text.slice(after.front.bodyStart);
        // A file that had no front matter gets a blank line after its new one.
        expect(read.front.kind === "none" ? kept.replace(/^\r?\n/, "") : kept).toBe(body);
        for (const comment of read.text.match(/#k\d+/g) ?? []) expect(after.text).toContain(comment);
        expect(after.text.startsWith("\uFEFF")).toBe(read.text.startsWith("\uFEFF"));
        for (const line of given.lines ?? [])
          if (/^(?:unknown|other|#|summary|title)/.test(line))
            expect(after.text).toContain(line.replaceAll("\n", given.eol));
        expect(mendEntry(mended.bytes, at, plan)).toBeUndefined();
      }),
      { numRuns: 600 },
    );
    expect(mendings).toBeGreaterThan(200);
  });
});
