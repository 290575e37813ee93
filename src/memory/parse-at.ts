import type { Entry } from "../entry/entry.js";
import { locate } from "../entry/entry-path.js";
import { parseEntry } from "../entry/markdown.js";
import type { Scope } from "../entry/scope.js";

/** The entry that bytes are at a store path; undefined when they cannot be read as one. */
export function parseAt(root: Scope, file: string, bytes: Uint8Array): Entry | undefined {
  const located = locate(file, root);
  const parsed = located.type === "entry" ? parseEntry(bytes, located) : undefined;
  return parsed?.kind === "entry" ? parsed.entry : undefined;
}
