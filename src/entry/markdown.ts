import { normaliseBody } from "./body.js";
import { oursSide } from "./conflict-markers.js";
import type { Entry } from "./entry.js";
import { decodeText, type EntryAt } from "./entry-file.js";
import { bodyStart } from "./frontmatter.js";
import { type ReadableFrontMatter, readMarkdown } from "./markdown-file.js";
import { titleOf } from "./title.js";

export { type EntryAt, MAX_FILE_BYTES } from "./entry-file.js";
export { type EntryEdit, editEntry } from "./markdown-edit.js";

/** An entry, or why its file cannot be read: in our own words, without path and without text of the file. */
export type ParsedEntry =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "unreadable"; readonly reason: string };

/** The body of a readable entry's file without the cost of reading its front matter; undefined when it is no text. */
export function readBody(bytes: Uint8Array): string | undefined {
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") return undefined;
  const text = oursSide(decoded.text);
  return normaliseBody(text.slice(bodyStart(text)));
}

/** An entry with the text (the ours side of conflict markers) and the front matter it was read from, or why and where (line from 1) it cannot be read. */
export type ReadEntry =
  | { readonly kind: "entry"; readonly entry: Entry; readonly text: string; readonly front: ReadableFrontMatter }
  | { readonly kind: "unreadable"; readonly reason: string; readonly line?: number };

/** Reads one entry leniently from the bytes of its Markdown file. Never throws. */
export function parseEntry(bytes: Uint8Array, at: EntryAt): ParsedEntry {
  const read = readEntry(bytes, at);
  if (read.kind === "entry") return { kind: "entry", entry: read.entry };
  return { kind: "unreadable", reason: (read.line === undefined ? "" : `line ${read.line}: `) + read.reason };
}

/** Like `parseEntry`, for those who want to know where in the text things stand. */
export function readEntry(bytes: Uint8Array, at: EntryAt): ReadEntry {
  const read = readMarkdown(bytes, at.kind);
  if (read.kind === "unreadable") return read;
  const { fields, unknown, problems, body, text, front } = read;
  const title = fields.title ?? titleOf(body, at.name);
  const place = { kind: at.kind, scope: at.scope, name: at.name, ...(at.private ? { private: at.private } : {}) };
  return { kind: "entry", entry: { ...place, title, fields, unknown, problems, body }, text, front };
}
