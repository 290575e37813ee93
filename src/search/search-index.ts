import { create, insert, type Orama, type OramaPluginSync, remove, search, type TokenScore } from "@orama/orama";
import { internalDocumentIDStore, index as oramaIndex } from "@orama/orama/components";
import type { Change } from "../entry/change.js";
import type { Entry } from "../entry/entry.js";
import type { Moment } from "./adjustments.js";
import { readCursor, writeCursor } from "./cursor.js";
import { DocumentNodes } from "./document-nodes.js";
import { EntryTable } from "./entry-table.js";
import { conditionsOf, dayOf } from "./filters.js";
import { explain, hintOf, toHit } from "./hits.js";
import { type Indexed, isSameText, own, toIndexed, withFacts } from "./indexed.js";
import { sharesHeld } from "./phrases.js";
import type { ParsedQuery } from "./query.js";
import { type HeldPhrases, type Ranking, rank } from "./ranking.js";
import type { RelationGraph } from "./relation-graph.js";
import type { SearchIndexOptions } from "./search-index-options.js";
import type { HitFlags, SearchRequest, SearchResult } from "./search-request.js";
import { TextIndex } from "./text-index.js";
import { planText } from "./text-plan.js";
import { needlesOf, phraseCandidates, phrasesToCheck, readQuery } from "./text-query.js";
import { TextScorer } from "./text-scorer.js";
import { flagsOf, isVisible } from "./visibility.js";

// String columns are text and go to our index; all others are filters and stay Orama's.
const SCHEMA = {
  title: "string",
  tagText: "string",
  name: "string",
  summary: "string",
  body: "string",
  kind: "enum",
  scope: "enum",
  category: "enum",
  author: "enum",
  tags: "enum[]",
  importance: "number",
  priority: "number",
  confidence: "number",
  createdDay: "number",
  updatedDay: "number",
} as const;

const FIELD_OF_COLUMN: Readonly<Record<string, number>> = { title: 0, tagText: 1, name: 2, summary: 3, body: 4 };

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;
// Phrases are looked up in the text itself, so in no more entries than can be read without notice.
const MAX_PHRASE_READS = 100;
// Each holds the ids of all entries that pass.
const MAX_FILTERS = 4;

/**
 * All entries of all stores, to be searched: a projection that `apply` keeps in step and that may be thrown away. Orama
 * holds filters and documents; text is ours.
 */
export class SearchIndex {
  readonly #options: SearchIndexOptions;
  readonly #table = new EntryTable();
  /** The documents of scopes. */
  readonly documents: DocumentNodes;
  /** How entries and documents are related. */
  readonly relations: RelationGraph;
  readonly #text = new TextIndex();
  readonly #scorer = new TextScorer(this.#text);
  readonly #orama: Orama<typeof SCHEMA>;
  readonly #freeIds: string[] = [];
  readonly #shared = new Map<string, string>();
  /** What filters left since the last change: most searches of a session have the same scopes. */
  readonly #filtered = new Map<string, Set<number>>();
  /** While an entry is taken out and put back, its text and relations stay where they are. */
  #keepsText = false;
  /** Orama hands a search no more than a term and the filter's ids; the request in hand does the rest. */
  #rank: (allowed: ReadonlySet<number> | undefined) => TokenScore[] = () => [];

  private constructor(options: SearchIndexOptions) {
    this.#options = options;
    this.documents = new DocumentNodes((store, path) => this.get(store, path), options.placesOf);
    this.relations = this.documents.relations;
    this.#orama = create({
      schema: SCHEMA,
      sort: { enabled: false },
      plugins: [{ name: "git-memory-text", getComponents: this.#components() }],
    });
  }

  /** An empty index. */
  static create(options: SearchIndexOptions): SearchIndex {
    return new SearchIndex(options);
  }

  /** Number of entries. */
  get size(): number {
    return this.#table.size;
  }

  /** The one door: brings the index to the state that the changes tell; applying them again changes nothing. */
  apply(changes: readonly Change[]): void {
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
    this.#filtered.clear();
  }

