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

interface Keys {
  readonly id: string | undefined;
  readonly text: number | undefined;
}

const folderOf = (file: string): string => file.slice(0, file.lastIndexOf("/"));
/** Enough to find candidates; whoever asks compares the texts. */
const textKey = (body: string): number => createHash("sha1").update(foldText(body)).digest().readUInt32BE(0);

/** What a store's paths are looked up by: id, name without regard to letter case, text, and how full a folder is. */
export class Catalog {
  readonly #keys = new Map<string, Keys>();
  readonly #ids = new Many();
  readonly #names = new Many();
  readonly #texts = new Many();
  readonly #folders = new Map<string, number>();

  apply(changes: readonly Change[]): void {
    for (const { path, after } of changes) {
      if (after && !("entry" in after)) continue;
      const old = this.#keys.get(path);
      const keys = after
        ? { id: after.entry.fields.id && own(after.entry.fields.id.toLowerCase()), text: textKey(after.entry.body) }
        : { id: undefined, text: undefined };
      // What stays keeps its place: of two files with one id the first is the one that had it first.
      if (old?.id !== keys.id) this.#ids.move(path, old?.id, keys.id);
      if (old?.text !== keys.text) this.#texts.move(path, old?.text, keys.text);
      if (Boolean(old) !== Boolean(after)) {
        this.#names.move(path, old && foldName(path), after ? foldName(path) : undefined);
        this.#folders.set(folderOf(path), this.inFolder(folderOf(path)) + (after ? 1 : -1));
      }
      if (after) this.#keys.set(path, keys);
      else this.#keys.delete(path);
    }
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

  /** True when there is an entry anywhere below a folder. */
  holds(folder: string): boolean {
    for (const [one, count] of this.#folders) if (count > 0 && one.startsWith(`${folder}/`)) return true;
    return false;
  }

  /** Entries directly in a folder. */
  inFolder(folder: string): number {
    return this.#folders.get(folder) ?? 0;
  }
}
