import type { ReadableFrontMatter } from "../../entry/markdown.js";

/** The line (from 1, of the whole file) on which each relation has its target, in order; the list's own where it cannot be told. */
export function linkLines(text: string, front: ReadableFrontMatter): number[] {
  if (front.kind !== "map") return [];
  const source = text.slice(front.yamlStart, front.yamlEnd);
  const list = (front.map.lineOf("relations") ?? 0) + 1;
  const items = front.map.outline().pairs.find(({ key }) => key === "relations")?.items;
  if (items === undefined) return [list];
  return items.map(({ start, end }) => {
    const key = /(?:^|[{,\n])[ \t]*["']?target["']?[ \t]*:/.exec(source.slice(start, end));
    const at = start + (key ? key.index + key[0].length : 0);
    // The opening line counts too.
    return source.slice(0, at).split("\n").length + 1;
  });
}
