/** A list of 32-bit integers that grows: four bytes a value instead of an object each. */
export class Integers {
  #data: Int32Array;
  #length: number;

  /** `data` is taken over as the first values. */
  constructor(data: Int32Array = new Int32Array(0)) {
    this.#data = data;
    this.#length = data.length;
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#data[index]!;
  }

  /** Appends a value and gives its index. */
  push(value: number): number {
    this.#grow(this.#length + 1);
    this.#data[this.#length] = value;
    return this.#length++;
  }

  /** Sets the value at an index, which may lie behind the end: values between are `fill`. */
  set(index: number, value: number, fill = -1): void {
    if (index >= this.#length) {
      this.#grow(index + 1);
      this.#data.fill(fill, this.#length, index);
      this.#length = index + 1;
    }
    this.#data[index] = value;
  }

  /** The values as bytes, in the byte order of this machine. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#data.buffer, this.#data.byteOffset, this.#length * 4);
  }

  #grow(length: number): void {
    if (length <= this.#data.length) return;
    const grown = new Int32Array(Math.max(length, this.#data.length * 2, 64));
    grown.set(this.#data.subarray(0, this.#length));
    this.#data = grown;
  }
}

/** Texts by number, each once. */
export class Names {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(texts: Iterable<string> = []) {
    for (const text of texts) this.number(text);
  }

  get size(): number {
    return this.#texts.length;
  }

  /** The number of a text, given when it is first seen. */
  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  find(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  text(number: number): string {
    return this.#texts[number]!;
  }

  all(): readonly string[] {
    return this.#texts;
  }
}
