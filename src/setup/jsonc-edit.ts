import { createScanner, getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";

/** A step into JSON: a key of an object or a position in a list. */
export type JsonPath = readonly (string | number)[];

/** The value of a text, or the line (from 1) where it cannot be read. */
export type JsonRead = { readonly kind: "value"; readonly value: unknown } | JsonFault;
interface JsonFault {
  readonly kind: "fault";
  readonly line: number;
  readonly reason: string;
}

const OPTIONS = { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true };
const MARK = "\uFEFF";
const LINE_COMMENT = 12;
const BLOCK_COMMENT = 13;
const COMMA = 5;
const END = 17;

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

function parse(text: string): Node | undefined | JsonFault {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, OPTIONS);
  const [error] = errors;
  if (!error) return tree;
  return { kind: "fault", line: lineAt(text, error.offset), reason: printParseErrorCode(error.error) };
}

const isFault = (parsed: Node | undefined | JsonFault): parsed is JsonFault =>
  parsed !== undefined && "kind" in parsed && parsed.kind === "fault";

/** Reads JSON with comments and trailing commas; an empty text has the value undefined. */
export function readJson(text: string): JsonRead {
  const parsed = parse(text.startsWith(MARK) ? text.slice(1) : text);
  if (isFault(parsed)) return parsed;
  return { kind: "value", value: parsed && getNodeValue(parsed) };
}

/** Where the commas and comments between two offsets are. */
function trivia(
  text: string,
  from: number,
  to: number,
): { readonly commas: readonly number[]; readonly bare: boolean } {
  const scanner = createScanner(text, false);
  scanner.setPosition(from);
  const commas: number[] = [];
  let bare = true;
  for (let kind: number = scanner.scan(); kind !== END && scanner.getTokenOffset() < to; kind = scanner.scan()) {
    if (kind === COMMA) commas.push(scanner.getTokenOffset());
    if (kind === LINE_COMMENT || kind === BLOCK_COMMENT) bare = false;
  }
  return { commas, bare };
}

interface Style {
  readonly eol: string;
  readonly unit: string;
}

function styleOf(text: string): Style {
  const indented = /^([ \t]+)\S/m.exec(text)?.[1];
  return { eol: text.includes("\r\n") ? "\r\n" : "\n", unit: indented?.startsWith("\t") ? "\t" : (indented ?? "  ") };
}

const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset))?.[0] ?? "";

const startsLine = (text: string, offset: number): boolean =>
  /^[ \t]*$/.test(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset));

/** Lists of texts stand on one line, as people write them. */
const SHORT_LIST = /\[\s+("(?:[^"\\\n]|\\.)*"(?:,\s+"(?:[^"\\\n]|\\.)*")*)\s+\]/g;

const pretty = (value: unknown, unit: string): string =>
  JSON.stringify(value, null, unit).replace(SHORT_LIST, (_all, items: string) => `[${items.replace(/",\s+/g, '", ')}]`);

const render = (value: unknown, { eol, unit }: Style, indent: string): string =>
  pretty(value, unit).replaceAll("\n", eol + indent);

const splice = (text: string, from: number, to: number, put: string): string =>
  text.slice(0, from) + put + text.slice(to);

const childAt = (node: Node, step: string | number): Node | undefined =>
  typeof step === "number"
    ? node.children?.[step]
    : node.children?.find((property) => property.children?.[0]?.value === step);

const innerOf = (child: Node | undefined): Node | undefined =>
  child?.type === "property" ? child.children?.[1] : child;

/** Puts one more child at the end of an object (`label` is its key and colon) or a list. */
function append(text: string, parent: Node, label: string, value: unknown): string {
  const style = styleOf(text);
  const end = parent.offset + parent.length - 1;
  const last = parent.children?.at(-1);
  if (!last) {
    const outer = indentAt(text, parent.offset);
    const rendered = label + render(value, style, outer + style.unit);
    const inside = text.slice(parent.offset + 1, end);
    const kept = inside.trim() === "" ? "" : inside.trimEnd();
    return splice(
      text,
      parent.offset + 1,
      end,
      `${kept}${style.eol}${outer}${style.unit}${rendered}${style.eol}${outer}`,
    );
  }
  const lastEnd = last.offset + last.length;
  const trailing = trivia(text, lastEnd, end).commas.length > 0;
  if (!startsLine(text, last.offset) || !startsLine(text, end)) {
    const compact = label + JSON.stringify(value);
    const at = trailing ? end : lastEnd;
    return splice(text, at, at, trailing ? `${compact},` : `, ${compact}`);
  }
  const indent = indentAt(text, last.offset);
  const rendered = `${indent}${label}${render(value, style, indent)}${trailing ? "," : ""}${style.eol}`;
  const closing = text.lastIndexOf("\n", end - 1) + 1;
  const added = splice(text, closing, closing, rendered);
  return trailing ? added : splice(added, lastEnd, lastEnd, ",");
}

