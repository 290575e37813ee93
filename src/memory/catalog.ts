import { createHash } from "node:crypto";
import type { Change } from "../entry/change.js";
import { foldName } from "../entry/name.js";
import { foldText } from "../entry/similar-text.js";
import { own } from "../search/indexed.js";

/** Values under a key, most often one. */
class Many {
  readonly #values = new Map<string | number, string | string[]>();

  get(key: string | number): readonly string[] {
    const found = this.#values.get(key);
    return found === undefined ? [] : typeof found === "string" ? [found] : found;
  }

  #add(key: string | number, value: string): void {
    const rest = this.get(key).filter((other) => other !== value);
    this.#values.set(key, rest.length === 0 ? value : [...rest, value]);
  }

  /** Takes a value from under one key and puts it under another; undefined = none. */
  move(value: string, from: string | number | undefined, to: string | number | undefined): void {
    if (from !== undefined) this.#remove(from, value);
    if (to !== undefined) this.#add(to, value);
  }

  #remove(key: string | number, value: string): void {
    const rest = this.get(key).filter((other) => other !== value);
    if (rest.length === 0) this.#values.delete(key);
    else this.#values.set(key, rest.length === 1 ? rest[0]! : rest);
  }

  *several(): Generator<readonly string[]> {
    for (const value of this.#values.values()) if (typeof value !== "string") yield value;
  }
}

/** What an entry is looked up by besides its path: its id in lower case, and a number that equal texts share. */
export interface Keys {
  readonly id: string | undefined;
  readonly text: number | undefined;
}

const folderOf = (file: string): string => file.slice(0, file.lastIndexOf("/"));
const idKey = (id: string | undefined): string | undefined => (id ? own(id.toLowerCase()) : undefined);
/** Enough to find candidates; whoever asks compares the texts. */
const textKey = (body: string): number => createHash("sha1").update(foldText(body)).digest().readUInt32BE(0);

/** What a store's paths are looked up by: id, name without regard to letter case, text, and how full a folder is. */
export class Catalog {
  readonly #keys = new Map<string, Keys>();
  readonly #ids = new Many();
  readonly #names = new Many();
  readonly #texts = new Many();
  readonly #folders = new Map<string, number>();
  /** Paths of scopes' documents. */
  readonly #documents = new Set<string>();

  apply(changes: readonly Change[]): void {
    for (const { path, after } of changes) {
      if (after && "document" in after) this.#documents.add(path);
      else if (!after || "entry" in after) this.#documents.delete(path);
      if (after && !("entry" in after)) continue;
      this.#put(path, after && { id: idKey(after.entry.fields.id), text: textKey(after.entry.body) });
    }
  }

  /** Takes in an entry as `keysOf` gave it. */
  recall(path: string, keys: Keys): void {
    this.#put(path, keys);
  }

  /** What an entry is looked up by besides its path. */
  keysOf(path: string): Keys | undefined {
    return this.#keys.get(path);
  }

  #put(path: string, after: Keys | null): void {
    const old = this.#keys.get(path);
    const keys = after ?? { id: undefined, text: undefined };
    // What stays keeps its place: of two files with one id the first is the one that had it first.
    if (old?.id !== keys.id) this.#ids.move(path, old?.id, keys.id);
    if (old?.text !== keys.text) this.#texts.move(path, old?.text, keys.text);
    if (Boolean(old) !== Boolean(after)) {
      this.#names.move(path, old && foldName(path), after ? foldName(path) : undefined);
      this.#folders.set(folderOf(path), this.inFolder(folderOf(path)) + (after ? 1 : -1));
    }
    if (after) this.#keys.set(path, after);
    else this.#keys.delete(path);
  }

  /** The paths whose entry has this id; more than one when a file was copied. */
  withId(id: string): readonly string[] {
    return this.#ids.get(id);
  }

  /** The paths that are this one but for letter case and Unicode normalisation. */
  withName(path: string): readonly string[] {
    return this.#names.get(foldName(path));
  }

  /** The paths whose text may be this one but for white space. */
  withText(body: string): readonly string[] {
    return this.#texts.get(textKey(body));
  }

  /** Groups of paths that share an id. */
  duplicateIds(): Iterable<readonly string[]> {
    return this.#ids.several();
  }

  /** Groups of paths that only letter case or Unicode normalisation tells apart. */
  duplicateNames(): Iterable<readonly string[]> {
    return this.#names.several();
  }

  /** True when there is an entry, or a scope's document, anywhere below a folder. */
  holds(folder: string): boolean {
    for (const one of this.#filled()) if (one.startsWith(`${folder}/`)) return true;
    return false;
  }

  /** The names of the folders in one (`""` for the root) that hold an entry or a document anywhere below. */
  namesIn(folder: string): ReadonlySet<string> {
    const names = new Set<string>();
    const start = folder === "" ? "" : `${folder}/`;
    for (const one of this.#filled()) {
      const end = one.startsWith(start) ? one.indexOf("/", start.length) : -1;
      if (end > 0) names.add(one.slice(start.length, end));
    }
    return names;
  }

  /** Every folder with an entry or a document in it, with a closing slash. */
  *#filled(): Generator<string> {
    for (const [one, count] of this.#folders) if (count > 0) yield `${one}/`;
    for (const path of this.#documents) yield `${folderOf(path)}/`;
  }

  /** Entries directly in a folder. */
  inFolder(folder: string): number {
    return this.#folders.get(folder) ?? 0;
  }
}
