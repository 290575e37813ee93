import { formatAddress, parseRef, type Ref } from "../entry/address.js";
import { entryPath } from "../entry/entry-path.js";
import { foldName } from "../entry/name.js";
import { formatScope, parseScope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import { addressOf, type Indexed } from "../search/indexed.js";
import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";
import type { View } from "./view.js";

/** The short address of an entry: without scope in the store's own. */
export const addressIn = (memory: Memory, entry: Pick<Indexed, "scope" | "kind" | "name">): string =>
  formatAddress(entry, memory.scope);

/** A scope that a caller named, as canonical text; `project` is the store's own. */
export const scopeIn = (memory: Memory, text: string): string =>
  text === "project" ? memory.scope : formatScope(parseScope(text));

/** What a ref leads to. */
interface Named extends Pick<Indexed, "path" | "kind" | "scope" | "name"> {
  readonly id?: string | undefined;
}

/** The entries as a draft will leave them: what it writes hides what is there. */
class Candidates {
  readonly #view: View;
  readonly #scope: string;
  readonly #draft: Draft | undefined;

  constructor(view: View, scope: string, draft: Draft | undefined) {
    this.#view = view;
    this.#scope = scope;
    this.#draft = draft;
  }

  #drafted(test: (entry: Named) => boolean): Named[] {
    const entries = this.#draft?.entries().map(({ path, entry }) => ({ ...entry, path, id: entry.fields.id })) ?? [];
    return entries.filter(test);
  }

  #kept(found: readonly Named[]): Named[] {
    return found.filter(({ path }) => !this.#draft?.touches(path));
  }

  at(paths: readonly string[], drafted: (entry: Named) => boolean): Named[] {
    const found = paths.map((path) => this.#view.at(path)).filter((entry) => entry !== undefined);
    return [...this.#kept(found), ...this.#drafted(drafted)];
  }

  matching(test: (entry: Named) => boolean): Named[] {
    return [...this.#kept([...this.#view.index.entries()].filter(test)), ...this.#drafted(test)];
  }

  byName(name: string): Named[] {
    const named = this.matching((entry) => entry.name === name || entry.name.endsWith(`/${name}`));
    const near = named.filter((entry) => entry.scope === this.#scope);
    return near.length > 0 ? near : named;
  }
}

function ambiguous(memory: Memory, text: string, found: readonly Named[]): MemoryError {
  const addresses = found.slice(0, 10).map((entry) => addressIn(memory, entry));
  return new MemoryError(
    "invalid_input",
    `${text} names ${found.length} entries: ${addresses.join(", ")}. Say which by its address.`,
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
    limit: 3,
    min_score: 0,
    include: ["archived", "expired", "superseded"],
  });
  const nearest = hits.map(({ entry }) => addressIn(memory, entry));
  const hint = nearest.length > 0 ? `Nearest: ${nearest.join(", ")}.` : "[[search]] lists what there is.";
  return new MemoryError("not_found", `There is no entry ${JSON.stringify(text)}. ${hint}`, { ref: text, nearest });
}

async function candidates(memory: Memory, ref: Ref, draft: Draft | undefined, view: View): Promise<Named[]> {
  const entries = new Candidates(view, memory.scope, draft);
  switch (ref.type) {
    case "address": {
      const path = await pathOf(memory, ref);
      const exact = entries.at([path], (entry) => entry.path === path);
      const key = foldName(path);
      return exact.length > 0
        ? exact
        : entries.at(view.catalog.withName(path), (entry) => foldName(entry.path) === key);
    }
    case "id":
      return entries.at(view.catalog.withId(ref.id), (entry) => entry.id?.toLowerCase() === ref.id);
    case "id-part": {
      const found = entries.matching((entry) => {
        const hex = entry.id?.replaceAll("-", "").toLowerCase();
        return hex !== undefined && (hex.startsWith(ref.hex) || hex.endsWith(ref.hex));
      });
      return found.length > 0 ? found : entries.byName(ref.name);
    }
    case "name":
      return entries.byName(ref.name);
    case "scope-document":
      return [];
  }
}

async function pathOf(memory: Memory, ref: Extract<Ref, { type: "address" }>): Promise<string> {
  const { manifest } = await memory.store();
  return entryPath({ kind: ref.kind, name: ref.name, scope: ref.scope ?? memory.scope }, manifest.root);
}

/** True when an entry has exactly this address (with its canonical scope), in a draft when it will have it then. */
export async function isEntry(memory: Memory, address: string, draft: Draft): Promise<boolean> {
  const ref = parseRef(address);
  if (ref.type !== "address") return false;
  const same = (entry: Named): boolean => addressOf(entry) === address;
  const path = await pathOf(memory, ref).catch(() => undefined);
  const at = path === undefined || draft.touches(path) ? undefined : memory.at(path);
  return at ? same(at) : draft.entries().some(({ path: drafted, entry }) => same({ ...entry, path: drafted }));
}

/**
 * The entry that a ref names, in a draft as it will be then, in a view as it was. Throws `not_found` with the nearest
 * addresses, `invalid_input` when it names several.
 */
export async function resolve(memory: Memory, text: string, draft?: Draft, view: View = memory): Promise<Named> {
  const found = await candidates(memory, parseRef(text), draft, view);
  if (found.length > 1) throw ambiguous(memory, text, found);
  if (found[0]) return found[0];
  throw await notFound(memory, text, view);
}

/** Like `resolve`, but also the path of an address that has no file now: a deleted entry has a history. */
export async function resolvePath(memory: Memory, text: string, draft?: Draft): Promise<string> {
  const ref = parseRef(text);
  const found = await candidates(memory, ref, draft, memory);
  if (found.length > 1) throw ambiguous(memory, text, found);
  if (found[0]) return found[0].path;
  if (ref.type === "address") return pathOf(memory, ref);
  throw await notFound(memory, text);
}
