import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliseBody } from "../../src/entry/body.js";
import { type EntryEdit, editEntry, parseEntry } from "../../src/entry/markdown.js";
import { MemoryError } from "../../src/errors.js";
import { AT, bytesOf, FIXTURES, fixture, textOf } from "./fixtures.js";

const READABLE = FIXTURES.filter((name) => parseEntry(fixture(name), AT).kind === "entry");
const edited = (text: string, edit: EntryEdit): string => textOf(editEntry(bytesOf(text), edit, AT));
const inYaml = (yaml: string, edit: EntryEdit): string =>
  edited(`---\n${yaml}---\n\nText\n`, edit).replace(/^---\n([\s\S]*)---\n\nText\n$/, "$1");

function read(bytes: Uint8Array) {
  const parsed = parseEntry(bytes, AT);
  if (parsed.kind !== "entry") throw new Error(parsed.reason);
  return parsed.entry;
}

describe("editEntry", () => {
  it.each(FIXTURES)("gives %s back byte for byte when nothing changes", (name) => {
    expect(editEntry(fixture(name), {}, AT)).toEqual(fixture(name));
  });

  it.each(["\n", "\r\n"])("keeps comments where there is nothing else (%j)", (eol) => {
    const text = `---${eol}# why${eol}${eol}  # and how${eol}---${eol}Body`;
    expect(edited(text, { set: { title: "T" } })).toBe(text.replace(`how${eol}`, `how${eol}title: T${eol}`));
  });

  it.each(READABLE)("changes %s so that it reads back, and back again", (name) => {
    const before = read(fixture(name));
    const set = { title: "A: new # title", tags: ["new", "list"], own: { a: [1] } };
    const after = editEntry(fixture(name), { set }, AT);
    const entry = read(after);
    expect(entry.fields).toEqual({ ...before.fields, title: set.title, tags: set.tags });
    expect(entry.unknown).toMatchObject({ own: set.own });
    expect(entry.body).toBe(before.body);
    expect(editEntry(after, { set, content: before.body }, AT)).toEqual(after);
    const text = textOf(after);
    if (name.includes("crlf")) expect(text).not.toMatch(/[^\r]\n/);
    if (name.includes("bom")) expect(text).toMatch(/^\uFEFF---/);
  });

  it.each([
    ["a plain text", "title: One # why\n", { title: "Two" }, "title: Two # why\n"],
    ["single quotes", "title: 'One'   # why\n", { title: "it's" }, "title: 'it''s'   # why\n"],
    ["double quotes", 'title: "One"\n', { title: 'a "b"' }, 'title: "a \\"b\\""\n'],
    ["a text that needs quotes", "title: One\n", { title: "a: b" }, 'title: "a: b"\n'],
    ["a number", "importance: 0.3 # low\n", { importance: 0.9 }, "importance: 0.9 # low\n"],
    ["a folded text", "summary: >-\n  a\n  b\ntitle: x\n", { summary: "c" }, "summary: c\ntitle: x\n"],
    ["a text by lines", "rationale: one\n", { rationale: "a\nb" }, "rationale: |-\n  a\n  b\n"],
    ["an addition to [a]", "tags: [ a, 'b' ] # x\n", { tags: ["a", "b", "c"] }, "tags: [ a, 'b', c ] # x\n"],
    ["a removal from [a]", "tags: [a, 'b', c]\n", { tags: ["b", "c"] }, "tags: ['b', c]\n"],
    ["an addition over lines", "tags: [\n  a, # x\n  b\n]\n", { tags: ["a", "b", "c"] }, null],
    ["an addition to - a", "tags:\n- a # x\n- b\n", { tags: ["a", "b", "c"] }, "tags:\n- a # x\n- b\n- c\n"],
    ["a removal from - a", "tags:\n    - a\n    # of b\n    - b # x\n", { tags: ["b"] }, null],
    ["an insertion", "tags:\n  - a\n  - c\n", { tags: ["a", "b", "c"] }, "tags:\n  - a\n  - b\n  - c\n"],
    ["a new order", "tags: [a, b]\n", { tags: ["b", "a"] }, "tags: [b, a]\n"],
    ["an empty list", "tags: [a, b]\ntitle: x\n", { tags: [] }, "tags: []\ntitle: x\n"],
    ["a list to a text", "own: [a] # x\n", { own: "b" }, "own: b # x\n"],
    ["no value", "title: # x\nsource: y\n", { title: "b" }, "title: b # x\nsource: y\n"],
    ["a new key in its place", "title: x\nsource: y\n", { tags: ["a"] }, "title: x\ntags: [a]\nsource: y\n"],
    ["an id at the top", "# file\n\n# title\ntitle: x\n", { id: "i" }, "# file\n\nid: i\n# title\ntitle: x\n"],
    ["an unknown key at the end", "title: x\n# end\n", { own: 1 }, "title: x\n# end\nown: 1\n"],
    ["a removal", "title: x\n# of tags\ntags:\n  - a\nsource: y\n", { tags: null }, "title: x\n# of tags\nsource: y\n"],
    [
      "a relation more",
      "relations:\n  - type: a # x\n    target: b\n",
      {
        relations: [
          { type: "a", target: "b" },
          { type: "c", target: "d" },
        ],
      },
      "relations:\n  - type: a # x\n    target: b\n  - type: c\n    target: d\n",
    ],
    ["a key beside an anchor", "own: &a x\nother: *a\n", { title: "t" }, "own: &a x\nother: *a\ntitle: t\n"],
    ["words of YAML 1.1", "source: x\n", { source: "yes" }, 'source: "yes"\n'],
    ["the same list", "tags: [ a,b ]\n", { tags: ["a", "b"] }, "tags: [ a,b ]\n"],
    ["the same number", "importance: 5e-1\n", { importance: 0.5 }, "importance: 5e-1\n"],
  ])("writes %s", (_, yaml, set, wanted) => {
    const result = inYaml(yaml, { set });
    if (wanted !== null) expect(result).toBe(wanted);
    for (const comment of wanted === null ? ["# x"] : []) expect(result).toContain(comment);
  });

  it("writes an anchored value out rather than break its aliases", () => {
    const bytes = editEntry(fixture("anchors"), { set: { title: "New" } }, AT);
    expect(read(bytes)).toMatchObject({ fields: { title: "New", topic: "Anchored" }, unknown: { more: { a: 1 } } });
  });

  it("makes a new file in canonical order", () => {
    const set = {
      source: "docs/adr.md",
      own: 1,
      tags: ["b", "a"],
      title: "Use Postgres",
      id: "0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11",
    };
    expect(textOf(editEntry(null, { set, content: "\nWe keep it.\n\n" }, AT))).toBe(
      "---\nid: 0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11\ntitle: Use Postgres\ntags: [b, a]\nsource: docs/adr.md\nown: 1\n---\n\nWe keep it.\n",
    );
    expect(textOf(editEntry(null, { set: { title: "x" } }, AT))).toBe("---\ntitle: x\n---\n");
  });

  it("gives a file without front matter one, in its line ends", () => {
    expect(edited("\uFEFFa\r\nb", { set: { title: "x" } })).toBe("\uFEFF---\r\ntitle: x\r\n---\r\n\r\na\r\nb");
    expect(edited("", { set: { title: "x" } })).toBe("---\ntitle: x\n---\n\n");
  });

  it.each([
    ["a line in the middle", "\na\r\nb\nc\n", "a\nx\nc", "\na\r\nx\nc\n"],
    ["an addition", "a\n\n", "a\nb", "a\nb\n\n"],
    ["an addition without a final line break", "a", "a\nb", "a\nb"],
    ["the last line away", "a\nb\n", "a", "a\n"],
    ["all of it away", "\na\n", "", ""],
    ["the first text", "", "a", "\na\n"],
    ["only blank lines at the ends", "\n\n  a  \n\n", "\n  a  ", "\n\n  a  \n\n"],
    ["a line that looks like front matter", "a\n", "---\nb\n---", "---\nb\n---\n"],
  ])("replaces %s of the body", (_, body, content, wanted) => {
    expect(edited(`---\nx: 1\n---\n${body}`, { content })).toBe(`---\nx: 1\n---\n${wanted}`);
  });

  it("writes new lines of a body in the file's line ends", () => {
    expect(edited("---\r\nx: 1\r\n---\r\na\r\nb\r\n", { content: "a\nx\ny" })).toBe(
      "---\r\nx: 1\r\n---\r\na\r\nx\r\ny\r\n",
    );
    expect(edited("---\r\nx: 1\r\n---", { content: "a" })).toBe("---\r\nx: 1\r\n---\r\n\r\na\r\n");
  });

  it("keeps a body apart from front matter in a file without one", () => {
    const bytes = editEntry(bytesOf("a\n"), { content: "---\nb: 1\n---" }, AT);
    expect(read(bytes)).toMatchObject({ fields: {}, unknown: {}, body: "---\nb: 1\n---" });
  });

  it("refuses to touch a file that cannot be read", () => {
    expect(() => edited("---\ntitle: x\n", { set: { title: "y" } })).toThrow(MemoryError);
    expect(() => edited("a\n", { content: "a\0b" })).toThrow(/cannot be written/);
  });
});

