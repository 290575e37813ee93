import type { Operation } from "./operation.js";
import { findOperation, OPERATIONS } from "./registry.js";

/** How a connection names what a caller can do next: by tools it was offered, by REST, else by the command in this form. */
export interface Speech {
  /** Areas offered as tools. */
  readonly tools: ReadonlySet<string>;
  /** The path that REST routes hang below, such as `/v1`; absent where the caller has no REST. */
  readonly rest?: string;
  /** Such as `git memory` or `npx -y git-memory`. */
  readonly shell: string;
}

/** `POST /v1/entries/{ref}/restore`, with those of the arguments that are given filled in or named behind. */
function restCall({ route, args }: Operation, base: string, text: string): string {
  const values = text === "" ? [] : text.split(" ");
  const given = new Map(args.slice(0, values.length).map((field, at) => [field, values[at] ?? ""]));
  const path = route.path.replace(/\{(\w+)\}/g, (hole, field: string) => {
    const value = given.get(field);
    given.delete(field);
    return value === undefined ? hole : encodeURIComponent(value);
  });
  const rest = [...given].map(([field, value]) => `${field} ${value}`).join(", ");
  return `\`${route.method} ${base}${path}\`${rest === "" ? "" : ` with ${rest}`}`;
}

/**
 * Replaces `[[search]]`, `[[history restore]]` or `[[init]]` in a message by the tool, request or command that the
 * caller has; `[[history restore: REF VERSION]]` by that with its arguments.
 */
export function speak(text: string, { tools, rest, shell }: Speech): string {
  return text.replace(/\[\[(\w+)(?: (\w+))?(?:: (.+?))?\]\]/g, (_all, area: string, action?: string, args = "") => {
    const more = args === "" ? "" : ` ${args}`;
    if (tools.has(area)) return (action ? `memory_${area} (action ${action})` : `memory_${area}`) + more;
    // An area with several verbs stands for the one that has its command.
    const operation = findOperation(area, action) ?? OPERATIONS.find(({ command }) => command === area);
    if (rest !== undefined && operation) return restCall(operation, rest, args);
    return `\`${shell} ${operation?.command ?? area}${more}\``;
  });
}
