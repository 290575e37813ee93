import { type HammingKernel, hammingKernel, MAX_STRIDE } from "./hamming-kernel.js";
import { numbersPiece, type Piece, type Pieces } from "./pieces.js";

// A lane of 8 bits takes the counts of 31 words at most.
const WORDS_A_FOLD = 31;
/** Rows are compared 128 bits at a time. */
const WORDS_A_STEP = 4;
const PAGE = 65_536;

/** Writes the signs of a vector into `bits` from `at` on, 32 to a word: 1 for what is above zero. */
export function signBits(vector: Float32Array, bits: Uint32Array, at: number): void {
  for (let start = 0, word = at; start < vector.length; start += 32, word++) {
    let value = 0;
    const end = Math.min(start + 32, vector.length);
    for (let i = start; i < end; i++) if (vector[i]! > 0) value |= 1 << (i - start);
    bits[word] = value;
  }
}

/** How many bits of each row differ from the query's; a row has as many words as the query. */
export function hammingDistances(query: Uint32Array, bits: Uint32Array, rows: number, distances: Uint16Array): void {
  const words = query.length;
  for (let row = 0, at = 0; row < rows; row++) {
    let distance = 0;
    for (let word = 0; word < words; ) {
      let lanes = 0;
      const end = Math.min(word + WORDS_A_FOLD, words);
      for (; word < end; word++, at++) {
        let v = query[word]! ^ bits[at]!;
        v -= (v >>> 1) & 0x55555555;
        v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
        lanes += (v + (v >>> 4)) & 0x0f0f0f0f;
      }
      // Up to 248 a lane: added up in pairs, since a multiplication would overflow one.
      const pairs = (lanes & 0x00ff00ff) + ((lanes >>> 8) & 0x00ff00ff);
      distance += (pairs & 0xffff) + (pairs >>> 16);
    }
    distances[row] = distance;
  }
}

/** Memory that a kernel works on, else an array of the same size. */
class Room {
  readonly #wasm: ReturnType<typeof hammingKernel>;
  buffer: ArrayBuffer;

  constructor(stride: number) {
    this.#wasm = stride <= MAX_STRIDE ? hammingKernel() : undefined;
    this.buffer = this.#wasm?.memory.buffer ?? new ArrayBuffer(PAGE);
  }

  get kernel(): HammingKernel | undefined {
    return this.#wasm?.scan;
  }

  /** Views of the buffer are of no use afterwards. */
  grow(bytes: number): void {
    const more = Math.ceil((bytes - this.buffer.byteLength) / PAGE);
    if (more <= 0) return;
    if (this.#wasm) {
      this.#wasm.memory.grow(more);
      this.buffer = this.#wasm.memory.buffer;
    } else {
      const larger = new ArrayBuffer(this.buffer.byteLength + more * PAGE);
      new Uint8Array(larger).set(new Uint8Array(this.buffer));
      this.buffer = larger;
    }
  }
}

/** The signs of vectors, a row each, to be compared with those of a query all at once. */
export class SignBits {
  readonly #words: number;
  readonly #room: Room;
  #capacity = 0;
  /** The query first, then the rows; behind them the distances. */
  #all: Uint32Array;

  constructor(dimensions: number) {
    this.#words = Math.ceil(dimensions / (32 * WORDS_A_STEP)) * WORDS_A_STEP;
    this.#room = new Room(this.#words * 4);
    this.#all = new Uint32Array(this.#room.buffer);
  }

  /** Makes room for so many rows. */
  reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = Math.max(rows, Math.ceil(this.#capacity * 1.25));
    this.#room.grow(this.#start(this.#capacity) * 4 + this.#capacity * 2);
    this.#all = new Uint32Array(this.#room.buffer);
  }

  /** The word where a row begins. */
  #start(row: number): number {
    return (row + 1) * this.#words;
  }

  set(row: number, vector: Float32Array): void {
    signBits(vector, this.#all, this.#start(row));
  }

  /** Copies one row to an earlier one. */
  move(from: number, to: number): void {
    this.#all.copyWithin(this.#start(to), this.#start(from), this.#start(from + 1));
  }

  /** How many bits of the first `rows` rows differ from a query's: a view that the next call or change outdates. */
  distances(query: Float32Array, rows: number): Uint16Array {
    signBits(query, this.#all, 0);
    const { buffer, kernel } = this.#room;
    const [first, out, stride] = [this.#start(0) * 4, this.#start(this.#capacity) * 4, this.#words * 4];
    const found = new Uint16Array(buffer, out, rows);
    if (kernel) kernel(0, first, first + rows * stride, out, stride);
    else hammingDistances(this.#all.subarray(0, this.#words), this.#all.subarray(this.#words), rows, found);
    return found;
  }

  /** The first rows as a piece. */
  save(rows: number): Piece {
    return numbersPiece("vectors.bits", this.#all.subarray(this.#words, this.#start(rows)));
  }

  /** The rows that were saved. */
  static restore(pieces: Pieces, dimensions: number, rows: number): SignBits {
    const made = new SignBits(dimensions);
    made.reserve(rows);
    made.#all.set(pieces.uint32("vectors.bits"), made.#words);
    return made;
  }
}
