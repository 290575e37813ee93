import type { Change } from "../../src/entry/change.js";
import { passagesOf } from "../../src/entry/passages.js";
import type { Embedder } from "../../src/search/embedder.js";
import { SearchIndex } from "../../src/search/search-index.js";
import type { Mode } from "../../src/search/search-request.js";

interface BenchDocument {
  readonly id: string;
  readonly title?: string;
  readonly text: string;
  readonly date?: string;
  readonly tags?: readonly string[];
}

/** Vectors for the bench's texts, and what is searched by. */
export interface BenchMeaning extends Pick<Embedder, "embed"> {
  readonly mode?: Mode;
}

/** The engine that the relevance bench asks for: the documents as memories without telling names; by words alone without `meaning`. */
export async function create(
  documents: readonly BenchDocument[],
  meaning?: BenchMeaning,
): Promise<{ search(query: string, k: number): Promise<readonly string[]> }> {
  const bodies = new Map(documents.map((document, n) => [`memories/d${n}.md`, document.text]));
  const ids = new Map(documents.map((document, n) => [`memories/d${n}.md`, document.id]));
  const index = SearchIndex.create({
    readBody: async (_store, path) => bodies.get(path),
    placesOf: () => [],
    now: () => 0,
  });
  const changes = documents.map(toChange);
  index.apply(changes);
  if (meaning) {
    for (const { store, path, after } of changes) {
      if (after && "entry" in after)
        index.setVectors(store, path, after.version, await meaning.embed(passagesOf(after.entry)));
    }
  }
  return {
    async search(query, k) {
      const [vector] = meaning ? await meaning.embed([query]) : [];
      const asked = { query, limit: k, ...(meaning?.mode && { mode: meaning.mode }), ...(vector && { vector }) };
      const { hits } = await index.search(asked);
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
