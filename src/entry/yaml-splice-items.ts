import { formatInline, type YamlItem, type YamlPair } from "./yaml.js";
import { matchItems, type Step } from "./yaml-splice-list.js";

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The source with items of the list of `pair` replaced where they stand, in their own quotes, or taken out: gaps, line breaks and the
 * comments of the others stay. Undefined when `wanted` needs more than that, such as a new place for an item.
 */
export function spliceItems(source: string, pair: YamlPair, wanted: readonly unknown[]): string | undefined {
  const { items, style } = pair;
  if (items === undefined || items.length === 0 || wanted.length === 0) return undefined;
  const flow = style === "flow-seq";
  if (!flow && style !== "block-seq") return undefined;
  const fates = fatesOf(items, matchItems(items, wanted));
  if (fates === undefined) return undefined;
  const cuts: Cut[] = [];
  for (const [at, fate] of fates.entries()) {
    if (fate === "stays") continue;
    const cut =
      fate === "goes" ? removal(source, items, fates, at, flow) : replacement(source, items[at]!, fate.by, flow);
    if (cut === undefined) return undefined;
    cuts.push(cut);
  }
  return cuts.reduceRight((text, { start, end, text: by }) => text.slice(0, start) + by + text.slice(end), source);
}

type Fate = "stays" | "goes" | { readonly by: unknown };

/** What becomes of each item; undefined when between two that stay there are more new values than items to take their places. */
function fatesOf(items: readonly YamlItem[], plan: readonly Step[]): readonly Fate[] | undefined {
  const fates: Fate[] = [];
  let added: unknown[] = [];
  const close = (until: number): boolean => {
    const room = until - fates.length;
    if (added.length > room) return false;
    fates.push(...added.map((by) => ({ by })));
    while (fates.length < until) fates.push("goes");
    added = [];
    return true;
  };
  for (const step of plan) {
    if ("add" in step) added.push(step.add);
    else if (!close(items.indexOf(step.keep))) return undefined;
    else fates.push("stays");
  }
  return close(items.length) ? fates : undefined;
}

function replacement(source: string, { start, end }: YamlItem, by: unknown, flow: boolean): Cut | undefined {
  const old = source.slice(start, end);
  if (old.includes("\n")) return undefined;
  const text = formatInline(by, old.startsWith("'") ? "single" : old.startsWith('"') ? "double" : "plain", flow);
  return text === undefined ? undefined : { start, end, text };
}

function removal(source: string, items: readonly YamlItem[], fates: readonly Fate[], at: number, flow: boolean): Cut {
  const { start, end } = items[at]!;
  if (!flow) {
    const last = source.indexOf("\n", Math.max(start, end - 1));
    return { start: source.lastIndexOf("\n", start - 1) + 1, end: last === -1 ? source.length : last + 1, text: "" };
  }
  const leads = fates.slice(0, at).every((fate) => fate === "goes");
  const next = items[at + 1];
  const cut = leads && next !== undefined ? { start, end: next.start } : { start: items[at - 1]?.end ?? start, end };
  const gap = source.slice(cut.start, start) + source.slice(end, cut.end);
  if (!gap.includes("#")) return { ...cut, text: "" };
  // A comment beside the item may be about its neighbour; a list may end with a comma.
  const comma = /^[ \t]*,[ \t]*/.exec(source.slice(end))?.[0].length ?? 0;
  return { start, end: end + comma, text: "" };
}
