import { isSpaceless } from "./tokenizer.js";

/** Something to show in a snippet: text as it may stand in the body (lower case), and how telling it is. */
export interface Needle {
  readonly text: string;
  readonly weight: number;
}

const WIDTH = 200;
// The first pages of a long body are enough for a glimpse.
const SCANNED = 10_000;
const MAX_FOUND = 40;
const REPEAT_WEIGHT = 0.05;
const LETTER = /[\p{L}\p{N}]/u;

interface Found {
  readonly at: number;
  readonly end: number;
  readonly needle: Needle;
}

/** About 200 characters of a Markdown body around the most telling matches, whole words, on one line; "" for an empty body. */
export function snippet(body: string, needles: readonly Needle[]): string {
  const text = body.slice(0, SCANNED);
  const found = findAll(text, needles);
  const window = bestWindow(found);
  const matched = window === undefined ? 0 : window.end - window.at;
  const from = window === undefined ? 0 : Math.max(0, window.at - Math.floor((WIDTH - matched) / 3));
  const start = from === 0 ? 0 : nextWord(text, from, window?.at ?? 0);
  const end = start + WIDTH >= text.length ? text.length : wordEnd(text, start + WIDTH, window?.end ?? start + 1);
  const clean = simplify(text.slice(start, end));
  if (clean === "") return "";
  return `${start > 0 ? "… " : ""}${clean}${end < body.trimEnd().length ? " …" : ""}`;
}

function findAll(text: string, needles: readonly Needle[]): Found[] {
  const lowered = text.toLowerCase();
  // A few letters change length in lower case (İ): then only what is lower case already is found.
  const lower = lowered.length === text.length ? lowered : text;
  const found: Found[] = [];
  for (const needle of needles) {
    const inside = isSpaceless(needle.text);
    let at = lower.indexOf(needle.text);
    for (let count = 0; at >= 0 && count < MAX_FOUND; at = lower.indexOf(needle.text, at + needle.text.length)) {
      const previous = at === 0 ? " " : text[at - 1]!;
      const camel = text[at] !== lower[at] && previous === lower[at - 1];
      if (!inside && LETTER.test(previous) && !camel) continue;
      found.push({ at, end: at + needle.text.length, needle });
      count++;
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

/** The stretch of at most WIDTH characters with the most weight of different needles; the first of equals. */
function bestWindow(found: readonly Found[]): { at: number; end: number } | undefined {
  const inside = new Map<Needle, number>();
  let weight = 0;
  let best = 0;
  let window: { at: number; end: number } | undefined;
  let first = 0;
  for (const item of found) {
    const count = inside.get(item.needle) ?? 0;
    inside.set(item.needle, count + 1);
    weight += count === 0 ? item.needle.weight : item.needle.weight * REPEAT_WEIGHT;
    for (let head = found[first]!; item.end - head.at > WIDTH && head !== item; head = found[++first]!) {
      const left = inside.get(head.needle)! - 1;
      inside.set(head.needle, left);
      weight -= left === 0 ? head.needle.weight : head.needle.weight * REPEAT_WEIGHT;
    }
    if (weight > best + 1e-9) {
      best = weight;
      window = { at: found[first]!.at, end: item.end };
    }
  }
  return window;
}

function nextWord(text: string, from: number, limit: number): number {
  for (let at = from; at < limit; at++) if (/\s/.test(text[at - 1]!)) return at;
  return limit;
}

function wordEnd(text: string, to: number, limit: number): number {
  for (let at = to; at > limit && at > to - 40; at--) if (/\s/.test(text[at]!)) return at;
  // No space in sight (Chinese, a URL): cut, but never through a surrogate pair.
  return /[\udc00-\udfff]/.test(text[to]!) ? to - 1 : to;
}

function simplify(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, "$1")
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|```\w*|~~~\w*)(?=\s|$)/gm, "")
    .replace(/\*\*|__|`/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
