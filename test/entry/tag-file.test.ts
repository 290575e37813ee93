import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTagFile, TAGS } from "../../src/entry/tag-file.js";
import { editTagFile, type TagFileEdit } from "../../src/entry/tag-file-edit.js";
import { PREDEFINED_TAGS, tagName } from "../../src/entry/tags.js";
import { formatInline } from "../../src/entry/yaml.js";
import { bytesOf, textOf } from "./fixtures.js";

const edited = (text: string | null, ...edits: TagFileEdit[]): string =>
  textOf(editTagFile(text === null ? null : bytesOf(text), edits));
const read = (text: string) => {
  const file = readTagFile(bytesOf(text));
  if (file.kind !== "tags") throw new Error(file.reason);
  return {
    declared: Object.fromEntries([...file.declared].map(([name, { key: _key, ...about }]) => [name, about])),
    problems: file.problems,
  };
};

describe("the predefined tags", () => {
  it("are these, by category, under names that entries hold", () => {
    const byCategory = (wanted: string) =>
      [...PREDEFINED_TAGS].filter(([, { category }]) => category === wanted).map(([name]) => name);
    expect(byCategory("language").join(" ")).toBe("python typescript javascript rust go java sql bash markdown");
    expect(byCategory("domain").join(" ")).toBe("web cli api database ml devops security testing documentation");
    expect(byCategory("meta").join(" ")).toBe("deprecated experimental stable required optional");
    expect(byCategory("custom")).toEqual([]);
    for (const name of PREDEFINED_TAGS.keys()) expect(tagName(name, "name")).toBe(name);
  });
});

describe("tagName", () => {
  it("is what entries hold", () => {
    expect(tagName("  Billing ", "name")).toBe("billing");
    expect(tagName("Cafe\u0301", "name")).toBe("café");
  });

  it.each(["", "  ", "a\nb", "x".repeat(65), "a\u0000"])("refuses %j", (text) => {
    expect(() => tagName(text, "to")).toThrow(
      expect.objectContaining({ code: "invalid_input", data: { field: "to" } }),
    );
  });
});

describe("readTagFile", () => {
  it("reads names, categories and descriptions, whatever else is there", () => {
    const text =
      "\uFEFF# ours\r\nBilling: # money\r\n  description: Invoices\r\n  owner: ada\r\nkotlin: {category: language}\r\nbare:\r\n2024: {}\r\n";
    expect(read(text)).toEqual({
      declared: {
        billing: { description: "Invoices" },
        kotlin: { category: "language" },
        bare: {},
        2024: {},
      },
      problems: [],
    });
    expect(read("")).toEqual({ declared: {}, problems: [] });
    expect(readTagFile(undefined)).toMatchObject({ kind: "tags" });
  });

  it("tells what is wrong with its line, and reads the rest", () => {
    const text = [
      "billing: Invoices",
      "kotlin:",
      "  category: tongue",
      "  description: [a]",
      "python: {category: domain, description: Ours}",
      "BILLING: {}",
      '"two\\nlines": {}',
      "list: [a]",
      "fine: {category: meta}",
      `long: {description: ${"x".repeat(501)}}`,
    ].join("\n");
    const { declared, problems } = read(text);
    expect(declared).toEqual({
      billing: {},
      kotlin: {},
      python: { description: "Ours" },
      list: {},
      fine: { category: "meta" },
      long: {},
    });
    expect(problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      "1: the value must be a map with category and description",
      "2: category must be one of language, domain, meta, custom",
      "2: description must be text",
      "5: category must be language, or absent: this tag is a predefined one",
      "6: the name is there already, but for letter case or spaces",
      "7: the name cannot be a tag: it must be one line of 1 to 64 characters",
      "8: the value must be a map with category and description",
      "10: description must have 500 characters at most",
    ]);
  });

  it.each([
    ["a: [\n", 2],
    ["a: 1\na: 2\n", 2],
    ["- a\n", 1],
    ["a\0: {}", undefined],
  ])("says why it cannot read %j", (text, line) => {
    expect(readTagFile(bytesOf(text))).toMatchObject({
      kind: "unreadable",
      reason: expect.stringMatching(/\w/),
      ...(line === undefined ? {} : { line }),
    });
  });

  it("takes what its schema takes", () => {
    expect(TAGS.safeParse({ a: null, b: { category: "meta", description: "x", more: 1 } }).success).toBe(true);
    for (const bad of [{ a: "x" }, { a: { category: "other" } }, { a: { description: 1 } }, { "": null }])
      expect(TAGS.safeParse(bad).success).toBe(false);
  });
});

