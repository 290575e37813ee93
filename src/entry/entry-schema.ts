import * as z from "zod";
import { DOCUMENT_FIELDS } from "./document-field-schemas.js";
import { FIELDS } from "./field-schemas.js";
import type { FileKind } from "./fields.js";

const ABOUT: Readonly<Record<FileKind, string>> = {
  memory: "What somebody learned: a decision, a fact, a trap",
  guideline: "A rule that work in its scope follows",
  tool: "How to use a tool; the body is the description",
  pattern: "A way of doing things that was tried, with what came of it",
  org: "org.md: what is known about an organisation; the body is the description, the folder the name",
  project: "project.md: what is known about a project; the body is the description, the folder the name",
  session: "session.md: what is known about one session of work; the body is the description, the folder the name",
};

const ALL: Readonly<Record<FileKind, Readonly<Record<string, z.ZodType>>>> = { ...FIELDS, ...DOCUMENT_FIELDS };

/** The front matter of one kind of entry, or of the document of one level, as a zod object; every field may be absent and unknown keys are allowed. */
export function frontMatterSchema(kind: FileKind): z.ZodType {
  return z
    .looseObject(ALL[kind])
    .partial()
    .meta({ title: `git-memory ${kind}`, description: ABOUT[kind] });
}
