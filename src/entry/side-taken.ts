import { normaliseBody } from "./body.js";
import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import { readFrontMatter } from "./frontmatter.js";
import { mergeFile } from "./merge-file.js";
import type { Contested, Side, Sides } from "./merge-texts.js";

/** The side that holds in what a merge was resolved to: in all of the file, or in what was contested; `merged` = neither. */
export function sideTaken(
  path: string,
  { base, ours, theirs }: { readonly [side in keyof Sides]: Uint8Array | null },
  result: Uint8Array | null,
): "a" | "b" | "merged" {
  const same = (bytes: Uint8Array | null): boolean =>
    bytes === null || result === null ? bytes === result : Buffer.compare(bytes, result) === 0;
  if (same(ours)) return "a";
  if (same(theirs)) return "b";
  if (!ours || !theirs || !result) return "merged";
  const holds = (side: Side): boolean => {
    const merged = mergeFile(path, { base, ours, theirs }, side);
    if (merged.kind !== "conflict" || merged.contested.length === 0) return false;
    return same(merged.bytes) || merged.contested.every((one) => says(result, merged.bytes, one, side));
  };
  return holds("ours") ? "a" : holds("theirs") ? "b" : "merged";
}

function says(result: Uint8Array, merged: Uint8Array, one: Contested, side: Side): boolean {
  const [is, wanted] = [read(result), read(merged)];
  if (!is || !wanted || one.field === "file") return false;
  return one.field === "body" ? is.body === wanted.body : equalValues(is.fields[one.field] ?? null, one[side] ?? null);
}

function read(bytes: Uint8Array): { fields: Readonly<Record<string, unknown>>; body: string } | undefined {
  const decoded = decodeText(bytes);
  const front = decoded.kind === "text" ? readFrontMatter(decoded.text) : undefined;
  if (decoded.kind !== "text" || !front || front.kind === "fault") return undefined;
  const fields = front.kind === "map" ? front.map.value : {};
  return { fields, body: normaliseBody(decoded.text.slice(front.bodyStart)) };
}
