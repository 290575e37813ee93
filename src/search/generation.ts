import type { Indexed } from "./indexed.js";

const PRIME = 0x01000193;

/** A fingerprint of the indexed entries that does not depend on the order they came in: equal content, equal generation. */
export class Generation {
  #high = 0;
  #low = 0;

  /** Puts an entry in, or takes one out that was in: the same step. */
  toggle(entry: Indexed): void {
    const text = `${entry.store}\0${entry.path}\0${entry.version}\0${entry.updatedAt ?? ""}\0${entry.pending ?? ""}`;
    let high = 0x811c9dc5;
    let low = 0x2f0b4a27;
    for (let i = 0; i < text.length; i++) {
      high = Math.imul(high ^ text.charCodeAt(i), PRIME);
      low = Math.imul(low + text.charCodeAt(i), PRIME) ^ (low >>> 13);
    }
    this.#high ^= high;
    this.#low ^= low;
  }

  toString(): string {
    return `${(this.#high >>> 0).toString(36)}.${(this.#low >>> 0).toString(36)}`;
  }
}
