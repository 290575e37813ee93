import { type FileKind, normaliseTags, readFields } from "../../entry/fields.js";

const NUMBERS = ["importance", "decay_rate", "confidence", "priority"];
const LISTS = ["tags", "applies_to", "files"];
const DECIMAL = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)$/;

/** True for a value that a field of the kind may have as it is. */
const fits = (kind: FileKind, field: string, value: unknown): boolean =>
  Object.hasOwn(readFields(kind, { [field]: value }).fields, field);

/**
 * The value that a field was meant to have, where there is no doubt: itself when it fits; a number that was written as a text, a text
 * where a list of texts belongs, tags with capitals. Undefined where a person has to decide.
 */
export function mendedValue(kind: FileKind, field: string, value: unknown): unknown {
  const candidate = meant(field, value);
  return candidate !== undefined && candidate !== null && fits(kind, field, candidate) ? candidate : undefined;
}

function meant(field: string, value: unknown): unknown {
  if (field === "tags") return normaliseTags(typeof value === "string" ? words(value) : value);
  if (typeof value === "string") {
    const text = value.trim();
    if (NUMBERS.includes(field)) return DECIMAL.test(text) ? Number(text) : undefined;
    // A comma in a glob or a path may be part of it: then it is not for us to say how many there are.
    if (LISTS.includes(field)) return text === "" || /,\s/.test(text) ? undefined : [text];
  }
  if (field === "examples" && isMap(value)) {
    const listed = Object.entries(value).map(([key, one]) => {
      const single = (key === "good" || key === "bad") && typeof one === "string";
      return [key, single ? [one] : one];
    });
    return Object.fromEntries(listed);
  }
  return value;
}

const words = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim().replace(/^#/, ""))
    .filter((word) => word !== "");

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
