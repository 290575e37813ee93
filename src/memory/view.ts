import { setImmediate as pause } from "node:timers/promises";
import type { Change } from "../entry/change.js";
import { isPrivate } from "../entry/entry-path.js";
import { MAX_FILE_BYTES, readBody } from "../entry/markdown.js";
import { MemoryError } from "../errors.js";
import { blobId } from "../git/objects.js";
import type { EntryKey, Indexed } from "../search/indexed.js";
import { SearchIndex } from "../search/search-index.js";
import type { Store } from "../store/store.js";
import { Catalog } from "./catalog.js";
import { readAt } from "./parse-at.js";
import type { Workspace } from "./workspace.js";

/** One state of the memory that is read: the current one, or that of a commit. */
export interface View {
  readonly index: SearchIndex;
  /** The commit whose state it is; undefined = the current state. */
  readonly commit?: string;
  /** What the paths of a store are looked up by; an empty one for a store that is not in the view. */
  catalog(store: string): Catalog;
  /** What the index holds at a place. */
  at(key: EntryKey): Indexed | undefined;
  /** The file at a place. */
  bytes(key: EntryKey): Promise<Uint8Array | undefined>;
  /** The body of the entry at a place. */
  body(key: EntryKey): Promise<string | undefined>;
}

const SLICE_MS = 8;
/** Files that are read together. */
const BATCH = 256;

const notHere = (): MemoryError =>
  new MemoryError(
    "unavailable",
    "The texts of that commit are not all in this clone (a partial one). Fetch them with git, then call again.",
  );

/** A view, and whether times and authors in it are all there. */
interface Built {
  readonly view: View;
  readonly complete: boolean;
}

/** Indexes the store's files as a commit has them, slice by slice. */
async function viewAt(
  store: Store,
  workspace: Workspace,
  commit: string,
  patience: number,
  now: () => number,
): Promise<Built> {
  const { past, manifest } = store;
  const files = await past.files(commit);
  const times = await past.times(commit, patience);
  const bytes = async ({ store: name, path }: EntryKey): Promise<Uint8Array | undefined> => {
    const oid = name === store.name ? files.get(path) : undefined;
    return oid === undefined ? undefined : (await past.blobs([oid])).get(oid);
  };
  const body = async (key: EntryKey): Promise<string | undefined> => {
    const read = await bytes(key);
    return read && readBody(read);
  };
  const placesOf = (_store: string, scope: string) =>
    workspace.seenFrom(store.name, scope).filter((place) => place.store === store.name);
  const index = SearchIndex.create({ readBody: (name, path) => body({ store: name, path }), placesOf, now });
  const catalog = new Catalog();
  const change = (path: string, content: Uint8Array): Change | undefined => {
    const read = content.length > MAX_FILE_BYTES ? undefined : readAt(manifest.root, path, content);
    if (!read) return undefined;
    const last = times.of(path);
    const facts = last ? { updatedAt: last.seconds * 1000, author: last.author } : {};
    const said = "kind" in read ? { entry: read } : { document: read };
    return { store: store.name, path, before: null, after: { ...said, version: blobId(content), ...facts } };
  };
  const wanted = [...files].filter(([file]) => file.endsWith(".md") && !isPrivate(file));
  let since = performance.now();
  for (let from = 0; from < wanted.length; from += BATCH) {
    const batch = wanted.slice(from, from + BATCH);
    const contents = await past.blobs(batch.map(([, oid]) => oid));
    for (const [path, oid] of batch) {
      const content = contents.get(oid);
      if (!content) throw notHere();
      const one = change(path, content);
      if (one) {
        catalog.apply([one]);
        index.apply([one]);
      }
      if (performance.now() - since < SLICE_MS) continue;
      await pause();
      since = performance.now();
    }
  }
  index.settle();
  const none = new Catalog();
  const view: View = {
    index,
    commit,
    catalog: (name) => (name === store.name ? catalog : none),
    at: (key) => index.get(key.store, key.path),
    bytes,
    body,
  };
  return { view, complete: times.complete };
}

/** Views of commits: the last two are kept. */
export class PastViews {
  static readonly #KEPT = 2;
  readonly #store: Store;
  readonly #workspace: Workspace;
  readonly #now: () => number;
  readonly #views = new Map<string, Promise<Built>>();

  constructor(store: Store, workspace: Workspace, now: () => number) {
    this.#store = store;
    this.#workspace = workspace;
    this.#now = now;
  }

  /** The store as a commit has it; `patience` is how long times and authors are waited for (ms). */
  async at(commit: string, patience: number): Promise<View> {
    const kept = this.#views.get(commit);
    const building = kept ?? viewAt(this.#store, this.#workspace, commit, patience, this.#now);
    this.#views.delete(commit);
    this.#views.set(commit, building);
    if (this.#views.size > PastViews.#KEPT) this.#views.delete(this.#views.keys().next().value!);
    try {
      const { view, complete } = await building;
      // The next call finds more of the history.
      if (!complete && this.#views.get(commit) === building) this.#views.delete(commit);
      return view;
    } catch (error) {
      if (this.#views.get(commit) === building) this.#views.delete(commit);
      throw error;
    }
  }
}
