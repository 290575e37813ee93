import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DocumentAt, DocumentLevel } from "../../src/entry/document.js";
import { checkContent, FIELD_NAMES, normaliseFields } from "../../src/entry/fields.js";
import { checkDocument, editDocument, parseDocument, readDocument } from "../../src/entry/scope-document.js";
import { MemoryError } from "../../src/errors.js";
import { bytesOf, FIXTURES, fixture, textOf } from "./fixtures.js";
import "../support/properties.js";

const AT: Readonly<Record<DocumentLevel, DocumentAt>> = {
  org: { level: "org", scope: "org/acme", folder: "orgs/acme", parent: "global", name: "acme" },
  project: { level: "project", scope: "project/api", folder: "", parent: "global", name: "api" },
  session: { level: "session", scope: "session/s", folder: "sessions/s", parent: "project/api", name: "s" },
};

const ID = "0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11";
const LOCAL = { absolutePaths: false };

function read(level: DocumentLevel, text: string) {
  const parsed = parseDocument(bytesOf(text), AT[level]);
  if (parsed.kind !== "document") throw new Error(parsed.reason);
  return parsed.document;
}

const front = (level: DocumentLevel, yaml: string) => read(level, `---\n${yaml}\n---\n\nText\n`);

function refusal(run: () => void): MemoryError {
  try {
    run();
  } catch (error) {
    if (error instanceof MemoryError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("parseDocument", () => {
  it("reads what is known of a project, with the folder for a name and the body for a description", () => {
    const text = `---\nid: ${ID}\ntitle: The API\ntags: [Web]\nroot_path: ./packages/api/\nlanguage: typescript\nmetadata:\n  team: [ada]\nmine: 1\n---\n\nWhat it is.\n`;
    expect(read("project", text)).toEqual({
      ...AT.project,
      title: "The API",
      fields: {
        id: ID,
        title: "The API",
        tags: ["web"],
        root_path: "packages/api",
        language: "typescript",
        metadata: { team: ["ada"] },
      },
      unknown: { mine: 1 },
      problems: [],
      body: "What it is.",
    });
  });

  it.each([
    ["a heading", "# Billing\n\nText\n", "Billing"],
    ["the folder's name", "Text\n", "acme"],
    ["the folder's name, of an empty file", "", "acme"],
  ])("takes the title from %s", (_from, text, title) => {
    expect(read("org", text).title).toBe(title);
  });

  it("reads a session with its working set in order", () => {
    const yaml = `purpose: Fix billing\nstatus: paused\nstarted_at: 2025-01-31T12:00:00Z\nparent: before\ngit_commit: ${"a".repeat(40)}\nworking_set:\n  - entry: project/api:memories/b\n    working: true\n  - {entry: memories/a, working: false}`;
    const { fields, problems } = front("session", yaml);
    expect(problems).toEqual([]);
    expect(fields.working_set).toEqual([{ entry: "project/api:memories/b", working: true }, { entry: "memories/a" }]);
    expect(fields).toMatchObject({ purpose: "Fix billing", status: "paused", parent: "before" });
  });

  it.each<[DocumentLevel, string, string]>([
    ["org", "status: paused", "status"],
    ["org", "metadata: text", "metadata"],
    ["org", "id: 1", "id"],
    ["project", "root_path: ../other", "root_path"],
    ["project", "root_path: packages\\api", "root_path"],
    ["project", "git_remote_url: https://ada:word@example.org/a.git", "git_remote_url"],
    ["project", "tags: web", "tags"],
    ["session", "status: archived", "status"],
    ["session", "started_at: yesterday", "started_at"],
    ["session", "parent: a/b", "parent"],
    ["session", "git_commit: HEAD", "git_commit"],
    ["session", "working_set: [memories/a]", "working_set"],
    ["session", "relations: [{type: x}]", "relations"],
  ])("counts a value of a wrong type in %s as unknown: %s", (level, yaml, field) => {
    const document = front(level, `other: 1\n${yaml}`);
    expect(document.problems).toEqual([{ field, message: expect.any(String), line: 3 }]);
    expect(Object.keys(document.fields)).toEqual([]);
    expect(Object.keys(document.unknown)).toEqual(["other", field]);
  });

  it("tells why a file cannot be read, and where", () => {
    expect(parseDocument(bytesOf("---\na: 1\nb: [\n---\n"), AT.org)).toMatchObject({ kind: "unreadable" });
    expect(readDocument(bytesOf("---\na: 1\na: 2\n---\n"), AT.org)).toMatchObject({ kind: "unreadable", line: 3 });
    expect(parseDocument(bytesOf("\u0000"), AT.org)).toMatchObject({ kind: "unreadable" });
  });
});

describe("editDocument", () => {
  it("makes a new file with the fields in their order", () => {
    const set = { metadata: { goals: ["one"] }, title: "API", root_path: "api", id: ID };
    const made = editDocument(null, { set, content: "What it is." }, "project");
    expect(textOf(made)).toBe(
      `---\nid: ${ID}\ntitle: API\nroot_path: api\nmetadata:\n  goals:\n    - one\n---\n\nWhat it is.\n`,
    );
  });

  it("changes one value and no other byte", () => {
    const text = "\uFEFF---\r\n# mine\r\nstatus: 'active' # now\r\nown:   {a: 1}\r\n---\r\n\r\n  Text \r\n\r\n";
    const after = editDocument(bytesOf(text), { set: { status: "paused" } }, "session");
    expect(textOf(after)).toBe(text.replace("'active'", "'paused'"));
  });

  it("keeps comments and the other items of a working set that grows", () => {
    const text = "---\nworking_set:\n  - entry: memories/a # first\n---\n";
    const set = { working_set: [{ entry: "memories/a" }, { entry: "memories/b", working: true }] };
    const after = textOf(editDocument(bytesOf(text), { set }, "session"));
    expect(after).toContain("  - entry: memories/a # first\n");
    expect(read("session", after).fields.working_set).toEqual(set.working_set);
  });

  const LEVELS: readonly DocumentLevel[] = ["org", "project", "session"];
  const readable = FIXTURES.filter((name) => parseDocument(fixture(name), AT.project).kind === "document");

  it.each(readable)("gives %s back byte for byte when it is told what it says", (name) => {
    const bytes = fixture(name);
    for (const level of LEVELS) {
      expect(editDocument(bytes, {}, level)).toEqual(bytes);
      const { body, fields } = read(level, textOf(bytes));
      // Tags are read in lower case, so they may differ from what is written there.
      const { tags: _tags, ...same } = fields;
      const set = { ...same, not_there: null };
      expect(editDocument(bytes, { set, content: body }, level)).toEqual(bytes);
    }
  });

  it("reads back what it wrote, and leaves what it was not asked about", () => {
    const word = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((text) => text.trim() === text);
    const given = fc.record(
      { purpose: word, agent: word, git_branch: word, metadata: fc.dictionary(word, fc.oneof(word, fc.integer())) },
      { requiredKeys: [] },
    );
    const oneLine = (text: string): boolean => !/[\r\n\u0000]/.test(text);
    fc.assert(
      fc.property(given, given, fc.constantFrom("\n", "\r\n"), (first, second, eol) => {
        fc.pre(Object.values({ ...first, ...second }).every((one) => typeof one !== "string" || oneLine(one)));
        const made = textOf(editDocument(null, { set: { ...first, kept: "# yes" }, content: "One\ntwo" }, "session"));
        const text = made.replaceAll("\n", eol);
        const after = textOf(editDocument(bytesOf(text), { set: second }, "session"));
        const parsed = parseDocument(bytesOf(after), AT.session);
        expect(parsed).toMatchObject({ kind: "document", document: { unknown: { kept: "# yes" }, body: "One\ntwo" } });
        const { fields, problems } = read("session", after);
        expect([{ ...fields }, problems]).toEqual([{ ...first, ...second }, []]);
        expect(textOf(editDocument(bytesOf(after), { set: second }, "session"))).toBe(after);
      }),
    );
  });
});

describe("checkDocument", () => {
  it.each<[DocumentLevel, Record<string, unknown>, Record<string, unknown>]>([
    ["org", { title: "x".repeat(201) }, { field: "title", limit: 200, size: 201 }],
    ["org", { metadata: { a: "x".repeat(50_000) } }, { field: "metadata", limit: 50_000, size: 50_008 }],
    ["project", { root_path: "/srv/api" }, { field: "root_path" }],
    ["project", { root_path: "C:\\api" }, { field: "root_path" }],
    ["project", { root_path: "~/api" }, { field: "root_path" }],
    ["project", { root_path: "a/../../b" }, { field: "root_path" }],
    ["project", { status: "completed" }, { field: "status" }],
    ["session", { root_path: "api" }, { field: "root_path" }],
    ["session", { purpose: "x".repeat(501) }, { field: "purpose", limit: 500, size: 501 }],
    ["session", { started_at: 1 }, { field: "started_at" }],
  ])("refuses for %s %j", (level, fields, data) => {
    const error = refusal(() => checkDocument(level, fields, LOCAL));
    expect(error).toMatchObject({ code: "invalid_input", data });
    expect(error.message).toContain(String(data.field));
  });

  it("holds a working set to the limit it is given", () => {
    const fields = { working_set: [{ entry: "memories/a" }, { entry: "memories/b" }] };
    checkDocument("session", fields, { ...LOCAL, workingSet: 2 });
    const error = refusal(() => checkDocument("session", fields, { ...LOCAL, workingSet: 1 }));
    expect(error.data).toEqual({ field: "working_set", limit: 1, size: 2 });
  });

  it("lets the personal store say where a project is on this machine", () => {
    for (const root of ["/srv/api", "C:\\api", "~/api", "."])
      checkDocument("project", { root_path: root }, { absolutePaths: true });
    expect(() => checkDocument("project", { root_path: "/srv/../x" }, { absolutePaths: true })).toThrow(MemoryError);
  });

  it("says where a field belongs", () => {
    expect(refusal(() => checkDocument("org", { language: "go" }, LOCAL)).message).toBe(
      'An org has no field "language"; it belongs to project.',
    );
    expect(refusal(() => checkDocument("session", { priority: 1 }, LOCAL)).message).toContain(
      `known are ${FIELD_NAMES("session").join(", ")}`,
    );
  });

  it("takes null for any field, and a description up to its limit", () => {
    checkDocument("project", { root_path: null, title: null }, LOCAL);
    expect(() => checkContent("x".repeat(100_001))).toThrow(MemoryError);
  });
});

describe("normaliseFields", () => {
  it("leaves out what absence means, and writes equal places alike", () => {
    const fields = {
      status: "active",
      working_set: [{ entry: "memories/a", working: false }],
      root_path: "./api//web/",
      tags: ["Web", "web"],
      purpose: "",
    };
    expect(normaliseFields(fields)).toEqual({
      status: null,
      working_set: [{ entry: "memories/a" }],
      root_path: "api/web",
      tags: ["web"],
      purpose: null,
    });
    expect(normaliseFields({ working_set: [] })).toEqual({ working_set: null });
  });
});
