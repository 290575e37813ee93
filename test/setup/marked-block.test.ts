import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findBlock, putBlock, removeBlock } from "../../src/setup/marked-block.js";
import "../support/properties.js";

const line = fc.constantFrom(
  "# Title",
  "text",
  "",
  "  indented  ",
  "<!-- other -->",
  "`<!-- git-memory -->` in words",
  "é 日本",
);
const texts = fc
  .record({
    lines: fc.array(line, { minLength: 1, maxLength: 8 }),
    crlf: fc.boolean(),
    bom: fc.boolean(),
    ended: fc.boolean(),
  })
  .map(({ lines, crlf, bom, ended }) => {
    const text = lines.join("\n") + (ended ? "\n" : "");
    return (bom ? "\uFEFF" : "") + (crlf ? text.replaceAll("\n", "\r\n") : text);
  })
  .filter((text) => text.replace("\uFEFF", "") !== "");

describe("the marked block", () => {
  it("is put, changed and taken away without another byte changed", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const first = putBlock(text, "one\ntwo");
        expect(first.startsWith(text)).toBe(true);
        expect(putBlock(first, "one\ntwo")).toBe(first);
        const second = putBlock(first, "other");
        expect(putBlock(second, "one\ntwo")).toBe(first);
        expect(removeBlock(second)).toBe(text);
        if (text.includes("\r\n")) expect(second.replaceAll("\r\n", "")).not.toContain("\n");
      }),
    );
  });

  it("is replaced where a person moved it", () => {
    const text = "# A\r\n\r\n<!-- git-memory -->\r\nold\r\n<!-- /git-memory -->\r\n\r\n# B";
    expect(putBlock(text, "new")).toBe(text.replace("old", "new"));
    expect(removeBlock(text)).toBe("# A\r\n\r\n# B");
    expect(removeBlock("# A\n")).toBe("# A\n");
    expect(removeBlock(putBlock("", "x"))).toBe("");
  });

  it("is left alone where the marks do not pair", () => {
    expect(findBlock("a\n<!-- git-memory -->\nb\n")).toMatchObject({ kind: "fault", line: 2 });
    expect(findBlock("a\nb\n<!-- /git-memory -->\n")).toMatchObject({ kind: "fault", line: 3 });
    const one = "<!-- git-memory -->\nx\n<!-- /git-memory -->\n";
    expect(findBlock(`${one}\n${one}`)).toMatchObject({ kind: "fault", line: 5 });
  });
});
