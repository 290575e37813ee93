/** A part of something that is saved, as bytes. */
export interface Piece {
  readonly name: string;
  readonly bytes: Uint8Array;
}

type Numbers = Int16Array | Uint16Array | Uint32Array | Float64Array;

/** The memory of an array as a piece: a view, that is, of use until the array changes. */
export const numbersPiece = (name: string, { buffer, byteOffset, byteLength }: Numbers): Piece => ({
  name,
  bytes: new Uint8Array(buffer, byteOffset, byteLength),
});

/** Plain data as a piece. */
export const dataPiece = (name: string, data: unknown): Piece => ({ name, bytes: Buffer.from(JSON.stringify(data)) });

/** What was saved, piece by piece; asking for one that is not there is a RangeError. Arrays are views of its memory. */
export class Pieces {
  readonly #pieces: ReadonlyMap<string, Uint8Array>;

  /** The bytes of each piece have to begin at a multiple of eight in their buffer. */
  constructor(pieces: ReadonlyMap<string, Uint8Array>) {
    this.#pieces = pieces;
  }

  #bytes(name: string): Uint8Array {
    const bytes = this.#pieces.get(name);
    if (bytes === undefined) throw new RangeError(`Nothing was saved as ${name}.`);
    return bytes;
  }

  has(name: string): boolean {
    return this.#pieces.has(name);
  }

  data<T>(name: string): T {
    const { buffer, byteOffset, byteLength } = this.#bytes(name);
    return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString("utf8")) as T;
  }

  uint16(name: string): Uint16Array {
    const { buffer, byteOffset, byteLength } = this.#bytes(name);
    return new Uint16Array(buffer, byteOffset, byteLength / 2);
  }

  uint32(name: string): Uint32Array {
    const { buffer, byteOffset, byteLength } = this.#bytes(name);
    return new Uint32Array(buffer, byteOffset, byteLength / 4);
  }

  int16(name: string): Int16Array {
    const { buffer, byteOffset, byteLength } = this.#bytes(name);
    return new Int16Array(buffer, byteOffset, byteLength / 2);
  }

  float64(name: string): Float64Array {
    const { buffer, byteOffset, byteLength } = this.#bytes(name);
    return new Float64Array(buffer, byteOffset, byteLength / 8);
  }
}
