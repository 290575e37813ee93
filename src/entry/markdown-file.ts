import { normaliseBody } from "./body.js";
import { oursSide } from "./conflict-markers.js";
import { decodeText } from "./entry-file.js";
import { type FieldsOf, type FileKind, type ReadFields, readFields } from "./fields.js";
import { type FrontMatter, readFrontMatter } from "./frontmatter.js";

/** Front matter that is there and can be read, or none at all. */
export type ReadableFrontMatter = Exclude<FrontMatter, { kind: "fault" }>;

/** A Markdown file of a store with the text and the front matter it was read from, or why and where (line from 1) it cannot be read. */
export type ReadMarkdown<K extends FileKind> =
  | (ReadFields<FieldsOf<K>> & {
      readonly kind: "read";
      readonly body: string;
      readonly text: string;
      readonly front: ReadableFrontMatter;
    })
  | { readonly kind: "unreadable"; readonly reason: string; readonly line?: number };

/** Reads the fields and the body of a file leniently, of conflict markers the ours side; problems carry their line. Never throws. */
export function readMarkdown<K extends FileKind>(bytes: Uint8Array, kind: K): ReadMarkdown<K> {
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") return decoded;
  const text = oursSide(decoded.text);
  const front = readFrontMatter(text);
  if (front.kind === "fault") {
    return { kind: "unreadable", reason: front.reason, ...(front.line === undefined ? {} : { line: front.line }) };
  }
  const map = front.kind === "map" ? front.map : undefined;
  const { fields, unknown, problems } = readFields(kind, map?.value ?? {});
  const withLines = problems.map((problem) => {
    const line = map?.lineOf(problem.field);
    // The opening line counts too.
    return line === undefined ? problem : { ...problem, line: line + 1 };
  });
  const body = normaliseBody(text.slice(front.bodyStart));
  return { kind: "read", fields, unknown, problems: withLines, body, text, front };
}
