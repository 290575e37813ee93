import type { Change } from "../entry/change.js";
import type { Entry } from "../entry/entry.js";
import type { Moment } from "./adjustments.js";
import { type AlikeEntry, type AlikeWanted, alikeEntries } from "./alike.js";
import { readCursor, writeCursor } from "./cursor.js";
import { DocumentNodes } from "./document-nodes.js";
import { Engine } from "./engine.js";
import { entriesIn, entryPieces, type Held } from "./entry-columns.js";
import { EntryTable } from "./entry-table.js";
import { conditionsOf } from "./filters.js";
import { rankFused } from "./fused-ranking.js";
import { explain, hintOf, toHit } from "./hits.js";
import { type EntryKey, type Indexed, isSameText, own, toIndexed, withFacts } from "./indexed.js";
import { sharesHeld } from "./phrases.js";
import type { Piece, Pieces } from "./pieces.js";
import type { ParsedQuery } from "./query.js";
import { type HeldPhrases, type Ranking, rank } from "./ranking.js";
import type { RelationGraph } from "./relation-graph.js";
import type { SearchIndexOptions } from "./search-index-options.js";
import type { HitFlags, SearchRequest, SearchResult } from "./search-request.js";
import { TextIndex } from "./text-index.js";
import { planText } from "./text-plan.js";
import { needlesOf, phraseCandidates, phrasesToCheck, readQuery } from "./text-query.js";
import { TextScorer } from "./text-scorer.js";
import { VectorIndex } from "./vector-index.js";
import { flagsOf, isVisible } from "./visibility.js";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;
// Phrases are looked up in the text itself, so in no more entries than can be read without notice.
const MAX_PHRASE_READS = 100;

/** One state of an entry. */
export type EntryVersion = EntryKey & Pick<Indexed, "version">;

/**
 * All entries of all stores, to be searched: a projection that `apply` keeps in step and that may be thrown away. The
 * engine holds filters and documents; text and vectors are ours.
 */
