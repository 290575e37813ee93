import { CONFLICT_CAUSES, type ConflictBetween, type ConflictCause, conflictId } from "./conflict-id.js";
import { diffEntries, renderDiff } from "./diff.js";
import { decodeText } from "./entry-file.js";
import { readFrontMatter } from "./frontmatter.js";
import { type Contested, type Merged, mergeTexts, oneSided, type Side, type Sides } from "./merge-texts.js";
import { formatYaml } from "./yaml.js";

/** The values of contested fields on one side; a field that the side does not have is missing. */
export type SideValues = Readonly<Record<string, unknown>>;

/** Two states of one file that could not be merged: `a` is the side that stayed, `b` the other one. Versions are blob ids, null = no file. */
export interface ConflictRecord {
  readonly id: string;
  /** The entry's id, else its path in the store. */
  readonly entry: string;
  /** The path in the store that it had then. */
  readonly path: string;
  readonly cause: ConflictCause;
  readonly base: string | null;
  readonly version_a: string | null;
  readonly version_b: string | null;
  readonly fields: readonly string[];
  readonly a: SideValues;
  readonly b: SideValues;
  /** Times are ISO 8601. */
  readonly detected_at: string;
  readonly resolved: boolean;
  readonly resolution?: string;
  readonly resolved_at?: string;
  readonly resolved_by?: string;
}

/** What a new record says; `between` gives it its id. */
export interface NewConflict {
  readonly entry: string;
  readonly path: string;
  readonly cause: ConflictCause;
  readonly base: string | null;
  readonly a: { readonly version: string | null; readonly values: SideValues };
  readonly b: { readonly version: string | null; readonly values: SideValues };
  readonly fields: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The record of a conflict that nobody has resolved yet. */
export function newConflict({ entry, path, cause, base, a, b, fields, at }: NewConflict): ConflictRecord {
  const between: ConflictBetween = { entry, cause, base, versions: [a.version, b.version] };
  return {
    id: conflictId(between),
    entry,
    path,
    cause,
    base,
    version_a: a.version,
    version_b: b.version,
    fields,
    a: a.values,
    b: b.values,
    detected_at: new Date(at).toISOString(),
    resolved: false,
  };
}

/** One side's values of what a merge contested. */
export const valuesOf = (contested: readonly Contested[], side: Side): SideValues =>
  Object.fromEntries(contested.filter((one) => side in one).map((one) => [one.field, one[side]]));

/**
 * The bytes of a record's file: front matter with both sides' values in full, and a difference that a person can read.
 * Values that no file can hold are left out, the versions say where they are.
 */
export function formatConflict(record: ConflictRecord): Uint8Array {
  const { a, b, ...rest } = record;
  const facts = Object.fromEntries(Object.entries({ ...rest, a, b }).filter(([, value]) => value !== undefined));
  const whole = textOf(facts, record);
  const [bytes, undrawn] = [whole, textOf(facts, record, false)].map((text) => new TextEncoder().encode(text));
  if (readConflict(bytes!, record.id).kind === "conflict") return bytes!;
  if (readConflict(undrawn!, record.id).kind === "conflict") return undrawn!;
  const short = (values: SideValues): SideValues =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => JSON.stringify(value).length < LONG));
  return new TextEncoder().encode(textOf({ ...facts, a: short(a), b: short(b) }, record, false));
}

/** Characters of a value that a record holds where it cannot hold all. */
const LONG = 10_000;

function textOf(facts: Readonly<Record<string, unknown>>, record: ConflictRecord, drawn = true): string {
  const described = (values: SideValues) => {
    const { body = "", ...unknown } = values;
    return { scope: "", name: "", fields: {}, unknown, body: String(body) };
  };
  const what = `Two versions of ${record.path} differ in ${record.fields.join(", ") || "more than can be merged"}.`;
  if (!drawn) return `---\n${formatYaml(facts)}---\n\n${what} They are too long to be set side by side here.\n`;
  const diff = renderDiff(diffEntries(described(record.a), described(record.b)));
  const fence = "`".repeat(Math.max(3, ...(diff.match(/`{3,}/g) ?? []).map((run) => run.length + 1)));
  return `---\n${formatYaml(facts)}---\n\n${what} \`-\` is a, which stayed; \`+\` is b.\n\n${fence}diff\n${diff}\n${fence}\n`;
}

/** Reads a record leniently from the bytes of its file; `id` is what its file is called. Never throws. */
export function readConflict(
  bytes: Uint8Array,
  id: string,
):
  | { readonly kind: "conflict"; readonly record: ConflictRecord }
  | { readonly kind: "unreadable"; readonly reason: string } {
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") return decoded;
  const front = readFrontMatter(decoded.text);
  if (front.kind === "fault") return { kind: "unreadable", reason: front.reason };
  if (front.kind === "none") return { kind: "unreadable", reason: "it has no front matter" };
  const { value } = front.map;
  const text = (key: string): string | undefined =>
    typeof value[key] === "string" ? (value[key] as string) : undefined;
  const values = (key: string): SideValues => {
    const side = value[key];
    return typeof side === "object" && side !== null && !Array.isArray(side) ? (side as SideValues) : {};
  };
  const optional = (key: "resolution" | "resolved_at" | "resolved_by") => {
    const said = text(key);
    return said === undefined ? {} : { [key]: said };
  };
  const { fields } = value;
  const path = text("path") ?? "";
  return {
    kind: "conflict",
    record: {
      id,
      entry: text("entry") ?? path,
      path,
      cause: CONFLICT_CAUSES.find((one) => one === value.cause) ?? "merge",
      base: text("base") ?? null,
      version_a: text("version_a") ?? null,
      version_b: text("version_b") ?? null,
      fields: Array.isArray(fields) ? fields.filter((field) => typeof field === "string") : [],
      a: values("a"),
      b: values("b"),
      detected_at: text("detected_at") ?? "",
      resolved: value.resolved === true,
      ...optional("resolution"),
      ...optional("resolved_at"),
      ...optional("resolved_by"),
    },
  };
}

/** The merge of a record's two states: resolved beats open; of two that are resolved the earlier decision stays, which both clones tell alike. */
export function mergeConflicts(sides: Sides, prefer: Side): Merged {
  const settled = oneSided(sides);
  if (settled) return { kind: "clean", bytes: settled };
  const [ours, theirs] = [readConflict(sides.ours, ""), readConflict(sides.theirs, "")];
  if (ours.kind === "unreadable" || theirs.kind === "unreadable") return mergeTexts(sides, prefer);
  const [a, b] = [ours.record, theirs.record];
  if (a.resolved !== b.resolved) return { kind: "clean", bytes: a.resolved ? sides.ours : sides.theirs };
  const key = ({ resolved_at, resolved_by, resolution, detected_at }: ConflictRecord): string =>
    JSON.stringify([resolved_at ?? "", resolved_by ?? "", resolution ?? "", detected_at]);
  return { kind: "clean", bytes: key(a) <= key(b) ? sides.ours : sides.theirs };
}
