import type * as z from "zod";
import { MemoryError } from "../errors.js";
import { oursSide } from "./conflict-markers.js";
import { DOCUMENT_LEVELS, type DocumentFields, type DocumentLevel } from "./document.js";
import { DOCUMENT_FIELDS } from "./document-field-schemas.js";
import type { EntryFields, Problem } from "./entry.js";
import { FIELDS } from "./field-schemas.js";
import { KINDS, type Kind } from "./kinds.js";
import { normaliseTags } from "./normal-tags.js";
import { normalRootPath } from "./root-path.js";

export { normaliseTags } from "./normal-tags.js";

/** Characters (UTF-16 units) that a body may have. */
export const MAX_BODY = 100_000;
// Far below the depth at which a file would no longer be read.
const MAX_VALUE_DEPTH = 32;

/** What a Markdown file with fields can be: an entry of a kind, or the document of a scope of a level. */
export type FileKind = Kind | DocumentLevel;

export type FieldsOf<K extends FileKind> = K extends Kind ? EntryFields : DocumentFields;

const SCHEMAS: Readonly<Record<FileKind, ReadonlyMap<string, z.ZodType>>> = {
  memory: new Map(Object.entries(FIELDS.memory)),
  guideline: new Map(Object.entries(FIELDS.guideline)),
  tool: new Map(Object.entries(FIELDS.tool)),
  pattern: new Map(Object.entries(FIELDS.pattern)),
  org: new Map(Object.entries(DOCUMENT_FIELDS.org)),
  project: new Map(Object.entries(DOCUMENT_FIELDS.project)),
  session: new Map(Object.entries(DOCUMENT_FIELDS.session)),
};

/** What an absent field means; a value equal to it is not written. `decay_rate` comes from the settings and is not here. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  status: "active",
  importance: 0.5,
  confidence: 1,
  priority: 50,
};

/** The fields of a kind or level, in the order in which a new file has them. */
export function FIELD_NAMES(kind: FileKind): readonly string[] {
  return [...SCHEMAS[kind].keys()];
}

/** Front matter sorted into known fields and all else. */
export interface ReadFields<F = EntryFields> {
  readonly fields: F;
  readonly unknown: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
}

/**
 * Sorts front matter leniently: a known field that breaks a rule of its kind is a problem and counts as unknown.
 * `tags`, `root_path` and a working set come out normalised; nothing else is changed and no default filled in. Problems carry no line yet.
 */
export function readFields<K extends FileKind>(
  kind: K,
  raw: Readonly<Record<string, unknown>>,
): ReadFields<FieldsOf<K>> {
  const fields: [string, unknown][] = [];
  const unknown: [string, unknown][] = [];
  const problems: Problem[] = [];
  for (const [field, value] of Object.entries(raw)) {
    const schema = SCHEMAS[kind].get(field);
    // A key without a value says nothing; editors leave such keys behind.
    const result = schema === undefined || value === null ? undefined : schema.safeParse(value);
    if (result?.success) {
      fields.push([field, normaliseValue(field, value)]);
      continue;
    }
    unknown.push([field, value]);
    const issue = result?.error.issues[0];
    if (issue === undefined) continue;
    const overLimit = issue.code === "custom" && issue.params?.limit !== undefined;
    problems.push({ field, message: sentence(issue), ...(overLimit ? { overLimit } : {}) });
  }
  return { fields: Object.fromEntries(fields) as FieldsOf<K>, unknown: Object.fromEntries(unknown), problems };
}

/**
 * The fields as they are written: tags lower-cased, trimmed and each once, a title without line breaks or spaces around it,
 * and null (remove) for a value that equals its default, an empty list or an empty text.
 */
export function normaliseFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => {
        const normal = normaliseValue(field, value);
        const empty = field !== "title" && (normal === "" || (Array.isArray(normal) && normal.length === 0));
        return [field, empty || (field in DEFAULTS && normal === DEFAULTS[field]) ? null : normal];
      }),
  );
}

function normaliseValue(field: string, value: unknown): unknown {
  if (field === "title" && typeof value === "string") return value.trim().replace(/\s*[\r\n]+\s*/g, " ");
  if (field === "root_path" && typeof value === "string" && value !== "") return normalRootPath(value);
  if (field === "working_set") return normaliseItems(value);
  return field === "tags" ? normaliseTags(value) : value;
}

/** A working set without `working: false`, which is what an item without it means. */
function normaliseItems(items: unknown): unknown {
  if (!Array.isArray(items)) return items;
  return (items as unknown[]).map((item) => {
    if (typeof item !== "object" || item === null || !("working" in item) || item.working !== false) return item;
    const { working: _working, ...rest } = item;
    return rest;
  });
}

/**
 * Refuses (`invalid_input`, with `field` and, over a limit, `limit` and `size` in its data) fields that must not be written
 * to a file of this kind. Null, which removes a field, is always allowed.
 */
export function checkFields(kind: FileKind, fields: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    const schema = SCHEMAS[kind].get(field);
    if (schema === undefined) throw unknownField(kind, field);
    if (tooDeep(value, 0)) throw badField(field, `is nested deeper than ${MAX_VALUE_DEPTH}`, {});
    const issue = schema.safeParse(value).error?.issues[0];
    if (issue === undefined) continue;
    throw badField(field, sentence(issue), issue.code === "custom" ? (issue.params ?? {}) : {});
  }
}

/** Refuses (`invalid_input`) a body that is too long, holds what a text file cannot, or conflict markers. */
export function checkContent(content: string): void {
  if (content.length > MAX_BODY) {
    const message = `has ${content.length} characters, the limit is ${MAX_BODY}`;
    throw badField("content", message, { limit: MAX_BODY, size: content.length });
  }
  if (/[\u0000\p{Surrogate}]/u.test(content))
    throw badField("content", "holds a character that no text file can hold", {});
  // It would be read from one side, and could not be changed any more.
  if (oursSide(content) !== content)
    throw badField(
      "content",
      "holds conflict markers; decide what holds, or indent them where they are an example",
      {},
    );
}

function unknownField(kind: FileKind, field: string): MemoryError {
  const alike: readonly FileKind[] = KINDS.some((each) => each === kind) ? KINDS : DOCUMENT_LEVELS;
  const others = alike.filter((each) => SCHEMAS[each].has(field));
  const hint =
    others.length > 0 ? `it belongs to ${others.join(" and ")}` : `known are ${FIELD_NAMES(kind).join(", ")}`;
  const article = kind === "org" ? "An" : "A";
  return new MemoryError("invalid_input", `${article} ${kind} has no field ${JSON.stringify(field)}; ${hint}.`, {
    field,
  });
}

/** The refusal of one field's value. */
export function badField(field: string, problem: string, data: Readonly<Record<string, unknown>>): MemoryError {
  return new MemoryError("invalid_input", `Nothing was written: ${field} ${problem}.`, { field, ...data });
}

function sentence(issue: z.core.$ZodIssue): string {
  const at = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return at === "" ? issue.message : `at ${at} ${issue.message}`;
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth >= MAX_VALUE_DEPTH || Object.values(value).some((each) => tooDeep(each, depth + 1));
}
