import type { Change, DocumentState } from "../entry/change.js";
import type { DocumentLevel } from "../entry/document.js";
import { remoteKey } from "../entry/git-remote.js";
import { foldName } from "../entry/name.js";
import { holdsPath, normalRootPath } from "../entry/root-path.js";

/** A scope's document in one of the stores, with what git and the journal know about it. */
export interface ScopeRecord extends DocumentState {
  readonly store: string;
  /** Relative to the store's root. */
  readonly path: string;
}

const placeOf = (store: string, path: string): string => JSON.stringify([store, path]);
const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

/** What a record is looked up by. */
function* keysOf({ store, document }: ScopeRecord): Generator<string> {
  const { level, scope, name, parent, fields } = document;
  yield keyOf("scope", scope);
  yield keyOf("name", level, foldName(name));
  yield keyOf("below", parent);
  yield keyOf("same", store, sameScope(document));
  if (fields.id !== undefined) yield keyOf("id", fields.id.toLowerCase());
  if (fields.root_path !== undefined) yield keyOf("root", fields.root_path);
  if (fields.git_remote_url !== undefined) yield keyOf("remote", remoteKey(fields.git_remote_url));
}

/** Equal for orgs of one name, projects of one org and name, and sessions of one name in one place: letter case and Unicode form do not count. */
function sameScope({ level, scope, name, folder }: ScopeRecord["document"]): string {
  const around = level === "session" ? folder.slice(0, -name.length) : "";
  return foldName(`${around}:${scope}`);
}

/** The documents of scopes of any number of stores, by everything that somebody may know about them. A projection of changes. */
export class ScopeDirectory {
  readonly #records = new Map<string, ScopeRecord>();
  readonly #places = new Map<string, Set<string>>();

  /** The one door: brings the directory to the state that the changes tell; applying them again changes nothing. */
  apply(changes: readonly Change[]): void {
    for (const { store, path, after } of changes) {
      const place = placeOf(store, path);
      const old = this.#records.get(place);
      const facts = after && !("entry" in after) && old?.version === after.version ? after : undefined;
      if (after && "document" in after) this.#put(place, old, { ...after, store, path });
      else if (old && facts) this.#put(place, old, { document: old.document, ...facts, store, path });
      else if (!after || "entry" in after) this.#put(place, old, undefined);
    }
  }

  #put(place: string, old: ScopeRecord | undefined, record: ScopeRecord | undefined): void {
    const keys = new Set(record && keysOf(record));
    // What stays keeps its place: of two with one id the first is the one that had it first.
    for (const key of old ? keysOf(old) : []) {
      const places = this.#places.get(key);
      if (!keys.has(key)) places?.delete(place);
      if (places?.size === 0) this.#places.delete(key);
    }
    for (const key of keys) this.#places.set(key, (this.#places.get(key) ?? new Set()).add(place));
    if (record) this.#records.set(place, record);
    else this.#records.delete(place);
  }

  #at(key: string): ScopeRecord[] {
    return [...(this.#places.get(key) ?? [])].map((place) => this.#records.get(place)!);
  }

  /** How many documents there are. */
  get size(): number {
    return this.#records.size;
  }

  /** Every document, in no order to rely on. */
  all(): Iterable<ScopeRecord> {
    return this.#records.values();
  }

  /** The document at a store path. */
  get(store: string, path: string): ScopeRecord | undefined {
    return this.#records.get(placeOf(store, path));
  }

  /** The documents of a scope (canonical text): one for each store that has one, and for each place where a session of the name lies. */
  inScope(scope: string): readonly ScopeRecord[] {
    return this.#at(keyOf("scope", scope));
  }

  /** The documents with an id; more than one when a file was copied. */
  withId(id: string): readonly ScopeRecord[] {
    return this.#at(keyOf("id", id.toLowerCase()));
  }

  /** The orgs, projects or sessions of a name, whatever its letter case and Unicode form and wherever they are. */
  named(level: DocumentLevel, name: string): readonly ScopeRecord[] {
    return this.#at(keyOf("name", level, foldName(name)));
  }

  /** The projects whose `root_path` is exactly this place. */
  withRootPath(path: string): readonly ScopeRecord[] {
    return this.#at(keyOf("root", normalRootPath(path)));
  }

  /** The projects of a store whose `root_path` holds a place, the innermost first. */
  holding(store: string, path: string): readonly ScopeRecord[] {
    const inner = normalRootPath(path);
    const lengthOf = ({ document }: ScopeRecord): number => {
      const root = document.fields.root_path ?? ".";
      return root === "." ? 0 : root.length;
    };
    return [...this.#records.values()]
      .filter((one) => one.store === store && holdsPath(one.document.fields.root_path, inner))
      .sort((a, b) => lengthOf(b) - lengthOf(a));
  }

  /** The projects of a git repository, whatever the form of its address (ssh, https, with or without `.git`). */
  withRemote(url: string): readonly ScopeRecord[] {
    return this.#at(keyOf("remote", remoteKey(url)));
  }

  /** The scopes directly below one (canonical text), in every store or in one. */
  children(scope: string, store?: string): readonly ScopeRecord[] {
    return this.#at(keyOf("below", scope)).filter((one) => store === undefined || one.store === store);
  }

  /** Groups of documents of one store that say the same scope but for letter case and Unicode form. */
  *duplicates(): Generator<readonly ScopeRecord[]> {
    for (const [key, { size }] of this.#places) if (size > 1 && key.startsWith('["same"')) yield this.#at(key);
  }
}
