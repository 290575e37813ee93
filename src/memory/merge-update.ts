import { formatAddress } from "../entry/address.js";
import { type ConflictRecord, formatConflict, newConflict, valuesOf } from "../entry/conflict.js";
import { conflictPath } from "../entry/conflict-id.js";
import { equalValues } from "../entry/equal-values.js";
import { checkContent } from "../entry/fields.js";
import { type EntryAt, editEntry, parseEntry } from "../entry/markdown.js";
import { mergeFile } from "../entry/merge-file.js";
import type { Contested } from "../entry/merge-texts.js";
import { blobId } from "../git/objects.js";
import { type Basis, type Changer, isOwn } from "./basis.js";
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
  if (merged.kind === "distinct") throw stale();
  const { bytes, overruled } = insist(merged.bytes, changes.set ?? {}, old, { based: basis.bytes, wanted });
  const result = parseAt(draft.root, path, bytes);
  if (!result) throw stale();
  // What is added at the end conflicts with nothing.
  const content = append === undefined ? undefined : newBody(result.body, { append });
  checkContent(content ?? result.body);
  const id = idToWrite(memory, draft, path, result.fields.id);
  const set = id === result.fields.id ? {} : { set: { id } };
  const after = editEntry(bytes, { ...set, ...(content === undefined ? {} : { content }) }, entry);
  const own = append === undefined ? wanted : editEntry(wanted, { content: newBody(based.body, { append })! }, entry);
  const disputed = [...(merged.kind === "conflict" ? merged.contested : []), ...overruled];
  const contested = disputed.length > 0 && !(await isOwn(draft, old, basis.version, by)) ? disputed : [];
  const conflict = contested.length === 0 ? undefined : record(memory, old, basis, wanted, contested);
  const merge = { own, ...(conflict ? { conflict } : {}) };
  const same = Buffer.compare(after, old.bytes) === 0;
  if (same && !conflict) return { op: "unchanged", after: old, path, at: entry, id: entry.fields.id, merge: { own } };
  const word = changeWord(entry.fields.status, edit.set);
  const op = word === "updated" ? "merged" : word;
  if (!same) draft.put({ path, after, op });
  if (conflict) {
    await putConflict(draft, conflict);
    // What a connection wrote beside another is no version, and the resolution goes by it.
    await draft.keep(basis.bytes);
  }
  return { op, after: await draft.read(path), path, at: entry, id, ...told, merge };
}

/** Puts a record among the open ones, also of a conflict that was resolved once and is there again. */
async function putConflict(draft: Draft, conflict: ConflictRecord): Promise<void> {
  const closed = conflictPath({ id: conflict.id, resolved: true });
  if (await draft.file(closed)) draft.put({ path: closed, after: null, op: "deleted" }, false);
  draft.put({ path: conflictPath(conflict), after: formatConflict(conflict), op: "created" }, false);
}

/**
 * A field that a writer sets is set, also to what it was before: else somebody who takes back another one's change would
 * be told that it was done while nothing happened. What the other one had made of it is contested then.
 */
function insist(
  merged: Uint8Array,
  set: Readonly<Record<string, unknown>>,
  { entry }: Drafted,
  { based, wanted }: { readonly based: Uint8Array; readonly wanted: Uint8Array },
) {
  const at = { kind: entry.kind, scope: entry.scope, name: entry.name };
  const [was, now, mine] = [based, merged, wanted].map((bytes) => valuesIn(bytes, at));
  const lost = Object.keys(set).filter(
    (field) =>
      equalValues(was![field], mine![field]) && !equalValues(now![field], mine![field]) && !isCollection(now![field]),
  );
  const overruled: Contested[] = lost.map((field) => ({
    field,
    ...(now![field] === undefined ? {} : { ours: now![field] }),
    ...(mine![field] === undefined ? {} : { theirs: mine![field] }),
  }));
  const back = Object.fromEntries(lost.map((field) => [field, mine![field] ?? null]));
  return { bytes: lost.length === 0 ? merged : editEntry(merged, { set: back }, at), overruled };
}

/** What is merged item by item, or key by key: there nothing that a writer put in is undone. */
const isCollection = (value: unknown): boolean => typeof value === "object" && value !== null;

function valuesIn(bytes: Uint8Array, at: EntryAt): Readonly<Record<string, unknown>> {
  const read = parseEntry(bytes, at);
  return read.kind === "entry" ? { ...read.entry.fields, ...read.entry.unknown } : {};
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
