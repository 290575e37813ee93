import { decodeText } from "./entry-file.js";
import { readFrontMatter } from "./frontmatter.js";

/** What a conflict record's front matter says, as far as a reader of many records wants to know. */
export interface ConflictRecord {
  /** What the conflict is about: the entry's address or id, and its path in the store. */
  readonly entry?: string;
  readonly path?: string;
  /** `concurrent`, `merge`, `delete/edit`, `add/add`, `rename/rename`, `markers` or `unparseable`. */
  readonly cause?: string;
  readonly fields: readonly string[];
  readonly resolved: boolean;
}

/** Reads a conflict record leniently from the bytes of its file. Never throws. */
export function readConflict(
  bytes: Uint8Array,
):
  | { readonly kind: "conflict"; readonly record: ConflictRecord }
  | { readonly kind: "unreadable"; readonly reason: string } {
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") return decoded;
  const front = readFrontMatter(decoded.text);
  if (front.kind === "fault") return { kind: "unreadable", reason: front.reason };
  if (front.kind === "none") return { kind: "unreadable", reason: "it has no front matter" };
  const { value } = front.map;
  const text = (key: "entry" | "path" | "cause") => (typeof value[key] === "string" ? { [key]: value[key] } : {});
  const fields = Array.isArray(value.fields) ? value.fields.filter((field) => typeof field === "string") : [];
  return {
    kind: "conflict",
    record: { ...text("entry"), ...text("path"), ...text("cause"), fields, resolved: value.resolved === true },
  };
}
