import { formatAddress, parseRef, type Ref } from "../entry/address.js";
import { otherPath } from "../entry/entry-path.js";
import { foldName } from "../entry/name.js";
import { formatScope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import { addressOf, type EntryKey, type Indexed } from "../search/indexed.js";
import { documentKey, documentScope, notAnEntry } from "./documents.js";
import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";
import type { View } from "./view.js";
import { PERSONAL, type Place, pathIn } from "./workspace.js";

/** The short address of an entry: without scope in the store's own. */
export const addressIn = (memory: Memory, entry: Pick<Indexed, "scope" | "kind" | "name">): string =>
  formatAddress(entry, memory.scope);

/** A scope that a caller named, as canonical text; `project` is the current one. */
export const scopeIn = (memory: Memory, text: string): string => formatScope(memory.workspace.canonical(text));

/** True for what a person keeps of one project: elsewhere it is told only to who names that project. */
const isOfProject = ({ store, scope }: Pick<Indexed, "store" | "scope">): boolean =>
  store === PERSONAL && scope.startsWith("project/");

/** What a ref leads to. */
export interface Named extends EntryKey, Pick<Indexed, "kind" | "scope" | "name"> {
  readonly id?: string | undefined;
}

/** The entries as a draft will leave them: what it writes hides what is there. */
class Candidates {
  readonly #view: View;
  readonly #draft: Draft | undefined;

  constructor(view: View, draft: Draft | undefined) {
    this.#view = view;
    this.#draft = draft;
  }

  #drafted(test: (entry: Named) => boolean): Named[] {
    const draft = this.#draft;
    const entries = draft?.entries().map(({ path, entry }) => {
      return { ...entry, store: draft.store, path, id: entry.fields.id };
    });
    return (entries ?? []).filter(test);
  }

  #kept(found: readonly Named[]): Named[] {
    return found.filter(({ store, path }) => store !== this.#draft?.store || !this.#draft.touches(path));
  }

  at(keys: readonly EntryKey[], drafted: (entry: Named) => boolean): Named[] {
    const found = keys.map((key) => this.#view.at(key)).filter((entry) => entry !== undefined);
    return [...this.#kept(found), ...this.#drafted(drafted)];
  }

  /** What lies at a store path or has its address in private, else what only letter case or Unicode normalisation tells from it. */
  near({ store, path }: EntryKey): Named[] {
    const paths = [path, otherPath(path)];
    const keysOf = (some: readonly string[]) => some.map((one) => ({ store, path: one }));
    const exact = this.at(keysOf(paths), (entry) => entry.store === store && paths.includes(entry.path));
    if (exact.length > 0) return exact;
    const folded = paths.map(foldName);
    const alike = paths.flatMap((one) => this.#view.catalog(store).withName(one));
    return this.at(keysOf(alike), (entry) => entry.store === store && folded.includes(foldName(entry.path)));
  }

  matching(test: (entry: Named) => boolean): Named[] {
    return [...this.#kept([...this.#view.index.entries()].filter(test)), ...this.#drafted(test)];
  }

  /** Those of the nearest place that has any; where no place has, those of everywhere but a person's own of other projects. */
  byName(name: string, places: readonly Place[]): Named[] {
    const named = this.matching((entry) => entry.name === name || entry.name.endsWith(`/${name}`));
    for (const { store, scope } of places) {
      const near = named.filter((entry) => entry.store === store && entry.scope === scope);
      if (near.length > 0) return near;
    }
    return named.filter((entry) => !isOfProject(entry));
  }
}

function ambiguous(memory: Memory, text: string, found: readonly Named[]): MemoryError {
  // Somebody may have put two files of one address there by hand, one of them private.
  const same = new Set(found.map((entry) => addressOf(entry))).size < found.length;
  const addresses = found.slice(0, 10).map((entry) => (same && entry.id) || addressIn(memory, entry));
  return new MemoryError(
    "invalid_input",
    `${text} names ${found.length} entries: ${addresses.join(", ")}. Say which by its ${same ? "id" : "address"}.`,
    {
      ref: text,
      matches: addresses,
    },
  );
}

/** `not_found` with the addresses that come nearest to what was asked for. */
export async function notFound(memory: Memory, text: string, view: View = memory): Promise<MemoryError> {
  const words = text.replace(/[^\p{L}\p{N}]+/gu, " ");
  const { hits } = await view.index.search({
    query: words,
    limit: 10,
    min_score: 0,
    include: ["archived", "expired", "superseded"],
  });
  const here = new Set(memory.workspace.chain(memory.scope).map(({ scope }) => scope));
  const told = hits.filter(({ entry }) => here.has(entry.scope) || !isOfProject(entry));
  const nearest = told.slice(0, 3).map(({ entry }) => addressIn(memory, entry));
  const hint = nearest.length > 0 ? `Nearest: ${nearest.join(", ")}.` : "[[search]] lists what there is.";
  return new MemoryError("not_found", `There is no entry ${JSON.stringify(text)}. ${hint}`, { ref: text, nearest });
}

/** Where an address may lead: the places of its scope, else those of everything that applies here, nearest first. */
function placesOf(memory: Memory, { scope }: Extract<Ref, { type: "address" }>): Place[] {
  const { workspace } = memory;
  if (scope === undefined) return workspace.chain(memory.scope);
  const places = workspace.places(workspace.canonical(scope));
  if (places.length > 0) return places;
  throw new MemoryError("invalid_input", `No open store holds entries of ${scope}.`, { field: "scope", scope });
}

async function candidates(memory: Memory, ref: Ref, draft: Draft | undefined, view: View): Promise<Named[]> {
  const entries = new Candidates(view, draft);
  const here = () => memory.workspace.chain(memory.scope);
  await memory.store();
  switch (ref.type) {
    case "address": {
      for (const place of placesOf(memory, ref)) {
        const found = entries.near({ store: place.store, path: pathIn(place, ref.kind, ref.name) });
        if (found.length > 0) return found;
      }
      return [];
    }
    case "id": {
      const stores = memory.workspace.members().map(({ store }) => store.name);
      const keys = stores.flatMap((store) =>
        view
          .catalog(store)
          .withId(ref.id)
          .map((path) => ({ store, path })),
      );
      return entries.at(keys, (entry) => entry.id?.toLowerCase() === ref.id);
    }
    case "id-part": {
      const found = entries.matching((entry) => {
        const hex = entry.id?.replaceAll("-", "").toLowerCase();
        return hex !== undefined && (hex.startsWith(ref.hex) || hex.endsWith(ref.hex));
      });
      return found.length > 0 ? found : entries.byName(ref.name, here());
    }
    case "name":
      return entries.byName(ref.name, here());
    case "scope-document":
      return [];
  }
}

/** The path of the entry that has exactly this address (with its canonical scope), in a draft when it will have it then. */
export async function entryAt(memory: Memory, address: string, draft: Draft): Promise<string | undefined> {
  const ref = parseRef(address);
  if (ref.type !== "address") return undefined;
  const same = (entry: Pick<Named, "scope" | "kind" | "name">): boolean => addressOf(entry) === address;
  const drafted = draft.entries().find(({ entry }) => same(entry));
  if (drafted) return drafted.path;
  const { workspace } = memory;
  for (const place of workspace.places(workspace.canonical(ref.scope ?? memory.scope))) {
    // Nobody else has what lies in a person's own store.
    if (place.store === PERSONAL && draft.store !== PERSONAL) continue;
    const path = pathIn(place, ref.kind, ref.name);
    for (const one of [path, otherPath(path)]) {
      const { store } = place;
      const at = store === draft.store && draft.touches(one) ? undefined : memory.at({ store, path: one });
      if (at && same(at)) return one;
    }
  }
  return undefined;
}

/**
 * The entry that a ref names, in a draft as it will be then, in a view as it was. Throws `not_found` with the nearest
 * addresses, `invalid_input` when it names several.
 */
export async function resolve(memory: Memory, text: string, draft?: Draft, view: View = memory): Promise<Named> {
  const found = await candidates(memory, parseRef(text), draft, view);
  if (found.length > 1) throw ambiguous(memory, text, found);
  if (found[0]) return found[0];
  const scope = documentScope(memory, text);
  if (scope !== undefined) throw notAnEntry(memory, scope);
  throw await notFound(memory, text, view);
}

/** The store of the entry that a ref names, as of the last write acknowledged on this machine. Throws as `resolve` does. */
export async function storeOf(memory: Memory, text: string): Promise<string> {
  await memory.fresh();
  return (await resolve(memory, text)).store;
}

/** Refuses (`invalid_input`) what lies in another store than the one that is written. */
export function assertStore(draft: Draft, { store }: EntryKey, ref: string): void {
  if (store === draft.store) return;
  throw new MemoryError(
    "invalid_input",
    `Nothing was written: ${ref} is in the store ${store}, and one write goes to one store, here ${draft.store}. Write to each by itself.`,
    { ref, store },
  );
}

/** The entry of the draft's store that a ref names; for what is to be written. */
export async function resolveIn(memory: Memory, text: string, draft: Draft): Promise<Named> {
  const found = await resolve(memory, text, draft);
  assertStore(draft, found, text);
  return found;
}

/** Like `resolve`, but also the place of an address that has no file now, since a deleted entry has a history, and that of a scope's document. */
export async function resolvePath(memory: Memory, text: string, draft?: Draft): Promise<EntryKey> {
  const ref = parseRef(text);
  const found = await candidates(memory, ref, draft, memory);
  if (found.length > 1) throw ambiguous(memory, text, found);
  if (found[0]) return found[0];
  const scope = documentScope(memory, text);
  if (scope !== undefined) return documentKey(memory, scope);
  if (ref.type !== "address") throw await notFound(memory, text);
  const places = placesOf(memory, ref).map((place) => ({
    store: place.store,
    path: pathIn(place, ref.kind, ref.name),
  }));
  if (places.length > 1) await memory.historyKnown();
  for (const { store, path } of places.length > 1 ? places : [])
    if ((await (await memory.store(store)).history(path)).versions.length > 0) return { store, path };
  const own = places.find(({ store }) => store === memory.workspace.main?.store.name);
  return own ?? places[0]!;
}
