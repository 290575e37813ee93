import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newConflict } from "../../src/entry/conflict.js";
import type { Resolution } from "../../src/entry/resolve-conflict.js";
import { settleMarkers } from "../../src/entry/settle-markers.js";
import { MemoryError } from "../../src/errors.js";

const record = (fields: readonly string[], a: Record<string, unknown> = {}, b: Record<string, unknown> = {}) =>
  newConflict({
    entry: "memories/a.md",
    path: "memories/a.md",
    cause: "merge",
    base: null,
    fields,
    a: { version: "a", values: a },
    b: { version: "b", values: b },
    at: 0,
  });

function settled(
  text: string,
  told: ReturnType<typeof record>,
  resolution: Resolution,
  { path = "memories/a.md", merged }: { path?: string; merged?: string } = {},
): string {
  const bytes = (some: string): Uint8Array => new TextEncoder().encode(some);
  return Buffer.from(
    settleMarkers(path, bytes(text), told, resolution, merged === undefined ? undefined : bytes(merged)),
  ).toString("utf8");
}

const set = (ours: string, theirs: string, base?: string, eol = "\n"): string =>
  [
    "<<<<<<< HEAD",
    ...(ours ? [ours] : []),
    ...(base === undefined ? [] : ["||||||| 1234567", ...(base ? [base] : [])]),
    "=======",
    ...(theirs ? [theirs] : []),
    ">>>>>>> theirs",
  ].join(eol);

describe("markers decided by side", () => {
  const body = record(["body"]);
  const head = "---\ntitle: A\n---\n\n";

  it.each([
    ["a", "one\nours\ntwo\n"],
    ["b", "one\ntheirs\ntwo\n"],
    ["both", "one\nours\ntheirs\ntwo\n"],
  ] as const)("take %s", (take, expected) => {
    const text = `${head}one\n${set("ours", "theirs")}\ntwo\n`;
    expect(settled(text, body, { take })).toBe(head + expected);
  });

  it("keeps line ends, a byte order mark, and every other byte", () => {
    const text = `\uFEFF---\r\ntitle: A\r\n# why\r\n---\r\n\r\n${set("ours", "theirs", undefined, "\r\n")}\r\n  end  \r\n`;
    expect(settled(text, body, { take: "b" })).toBe(
      "\uFEFF---\r\ntitle: A\r\n# why\r\n---\r\n\r\ntheirs\r\n  end  \r\n",
    );
  });

  it("takes what one side added where the other has nothing, and shows no base", () => {
    expect(settled(`${head}${set("", "theirs")}\n`, body, { take: "a" })).toBe(head);
    expect(settled(`${head}${set("", "theirs")}\nx\n`, body, { take: "both" })).toBe(`${head}theirs\nx\n`);
  });

  it("keeps what only one side changed, where a set shows what both started from", () => {
    const text = `${head}${set("one\nzwei\nthree", "one!\ndeux\nthree", "one\ntwo\nthree")}\n`;
    // Line by line both sides changed the second one alone; the first is not contested only when it stands apart.
    const apart = `${head}${set("a\nx\nzwei", "b\nx\ndeux", "a\nx\ntwo")}\n`;
    expect(settled(text, body, { take: "b" })).toBe(`${head}one!\ndeux\nthree\n`);
    expect(settled(apart, body, { take: "a" })).toBe(`${head}b\nx\nzwei\n`);
  });

  it("leaves alone what is no complete set", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("<<<<<<< x", "=======", "text", "> quote", "||||||| b"), { maxLength: 8 }),
        (lines) => {
          const text = `${head}${lines.join("\n")}\n`;
          expect(settled(text, body, { take: "b" })).toBe(text);
        },
      ),
    );
  });

  it("gives for both sides what each of them was, whatever stands around the sets", () => {
    const line = fc.constantFrom("a", "b", "", "- c", "====", "<<<<<<");
    const part = fc.oneof(
      fc.record({ ours: fc.array(line, { maxLength: 3 }), theirs: fc.array(line, { maxLength: 3 }) }),
      line,
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const marked = parts.flatMap((one) =>
          typeof one === "string" ? one : ["<<<<<<< HEAD", ...one.ours, "=======", ...one.theirs, ">>>>>>> theirs"],
        );
        for (const [take, side] of [
          ["a", "ours"],
          ["b", "theirs"],
        ] as const) {
          const wanted = parts.flatMap((one) => (typeof one === "string" ? one : one[side]));
          const text = [`${head}start`, ...marked, "end\n"].join("\n");
          expect(settled(text, body, { take })).toBe([`${head}start`, ...wanted, "end\n"].join("\n"));
        }
      }),
    );
  });
});

describe("markers around fields", () => {
  const told = record(["title"], { title: "Green" }, { title: "Red" });
  const text = `---\n${set("title: Green\nimportance: 0.5", "title: Red\nimportance: 0.9")}\ncategory: fact\n---\n\nBody.\n`;
  const merged = "---\ntitle: Green\nimportance: 0.9\ncategory: fact\n---\n\nBody.\n";
  const now = (title: string): string => `---\ntitle: ${title}\nimportance: 0.9\ncategory: fact\n---\n\nBody.\n`;

  it("decide what is contested; the rest is as the merge has it", () => {
    expect(settled(text, told, { take: "a" }, { merged })).toBe(now("Green"));
    expect(settled(text, told, { take: "b" }, { merged })).toBe(now("Red"));
    expect(settled(text, told, { values: { title: "Blue" } }, { merged })).toBe(now("Blue"));
  });

  it("take lists of both sides, and refuse both of what has one value", () => {
    const tags = record(["tags"], { tags: ["x", "a"] }, { tags: ["x", "b"] });
    const listed = `---\ntitle: A\n${set("tags: [x, a]", "tags: [x, b]")}\n---\n\nBody.\n`;
    expect(settled(listed, tags, { take: "both" })).toMatch(/a[\s\S]*b/);
    for (const wrong of [{ take: "both" }, {}, { values: { importance: 1 } }] as const)
      expect(() => settled(text, told, wrong, { merged })).toThrow(MemoryError);
  });

  it("that stand in a comment beside a field go with the decision", () => {
    const beside = '---\ntitle: Green\n#>>>>>>> theirs: title: "Red"\n# why\n---\n\n#>>>>>>> theirs: in a text\n';
    expect(settled(beside, told, { take: "b" })).toBe("---\ntitle: Red\n# why\n---\n\n#>>>>>>> theirs: in a text\n");
    expect(settled(beside, told, { take: "a" })).toBe("---\ntitle: Green\n# why\n---\n\n#>>>>>>> theirs: in a text\n");
  });

  it("of a file that could not be read as an entry are taken as text, or the file is given whole", () => {
    const whole = record(["file"], { file: "a" }, { file: "b" });
    expect(settled(`x\n${set("1", "2")}\n`, whole, { take: "both" })).toBe("x\n1\n2\n");
    expect(settled(`x\n${set("1", "2")}\n`, whole, { values: { file: "mine\n" } })).toBe("mine\n");
    expect(
      settled(
        `x: 1\n${set("y: 1", "y: 2")}\n`,
        record(["y"], { y: 1 }, { y: 2 }),
        { take: "b" },
        { path: "tags.yaml" },
      ),
    ).toBe("x: 1\ny: 2\n");
  });
});
