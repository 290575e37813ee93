import { formatAddress } from "../entry/address.js";
import type { ConflictRecord } from "../entry/conflict.js";
import { locate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import type { EntryKey } from "../search/indexed.js";
import { betweenKey, type MergeConflict } from "../store/derive-conflicts.js";
import { sidesRecord } from "../store/sides-record.js";
import type { Store } from "../store/store.js";
import type { Unmerged } from "../store/unmerged.js";
import { markedConflicts } from "./marked-conflicts.js";
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
  /** Its markers are in the file. */
  readonly marked?: true;
  /** It is one that a merge commit ended. */
  readonly merge?: MergeConflict;
}

/** The conflicts that are known; `complete` = the history is read as far as they need it. */
export interface ConflictLog {
  readonly conflicts: LoggedConflict[];
  readonly complete: boolean;
}

/**
 * The conflicts of all stores: those on record, the paths that git has unmerged, and what merge commits ended; open ones,
 * or all. Latest first. Each is told once, by what comes first of these. `need` is how long the history is worth waiting for.
 */
export async function listConflicts(memory: Memory, all: boolean, need: "all" | "some" = "all"): Promise<ConflictLog> {
  const found: LoggedConflict[] = [];
  const told = new Set<string>();
  const tell = (one: LoggedConflict): void => {
    for (const key of [one.record.id, betweenKey(one.record)]) told.add(JSON.stringify([one.store, key]));
  };
  for (const stored of memory.conflicts.all()) {
    const { store, record, path: file } = stored;
    const path = placeOf(memory, store, record);
    const one = { store, path, file, record, address: addressAt(memory, { store, path }) };
    tell(one);
    if (all || memory.conflicts.isOpen(stored)) found.push(one);
  }
  for (const { store } of memory.workspace.members())
    for (const unmerged of await store.unmerged()) {
      const key = { store: store.name, path: unmerged.path };
      const one = { ...key, record: sidesRecord(unmerged), address: addressAt(memory, key), unmerged };
      tell(one);
      found.push(one);
    }
  let complete = true;
  for (const { store } of memory.workspace.members()) {
    const known = await store.past.mergeConflicts(memory.patience(need));
    complete &&= known.complete;
    for (const merge of known.conflicts) {
      const keys = [merge.record.id, betweenKey(merge.record)].map((key) => JSON.stringify([store.name, key]));
      if (keys.some((key) => told.has(key)) || (!all && merge.record.resolved)) continue;
      const one = await mergeConflict(memory, store, merge);
      if (all || !one.record.resolved) found.push(one);
    }
  }
  const open = new Set(found.filter(({ record }) => !record.resolved).map(placeKey));
  for (const marked of await markedConflicts(memory, (key) => open.has(placeKey(key))))
    found.push({ ...marked, marked: true, address: addressAt(memory, marked) });
  const later = (a: LoggedConflict, b: LoggedConflict): boolean =>
    a.record.detected_at === b.record.detected_at
      ? a.record.id > b.record.id
      : a.record.detected_at > b.record.detected_at;
  return { conflicts: found.sort((one, other) => (later(one, other) ? -1 : 1)), complete };
}

const placeKey = ({ store, path }: EntryKey): string => JSON.stringify([store, path]);

/** One that a merge commit ended, as it stands: open while the markers that the commit left are there. */
async function mergeConflict(memory: Memory, store: Store, merge: MergeConflict): Promise<LoggedConflict> {
  const { entry = merge.record.path, record: found } = merge;
  const key = { store: store.name, path: placeOf(memory, store.name, { entry, path: found.path }) };
  const common = { ...key, address: addressAt(memory, key), merge };
  if (merge.record.resolved) return { ...common, record: merge.record };
  const by = await store.past.unmarked(key.path);
  if (!by) return { ...common, record: { ...merge.record, cause: "markers" } };
  const resolved: ConflictRecord = {
    ...merge.record,
    resolved: true,
    resolution: "merged",
    ...(by.at === undefined ? {} : { resolved_at: new Date(by.at).toISOString() }),
    ...(by.author === undefined ? {} : { resolved_by: by.author }),
  };
  return { ...common, record: resolved };
}

/** Where the entry of a record lies now: entries move, and are known by their id. Of several copies the same one is meant everywhere. */
function placeOf(memory: Memory, store: string, { entry, path }: Pick<ConflictRecord, "entry" | "path">): string {
  const paths = memory.catalog(store).withId(entry.toLowerCase());
  return paths.includes(path) ? path : ([...paths].sort()[0] ?? path);
}

/** How callers write what lies at a place. */
function addressAt(memory: Memory, { store, path }: EntryKey): string {
  const root = memory.workspace.get(store)?.store.manifest.root;
  const at = root && locate(path, root);
  if (at?.type === "scope-document") return `${at.scope}:`;
  return at?.type === "entry" ? formatAddress(at, memory.scope) : path;
}

/** The conflict with an id, or with one that begins so; or the one open conflict of an entry. Throws `not_found`, and `invalid_input` when several fit. */
export async function findConflict(memory: Memory, text: string): Promise<LoggedConflict> {
  const wanted = text.toLowerCase();
  const { conflicts: all, complete } = await listConflicts(memory, true);
  const byId = wanted.length >= 8 ? all.filter(({ record }) => record.id.startsWith(wanted)) : [];
  const open = all.filter(({ record }) => !record.resolved);
  // Of a file with markers that a merge commit left the entry knows the markers only.
  const isMeant = ({ store, path, address }: LoggedConflict): boolean =>
    [address, path].includes(text) || memory.at({ store, path })?.conflict === wanted;
  const matches = byId.length > 0 ? byId : open.filter(isMeant);
  const ids = [...new Set(matches.map(({ record }) => record.id))];
  if (ids.length > 1)
    throw new MemoryError("invalid_input", `${text} names ${ids.length} conflicts: ${ids.join(", ")}. Give one's id.`, {
      id: text,
      matches: ids,
    });
  // Of two files with one record the resolved one counts.
  const found = matches.find(({ record }) => record.resolved) ?? matches[0];
  if (found) return found;
  const reading = complete ? "" : " The history of merges is still being read: try again in a moment.";
  throw new MemoryError(
    "not_found",
    `There is no conflict ${JSON.stringify(text)}. [[conflict list]] lists them.${reading}`,
    { id: text, open: open.slice(0, 10).map(({ record }) => record.id) },
  );
}
