import {
  Composer,
  type CST,
  Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Parser,
  Scalar,
  type ToStringOptions,
  type YAMLMap,
} from "yaml";
import { equalValues } from "./equal-values.js";
import { yamlFaultReason } from "./yaml-faults.js";

/** Collections inside each other that a front matter may have; the composer recurses, so this keeps it off the end of the stack. */
const MAX_DEPTH = 64;
/** Aliases (`*x`) that a front matter may have, and the factor by which they may blow it up. */
const MAX_ALIASES = 100;
/** Characters of YAML that are read at most. */
const MAX_YAML = 256 * 1024;

/** A YAML mapping that could be read; `lineOf` counts from 1 within the source. */
export interface YamlMap {
  readonly kind: "map";
  readonly value: Readonly<Record<string, unknown>>;
  readonly lineOf: (key: string) => number | undefined;
  readonly outline: () => YamlOutline;
}

/** Why a source is no YAML mapping, in our own words; `line` counts from 1 within the source. */
export interface YamlFault {
  readonly kind: "fault";
  readonly reason: string;
  readonly line?: number;
}

/** Where the top-level keys of a block mapping lie. Offsets count UTF-16 units from the start of the source. */
export interface YamlOutline {
  /** False for a flow mapping (`{a: 1}`) or an empty source, where lines cannot be spliced. */
  readonly block: boolean;
  /** Spaces before each top-level key. */
  readonly indent: number;
  readonly pairs: readonly YamlPair[];
}

/** One top-level key with the place of its value. */
export interface YamlPair {
  readonly key: string;
  readonly value: unknown;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Start of the line with the key. */
  readonly start: number;
  /** Just after the line break that ends the value's last line. */
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly style: "plain" | "single" | "double" | "flow-seq" | "block-seq" | "decorated" | "other";
  /** The items of a list that has neither anchor nor tag, and none on its items; undefined for any other value. */
  readonly items?: readonly YamlItem[];
}

/** One item of a list with its place. */
export interface YamlItem {
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
}

// Merge keys and the tags of YAML 1.1 stay off: a value is what YAML 1.2's core schema says.
const READ = {
  version: "1.2",
  schema: "core",
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: "silent",
} as const;

/** Reads a mapping (YAML 1.2, core schema), bounded in depth, aliases and size; an empty source is an empty mapping. Never throws. */
export function parseYaml(source: string): YamlMap | YamlFault {
  if (source.length > MAX_YAML) return fault(`it is longer than ${MAX_YAML} characters`);
  try {
    return read(source);
  } catch {
    // The library throws only for what it cannot build (such as an alias that blows up); its text may quote the file.
    return fault("it cannot be built: an alias is unknown or expands too far");
  }
}

function read(source: string): YamlMap | YamlFault {
  const tokens = [...new Parser().parse(source)];
  const bound = checkBounds(tokens);
  if ("kind" in bound) return withLine(bound.reason, source, bound.at);
  const docs = [...new Composer(READ).compose(tokens, true, source.length)];
  const [doc, second] = docs;
  if (doc === undefined) return fault("it is empty");
  const error = doc.errors[0];
  if (error !== undefined) return withLine(yamlFaultReason(error.code), source, error.pos[0]);
  if (second !== undefined) return withLine("it holds a second document", source, second.range[0]);
  const contents = doc.contents;
  if (contents === null || (isScalar(contents) && contents.value === null && contents.source === "")) {
    return { kind: "map", value: {}, lineOf: () => undefined, outline: () => ({ block: false, indent: 0, pairs: [] }) };
  }
  if (!isMap(contents)) return withLine("it is not a mapping of keys to values", source, contents.range?.[0] ?? 0);
  const duplicate = findDuplicate(contents);
  if (duplicate !== undefined) return withLine("a key is given twice", source, duplicate);
  const value: Record<string, unknown> = doc.toJS({ maxAliasCount: MAX_ALIASES });
  if (bound.aliases > 0 && !fits(value, MAX_DEPTH * 2, { left: 100_000 })) return fault("an alias expands too far");
  return {
    kind: "map",
    value,
    lineOf: (key) => {
      const node = contents.items.find((pair) => keyText(pair.key) === key)?.key;
      return isScalar(node) && node.range ? lineAt(source, node.range[0]) : undefined;
    },
    outline: () => outlineOf(contents, value, source),
  };
}

