import type { ScopeDocument } from "../entry/document.js";
import type { Entry } from "../entry/entry.js";
import type { Location } from "../entry/entry-path.js";
import { parseEntry } from "../entry/markdown.js";
import { parseDocument } from "../entry/scope-document.js";

/** Where a file lies whose content is told. */
export type Served = Extract<Location, { type: "entry" | "scope-document" }>;

/** What such a file says, or why it cannot be read. */
export type ReadServed =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "document"; readonly document: ScopeDocument }
  | { readonly kind: "unreadable"; readonly reason: string };

/** True for entries and the documents of scopes: what is read, told and pending. */
export const isServed = (located: Location): located is Served =>
  located.type === "entry" || located.type === "scope-document";

/** Reads a file as what its place says it is. */
export const readServed = (bytes: Uint8Array, located: Served): ReadServed =>
  located.type === "entry" ? parseEntry(bytes, located) : parseDocument(bytes, located);
