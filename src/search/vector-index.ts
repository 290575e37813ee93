import { MemoryError } from "../errors.js";
import { dataPiece, numbersPiece, type Piece, type Pieces } from "./pieces.js";
import { SignBits } from "./sign-bits.js";
import type { Slots } from "./slots.js";
import { growInt16, growUint16, growUint32 } from "./typed-arrays.js";

/** The passage of an entry that is nearest to a query, and how near (cosine). */
export interface NearPassage {
  readonly passage: number;
  readonly cosine: number;
}

/** What is near a query, by slot, and the cosine that a passage has by chance: the mean over all of them. */
export interface Neighbours {
  readonly found: ReadonlyMap<number, NearPassage>;
  readonly background: number;
}

/** Which entries count: those of `among` (all when absent) that `accepts` takes. */
export interface Wanted {
  /** So many passages are scored exactly, at least. */
  readonly passages: number;
  readonly accepts: (slot: number) => boolean;
  readonly among?: Slots | undefined;
}

const DEAD = 0;
// Fewer than this are scored exactly, all of them.
const FEW = 1_024;
// A float of 16 bits has 11 of them for the value.
const UNIT_TOLERANCE = 0.01;
/** What 1 is in the array: 16 bits a number take half the room of a float and change a cosine in the fifth digit. */
const ONE = 32_767;

/**
 * The unit vectors of passages, several an entry, in one flat array. Their signs, a bit each, are scanned first: the
 * number of those that differ goes with the angle. The nearest are then scored exactly. Slots are as in TextIndex.
 */
export class VectorIndex {
  #dimensions = 0;
  #values: Int16Array = new Int16Array(0);
  #signs: SignBits | undefined;
  /** The slot that a row belongs to; rows of a slot lie together. */
  #owners: Uint32Array = new Uint32Array(256);
  #rows = 0;
  #live = 0;
  #entries = 0;
  /** By slot: the first row and how many there are. */
  #first: Uint32Array = new Uint32Array(256);
  #counts: Uint16Array = new Uint16Array(256);

  /** Number of entries that have vectors. */
  get size(): number {
    return this.#entries;
  }

  /** Number of passages. */
  get passages(): number {
    return this.#live;
  }

  /** Of each vector; undefined while there is none. */
  get dimensions(): number | undefined {
    return this.#entries === 0 ? undefined : this.#dimensions;
  }

