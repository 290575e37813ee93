import type * as z from "zod";
import { MemoryError } from "../errors.js";
import type { EntryFields, Problem } from "./entry.js";
import { FIELDS } from "./field-schemas.js";
import { KINDS, type Kind } from "./kinds.js";

/** Characters (UTF-16 units) that a body may have. */
export const MAX_BODY = 100_000;
// Far below the depth at which a file would no longer be read.
const MAX_VALUE_DEPTH = 32;

const SCHEMAS: Readonly<Record<Kind, ReadonlyMap<string, z.ZodType>>> = {
  memory: new Map(Object.entries(FIELDS.memory)),
  guideline: new Map(Object.entries(FIELDS.guideline)),
  tool: new Map(Object.entries(FIELDS.tool)),
  pattern: new Map(Object.entries(FIELDS.pattern)),
};

/** What an absent field means; a value equal to it is not written. `decay_rate` comes from the settings and is not here. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  status: "active",
  importance: 0.5,
  confidence: 1,
  priority: 50,
};

/** The fields of a kind, in the order in which a new file has them. */
export function FIELD_NAMES(kind: Kind): readonly string[] {
  return [...SCHEMAS[kind].keys()];
}

/** Front matter sorted into known fields and all else. */
export interface ReadFields {
  readonly fields: EntryFields;
  readonly unknown: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
}

/**
 * Sorts front matter leniently: a known field that breaks a rule of its kind is a problem and counts as unknown.
 * `tags` come out normalised; nothing else is changed and no default filled in. Problems carry no line yet.
 */
export function readFields(kind: Kind, raw: Readonly<Record<string, unknown>>): ReadFields {
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
  return { fields: Object.fromEntries(fields) as EntryFields, unknown: Object.fromEntries(unknown), problems };
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
  return field === "tags" ? normaliseTags(value) : value;
}

/** Tags in lower case (Unicode NFC), trimmed, each once, in their order; anything but a list of texts comes back as it is. */
export function normaliseTags<T>(tags: T): T | string[] {
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === "string")) return tags;
  return [...new Set(tags.map((tag: string) => tag.normalize("NFC").trim().toLowerCase()))];
}

/**
 * Refuses (`invalid_input`, with `field` and, over a limit, `limit` and `size` in its data) fields that must not be written
 * to an entry of this kind. Null, which removes a field, is always allowed.
 */
export function checkFields(kind: Kind, fields: Readonly<Record<string, unknown>>): void {
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

/** Refuses (`invalid_input`) a body that is too long or holds what a text file cannot. */
export function checkContent(content: string): void {
  if (content.length > MAX_BODY) {
    const message = `has ${content.length} characters, the limit is ${MAX_BODY}`;
    throw badField("content", message, { limit: MAX_BODY, size: content.length });
  }
  if (/[\u0000\p{Surrogate}]/u.test(content))
    throw badField("content", "holds a character that no text file can hold", {});
}

function unknownField(kind: Kind, field: string): MemoryError {
  const others = KINDS.filter((each) => SCHEMAS[each].has(field));
  const hint =
    others.length > 0 ? `it belongs to ${others.join(" and ")}` : `known are ${FIELD_NAMES(kind).join(", ")}`;
  return new MemoryError("invalid_input", `A ${kind} has no field ${JSON.stringify(field)}; ${hint}.`, { field });
}

function badField(field: string, problem: string, data: Readonly<Record<string, unknown>>): MemoryError {
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
