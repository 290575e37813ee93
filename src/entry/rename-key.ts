import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import { readFrontMatter } from "./frontmatter.js";
import { parseYaml } from "./yaml.js";

/** The file with one front matter key called otherwise and no other byte changed; undefined when that cannot be done. */
export function renameKey(bytes: Uint8Array, from: string, to: string): Uint8Array | undefined {
  const decoded = decodeText(bytes);
  const front = decoded.kind === "text" ? readFrontMatter(decoded.text) : undefined;
  if (decoded.kind !== "text" || front?.kind !== "map" || Object.hasOwn(front.map.value, to)) return undefined;
  const outline = front.map.outline();
  const pair = outline.pairs.find(({ key }) => key === from);
  if (!outline.block || pair === undefined) return undefined;
  const source = decoded.text.slice(front.yamlStart, front.yamlEnd);
  const start = pair.start + outline.indent;
  const written = [from, `"${from}"`, `'${from}'`].find((key) => source.startsWith(key, start));
  if (written === undefined) return undefined;
  const renamed = source.slice(0, start) + to + source.slice(start + written.length);
  const read = parseYaml(renamed);
  const wanted = Object.fromEntries(
    Object.entries(front.map.value).map(([key, value]) => [key === from ? to : key, value]),
  );
  if (read.kind !== "map" || !equalValues(read.value, wanted)) return undefined;
  return new TextEncoder().encode(decoded.text.slice(0, front.yamlStart) + renamed + decoded.text.slice(front.yamlEnd));
}
