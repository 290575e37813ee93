import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { passageSpans, passagesOf } from "../../src/entry/passages.js";

const given = (body: string, title = "T") => ({ title, body, fields: {}, unknown: {} });
const texts = (body: string, title?: string) =>
  passageSpans({ title: title ?? "T", body }).map(({ start, end }) => body.slice(start, end));
const line = (words: number, word = "word") => Array(words).fill(word).join(" ");

describe("passages", () => {
  test("a short entry is one, with its title; an empty one is its title", () => {
    expect(passagesOf(given("\n\nKeep it short.\n", "Rule"))).toEqual(["Rule\n\nKeep it short."]);
    expect(passagesOf(given("\n \n", "Rule"))).toEqual(["Rule"]);
  });

  test("a text that begins with its title has it once", () => {
    expect(passagesOf(given("# Use  Postgres\n\nBecause.", "Use Postgres"))).toEqual(["# Use  Postgres\n\nBecause."]);
  });

  test("a summary, or what other tools call a description, is one of its own", () => {
    const entry = { title: "T", body: "Body.", fields: { summary: "In short." }, unknown: { description: "other" } };
    expect(passagesOf(entry)).toEqual(["T\n\nIn short.", "T\n\nBody."]);
    expect(passagesOf({ ...entry, fields: {} })[0]).toBe("T\n\nother");
  });

  test("small paragraphs stay together, and a heading goes with what is below it", () => {
    const [first, second] = [line(100), line(100, "next")];
    expect(texts(`# One\n\n${first}\n\n# Two\n\n${second}\n\nshort\n`)).toEqual([
      `# One\n\n${first}`,
      `# Two\n\n${second}\n\nshort`,
    ]);
  });

  test("a code block is not torn while it fits, nor read as headings", () => {
    const code = `\`\`\`sh\n# no heading\n\n${line(80)}\n\`\`\``;
    expect(texts(`${line(120)}\n\n${code}\n\n${line(150)}`)).toEqual([line(120), code, line(150)]);
  });

  test("what is too long is cut at lines, sentences or words", () => {
    const sentences = Array.from({ length: 60 }, (_, n) => `Sentence number ${n} ends here.`).join(" ");
    for (const piece of texts(sentences)) expect(piece.trim()).toMatch(/^Sentence .*here\.$/s);
    const pieces = texts("x".repeat(2_500));
    expect(pieces.map(({ length }) => length)).toEqual([997, 997, 506]);
    for (const piece of texts("😀".repeat(1_000))) expect(piece).not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
  });

  test("a huge body has its first 128", () => {
    expect(texts(`${line(150)}\n\n`.repeat(300))).toHaveLength(128);
  });

  const block = fc.oneof(
    fc.constantFrom("# Head", "```", "~~~~", "", "   ", "- item\n- item", "text\r\nmore", "数据库。接着。"),
    fc.nat({ max: 300 }).map((words) => line(words)),
    fc.string({ unit: "binary", maxLength: 30 }),
  );

  test("they are in order, short enough, and hold every letter that is not space", () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 20 }), fc.string({ maxLength: 300 }), (blocks, title) => {
        const body = blocks.join("\n\n");
        const spans = passageSpans({ title, body });
        let end = 0;
        let kept = "";
        for (const span of spans) {
          expect(span.start).toBeGreaterThanOrEqual(end);
          expect(span.end).toBeGreaterThan(span.start);
          expect(body.slice(end, span.start)).toMatch(/^\s*$/);
          end = span.end;
          kept += body.slice(span.start, span.end);
        }
        expect(kept.replace(/\s+/g, "")).toBe(body.replace(/\s+/g, ""));
        for (const passage of passagesOf(given(body, title))) expect(passage.length).toBeLessThanOrEqual(1_000);
      }),
    );
  });
});