describe("editEntry, for any file", () => {
  const chunk = (key: string, ...forms: readonly string[]) =>
    fc.constantFrom(...forms).map((text) => [key, text] as const);
  const chunks = fc
    .tuple(
      chunk("#", "# head\n\n", "\n", ""),
      chunk("title", "title: x\n", "title: 'it''s' # c\n", 'title: "q\\n"   \n', "title: >\n  folded\n  text\n"),
      chunk(
        "tags",
        "tags: [a, 'b'] # t\n",
        "tags:\n  - a # one\n  # two\n  - b\n",
        "tags:\n- a\n\n- b\n",
        "tags: [\n  a,\n  b\n]\n",
      ),
      chunk(
        "own",
        "own: {a: 1, b: [2]}\n",
        "own:\n  a: |\n    text\n\n  b: 2\n",
        "? own\n: v\n",
        '"own": x\n',
        "own: one\n  two\n",
      ),
      chunk("source", "source:\n", "source: # c\n", "source: |+\n  kept\n\n", "source: y\n"),
    )
    .chain((all) => fc.shuffledSubarray(all.slice(1)).map((some) => [all[0] ?? ["#", ""], ...some] as const));
  const body = fc.constantFrom("", "\n# Hi\n\ntext  \n", "x", "\n\n    code\n\n\n", "---\nb: 1\n---\n");
  const text = fc.string({
    unit: fc.constantFrom(..."ab:#-[]{}'\"|>&*!%@`,? \t\n\\0~", "é", "😀", "---", ": ", " #", "null", "yes"),
  });
  const value = fc.oneof(text, fc.array(text, { maxLength: 4 }), fc.jsonValue({ maxDepth: 3 }).map(plain));

  /** JSON has no -0. */
  function plain(json: unknown): unknown {
    return JSON.parse(JSON.stringify(json));
  }

  it("touches no line outside the key that is set", () => {
    fc.assert(
      fc.property(
        chunks,
        body,
        fc.constantFrom("title", "tags", "own", "source"),
        value,
        fc.boolean(),
        (parts, end, key, wanted, crlf) => {
          const raw = (piece: string): string => (crlf ? piece.replaceAll("\n", "\r\n") : piece);
          const at = parts.findIndex(([name]) => name === key);
          const head = raw(
            `---\n${parts
              .slice(0, Math.max(at, 0))
              .map(([, piece]) => piece)
              .join("")}`,
          );
          const tail =
            raw(
              `${parts
                .slice(at + 1)
                .map(([, piece]) => piece)
                .join("")}---\n`,
            ) + end;
          const file = head + raw(parts[at]?.[1] ?? "") + tail;
          const after = edited(file, { set: { [key]: wanted } });
          if (at !== -1) {
            expect(after.startsWith(head)).toBe(true);
            expect(after.endsWith(tail)).toBe(true);
          }
          const entry = read(bytesOf(after));
          const found = Object.entries({ ...entry.fields, ...entry.unknown }).find(([name]) => name === key)?.[1];
          if (wanted === null) expect(found).toBeUndefined();
          // Tags and titles come out normalised.
          else if (key !== "tags" && key !== "title") expect(found).toEqual(JSON.parse(JSON.stringify(wanted)));
          expect(edited(after, { set: { [key]: wanted } })).toBe(after);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("holds any body", () => {
    const lines = fc.string({ unit: fc.constantFrom("a", "\n", "\r\n", "\r", " ", "\t", "b", "---") });
    fc.assert(
      fc.property(lines, lines, (before, content) => {
        const after = editEntry(bytesOf(`---\nx: 1\n---\n${before}`), { content }, AT);
        expect(read(after).body).toBe(normaliseBody(content));
      }),
      { numRuns: 2000 },
    );
  });
});
