import { numbersPiece, type Piece, type Pieces } from "./pieces.js";
import { growUint16, growUint32 } from "./typed-arrays.js";

const FREE = 0;

/**
 * Terms and their numbers from 0 without one JavaScript string per term: characters in one array, an open-addressing hash
 * table beside it. About 30 bytes a term, against 90 for a Map; and no term keeps the text it was cut from alive.
 */
export class TermDictionary {
  /** Number of terms. */
  size = 0;
  #characters: Uint16Array = new Uint16Array(4096);
  #ends: Uint32Array = new Uint32Array(512);
  /** A bit per letter of the term, to rule most terms out before an edit distance is computed. */
  #letters: Uint32Array = new Uint32Array(512);
  #table: Uint32Array = new Uint32Array(1024);

  /** The number of a term, -1 when there is none. */
  find(term: string): number {
    const mask = this.#table.length - 1;
    for (let at = hash(term) & mask; ; at = (at + 1) & mask) {
      const entry = this.#table[at]!;
      if (entry === FREE) return -1;
      if (this.#equals(entry - 1, term)) return entry - 1;
    }
  }

  /** The number of a term, given out when it is new. */
  intern(term: string): number {
    const known = this.find(term);
    if (known >= 0) return known;
    const number = this.size++;
    const start = this.#start(number);
    this.#ends = growUint32(this.#ends, this.size);
    this.#letters = growUint32(this.#letters, this.size);
    this.#characters = growUint16(this.#characters, start + term.length);
    for (let i = 0; i < term.length; i++) this.#characters[start + i] = term.charCodeAt(i);
    this.#ends[number] = start + term.length;
    this.#letters[number] = letterBits(term);
    if (this.size * 2 > this.#table.length) this.#rehash(this.#table.length * 2);
    else this.#place(hash(term), number);
    return number;
  }

  text(number: number): string {
    let text = "";
    for (let i = this.#start(number); i < this.#ends[number]!; i++) text += String.fromCharCode(this.#characters[i]!);
    return text;
  }

  /** Numbers of the terms that begin with `prefix`; a walk over all terms (some nanoseconds each). */
  startingWith(prefix: string): number[] {
    const found: number[] = [];
    for (let number = 0, start = 0; number < this.size; number++) {
      const end = this.#ends[number]!;
      let i = 0;
      if (end - start >= prefix.length) {
        while (i < prefix.length && this.#characters[start + i] === prefix.charCodeAt(i)) i++;
        if (i === prefix.length) found.push(number);
      }
      start = end;
    }
    return found;
  }

  /**
   * Numbers of the terms that could be within `distance` edits: right length, few differing letters, and begun with one
   * of the first two letters (hardly anybody misses the first one).
   */
  resembling(term: string, distance: number): number[] {
    const bits = letterBits(term);
    const first = term.charCodeAt(0);
    const second = term.charCodeAt(1);
    const found: number[] = [];
    for (let number = 0, start = 0; number < this.size; number++) {
      const end = this.#ends[number]!;
      const letter = this.#characters[start]!;
      // One edit changes at most two letters of the set.
      if (
        (letter === first || letter === second) &&
        Math.abs(end - start - term.length) <= distance &&
        bitCount(bits ^ this.#letters[number]!) <= 2 * distance
      ) {
        found.push(number);
      }
      start = end;
    }
    return found;
  }

  /** What `restore` takes. */
  save(): Piece[] {
    return [
      numbersPiece("terms.characters", this.#characters.subarray(0, this.#start(this.size))),
      numbersPiece("terms.ends", this.#ends.subarray(0, this.size)),
      numbersPiece("terms.letters", this.#letters.subarray(0, this.size)),
      numbersPiece("terms.table", this.#table),
    ];
  }

  /** The dictionary that was saved. */
  static restore(pieces: Pieces): TermDictionary {
    const made = new TermDictionary();
    made.#characters = pieces.uint16("terms.characters");
    made.#ends = pieces.uint32("terms.ends");
    made.#letters = pieces.uint32("terms.letters");
    made.#table = pieces.uint32("terms.table");
    made.size = made.#ends.length;
    return made;
  }

  #start(number: number): number {
    return number === 0 ? 0 : this.#ends[number - 1]!;
  }

  #equals(number: number, term: string): boolean {
    const start = this.#start(number);
    if (this.#ends[number]! - start !== term.length) return false;
    for (let i = 0; i < term.length; i++) if (this.#characters[start + i] !== term.charCodeAt(i)) return false;
    return true;
  }

  #place(hashed: number, number: number): void {
    const mask = this.#table.length - 1;
    let at = hashed & mask;
    while (this.#table[at] !== FREE) at = (at + 1) & mask;
    this.#table[at] = number + 1;
  }

  #rehash(length: number): void {
    this.#table = new Uint32Array(length);
    for (let number = 0; number < this.size; number++) this.#place(hash(this.text(number)), number);
  }
}

/** FNV-1a over UTF-16 units, with a final mix since the table uses the low bits. */
function hash(term: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < term.length; i++) value = Math.imul(value ^ term.charCodeAt(i), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}

function letterBits(term: string): number {
  let bits = 0;
  for (let i = 0; i < term.length; i++) bits |= 1 << (term.charCodeAt(i) & 31);
  return bits;
}

function bitCount(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
