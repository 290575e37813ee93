import type { Eol } from "./frontmatter.js";

/** The raw text after the front matter in three parts: blank lines before, the body, line breaks after. Together they are the raw text. */
interface BodyParts {
  readonly before: string;
  readonly body: string;
  readonly after: string;
}

/** Takes blank lines off both ends; spaces at the start of the first line with text stay (an indented code block). */
function splitBody(raw: string): BodyParts {
  let start = 0;
  for (let at = 0; at < raw.length; ) {
    const next = raw.indexOf("\n", at);
    const end = next === -1 ? raw.length : next + 1;
    if (!isBlank(raw, at, end)) break;
    start = end;
    at = end;
  }
  let end = raw.length;
  for (let lineStart = raw.lastIndexOf("\n", end - 1); lineStart >= start; ) {
    if (!isBlank(raw, lineStart + 1, end)) break;
    end = raw[lineStart - 1] === "\r" ? lineStart - 1 : lineStart;
    if (end <= start) break;
    lineStart = raw.lastIndexOf("\n", end - 1);
  }
  return { before: raw.slice(0, start), body: raw.slice(start, end), after: raw.slice(end) };
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit !== 32 && unit !== 9 && unit !== 10 && unit !== 13) return false;
  }
  return true;
}

// The lookbehind keeps a long run of carriage returns from being tried at each of them.
const LINE_END_CR = /(?<!\r)\r+(?=\n|$)/g;

/** A body as entries hold it: `\n` line ends, no blank lines at the ends. */
export function normaliseBody(text: string): string {
  return splitBody(text.includes("\r") ? text.replace(LINE_END_CR, "") : text).body;
}

/** The raw text that holds `content` as its body: lines that stay keep their bytes, new ones get `eol`; blank lines at the ends stay as they were. */
export function replaceBody(raw: string, content: string, eol: Eol): string {
  const parts = splitBody(raw);
  const wanted = normaliseBody(content);
  if (wanted === normaliseBody(raw)) return raw;
  if (wanted === "") return "";
  if (parts.body === "") return `${eol}${wanted.replaceAll("\n", eol)}${eol}`;
  const old = parts.body.split("\n");
  const plain = old.map((line) => line.replace(LINE_END_CR, ""));
  const lines = wanted.split("\n");
  let head = 0;
  while (head < plain.length && head < lines.length && plain[head] === lines[head]) head += 1;
  let tail = 0;
  const most = Math.min(plain.length, lines.length) - head;
  while (tail < most && plain[plain.length - 1 - tail] === lines[lines.length - 1 - tail]) tail += 1;
  const ends = (line: string, at: number): string => line + (at === lines.length - 1 ? "" : eol);
  const kept = (line: string, at: number): string => (at === old.length - 1 ? line : `${line}\n`);
  const before = old.slice(0, head).map((line, at) => (at === old.length - 1 ? ends(line, head - 1) : kept(line, at)));
  const middle = lines.slice(head, lines.length - tail).map((line, at) => ends(line, head + at));
  const after = old.slice(old.length - tail).map((line, at) => kept(line, old.length - tail + at));
  let body = [...before, ...middle, ...(tail === 0 ? [] : after)].join("");
  // When lines were cut off the end, the last one that stays still carries its line break.
  body = body.replace(/\r?\n$/, "");
  return parts.before + body + parts.after;
}
