import { equalValues } from "./equal-values.js";
import type { Eol } from "./frontmatter.js";
import { formatInline, formatPair, type YamlItem, type YamlPair } from "./yaml.js";

/**
 * The source with the list of `pair` changed to `wanted`: items that stay keep their bytes (with the comments beside them), in
 * the list's own style. Undefined when the list is not simple enough; the caller then writes the key's lines again.
 */
export function spliceList(
  source: string,
  pair: YamlPair,
  wanted: readonly unknown[],
  indent: string,
  eol: Eol,
): string | undefined {
  const { items } = pair;
  if (items === undefined || items.length === 0 || wanted.length === 0) return undefined;
  const plan = matchItems(items, wanted);
  if (pair.style === "flow-seq") return spliceFlow(source, pair, items, plan);
  return pair.style === "block-seq" ? spliceBlock(source, pair, items, plan, indent, eol) : undefined;
}

/** What becomes of one wanted value: an item of the list as it is, or a new one. */
export type Step = { readonly keep: YamlItem } | { readonly add: unknown };

/** Which old item each wanted value takes over; an item is taken once, and only in order. Undefined inside is a new one. */
export function matchItems(items: readonly YamlItem[], wanted: readonly unknown[]): readonly Step[] {
  let next = 0;
  return wanted.map((value) => {
    for (let at = next; at < items.length; at += 1) {
      const item = items[at];
      if (item !== undefined && equalValues(item.value, value)) {
        next = at + 1;
        return { keep: item };
      }
    }
    return { add: value };
  });
}

function spliceFlow(
  source: string,
  pair: YamlPair,
  items: readonly YamlItem[],
  plan: readonly Step[],
): string | undefined {
  const first = items[0];
  const last = items.at(-1);
  const second = items[1];
  if (first === undefined || last === undefined) return undefined;
  const list = source.slice(pair.valueStart, pair.valueEnd);
  const open = source.slice(pair.valueStart, first.start);
  const close = source.slice(last.end, pair.valueEnd);
  const between = second === undefined ? ", " : source.slice(first.end, second.start);
  // A comment between two items is about them, not part of the style.
  const gap = between.includes("#") ? `,${/\r?\n[^\n]*$/.exec(between)?.[0] ?? " "}` : between;
  const texts = plan.map((step) =>
    "keep" in step ? source.slice(step.keep.start, step.keep.end) : formatInline(step.add, "plain", true),
  );
  if (texts.includes(undefined)) return undefined;
  const appended = plan.every((step, at) => ("keep" in step ? step.keep === items[at] : at >= items.length));
  if (appended) {
    const more = texts
      .slice(items.length)
      .map((text) => gap + text)
      .join("");
    return source.slice(0, last.end) + more + source.slice(last.end);
  }
  if (list.includes("\n") || list.includes("#")) return undefined;
  return source.slice(0, pair.valueStart) + open + texts.join(gap) + close + source.slice(pair.valueEnd);
}

function spliceBlock(
  source: string,
  pair: YamlPair,
  items: readonly YamlItem[],
  plan: readonly Step[],
  indent: string,
  eol: Eol,
): string | undefined {
  const starts = items.map((item) => source.lastIndexOf("\n", item.start - 1) + 1);
  const first = starts[0];
  const firstItem = items[0];
  if (first === undefined || firstItem === undefined || first <= pair.start) return undefined;
  const dash = /^([ \t]*)-([ ]+)/.exec(source.slice(first, firstItem.start));
  if (dash === null || new Set(starts).size !== starts.length) return undefined;
  const chunks = new Map(items.map((item, at) => [item, source.slice(starts[at] ?? 0, starts[at + 1] ?? pair.end)]));
  const lines = plan.map((step) => {
    if ("keep" in step) return chunks.get(step.keep) ?? "";
    return formatItem(step.add, dash[1] ?? indent, eol);
  });
  const tail = lines.map((line) => (line.endsWith("\n") ? line : line + eol)).join("");
  return source.slice(0, first) + tail + source.slice(pair.end);
}

function formatItem(value: unknown, indent: string, eol: Eol): string {
  const inline = formatInline(value, "plain", false);
  if (inline !== undefined) return `${indent}- ${inline}${eol}`;
  // The lines of a list below a key, without the line of the key, are the item.
  const lines = formatPair("k", [value], "").split("\n").slice(1, -1);
  return lines.map((line) => (line === "" ? "" : indent + line.slice(2)) + eol).join("");
}
