import { type Commit, commitText } from "./commit-text.js";
import { type ObjectReader, type ObjectStore, type ObjectType, objectId } from "./objects.js";

/**
 * Objects that belong together: ids are known at once, the writes happen together in `flush`, before any ref names
 * them. Reads see what was added.
 */
export class ObjectBatch {
  readonly #store: ObjectStore;
  readonly #added = new Map<string, { type: ObjectType; bytes: Uint8Array }>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  add(type: ObjectType, bytes: Uint8Array): string {
    const oid = objectId(type, bytes);
    this.#added.set(oid, { type, bytes });
    return oid;
  }

  addCommit(commit: Omit<Commit, "oid">): string {
    return this.add("commit", Buffer.from(commitText(commit)));
  }

  tree: ObjectReader["tree"] = async (oid) => this.#added.get(oid)?.bytes ?? this.#store.tree(oid);

  async flush(): Promise<void> {
    await this.#store.write(this.#added.values());
    this.#added.clear();
  }
}
