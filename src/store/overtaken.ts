import { type ConflictRecord, formatConflict, newConflict, valuesOf } from "../entry/conflict.js";
import { conflictPath } from "../entry/conflict-id.js";
import { readFrontMatter } from "../entry/frontmatter.js";
import { mergeFile } from "../entry/merge-file.js";
import type { JournalCommit, NewChange } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { repoPath, type StoreContext, storePath } from "./context.js";

/** A write of ours that is on record, and a file that somebody changed before it was in place. */
export interface Overtaken {
  /** From the repository's top. */
  readonly path: string;
  /** What the write was made on top of; null = there was no file. */
  readonly before: Uint8Array | null;
  /** Null for a write that took the file away. */
  readonly after: Uint8Array | null;
  /** The file as it is. */
  readonly work: Uint8Array;
  /** The commit that the write is on record with. */
  readonly commit: JournalCommit;
}

/** What has to be in place for a write that was overtaken; paths from the repository's top. */
export type Placing = ReadonlyMap<string, Uint8Array>;

/**
 * Brings both together and puts them on record: the person's state as a version of theirs, then the merge; what is
 * contested stays as the file has it, with a conflict record for the rest (DESIGN 4.1, row 10). Undefined where the two
 * are no versions of one file.
 */
export async function mergeOvertaken(context: StoreContext, overtaken: Overtaken): Promise<Placing | undefined> {
  const { path, before, after, work, commit } = overtaken;
  const file = storePath(context, path);
  // What one side took away and the other changed stays.
  const merged = after
    ? mergeFile(file, { base: before, ours: work, theirs: after }, "ours")
    : ({ kind: "conflict", bytes: work, contested: [] } as const);
  if (merged.kind === "distinct") return undefined;
  const { journal } = context;
  const at = context.now();
  const branch = commit.branch === undefined ? {} : { branch: commit.branch };
  const byHand = {
    author: await context.user(),
    at,
    op: "updated",
    subject: `memory: edit ${file} by hand`,
    ...branch,
  };
  const edit = {
    record: byHand,
    changes: [{ path, before: after && blobId(after), after: work, op: "updated" }],
  };
  const contested = merged.kind === "conflict" ? merged.contested : [];
  const record =
    merged.kind === "conflict"
      ? recordOf(idIn(work) ?? (after && idIn(after)) ?? file, file, overtaken, contested, at)
      : undefined;
  if (Buffer.compare(merged.bytes, work) === 0 && !record) {
    await journal.appendAll(await journal.tip(), [edit]);
    return new Map([[path, work]]);
  }
  const placing = new Map([[path, merged.bytes]]);
  const changes: NewChange[] = [{ path, before: blobId(work), after: merged.bytes, op: "merged" }];
  if (record) {
    const place = repoPath(context, conflictPath(record));
    const bytes = formatConflict(record);
    placing.set(place, bytes);
    changes.push({ path: place, before: null, after: bytes, op: "created" });
  }
  const { oid: _oid, changes: _changes, ...written } = commit;
  const conflict = record ? { conflict: record.id } : {};
  const subject = `memory: merge ${file} with a hand edit`;
  const merge = { record: { ...written, ...conflict, at, op: "merged", subject }, changes };
  // Who died between the two would leave the person's state as all that there is.
  await journal.appendAll(await journal.tip(), [edit, merge]);
  return placing;
}

/** The id that an entry's bytes give it. */
function idIn(bytes: Uint8Array): string | undefined {
  const front = readFrontMatter(Buffer.from(bytes).toString("utf8"));
  const id = front.kind === "map" ? front.map.value.id : undefined;
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** The record of what is contested: a is the file as it is, b the write. */
function recordOf(
  entry: string,
  file: string,
  { before, after, work }: Overtaken,
  contested: Parameters<typeof valuesOf>[0],
  at: number,
): ConflictRecord {
  return newConflict({
    entry,
    path: file,
    cause: after ? "concurrent" : "delete/edit",
    base: before && blobId(before),
    a: { version: blobId(work), values: valuesOf(contested, "ours") },
    b: { version: after && blobId(after), values: valuesOf(contested, "theirs") },
    fields: contested.map(({ field }) => field),
    at,
  });
}
