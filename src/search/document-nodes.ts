import type { Change } from "../entry/change.js";
import { type Indexed, own } from "./indexed.js";
import { RelationGraph, type RelationGraphOptions } from "./relation-graph.js";
import { type DocumentNode, nodeAddress } from "./relation-link.js";

/** The documents of scopes as the index has them: they are not searched, only related. */
export class DocumentNodes {
  readonly #nodes = new Map<string, DocumentNode>();
  /** How they and the entries are related. */
  readonly relations: RelationGraph;

  constructor(
    entryAt: (store: string, path: string) => Indexed | undefined,
    placesOf: RelationGraphOptions["placesOf"],
  ) {
    const addressAt = (store: string, path: string): string | undefined => {
      const node = entryAt(store, path) ?? this.get(store, path);
      return node && nodeAddress(node);
    };
    this.relations = new RelationGraph({ addressAt, placesOf });
  }

  /** What is kept of the document at a path. */
  get(store: string, path: string): DocumentNode | undefined {
    return this.#nodes.get(`${store}\n${path}`);
  }

  /** Takes over what one change tells of a document; false when there may be more in it, about an entry. */
  apply(store: string, path: string, after: Change["after"]): boolean {
    const old = this.get(store, path);
    if (after && !("entry" in after) && !("document" in after)) return old !== undefined;
    if (old) {
      this.#nodes.delete(`${store}\n${path}`);
      this.relations.remove(old);
    }
    if (!after || !("document" in after)) return false;
    const { level, scope, title, fields } = after.document;
    const archived = fields.status === "archived" && { archived: true as const };
    const node: DocumentNode = { store, path: own(path), scope: own(scope), level, title: own(title), ...archived };
    this.#nodes.set(`${store}\n${path}`, node);
    this.relations.put(node, fields.relations);
    return true;
  }
}