function checkBounds(tokens: readonly CST.Token[]): { aliases: number } | { kind: "bad"; reason: string; at: number } {
  let aliases = 0;
  const stack: [CST.Token | CST.SourceToken | null | undefined, number][] = tokens.map((token) => [token, 0]);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [token, depth] = next;
    if (!token) continue;
    if (token.type === "directive") return { kind: "bad", reason: "it holds a directive (%)", at: token.offset };
    if (token.type === "alias") aliases += 1;
    if (depth > MAX_DEPTH) return { kind: "bad", reason: `it is nested deeper than ${MAX_DEPTH}`, at: token.offset };
    if (aliases > MAX_ALIASES) return { kind: "bad", reason: `it has over ${MAX_ALIASES} aliases`, at: token.offset };
    if (token.type === "document") stack.push([token.value, depth]);
    if ("items" in token) {
      for (const item of token.items) {
        stack.push([item.key, depth + 1], [item.value, depth + 1]);
      }
    }
  }
  return { aliases };
}

/** The offset of the first key that its mapping has already; keys count as the texts they become in JavaScript. */
function findDuplicate(node: unknown): number | undefined {
  if (isPair(node)) return findDuplicate(node.key) ?? findDuplicate(node.value);
  if (!isCollection(node)) return undefined;
  const seen = new Set<string>();
  for (const item of node.items) {
    if (isMap(node) && isPair(item)) {
      const text = keyText(item.key);
      if (text !== undefined && seen.has(text)) return (item.key as Node).range?.[0] ?? 0;
      if (text !== undefined) seen.add(text);
    }
    const inner = findDuplicate(item);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return key.value === null ? "" : String(key.value);
}

/** True for a tree within depth and number of values, which a cycle made of aliases never is. */
function fits(value: unknown, depth: number, budget: { left: number }): boolean {
  budget.left -= 1;
  if (depth < 0 || budget.left < 0) return false;
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((each) => fits(each, depth - 1, budget));
}

function outlineOf(map: YAMLMap, value: Readonly<Record<string, unknown>>, source: string): YamlOutline {
  const pairs: YamlPair[] = [];
  for (const pair of map.items) {
    const key = pair.key as Node;
    const node = pair.value as Node | null;
    const text = keyText(key);
    const keyRange = key.range;
    if (map.flow === true || text === undefined || !keyRange) return { block: false, indent: 0, pairs: [] };
    const start = keyRange[0] === 0 ? 0 : source.lastIndexOf("\n", keyRange[0] - 1) + 1;
    const written = node === null ? undefined : contentEnd(node);
    // The range of an absent value may lie behind a comment.
    const [from, to] = written === undefined || !node?.range ? [keyRange[1], keyRange[1]] : node.range;
    const items = node === null ? undefined : itemsOf(node, value[text]);
    pairs.push({
      key: text,
      value: value[text],
      keyStart: keyRange[0],
      keyEnd: keyRange[1],
      start,
      end: lineEnd(source, written ?? keyRange[1]),
      valueStart: from,
      valueEnd: to,
      style: node === null ? "other" : styleOf(node),
      ...(items === undefined ? {} : { items }),
    });
  }
  const indent = /^ */.exec(source.slice(pairs[0]?.start ?? 0))?.[0].length ?? 0;
  return { block: true, indent, pairs };
}

function styleOf(node: Node): YamlPair["style"] {
  if (isAlias(node) || node.anchor !== undefined || node.tag !== undefined) return "decorated";
  if (isSeq(node)) return node.flow === true ? "flow-seq" : "block-seq";
  if (!isScalar(node)) return "other";
  if (node.type === Scalar.PLAIN) return node.source === "" ? "other" : "plain";
  if (node.type === Scalar.QUOTE_SINGLE) return "single";
  return node.type === Scalar.QUOTE_DOUBLE ? "double" : "other";
}

function itemsOf(node: Node, values: unknown): YamlItem[] | undefined {
  if (!isSeq(node) || !Array.isArray(values) || styleOf(node) === "decorated") return undefined;
  const items: YamlItem[] = [];
  for (const [at, item] of node.items.entries()) {
    const range = isScalar(item) || isCollection(item) ? item.range : undefined;
    if (!range || styleOf(item as Node) === "decorated") return undefined;
    items.push({ value: values[at], start: range[0], end: range[1] });
  }
  return items;
}

/** Where the last thing that counts in a node ends; undefined when nothing of it is written, as in `key:`. */
function contentEnd(node: unknown): number | undefined {
  if (isPair(node)) return contentEnd(node.value) ?? contentEnd(node.key);
  if (isCollection(node) && node.flow !== true && node.items.length > 0) return contentEnd(node.items.at(-1));
  if (isScalar(node) && node.source === "" && node.type === Scalar.PLAIN) return undefined;
  return isScalar(node) || isCollection(node) || isAlias(node) ? node.range?.[1] : undefined;
}

function lineEnd(source: string, offset: number): number {
  if (offset > 0 && source[offset - 1] === "\n") return offset;
  const end = source.indexOf("\n", offset);
  return end === -1 ? source.length : end + 1;
}

function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", at + 1)) line += 1;
  return line;
}

