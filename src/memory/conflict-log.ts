import { formatAddress } from "../entry/address.js";
import { type ConflictRecord, newConflict, valuesOf } from "../entry/conflict.js";
import { locate } from "../entry/entry-path.js";
import { mergeFile } from "../entry/merge-file.js";
import { MemoryError } from "../errors.js";
import { blobId } from "../git/objects.js";
import type { EntryKey } from "../search/indexed.js";
import type { Unmerged } from "../store/unmerged.js";
import type { Memory } from "./memory.js";

/** One conflict, wherever it is known from. `path` is where what it is about lies now. */
export interface LoggedConflict extends EntryKey {
  readonly record: ConflictRecord;
  /** As callers write it; the path of a file that is no entry. */
  readonly address: string;
  /** The record's own file; absent for those that git itself is the record of. */
  readonly file?: string;
  /** It is one that git has in its index now. */
  readonly unmerged?: Unmerged;
}

/** The conflicts of all stores: those on record, and the paths that git has unmerged; open ones, or all. Latest first. */
export async function listConflicts(memory: Memory, all: boolean): Promise<LoggedConflict[]> {
  const found: LoggedConflict[] = [];
  for (const stored of memory.conflicts.all()) {
    const { store, record, path: file } = stored;
    if (!all && !memory.conflicts.isOpen(stored)) continue;
    const path = placeOf(memory, store, record);
    found.push({ store, path, file, record, address: addressAt(memory, { store, path }) });
  }
  for (const { store } of memory.workspace.members())
    for (const unmerged of await store.unmerged()) {
      const key = { store: store.name, path: unmerged.path };
      found.push({ ...key, record: unmergedRecord(unmerged), address: addressAt(memory, key), unmerged });
    }
  return found.sort((one, other) => (one.record.detected_at < other.record.detected_at ? 1 : -1));
}

/** Where the entry of a record lies now: entries move, and are known by their id. */
function placeOf(memory: Memory, store: string, { entry, path }: ConflictRecord): string {
  const [at] = memory.catalog(store).withId(entry.toLowerCase());
  return at ?? path;
}

/** How callers write what lies at a place. */
function addressAt(memory: Memory, { store, path }: EntryKey): string {
  const root = memory.workspace.get(store)?.store.manifest.root;
  const at = root && locate(path, root);
  if (at?.type === "scope-document") return `${at.scope}:`;
  return at?.type === "entry" ? formatAddress(at, memory.scope) : path;
}

/** An unmerged path as a record: a is ours, b theirs. */
function unmergedRecord({ path, id, base, ours, theirs, at }: Unmerged): ConflictRecord {
  const version = (bytes: Uint8Array | null) => bytes && blobId(bytes);
  const common = { entry: path, path, base: version(base), at };
  const sides = (fields: readonly string[], a: Record<string, unknown>, b: Record<string, unknown>) => ({
    fields,
    a: { version: version(ours), values: a },
    b: { version: version(theirs), values: b },
  });
  if (!ours || !theirs) return { ...newConflict({ ...common, cause: "delete/edit", ...sides([], {}, {}) }), id };
  const merged = mergeFile(path, { base, ours, theirs }, "ours");
  if (merged.kind === "distinct") return { ...newConflict({ ...common, cause: "add/add", ...sides([], {}, {}) }), id };
  const contested = merged.kind === "conflict" ? merged.contested : [];
  const names = contested.map(({ field }) => field);
  const values = sides(names, valuesOf(contested, "ours"), valuesOf(contested, "theirs"));
  const cause = merged.kind === "conflict" ? merged.cause : "merge";
  return { ...newConflict({ ...common, cause, ...values }), id };
}

/** The conflict with an id, or with one that begins so; or the one open conflict of an entry. Throws `not_found`, and `invalid_input` when several fit. */
export async function findConflict(memory: Memory, text: string): Promise<LoggedConflict> {
  const wanted = text.toLowerCase();
  const all = await listConflicts(memory, true);
  const byId = wanted.length >= 8 ? all.filter(({ record }) => record.id.startsWith(wanted)) : [];
  const open = all.filter(({ record }) => !record.resolved);
  const matches = byId.length > 0 ? byId : open.filter(({ address, path }) => [address, path].includes(text));
  const ids = [...new Set(matches.map(({ record }) => record.id))];
  if (ids.length > 1)
    throw new MemoryError("invalid_input", `${text} names ${ids.length} conflicts: ${ids.join(", ")}. Give one's id.`, {
      id: text,
      matches: ids,
    });
  // Of two files with one record the resolved one counts.
  const found = matches.find(({ record }) => record.resolved) ?? matches[0];
  if (found) return found;
  throw new MemoryError("not_found", `There is no conflict ${JSON.stringify(text)}. [[conflict list]] lists them.`, {
    id: text,
    open: open.slice(0, 10).map(({ record }) => record.id),
  });
}
