import type { Entry } from "./entry.js";

/** As long as a summary may be. */
const LONGEST = 500;

/** What an entry says about itself in a sentence: its summary, else what files of other tools (skills, agents, rules) call a description. */
export function descriptionOf({ fields, unknown }: Pick<Entry, "fields" | "unknown">): string {
  if (fields.summary !== undefined) return fields.summary;
  const { description } = unknown;
  return typeof description === "string" ? description.replace(/\s+/g, " ").trim().slice(0, LONGEST) : "";
}
