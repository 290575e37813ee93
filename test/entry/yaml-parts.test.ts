import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFrontMatter } from "../../src/entry/frontmatter.js";
import { parseYaml } from "../../src/entry/yaml.js";
import { PartReader, splitYaml } from "../../src/entry/yaml-parts.js";
import { FIXTURES, fixture, textOf } from "./fixtures.js";

const LINES = [
  "a: 1",
  "b: |",
  "b: |+",
  "c: >-",
  "  text",
  "    deeper: x",
  "",
  "  ",
  "# comment",
  "  # inner",
  "d: [x, y]",
  "d: [x,",
  "  y]",
  "e:",
  "- item",
  "  - nested",
  'f: "open',
  '  closed"',
  "g: 'it''s'",
  "h: {k: v}",
  "i: &x 1",
  "j: *x",
  "null: 1",
  "plain words",
  "  key: value",
  "? k",
  ": v",
  "...",
  "%YAML 1.2",
  "\tk: tab",
  'm: "a # b" # c',
  "n: R&D *bold*",
  "a:",
  "__proto__: 1",
];
const source = fc
  .tuple(fc.array(fc.constantFrom(...LINES), { maxLength: 10 }), fc.constantFrom("\n", "\r\n"), fc.boolean())
  .map(([lines, eol, ended]) => lines.join(eol) + (ended && lines.length > 0 ? eol : ""));

const wholly = (text: string) => {
  const map = parseYaml(text);
  return map.kind === "map" ? map.value : undefined;
};

describe("reading a mapping key by key", () => {
  it("gives what reading the whole gives, whatever was read before", () => {
    fc.assert(
      fc.property(fc.array(source, { minLength: 1, maxLength: 4 }), (sources) => {
        const reader = new PartReader();
        for (const text of sources) {
          const map = reader.read(text);
          if (map) expect({ ...map.value }).toEqual({ ...wholly(text) });
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("gives the same of every front matter, after any other", () => {
    const reader = new PartReader();
    for (const name of [...FIXTURES, ...FIXTURES]) {
      const text = textOf(fixture(name));
      const [parts, whole] = [readFrontMatter(text, reader), readFrontMatter(text)];
      expect(parts.kind).toBe(whole.kind);
      if (parts.kind !== "map" || whole.kind !== "map") expect(parts).toEqual(whole);
      else {
        expect(parts.map.value).toEqual(whole.map.value);
        expect(parts.map.outline()).toEqual(whole.map.outline());
        for (const key of Object.keys(whole.map.value)) expect(parts.map.lineOf(key)).toBe(whole.map.lineOf(key));
      }
    }
  });

  it("reads what entries are made of in parts", () => {
    const text = "# about\nid: 1\ntags: [a, b]\n# why\nrelations:\n- type: x\n  target: y\nsummary: |\n  a\n\n  b\n";
    expect(splitYaml(text)?.parts.map(({ key }) => key)).toEqual(["id", "tags", "relations", "summary"]);
    const reader = new PartReader();
    expect(reader.read(text)?.value).toEqual(wholly(text));
    expect(reader.read(text.replace("[a, b]", "[a, c]"))?.value).toEqual({ ...wholly(text), tags: ["a", "c"] });
  });

  it("is cut without a loss", () => {
    fc.assert(
      fc.property(source, (text) => {
        const cut = splitYaml(text);
        if (cut) expect(cut.lead + cut.parts.map((part) => part.text).join("")).toBe(text);
      }),
    );
  });
});
