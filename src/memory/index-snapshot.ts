import type { Indexed } from "../search/indexed.js";
import { dataPiece, numbersPiece, type Piece, Pieces } from "../search/pieces.js";
import type { SearchIndex } from "../search/search-index.js";
import type { HeadApart } from "../store/observed.js";
import { slices } from "../store/slices.js";
import { forgetSnapshots, readSnapshot, type SnapshotPlace, writeSnapshot } from "../store/snapshot-file.js";
import type { Memory } from "./memory.js";
import { PERSONAL } from "./workspace.js";

/** What the process says of itself. */
export interface IndexSnapshotOptions {
  readonly publishes: boolean;
  /** Another one for each text of the program; without it nothing is saved. */
  readonly build?: string | undefined;
  /** True in a server: it is saved while the server runs, not only at its end. */
  readonly watch: boolean;
  readonly log?: ((message: string, cause: unknown) => void) | undefined;
}

/** So many changes, and a hundredth of the entries, are read anew in no time: for fewer nothing is written. */
const WORTH = 64;
/** How often a server looks whether it is worth it (milliseconds). */
const LOOK_MS = 20_000;
/** A file that was changed so lately (milliseconds) may have changed again without a trace. */
const SETTLED_MS = 2_000;
/** Files in a piece: a few milliseconds of work. */
const SLICE = 1_000;
const MARKS = "files.marks";
const TEXTS = "files.texts";
const HEADS = "files.heads";
const NO_TEXT = 0;

/**
 * The index as it was last time, kept for the next start: for these stores, seen from this project. It tells what was in
 * files that have not changed since; everything else is read as ever.
 */
export class IndexSnapshot {
  readonly #memory: Memory;
  readonly #options: IndexSnapshotOptions;
  readonly #anew: () => void;
  /** The index's revision that is saved. */
  #saved = 0;
  #saving: Promise<boolean> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #embedder: string | undefined;

  /** `anew` makes the index a new, empty one. */
  constructor(memory: Memory, options: IndexSnapshotOptions, anew: () => void) {
    this.#memory = memory;
    this.#options = options;
    this.#anew = anew;
  }

  /** The stores that are open, as far as it matters for what is in the index. */
  #key(): string {
    const workspace = this.#memory.workspace;
    const stores = workspace
      .members()
      .map(({ store }) => [store.name, store.root, store.relativeRoot, store.manifest.root]);
    return JSON.stringify([this.#options.build, stores, workspace.scope, workspace.entered ?? null]);
  }

  /**
   * Where it is kept: with the person's own store where there is one, so that nothing of theirs lies in a project's.
   * Undefined where nothing may be written.
   */
  #place(): SnapshotPlace | undefined {
    const workspace = this.#memory.workspace;
    const member = workspace.get(PERSONAL) ?? workspace.main;
    const { build, publishes } = this.#options;
    if (!member || member.readOnly || !publishes || build === undefined) return undefined;
    const roots = workspace.members().map(({ store }) => store.root);
    return { folder: member.store.localFolder, of: JSON.stringify(roots), by: build };
  }

