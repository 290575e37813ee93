import { oneLine } from "./plain-text.js";

/** Zero width: nobody sees it, and nobody is called by a name with it inside. */
const GAP = "\u200b";
const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * A text of strangers for a line of Markdown: it shows as it is and does nothing, so no markup, HTML, image, link, mention (`@name`) or
 * reference (`#1`), also inside a table (CommonMark, backslash escapes; GitHub's autolinks).
 */
export function inert(text: string): string {
  return oneLine(text)
    .replace(/[&<>]/g, (sign) => ENTITIES[sign]!)
    .replace(/[\\`*_{}[\]()#+!|~:$^="'-]/g, (sign) => `\\${sign}`)
    .replace(/www\./gi, (found) => found.replace(".", "\\."))
    .replace(/[@#](?=\S)/g, (sign) => sign + GAP);
}

/** A text of strangers as code, also inside a table. */
export function code(text: string): string {
  const line = oneLine(text).replaceAll("|", "\\|") || " ";
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = longest > 0 || line.startsWith(" ") ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}

/** Lines as a block of code that nothing in them can end. */
export function codeBlock(lines: readonly string[], language: string): string {
  const text = lines.map(oneLine);
  const longest = Math.max(2, ...text.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = "`".repeat(longest + 1);
  return [fence + language, ...text, fence].join("\n");
}
