const OPEN = "<!-- git-memory -->";
const CLOSE = "<!-- /git-memory -->";

/** Where the block of a text is: nowhere, from one offset to another, or with marks that do not pair. */
export type FoundBlock =
  | { readonly kind: "none" }
  | { readonly kind: "block"; readonly from: number; readonly to: number }
  | { readonly kind: "fault"; readonly line: number; readonly reason: string };

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** Finds the lines between our two marks, the marks included. */
export function findBlock(text: string): FoundBlock {
  const marks = [...text.matchAll(/^(?:\uFEFF)?(<!-- (\/?)git-memory -->)[ \t]*\r?$/gm)].map((match) => ({
    closes: match[2] === "/",
    at: match.index + match[0].indexOf("<"),
    text: match[1]!,
  }));
  const [first, second] = marks;
  if (!first) return { kind: "none" };
  if (marks.length === 2 && !first.closes && second!.closes)
    return { kind: "block", from: first.at, to: second!.at + second!.text.length };
  const odd = first.closes ? first : (marks.find((mark, at) => at > 0 && !mark.closes) ?? marks[2] ?? first);
  const reason = `the marks ${OPEN} and ${CLOSE} do not pair`;
  return { kind: "fault", line: lineAt(text, odd.at), reason };
}

const rendered = (content: string, eol: string): string => `${OPEN}\n${content.trim()}\n${CLOSE}`.replaceAll("\n", eol);

/**
 * The text with the block, in place where there is one and else at the end; every other byte stays. A text without a
 * last line end keeps being one, so that taking the block away gives it back. The marks have to pair.
 */
export function putBlock(text: string, content: string): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const block = rendered(content, eol);
  const found = findBlock(text);
  if (found.kind === "block") return text.slice(0, found.from) + block + text.slice(found.to);
  if (text === "" || text === "\uFEFF") return `${text}${block}\n`;
  return text.endsWith("\n") ? `${text}${eol}${block}${eol}` : `${text}${eol}${eol}${block}`;
}

/** The text without the block and the blank line that came with it; the same text where there is none. */
export function removeBlock(text: string): string {
  const found = findBlock(text);
  if (found.kind !== "block") return text;
  const [before, after] = [text.slice(0, found.from), text.slice(found.to)];
  if (after === "") return before.replace(/\r?\n\r?\n$/, "");
  const rest = after.replace(/^[ \t]*\r?\n/, "");
  return (/\n\r?\n$/.test(before) ? before.replace(/\r?\n$/, "") : before) + rest;
}
