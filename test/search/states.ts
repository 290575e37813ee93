import type { Change, EntryState } from "../../src/entry/change.js";
import type { EntryFields } from "../../src/entry/entry.js";
import { KIND_FOLDERS, type Kind } from "../../src/entry/kinds.js";
import { Pieces } from "../../src/search/pieces.js";
import { SearchIndex } from "../../src/search/search-index.js";
import { hashVectors } from "../support/hash-vectors.js";

/** What a test says about an entry; all else has a plain value. */
export interface Given {
  readonly name: string;
  readonly body?: string;
  readonly title?: string;
  readonly kind?: Kind;
  readonly scope?: string;
  readonly store?: string;
  readonly private?: true;
  readonly fields?: EntryFields;
  readonly state?: Partial<Omit<EntryState, "entry">>;
}

export const NOW = Date.parse("2026-06-01T00:00:00Z");

export function pathOf({ kind = "memory", name, scope = "project/api", private: apart }: Given): string {
  return `${apart ? "private/" : ""}${scope === "project/api" ? "" : `${scope}/`}${KIND_FOLDERS[kind]}/${name}.md`;
}

export function put(given: Given): Change {
  const { kind = "memory", scope = "project/api", store = "s", name, title = name, body = "", fields = {} } = given;
  const apart = given.private ? { private: given.private } : {};
  const version = JSON.stringify([name, title, body, fields]);
  return {
    store,
    path: pathOf(given),
    before: null,
    after: {
      entry: { kind, scope, name, ...apart, title, fields, unknown: {}, problems: [], body },
      version,
      ...given.state,
    },
  };
}

/** News about an entry whose text stays. */
export function facts(given: Given): Change {
  const { version } = put(given).after!;
  return { store: given.store ?? "s", path: pathOf(given), before: version, after: { version, ...given.state } };
}

export function drop(given: Given): Change {
  return { store: given.store ?? "s", path: pathOf(given), before: null, after: null };
}

/** Where the stores of these tests have a scope's kind folders. */
export const placesOf = (store: string, scope: string) => [{ store, folder: scope === "project/api" ? "" : scope }];

/** An index over the given entries, with their bodies at hand. */
export function indexOf(...all: readonly Given[]): SearchIndex {
  const bodies = new Map(all.map((given) => [`${given.store ?? "s"}:${pathOf(given)}`, given.body ?? ""]));
  const index = SearchIndex.create({
    readBody: async (store, path) => bodies.get(`${store}:${path}`),
    placesOf,
    now: () => NOW,
  });
  index.apply(all.map(put));
  return index;
}

/** An empty index that takes over what another one saves. */
export function restored(from: SearchIndex, to: SearchIndex): SearchIndex {
  const saved = [...from.save()].map(({ name, bytes }) => [name, Uint8Array.from(bytes)] as const);
  for (const _slice of to.restore(new Pieces(new Map(saved)), { vectors: true }));
  return to;
}

/** Gives an entry its hashed vectors, at the version that it says. */
export function embed(index: SearchIndex, given: Given): void {
  const { store, path, after } = put(given);
  if (after && "entry" in after) index.setVectors(store, path, after.version, hashVectors(after.entry));
}

/** An index over the given entries, all with their hashed vectors. */
export function embeddedIndexOf(...all: readonly Given[]): SearchIndex {
  const index = indexOf(...all);
  for (const given of all) embed(index, given);
  return index;
}

/** Names of the hits in order. */
export async function names(index: SearchIndex, request: Parameters<SearchIndex["search"]>[0]): Promise<string[]> {
  return (await index.search(request)).hits.map(({ entry }) => entry.name);
}

/** A UUID v7 made at a time in milliseconds since 1970. */
export function idAt(at: number): string {
  const hex = at.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
