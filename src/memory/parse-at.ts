import type { ScopeDocument } from "../entry/document.js";
import type { Entry } from "../entry/entry.js";
import { locate } from "../entry/entry-path.js";
import { parseEntry } from "../entry/markdown.js";
import type { Scope } from "../entry/scope.js";
import { isServed, readServed } from "../store/served.js";

/** The entry that bytes are at a store path; undefined when they cannot be read as one. */
export function parseAt(root: Scope, file: string, bytes: Uint8Array): Entry | undefined {
  const located = locate(file, root);
  const parsed = located.type === "entry" ? parseEntry(bytes, located) : undefined;
  return parsed?.kind === "entry" ? parsed.entry : undefined;
}

/** The entry, or the document of a scope, that bytes are at a store path; undefined when they cannot be read as one. */
export function readAt(root: Scope, file: string, bytes: Uint8Array): Entry | ScopeDocument | undefined {
  const located = locate(file, root);
  const read = isServed(located) ? readServed(bytes, located) : undefined;
  return read?.kind === "entry" ? read.entry : read?.kind === "document" ? read.document : undefined;
}
