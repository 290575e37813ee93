import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import { readFrontMatter } from "./frontmatter.js";
import { parseYaml } from "./yaml.js";

/** Where the values of `key` stand in a YAML source, item by item; undefined for a list that cannot be told apart. */
export function targetOffsets(
  source: string,
  items: readonly { readonly start: number; readonly end: number }[] | undefined,
  key = "target",
): (number | undefined)[] | undefined {
  const value = new RegExp(`(?:^|[{,\\n])[ \\t]*["']?${key}["']?[ \\t]*:[ \\t]*`);
  return items?.map(({ start, end }) => {
    const found = value.exec(source.slice(start, end));
    return found ? start + found.index + found[0].length : undefined;
  });
}

/** The file with relations led elsewhere and no other byte changed; `to` gives the new target, or undefined to leave it. Undefined when that cannot be done. */
export function retarget(bytes: Uint8Array, to: (target: string) => string | undefined): Uint8Array | undefined {
  const decoded = decodeText(bytes);
  const front = decoded.kind === "text" ? readFrontMatter(decoded.text) : undefined;
  if (decoded.kind !== "text" || front?.kind !== "map") return undefined;
  const source = decoded.text.slice(front.yamlStart, front.yamlEnd);
  const relations = front.map.value.relations;
  const items = front.map.outline().pairs.find(({ key }) => key === "relations")?.items;
  const offsets = targetOffsets(source, items);
  if (!Array.isArray(relations) || offsets === undefined) return undefined;
  let text = source;
  const wanted = [...(relations as unknown[])];
  // From the end, so that what is before keeps its place.
  for (let at = wanted.length - 1; at >= 0; at--) {
    const { target } = wanted[at] as { target?: unknown };
    const next = typeof target === "string" ? to(target) : undefined;
    if (next === undefined || typeof target !== "string") continue;
    const offset = offsets[at];
    const quote = ["", '"', "'"].find((sign) => offset !== undefined && text.startsWith(sign + target + sign, offset));
    if (offset === undefined || quote === undefined) return undefined;
    text = text.slice(0, offset) + quote + next + text.slice(offset + quote.length + target.length);
    wanted[at] = { ...(wanted[at] as object), target: next };
  }
  const read = parseYaml(text);
  if (read.kind !== "map" || !equalValues(read.value, { ...front.map.value, relations: wanted })) return undefined;
  return new TextEncoder().encode(decoded.text.slice(0, front.yamlStart) + text + decoded.text.slice(front.yamlEnd));
}
