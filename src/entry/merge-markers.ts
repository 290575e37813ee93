import { replaceBody } from "./body.js";
import { besideField } from "./conflict-markers.js";
import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import { bodyStart, type Eol, readFrontMatter } from "./frontmatter.js";
import { isSettled, mergeLines, type Region } from "./merge-lines.js";
import { type Contested, linesWithEnds, type Merged, type Sides } from "./merge-texts.js";
import { parseYaml, type YamlMap } from "./yaml.js";

/** How conflicts are marked: the signs of a marker line, and what stands behind them. */
export interface Marks {
  readonly size: number;
  readonly ours: string;
  readonly base: string;
  readonly theirs: string;
}

/** What git itself writes by default, with plain names. */
export const MARKS: Marks = { size: 7, ours: "ours", base: "base", theirs: "theirs" };

type Open = Exclude<Merged, { kind: "clean" }>;

/**
 * A contested merge, ours preferred, as the text in which a person decides: all that could be merged, git's three-way
 * markers around contested lines, and theirs in a comment beside each contested field, so that the front matter reads as
 * ours. Two entries at one path, and what cannot be read, are marked line by line. Undefined for what is no text.
 */
export function markConflict(merged: Open, sides: Sides, yaml: boolean, marks: Marks): Uint8Array | undefined {
  const text = markFields(merged, yaml, marks) ?? markTexts(merged, sides, marks);
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

function markTexts(merged: Open, sides: Sides, marks: Marks): string | undefined {
  if (merged.kind === "conflict" && merged.cause === "unparseable")
    return merged.regions && markLines(merged.regions, marks);
  const texts = [sides.base ?? new Uint8Array(), sides.ours, sides.theirs].map((bytes) => {
    const decoded = decodeText(bytes);
    return decoded.kind === "text" ? linesWithEnds(decoded.text) : undefined;
  });
  const [base, ours, theirs] = texts;
  if (!base || !ours || !theirs) return undefined;
  const regions = mergeLines(base, ours, theirs);
  // What is contested must be seen, also where its lines are not.
  return markLines(isSettled(regions) ? [{ kind: "contested", base, ours, theirs }] : regions, marks);
}

/** Lines that carry their line ends. */
function markLines(regions: readonly Region[], marks: Marks): string {
  const eol = /\r\n$/.test(regions.flatMap(linesIn)[0] ?? "") ? "\r\n" : "\n";
  const lines = regions.flatMap((region) => markRegion(region, marks, (marker) => marker + eol));
  // Only the last line of a side may lack its line end, and here something may follow it.
  return lines.map((line, at) => (at === lines.length - 1 || line.endsWith("\n") ? line : line + eol)).join("");
}

const linesIn = (region: Region): readonly string[] =>
  region.kind === "agreed" ? region.lines : [...region.ours, ...region.theirs];

function markRegion(region: Region, { size, ours, base, theirs }: Marks, end: (marker: string) => string): string[] {
  if (region.kind === "agreed") return [...region.lines];
  const marker = (sign: string, label = ""): string => end(sign.repeat(size) + (label && ` ${label}`));
  return [
    marker("<", ours),
    ...region.ours,
    marker("|", base),
    ...region.base,
    marker("="),
    ...region.theirs,
    marker(">", theirs),
  ];
}

/** The merged file with its contested fields and lines marked; undefined where it would not read as ours. */
function markFields(merged: Open, yaml: boolean, marks: Marks): string | undefined {
  const decoded = merged.kind === "conflict" && merged.cause === "merge" ? decodeText(merged.bytes) : undefined;
  if (merged.kind !== "conflict" || decoded?.kind !== "text") return undefined;
  const { text } = decoded;
  const { regions, contested } = merged;
  // The body is told last.
  const fields = regions ? contested.slice(0, -1) : contested;
  if (!fields.every((one) => isPlain(one.ours) && isPlain(one.theirs))) return undefined;
  return yaml ? markYaml(text, fields, marks) : markMarkdown(text, fields, regions ?? [], marks);
}

/** True for what JSON says in full. */
const isPlain = (value: unknown): boolean =>
  value === undefined || equalValues(JSON.parse(JSON.stringify(value)), value);

function markYaml(text: string, fields: readonly Contested[], marks: Marks): string | undefined {
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  const map = parseYaml(text.slice(start));
  if (map.kind !== "map") return undefined;
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const marked = besideFields(text.slice(start), map, fields, eol, marks);
  const read = parseYaml(marked);
  return read.kind === "map" && equalValues(read.value, map.value) ? text.slice(0, start) + marked : undefined;
}

function markMarkdown(
  text: string,
  fields: readonly Contested[],
  regions: readonly Region[],
  marks: Marks,
): string | undefined {
  const front = readFrontMatter(text);
  if (front.kind === "fault") return undefined;
  const { eol } = front;
  const old = text.slice(front.bodyStart);
  const raw =
    regions.length === 0
      ? old
      : replaceBody(old, regions.flatMap((region) => markRegion(region, marks, (marker) => marker)).join("\n"), eol);
  let head = text.slice(0, front.bodyStart);
  if (front.kind === "map") {
    const source = besideFields(text.slice(front.yamlStart, front.yamlEnd), front.map, fields, eol, marks);
    head = text.slice(0, front.yamlStart) + source + text.slice(front.yamlEnd, front.bodyStart);
  } else if (fields.length > 0) head += ["---", ...fields.map((one) => beside(one, null, marks)), "---", ""].join(eol);
  const opening = raw === "" || /^\uFEFF?$|\n$/.test(head) ? head : head + eol;
  const read = readFrontMatter(opening + raw);
  const said = (one: typeof read): unknown =>
    one.kind === "map" ? one.map.value : one.kind === "none" ? {} : undefined;
  const same = equalValues(said(read), said(front)) && bodyStart(opening + raw) === opening.length;
  return same ? opening + raw : undefined;
}

/** Theirs, but where that is what stays, as a list's item does that only one side took away: then ours. */
function beside({ field, ours, theirs }: Contested, stays: unknown, { size }: Marks): string {
  const side = equalValues(theirs ?? null, stays ?? null) ? "ours" : "theirs";
  return besideField(side, field, side === "ours" ? ours : theirs, size);
}

/** Each comment below its field, or where the mapping ends. */
function besideFields(source: string, map: YamlMap, fields: readonly Contested[], eol: Eol, marks: Marks): string {
  const { pairs } = map.outline();
  const places = fields.map((one) => {
    const pair = pairs.find(({ key }) => key === one.field);
    return { at: pair?.end ?? source.length, line: beside(one, pair?.value, marks) };
  });
  let marked = source;
  for (const { at, line } of places.reverse().sort((a, b) => b.at - a.at)) {
    const before = marked.slice(0, at);
    const lead = before === "" || before.endsWith("\n") ? "" : eol;
    marked = before + lead + line + eol + marked.slice(at);
  }
  return marked;
}
