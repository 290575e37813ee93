import { type ConflictRecord, newConflict, valuesOf } from "../entry/conflict.js";
import { mergeFile } from "../entry/merge-file.js";
import type { Merged } from "../entry/merge-texts.js";
import { blobId } from "../git/objects.js";

/** The states of a file that git merged, or could not: a is ours, b theirs; null = that side has no file. */
export interface GitSides {
  readonly path: string;
  readonly id: string;
  readonly base: Uint8Array | null;
  readonly ours: Uint8Array | null;
  readonly theirs: Uint8Array | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** How this design merges two sides; `gone` = one of them has no file. */
export const mergeSides = ({ path, base, ours, theirs }: GitSides): Merged | { readonly kind: "gone" } =>
  ours && theirs ? mergeFile(path, { base, ours, theirs }, "ours") : { kind: "gone" };

/** Two sides that git had to bring together as an open record, also where this design finds nothing contested in them. */
export function sidesRecord(sides: GitSides, merged = mergeSides(sides)): ConflictRecord {
  const { path, id, base, ours, theirs, at } = sides;
  const version = (bytes: Uint8Array | null) => bytes && blobId(bytes);
  const contested = merged.kind === "conflict" ? merged.contested : [];
  const cause =
    merged.kind === "gone"
      ? "delete/edit"
      : merged.kind === "distinct"
        ? "add/add"
        : merged.kind === "conflict"
          ? merged.cause
          : "merge";
  const record = newConflict({
    entry: path,
    path,
    base: version(base),
    at,
    cause,
    fields: contested.map(({ field }) => field),
    a: { version: version(ours), values: valuesOf(contested, "ours") },
    b: { version: version(theirs), values: valuesOf(contested, "theirs") },
  });
  return { ...record, id };
}
