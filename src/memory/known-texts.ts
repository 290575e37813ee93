import { blobId } from "../git/objects.js";
import type { EntryKey } from "../search/indexed.js";

/** The text of an entry that somebody knows. */
export interface KnownText {
  readonly version: string;
  /** Where the text that they know is no version of its own: what they wrote before it was merged. */
  readonly bytes?: Uint8Array;
}

/** What is asked about: a place, and the id of the entry there where it has one. */
export interface KnownKey extends EntryKey {
  readonly id?: string | undefined;
}

/** So many entries are remembered; those that were not seen for longest are forgotten. */
const MOST = 2_000;

/** The texts of entries that one connection last read or wrote: what its next changes are made on top of (DESIGN 4.3). */
export class KnownTexts {
  readonly #known = new Map<string, KnownText>();

  /** The text that the connection knows of an entry, wherever that was then; undefined = it never had the whole text. */
  of(key: KnownKey): KnownText | undefined {
    return keysOf(key)
      .map((one) => this.#known.get(one))
      .find((known) => known !== undefined);
  }

  /** The version that the text which the connection knows has, or would have. */
  versionOf(key: KnownKey): string | undefined {
    const known = this.of(key);
    return known?.bytes ? blobId(known.bytes) : known?.version;
  }

  /** Notes that the connection has read, or written, the whole text of an entry. */
  note(key: KnownKey, known: KnownText): void {
    for (const one of keysOf(key)) {
      this.#known.delete(one);
      this.#known.set(one, known);
    }
    while (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value!);
  }
}

const keysOf = ({ store, path, id }: KnownKey): string[] =>
  (id === undefined ? [path] : [id.toLowerCase(), path]).map((one) => JSON.stringify([store, one]));
