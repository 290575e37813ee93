import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEntry } from "../../src/entry/markdown.js";
import { mergeMarkdown } from "../../src/entry/merge.js";
import { mergeFile } from "../../src/entry/merge-file.js";
import { MARKS, markConflict } from "../../src/entry/merge-markers.js";
import type { Merged, Sides } from "../../src/entry/merge-texts.js";
import { AT, bytesOf, FIXTURES, fixture, textOf } from "./fixtures.js";
import { files, sidesOf } from "./merge-sides.js";

const CASES = join(dirname(fileURLToPath(import.meta.url)), "../../fixtures/merge");
const same = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** What a merge says, for a comparison: the text, and what is contested. */
function told(merged: Merged): string {
  if (merged.kind === "distinct") return "distinct\n";
  const contested =
    merged.kind === "conflict"
      ? `\n=== ${merged.cause}: ${merged.contested.map(({ field }) => field).join(", ")}\n`
      : "";
  return textOf(merged.bytes) + contested;
}

describe("the cases", () => {
  const sides = (name: string): Sides => {
    const file = (side: string) => readFileSync(join(CASES, name, `${side}.md`));
    return {
      base: existsSync(join(CASES, name, "base.md")) ? file("base") : null,
      ours: file("ours"),
      theirs: file("theirs"),
    };
  };

  it.each(readdirSync(CASES).sort())("%s", (name) => {
    const merged = mergeFile(`memories/${name}.md`, sides(name), "ours");
    expect(told(merged)).toBe(readFileSync(join(CASES, name, "expected.md"), "utf8"));
  });

  it.each(readdirSync(CASES).filter((name) => existsSync(join(CASES, name, "marked.md"))))("%s, marked", (name) => {
    const merged = mergeFile(`memories/${name}.md`, sides(name), "ours");
    const marked = merged.kind === "clean" ? undefined : markConflict(merged, sides(name), false, MARKS);
    expect(marked && textOf(marked)).toBe(readFileSync(join(CASES, name, "marked.md"), "utf8"));
  });

  it("are marked where they are contested", () => {
    const open = readdirSync(CASES).filter(
      (name) => mergeFile(`memories/${name}.md`, sides(name), "ours").kind !== "clean",
    );
    expect(open.filter((name) => !existsSync(join(CASES, name, "marked.md")))).toEqual([]);
  });
});

const some = fc.oneof(files, fc.constantFrom(...FIXTURES).map(fixture));

const merge = (sides: Sides, prefer: "ours" | "theirs" = "ours") => mergeMarkdown(sides, prefer);

describe("the laws", () => {
  it("a side that did not change gives way, to the byte", () => {
    fc.assert(
      fc.property(some, some, (base, changed) => {
        expect(merge({ base, ours: changed, theirs: base })).toEqual({ kind: "clean", bytes: changed });
        expect(merge({ base, ours: base, theirs: changed })).toEqual({ kind: "clean", bytes: changed });
        expect(merge({ base, ours: changed, theirs: changed })).toEqual({ kind: "clean", bytes: changed });
      }),
    );
  });

  it("which side is which tells only whose values stay", () => {
    fc.assert(
      fc.property(sidesOf, ({ base, ours, theirs }) => {
        const one = merge({ base, ours, theirs }, "ours");
        const other = merge({ base, ours: theirs, theirs: ours }, "theirs");
        expect(one.kind).toBe(other.kind);
        if (one.kind === "distinct" || other.kind === "distinct") return;
        expect(same(one.bytes)).toBe(same(other.bytes));
        if (one.kind === "clean") {
          const preferred = merge({ base, ours, theirs }, "theirs");
          expect(unordered(said(preferred))).toEqual(unordered(said(one)));
        }
      }),
    );
  });

  it("what one side changed is in the result, or on record", () => {
    fc.assert(
      fc.property(sidesOf, (sides) => {
        const merged = merge(sides);
        if (merged.kind === "distinct") return;
        const result = said(merged);
        const contested = new Set(merged.kind === "conflict" ? merged.contested.map(({ field }) => field) : []);
        const before = entry(sides.base ?? new Uint8Array());
        for (const side of [sides.ours, sides.theirs].map(entry)) {
          for (const field of Object.keys(side.fields)) {
            if (contested.has(field)) continue;
            expect(kept(side.fields[field], before.fields[field], result.fields[field])).toBe(true);
          }
          for (const field of Object.keys(before.fields)) {
            if (contested.has(field) || field in side.fields || !isPlain(before.fields[field])) continue;
            expect(result.fields[field]).toBeUndefined();
          }
          if (contested.has("body")) continue;
          const added = side.body.split("\n").filter((line) => !before.body.split("\n").includes(line));
          for (const line of added) expect(result.body.split("\n")).toContain(line);
        }
      }),
    );
  });

  it("the result can be read when every side can", () => {
    fc.assert(
      fc.property(sidesOf, (sides) => {
        const merged = merge(sides);
        if (merged.kind !== "distinct") expect(parseEntry(merged.bytes, AT).kind).toBe("entry");
      }),
    );
  });

  it("merging never throws, whatever the files are", () => {
    const bytes = fc.oneof(some, fc.uint8Array({ maxLength: 60 }), fc.string().map(bytesOf));
    fc.assert(
      fc.property(fc.option(bytes, { nil: null }), bytes, bytes, (base, ours, theirs) => {
        for (const path of ["memories/a.md", "tags.yaml", "conflicts/x.md", "project.md", "a.bin"])
          mergeFile(path, { base, ours, theirs }, "theirs");
      }),
    );
  });
});

const isPlain = (value: unknown): boolean => typeof value !== "object";

/** True for a value that a result still says: equal, or for lists and maps what the side put in or changed. */
function kept(side: unknown, before: unknown, result: unknown): boolean {
  if (JSON.stringify(side) === JSON.stringify(before)) return true;
  if (Array.isArray(side)) {
    const all = (result ?? []) as unknown[];
    const was = ((before ?? []) as unknown[]).map((one) => JSON.stringify(one));
    return side.every((one) => was.includes(JSON.stringify(one)) || all.some((item) => kept(one, undefined, item)));
  }
  if (isPlain(side)) return JSON.stringify(side) === JSON.stringify(result);
  const [map, was, now] = [side, before ?? {}, result ?? {}] as Record<string, unknown>[];
  return Object.keys(map!).every((key) => kept(map![key], was![key], now![key]));
}

/** The same with lists in one order: whose comes first is what the preference says. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(unordered(one))).sort();
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, one]) => [key, unordered(one)]),
  );
}

function entry(bytes: Uint8Array): { fields: Record<string, unknown>; body: string } {
  const parsed = parseEntry(bytes, AT);
  if (parsed.kind !== "entry") throw new Error(parsed.reason);
  return { fields: { ...parsed.entry.fields, ...parsed.entry.unknown }, body: parsed.entry.body };
}

const said = (merged: Merged) => entry(merged.kind === "distinct" ? new Uint8Array() : merged.bytes);
