import { formatAddress, type Ref } from "../../entry/address.js";
import { entryPath } from "../../entry/entry-path.js";
import { KIND_FOLDERS } from "../../entry/kinds.js";
import { readEntry } from "../../entry/markdown.js";
import { parseScope, type Scope, scopeFolder } from "../../entry/scope.js";
import type { BaseTree } from "../../store/base-tree.js";
import { slices } from "../../store/slices.js";
import type { StoreView } from "../../store/store-view.js";
import type { EntryFacts, FileFacts } from "./facts.js";
import { linkTargets } from "./relations.js";
import type { Survey } from "./survey.js";

type AddressRef = Extract<Ref, { type: "address" }>;

/**
 * The new targets of relations that lead nowhere, where it is known what their old ones have become or what was meant
 * (other letter case, a scope around): source path → target → new target.
 */
export async function findRedirects(
  { now, root }: Survey,
  view: StoreView,
  base: BaseTree | undefined,
): Promise<Map<string, Map<string, string>>> {
  const breathe = slices();
  const targets = await linkTargets(now, root, breathe);
  const found = new Map<string, Map<string, string>>();
  let known: Moves | undefined;
  for (const file of now)
    for (const { target } of file.entry?.links ?? []) {
      await breathe();
      const to = targets.find(target, file.entry!);
      if (to.kind !== "missing" || to.ref.type !== "address") continue;
      known ??= new Moves(now, await view.moves(), base ?? (await view.head()));
      const place = to.meant?.entry ? to.meant : await known.find(to.ref, file.entry!, root);
      if (place === undefined || place === file) continue;
      const own = found.get(file.path) ?? new Map<string, string>();
      found.set(file.path, own.set(target, formatAddress(place.entry!, file.entry!.scope)));
    }
  return found;
}

/** What is known about where entries went. */
class Moves {
  readonly #entries: readonly FileFacts[];
  readonly #byPath: ReadonlyMap<string, FileFacts>;
  readonly #moved: ReadonlyMap<string, string>;
  readonly #base: BaseTree | undefined;

  constructor(now: readonly FileFacts[], moves: readonly (readonly [string, string])[], base: BaseTree | undefined) {
    this.#entries = now.filter(({ entry }) => entry !== undefined);
    this.#byPath = new Map(this.#entries.map((file) => [file.path, file]));
    this.#moved = new Map(moves);
    this.#base = base;
  }

  /** The one entry that was at an address, by the journal, else by its id in the base, else by the last part of its name. */
  async find(ref: AddressRef, from: EntryFacts, root: Scope): Promise<FileFacts | undefined> {
    const places = placesOf(ref, from, root);
    for (const place of places) {
      const found = this.#byJournal(place) ?? (await this.#byId(place, ref, from));
      if (found) return found;
    }
    const last = (name: string): string => name.slice(name.lastIndexOf("/") + 1);
    const named = this.#entries.filter(({ entry }) => entry!.kind === ref.kind && last(entry!.name) === last(ref.name));
    return named.length === 1 ? named[0] : undefined;
  }

  #byJournal(place: string): FileFacts | undefined {
    const seen = new Set<string>();
    for (let at = place; !seen.has(at); ) {
      seen.add(at);
      const next = this.#moved.get(at);
      if (next === undefined) return undefined;
      const found = this.#byPath.get(next);
      if (found) return found;
      at = next;
    }
    return undefined;
  }

  async #byId(place: string, ref: AddressRef, from: EntryFacts): Promise<FileFacts | undefined> {
    const blob = this.#base?.files.get(place);
    if (!this.#base || !blob || blob.mode === "120000") return undefined;
    const bytes = await this.#base.read(blob.oid);
    const read = readEntry(bytes, { kind: ref.kind, scope: from.scope, name: ref.name });
    const id = read.kind === "entry" ? read.entry.fields.id?.toLowerCase() : undefined;
    const same = this.#entries.filter(({ entry }) => id !== undefined && entry!.id === id);
    return same.length === 1 ? same[0] : undefined;
  }
}

/** The store paths that an address may mean, nearest first. */
function placesOf(ref: AddressRef, from: EntryFacts, root: Scope): string[] {
  const { kind, name, scope } = ref;
  if (scope !== undefined && scopeFolder(parseScope(scope), root) !== undefined)
    return [entryPath({ kind, name, scope }, root)];
  const folders = scope === undefined ? around(from.folder) : scope === from.scope ? [from.folder] : [];
  return folders.map((folder) => `${folder === "" ? "" : `${folder}/`}${KIND_FOLDERS[kind]}/${name}.md`);
}

function around(folder: string): string[] {
  const found = [folder];
  for (let at = folder; at !== ""; ) {
    at = at.split("/").slice(0, -2).join("/");
    found.push(at);
  }
  return found;
}
