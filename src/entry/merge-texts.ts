import { decodeText } from "./entry-file.js";
import { mergeLines, picked, type Region } from "./merge-lines.js";

/** The three states of one file; `base` is null for one that both sides made. */
export interface Sides {
  readonly base: Uint8Array | null;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

/** Whose values stay where both sides changed something. */
export type Side = "ours" | "theirs";

/** A field (`body` for the text below the front matter) with both sides' values; a side that has no such field has none here. */
export interface Contested {
  readonly field: string;
  readonly ours?: unknown;
  readonly theirs?: unknown;
}

/** What became of a file that two sides changed. */
export type Merged =
  | { readonly kind: "clean"; readonly bytes: Uint8Array }
  /** `bytes` hold what could be merged, and the preferred side's of what is contested. */
  | {
      readonly kind: "conflict";
      readonly cause: "merge" | "unparseable";
      readonly bytes: Uint8Array;
      readonly contested: readonly Contested[];
      /** The contested text run by run: the body's lines, or for `unparseable` the whole file's; absent where it cannot be told. */
      readonly regions?: readonly Region[];
    }
  /** Two entries with ids of their own at one path: they are no versions of each other. */
  | { readonly kind: "distinct" };

/** The merge of a file that at most one side changed, or both alike; undefined when they differ. */
export function oneSided({ base, ours, theirs }: Sides): Uint8Array | undefined {
  const same = (a: Uint8Array, b: Uint8Array | null): boolean => b !== null && Buffer.compare(a, b) === 0;
  if (same(ours, theirs) || same(theirs, base)) return ours;
  return same(ours, base) ? theirs : undefined;
}

/** Lines with their line ends: joined they are the text. */
export const linesWithEnds = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The merge of any text by line; of what is no text one side stays whole. Contested, it is told as one field, `file`. */
export function mergeTexts(sides: Sides, prefer: Side): Merged {
  const settled = oneSided(sides);
  if (settled) return { kind: "clean", bytes: settled };
  const [base, ours, theirs] = [sides.base ?? new Uint8Array(), sides.ours, sides.theirs].map((bytes) => {
    const decoded = decodeText(bytes);
    return decoded.kind === "text" ? decoded.text : undefined;
  });
  const conflict = { kind: "conflict", cause: "unparseable" } as const;
  const file = { field: "file", ...(ours === undefined ? {} : { ours }), ...(theirs === undefined ? {} : { theirs }) };
  if (base === undefined || ours === undefined || theirs === undefined)
    return { ...conflict, bytes: sides[prefer], contested: [file] };
  const regions = mergeLines(linesWithEnds(base), linesWithEnds(ours), linesWithEnds(theirs));
  const bytes = new TextEncoder().encode(picked(regions, prefer).join(""));
  if (regions.every(({ kind }) => kind === "agreed")) return { kind: "clean", bytes };
  return { ...conflict, bytes, contested: [file], regions };
}
