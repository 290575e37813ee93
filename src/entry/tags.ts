import { MemoryError } from "../errors.js";
import { FIELDS } from "./field-schemas.js";
import { normalTag } from "./normal-tags.js";

export { normalTag } from "./normal-tags.js";

/** What tags are about; `custom` is all that fits nowhere else. */
export const TAG_CATEGORIES = ["language", "domain", "meta", "custom"] as const;

export type TagCategory = (typeof TAG_CATEGORIES)[number];

/** What is known about a tag. */
export interface TagAbout {
  readonly category: TagCategory;
  readonly description?: string;
}

const language: TagAbout = { category: "language" };
const domain = (description: string): TagAbout => ({ category: "domain", description });
const meta = (description: string): TagAbout => ({ category: "meta", description });

/** The tags that every store has, by name. */
export const PREDEFINED_TAGS: ReadonlyMap<string, TagAbout> = new Map([
  ["python", language],
  ["typescript", language],
  ["javascript", language],
  ["rust", language],
  ["go", language],
  ["java", language],
  ["sql", language],
  ["bash", language],
  ["markdown", language],
  ["web", domain("Browsers, pages, front ends")],
  ["cli", domain("Command lines and terminals")],
  ["api", domain("Interfaces between programs")],
  ["database", domain("Storage, schemas, queries, migrations")],
  ["ml", domain("Machine learning: data, training, models")],
  ["devops", domain("Build, delivery, running, monitoring")],
  ["security", domain("Access, secrets, attacks")],
  ["testing", domain("Tests and how to run them")],
  ["documentation", domain("Texts for people")],
  ["deprecated", meta("On its way out: do not use for new work")],
  ["experimental", meta("Tried out, may change or go")],
  ["stable", meta("Settled, safe to build on")],
  ["required", meta("Has to be followed")],
  ["optional", meta("Good to have, may be left out")],
]);

/** A tag's name as entries hold it: lower case, trimmed, Unicode NFC. `invalid_input` naming `field` for what cannot be a tag. */
export function tagName(text: string, field: string): string {
  const name = normalTag(text);
  const issue = FIELDS.memory.tags.safeParse([name]).error?.issues[0];
  if (issue === undefined) return name;
  throw new MemoryError("invalid_input", `Nothing was written: ${field} ${issue.message}.`, { field });
}