/** Takes one child away, with the comma that it needed and the line that it had for itself. */
function detach(text: string, parent: Node, child: Node): string {
  const siblings = parent.children ?? [];
  const position = siblings.indexOf(child);
  const end = parent.offset + parent.length - 1;
  const childEnd = child.offset + child.length;
  const next = siblings[position + 1];
  const before = siblings[position - 1];
  const [comma] = trivia(text, childEnd, next?.offset ?? end).commas;
  let to = comma === undefined ? childEnd : comma + 1;
  let from = child.offset;
  if (startsLine(text, from) && /^[ \t]*(?:\r?\n|$)/.test(text.slice(to))) {
    from = text.lastIndexOf("\n", from - 1) + 1;
    to += /^[ \t]*(?:\r?\n)?/.exec(text.slice(to))![0].length;
  } else if (next) to += /^[ \t]*/.exec(text.slice(to))![0].length;
  else if (before && comma === undefined) from = before.offset + before.length;
  const rest = splice(text, from, to, "");
  const dangling =
    before && !next && comma === undefined ? trivia(text, before.offset + before.length, from).commas[0] : undefined;
  return dangling === undefined || dangling >= from ? rest : splice(rest, dangling, dangling + 1, "");
}

/**
 * The text with one value set, and no other byte changed; missing objects on the way are made. `"-"` as last step of
 * the path appends to a list. Undefined where the path leads through something else than objects and lists.
 */
export function setJson(text: string, path: JsonPath, value: unknown): string | undefined {
  const mark = text.startsWith(MARK) ? MARK : "";
  const source = text.slice(mark.length);
  const root = parse(source);
  if (isFault(root)) return undefined;
  const nest = (steps: JsonPath): unknown =>
    steps.reduceRight<unknown>((inner, step) => (step === "-" ? [inner] : { [step]: inner }), value);
  if (!root) return source.trim() === "" ? `${mark}${pretty(nest(path), "  ")}\n` : undefined;
  let node = root;
  for (const [depth, step] of path.entries()) {
    const rest = path.slice(depth + 1);
    if (node.type !== (step === "-" || typeof step === "number" ? "array" : "object")) return undefined;
    if (step === "-") return mark + append(source, node, "", nest(rest));
    const child = innerOf(childAt(node, step));
    if (!child) {
      const label = `${JSON.stringify(step)}: `;
      return typeof step === "number" ? undefined : mark + append(source, node, label, nest(rest));
    }
    node = child;
  }
  const rendered = render(value, styleOf(source), indentAt(source, node.offset));
  return mark + splice(source, node.offset, node.offset + node.length, rendered);
}

/**
 * The text without one value, and without the objects and lists that it leaves empty; empty when nothing is left.
 * Undefined where there is no such value.
 */
export function removeJson(text: string, path: JsonPath): string | undefined {
  const mark = text.startsWith(MARK) ? MARK : "";
  const source = text.slice(mark.length);
  const root = parse(source);
  if (!root || isFault(root)) return undefined;
  const way: { readonly parent: Node; readonly child: Node }[] = [];
  let node: Node = root;
  for (const step of path) {
    const child = childAt(node, step);
    const inner = innerOf(child);
    if (!child || !inner) return undefined;
    way.push({ parent: node, child });
    node = inner;
  }
  for (const { parent, child } of way.reverse()) {
    const outside = splice(source, child.offset, child.offset + child.length, "");
    const bare =
      trivia(source, parent.offset + 1, child.offset).bare &&
      trivia(outside, child.offset, parent.offset + parent.length - 1 - child.length).bare;
    if ((parent.children?.length ?? 0) > 1 || !bare) return mark + detach(source, parent, child);
    if (parent === root)
      return trivia(source, 0, root.offset).bare && trivia(source, root.offset + root.length, source.length).bare
        ? ""
        : mark + emptied(source, root);
  }
  return undefined;
}

const emptied = (text: string, node: Node): string =>
  `${text.slice(0, node.offset + 1)}${text.slice(node.offset + node.length - 1)}`;
