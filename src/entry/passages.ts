import { descriptionOf } from "./description.js";
import type { Entry } from "./entry.js";

/** A stretch of a body: from `start` to before `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

// What the usual model reads, 256 tokens, is about so many characters of prose.
const LONGEST = 1_000;
const LONGEST_TITLE = 200;
// A section that begins when so much is gathered begins a passage of its own.
const ENOUGH = 400;
// What is behind is found by its words only: a body of the length that may be written fits.
const MOST = 128;

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;

/** What the meaning of an entry is taken from: its description and the pieces of its body, each beginning with the title. */
export function passagesOf(entry: Pick<Entry, "title" | "body" | "fields" | "unknown">): readonly string[] {
  const title = entry.title.slice(0, LONGEST_TITLE);
  const description = descriptionOf(entry);
  const pieces = passageSpans(entry).map(({ start, end }) => entry.body.slice(start, end));
  const texts = description === "" ? pieces : [description, ...pieces];
  if (texts.length === 0) return [title];
  return texts.map((text) => (beginsWith(text, title) ? text : `${title}\n\n${text}`));
}

/** Whether a text's first words are the title already, as those of a file that begins with its heading. */
const beginsWith = (text: string, title: string): boolean =>
  text
    .slice(0, 2 * LONGEST_TITLE)
    .replace(/^[#\s]+/, "")
    .replace(/\s+/g, " ")
    .startsWith(title);

/** Where in the body the passages come from, in their order: along headings, code blocks and paragraphs. */
export function passageSpans({ title, body }: Pick<Entry, "title" | "body">): readonly Span[] {
  const room = LONGEST - Math.min(title.length, LONGEST_TITLE) - 2;
  const spans: Span[] = [];
  let open: Span | undefined;
  const close = (): void => {
    if (open) spans.push(open);
    open = undefined;
  };
  for (const { heading, ...block } of blocks(body)) {
    const fits: boolean = open !== undefined && block.end - open.start <= room;
    if (open && (!fits || (heading && open.end - open.start >= ENOUGH))) close();
    for (const piece of pieces(body, block, room)) {
      if (open && piece.end - open.start > room) close();
      open = { start: open?.start ?? piece.start, end: piece.end };
    }
    if (spans.length >= MOST) return spans.slice(0, MOST);
  }
  close();
  return spans.slice(0, MOST);
}

interface Block extends Span {
  readonly heading: boolean;
}

/** Paragraphs and fenced code, without the blank lines around them; a heading belongs to what follows it. */
function* blocks(body: string): Iterable<Block> {
  let fence: string | undefined;
  let open: Block | undefined;
  let bare = false;
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf("\n", start);
    const next = newline < 0 ? body.length : newline + 1;
    const line = body.slice(start, next).trimEnd();
    const end = start + line.length;
    const heading = fence === undefined && HEADING.test(line);
    const mark = FENCE.exec(line)?.[1];
    const blank = fence === undefined && line === "";
    // Only the heading so far: the text below it is of one piece with it.
    const ends = (blank && !bare) || heading || (mark !== undefined && fence === undefined && !bare);
    if (ends && open) {
      yield open;
      open = undefined;
    }
    if (!blank) {
      open = { start: open?.start ?? start, end, heading: open?.heading ?? heading };
      bare = heading;
    }
    if (mark !== undefined && fence === undefined) fence = mark;
    else if (mark !== undefined && fence !== undefined && closes(mark, fence, line)) {
      fence = undefined;
      if (open) yield open;
      open = undefined;
    }
    start = next;
  }
  if (open) yield open;
}

const closes = (mark: string, fence: string, line: string): boolean =>
  mark[0] === fence[0] && mark.length >= fence.length && line.trim() === mark;

/** A block that is too long in pieces, cut after a line, a sentence or a word, and through a word only where there is nothing else. */
function* pieces(body: string, { start, end }: Span, room: number): Iterable<Span> {
  let from = start;
  while (end - from > room) {
    const text = body.slice(from, from + room);
    const cut = lastOf(text, /\n/g) || lastOf(text, /[.!?。！？](?:\s|(?<=[。！？]))/g) || lastOf(text, /\s/g);
    const to = from + (cut || whole(text));
    yield { start: from, end: to };
    from = to;
    while (from < end && /\s/.test(body[from]!)) from++;
  }
  if (from < end) yield { start: from, end };
}

/** Where the last match in the second half of a text ends; 0 when there is none. */
function lastOf(text: string, mark: RegExp): number {
  let last = 0;
  for (const match of text.matchAll(mark)) last = match.index + match[0].length;
  return last > text.length / 2 ? last : 0;
}

/** The length of a text without half a surrogate pair at its end. */
const whole = (text: string): number => (/[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length);