export class SearchIndex {
  readonly #options: SearchIndexOptions;
  readonly #table = new EntryTable();
  /** The documents of scopes. */
  readonly documents: DocumentNodes;
  /** How entries and documents are related. */
  readonly relations: RelationGraph;
  #text = new TextIndex();
  #scorer = new TextScorer(this.#text);
  #vectors = new VectorIndex();
  readonly #engine = new Engine({
    insertText: (slot, field, text) => this.#text.insert(slot, field, text),
    remove: (slot) => {
      this.#text.remove(slot);
      this.#vectors.remove(slot);
    },
    at: (slot) => this.#table.at(slot),
  });
  readonly #shared = new Map<string, string>();
  #revision = 0;
  /** The slots of entries without vectors. */
  readonly #bare = new Set<number>();

  private constructor(options: SearchIndexOptions) {
    this.#options = options;
    this.documents = new DocumentNodes((store, path) => this.get(store, path), options.placesOf);
    this.relations = this.documents.relations;
  }

  /** An empty index. */
  static create(options: SearchIndexOptions): SearchIndex {
    return new SearchIndex(options);
  }

  /** Number of entries. */
  get size(): number {
    return this.#table.size;
  }

  /** Goes up with every change of an entry or its vectors. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * All that is known of the entries, in pieces that `restore` takes; documents are not among it. The pieces are views: when
   * `revision` went up before the last one is written, they are of no use.
   */
  *save(): Generator<Piece> {
    this.settle();
    yield* entryPieces(this.#table, this.relations);
    yield* this.#text.save();
    yield* this.#vectors.save();
  }

  /** Takes over what was saved, slice by slice, with vectors only if they are wanted. The index has to be empty. */
  *restore(pieces: Pieces, { vectors }: { readonly vectors: boolean }): Generator<void> {
    this.#text = TextIndex.restore(pieces);
    this.#scorer = new TextScorer(this.#text);
    if (vectors) this.#vectors = VectorIndex.restore(pieces);
    yield;
    const relating: Held[] = [];
    for (const slice of entriesIn(pieces, (text) => this.#share(text))) {
      for (const held of slice) {
        this.#table.put(held.slot, held.entry);
        if (!this.#vectors.has(held.slot)) this.#bare.add(held.slot);
        if (held.relations.length > 0) relating.push(held);
      }
      yield;
    }
    // Last, so that every target is there: what tells no relation itself need not be put.
    for (const { entry, relations } of relating) this.relations.put(entry, relations);
    yield* this.#engine.fill(this.#table.bound);
  }

  /** The one door: brings the index to the state that the changes tell; applying them again changes nothing. */
  apply(changes: readonly Change[]): void {
    this.#revision += changes.length;
    for (const { store, path, after } of changes) {
      if (this.documents.apply(store, path, after)) continue;
      const before = this.get(store, path);
      if (after && before && isSameText(before, after))
        this.#renew(withFacts(before, after, (text) => this.#share(text)));
      else if (after && !("entry" in after)) continue;
      else {
        this.#remove(store, path);
        if (after)
          this.#insert(
            toIndexed(store, path, after, (text) => this.#share(text)),
            after.entry,
          );
      }
    }
    this.#engine.changed();
  }

  /** Ends a bulk load that came in many parts: frees what only made it fast. A search does so too. */
  settle(): void {
    this.#text.settle();
  }

  /** Forgets the words that only entries had which are gone. */
  compact(): void {
    this.#text.compact();
    this.#revision++;
  }

  /** What the index keeps of one entry; undefined when it has none at that path. */
  get(store: string, path: string): Indexed | undefined {
    const slot = this.#table.slotOf(store, path);
    return slot === undefined ? undefined : this.#table.at(slot);
  }

  /** What a reader of the entry has to know before trusting it, as hits say it. */
  flags(store: string, path: string): HitFlags {
    const entry = this.get(store, path);
    return entry ? this.#flags(entry, this.#options.now()) : {};
  }

  #flags(entry: Indexed, now: number): HitFlags {
    return flagsOf(entry, this.#table.supersessions, now, this.#options.conflictOf?.(entry));
  }

  /**
   * Gives an entry the vectors of its passages, one each; another version than the index has is passed over. Throws
   * `invalid_input` for what is no unit vector or has another dimension than the others.
   */
  setVectors(store: string, path: string, version: string, vectors: readonly Float32Array[]): void {
    const slot = this.#table.slotOf(store, path);
    if (slot === undefined || this.#table.at(slot)?.version !== version) return;
    this.#vectors.set(slot, vectors);
    if (this.#vectors.has(slot)) this.#bare.delete(slot);
    else this.#bare.add(slot);
    this.#revision++;
  }

  /** Forgets all vectors, as those of another embedder have to be. */
  dropVectors(): void {
    this.#revision += this.#vectors.size;
    this.#vectors.clear();
    for (let slot = 1; slot < this.#table.bound; slot++) if (this.#table.at(slot) !== undefined) this.#bare.add(slot);
  }

  /** The entries that have no vectors yet. */
  *withoutVectors(): Iterable<EntryVersion> {
    for (const slot of this.#bare) {
      const { store, path, version } = this.#table.at(slot)!;
      yield { store, path, version };
    }
  }

  /** How many entries have vectors, of all, and of which dimension. */
  get vectors(): { readonly embedded: number; readonly total: number; readonly dimensions?: number } {
    const { dimensions, size } = this.#vectors;
    return { embedded: size, total: this.#table.size, ...(dimensions !== undefined && { dimensions }) };
  }

  /** How many passages have vectors. */
  get passages(): number {
    return this.#vectors.passages;
  }

  /** The entries, of those that a search shows, that the text of these passages is like, likest first. */
  alike(passages: readonly Float32Array[], wanted: AlikeWanted): AlikeEntry[] {
    const now = this.#options.now();
    const accepts = (entry: Indexed): boolean => isVisible(entry, [], this.#table.supersessions, now);
    return alikeEntries(passages, this.#table, this.#vectors, { ...wanted, accepts });
  }

  /** All entries, in no order to rely on. */
  entries(): Iterable<Indexed> {
    return this.#table.entries();
  }

  /** The entries that a search without conditions may show: neither archived nor expired nor superseded. */
  *shown(): Iterable<Indexed> {
    const now = this.#options.now();
    for (const entry of this.#table.entries()) if (isVisible(entry, [], this.#table.supersessions, now)) yield entry;
  }

  /** Finds entries by text and filters, or lists them when there is no query; a stale cursor is `invalid_input`. */
  async search(request: SearchRequest): Promise<SearchResult> {
    this.settle();
    const query = readQuery(request.query);
    const { cursor } = request;
    const { generation } = this.#table;
    const decay = this.#options.decay?.();
    const stateOf = (content: string): string =>
      [content, decay?.rate ?? "", byMeaning(request) ? this.#vectors.size : ""].join(" ");
    const { offset, now } =
      cursor === undefined ? { offset: 0, now: this.#options.now() } : readCursor(cursor, request, stateOf(generation));
    const moment: Moment = { now, ...(decay && { decay }) };
    const needed = offset + Math.min(Math.max(Math.trunc(request.limit ?? DEFAULT_LIMIT), 1), MAX_LIMIT);
    const held = query && (await this.#heldPhrases(request, query, moment));
    if (cursor !== undefined && generation !== this.#table.generation)
      readCursor(cursor, request, stateOf(this.#table.generation));
    // From here to the bodies nothing waits, so the index cannot change under the page.
    const ranking = this.#run(request, query, moment, needed, held);
    const { plan } = ranking;
    const shown = ranking.page.slice(offset);
    const needles = query && plan ? needlesOf(query, plan, this.#text) : [];
    const explained = shown.map((hit) =>
      request.explain ? explain(hit, ranking, this.#scorer, held, moment) : undefined,
    );
    const nextCursor =
      needed < ranking.total
        ? writeCursor(request, stateOf(this.#table.generation), { offset: needed, now })
        : undefined;
    const hits = await Promise.all(
      shown.map(async (hit, i) => {
        const { store, path, summary } = hit.entry;
        const wanted = summary === undefined && request.snippets !== false;
        const body = wanted ? await this.#options.readBody(store, path) : undefined;
        return toHit(hit, this.#flags(hit.entry, now), needles, body, explained[i]);
      }),
    );
    const hint = hintOf(ranking, held);
    return { hits, total: ranking.total, ...(nextCursor && { nextCursor }), ...(hint && { hint }) };
  }

  /** One synchronous pass through the engine: its filters first, then what ranks gets what they leave. */
  #run(
    request: SearchRequest,
    query: ParsedQuery | undefined,
    moment: Moment,
    needed: number,
    held?: HeldPhrases,
  ): Ranking {
    let ranking: Ranking = { page: [], total: 0, best: 0 };
    const near = request.related && this.#near(request.related);
    this.#engine.search(request.query ?? "", conditionsOf(request), needed, (allowed) => {
      const matches = query && this.#scorer.match(planText(query, this.#text), this.#table.bound);
      // Phrases that nobody holds are no condition.
      const asked = held && held.shares.size > 0 ? { held } : {};
      const left = near && allowed ? new Set([...near].filter((slot) => allowed.has(slot))) : (near ?? allowed);
      const input = { request, ...moment, needed, ...asked };
      const vector = byMeaning(request);
      ranking =
        query && matches && vector
          ? rankFused({ ...input, query, matches, vector }, this.#table, this.#vectors, left)
          : rank({ ...input, ...(matches && { matches }) }, this.#table, left);
      return ranking.page.map(({ slot }) => slot);
    });
    return ranking;
  }

  async #heldPhrases(request: SearchRequest, query: ParsedQuery, moment: Moment): Promise<HeldPhrases | undefined> {
    const { phrases, required } = phrasesToCheck(query);
    if (phrases.length === 0) return undefined;
    const likely = new Map<Indexed, number>();
    for (const phrase of phrases) {
      for (const slot of phraseCandidates(phrase, this.#text)) {
        const entry = this.#table.at(slot);
        if (entry !== undefined) likely.set(entry, 1);
      }
    }
    const first: SearchRequest = { ...request, mode: "text", sort: "relevance", min_score: 0 };
    const { page } = this.#run(first, query, moment, MAX_PHRASE_READS, { shares: likely, required: true });
    const candidates = page.flatMap(({ entry }) => (likely.has(entry) ? entry : []));
    return { shares: await sharesHeld(candidates, phrases, this.#options.readBody), required };
  }

  /** The slots of the entries that are related to one, at most so many steps away. */
  #near({ store, path, depth, direction }: NonNullable<SearchRequest["related"]>): Set<number> {
    const entry = this.get(store, path);
    const found = entry === undefined ? [] : this.relations.within(entry, { depth, direction });
    return new Set(found.flatMap((end) => this.#table.slotOf(end.store, end.path ?? "") ?? []));
  }

  /** Replaces what is known about an entry whose text stays as it is: nothing is tokenised, embedded or related anew. */
  #renew(entry: Indexed): void {
    const slot = this.#table.slotOf(entry.store, entry.path);
    if (slot === undefined) return;
    this.#engine.renew(slot, entry);
    this.#table.clear(slot);
    this.#table.put(slot, entry);
  }

  #insert(entry: Indexed, { body, fields }: Entry): void {
    const slot = this.#engine.insert(entry, body, this.#table.bound);
    this.#table.put(slot, entry);
    this.#bare.add(slot);
    this.relations.put(entry, fields.relations);
  }

  #remove(store: string, path: string): void {
    const slot = this.#table.slotOf(store, path);
    const entry = slot === undefined ? undefined : this.#table.at(slot);
    if (slot === undefined || entry === undefined) return;
    this.#engine.remove(slot);
    this.#table.clear(slot);
    this.#bare.delete(slot);
    this.relations.remove(entry);
  }

  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    const copy = own(text);
    this.#shared.set(copy, copy);
    return copy;
  }
}

/** The query's vector, where the request goes by meaning. */
const byMeaning = ({ mode, vector }: SearchRequest): Float32Array | undefined => (mode === "text" ? undefined : vector);
