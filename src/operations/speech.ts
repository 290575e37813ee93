import { findOperation } from "./registry.js";

/** How a connection names what a caller can do next: by tools it was offered, else by the command in this form. */
export interface Speech {
  /** Areas offered as tools. */
  readonly tools: ReadonlySet<string>;
  /** Such as `git memory` or `npx -y git-memory`. */
  readonly shell: string;
}

/**
 * Replaces `[[search]]`, `[[history restore]]` or `[[init]]` in a message by the tool or command that the caller has;
 * `[[history restore: REF VERSION]]` by that with its arguments.
 */
export function speak(text: string, { tools, shell }: Speech): string {
  return text.replace(/\[\[(\w+)(?: (\w+))?(?:: (.+?))?\]\]/g, (_all, area: string, action?: string, args = "") => {
    const rest = args === "" ? "" : ` ${args}`;
    if (tools.has(area)) return (action ? `memory_${area} (action ${action})` : `memory_${area}`) + rest;
    const command = findOperation(area, action)?.command ?? area;
    return `\`${shell} ${command}${rest}\``;
  });
}