  /** Fills the empty index and what the stores know of their files with what was saved, if anything. */
  async recall(): Promise<void> {
    this.#embedder = this.#memory.meaning.embedderId;
    this.#saved = this.#memory.index.revision;
    const place = this.#place();
    if (!place) return;
    try {
      const found = await readSnapshot(
        place,
        this.#key(),
        (name, { embedder }) => !name.startsWith("vectors") || (embedder !== undefined && embedder === this.#embedder),
      );
      if (!found) return;
      const pieces = new Pieces(found);
      const vectors = pieces.has("vectors");
      const rest = slices();
      for (const _slice of this.#memory.index.restore(pieces, { vectors })) await rest();
      await this.#recallFiles(pieces);
      this.#saved = this.#memory.index.revision;
    } catch (error) {
      // Whatever is wrong with it, everything can be read as ever.
      this.#options.log?.("the saved index cannot be used", error);
      this.#anew();
    }
  }

  async #recallFiles(pieces: Pieces): Promise<void> {
    const workspace = this.#memory.workspace;
    const index = this.#memory.index;
    // All of it is read before anything is taken over: a store that knows half would keep the rest from being told.
    const files = Array.from({ length: Math.ceil(index.size / SLICE) }, (_, slice) => ({
      marks: pieces.float64(`${MARKS}.${slice}`),
      texts: pieces.uint32(`${TEXTS}.${slice}`),
    }));
    const heads = pieces.data<[string, HeadApart][]>(HEADS);
    const rest = slices();
    let row = 0;
    for (const entry of index.entries()) {
      const at = row % SLICE;
      if (at === 0) await rest();
      const { marks, texts } = files[Math.floor(row++ / SLICE)]!;
      const member = workspace.get(entry.store)!;
      const [mtimeMs = 0, ctimeMs = 0, size = 0, ino = 0] = marks.subarray(at * 4, at * 4 + 4);
      const { version, pending = false, conflict, private: apart, updatedAt, author } = entry;
      const mark = Number.isNaN(ino) ? undefined : { mtimeMs, ctimeMs, size, ino };
      member.store.recall(entry.path, { version, mark, pending, conflict, private: apart, updatedAt, author });
      member.catalog.recall(entry.path, { id: entry.id?.toLowerCase(), text: texts[at]! });
    }
    for (const [name, head] of heads) workspace.get(name)?.store.recallHead(head);
  }

  /** True when the next start would have much to read that is in the index. */
  get isDue(): boolean {
    const { revision, size } = this.#memory.index;
    return revision - this.#saved >= Math.max(WORTH, size / 100);
  }

  /** To be called when everything that there was is in the index. */
  ready(): void {
    if (!this.#options.watch || !this.#options.publishes) return;
    this.#timer ??= setInterval(() => void this.#saveIfDue(), LOOK_MS).unref();
  }

  /** Removes what is saved: something in it must not be kept any longer. It is saved anew when the memory is closed. */
  forget(): void {
    const place = this.#place();
    // Of other projects too: what was private in the person's own store is in all of them.
    if (place) forgetSnapshots(place);
    this.#saved = Number.NEGATIVE_INFINITY;
    this.#memory.index.compact();
  }

  /** Saves the index when that is worth it, in slices; false when it was not done, as when it changed meanwhile. */
  #saveIfDue(): Promise<boolean> {
    if (!this.isDue) return Promise.resolve(false);
    this.#saving ??= this.#save()
      .catch((error: unknown) => {
        this.#options.log?.("the index could not be saved", error);
        return false;
      })
      .finally(() => {
        this.#saving = undefined;
      });
    return this.#saving;
  }

  async #save(): Promise<boolean> {
    const place = this.#place();
    if (!place) return false;
    const index = this.#memory.index;
    const { revision } = index;
    const label = { key: this.#key(), ...(this.#embedder === undefined ? {} : { embedder: this.#embedder }) };
    const done = await writeSnapshot(place, label, this.#pieces(index), () => index.revision === revision);
    if (done) this.#saved = revision;
    return done;
  }

  *#pieces(index: SearchIndex): Generator<Piece> {
    const workspace = this.#memory.workspace;
    const entries = [...index.entries()];
    const settled = Date.now() - SETTLED_MS;
    for (let from = 0; from < entries.length; from += SLICE) {
      const slice = entries.slice(from, from + SLICE);
      const marks = new Float64Array(slice.length * 4).fill(Number.NaN);
      const texts = new Uint32Array(slice.length);
      slice.forEach((entry: Indexed, row) => {
        const member = workspace.get(entry.store);
        const mark = member?.store.markOf(entry.path, entry.version);
        texts[row] = member?.catalog.keysOf(entry.path)?.text ?? NO_TEXT;
        if (mark && mark.ctimeMs < settled && mark.mtimeMs < settled)
          marks.set([mark.mtimeMs, mark.ctimeMs, mark.size, mark.ino], row * 4);
      });
      yield numbersPiece(`${MARKS}.${from / SLICE}`, marks);
      yield numbersPiece(`${TEXTS}.${from / SLICE}`, texts);
    }
    const heads = workspace.members().map(({ store }) => {
      const own = entries.filter((entry) => entry.store === store.name);
      return [store.name, store.headApart(new Map(own.map(({ path: file, version }) => [file, version])))];
    });
    yield dataPiece(
      HEADS,
      heads.filter(([, head]) => head !== undefined),
    );
    yield* index.save();
  }

  /** Saves what is worth it, and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#saving;
    await this.#saveIfDue();
  }
}