describe("editTagFile", () => {
  const set = (name: string, about: Extract<TagFileEdit, { op: "set" }>["about"]): TagFileEdit => ({
    op: "set",
    name,
    about,
  });

  it("makes a file that explains itself", () => {
    expect(
      edited(null, set("b", { category: "custom", description: "x: y" }), set("a", { category: "custom" })),
    ).toMatch(/^# .+\n\na:\n {2}category: custom\nb:\n {2}category: custom\n {2}description: "x: y"\n$/);
  });

  it.each<[string, string, TagFileEdit, string]>([
    [
      "a new tag in its place",
      "# top\n\na: {}\n\n# of c\nc: {}\n",
      set("b", { category: "meta" }),
      "# top\n\na: {}\nb:\n  category: meta\n\n# of c\nc: {}\n",
    ],
    [
      "a new tag at the end",
      "a: {} # x\n# end\n",
      set("b", { category: "meta" }),
      "a: {} # x\nb:\n  category: meta\n# end\n",
    ],
    ["after a last line without an end", "a: {}", set("b", { category: "meta" }), "a: {}\nb:\n  category: meta"],
    ["in CRLF", "a: {}\r\n", set("b", { category: "meta" }), "a: {}\r\nb:\r\n  category: meta\r\n"],
    [
      "a description beside its comments",
      "a: # of a\n  # why\n  category:   meta # sort\n  owner: ada\n  description: 'old' # text\nb: {}\n",
      set("a", { description: "new" }),
      "a: # of a\n  # why\n  category:   meta # sort\n  owner: ada\n  description: 'new' # text\nb: {}\n",
    ],
    [
      "a description that was not there",
      "a:\n    category: meta # sort\n    # of it\n\nb: {}\n",
      set("a", { description: "new" }),
      "a:\n    category: meta # sort\n    description: new\n    # of it\n\nb: {}\n",
    ],
    [
      "into a map on one line",
      "a: {category: meta} # x\nb:   {}\n",
      set("a", { description: "new" }),
      "a: {category: meta, description: new} # x\nb:   {}\n",
    ],
    [
      "into a tag without a value",
      "a: # x\nb:   {}\n",
      set("a", { description: "new" }),
      "a: # x\n  description: new\nb:   {}\n",
    ],
    [
      "under the name as it stands there",
      "Mine: {category: meta}\n",
      set("mine", { category: "domain" }),
      "Mine: {category: domain}\n",
    ],
    [
      "another name",
      "a: # x\n  category: meta\n'b' : {} # y\n",
      { op: "rename", name: "b", to: "it's" },
      "a: # x\n  category: meta\n'it''s' : {} # y\n",
    ],
    ["another name for one without a value", "a:\nb:\n", { op: "rename", name: "a", to: "c" }, "c:\nb:\n"],
    [
      "another name in one line",
      "{a: {category: meta}, b: }",
      { op: "rename", name: "b", to: "c" },
      "{a: {category: meta}, c: {}}",
    ],
    [
      "away",
      "# top\n\n# of a\na:\n  category: meta\nb: {} # y\n",
      { op: "remove", name: "a" },
      "# top\n\n# of a\nb: {} # y\n",
    ],
    ["nothing", "b: {} # y\n", { op: "remove", name: "a" }, "b: {} # y\n"],
  ])("writes %s", (_, text, edit, wanted) => {
    expect(edited(text, edit)).toBe(wanted);
  });

  it.each(["a: 1: 2\n", "a: Invoices\n"])("refuses to write into %j", (text) => {
    expect(() => edited(text, set("a", { description: "new" }))).toThrow(
      expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(/line 1: .*Mend the file/) }),
    );
  });

  const name = fc
    .oneof(
      fc.string({ unit: "grapheme", maxLength: 20 }),
      fc.constantFrom("__proto__", "constructor", "yes", "2024", "1e3", "#x", "- y", "a: b", "null", "~"),
    )
    .map((text) => text.replace(/[\r\n]/g, " "))
    .filter((text) => text.trim() !== "" && !/\p{Surrogate}|\u0000/u.test(text))
    .map((text) => tagName(text, "name"));
  const about = fc.record(
    {
      category: fc.constantFrom("language" as const, "domain" as const, "meta" as const, "custom" as const),
      description: fc
        .string({ minLength: 1, maxLength: 30 })
        .filter((text) => text.trim() !== "" && !/\p{Surrogate}|\u0000/u.test(text)),
    },
    { requiredKeys: ["category"] },
  );
  const some = fc.uniqueArray(fc.tuple(name, about), { selector: ([one]) => one, maxLength: 6 });

  it("says what was set, whatever the names and texts are", () => {
    fc.assert(
      fc.property(some, (tags) => {
        const text = edited(null, ...tags.map(([one, what]) => set(one, what)));
        const file = readTagFile(bytesOf(text));
        expect(file.kind === "tags" && [...file.declared.keys()].sort()).toEqual(tags.map(([one]) => one).sort());
        for (const [one, what] of tags)
          if (file.kind === "tags" && !PREDEFINED_TAGS.has(one)) expect(file.declared.get(one)).toMatchObject(what);
      }),
    );
  });

  it("keeps every line that an edit is not about, comments too", () => {
    fc.assert(
      fc.property(some, name, about, (tags, other, what) => {
        fc.pre(!tags.some(([one]) => one === other));
        const text = edited(null, ...tags.map(([one, each]) => set(one, each))).replace(
          /^( {2}category: \w+)$/gm,
          "$1 # why",
        );
        const after = edited(text, set(other, what));
        const [before, now] = [text.split("\n"), after.split("\n")];
        expect(before.filter((line) => !now.includes(line))).toEqual([]);
        expect(edited(after, { op: "remove", name: other })).toBe(text);
      }),
    );
  });

  it("gives back the same bytes when a name is changed and changed back", () => {
    const plain = fc
      .stringMatching(/^[a-z][a-z0-9/+-]{0,12}[a-z0-9]$/)
      .filter((text) => formatInline(text, "plain", false) === text);
    fc.assert(
      fc.property(
        some,
        fc.uniqueArray(plain, { minLength: 2, maxLength: 2 }),
        fc.constantFrom("", "'", '"'),
        (tags, [from = "", to = ""], quote) => {
          fc.pre(!tags.some(([one]) => one === from || one === to));
          const text = edited(null, ...tags.map(([one, each]) => set(one, each)));
          const whole = `${text}${quote}${from}${quote}:   {category: meta} # why\n`;
          const there = edited(whole, { op: "rename", name: from, to });
          expect(there).toBe(`${text}${quote}${to}${quote}:   {category: meta} # why\n`);
          expect(edited(there, { op: "rename", name: to, to: from })).toBe(whole);
        },
      ),
    );
  });
});
