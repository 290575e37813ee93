import { normaliseBody } from "./body.js";
import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import { readFrontMatter } from "./frontmatter.js";
import { mergeFile } from "./merge-file.js";
import type { Contested, Merged, Side, Sides } from "./merge-texts.js";

/**
 * The side that holds in what a merge was resolved to: in all of the file, or in what was contested; `merged` = neither.
 * `kept` is the merge with ours preferred, where there is one.
 */
export function sideTaken(
  path: string,
  { base, ours, theirs }: { readonly [side in keyof Sides]: Uint8Array | null },
  result: Uint8Array | null,
  kept: Merged | undefined,
): "a" | "b" | "merged" {
  const same = (bytes: Uint8Array | null): boolean =>
    bytes === null || result === null ? bytes === result : Buffer.compare(bytes, result) === 0;
  if (same(ours)) return "a";
  if (same(theirs)) return "b";
  if (!ours || !theirs || !result || kept?.kind !== "conflict") return "merged";
  const is = read(result);
  // What could not be read as an entry is told as one field.
  const isFile = kept.contested.some(({ field }) => field === "file");
  const fields = kept.contested.filter(({ field }) => field !== "body");
  const says = (one: Contested, side: Side): boolean =>
    is !== undefined && equalValues(is.fields[one.field] ?? null, one[side] ?? null);
  const holds = (side: Side): boolean => {
    if (!isFile && !fields.every((one) => says(one, side))) return false;
    if (fields.length > 0 && !isFile && fields.length === kept.contested.length) return true;
    const merged = side === "ours" ? kept : mergeFile(path, { base, ours, theirs }, side);
    if (merged.kind !== "conflict") return false;
    return isFile ? same(merged.bytes) : is !== undefined && read(merged.bytes)?.body === is.body;
  };
  return holds("ours") ? "a" : holds("theirs") ? "b" : "merged";
}

function read(bytes: Uint8Array): { fields: Readonly<Record<string, unknown>>; body: string } | undefined {
  const decoded = decodeText(bytes);
  const front = decoded.kind === "text" ? readFrontMatter(decoded.text) : undefined;
  if (decoded.kind !== "text" || !front || front.kind === "fault") return undefined;
  const fields = front.kind === "map" ? front.map.value : {};
  return { fields, body: normaliseBody(decoded.text.slice(front.bodyStart)) };
}
