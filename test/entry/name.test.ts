import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkName, foldName, nameFromTitle, nameProblem } from "../../src/entry/name.js";

describe("nameFromTitle", () => {
  it.each([
    ["Use Postgres for billing", "use-postgres-for-billing"],
    ["snake_case & CamelCase v1.2!", "snake_case-camelcase-v1-2"],
    ["  --.Lead and trail.-- ", "lead-and-trail"],
    ["請求書を確認する", "請求書を確認する"],
    ["Größe der Übersicht", "größe-der-übersicht"],
    ["हिन्दी नाम", "हिन्दी-नाम"],
    ["a/b\\c", "a-b-c"],
    ["CON", "con-entry"],
    ["Lpt1", "lpt1-entry"],
    ["console", "console"],
    ["🧾 !?", undefined],
    ["", undefined],
    ["e\u0301tude", "étude"],
  ])("%j gives %j", (title, name) => {
    expect(nameFromTitle(title)).toBe(name);
  });

  it("cuts at 80 bytes, never inside a code point", () => {
    expect(nameFromTitle("語".repeat(40))).toBe("語".repeat(26));
    expect(nameFromTitle("𠀀".repeat(40))).toBe("𠀀".repeat(20));
    expect(nameFromTitle(`${"a".repeat(79)} b`)).toBe("a".repeat(79));
  });

  it("always makes a name that may be used and stays itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (title) => {
        const name = nameFromTitle(title);
        if (name === undefined) return;
        checkName(name);
        expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(86);
        expect(nameFromTitle(name)).toBe(name);
      }),
    );
  });
});

describe("checkName", () => {
  it.each(["a", "db/use-postgres", "2025-01/a_b", "ü/語", "con-entry", "a.b"])("takes %j", (name) => {
    expect(() => checkName(name)).not.toThrow();
  });

  it.each([
    "",
    "..",
    "a/../b",
    "a/./b",
    "/etc/passwd",
    "a//b",
    "a/",
    "a\\b",
    "a\0b",
    "a\nb",
    "a\u2028b",
    ".hidden",
    "a/.git/b",
    "x".repeat(253),
    "\ud800",
    "a/".repeat(600),
    "a.md",
    "a.LOCK",
    "nul",
    "a/COM1.txt",
    "C:/x",
    "a?",
    "a ",
    "a.",
    " a",
    "-rf",
  ])("refuses %j", (name) => {
    expect(() => checkName(name)).toThrow(expect.objectContaining({ code: "invalid_input", data: { field: "name" } }));
  });

  it("lets names be read that it would not make", () => {
    expect(["a.md", "nul", "a?", "-rf", "a:b"].map(nameProblem)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("foldName", () => {
  it.each([
    ["Straße", "STRASSE"],
    ["ΟΔΟΣ", "οδος"],
    ["é", "e\u0301"],
    ["ẞ", "ss"],
    ["Å", "\u212B"],
  ])("finds that %j and %j collide", (a, b) => {
    expect(foldName(a)).toBe(foldName(b));
  });

  it("is the same for every spelling of a name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const folded = foldName(name);
        for (const other of [folded, name.toUpperCase(), name.toLowerCase(), name.normalize("NFD")]) {
          expect(foldName(other)).toBe(folded);
        }
      }),
    );
  });
});
