import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEntry } from "../../src/entry/markdown.js";
import { retag, type TagChange } from "../../src/entry/retag.js";
import { formatInline } from "../../src/entry/yaml.js";
import { AT, bytesOf, FIXTURES, fixture, textOf } from "./fixtures.js";

const READABLE = FIXTURES.filter((name) => parseEntry(fixture(name), AT).kind === "entry");

function tagsIn(bytes: Uint8Array): readonly string[] {
  const parsed = parseEntry(bytes, AT);
  if (parsed.kind !== "entry") throw new Error(parsed.reason);
  return parsed.entry.fields.tags ?? [];
}

function changed(yaml: string, change: TagChange): string | undefined {
  const after = retag(bytesOf(`---\n${yaml}---\n\nText\n`), AT.kind, change);
  return after && textOf(after).replace(/^---\n([\s\S]*)---\n\nText\n$/, "$1");
}

describe("retag", () => {
  it.each<[string, string, TagChange, string | undefined]>([
    ["adds to a list", "tags: [ A,'b' ] # x\n", { add: ["c", "b"] }, "tags: [ A,'b',c ] # x\n"],
    ["adds where there are none", "title: x # t\n", { add: ["c"] }, "title: x # t\ntags: [c]\n"],
    ["adds to none", "tags: # x\ntitle: x\n", { add: ["c"] }, "tags: [c] # x\ntitle: x\n"],
    ["removes by what entries hold", "tags: [ Billing,  b , c]\n", { remove: ["billing", "c"] }, "tags: [ b]\n"],
    [
      "removes a line",
      "tags:\n  - a # one\n  # of b\n  - b # two\n  - c\n",
      { remove: ["b"] },
      "tags:\n  - a # one\n  # of b\n  - c\n",
    ],
    [
      "keeps comments of a list over lines",
      "tags: [\n  a, # one\n  b, # two\n  c\n]\n",
      { remove: ["b"] },
      "tags: [\n  a, # one\n  # two\n  c\n]\n",
    ],
    ["removes the last one", "tags: [a] # x\ntitle: y\n", { remove: ["a"] }, "title: y\n"],
    [
      "renames in its place and quotes",
      "tags: [a ,  'b', C ] # x\n",
      { rename: ["b", "it's"] },
      "tags: [a ,  'it''s', C ] # x\n",
    ],
    ["renames what entries hold", "tags: [ A,b]\n", { rename: ["a", "z"] }, "tags: [ z,b]\n"],
    [
      "renames in lines",
      'tags:\n- a # one\n-   "b" # two\n',
      { rename: ["b", "z"] },
      'tags:\n- a # one\n-   "z" # two\n',
    ],
    [
      "renames over lines",
      "tags: [\n  a, # one\n  b # two\n]\n",
      { rename: ["b", "z"] },
      "tags: [\n  a, # one\n  z # two\n]\n",
    ],
    ["merges into one before", "tags: [z,  a, b]\n", { rename: ["a", "z"] }, "tags: [z, b]\n"],
    ["merges into one after", "tags: [a,  b, Z]\n", { rename: ["a", "z"] }, "tags: [b, Z]\n"],
    ["merges two spellings", "tags: [A, x, a]\n", { rename: ["a", "z"] }, "tags: [z, x]\n"],
    [
      "leaves what it is not about",
      "tags: [ B,b ]\n",
      { rename: ["a", "z"], remove: ["c"], add: ["b"] },
      "tags: [ B,b ]\n",
    ],
    ["does not touch what is no list", "tags: a, b\n", { add: ["c"] }, undefined],
    ["does not touch what is no list of texts", "tags: [2024]\n", { remove: ["a"] }, undefined],
  ])("%s", (_, yaml, change, wanted) => {
    expect(changed(yaml, change)).toBe(wanted);
  });

  it("refuses more than entries may have", () => {
    const many = `tags: [${Array.from({ length: 50 }, (_, at) => `t${at}`).join(", ")}]\n`;
    expect(() => changed(many, { add: ["more"] })).toThrow(
      expect.objectContaining({ code: "invalid_input", data: expect.objectContaining({ limit: 50, size: 51 }) }),
    );
    expect(changed(many, { add: ["t7"] })).toBe(many);
    expect(changed(many.replace("]", ", more]"), { remove: ["t0"] })).toContain("[t1,");
  });

  it.each(READABLE)("gives %s back as it was", (name) => {
    const before = fixture(name);
    const with_ = retag(before, AT.kind, { add: ["zz-new"] });
    if (with_ === undefined) return;
    const renamed = retag(with_, AT.kind, { rename: ["zz-new", "zz-other"] }) ?? with_;
    expect(tagsIn(renamed)).toEqual([...tagsIn(before), "zz-other"]);
    expect(retag(renamed, AT.kind, { rename: ["zz-other", "zz-new"] })).toEqual(with_);
    expect(tagsIn(retag(with_, AT.kind, { remove: ["zz-new"] }) ?? with_)).toEqual(tagsIn(before));
  });

  const word = fc
    .stringMatching(/^[a-z][a-z0-9/+-]{0,8}[a-z0-9]$/)
    .filter((text) => formatInline(text, "plain", true) === text);
  const quoted = fc.tuple(word, fc.constantFrom("", "'", '"')).map(([text, quote]) => quote + text + quote);
  const layout = fc.constantFrom<(items: readonly string[], eol: string) => string>(
    (items) => `tags: [${items.join(", ")}] # why`,
    (items) => `tags: [ ${items.join(" ,")} ]`,
    (items, eol) => `tags: [${eol}  ${items.join(`, # one${eol}  `)} # last${eol}  ]`,
    (items, eol) => `tags:${eol}${items.map((item) => `  - ${item} # one${eol}  # between`).join(eol)}`,
    (items, eol) => `tags:${eol}${items.map((item) => `-   ${item}`).join(eol)}`,
  );
  const eol = fc.constantFrom("\n", "\r\n");
  const bare = (item: string) => item.replace(/^(['"])(.*)\1$/, "$2");

  it("gives back the same bytes when a tag is renamed and renamed back", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(quoted, { selector: bare, minLength: 1, maxLength: 6 }),
        layout,
        eol,
        word,
        (items, write, end, to) => {
          const from = bare(items[0] ?? "");
          fc.pre(!items.some((item) => bare(item) === to));
          const lines = ["---", "title: x   # t", write([...items].sort(), end), "source: y", "---", "", "Body ", ""];
          const before = bytesOf(lines.join(end));
          const there = retag(before, AT.kind, { rename: [from, to] }) ?? before;
          expect(tagsIn(there)).toEqual([...items].sort().map((item) => (bare(item) === from ? to : bare(item))));
          expect(textOf(there)).not.toBe(textOf(before));
          expect(textOf(retag(there, AT.kind, { rename: [to, from] }) ?? there)).toBe(textOf(before));
        },
      ),
    );
  });

  it("keeps every comment and every other tag when one goes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(quoted, { selector: bare, minLength: 2, maxLength: 6 }),
        layout,
        eol,
        fc.nat(5),
        (items, write, end, at) => {
          const gone = bare(items[at % items.length] ?? "");
          const text = ["---", "# top", write(items, end), "# tail", "---", ""].join(end);
          const after = textOf(retag(bytesOf(text), AT.kind, { remove: [gone] }) ?? new Uint8Array());
          expect(tagsIn(bytesOf(after))).toEqual(items.map(bare).filter((item) => item !== gone));
          const comments = (what: string) => what.match(/#/g)?.length ?? 0;
          // Only the comment on the very line of the item goes with it, where each item has a line.
          expect(comments(text) - comments(after)).toBeLessThanOrEqual(text.includes("  - ") ? 1 : 0);
          expect(after.split(end)[0]).toBe("---");
        },
      ),
    );
  });
});
