import { weightFactor } from "./adjustments.js";
import { Generation } from "./generation.js";
import type { Indexed } from "./indexed.js";
import { Supersessions } from "./supersessions.js";
import { growFloat64, growUint8 } from "./typed-arrays.js";

/** The indexed entries by place and by slot, and what follows from them as a whole: supersessions and generation. */
export class EntryTable {
  readonly supersessions = new Supersessions();
  /** Number of entries. */
  size = 0;
  readonly #generation = new Generation();
  readonly #bySlot: (Indexed | undefined)[] = [];
  readonly #slots = new Map<string, Map<string, number>>();
  /** 1 for entries that are archived or have a validity. */
  #conditional: Uint8Array = new Uint8Array(256);
  // Ranking looks at thousands of entries a search; objects of many shapes are slow to read, columns are not.
  #weights: Float64Array = new Float64Array(256);
  #times: Float64Array = new Float64Array(256);

  /** The fingerprint of the content. */
  get generation(): string {
    return this.#generation.toString();
  }

  /** One more than the highest slot that was ever used; slot 0 never is. */
  get bound(): number {
    return Math.max(this.#bySlot.length, 1);
  }

  at(slot: number): Indexed | undefined {
    return this.#bySlot[slot];
  }

  /** `weightFactor` of the entry at a slot. */
  weightAt(slot: number): number {
    return this.#weights[slot]!;
  }

  /** When the entry at a slot was last updated, else created (ms); NaN when unknown. */
  timeAt(slot: number): number {
    return this.#times[slot]!;
  }

  /** False when nothing can take the entry at a slot out of default results: not archived, no validity, nothing supersedes. */
  mayHide(slot: number): boolean {
    return this.#conditional[slot] === 1 || this.supersessions.any;
  }

  slotOf(store: string, path: string): number | undefined {
    return this.#slots.get(store)?.get(path);
  }

  /** Puts an entry at a free slot; its place must be free too. */
  put(slot: number, entry: Indexed): void {
    const slots = this.#slots.get(entry.store) ?? new Map<string, number>();
    this.#slots.set(entry.store, slots.set(entry.path, slot));
    this.#bySlot[slot] = entry;
    this.#weights = growFloat64(this.#weights, slot + 1);
    this.#times = growFloat64(this.#times, slot + 1);
    this.#weights[slot] = weightFactor(entry);
    this.#times[slot] = entry.updatedAt ?? entry.createdAt ?? Number.NaN;
    this.#conditional = growUint8(this.#conditional, slot + 1);
    this.#conditional[slot] = (entry.status ?? entry.valid_from ?? entry.valid_until) === undefined ? 0 : 1;
    this.supersessions.add(entry);
    this.#generation.toggle(entry);
    this.size++;
  }

  /** Frees a slot; an empty one is no error. */
  clear(slot: number): void {
    const entry = this.#bySlot[slot];
    if (entry === undefined) return;
    this.#bySlot[slot] = undefined;
    this.#slots.get(entry.store)?.delete(entry.path);
    this.supersessions.remove(entry);
    this.#generation.toggle(entry);
    this.size--;
  }

  *entries(): Iterable<Indexed> {
    for (const entry of this.#bySlot) if (entry !== undefined) yield entry;
  }
}
