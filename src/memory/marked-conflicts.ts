import { type ConflictRecord, newConflict, valuesOf } from "../entry/conflict.js";
import { mergeFile } from "../entry/merge-file.js";
import { markedSides } from "../entry/settle-markers.js";
import { blobId } from "../git/objects.js";
import type { EntryKey, Indexed } from "../search/indexed.js";
import type { Memory } from "./memory.js";

/** A file with conflict markers, whoever left them. */
export interface MarkedConflict extends EntryKey {
  readonly record: ConflictRecord;
}

/** The entries whose files have conflict markers and are not among those that are `told` already: they are open until the markers are gone. */
export async function markedConflicts(memory: Memory, told: (key: EntryKey) => boolean): Promise<MarkedConflict[]> {
  const found: MarkedConflict[] = [];
  for (const entry of memory.index.entries()) {
    if (entry.conflict === undefined || told(entry)) continue;
    const bytes = await memory.bytes(entry);
    if (bytes) found.push({ store: entry.store, path: entry.path, record: recordOf(entry, bytes, memory.now()) });
  }
  return found;
}

function recordOf({ path, conflict, updatedAt }: Indexed, bytes: Uint8Array, now: number): ConflictRecord {
  const { ours, theirs } = markedSides(bytes);
  const merged = mergeFile(path, { base: null, ours, theirs }, "ours");
  const contested = merged.kind === "conflict" ? merged.contested : [];
  const record = newConflict({
    entry: path,
    path,
    cause: "markers",
    base: null,
    a: { version: blobId(ours), values: valuesOf(contested, "ours") },
    b: { version: blobId(theirs), values: valuesOf(contested, "theirs") },
    fields: contested.map(({ field }) => field),
    at: updatedAt ?? now,
  });
  return { ...record, id: conflict ?? record.id };
}
