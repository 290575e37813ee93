import matter from "gray-matter";
import { parseYaml, type YamlFault, type YamlMap } from "./yaml.js";

/** Where the parts of a Markdown file lie; offsets count UTF-16 units. A byte order mark comes before everything. */
export type FrontMatter =
  | { readonly kind: "none"; readonly eol: Eol; readonly bodyStart: number }
  | {
      readonly kind: "map";
      readonly eol: Eol;
      readonly yamlStart: number;
      /** Start of the closing line. */
      readonly yamlEnd: number;
      readonly bodyStart: number;
      readonly map: YamlMap;
    }
  | { readonly kind: "fault"; readonly reason: string; readonly line?: number };

export type Eol = "\n" | "\r\n";

const refuse = {
  parse(): object {
    throw new Error("only YAML front matter is read");
  },
};

// gray-matter's own check for an empty block takes quadratic time in blank lines.
const MANY_BLANK_LINES = /(?:\n[ \t\r]*){100}/;

/**
 * Splits off and reads the front matter: a first line that is exactly `---` up to the next line `---`.
 * Any other first line (`---js`) means that there is none, and nothing of it is evaluated. Never throws. `reader` may know
 * the block between the lines already.
 */
export function readFrontMatter(
  text: string,
  reader?: { readonly read: (block: string) => YamlMap | undefined },
): FrontMatter {
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  const opening = /^---(\r?\n|$)/.exec(text.slice(start, start + 5));
  if (opening === null) {
    const firstBreak = text.indexOf("\n");
    const eol = firstBreak > 0 && text[firstBreak - 1] === "\r" ? "\r\n" : "\n";
    return { kind: "none", eol, bodyStart: start };
  }
  const eol = opening[1] === "\r\n" ? "\r\n" : "\n";
  const yamlStart = start + opening[0].length;
  const found = findClosing(text, yamlStart);
  if (found === undefined) return { kind: "fault", reason: "the front matter is not closed by a line ---", line: 1 };
  if (text.slice(found.start + 3, found.end).trim() !== "") {
    // Some readers close here, others do not; guessing could cost a person's text.
    const reason = "a line in the front matter starts with --- but is not the closing line";
    return { kind: "fault", reason, line: lineAt(text, found.start) };
  }
  const block = text.slice(yamlStart, found.start);
  const map = reader?.read(block) ?? readBlock(text.slice(start, found.end), block);
  if (map.kind === "fault") {
    return {
      kind: "fault",
      reason: `the front matter cannot be read: ${map.reason}`,
      ...(map.line === undefined ? {} : { line: map.line + 1 }),
    };
  }
  return { kind: "map", eol, yamlStart, yamlEnd: found.start, bodyStart: found.end, map };
}

/** Where the body of a text begins, found by the delimiters alone: right for every text that `readFrontMatter` can read. */
export function bodyStart(text: string): number {
  const start = text.startsWith("\uFEFF") ? 1 : 0;
  const opening = /^---(\r?\n|$)/.exec(text.slice(start, start + 5));
  return opening === null ? start : (findClosing(text, start + opening[0].length)?.end ?? start);
}

function findClosing(text: string, from: number): { start: number; end: number } | undefined {
  for (let at = from; at < text.length; ) {
    const next = text.indexOf("\n", at);
    const end = next === -1 ? text.length : next + 1;
    if (text.startsWith("---", at)) return { start: at, end };
    at = end;
  }
  return undefined;
}

const readBlock = (head: string, block: string): YamlMap | YamlFault =>
  MANY_BLANK_LINES.test(block) ? parseYaml(block) : readWithMatter(head, block);

function readWithMatter(head: string, block: string): YamlMap | YamlFault {
  let read: YamlMap | YamlFault | undefined;
  // gray-matter leaves line breaks of both delimiters in what it hands over; the block between the lines is what counts.
  const yaml = {
    parse(source: string): object {
      read = source.trim() === block.trim() ? parseYaml(block) : { kind: "fault", reason: "its limits are not clear" };
      return {};
    },
  };
  // Without options it caches by content; without these engines it would run JavaScript.
  const engines = { yaml, json: refuse, javascript: refuse, js: refuse, coffee: refuse, cson: refuse, toml: refuse };
  matter(head, { language: "yaml", engines });
  return read ?? parseYaml(block);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
