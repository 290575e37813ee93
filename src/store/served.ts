import { type ConflictRecord, readConflict } from "../entry/conflict.js";
import type { ScopeDocument } from "../entry/document.js";
import type { Entry } from "../entry/entry.js";
import type { Location } from "../entry/entry-path.js";
import { parseEntry } from "../entry/markdown.js";
import { parseDocument } from "../entry/scope-document.js";

/** Where a file lies whose content is told. */
export type Served = Extract<Location, { type: "entry" | "scope-document" | "conflict-record" }>;

/** What such a file says, or why it cannot be read. */
export type ReadServed =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "document"; readonly document: ScopeDocument }
  | { readonly kind: "conflict"; readonly record: ConflictRecord }
  | { readonly kind: "unreadable"; readonly reason: string };

/** True for entries, the documents of scopes and the records of conflicts: what is read, told and pending. */
export const isServed = (located: Location): located is Served =>
  located.type === "entry" || located.type === "scope-document" || located.type === "conflict-record";

/** Reads a file as what its place says it is. */
export function readServed(bytes: Uint8Array, located: Served): ReadServed {
  if (located.type === "conflict-record") return readConflict(bytes, located.id);
  return located.type === "entry" ? parseEntry(bytes, located) : parseDocument(bytes, located);
}

/** What a readable file says, as a change tells it. */
export function contentOf(read: Exclude<ReadServed, { kind: "unreadable" }>) {
  if (read.kind === "conflict") return { record: read.record };
  return read.kind === "entry" ? { entry: read.entry } : { document: read.document };
}
