import { type FieldFactors, saturate } from "./bm25f.js";
import { dataPiece, numbersPiece, type Piece, type Pieces } from "./pieces.js";
import { Postings } from "./postings.js";
import { FIELDS } from "./query.js";
import { TermDictionary } from "./term-dictionary.js";
import { terms, words } from "./tokenizer.js";
import { growUint16, growUint32 } from "./typed-arrays.js";

// A posting is one word: 22 bits of ordinal, 3 bits of field, 7 bits of term frequency.
const ORDINAL_SHIFT = 1024;
const FIELD_SHIFT = 128;
const MAX_FREQUENCY = 127;
const MAX_ORDINAL = 2 ** 22 - 1;
const DEAD = 0;
/** Fields of few words keep stop words, so that a title like "The Who" can be found. */
const KEEPS_STOP_WORDS: readonly boolean[] = FIELDS.map((field) => field !== "body" && field !== "summary");

/**
 * The inverted index: which term stands how often in which field of which document. Documents are named by a slot, a
 * small positive number of the caller's that may be used again after `remove`. Holds no text.
 */
export class TextIndex {
  #dictionary = new TermDictionary();
  #postings = new Postings();
  /** Postings name documents by ordinal, given out in order and never again before compaction. */
  #slots: Uint32Array = new Uint32Array(256);
  #lengths: Uint16Array = new Uint16Array(256 * FIELDS.length);
  #ordinals = 0;
  #live = 0;
  readonly #ordinalOf = new Map<number, number>();
  #totals = FIELDS.map(() => ({ length: 0, documents: 0 }));
  #counts: Uint32Array = new Uint32Array(512);
  /** Term numbers of words seen lately: most words of a bulk load repeat. */
  readonly #seen = [new Map<string, readonly number[]>(), new Map<string, readonly number[]>()] as const;

  /** Number of documents. */
  get size(): number {
    return this.#live;
  }

