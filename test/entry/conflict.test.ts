import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ConflictRecord,
  formatConflict,
  mergeConflicts,
  newConflict,
  readConflict,
  valuesOf,
} from "../../src/entry/conflict.js";
import { conflictIdAt, conflictPath } from "../../src/entry/conflict-id.js";
import { firstMarkerLine } from "../../src/entry/conflict-markers.js";
import { bytesOf, textOf } from "./fixtures.js";

const [OLD, A, B] = ["1", "2", "3"].map((digit) => digit.repeat(40)) as [string, string, string];
const NEW = {
  entry: "0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11",
  path: "memories/a.md",
  cause: "concurrent",
  base: OLD,
  a: { version: A, values: { importance: 0.9, body: "One\n\n```\ncode\n```" } },
  b: { version: B, values: { importance: 0.1, body: "Two" } },
  fields: ["importance", "body"],
  at: Date.UTC(2026, 0, 2),
} as const;
const record = newConflict(NEW);
const read = (bytes: Uint8Array, id = "x") => {
  const found = readConflict(bytes, id);
  if (found.kind === "unreadable") throw new Error(found.reason);
  return found.record;
};

describe("a conflict record", () => {
  it("has an id that follows from what it is between, whichever side is which", () => {
    expect(record.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newConflict({ ...NEW, a: NEW.b, b: NEW.a, at: 0 }).id).toBe(record.id);
    expect(newConflict({ ...NEW, base: null }).id).not.toBe(record.id);
    expect(newConflict({ ...NEW, cause: "merge" }).id).not.toBe(record.id);
    expect(newConflict({ ...NEW, b: { ...NEW.b, version: OLD } }).id).not.toBe(record.id);
  });

  it("reads back as it was written, with a difference for people", () => {
    const bytes = formatConflict(record);
    expect(read(bytes, record.id)).toEqual(record);
    expect(textOf(bytes)).toContain("- Two".replace("- ", "+ "));
    expect(textOf(bytes)).toContain("````diff\n");
    expect(conflictIdAt(conflictPath(record))).toBe(record.id);
    expect(conflictPath({ ...record, resolved: true })).toBe(`conflicts/resolved/${record.id}.md`);
    expect(conflictIdAt("memories/a.md")).toBeUndefined();
  });

  it("holds any values, or says where they are", () => {
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom("---", "<<<<<<< ours\n=======\n>>>>>>> x"));
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), value), fc.string(), (values, body) => {
        const one = newConflict({ ...NEW, a: { version: A, values: { ...values, body } }, b: { version: B, values } });
        const found = read(formatConflict(one), one.id);
        expect(found.fields).toEqual(one.fields);
        expect([found.version_a, found.version_b]).toEqual([A, B]);
        expect(found.a).toEqual(JSON.parse(JSON.stringify(one.a)));
      }),
    );
    const long = "line\n".repeat(60_000);
    const one = newConflict({ ...NEW, a: { version: A, values: { importance: 1, body: long } } });
    expect(read(formatConflict(one), one.id).a).toEqual({ importance: 1 });
  });

  it("is no text with markers", () => {
    const body = "<<<<<<< ours\none\n=======\ntwo\n>>>>>>> theirs";
    const one = newConflict({ ...NEW, a: { version: A, values: { body } } });
    expect(firstMarkerLine(textOf(formatConflict(one)))).toBeUndefined();
  });

  it("is read leniently", () => {
    const text = "---\npath: memories/a.md\ncause: odd\nfields: [title, 3]\nresolved: true\n---\n";
    const found = read(bytesOf(text), "x");
    expect(found).toMatchObject({ id: "x", entry: "memories/a.md", cause: "merge", fields: ["title"], resolved: true });
    expect(read(bytesOf("---\nresolved: maybe\npath: 3\n---\n")).resolved).toBe(false);
  });

  it.each(["", "text", "---\n[\n---\n", "---\na: 1\n", "\0"])("says why %j is none", (text) => {
    expect(readConflict(bytesOf(text), "x")).toEqual({ kind: "unreadable", reason: expect.stringMatching(/\w/) });
  });

  it("of two states the resolved one stays, of two resolutions the earlier", () => {
    const closed = (by: string, at: string): Uint8Array =>
      formatConflict({
        ...record,
        resolved: true,
        resolution: "a",
        resolved_by: by,
        resolved_at: at,
      } as ConflictRecord);
    const [open, first, second] = [formatConflict(record), closed("x", "2026-01-03"), closed("y", "2026-01-04")];
    for (const [ours, theirs, kept] of [
      [open, first, first],
      [first, open, first],
      [first, second, first],
      [second, first, first],
    ] as const)
      expect(mergeConflicts({ base: null, ours, theirs }, "ours")).toEqual({ kind: "clean", bytes: kept });
  });

  it("takes each side's values from a merge", () => {
    const contested = [
      { field: "importance", ours: 1 },
      { field: "title", ours: "a", theirs: "b" },
    ];
    expect(valuesOf(contested, "ours")).toEqual({ importance: 1, title: "a" });
    expect(valuesOf(contested, "theirs")).toEqual({ title: "b" });
  });
});
