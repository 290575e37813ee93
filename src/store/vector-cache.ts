import { createHash, randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { isErrno } from "../git/git-fs.js";
import { hideLocalFolder } from "./local-state.js";
import { slices } from "./slices.js";
import {
  encode,
  type Found,
  header,
  type Key,
  readHeader,
  scan,
  textsIn,
  type VectorRecord,
  vectorIn,
} from "./vector-file.js";
import { isWritable } from "./writable.js";

/** A file is read in pieces of this size, so that others get their turn between them. */
const PIECE = 1 << 20;
/** What a vector's record has besides the vector, and a text of an entry's record; generously. */
const RECORD_BYTES = 128;
/** A file is not written anew for less than so many bytes that nobody needs. */
const SLACK = 16 << 20;

/** The key of a text, or of anything else that has a vector or texts here. */
export const keyOf = (text: string): Key => createHash("sha256").update(text).digest("binary");

/**
 * Vectors of texts by one embedder, in a flat file that several processes append to and that may be deleted at any time:
 * what is damaged, cut off, or of another embedder is as if it were not there.
 */
export class VectorCache {
  readonly #folder: string;
  readonly #file: string;
  readonly #id: string;
  readonly #places = { vector: new Map<Key, Found>(), texts: new Map<Key, Found>() };
  #seen: { readonly ino: bigint; readonly end: number } | undefined;
  #descriptor: number | undefined;
  #dimensions: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** `folder` is a store's folder of what is never committed. */
  constructor(folder: string, id: string) {
    this.#folder = folder;
    this.#id = id;
    const name = createHash("sha256").update(id).digest("hex").slice(0, 12);
    this.#file = path.join(folder, "vectors", `${name}.bin`);
  }

  /** Takes in what the file has got since the last look, from every process. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #refresh(): Promise<void> {
    const stat = fs.statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    if (!stat || (this.#seen && (this.#seen.ino !== stat.ino || Number(stat.size) < this.#seen.end))) this.#startOver();
    if (!stat || Number(stat.size) === this.#seen?.end) return;
    this.#descriptor ??= fs.openSync(this.#file, "r");
    let end = this.#seen?.end ?? this.#begin();
    if (end === undefined || this.#dimensions === undefined) return this.#startOver();
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const piece = await readPiece(this.#descriptor, end + rest.length, PIECE);
      if (piece.length === 0) break;
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      const { found, done } = scan(bytes, this.#dimensions);
      for (const one of found) this.#places[one.kind].set(one.key, { ...one, start: end + one.start });
      end += done;
      rest = bytes.subarray(done);
    }
    this.#seen = { ino: stat.ino, end };
  }

  /** Where the records begin, when the file is one of this embedder. */
  #begin(): number | undefined {
    const bytes = Buffer.alloc(4_096);
    const read = fs.readSync(this.#descriptor!, bytes, 0, bytes.length, 0);
    const said = readHeader(bytes.subarray(0, read));
    if (said?.id !== this.#id) return undefined;
    this.#dimensions = said.dimensions;
    return said.end;
  }

  #startOver(): void {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#seen = undefined;
    this.#dimensions = undefined;
    this.#places.vector.clear();
    this.#places.texts.clear();
  }

  /** How much of the file is taken in, in bytes. */
  get size(): number {
    return this.#seen?.end ?? 0;
  }

  /** The vector of a text; undefined when it is not here. */
  vector(key: Key): Float32Array | undefined {
    const record = this.#read(this.#places.vector.get(key));
    return record && vectorIn(record);
  }

  /** The texts of one state of an entry; undefined when they are not known. */
  texts(key: Key): readonly Key[] | undefined {
    const record = this.#read(this.#places.texts.get(key));
    return record && textsIn(record);
  }

  #read(found: Found | undefined): Buffer | undefined {
    if (!found || this.#descriptor === undefined) return undefined;
    const bytes = Buffer.alloc(found.length);
    const read = fs.readSync(this.#descriptor, bytes, 0, bytes.length, found.start);
    // It may have been written over since it was looked at.
    return read === found.length && scan(bytes, this.#dimensions ?? 0).found.length === 1 ? bytes : undefined;
  }

  /**
   * Appends what is not there yet, in one write. False where nothing can be written. Throws for vectors of another
   * dimension than those that are there.
   */
  add(records: readonly VectorRecord[]): Promise<boolean> {
    return this.#inTurn(async () => {
      try {
        await this.#refresh();
        const fresh = records.filter((one) => !this.#places["vector" in one ? "vector" : "texts"].has(one.key));
        const dimensions = this.#dimensions ?? fresh.find((one) => "vector" in one)?.vector.length;
        if (fresh.length === 0 || dimensions === undefined) return true;
        if (fresh.some((one) => "vector" in one && one.vector.length !== dimensions))
          throw new Error("vectors of one embedder have to have one dimension");
        if (!isWritable(this.#file)) return false;
        this.#prepare(dimensions);
        fs.appendFileSync(this.#file, Buffer.concat(fresh.map(encode)));
        await this.#refresh();
        return true;
      } catch (error) {
        if (isErrno(error, "EACCES", "EPERM", "EROFS", "ENOSPC", "ENOTDIR", "EIO", "ENOENT")) return false;
        throw error;
      }
    });
  }

  /** Makes the file when there is none of this embedder. */
  #prepare(dimensions: number): void {
    if (this.#dimensions !== undefined) return;
    fs.mkdirSync(path.dirname(this.#file), { recursive: true });
    hideLocalFolder(this.#folder);
    fs.renameSync(this.#beside(header(this.#id, dimensions)), this.#file);
  }

  /** A new file beside that begins so, to be put in place. */
  #beside(bytes: Buffer): string {
    const beside = `${this.#file}.${randomBytes(4).toString("hex")}`;
    fs.writeFileSync(beside, bytes);
    return beside;
  }

  /** True when the file takes far more room than so many vectors of such a dimension, each of a text of its own. */
  isLarge(vectors: number, dimensions: number): boolean {
    return this.size > 2 * vectors * (dimensions * 4 + RECORD_BYTES) + SLACK;
  }

  /**
   * Writes the file anew when much of it is of no use: what `live` names stays, and as much again of the newest others, as
   * branches come and go. One process at a time; what another appends meanwhile is lost and made again.
   */
  compact(live: ReadonlySet<Key>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#refresh();
      if (this.#descriptor === undefined || this.#dimensions === undefined) return;
      const all = [...this.#places.vector.values(), ...this.#places.texts.values()].sort((a, b) => b.start - a.start);
      const bytesOf = (records: readonly Found[]): number => records.reduce((sum, { length }) => sum + length, 0);
      const needed = bytesOf(all.filter(({ key }) => live.has(key)));
      if ((this.#seen?.end ?? 0) <= 2 * needed + SLACK) return;
      let room = needed;
      const kept = all.filter(({ key, length }) => {
        if (live.has(key)) return true;
        room -= length;
        return room >= 0;
      });
      const rest = slices();
      const written = this.#beside(header(this.#id, this.#dimensions));
      for (const found of kept.reverse()) {
        await rest();
        const record = this.#read(found);
        if (record) fs.appendFileSync(written, record);
      }
      fs.renameSync(written, this.#file);
      await this.#refresh();
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => this.#startOver());
  }
}

const readPiece = (descriptor: number, position: number, length: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const bytes = Buffer.alloc(length);
    fs.read(descriptor, bytes, 0, length, position, (error, read) =>
      error ? reject(error) : resolve(bytes.subarray(0, read)),
    );
  });
