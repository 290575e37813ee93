import { dataPiece, numbersPiece, type Piece, type Pieces } from "./pieces.js";
import { growUint32 } from "./typed-arrays.js";

/**
 * One growing list of 32-bit words per term, all in one array. A full list moves to a region of twice the size; the
 * region it leaves is handed to the next list of that size.
 */
export class Postings {
  #pool: Uint32Array = new Uint32Array(4096);
  #used = 0;
  #starts: Uint32Array = new Uint32Array(512);
  #lengths: Uint32Array = new Uint32Array(512);
  /** Regions that were left, by size: at index n those of 2^n words. */
  #left: (number[] | undefined)[] = [];

  /** The words of a term's list, in the order they came; a view that the next `append` may outdate. */
  of(term: number): Uint32Array {
    const length = this.#lengths[term] ?? 0;
    const start = this.#starts[term] ?? 0;
    return this.#pool.subarray(start, start + length);
  }

  append(term: number, word: number): void {
    this.#starts = growUint32(this.#starts, term + 1);
    this.#lengths = growUint32(this.#lengths, term + 1);
    const length = this.#lengths[term]!;
    // Regions have 2^n words, so a list is full exactly when its length is a power of two.
    if ((length & (length - 1)) === 0) this.#move(term, length);
    this.#pool[this.#starts[term]! + length] = word;
    this.#lengths[term] = length + 1;
  }

  /** What `restore` takes; `terms` is how many there are. */
  save(terms: number): Piece[] {
    return [
      numbersPiece("postings.pool", this.#pool.subarray(0, this.#used)),
      numbersPiece("postings.starts", this.#starts.subarray(0, terms)),
      numbersPiece("postings.lengths", this.#lengths.subarray(0, terms)),
      dataPiece("postings.left", this.#left),
    ];
  }

  /** The lists that were saved. */
  static restore(pieces: Pieces): Postings {
    const made = new Postings();
    made.#pool = pieces.uint32("postings.pool");
    made.#used = made.#pool.length;
    made.#starts = pieces.uint32("postings.starts");
    made.#lengths = pieces.uint32("postings.lengths");
    made.#left = pieces.data<number[][]>("postings.left");
    return made;
  }

  #move(term: number, length: number): void {
    const order = length === 0 ? 0 : 32 - Math.clz32(length);
    const from = this.#starts[term]!;
    let to = this.#left[order]?.pop();
    if (to === undefined) {
      to = this.#used;
      this.#used += 2 ** order;
      this.#pool = growUint32(this.#pool, this.#used);
    }
    if (length > 0) {
      this.#pool.copyWithin(to, from, from + length);
      this.#left[order - 1] ??= [];
      this.#left[order - 1]!.push(from);
    }
    this.#starts[term] = to;
  }
}