  has(slot: number): boolean {
    return (this.#counts[slot] ?? 0) > 0;
  }

  /** Gives an entry its vectors, in place of those it had. Throws `invalid_input` for what is no unit vector, or of another dimension. */
  set(slot: number, vectors: readonly Float32Array[]): void {
    const dimensions = this.dimensions ?? vectors[0]?.length ?? 0;
    for (const [passage, vector] of vectors.entries()) assertUnit(vector, dimensions, passage);
    if (vectors.length === 0) {
      this.remove(slot);
      return;
    }
    if (dimensions !== this.#dimensions) this.#open(dimensions);
    const had = this.#counts[slot] ?? 0;
    if (had < vectors.length) this.#append(slot, vectors.length);
    const first = this.#first[slot]!;
    for (const [passage, vector] of vectors.entries()) this.#write(first + passage, vector);
    this.#kill(first + vectors.length, first + this.#counts[slot]!);
    this.#counts[slot] = vectors.length;
    this.#compactWhenWorth();
  }

  /** Forgets the vectors of an entry; one that has none is no error. */
  remove(slot: number): void {
    if (!this.has(slot)) return;
    this.#kill(this.#first[slot]!, this.#first[slot]! + this.#counts[slot]!);
    this.#counts[slot] = 0;
    this.#entries--;
    this.#compactWhenWorth();
  }

  /** Forgets all. */
  clear(): void {
    this.#open(0);
    this.#counts.fill(0);
  }

  /** The entries nearest to a unit vector. Throws as `set` does. Which ones does not depend on the order they came in. */
  nearest(query: Float32Array, { passages, accepts, among }: Wanted): Neighbours {
    if (this.#live === 0) return { found: new Map(), background: 0 };
    assertUnit(query, this.#dimensions, 0);
    const found = new Map<number, NearPassage>();
    const note = (row: number): void => {
      const slot = this.#owners[row]!;
      const cosine = this.#cosine(query, row);
      const passage = row - this.#first[slot]!;
      const best = found.get(slot);
      if (best === undefined || cosine > best.cosine || (cosine === best.cosine && passage < best.passage))
        found.set(slot, { passage, cosine });
    };
    const distances = this.#signs!.distances(query, this.#rows);
    const histogram = this.#histogram(distances);
    const background = this.#background(histogram);
    const few = among && this.#rowsOf(among);
    if (few) {
      for (const row of few) if (accepts(this.#owners[row]!)) note(row);
      return { found, background };
    }
    for (const row of this.#walk(distances, histogram, passages, (slot) => among?.has(slot) !== false && accepts(slot)))
      note(row);
    return { found, background };
  }

  /** The cosines of a vector and those of an entry's passages. */
  #cosines(slot: number, query: Float32Array): number[] {
    const first = this.#first[slot]!;
    return Array.from({ length: this.#counts[slot] ?? 0 }, (_, passage) => this.#cosine(query, first + passage));
  }

  /**
   * How alike the text of these passages and an entry are, 0–1: for each passage the cosine of the one that is nearest in
   * the other text, averaged, from the side where that is less: a text is not like one that it is a part of. Of a text that
   * goes on behind these passages (not `whole`) the beginning is compared with the entry's.
   */
  alike(slot: number, passages: readonly Float32Array[], whole: boolean): number {
    const all = passages.map((vector) => this.#cosines(slot, vector));
    const own = this.#counts[slot] ?? 0;
    const count = whole ? own : Math.min(own, passages.length);
    if (all.length === 0 || count === 0) return 0;
    const there = all.reduce((sum, cosines) => sum + Math.max(...cosines), 0) / all.length;
    let back = 0;
    for (let passage = 0; passage < count; passage++) back += Math.max(...all.map((cosines) => cosines[passage]!));
    return Math.max(Math.min(there, back / count), 0);
  }

  /** What `restore` takes. */
  save(): Piece[] {
    const rows = this.#rows;
    return [
      dataPiece("vectors", { dimensions: this.#dimensions, live: this.#live, entries: this.#entries }),
      numbersPiece("vectors.owners", this.#owners.subarray(0, rows)),
      numbersPiece("vectors.first", this.#first),
      numbersPiece("vectors.counts", this.#counts),
      this.#signs?.save(rows) ?? [],
      numbersPiece("vectors.values", this.#values.subarray(0, rows * this.#dimensions)),
    ].flat();
  }

  /** The vectors that were saved. */
  static restore(pieces: Pieces): VectorIndex {
    const made = new VectorIndex();
    const { dimensions, live, entries } = pieces.data<{ dimensions: number; live: number; entries: number }>("vectors");
    made.#open(dimensions);
    made.#live = live;
    made.#entries = entries;
    made.#owners = pieces.uint32("vectors.owners");
    made.#rows = made.#owners.length;
    made.#first = pieces.uint32("vectors.first");
    made.#counts = pieces.uint16("vectors.counts");
    made.#signs = dimensions === 0 ? undefined : SignBits.restore(pieces, dimensions, made.#rows);
    made.#values = pieces.int16("vectors.values");
    return made;
  }

  /** The rows of some slots, when they are few. */
  #rowsOf(slots: Slots): number[] | undefined {
    if (slots.size > FEW) return undefined;
    const rows: number[] = [];
    for (const slot of slots) {
      for (let n = 0; n < (this.#counts[slot] ?? 0); n++) rows.push(this.#first[slot]! + n);
    }
    return rows.length > FEW ? undefined : rows;
  }

  /** Rows from the nearest on, until so many are accepted; of equally near ones all, so that their order does not matter. */
  #walk(distances: Uint16Array, histogram: Uint32Array, wanted: number, accepts: (slot: number) => boolean): number[] {
    const rows: number[] = [];
    const [owners, count] = [this.#owners, this.#rows];
    let seen = 0;
    let step = wanted;
    for (let from = -1; rows.length < wanted && seen < this.#live; ) {
      let to = from;
      for (const goal = Math.min(seen + step, this.#live); seen < goal; ) seen += histogram[++to]!;
      for (let row = 0; row < count; row++) {
        const distance = distances[row]!;
        if (distance > to || distance <= from) continue;
        const owner = owners[row]!;
        if (owner !== DEAD && accepts(owner)) rows.push(row);
      }
      from = to;
      step *= 4;
    }
    return rows;
  }

  /** How many rows have each distance. */
  #histogram(distances: Uint16Array): Uint32Array {
    const histogram = new Uint32Array(this.#dimensions + 1);
    const [owners, rows] = [this.#owners, this.#rows];
    for (let row = 0; row < rows; row++) if (owners[row] !== DEAD) histogram[distances[row]!]!++;
    return histogram;
  }

  /** The mean cosine, as the signs tell it: whole numbers, so that the order of the rows leaves no trace in it. */
  #background(histogram: Uint32Array): number {
    let sum = 0;
    for (let distance = 0; distance < histogram.length; distance++) sum += distance * histogram[distance]!;
    return Math.cos((Math.PI * sum) / (this.#live * this.#dimensions));
  }

  #cosine(query: Float32Array, row: number): number {
    const values = this.#values;
    const length = query.length;
    let at = row * length;
    let [a, b, c, d] = [0, 0, 0, 0];
    let i = 0;
    // Four sums that do not wait for each other: twice as fast.
    for (; i + 3 < length; i += 4, at += 4) {
      a += query[i]! * values[at]!;
      b += query[i + 1]! * values[at + 1]!;
      c += query[i + 2]! * values[at + 2]!;
      d += query[i + 3]! * values[at + 3]!;
    }
    for (; i < length; i++, at++) a += query[i]! * values[at]!;
    return Math.min(Math.max((a + b + (c + d)) / ONE, -1), 1);
  }

  #open(dimensions: number): void {
    this.#dimensions = dimensions;
    this.#values = new Int16Array(0);
    this.#signs = dimensions === 0 ? undefined : new SignBits(dimensions);
    this.#rows = 0;
    this.#live = 0;
    this.#entries = 0;
  }

  /** Rows at the end for an entry that has none, or too few. */
  #append(slot: number, count: number): void {
    this.#first = growUint32(this.#first, slot + 1);
    this.#counts = growUint16(this.#counts, slot + 1);
    const had = this.#counts[slot]!;
    if (had === 0) this.#entries++;
    this.#kill(this.#first[slot]!, this.#first[slot]! + had);
    const end = this.#rows + count;
    this.#owners = growUint32(this.#owners, end);
    this.#values = growInt16(this.#values, end * this.#dimensions);
    this.#signs!.reserve(end);
    this.#owners.fill(slot, this.#rows, end);
    this.#first[slot] = this.#rows;
    this.#counts[slot] = count;
    this.#rows = end;
    this.#live += count;
  }

  #write(row: number, vector: Float32Array): void {
    const at = row * this.#dimensions;
    for (let i = 0; i < vector.length; i++)
      this.#values[at + i] = Math.min(Math.max(Math.round(vector[i]! * ONE), -ONE), ONE);
    this.#signs!.set(row, vector);
  }

  #kill(from: number, to: number): void {
    if (from >= to) return;
    this.#owners.fill(DEAD, from, to);
    this.#live -= to - from;
  }

  #compactWhenWorth(): void {
    if (this.#rows - this.#live <= 64 + this.#live / 4) return;
    let next = 0;
    for (let row = 0; row < this.#rows; row++) {
      const owner = this.#owners[row]!;
      if (owner === DEAD) continue;
      if (next < row) {
        const dimensions = this.#dimensions;
        this.#values.copyWithin(next * dimensions, row * dimensions, (row + 1) * dimensions);
        this.#signs!.move(row, next);
        this.#owners[next] = owner;
        if (this.#first[owner] === row) this.#first[owner] = next;
      }
      next++;
    }
    this.#rows = next;
    // What a large deletion leaves unused is given back; the signs are small.
    if (this.#values.length > 2 * next * this.#dimensions)
      this.#values = this.#values.slice(0, next * this.#dimensions);
  }
}

function assertUnit(vector: Float32Array, dimensions: number, passage: number): void {
  const refuse = (what: string): never => {
    throw new MemoryError("invalid_input", `Vector ${passage + 1} ${what}; none was taken.`, { passage, dimensions });
  };
  if (vector.length !== dimensions || dimensions === 0)
    refuse(`has ${vector.length} dimensions where the others have ${dimensions}`);
  let squares = 0;
  for (const value of vector) squares += value * value;
  if (!Number.isFinite(squares)) refuse("holds what is no number");
  if (Math.abs(Math.sqrt(squares) - 1) > UNIT_TOLERANCE)
    refuse(`has the length ${Math.sqrt(squares).toFixed(3)}, not 1`);
}
