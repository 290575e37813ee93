import type { Change } from "../entry/change.js";
import type { ConflictRecord } from "../entry/conflict.js";
import { CLOSED_FOLDER } from "../entry/conflict-id.js";
import type { EntryKey, Indexed } from "../search/indexed.js";

/** A conflict's record in a store; `path` is the record's own file. */
export interface StoredConflict extends EntryKey {
  readonly record: ConflictRecord;
}

/** What a record is looked up by: the entry's id, since entries move, and the path that it had. */
const keysOf = ({ store, record }: StoredConflict): string[] =>
  [...new Set([record.entry.toLowerCase(), record.path.toLowerCase()])].map((key) => JSON.stringify([store, key]));

const nameOf = ({ store, record }: StoredConflict): string => JSON.stringify([store, record.id]);
/** Closed ones lie a folder deeper; a record that says so where it is counts too. */
const isClosed = ({ path, record }: StoredConflict): boolean => record.resolved || path.startsWith(CLOSED_FOLDER);

/** The records of conflicts of any number of stores. A projection of changes. */
export class ConflictDirectory {
  readonly #records = new Map<string, StoredConflict>();
  /** Open ones by what they are about. */
  readonly #open = new Map<string, Set<StoredConflict>>();
  /** Store and id of those that somebody resolved: a record of the same conflict that is still open counts no more. */
  readonly #closed = new Set<string>();

  /** The one door: brings the directory to the state that the changes tell. */
  apply(changes: readonly Change[]): void {
    for (const { store, path, after } of changes) {
      const place = JSON.stringify([store, path]);
      const old = this.#records.get(place);
      const record = after && "record" in after ? after.record : undefined;
      // Facts alone are about the same text.
      if (old && after && !record) continue;
      if (old) this.#remove(place, old);
      if (record) this.#add(place, { store, path, record });
    }
  }

  #add(place: string, stored: StoredConflict): void {
    this.#records.set(place, stored);
    if (isClosed(stored)) {
      this.#closed.add(nameOf(stored));
      return;
    }
    for (const key of keysOf(stored)) this.#open.set(key, (this.#open.get(key) ?? new Set()).add(stored));
  }

  #remove(place: string, stored: StoredConflict): void {
    this.#records.delete(place);
    if (isClosed(stored)) this.#closed.delete(nameOf(stored));
    for (const key of keysOf(stored)) {
      const others = this.#open.get(key);
      others?.delete(stored);
      if (others?.size === 0) this.#open.delete(key);
    }
  }

  /** The open conflicts of an entry, whatever its path was then. */
  openOf({ store, path, id }: EntryKey & Pick<Indexed, "id">): readonly StoredConflict[] {
    if (this.#open.size === 0) return [];
    const keys = id === undefined ? [path] : [id, path];
    const found = keys.flatMap((key) => [...(this.#open.get(JSON.stringify([store, key.toLowerCase()])) ?? [])]);
    return [...new Set(found)].filter((one) => this.isOpen(one));
  }

  /** True for a conflict that waits for somebody. */
  isOpen(stored: StoredConflict): boolean {
    return !isClosed(stored) && !this.#closed.has(nameOf(stored));
  }

  /** Every record, open or not, in no order to rely on. */
  all(): Iterable<StoredConflict> {
    return this.#records.values();
  }
}
