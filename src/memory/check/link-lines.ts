import type { ReadableFrontMatter } from "../../entry/markdown-file.js";
import { targetOffsets } from "../../entry/retarget.js";

/** The line (from 1, of the whole file) on which each relation (or item of another list) has its target, in order; the list's own where it cannot be told. */
export function linkLines(
  text: string,
  front: ReadableFrontMatter,
  field = "relations",
  targetKey = "target",
): number[] {
  if (front.kind !== "map") return [];
  const source = text.slice(front.yamlStart, front.yamlEnd);
  const list = (front.map.lineOf(field) ?? 0) + 1;
  const items = front.map.outline().pairs.find(({ key }) => key === field)?.items;
  const offsets = targetOffsets(source, items, targetKey);
  // The opening line counts too.
  return offsets?.map((at) => (at === undefined ? list : source.slice(0, at).split("\n").length + 1)) ?? [list];
}
