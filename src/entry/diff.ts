import { diffArrays, structuredPatch } from "diff";
import { equalValues } from "./equal-values.js";
import type { Kind } from "./kinds.js";

/** A front matter field that differs; `before` or `after` is missing where the entry has no such field. */
interface FieldDiff {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Lines that belong together; `oldStart` and `newStart` are the numbers (from 1) of its first line in the two bodies. */
interface BodyDiff {
  readonly type: "same" | "added" | "removed";
  readonly lines: readonly string[];
  readonly oldStart: number;
  readonly newStart: number;
}

/** What is compared: an entry, or a scope's document, which has no kind. */
export interface Described {
  readonly kind?: Kind;
  readonly scope: string;
  readonly name: string;
  readonly fields: { readonly status?: string };
  readonly unknown: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** How two entries differ, field by field and line by line. */
export interface EntryDiff {
  readonly fields: readonly FieldDiff[];
  readonly body: readonly BodyDiff[];
}

const CONTEXT = 3;
// Beyond this many changed lines the exact difference would hold up other calls; the whole body counts as changed then.
const MAX_EDITS = 1_000;

/** The difference of two states of an entry or document, either of which may not exist; the body only with three lines around each change. */
export function diffEntries(a: Described | null, b: Described | null): EntryDiff {
  return { fields: diffFields(a, b), body: diffBodies(a?.body ?? "", b?.body ?? "") };
}

function diffFields(a: Described | null, b: Described | null): FieldDiff[] {
  const before = valuesOf(a);
  const after = valuesOf(b);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((field) => before.has(field) !== after.has(field) || !equalValues(before.get(field), after.get(field)))
    .map((field) => ({
      field,
      ...(before.has(field) ? { before: before.get(field) } : {}),
      ...(after.has(field) ? { after: after.get(field) } : {}),
    }));
}

function valuesOf(entry: Described | null): ReadonlyMap<string, unknown> {
  if (entry === null) return new Map();
  const place = { ...(entry.kind && { kind: entry.kind }), scope: entry.scope, name: entry.name };
  return new Map<string, unknown>(Object.entries({ ...place, ...entry.fields, ...entry.unknown }));
}

function diffBodies(a: string, b: string): BodyDiff[] {
  if (a === b) return [];
  const ended = (text: string): string => (text === "" ? "" : `${text}\n`);
  const patch = structuredPatch("a", "b", ended(a), ended(b), undefined, undefined, {
    context: CONTEXT,
    maxEditLength: MAX_EDITS,
  });
  if (patch === undefined) return wholeBodies(a, b);
  return patch.hunks.flatMap((hunk) => {
    const parts: { type: BodyDiff["type"]; lines: string[]; oldStart: number; newStart: number }[] = [];
    // An empty side has start 0 in the unified format.
    let oldLine = Math.max(hunk.oldStart, 1);
    let newLine = Math.max(hunk.newStart, 1);
    for (const line of hunk.lines) {
      const type = TYPES[line[0] ?? ""];
      if (type === undefined) continue;
      const last = parts.at(-1);
      if (last?.type === type) last.lines.push(line.slice(1));
      else parts.push({ type, lines: [line.slice(1)], oldStart: oldLine, newStart: newLine });
      if (type !== "added") oldLine += 1;
      if (type !== "removed") newLine += 1;
    }
    return parts;
  });
}

/**
 * For each line of `after` its position in `before`, or -1 for a new one; lines hold their line ends, so that a last line
 * without one differs.
 */
export function keptLines(before: readonly string[], after: readonly string[]): Int32Array {
  const kept = new Int32Array(after.length).fill(-1);
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) kept[start] = start++;
  let [endBefore, endAfter] = [before.length, after.length];
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1])
    kept[--endAfter] = --endBefore;
  const options = { maxEditLength: MAX_EDITS };
  const parts = diffArrays([...before.slice(start, endBefore)], [...after.slice(start, endAfter)], options);
  let [from, to] = [start, start];
  for (const { added, removed, count } of parts ?? []) {
    if (!added && !removed) for (let at = 0; at < count; at++) kept[to + at] = from + at;
    if (!added) from += count;
    if (!removed) to += count;
  }
  slide(after, kept);
  return kept;
}

/** Where a group of new lines could as well be elsewhere: below a blank line if it can, else as low as it can. */
function slide(after: readonly string[], kept: Int32Array): void {
  for (let end = after.length - 1; end >= 0; end--) {
    if (kept[end] !== -1) continue;
    let start = end;
    while (start > 0 && kept[start - 1] === -1) start--;
    const length = end - start + 1;
    let low = start;
    while (canSink(after, kept, low, low + length)) sink(kept, low++, length);
    let best = low;
    while (best > 0 && !isBlank(after[best - 1]) && canRise(after, kept, best, best + length)) best--;
    if (best > 0 && isBlank(after[best - 1])) for (let at = low; at > best; at--) rise(kept, at, length);
    end = start;
  }
}

const isBlank = (line: string | undefined): boolean => line?.trim() === "";

/** The line below the group is an old one, and the group's first is the same: either may be the new one. */
const canSink = (after: readonly string[], kept: Int32Array, first: number, end: number): boolean =>
  end < after.length && kept[end] !== -1 && after[first] === after[end];

const canRise = (after: readonly string[], kept: Int32Array, first: number, end: number): boolean =>
  first > 0 && kept[first - 1] !== -1 && after[first - 1] === after[end - 1];

function sink(kept: Int32Array, first: number, length: number): void {
  kept[first] = kept[first + length]!;
  kept[first + length] = -1;
}

function rise(kept: Int32Array, first: number, length: number): void {
  kept[first + length - 1] = kept[first - 1]!;
  kept[first - 1] = -1;
}

const TYPES: Readonly<Record<string, BodyDiff["type"]>> = { " ": "same", "+": "added", "-": "removed" };

function wholeBodies(a: string, b: string): BodyDiff[] {
  const removed: BodyDiff = { type: "removed", lines: a.split("\n"), oldStart: 1, newStart: 1 };
  return [removed, { type: "added", lines: b.split("\n"), oldStart: removed.lines.length + 1, newStart: 1 }];
}

/** A difference as text: one line per field, then the body in the unified format; empty when nothing differs. */
export function renderDiff(diff: EntryDiff): string {
  const fields = diff.fields.map(({ field, ...sides }) => {
    if (!("before" in sides)) return `+ ${field}: ${JSON.stringify(sides.after)}`;
    if (!("after" in sides)) return `- ${field}: ${JSON.stringify(sides.before)}`;
    return `~ ${field}: ${JSON.stringify(sides.before)} → ${JSON.stringify(sides.after)}`;
  });
  const body = diff.body.flatMap((part, at) => {
    const previous = diff.body[at - 1];
    const follows =
      previous !== undefined &&
      part.oldStart === previous.oldStart + (previous.type === "added" ? 0 : previous.lines.length);
    const mark = part.type === "same" ? "  " : part.type === "added" ? "+ " : "- ";
    const head = follows ? [] : [`@@ -${part.oldStart} +${part.newStart} @@`];
    return [...head, ...part.lines.map((line) => mark + line)];
  });
  return [...fields, ...body].join("\n");
}
