import * as z from "zod";
import { FIELDS } from "./field-schemas.js";
import type { Kind } from "./kinds.js";

const ABOUT: Readonly<Record<Kind, string>> = {
  memory: "What somebody learned: a decision, a fact, a trap",
  guideline: "A rule that work in its scope follows",
  tool: "How to use a tool; the body is the description",
  pattern: "A way of doing things that was tried, with what came of it",
};

/** The front matter of one kind as a zod object; every field may be absent and unknown keys are allowed. */
export function frontMatterSchema(kind: Kind): z.ZodType {
  return z
    .looseObject(FIELDS[kind] as Readonly<Record<string, z.ZodType>>)
    .partial()
    .meta({ title: `git-memory ${kind}`, description: ABOUT[kind] });
}
