import type { Kind } from "./kinds.js";

/** Bytes of a file that are read at most. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** Which entry a file is; `scope` is canonical text. */
export interface EntryAt {
  readonly kind: Kind;
  readonly scope: string;
  readonly name: string;
  readonly private?: true;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a file, byte order mark included, or why it is none. */
export function decodeText(
  bytes: Uint8Array,
): { readonly kind: "text"; readonly text: string } | { readonly kind: "unreadable"; readonly reason: string } {
  if (bytes.length > MAX_FILE_BYTES) {
    return { kind: "unreadable", reason: `it has ${bytes.length} bytes, more than ${MAX_FILE_BYTES} are not read` };
  }
  if (bytes.includes(0)) return { kind: "unreadable", reason: "it holds NUL bytes, so it is no text" };
  try {
    return { kind: "text", text: decoder.decode(bytes) };
  } catch {
    // A fatal decoder has no other way to say so.
    return { kind: "unreadable", reason: "it is not valid UTF-8" };
  }
}
