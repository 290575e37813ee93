import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEntry, readBody } from "../../src/entry/markdown.js";
import { AT, bytesOf, FIXTURES, fixture } from "./fixtures.js";

const UNREADABLE: Readonly<Record<string, RegExp>> = {
  unterminated: /^line 1: .*not closed/,
  "duplicate-keys": /^line 4: .*given twice/,
  "duplicate-nested": /^line 4: .*given twice/,
  "closing-trap": /^line 3: .*starts with --- but/,
  scalar: /^line 2: .*not a mapping/,
  list: /^line 2: .*not a mapping/,
  "bad-yaml": /^line 4: /,
  "tab-indent": /^line 3: .*tab/,
  "alias-bomb": /alias/,
  "alias-cycle": /alias/,
  deep: /^line 2: .*nested deeper/,
  directive: /^line 2: .*directive/,
  nul: /NUL/,
  latin1: /UTF-8/,
};

const READ: Readonly<
  Record<string, readonly [title: string, body: string, fields: Readonly<Record<string, unknown>>]>
> = {
  plain: ["Use short queues", "Keep them below a hundred.", { title: "Use short queues", tags: ["queue", "retry"] }],
  crlf: [
    "Written on Windows",
    "# Heading\n\nFirst line\nsecond line  ",
    { title: "Written on Windows", tags: ["editor", "crlf"], summary: "folded over two lines" },
  ],
  bom: ["Starts with a mark", "Text", { title: "Starts with a mark" }],
  "bom-crlf": ["Both", "Text", { title: "Both" }],
  comments: ["Commented", "Text", { title: "Commented", tags: ["one", "two"], importance: 0.8 }],
  "no-front-matter": ["Only a body", "# Only a body\n\nText with ---\n\n---\n\nand more", {}],
  "no-front-matter-crlf": ["some-name", "Only a body\n\n    code", {}],
  "empty-front-matter": ["Real heading", "```sh\n# not a heading\n```\n\nReal heading\n============", {}],
  "comment-front-matter": ["some-name", "Text", {}],
  empty: ["some-name", "", {}],
  "closing-blanks": ["Blanks after the closing line", "Text", { title: "Blanks after the closing line" }],
  "closing-at-end": ["No body", "", { title: "No body" }],
  "trailing-spaces": ["some-name", "---  \ntitle: Not front matter\n---\nText", {}],
  "spaces-kept": ["Spaces", "  indented first line\nhard break  ", { title: "Spaces", tags: ["a"] }],
  "flow-map": ["In braces", "Text", { title: "In braces", tags: ["a"] }],
  "indented-map": ["Indented", "Text", { title: "Indented", tags: ["a"] }],
  "tab-after-value": ["Tabs", "Text", { title: "Tabs", tags: ["a", "b"] }],
  "block-scalars": ["Blocks", "Text", { title: "Blocks", summary: "folded text goes on\n", source: "first\nsecond" }],
  anchors: ["Anchored", "Text", { title: "Anchored", topic: "Anchored" }],
  unicode: [
    "請求書を確認する 🧾",
    "# Überschrift\n\nمرحبا 👩‍👩‍👧",
    { title: "請求書を確認する 🧾", tags: ["日本語", "größe", "😀"] },
  ],
};

