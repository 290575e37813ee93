import { parseRef, type Ref } from "../../entry/address.js";
import type { Kind } from "../../entry/kinds.js";
import { foldName } from "../../entry/name.js";
import { parseScope, type Scope, scopeFolder } from "../../entry/scope.js";
import type { EntryFacts, FileFacts, Judgement } from "./facts.js";

/** What a relation's target leads to. */
type Target =
  | { readonly kind: "entry"; readonly file: FileFacts }
  /** A scope's document, or a place in another store: nothing to say against it here. */
  | { readonly kind: "elsewhere" }
  | { readonly kind: "missing"; readonly ref: Ref }
  | { readonly kind: "no-address"; readonly reason: string };

const inScope = (scope: string, kind: Kind, name: string): string => `${scope}:${kind}/${foldName(name)}`;
const inFolder = (folder: string, kind: Kind, name: string): string => `/${folder}:${kind}/${foldName(name)}`;

/** The entries of a store by everything that a relation may call them. */
class LinkTargets {
  readonly #root: Scope;
  readonly #places = new Map<string, FileFacts>();
  readonly #ids = new Map<string, FileFacts>();
  readonly #names = new Map<string, FileFacts>();
  readonly #scopes = new Set<string>();

  constructor(root: Scope) {
    this.#root = root;
  }

  add(file: FileFacts): void {
    const { located, entry } = file;
    if (located.type === "scope-document") this.#scopes.add(located.scope);
    if (located.type !== "entry") return;
    // A file that cannot be read is there all the same; its own finding tells.
    const { kind, scope, folder, name } = located;
    this.#scopes.add(scope);
    this.#places.set(inScope(scope, kind, name), file);
    this.#places.set(inFolder(folder, kind, name), file);
    this.#names.set(foldName(name), file);
    this.#names.set(foldName(name.slice(name.lastIndexOf("/") + 1)), file);
    if (entry?.id !== undefined) this.#ids.set(entry.id, file);
  }

  /** What a target leads to for an entry: in its own scope, else in those around it. */
  find(target: string, from: Pick<EntryFacts, "scope" | "folder">): Target {
    let ref: Ref;
    try {
      ref = parseRef(target);
    } catch {
      return { kind: "no-address", reason: "it is no address, such as guidelines/handle-rejections" };
    }
    const found = this.#lookUp(ref, from);
    if (found) return { kind: "entry", file: found };
    if (ref.type === "scope-document")
      return this.#scopes.has(ref.scope) ? { kind: "elsewhere" } : this.#missing(ref, ref.scope);
    return ref.type === "address" && ref.scope !== undefined ? this.#missing(ref, ref.scope) : { kind: "missing", ref };
  }

  #missing(ref: Ref, scope: string): Target {
    const ours = this.#scopes.has(scope) || scopeFolder(parseScope(scope), this.#root) !== undefined;
    return ours ? { kind: "missing", ref } : { kind: "elsewhere" };
  }

  #lookUp(ref: Ref, from: Pick<EntryFacts, "scope" | "folder">): FileFacts | undefined {
    switch (ref.type) {
      case "address": {
        if (ref.scope !== undefined) return this.#places.get(inScope(ref.scope, ref.kind, ref.name));
        for (let folder = from.folder; ; folder = parentScope(folder)) {
          const found = this.#places.get(inFolder(folder, ref.kind, ref.name));
          if (found || folder === "") return found;
        }
      }
      case "id":
        return this.#ids.get(ref.id);
      case "id-part": {
        const ids = [...this.#ids].filter(([id]) => {
          const hex = id.replaceAll("-", "");
          return hex.startsWith(ref.hex) || hex.endsWith(ref.hex);
        });
        return ids[0]?.[1] ?? this.#names.get(foldName(ref.name));
      }
      case "name":
        return this.#names.get(foldName(ref.name));
      case "scope-document":
        return undefined;
    }
  }
}

/** The folder of the scope around one: two segments less. */
const parentScope = (folder: string): string => folder.split("/").slice(0, -2).join("/");

/** The targets that a store offers, gathered in slices. */
export async function linkTargets(
  files: readonly FileFacts[],
  root: Scope,
  breathe: () => Promise<void>,
): Promise<LinkTargets> {
  const targets = new LinkTargets(root);
  for (const file of files) {
    targets.add(file);
    await breathe();
  }
  return targets;
}

/** The relations of one entry that lead nowhere or to itself. */
export function linkFindings(file: FileFacts, targets: LinkTargets): Judgement[] {
  const found: Judgement[] = [];
  for (const { target, type, line } of file.entry?.links ?? []) {
    const add = (rule: string, message: string): void => void found.push({ path: file.path, line, rule, message });
    const to = targets.find(target, file.entry!);
    if (to.kind === "entry" && to.file === file) add("self-link", `${type} leads to the entry itself`);
    if (to.kind === "missing") add("dangling", `${type} leads to ${target}, which is not there`);
    if (to.kind === "no-address") add("dangling", `${type} leads to ${target}: ${to.reason}`);
  }
  return found;
}
