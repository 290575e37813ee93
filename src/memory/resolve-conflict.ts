import { formatConflict, valuesOf } from "../entry/conflict.js";
import { conflictPath } from "../entry/conflict-id.js";
import { hasMarkers } from "../entry/conflict-markers.js";
import { isPrivate, locate } from "../entry/entry-path.js";
import { mergeFile } from "../entry/merge-file.js";
import { applyResolution, checkResolution, type Dispute, type Resolution } from "../entry/resolve-conflict.js";
import { settleMarkers } from "../entry/settle-markers.js";
import { MemoryError } from "../errors.js";
import type { Settlement, Unmerged } from "../store/unmerged.js";
import type { LoggedConflict } from "./conflict-log.js";
import type { Draft } from "./draft.js";
import { assertBase } from "./edits.js";
import type { Memory } from "./memory.js";
import { readAt } from "./parse-at.js";
import { planChange } from "./update.js";

/** What a resolution does to the file that the conflict is about. */
export interface Resolved {
  /** `updated`, `deleted`, `renamed`, or `unchanged`. */
  readonly change: string;
  /** Where it lies then. */
  readonly path: string;
  readonly settle?: Settlement;
}

const cannot = (message: string, data: Readonly<Record<string, unknown>> = { field: "take" }): MemoryError =>
  new MemoryError("invalid_input", `${message} Nothing was written.`, data);

/** How a resolution is told in the record. */
const wordsOf = ({ take, values = {} }: Resolution): string =>
  [take, Object.keys(values).length > 0 ? `values for ${Object.keys(values).join(", ")}` : ""]
    .filter(Boolean)
    .join(", ");

/** Puts what a conflict is decided to into the draft, and its record among the closed ones. Throws `conflict` for one that is closed. */
export async function planResolve(
  memory: Memory,
  draft: Draft,
  conflict: LoggedConflict,
  { base_version, ...resolution }: Resolution & { readonly base_version?: string | undefined },
  by: string,
): Promise<Resolved> {
  const { record, file, unmerged, path, address } = conflict;
  if (unmerged) return planSettle(draft, unmerged, resolution);
  if ((conflict.merge || conflict.marked) && !record.resolved)
    return planUnmark(memory, draft, conflict, { base_version, ...resolution });
  if (record.resolved || file === undefined)
    throw new MemoryError("conflict", `The conflict ${record.id} is resolved already. Nothing was written.`, {
      id: record.id,
    });
  const current = await draft.file(path);
  if (current) assertBase(address, current, base_version);
  const done = await decide(memory, draft, conflict, resolution);
  const closed = {
    ...record,
    resolved: true,
    resolution: wordsOf(resolution),
    resolved_at: new Date(memory.now()).toISOString(),
    resolved_by: by,
  };
  draft.put({ path: file, after: null, op: "renamed" }, false);
  draft.put({ path: conflictPath(closed), after: formatConflict(closed), op: "renamed", from: file }, false);
  return done;
}

/** What is decided about the file of a conflict on record. */
async function decide(
  memory: Memory,
  draft: Draft,
  conflict: LoggedConflict,
  resolution: Resolution,
): Promise<Resolved> {
  const { record, path } = conflict;
  // A record is a file that anybody may have written: it decides about nothing of ours.
  if (locate(path, draft.root).type === "conflict-record" || isPrivate(path))
    throw cannot(`${path} is nothing that two sides could disagree on.`, { path });
  if (record.cause === "delete/edit") return decideDeletion(draft, path, resolution);
  if (record.fields.includes("path")) return decidePlace(memory, draft, conflict, resolution);
  checkResolution(record, resolution);
  const current = await draft.file(path);
  if (!current) {
    if (resolution.take === "a") return { change: "unchanged", path };
    throw cannot(`${path} is gone, so nothing can be set in it. Restore it first, or take a to close the conflict.`);
  }
  const bytes = applyResolution(path, current.bytes, await disputeOf(memory, draft, conflict), resolution);
  if (Buffer.compare(bytes, current.bytes) === 0) return { change: "unchanged", path };
  draft.put({ path, after: bytes, op: "updated" });
  return { change: "updated", path };
}

/** The other side had deleted it: it stays, or it goes. */
async function decideDeletion(draft: Draft, path: string, { take, values }: Resolution): Promise<Resolved> {
  if (take === undefined || take === "both" || values)
    throw cannot("One side changed the entry and the other deleted it: take a keeps it, take b deletes it.");
  if (take === "a" || !(await draft.file(path))) return { change: "unchanged", path };
  draft.put({ path, after: null, op: "deleted" });
  return { change: "deleted", path };
}