describe("parseEntry", () => {
  it.each(Object.entries(UNREADABLE))("reports %s and says why", (name, reason) => {
    const parsed = parseEntry(fixture(name), AT);
    expect(parsed).toEqual({ kind: "unreadable", reason: expect.stringMatching(reason) });
  });

  it.each(Object.entries(READ))("reads %s", (name, [title, body, fields]) => {
    const parsed = parseEntry(fixture(name), AT);
    expect(parsed).toMatchObject({ kind: "entry", entry: { ...AT, title, body, problems: [] } });
    expect(parsed.kind === "entry" && parsed.entry.fields).toEqual(fields);
  });

  it("has an expectation for every fixture that cannot be read", () => {
    const unreadable = FIXTURES.filter((name) => parseEntry(fixture(name), AT).kind === "unreadable");
    expect(unreadable).toEqual(Object.keys(UNREADABLE).sort());
  });

  it("never evaluates another engine than YAML", () => {
    const parsed = parseEntry(fixture("engine"), AT);
    expect(parsed).toMatchObject({ kind: "entry", entry: { fields: {}, title: "some-name" } });
    expect(globalThis).not.toHaveProperty("pwned");
  });

  it("keeps fields of a wrong type as unknown and names their lines", () => {
    const parsed = parseEntry(fixture("wrong-types"), AT);
    if (parsed.kind !== "entry") throw new Error(parsed.reason);
    expect(parsed.entry.title).toBe("The heading");
    expect(parsed.entry.fields).toEqual({});
    expect(parsed.entry.unknown).toMatchObject({ title: 42, tags: "billing", own_key: { kept: true } });
    expect(parsed.entry.problems.map(({ field, line }) => [field, line])).toEqual([
      ["title", 2],
      ["tags", 3],
      ["importance", 4],
      ["status", 5],
      ["valid_from", 6],
    ]);
  });

  it("takes words of YAML 1.1 as texts and runs no tags", () => {
    const parsed = parseEntry(fixture("yaml11"), AT);
    expect(parsed).toMatchObject({
      entry: { unknown: { country: "NO", answer: "yes", day: "2025-01-31", "<<": "x", binary: "aGVsbG8=" } },
    });
  });

  it("keeps a key __proto__ a key", () => {
    const parsed = parseEntry(fixture("odd-keys"), AT);
    if (parsed.kind !== "entry") throw new Error(parsed.reason);
    expect(Object.keys(parsed.entry.unknown)).toContain("__proto__");
    expect((parsed.entry.unknown as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("does not read more than a mebibyte", () => {
    const reason = expect.stringContaining("1048577 bytes");
    expect(parseEntry(new Uint8Array(1024 * 1024 + 1).fill(97), AT)).toEqual({ kind: "unreadable", reason });
    expect(parseEntry(new Uint8Array(1024 * 1024).fill(97), AT).kind).toBe("entry");
  });

  it.each([
    ["aliases", `a: &a x\nb: [${"*a,".repeat(50_000)}]`],
    ["brackets", "[".repeat(200_000)],
    ["mappings", "{a: ".repeat(50_000)],
    ["dashes", "- ".repeat(100_000)],
    ["blank lines", `${"\n".repeat(200_000)}a: 1`],
    ["keys", Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join("\n")],
    ["indentation", Array.from({ length: 2000 }, (_, at) => `${" ".repeat(Math.min(at, 100))}a:`).join("\n")],
  ])("is done soon with many %s", (_, yaml) => {
    const started = performance.now();
    parseEntry(bytesOf(`---\n${yaml}\n---\n`), AT);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it("never throws and never quotes the file in a reason", () => {
    const soup = fc.string({
      unit: fc.constantFrom(
        ..."ab:#-[]{}'\"|>&*!%@`,? \t\n\r\\0~",
        "---",
        "...",
        ": ",
        " #",
        "SECRETTEXT",
        "é",
        "😀",
        "\u2028",
      ),
    });
    const file = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      soup.map(bytesOf),
      soup.map((text) => bytesOf(`---\n${text}\n---\nbody`)),
    );
    fc.assert(
      fc.property(file, (bytes) => {
        const parsed = parseEntry(bytes, AT);
        expect(parsed.kind === "unreadable" ? parsed.reason : "").not.toContain("SECRETTEXT");
      }),
      { numRuns: 2000 },
    );
  });
});

describe("readBody", () => {
  it.each(FIXTURES)("gives the body of %s without reading its front matter", (name) => {
    const parsed = parseEntry(fixture(name), AT);
    if (parsed.kind === "entry") expect(readBody(fixture(name))).toBe(parsed.entry.body);
    else expect(Object.keys(UNREADABLE)).toContain(name);
  });
});
