import type { DocumentAt, DocumentFields, DocumentLevel, ScopeDocument } from "./document.js";
import { badField, checkFields } from "./fields.js";
import { type EntryEdit, editMarkdown } from "./markdown-edit.js";
import { type ReadableFrontMatter, readMarkdown } from "./markdown-file.js";
import { rootPathProblem } from "./root-path.js";
import { titleOf } from "./title.js";

/** A scope's document, or why its file cannot be read: in our own words, without path and without text of the file. */
export type ParsedDocument =
  | { readonly kind: "document"; readonly document: ScopeDocument }
  | { readonly kind: "unreadable"; readonly reason: string };

/** A scope's document with the text and the front matter it was read from, or why and where (line from 1) it cannot be read. */
export type ReadDocument =
  | {
      readonly kind: "document";
      readonly document: ScopeDocument;
      readonly text: string;
      readonly front: ReadableFrontMatter;
    }
  | { readonly kind: "unreadable"; readonly reason: string; readonly line?: number };

/** Reads a scope's document leniently from the bytes of its Markdown file. Never throws. */
export function parseDocument(bytes: Uint8Array, at: DocumentAt): ParsedDocument {
  const read = readDocument(bytes, at);
  if (read.kind === "document") return { kind: "document", document: read.document };
  return { kind: "unreadable", reason: (read.line === undefined ? "" : `line ${read.line}: `) + read.reason };
}

/** Like `parseDocument`, for those who want to know where in the text things stand. */
export function readDocument(bytes: Uint8Array, at: DocumentAt): ReadDocument {
  const read = readMarkdown(bytes, at.level);
  if (read.kind === "unreadable") return read;
  const { fields, unknown, problems, body, text, front } = read;
  const { level, scope, folder, parent, name } = at;
  const title = fields.title ?? titleOf(body, name);
  const document = { level, scope, folder, parent, name, title, fields, unknown, problems, body };
  return { kind: "document", document, text, front };
}

/**
 * The bytes of the file with the edit applied and no other byte changed, as `editEntry` does it; null bytes make a new file.
 * Values are not checked here (see `checkDocument`). `invalid_input` for a file that cannot be read.
 */
export function editDocument(bytes: Uint8Array | null, edit: EntryEdit, level: DocumentLevel): Uint8Array {
  return editMarkdown(bytes, edit, level);
}

/** What a store and its settings allow beyond the schema. */
export interface DocumentLimits {
  /** True in the personal store, which may say where things are on this machine. */
  readonly absolutePaths: boolean;
  /** Items that a working set may have. */
  readonly workingSet?: number;
}

/**
 * Refuses (`invalid_input`, with `field` and, over a limit, `limit` and `size` in its data) fields that must not be written
 * to a document of this level. Null, which removes a field, is always allowed.
 */
export function checkDocument(
  level: DocumentLevel,
  fields: Readonly<Record<string, unknown>>,
  { absolutePaths, workingSet }: DocumentLimits,
): void {
  checkFields(level, fields);
  const { root_path: rootPath, working_set: items } = fields as DocumentFields;
  const problem = typeof rootPath === "string" ? rootPathProblem(rootPath, absolutePaths) : undefined;
  if (problem !== undefined) throw badField("root_path", problem, {});
  if (workingSet !== undefined && items && items.length > workingSet) {
    const message = `has ${items.length} items, the limit is ${workingSet}`;
    throw badField("working_set", message, { limit: workingSet, size: items.length });
  }
}
