import type { Change } from "../../src/entry/change.js";
import { SearchIndex } from "../../src/search/search-index.js";

interface BenchDocument {
  readonly id: string;
  readonly title?: string;
  readonly text: string;
  readonly date?: string;
  readonly tags?: readonly string[];
}

/** The engine that the relevance bench asks for: the documents as memories without telling names. */
export function create(documents: readonly BenchDocument[]): {
  search(query: string, k: number): Promise<readonly string[]>;
} {
  const bodies = new Map(documents.map((document, n) => [`memories/d${n}.md`, document.text]));
  const ids = new Map(documents.map((document, n) => [`memories/d${n}.md`, document.id]));
  const index = SearchIndex.create({
    readBody: async (_store, path) => bodies.get(path),
    placesOf: () => [],
    now: () => 0,
  });
  index.apply(documents.map(toChange));
  return {
    async search(query, k) {
      const { hits } = await index.search({ query, limit: k });
      return hits.map(({ entry }) => ids.get(entry.path) ?? "");
    },
  };
}

function toChange(document: BenchDocument, n: number): Change {
  const time = document.date === undefined ? undefined : Date.parse(document.date);
  return {
    store: "bench",
    path: `memories/d${n}.md`,
    before: null,
    after: {
      entry: {
        kind: "memory",
        scope: "project/bench",
        name: `d${n}`,
        title: document.title || document.text.slice(0, 80),
        fields: document.tags ? { tags: document.tags } : {},
        unknown: {},
        problems: [],
        body: document.text,
      },
      version: String(n),
      ...(time !== undefined && { updatedAt: time }),
    },
  };
}
