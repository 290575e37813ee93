import { styleText } from "node:util";

// What a text of strangers could use to rewrite a terminal's screen, title or clipboard (ECMA-48).
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * Shows the little Markdown that results use as terminal styles; without colour only control characters are replaced.
 */
export function paint(text: string, colour: boolean): string {
  const safe = text.replace(CONTROL, "\uFFFD");
  if (!colour) return safe;
  return safe
    .replace(/\*\*(.+?)\*\*/g, (_all, inner: string) => styleText("bold", inner))
    .replace(/`([^`\n]+)`/g, (_all, inner: string) => styleText("cyan", inner))
    .replace(/^\+ .*$/gm, (line) => styleText("green", line));
}
