/** The lines of a store's `.gitattributes`: bytes are stored as they are (blob = file, whatever filters the repository has), and merged by us. */
const ATTRIBUTE_LINES = [
  "* -text -ident -filter !working-tree-encoding",
  "*.md merge=git-memory",
  "*.yaml merge=git-memory",
] as const;

/** The `.gitattributes` of a new store. */
export const STORE_ATTRIBUTES = `${ATTRIBUTE_LINES.join("\n")}\n`;

const words = (line: string): string => line.trim().replace(/\s+/g, " ");

/** The lines that a `.gitattributes` lacks; the text of none at all is undefined. */
export function missingAttributes(text: string | undefined): string[] {
  const there = new Set((text ?? "").split(/\r?\n/).map(words));
  return ATTRIBUTE_LINES.filter((line) => !there.has(line));
}

/** The text with the lines that it lacks at its end, where they have the last word. */
export function completeAttributes(text: string | undefined): string {
  const before = text === undefined || text === "" || text.endsWith("\n") ? (text ?? "") : `${text}\n`;
  return (
    before +
    missingAttributes(text)
      .map((line) => `${line}\n`)
      .join("")
  );
}
