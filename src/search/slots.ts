/** Some slots, each once. */
export interface Slots extends Iterable<number> {
  readonly size: number;
  has(slot: number): boolean;
}

/** Slots as one byte each up to the highest: looked up for every candidate of a search, which is slow in a Set. */
export class SlotSet implements Slots {
  readonly size: number;
  readonly #has: Uint8Array;

  /** `slots` below `bound`, each once. */
  constructor(slots: Slots | ReadonlySet<number>, bound: number) {
    this.size = slots.size;
    this.#has = new Uint8Array(bound);
    for (const slot of slots) this.#has[slot] = 1;
  }

  has(slot: number): boolean {
    return this.#has[slot] === 1;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (let slot = this.#has.indexOf(1); slot >= 0; slot = this.#has.indexOf(1, slot + 1)) yield slot;
  }
}
