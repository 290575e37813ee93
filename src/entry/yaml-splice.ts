import { equalValues } from "./equal-values.js";
import type { Eol } from "./frontmatter.js";
import {
  formatInline,
  formatPair,
  formatYaml,
  parseYaml,
  rewriteYaml,
  type YamlMap,
  type YamlOutline,
  type YamlPair,
} from "./yaml.js";
import { spliceItems } from "./yaml-splice-items.js";
import { spliceList } from "./yaml-splice-list.js";

/**
 * The source with `set` applied (null removes a key), touching as few bytes as will do. Each way is read back, and the next wider one
 * is taken when it does not say what it should: the value alone, the key's lines, the mapping written again from its
 * nodes, the mapping written again from its values (which costs the comments).
 */
export function spliceYaml(
  source: string,
  map: YamlMap,
  set: ReadonlyMap<string, unknown>,
  order: readonly string[],
  eol: Eol,
): string {
  let text = source;
  let current = map;
  let wanted: Record<string, unknown> = { ...map.value };
  for (const [key, value] of set) {
    wanted = withKey(wanted, key, value);
    const next = spliceKey(text, current.outline(), key, value, order, eol, wanted);
    if (next === undefined) return rewrite(source, map, set, eol);
    text = next.text;
    current = next.map;
  }
  return text;
}

function withKey(fields: Readonly<Record<string, unknown>>, key: string, value: unknown): Record<string, unknown> {
  const others = Object.entries(fields).filter(([name]) => name !== key);
  return Object.fromEntries(value === null ? others : [...others, [key, value]]);
}

function rewrite(source: string, map: YamlMap, set: ReadonlyMap<string, unknown>, eol: Eol): string {
  const wanted = [...set].reduce((fields, [key, value]) => withKey(fields, key, value), { ...map.value });
  const text = rewriteYaml(source, set);
  if (text !== undefined && says(text, wanted) !== undefined) return inEol(text, eol);
  return inEol(formatYaml(wanted), eol);
}

function says(text: string, wanted: Readonly<Record<string, unknown>>): YamlMap | undefined {
  const read = parseYaml(text);
  return read.kind === "map" && equalValues(read.value, wanted) ? read : undefined;
}

function inEol(text: string, eol: Eol): string {
  return eol === "\n" ? text : text.replace(/\r?\n/g, eol);
}

function spliceKey(
  source: string,
  outline: YamlOutline,
  key: string,
  value: unknown,
  order: readonly string[],
  eol: Eol,
  wanted: Readonly<Record<string, unknown>>,
): { text: string; map: YamlMap } | undefined {
  if (!outline.block && source.trim() !== "" && !onlyComments(source)) return undefined;
  const pair = outline.pairs.find((each) => each.key === key);
  for (const attempt of attempts(source, outline, pair, key, value, order, eol)) {
    const map = attempt === undefined ? undefined : says(attempt, wanted);
    if (attempt !== undefined && map !== undefined) return { text: attempt, map };
  }
  return undefined;
}

function* attempts(
  source: string,
  outline: YamlOutline,
  pair: YamlPair | undefined,
  key: string,
  value: unknown,
  order: readonly string[],
  eol: Eol,
): Generator<string | undefined> {
  const indent = " ".repeat(outline.indent);
  if (pair === undefined) {
    const at = placeFor(source, outline, key, order);
    yield splice(source, at, at, inEol(formatPair(key, value, indent), eol));
    return;
  }
  if (value === null) {
    yield splice(source, pair.start, pair.end, "");
    return;
  }
  yield spliceScalar(source, pair, value);
  if (Array.isArray(value)) {
    yield spliceItems(source, pair, value);
    yield spliceList(source, pair, value, indent, eol);
  }
  yield spliceLines(source, pair, formatPair(key, value, indent), eol);
  yield splice(source, pair.start, pair.end, inEol(formatPair(key, value, indent), eol));
}

function splice(source: string, start: number, end: number, text: string): string {
  return source.slice(0, start) + text + source.slice(end);
}

function spliceScalar(source: string, pair: YamlPair, value: unknown): string | undefined {
  if (pair.style !== "plain" && pair.style !== "single" && pair.style !== "double") return undefined;
  const inline = formatInline(value, pair.style, false);
  // A text with line breaks is easier to read as a block over the key's lines.
  if (inline === undefined || (typeof value === "string" && value.includes("\n"))) return undefined;
  return splice(source, pair.valueStart, pair.valueEnd, inline);
}

/** Replaces the key's lines, but keeps a comment that ends its only line. */
function spliceLines(source: string, pair: YamlPair, lines: string, eol: Eol): string | undefined {
  const old = source.slice(pair.start, pair.end).replace(/\r?\n$/, "");
  const comment = /[ \t]+#.*$/.exec(
    source.slice(Math.max(pair.valueEnd, pair.start), pair.end).replace(/\r?\n$/, ""),
  )?.[0];
  if (comment === undefined || old.includes("\n")) return undefined;
  return splice(source, pair.start, pair.end, inEol(lines.replace("\n", `${comment}\n`), eol));
}

function onlyComments(source: string): boolean {
  return source.split("\n").every((line) => /^\s*(?:#[^\n]*)?$/.test(line));
}

/** Where a new key goes: after the nearest key before it in canonical order, else before the first one after it, else at the end; the first of all at the top. */
function placeFor(source: string, outline: YamlOutline, key: string, order: readonly string[]): number {
  const rank = order.indexOf(key);
  const [first] = outline.pairs;
  if (rank === -1 || first === undefined) return source.length;
  const known = outline.pairs.filter((pair) => order.includes(pair.key));
  const rankOf = (pair: YamlPair): number => order.indexOf(pair.key);
  const before = known.filter((pair) => rankOf(pair) < rank);
  if (before.length > 0) {
    const nearest = before.reduce((best, pair) => (rankOf(pair) >= rankOf(best) ? pair : best));
    return pastInnerComments(source, nearest.end, outline.indent);
  }
  const next = rank === 0 ? first : known[0];
  return next === undefined ? source.length : aboveComments(source, next.start);
}

/** Comments that are indented deeper than the keys belong to the value above them. */
function pastInnerComments(source: string, from: number, indent: number): number {
  let at = from;
  for (;;) {
    const line = /^([ \t]*)#[^\n]*(?:\n|$)/.exec(source.slice(at, at + 2000));
    if (line === null || (line[1] ?? "").length <= indent || at >= source.length) return at;
    at += line[0].length;
  }
}

/** Comment lines right above a key belong to it. */
function aboveComments(source: string, key: number): number {
  let at = key;
  while (at > 0) {
    const start = source.lastIndexOf("\n", at - 2) + 1;
    if (!/^[ \t]*#/.test(source.slice(start, at))) break;
    at = start;
  }
  return at;
}