/** Two entries that wanted one path, or one that was moved to two. */
async function decidePlace(
  memory: Memory,
  draft: Draft,
  { record, path }: LoggedConflict,
  { take, values }: Resolution,
): Promise<Resolved> {
  const [a, b] = [record.a.path, record.b.path].map((one) => (typeof one === "string" ? one : path));
  if (take === undefined || values || (take === "both" && record.cause === "rename/rename"))
    throw cannot(`Say which side holds: take a is ${a}, take b is ${b}.`);
  if (record.cause === "rename/rename") {
    const old = take === "b" ? await draft.read(path) : undefined;
    const target = locate(b!, draft.root);
    if (!old || path === b || target.type !== "entry") return { change: "unchanged", path };
    const edit = await planChange(memory, draft, old, { target, input: {} });
    return { change: edit.op, path: edit.path };
  }
  if (take === "both") return { change: "unchanged", path };
  const other = await draft.file(b!);
  if (other) draft.put({ path: b!, after: null, op: "deleted" });
  if (take === "a" || !other) return { change: other ? "updated" : "unchanged", path: a! };
  draft.put({ path: a!, after: other.bytes, op: "updated" });
  return { change: "updated", path: a! };
}

/** What is contested, with values that were too long for the record read from the versions. */
async function disputeOf(memory: Memory, draft: Draft, { record, store, path }: LoggedConflict): Promise<Dispute> {
  const known = await memory.store(store);
  const said = async (version: string | null): Promise<Record<string, unknown>> => {
    const bytes = version === null ? undefined : await known.readVersion(version, path);
    const read = bytes && readAt(draft.root, path, bytes);
    return read ? { ...read.fields, ...read.unknown, body: read.body } : {};
  };
  const { fields } = record;
  const whole = async (version: string | null, values: Dispute["a"]) => {
    const short = fields.filter((field) => !Object.hasOwn(values, field));
    const more = short.length === 0 ? {} : await said(version);
    return { ...Object.fromEntries(short.filter((one) => one in more).map((one) => [one, more[one]])), ...values };
  };
  const from = record.base === null ? { body: "" } : await said(record.base);
  return {
    fields,
    a: await whole(record.version_a, record.a),
    b: await whole(record.version_b, record.b),
    from,
  };
}

/** Decides about markers that a merge left in a file: without them it is resolved, and needs no record. */
async function planUnmark(
  memory: Memory,
  draft: Draft,
  { record, store, path, address }: LoggedConflict,
  { base_version, ...resolution }: Resolution & { readonly base_version?: string | undefined },
): Promise<Resolved> {
  const current = await draft.file(path);
  if (!current) throw cannot(`${path} is gone, and its conflict markers with it.`);
  assertBase(address, current, base_version);
  const known = await memory.store(store);
  const read = async (version: string | null) =>
    version === null ? null : ((await known.readVersion(version, record.path)) ?? null);
  const [base, ours, theirs] = [await read(record.base), await read(record.version_a), await read(record.version_b)];
  const side = resolution.take === "b" ? "theirs" : "ours";
  const merged = ours && theirs ? mergeFile(record.path, { base, ours, theirs }, side) : undefined;
  const after = settleMarkers(
    path,
    current.bytes,
    record,
    resolution,
    merged && "bytes" in merged ? merged.bytes : undefined,
  );
  if (hasMarkers(after))
    throw cannot(`${path} would still have conflict markers. Edit it by hand, or give values for what is contested.`);
  draft.put({ path, after, op: "updated" });
  return { change: "updated", path };
}

/** Decides about a path that git has unmerged: what it becomes is staged, as `git add` would. */
async function planSettle(draft: Draft, unmerged: Unmerged, resolution: Resolution): Promise<Resolved> {
  const { path, base, ours, theirs } = unmerged;
  const settled = (after: Uint8Array | null): Resolved => ({
    change: after === null ? "deleted" : "updated",
    path,
    settle: { unmerged, after },
  });
  const { take, values } = resolution;
  if (!ours || !theirs) {
    if (take === undefined || take === "both" || values)
      throw cannot(`One side deleted ${path} and the other changed it: take a is ours, take b is theirs.`);
    return settled(take === "a" ? ours : theirs);
  }
  const merged = mergeFile(path, { base, ours, theirs }, "ours");
  if (merged.kind === "clean") return settled(merged.bytes);
  if (merged.kind === "distinct") {
    if (take === undefined || values) throw cannot(`Two entries are at ${path}: take a (ours), b (theirs) or both.`);
    if (take === "both") draft.put({ path: await besides(draft, path), after: theirs, op: "created" });
    return settled(take === "b" ? theirs : ours);
  }
  const fields = merged.contested.map(({ field }) => field);
  const dispute = { fields, a: valuesOf(merged.contested, "ours"), b: valuesOf(merged.contested, "theirs") };
  checkResolution(dispute, resolution);
  const was = base && readAt(draft.root, path, base);
  const whole = { ...dispute, from: was ? { ...was.fields, ...was.unknown, body: was.body } : { body: "" } };
  return settled(applyResolution(path, merged.bytes, whole, resolution));
}

/** The next free name beside a path. */
async function besides(draft: Draft, path: string): Promise<string> {
  for (let number = 2; ; number++) {
    const next = path.replace(/(\.md)?$/, `-${number}$1`);
    if (!(await draft.file(next))) return next;
  }
}
