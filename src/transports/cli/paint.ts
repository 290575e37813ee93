import { styleText } from "node:util";

/** Shows the little Markdown that results use as terminal styles; without colour the text stays as it is. */
export function paint(text: string, colour: boolean): string {
  if (!colour) return text;
  return text
    .replace(/\*\*(.+?)\*\*/g, (_all, inner: string) => styleText("bold", inner))
    .replace(/`([^`\n]+)`/g, (_all, inner: string) => styleText("cyan", inner))
    .replace(/^\+ .*$/gm, (line) => styleText("green", line));
}
