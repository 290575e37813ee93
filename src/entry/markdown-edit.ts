import { MemoryError } from "../errors.js";
import { hasMarkers } from "./conflict-markers.js";
import type { EntryAt } from "./entry-file.js";
import { FIELD_NAMES, type FileKind } from "./fields.js";
import { type EntryEdit, spliceMarkdown } from "./markdown-splice.js";

export type { EntryEdit } from "./markdown-splice.js";

/**
 * The bytes of the file with the edit applied and no other byte changed: comments, key order, quoting, line ends, byte order mark
 * and white space survive. Null bytes make a new file. Values are not checked here (see `checkFields`).
 * `invalid_input` for a file that cannot be read, and for values that no readable file can hold; `conflict` for one that holds
 * conflict markers: whoever read it saw one side only.
 */
export function editEntry(bytes: Uint8Array | null, edit: EntryEdit, at: Pick<EntryAt, "kind">): Uint8Array {
  return editMarkdown(bytes, edit, at.kind);
}

/** The same for any Markdown file of a store. */
export function editMarkdown(bytes: Uint8Array | null, edit: EntryEdit, kind: FileKind): Uint8Array {
  if (bytes !== null) assertSettled(bytes, "The file");
  return spliceMarkdown(bytes, edit, FIELD_NAMES(kind));
}

/** Refuses (`conflict`) to change a file with conflict markers; `what` is how it is called. */
export function assertSettled(bytes: Uint8Array, what: string): void {
  if (!hasMarkers(bytes)) return;
  throw new MemoryError(
    "conflict",
    `${what} holds the conflict markers of a merge, so nothing was written: an edit would settle it for one side. Decide what holds, take the markers out of the file, then call again.`,
  );
}
