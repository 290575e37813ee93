import { create, insert, type Orama, type OramaPluginSync, remove, search, type TokenScore } from "@orama/orama";
import {
  internalDocumentIDStore,
  documentsStore as oramaDocuments,
  index as oramaIndex,
} from "@orama/orama/components";
import { FilterTrees } from "./filter-trees.js";
import type { Condition } from "./filters.js";
import type { Indexed } from "./indexed.js";
import { SlotSet, type Slots } from "./slots.js";

// String columns are text and go to whoever ranks; all others are filters and stay Orama's.
const SCHEMA = {
  title: "string",
  tagText: "string",
  name: "string",
  summary: "string",
  body: "string",
  category: "enum",
  author: "enum",
  tags: "enum[]",
} as const;

const FIELD_OF_COLUMN: Readonly<Record<string, number>> = { title: 0, tagText: 1, name: 2, summary: 3, body: 4 };

/** Entries between two turns of others, where many are taken in. */
const SLICE = 500;
// Each holds the ids of all entries that pass.
const MAX_FILTERS = 4;

/** Where Orama's index component hands over what is not its own. */
export interface EngineParts {
  /** The entry at a slot. */
  readonly at: (slot: number) => Indexed | undefined;
  /** Text of one field of the document at a slot. */
  readonly insertText: (slot: number, field: number, text: string) => void;
  /** The document at a slot goes; called more than once. */
  readonly remove: (slot: number) => void;
}

/** What the engine knows of an entry. */
const documentOf = (entry: Indexed) => ({
  title: entry.title,
  tagText: entry.tags.join(" "),
  name: entry.name,
  summary: entry.summary ?? "",
  body: "",
  ...(entry.category !== undefined && { category: entry.category }),
  ...(entry.author !== undefined && { author: entry.author }),
  tags: [...entry.tags],
});

/** Slots in order, made of those that the filters leave (all when undefined). */
export type Rank = (allowed: Slots | undefined) => readonly number[];

/** Orama with its index component replaced: it keeps the filters; documents, text and vectors are others'. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #orama: Orama<typeof SCHEMA>;
  readonly #freeIds: string[] = [];
  /** What filters left since the last change: searches of a session often have the same ones. */
  readonly #filtered = new Map<string, Set<number>>();
  /** The same as slots, which are looked up faster. */
  readonly #slots = new WeakMap<ReadonlySet<number>, SlotSet>();
  /** While an entry is taken out and put back, its parts stay where they are. */
  #keepsParts = false;
  /** Orama hands a search no more than a term and the filter's ids; the request in hand does the rest. */
  #rank: Rank = () => [];

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#orama = create({
      schema: SCHEMA,
      sort: { enabled: false },
      plugins: [{ name: "git-memory", getComponents: this.#components() }],
    });
  }

  /** Takes an entry in and gives its slot; `unused` is one that no document ever had. */
  insert(entry: Indexed, body: string, unused: number): number {
    const ids = this.#orama.internalDocumentIDStore;
    const id = this.#freeIds.pop() ?? String(unused);
    const slot = internalDocumentIDStore.getInternalDocumentId(ids, id);
    insert(this.#orama, { id, ...documentOf(entry), body });
    return slot;
  }

  /**
   * Takes in all entries below a slot, slice by slice, into an engine that has none: their filters only. Orama's own way,
   * one by one, takes several times as long.
   */
  *fill(bound: number): Generator<void> {
    const ids: string[] = [];
    const filters = new FilterTrees(SCHEMA);
    for (let slot = 1; slot < bound; slot++) {
      const id = String(slot);
      ids.push(id);
      const entry = this.#parts.at(slot);
      if (entry === undefined) this.#freeIds.push(id);
      else filters.add(slot, documentOf(entry));
      if (slot % SLICE === 0) yield;
    }
    const orama = this.#orama;
    internalDocumentIDStore.load(orama, { internalIdToId: ids });
    const empty = oramaIndex.save(orama.data.index as oramaIndex.Index) as object;
    for (const [column, tree] of filters.trees()) {
      yield;
      const saved = { ...empty, indexes: { [column]: tree } };
      const made: oramaIndex.Index = oramaIndex.load(orama.internalDocumentIDStore, saved);
      orama.data.index.indexes[column as keyof typeof orama.data.index.indexes] = made.indexes[column]!;
    }
    this.changed();
  }

  remove(slot: number): void {
    const id = internalDocumentIDStore.getDocumentIdFromInternalId(this.#orama.internalDocumentIDStore, slot);
    remove(this.#orama, id);
    // Orama never forgets an id, so ids are used again.
    this.#freeIds.push(id);
  }

  /** Puts other facts in place of those at a slot, which stays; text and vectors are not touched. */
  renew(slot: number, entry: Indexed): void {
    this.#keepsParts = true;
    this.remove(slot);
    this.insert(entry, "", slot);
    this.#keepsParts = false;
  }

  /** To be called after changes: what filters leave is found anew. */
  changed(): void {
    this.#filtered.clear();
  }

  /** One synchronous pass through Orama: its filters first, then `rank` with what they leave. */
  search(term: string, conditions: Condition[], limit: number, ranking: Rank): void {
    this.#rank = ranking;
    const where = conditions.length > 0 && { where: { and: conditions } };
    search(this.#orama, { term, properties: "*", limit, ...where });
  }

  #slotsOf(ids: ReadonlySet<number>): SlotSet {
    const known = this.#slots.get(ids);
    if (known) return known;
    const slots = new SlotSet(ids, this.#orama.internalDocumentIDStore.internalIdToId.length + 1);
    this.#slots.set(ids, slots);
    return slots;
  }

  /** Orama's own index with the string columns taken over: their text goes to the parts, their search is `#rank`. */
  #components(): NonNullable<OramaPluginSync["getComponents"]> {
    // Documents are made when they are asked for: the entries are there already.
    const documentAt = (id: string | number): ReturnType<typeof documentOf> | undefined => {
      const entry = this.#parts.at(
        internalDocumentIDStore.getInternalDocumentId(this.#orama.internalDocumentIDStore, String(id)),
      );
      return entry && documentOf(entry);
    };
    const documentsStore = {
      ...oramaDocuments.createDocumentsStore(),
      get: (_: unknown, id: string | number) => documentAt(id),
      getMultiple: (_: unknown, some: readonly (string | number)[]) => some.map(documentAt),
      store: () => true,
      remove: () => true,
    };
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
        else if (!this.#keepsParts) this.#parts.insertText(slot, field, String(value));
      },
      remove: (self, made, column, id, slot, value, type, ...rest) => {
        if (FIELD_OF_COLUMN[column] !== undefined) {
          if (!this.#keepsParts) this.#parts.remove(slot);
          return true;
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
      search: (...[, , , , , , , , , , allowed]) => {
        const slots = this.#rank(allowed && this.#slotsOf(allowed));
        return slots.map((slot, n): TokenScore => [slot, slots.length - n]);
      },
    };
    // Orama's type asks for an index over whatever store type it names, which no index can be.
    return (() => ({ index, documentsStore })) as unknown as NonNullable<OramaPluginSync["getComponents"]>;
  }
}