  /** Ends a bulk load that came in many parts: frees what only made it fast. A search does so too. */
  settle(): void {
    this.#text.settle();
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
    const stateOf = (content: string): string => (decay ? `${content} ${decay.rate}` : content);
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
      request.explain && plan ? explain(hit, plan, this.#scorer, held, moment) : undefined,
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

  /** One synchronous pass through Orama: its filters first, then `#rank` with what they leave. */
  #run(
    request: SearchRequest,
    query: ParsedQuery | undefined,
    moment: Moment,
    needed: number,
    held?: HeldPhrases,
  ): Ranking {
    let ranking: Ranking = { page: [], total: 0, best: 0 };
    this.#rank = (allowed) => {
      const matches = query && this.#scorer.match(planText(query, this.#text), this.#table.bound);
      // Phrases that nobody holds are no condition.
      const asked = held && held.shares.size > 0 ? { held } : {};
      const left = near && allowed ? new Set([...near].filter((slot) => allowed.has(slot))) : (near ?? allowed);
      ranking = rank({ request, ...moment, needed, ...(matches && { matches }), ...asked }, this.#table, left);
      return ranking.page.map(({ slot }, i): TokenScore => [slot, needed - i]);
    };
    const conditions = conditionsOf(request);
    const near = request.related && this.#near(request.related);
    search(this.#orama, {
      term: request.query ?? "",
      properties: "*",
      limit: needed,
      ...(conditions.length > 0 && { where: { and: conditions } }),
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
    const first: SearchRequest = { ...request, sort: "relevance", min_score: 0 };
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

  /** Replaces what is known about an entry whose text stays as it is: nothing is tokenised or related anew. */
  #renew(entry: Indexed): void {
    this.#keepsText = true;
    this.#remove(entry.store, entry.path);
    this.#insert(entry);
    this.#keepsText = false;
  }

  #insert(entry: Indexed, text?: Entry): void {
    const ids = this.#orama.internalDocumentIDStore;
    const id = this.#freeIds.pop() ?? String(this.#table.bound);
    const slot = internalDocumentIDStore.getInternalDocumentId(ids, id);
    const document = {
      id,
      title: entry.title,
      tagText: entry.tags.join(" "),
      name: entry.name,
      summary: entry.summary ?? "",
      body: text?.body ?? "",
      kind: entry.kind,
      scope: entry.scope,
      ...(entry.category !== undefined && { category: entry.category }),
      ...(entry.author !== undefined && { author: entry.author }),
      tags: [...entry.tags],
      ...(entry.importance !== undefined && { importance: entry.importance }),
      ...(entry.priority !== undefined && { priority: entry.priority }),
      ...(entry.confidence !== undefined && { confidence: entry.confidence }),
      ...(entry.createdAt !== undefined && { createdDay: dayOf(entry.createdAt) }),
      ...(entry.updatedAt !== undefined && { updatedDay: dayOf(entry.updatedAt) }),
    };
    // One by one, not insertMultiple: that does not balance the trees of number columns (TRAPS, Orama).
    insert(this.#orama, document);
    // Orama keeps the document, which needs no text any more.
    document.body = "";
    document.tagText = "";
    this.#table.put(slot, entry);
    if (!this.#keepsText) this.relations.put(entry, text?.fields.relations);
  }

  #remove(store: string, path: string): void {
    const slot = this.#table.slotOf(store, path);
    const entry = slot === undefined ? undefined : this.#table.at(slot);
    if (slot === undefined || entry === undefined) return;
    const id = internalDocumentIDStore.getDocumentIdFromInternalId(this.#orama.internalDocumentIDStore, slot);
    remove(this.#orama, id);
    // Orama never forgets an id, so ids are used again.
    this.#freeIds.push(id);
    this.#table.clear(slot);
    if (!this.#keepsText) this.relations.remove(entry);
  }

  #share(text: string): string {
    const known = this.#shared.get(text);
    if (known !== undefined) return known;
    const copy = own(text);
    this.#shared.set(copy, copy);
    return copy;
  }

  /** Orama's own index with the string columns taken over: they go to the text index, their search is `#rank`. */
  #components(): NonNullable<OramaPluginSync["getComponents"]> {
    const parts = oramaIndex.createIndex();
    const index: typeof parts = {
      ...parts,
      create: (orama, ids, schema) => {
        const filters = Object.fromEntries(Object.entries(schema).filter(([, type]) => type !== "string"));
        const made = parts.create(orama, ids, filters);
        made.searchableProperties.unshift(...Object.keys(FIELD_OF_COLUMN));
        for (const column of Object.keys(FIELD_OF_COLUMN)) made.searchablePropertiesWithTypes[column] = "string";
        return made;
      },
      insert: (self, made, column, id, slot, value, type, ...rest) => {
        const field = FIELD_OF_COLUMN[column];
        if (field === undefined) parts.insert(self, made, column, id, slot, value, type, ...rest);
        else if (!this.#keepsText) this.#text.insert(slot, field, String(value));
      },
      remove: (self, made, column, id, slot, value, type, ...rest) => {
        if (FIELD_OF_COLUMN[column] !== undefined) {
          if (!this.#keepsText) this.#text.remove(slot);
          return true;
        }
        const tree = made.indexes[column];
        if (tree?.type === "AVL" && typeof value === "number") {
          const sharing = tree.node.find(value);
          // Orama copies the whole set to take one id out, and nearly all entries share a default.
          if (sharing !== null && sharing.size > 1) return sharing.delete(slot);
        }
        return parts.remove(self, made, column, id, slot, value, type, ...rest);
      },
      searchByWhereClause: (made, tokenizer, where, language) => {
        const key = JSON.stringify(where);
        const known = this.#filtered.get(key) ?? parts.searchByWhereClause(made, tokenizer, where, language);
        if (this.#filtered.size >= MAX_FILTERS) this.#filtered.clear();
        this.#filtered.set(key, known);
        return known;
      },
      search: (...[, , , , , , , , , , allowed]) => this.#rank(allowed),
    };
    // Orama's type asks for an index over whatever store type it names, which no index can be.
    return (() => ({ index })) as unknown as NonNullable<OramaPluginSync["getComponents"]>;
  }
}
