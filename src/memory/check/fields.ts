import { MAX_BODY } from "../../entry/fields.js";
import type { ReadEntry } from "../../entry/markdown.js";
import { misspeltKeys } from "./misspelt.js";

interface FieldFinding {
  readonly rule: "field" | "limit" | "key";
  readonly line: number;
  readonly message: string;
}

/** What an entry's fields and body break of the rules of its kind: wrong types, limits, keys that look misspelt. */
export function fieldFindings({ entry, text, front }: Extract<ReadEntry, { kind: "entry" }>): FieldFinding[] {
  const found: FieldFinding[] = entry.problems.map(({ field, message, line = 1, overLimit }) => ({
    rule: overLimit ? "limit" : "field",
    line,
    message: `${field} ${message}`,
  }));
  for (const [key, field] of misspeltKeys(entry)) {
    const line = front.kind === "map" ? (front.map.lineOf(key) ?? 0) + 1 : 1;
    found.push({ rule: "key", line, message: `${key} is no field of a ${entry.kind}; it looks like ${field}` });
  }
  if (entry.body.length > MAX_BODY) {
    const line = text.slice(0, front.bodyStart).split("\n").length;
    found.push({
      rule: "limit",
      line,
      message: `the body has ${entry.body.length} characters, the limit is ${MAX_BODY}`,
    });
  }
  return found;
}