  /** Adds the text of one field; the fields of a document have to come one after the other, each once. */
  insert(slot: number, field: number, text: string): void {
    const ordinal = this.#ordinalOf.get(slot) ?? this.#open(slot);
    const touched: number[] = [];
    let length = 0;
    for (const word of words(text)) {
      const numbers = this.#termsOf(word, KEEPS_STOP_WORDS[field] === true);
      // Length is in words: the parts of an identifier do not make a text longer.
      if (numbers.length > 0) length++;
      for (const term of numbers) {
        const count = this.#counts[term]!;
        if (count === 0) touched.push(term);
        this.#counts[term] = count + 1;
      }
    }
    for (const term of touched) {
      const frequency = Math.min(this.#counts[term]!, MAX_FREQUENCY);
      this.#counts[term] = 0;
      this.#postings.append(term, ordinal * ORDINAL_SHIFT + field * FIELD_SHIFT + frequency);
    }
    this.#setLength(ordinal, field, length);
  }

  /** Forgets a document; an unknown one is no error. */
  remove(slot: number): void {
    const ordinal = this.#ordinalOf.get(slot);
    if (ordinal === undefined) return;
    for (let field = 0; field < FIELDS.length; field++) this.#setLength(ordinal, field, 0);
    this.#ordinalOf.delete(slot);
    this.#slots[ordinal] = DEAD;
    this.#live--;
    if (this.#ordinals - this.#live > 64 + this.#live) this.compact();
  }

  /** Ends a bulk load: frees what only made it fast. */
  settle(): void {
    for (const cache of this.#seen) cache.clear();
  }

  /** What `restore` takes. */
  *save(): Generator<Piece> {
    yield dataPiece("text", { live: this.#live, totals: this.#totals });
    yield numbersPiece("text.slots", this.#slots.subarray(0, this.#ordinals));
    yield numbersPiece("text.lengths", this.#lengths.subarray(0, this.#ordinals * FIELDS.length));
    yield* this.#dictionary.save();
    yield* this.#postings.save(this.#dictionary.size);
  }

  /** The index that was saved. */
  static restore(pieces: Pieces): TextIndex {
    const made = new TextIndex();
    const { live, totals } = pieces.data<{ live: number; totals: { length: number; documents: number }[] }>("text");
    made.#live = live;
    made.#totals = totals;
    made.#slots = pieces.uint32("text.slots");
    made.#ordinals = made.#slots.length;
    made.#lengths = pieces.uint16("text.lengths");
    made.#dictionary = TermDictionary.restore(pieces);
    made.#postings = Postings.restore(pieces);
    made.#counts = new Uint32Array(Math.max(made.#dictionary.size, 512));
    made.#slots.forEach((slot, ordinal) => {
      if (slot !== DEAD) made.#ordinalOf.set(slot, ordinal);
    });
    return made;
  }

  /** The number of a term that some document has, else -1. */
  lookup(term: string): number {
    const number = this.#dictionary.find(term);
    return number >= 0 && this.isLive(number) ? number : -1;
  }

  /** Whether a document that is still there has the term. */
  isLive(term: number): boolean {
    return this.#postings.of(term).some((word) => this.#slots[word >>> 10] !== DEAD);
  }

  text(term: number): string {
    return this.#dictionary.text(term);
  }

  /** Terms that begin with `prefix`, also such as no document has any more. */
  startingWith(prefix: string): number[] {
    return this.#dictionary.startingWith(prefix);
  }

  /** Terms that may be within `distance` edits, also such as no document has any more. */
  resembling(term: string, distance: number): number[] {
    return this.#dictionary.resembling(term, distance);
  }

  /**
   * Adds to `sums` (by slot) the weighted and length-normalised frequency of a term over all fields, the inner sum of
   * BM25F; a slot that had none is appended to `touched`. Fields of weight 0 are passed over.
   */
  weigh(term: number, factors: FieldFactors, sums: Float64Array, touched: number[]): void {
    const list = this.#postings.of(term);
    const { base, slope } = factors;
    for (let i = 0; i < list.length; i++) {
      const word = list[i]!;
      const ordinal = word >>> 10;
      const slot = this.#slots[ordinal]!;
      const field = (word >>> 7) & 7;
      if (slot === DEAD || base[field] === Number.POSITIVE_INFINITY) continue;
      const before = sums[slot]!;
      if (before === 0) touched.push(slot);
      const length = this.#lengths[ordinal * FIELDS.length + field]!;
      sums[slot] = before + (word & MAX_FREQUENCY) / (base[field]! + slope[field]! * length);
    }
  }

  /** The number of documents that have a term in a field that counts. */
  holders(term: number, { base }: FieldFactors): number {
    const list = this.#postings.of(term);
    const slots = this.#slots;
    let count = 0;
    for (let i = 0, last = -1; i < list.length; i++) {
      const word = list[i]!;
      const ordinal = word >>> 10;
      if (ordinal === last || slots[ordinal] === DEAD || base[(word >>> 7) & 7] === Number.POSITIVE_INFINITY) continue;
      last = ordinal;
      count++;
    }
    return count;
  }

  /**
   * Adds to `scores` (by slot) what a term gives, up to `weight` for each document; a slot that had no score is appended to
   * `matched`. In one pass, since the postings of a document lie together.
   */
  score(term: number, factors: FieldFactors, weight: number, scores: Float64Array, matched: number[]): void {
    const list = this.#postings.of(term);
    const [slots, lengths] = [this.#slots, this.#lengths];
    const { base, slope } = factors;
    for (let i = 0; i < list.length; ) {
      const ordinal = list[i]! >>> 10;
      let sum = 0;
      for (; i < list.length && list[i]! >>> 10 === ordinal; i++) {
        const word = list[i]!;
        const field = (word >>> 7) & 7;
        sum += (word & MAX_FREQUENCY) / (base[field]! + slope[field]! * lengths[ordinal * FIELDS.length + field]!);
      }
      const slot = slots[ordinal]!;
      if (slot === DEAD || sum === 0) continue;
      const before = scores[slot]!;
      if (before === 0) matched.push(slot);
      scores[slot] = before + weight * saturate(sum);
    }
  }

  /** The documents that have at least one of the terms, in one field or in any. */
  having(terms: readonly number[], field = -1): ReadonlySet<number> {
    const found = new Set<number>();
    for (const term of terms) {
      for (const word of this.#postings.of(term)) {
        const slot = this.#slots[word >>> 10]!;
        if (slot !== DEAD && (field < 0 || field === ((word >>> 7) & 7))) found.add(slot);
      }
    }
    return found;
  }

  /** How often a term stands in each field of one document, in the order of FIELDS. */
  frequencies(term: number, slot: number): readonly number[] {
    const found = FIELDS.map(() => 0);
    const ordinal = this.#ordinalOf.get(slot);
    if (ordinal === undefined) return found;
    const list = this.#postings.of(term);
    // Lists are in the order of ordinals.
    let low = 0;
    for (let high = list.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (list[middle]! >>> 10 < ordinal) low = middle + 1;
      else high = middle;
    }
    for (; low < list.length && list[low]! >>> 10 === ordinal; low++) {
      found[(list[low]! >>> 7) & 7] = list[low]! & MAX_FREQUENCY;
    }
    return found;
  }

  /** Number of words in a field of a document, without stop words that are not kept (at most 65,535). */
  lengthOf(slot: number, field: number): number {
    const ordinal = this.#ordinalOf.get(slot);
    return ordinal === undefined ? 0 : this.#lengths[ordinal * FIELDS.length + field]!;
  }

  /** Mean number of words of a field over the documents that have it; 1 when none has. */
  averageLength(field: number): number {
    const total = this.#totals[field];
    return total === undefined || total.documents === 0 ? 1 : total.length / total.documents;
  }

  #open(slot: number): number {
    if (this.#ordinals > MAX_ORDINAL) throw new RangeError(`A text index holds at most ${MAX_ORDINAL + 1} documents.`);
    const ordinal = this.#ordinals++;
    this.#slots = growUint32(this.#slots, ordinal + 1);
    this.#lengths = growUint16(this.#lengths, (ordinal + 1) * FIELDS.length);
    this.#slots[ordinal] = slot;
    this.#ordinalOf.set(slot, ordinal);
    this.#live++;
    return ordinal;
  }

  #termsOf(word: string, keepStopWords: boolean): readonly number[] {
    const cache = this.#seen[keepStopWords ? 1 : 0];
    const known = cache.get(word);
    if (known !== undefined) return known;
    const numbers = terms(word, keepStopWords).map((term) => this.#dictionary.intern(term));
    this.#counts = growUint32(this.#counts, this.#dictionary.size);
    if (word.length < 32) cache.set(word, numbers);
    return numbers;
  }

  #setLength(ordinal: number, field: number, length: number): void {
    const at = ordinal * FIELDS.length + field;
    const total = this.#totals[field]!;
    const before = this.#lengths[at]!;
    const after = Math.min(length, 65_535);
    total.length += after - before;
    total.documents += (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
    this.#lengths[at] = after;
  }

  /** Rewrites everything without the dead documents and the terms that only they had. */
  compact(): void {
    const dictionary = new TermDictionary();
    const postings = new Postings();
    const moved = new Uint32Array(this.#ordinals);
    const slots = new Uint32Array(Math.max(this.#live, 256));
    const lengths = new Uint16Array(slots.length * FIELDS.length);
    let next = 0;
    for (let ordinal = 0; ordinal < this.#ordinals; ordinal++) {
      const slot = this.#slots[ordinal]!;
      if (slot === DEAD) continue;
      const from = ordinal * FIELDS.length;
      lengths.set(this.#lengths.subarray(from, from + FIELDS.length), next * FIELDS.length);
      slots[next] = slot;
      this.#ordinalOf.set(slot, next);
      moved[ordinal] = next++;
    }
    for (let term = 0; term < this.#dictionary.size; term++) {
      let number = -1;
      for (const word of this.#postings.of(term)) {
        const ordinal = word >>> 10;
        if (this.#slots[ordinal] === DEAD) continue;
        if (number < 0) number = dictionary.intern(this.#dictionary.text(term));
        postings.append(number, moved[ordinal]! * ORDINAL_SHIFT + (word & (ORDINAL_SHIFT - 1)));
      }
    }
    this.settle();
    this.#dictionary = dictionary;
    this.#postings = postings;
    this.#slots = slots;
    this.#lengths = lengths;
    this.#ordinals = next;
    this.#counts = new Uint32Array(Math.max(dictionary.size, 512));
  }
}