function fault(reason: string): YamlFault {
  return { kind: "fault", reason };
}

function withLine(reason: string, source: string, offset: number): YamlFault {
  return { kind: "fault", reason, line: lineAt(source, offset) };
}

// `compat` quotes what readers of YAML 1.1 would take for a boolean, date or number; width 0 never folds a line.
const WRITE = { version: "1.2", schema: "core", compat: "yaml-1.1", merge: false, logLevel: "silent" } as const;
const STYLE = { lineWidth: 0, flowCollectionPadding: false } as const;
const QUOTED = { ...STYLE, blockQuote: false, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" } as const;
const FLOW_WIDTH = 100;

/** A mapping as YAML text with `\n` line ends, keys in the order given; short lists of scalars go on one line (`[a, b]`). */
export function formatYaml(value: Readonly<Record<string, unknown>>): string {
  return Object.entries(value)
    .map(([key, each]) => formatPair(key, each, ""))
    .join("");
}

/** One key with its value as whole lines, each after `indent`. */
export function formatPair(key: string, value: unknown, indent: string): string {
  const plain = formatNode(key, value, STYLE);
  const read = parseYaml(plain);
  // The library writes some texts of white space as blocks that read back differently; quotes hold anything.
  const same = read.kind === "map" && equalValues(read.value[key], value);
  const text = same ? plain : formatNode(key, value, QUOTED);
  return indent === "" ? text : text.replace(/^(?=[^\n])/gm, indent);
}

function formatNode(key: string, value: unknown, style: ToStringOptions): string {
  const node = createNode(value);
  if (isSeq(node) && node.items.length > 0 && node.items.every(isScalar)) {
    node.flow = true;
    const text = documentOf(key, node).toString(style);
    if (text.indexOf("\n") === text.length - 1 && text.length <= FLOW_WIDTH) return text;
    node.flow = false;
  }
  return documentOf(key, node).toString(style);
}

function createNode(value: unknown): Node {
  return new Document(null, WRITE).createNode(value, { aliasDuplicateObjects: false }) as Node;
}

function documentOf(key: string, node: Node): Document {
  const doc = new Document({}, WRITE);
  doc.set(key, node);
  return doc as unknown as Document;
}

/** A scalar as it stands after `key: ` or, with `flow`, inside `[]`, in the style asked for where that can hold it; undefined if it takes more than a line. */
export function formatInline(value: unknown, style: YamlPair["style"], flow: boolean): string | undefined {
  if (typeof value === "object" && value !== null) return undefined;
  const scalar = new Scalar(value);
  if (typeof value === "string") {
    if (style === "single") scalar.type = Scalar.QUOTE_SINGLE;
    if (style === "double" || value.includes("\n")) scalar.type = Scalar.QUOTE_DOUBLE;
  }
  const node = createNode(flow ? [scalar] : scalar);
  if (isSeq(node)) node.flow = true;
  const text = documentOf("k", node).toString(STYLE);
  const inline = flow ? text.slice(4, -2) : text.slice(3, -1);
  return inline.includes("\n") ? undefined : inline;
}

/** The whole mapping written again with `set` applied (null removes): comments and order mostly survive, layout may not. Undefined when impossible. */
export function rewriteYaml(source: string, set: ReadonlyMap<string, unknown>): string | undefined {
  const [doc] = [...new Composer(READ).compose(new Parser().parse(source), true, source.length)];
  if (doc === undefined || !isMap(doc.contents)) return undefined;
  for (const [key, value] of set) {
    const pair = doc.contents.items.find((item) => keyText(item.key) === key);
    const at = pair === undefined ? -1 : doc.contents.items.indexOf(pair);
    if (value === null && at !== -1) doc.contents.items.splice(at, 1);
    else if (value !== null && pair !== undefined) pair.value = doc.createNode(value) as never;
    else if (value !== null) doc.set(key, doc.createNode(value));
  }
  try {
    return doc.toString(STYLE);
  } catch {
    // An alias whose anchor went away cannot be written; the caller writes plain values instead.
    return undefined;
  }
}
