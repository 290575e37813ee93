import { MemoryError } from "../errors.js";
import type { SideValues } from "./conflict.js";
import { keptLines } from "./diff.js";
import { decodeText } from "./entry-file.js";
import { checkContent, checkFields, FIELD_NAMES, normaliseFields } from "./fields.js";
import { readFrontMatter } from "./frontmatter.js";
import { rewriteManifest } from "./manifest.js";
import { readBody } from "./markdown.js";
import { editMarkdown } from "./markdown-edit.js";
import { mergeKindOf } from "./merge-file.js";
import { linesOf, mergeLines, picked } from "./merge-lines.js";
import { mergeValue } from "./merge-values.js";

/** Which side of a conflict holds: `a` stayed, `b` is the other; `both` is for lists and texts. */
export const TAKES = ["a", "b", "both"] as const;
type Take = (typeof TAKES)[number];

/** How a conflict is decided: by side, by values of one's own for some fields, or both; fields without a value go by side. */
export interface Resolution {
  readonly take?: Take | undefined;
  /** By field; null takes a field away, `body` is the text. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
}

/** What is contested, with both sides' values and what both started from, where it is known. */
export interface Dispute {
  readonly fields: readonly string[];
  readonly a: SideValues;
  readonly b: SideValues;
  readonly from?: SideValues | undefined;
}

/** Refuses (`invalid_input`) a resolution that leaves something open, or speaks of what is not contested. */
export function checkResolution({ fields }: Pick<Dispute, "fields">, { take, values = {} }: Resolution): void {
  const given = Object.keys(values);
  const foreign = given.find((field) => !fields.includes(field));
  if (foreign !== undefined)
    throw new MemoryError(
      "invalid_input",
      `values.${foreign} is not contested; ${fields.join(", ")} ${fields.length === 1 ? "is" : "are"}. Nothing was written. [[update]] changes other fields.`,
      { field: `values.${foreign}`, fields },
    );
  const open = fields.filter((field) => !given.includes(field));
  if (take !== undefined || (given.length > 0 && open.length === 0)) return;
  throw new MemoryError(
    "invalid_input",
    `Say which side holds: take a, b or both, or values for ${open.join(", ") || "the fields"}. Nothing was written.`,
    { field: "take", fields },
  );
}

/**
 * The front matter fields that a resolution sets; null removes one. Lists and maps keep what was not contested in them, and
 * what was changed in them since (`now`). Throws `invalid_input` for `both` of what can only be one.
 */
function resolvedFields(
  { fields, a, b, from }: Dispute,
  now: SideValues,
  { take = "a", values = {} }: Resolution,
): Record<string, unknown> {
  const set: Record<string, unknown> = {};
  for (const field of fields) {
    if (field === "body") continue;
    if (Object.hasOwn(values, field)) set[field] = values[field];
    // What stayed is there, with what was changed in it since.
    else if (take !== "a") {
      const [first, second] = [valueIn(a, field), valueIn(b, field)];
      // Where nobody has what both started from, a side is taken whole.
      const merged = (one: unknown, other: unknown) =>
        from ? mergeValue(field, valueIn(from, field), one, other).value : one;
      const wanted = take === "b" ? merged(second, first) : bothOf(field, first, second);
      const stayed = merged(first, second);
      set[field] = mergeValue(field, stayed, wanted, valueIn(now, field)).value ?? null;
    }
  }
  return set;
}

const valueIn = (values: SideValues, field: string): unknown =>
  Object.hasOwn(values, field) ? values[field] : undefined;

function bothOf(field: string, a: unknown, b: unknown): unknown {
  if (a === undefined || b === undefined) return a ?? b ?? null;
  if (Array.isArray(a) && Array.isArray(b)) {
    const { value } = mergeValue(field, [], a, b);
    if (Array.isArray(value)) return value;
  }
  throw new MemoryError(
    "invalid_input",
    `${field} can only have one value, so both cannot be taken. Nothing was written. Take a or b, or give values.${field}.`,
    { field, a, b },
  );
}

/** The body as a resolution leaves it, with what was changed in it since the conflict; undefined = as it is. */
function resolvedBody(
  { fields, a, b, from }: Dispute,
  current: string,
  { take = "a", values = {} }: Resolution,
): string | undefined {
  if (!fields.includes("body")) return undefined;
  if (Object.hasOwn(values, "body")) return String(values.body ?? "");
  if (take === "a") return undefined;
  // The side that stayed is, where nobody has its text any more, what it became.
  const [stayed, other] = [valueIn(a, "body") ?? current, valueIn(b, "body")];
  if (typeof stayed !== "string" || typeof other !== "string")
    throw new MemoryError(
      "invalid_input",
      "The other side's text is not there any more. Nothing was written. Take a, or give values.body.",
      { field: "take" },
    );
  const [ours, theirs] = [linesOf(stayed), linesOf(other)];
  const baseBody = from && valueIn(from, "body");
  const base = typeof baseBody === "string" ? linesOf(baseBody) : commonLines(ours, theirs);
  const regions = mergeLines(base, ours, theirs);
  const wanted = picked(regions, take === "b" ? "theirs" : "both");
  return picked(mergeLines(picked(regions, "ours"), linesOf(current), wanted), "theirs").join("\n");
}

/** What two texts have alike stands for the one that they came from, where nobody has that any more. */
const commonLines = (a: readonly string[], b: readonly string[]): string[] =>
  [...keptLines(a, b)].flatMap((from) => (from === -1 ? [] : [a[from]!]));

/** The bytes of the file at a store path with a dispute about it decided. Throws `invalid_input` for values that it cannot have. */
export function applyResolution(path: string, bytes: Uint8Array, dispute: Dispute, resolution: Resolution): Uint8Array {
  if (dispute.fields.includes("file")) return wholeFile(dispute, resolution);
  const kind = mergeKindOf(path);
  const set = resolvedFields(dispute, kind === "yaml" ? dispute.a : frontOf(bytes), resolution);
  if (kind === "yaml")
    return Object.entries(set).reduce((text, [key, value]) => rewriteManifest(text, key, value) ?? text, bytes);
  const { body: _body, ...given } = normaliseFields({ ...resolution.values });
  const isKnown = kind !== "text" && kind !== "conflict";
  if (isKnown)
    checkFields(kind, Object.fromEntries(Object.entries(given).filter(([field]) => FIELD_NAMES(kind).includes(field))));
  const content = resolvedBody(dispute, readBody(bytes) ?? "", resolution);
  if (content !== undefined) checkContent(content);
  const edit = { set: { ...set, ...given }, ...(content === undefined ? {} : { content }) };
  return editMarkdown(bytes, edit, isKnown ? kind : "memory");
}

/** What the front matter of a file says. */
function frontOf(bytes: Uint8Array): SideValues {
  const decoded = decodeText(bytes);
  const front = decoded.kind === "text" ? readFrontMatter(decoded.text) : undefined;
  return front?.kind === "map" ? front.map.value : {};
}

/** A file that could not be read as an entry is taken whole. */
function wholeFile({ a, b }: Dispute, { take, values = {} }: Resolution): Uint8Array {
  const text = values.file ?? (take === "a" ? a.file : take === "b" ? b.file : undefined);
  if (typeof text === "string") return new TextEncoder().encode(text);
  throw new MemoryError(
    "invalid_input",
    "The file could not be read as an entry, so it is taken whole: take a or b, or give values.file. Nothing was written.",
    { field: "take" },
  );
}
