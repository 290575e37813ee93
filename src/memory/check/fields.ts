import { type FileKind, MAX_BODY } from "../../entry/fields.js";
import type { ReadEntry } from "../../entry/markdown.js";
import type { ReadDocument } from "../../entry/scope-document.js";
import { misspeltKeys } from "./misspelt.js";

interface FieldFinding {
  readonly rule: "field" | "limit" | "key";
  readonly line: number;
  readonly message: string;
}

/** What the fields and body of an entry or document break of the rules of its kind: wrong types, limits, keys that look misspelt. */
export function fieldFindings(
  read: Extract<ReadEntry, { kind: "entry" }> | Extract<ReadDocument, { kind: "document" }>,
): FieldFinding[] {
  const { text, front } = read;
  const file = read.kind === "entry" ? read.entry : read.document;
  const kind: FileKind = read.kind === "entry" ? read.entry.kind : read.document.level;
  const found: FieldFinding[] = file.problems.map(({ field, message, line = 1, overLimit }) => ({
    rule: overLimit ? "limit" : "field",
    line,
    message: `${field} ${message}`,
  }));
  for (const [key, field] of misspeltKeys(kind, file)) {
    const line = front.kind === "map" ? (front.map.lineOf(key) ?? 0) + 1 : 1;
    found.push({
      rule: "key",
      line,
      message: `${key} is no field of ${kind === "org" ? "an" : "a"} ${kind}; it looks like ${field}`,
    });
  }
  if (file.body.length > MAX_BODY) {
    const line = text.slice(0, front.bodyStart).split("\n").length;
    found.push({
      rule: "limit",
      line,
      message: `the body has ${file.body.length} characters, the limit is ${MAX_BODY}`,
    });
  }
  return found;
}
