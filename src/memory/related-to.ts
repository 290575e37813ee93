import { MemoryError } from "../errors.js";
import type { Indexed } from "../search/indexed.js";
import type { DocumentNode } from "../search/relation-link.js";
import type { Direction } from "../search/relation-ways.js";
import type { SearchRequest } from "../search/search-request.js";
import { documentAddress, documentPlaces, documentScope, noDocument } from "./documents.js";
import type { Memory } from "./memory.js";
import { addressIn, notFound, resolve } from "./resolve.js";
import type { View } from "./view.js";

/** What the index of a view knows of the entry that a ref names. Throws `not_found` and `invalid_input` as `resolve` does. */
export async function indexedAt(memory: Memory, ref: string, view: View = memory): Promise<Indexed> {
  const entry = view.at(await resolve(memory, ref, undefined, view));
  if (!entry) throw await notFound(memory, ref, view);
  return entry;
}

/** What has relations and is named by a ref: an entry, or the document of a scope. Throws as `indexedAt` does. */
export async function nodeAt(memory: Memory, ref: string, view: View = memory): Promise<Indexed | DocumentNode> {
  const scope = documentScope(memory, ref);
  if (scope === undefined) return indexedAt(memory, ref, view);
  for (const { store, path } of documentPlaces(memory, scope)) {
    const node = view.index.documents.get(store, path);
    if (node) return node;
  }
  throw noDocument(memory, scope);
}

/** The address of what has relations, as callers of this memory use it. */
export const nodeAddressIn = (memory: Memory, node: Indexed | DocumentNode): string =>
  "kind" in node ? addressIn(memory, node) : documentAddress(node);

interface Filter {
  readonly related_to?: string | undefined;
  readonly depth?: number | undefined;
  readonly direction?: Direction | undefined;
}

/** The part of a search that keeps to entries near one; empty when that is not asked for. */
export async function relatedTo(
  memory: Memory,
  { related_to, depth, direction }: Filter,
  view: View,
): Promise<Pick<SearchRequest, "related">> {
  if (related_to === undefined) {
    const field = depth === undefined ? "direction" : "depth";
    if (depth === undefined && direction === undefined) return {};
    throw new MemoryError("invalid_input", `${field} needs related_to: the entry from which it is counted.`, { field });
  }
  const { store, path } = await indexedAt(memory, related_to, view);
  return { related: { store, path, depth: depth ?? 1, direction: direction ?? "both" } };
}
