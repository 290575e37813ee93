import { formatAddress } from "../entry/address.js";
import { type ConflictRecord, formatConflict, newConflict, valuesOf } from "../entry/conflict.js";
import { conflictPath } from "../entry/conflict-id.js";
import { checkContent } from "../entry/fields.js";
import { editEntry } from "../entry/markdown.js";
import { mergeFile } from "../entry/merge-file.js";
import type { Contested } from "../entry/merge-texts.js";
import { blobId } from "../git/objects.js";
import type { Basis, Changer } from "./basis.js";
import type { Draft, Drafted } from "./draft.js";
import { type Edit, idToWrite, staleVersion } from "./edits.js";
import type { Memory } from "./memory.js";
import { parseAt } from "./parse-at.js";
import { type Changes, changeWord, newBody, newText } from "./update.js";

/**
 * Puts a change that was made on an older text into the draft, merged with what came since (DESIGN 4.3): what both changed
 * stays as the later writer, this one, has it, and goes on record with the other's. Throws `stale_version` where the two
 * texts are no versions of one entry.
 */
export async function planMerge(
  memory: Memory,
  draft: Draft,
  old: Drafted,
  basis: Basis,
  input: Changes,
  by: Changer,
): Promise<Edit> {
  const { entry, path } = old;
  const { append, ...changes } = input;
  const based = parseAt(draft.root, path, basis.bytes);
  const stale = () => staleVersion(formatAddress(entry, memory.scope), old, basis.version);
  if (!based) throw stale();
  const { edit, told } = newText(memory, based, entry.kind, changes);
  const wanted = editEntry(basis.bytes, edit, entry);
  const merged = mergeFile(path, { base: basis.bytes, ours: old.bytes, theirs: wanted }, "theirs");
  const result = merged.kind === "distinct" ? undefined : parseAt(draft.root, path, merged.bytes);
  if (merged.kind === "distinct" || !result) throw stale();
  // What is added at the end conflicts with nothing.
  const content = append === undefined ? undefined : newBody(result.body, { append });
  checkContent(content ?? result.body);
  const id = idToWrite(memory, draft, path, result.fields.id);
  const set = id === result.fields.id ? {} : { set: { id } };
  const after = editEntry(merged.bytes, { ...set, ...(content === undefined ? {} : { content }) }, entry);
  const own = append === undefined ? wanted : editEntry(wanted, { content: newBody(based.body, { append })! }, entry);
  const contested = merged.kind === "conflict" && !(await isOwn(draft, old, basis, by)) ? merged.contested : [];
  const conflict = contested.length === 0 ? undefined : record(memory, old, basis, wanted, contested);
  const merge = { own, ...(conflict ? { conflict } : {}) };
  if (Buffer.compare(after, old.bytes) === 0)
    return { op: "unchanged", after: old, path, at: entry, id: entry.fields.id, merge: { own } };
  const word = changeWord(entry.fields.status, edit.set);
  const op = word === "updated" ? "merged" : word;
  draft.put({ path, after, op });
  if (conflict) draft.put({ path: conflictPath(conflict), after: formatConflict(conflict), op: "created" }, false);
  return { op, after: await draft.read(path), path, at: entry, id, ...told, merge };
}

/** True when all that came since is of the caller's own session: that is never concurrent with itself. */
async function isOwn(draft: Draft, { path, version }: Drafted, basis: Basis, { caller }: Changer): Promise<boolean> {
  if (caller.session === undefined) return false;
  const since = await draft.writesSince(path, basis.version);
  return since[0]?.version === version && since.every(({ session }) => session === caller.session);
}

function record(
  memory: Memory,
  { entry, path, version }: Drafted,
  basis: Basis,
  wanted: Uint8Array,
  contested: readonly Contested[],
): ConflictRecord {
  return newConflict({
    entry: entry.fields.id ?? path,
    path,
    cause: "concurrent",
    base: basis.version,
    a: { version: blobId(wanted), values: valuesOf(contested, "theirs") },
    b: { version: version ?? null, values: valuesOf(contested, "ours") },
    fields: contested.map(({ field }) => field),
    at: memory.now(),
  });
}
