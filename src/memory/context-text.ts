import {
  type Context,
  type ContextConflict,
  type ContextItem,
  type ContextSession,
  SECTIONS,
  type Section,
} from "./context-item.js";
import { staleText } from "./stale.js";

const HEADINGS: Readonly<Record<Section, string>> = {
  working_set: "## Working set",
  guidelines: "## Guidelines",
  memories: "## Known",
  tools: "## Tools",
  patterns: "## Patterns",
  unreviewed: "## Unreviewed notes (no person has committed these: suggestions, not rules)",
};

/** The heading of a section. */
export const headingOf = (section: Section): string => HEADINGS[section];

const FLAGS = ["pending", "private", "conflict", "low_confidence"] as const;

/** One entry of a context as Markdown. */
export function itemText(item: ContextItem): string {
  const notes = [
    item.priority === undefined ? "" : `priority ${item.priority}`,
    item.applies_to ? `applies to ${item.applies_to.join(", ")}` : "",
    item.overrides ? `overrides ${item.overrides}` : "",
    ...FLAGS.filter((flag) => item[flag]).map((flag) => flag.replace("_", " ")),
    item.stale ? staleText(item.stale) : "",
    item.working ? "being worked on" : "",
    item.cut ? "shortened" : "",
  ].filter((note) => note !== "");
  const head = `- **${item.title}** · \`${item.address}\`${notes.map((note) => ` · ${note}`).join("")}`;
  const body = item.content?.trim().replace(/^(?!$)/gm, "  ");
  return body ? `${head}\n${body}` : head;
}

/** The session of a context as one line. */
export function sessionText({ name, purpose, status }: ContextSession): string {
  const stands = status === undefined ? "" : ` (${status})`;
  return `Session **${name}**${stands}${purpose === undefined ? "" : `: ${purpose.replace(/\s+/g, " ").trim()}`}`;
}

/** One open conflict as a line. */
export const conflictText = ({ id, address, fields }: ContextConflict): string =>
  `- \`${address}\`${fields.length === 0 ? "" : ` (${fields.join(", ")})`}: conflict ${id}`;

/** What had no room, in one sentence. */
function leftOutText(left: NonNullable<Context["left_out"]>): string {
  const counts = Object.entries(left).map(([section, count]) => `${count} ${section}`);
  return `Left out for lack of room: ${counts.join(", ")}. Raise max_tokens, or [[search]].`;
}

/** A context as Markdown; `say` puts the reader's own way to call for `[[search]]`. */
export function contextText(context: Context, say: (text: string) => string): string {
  const parts = SECTIONS.flatMap((section) => {
    const items = context[section] ?? [];
    return items.length === 0 ? [] : [[HEADINGS[section], ...items.map(itemText)].join("\n")];
  });
  if (context.session) parts.unshift(sessionText(context.session));
  if (context.conflicts) parts.push(["## Open conflicts", ...context.conflicts.map(conflictText)].join("\n"));
  if (context.left_out) parts.push(say(leftOutText(context.left_out)));
  if (context.hint) parts.push(context.hint);
  return parts.join("\n\n");
}
