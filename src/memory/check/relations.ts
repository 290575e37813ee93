import { formatAddress, parseRef, type Ref } from "../../entry/address.js";
import type { Kind } from "../../entry/kinds.js";
import { foldName } from "../../entry/name.js";
import { formatScope, parseScope, readScope, type Scope, scopeFolder } from "../../entry/scope.js";
import { type FileFacts, type Judgement, type Linking, linkingOf } from "./facts.js";

/** What a relation's target leads to. */
type Target =
  | { readonly kind: "entry"; readonly file: FileFacts }
  /** A scope's document, or a place in another store: nothing to say against it here. */
  | { readonly kind: "elsewhere" }
  /** `meant` is an entry that whoever wrote it may have had in mind. */
  | { readonly kind: "missing"; readonly ref: Ref; readonly meant?: FileFacts | undefined }
  | { readonly kind: "no-address"; readonly reason: string };

const exactly = (scope: string, kind: Kind, name: string): string => `${scope}:${kind}/${name}`;
const inScope = (scope: string, kind: Kind, name: string): string => `${scope}:${kind}/${foldName(name)}`;
const inFolder = (folder: string, kind: Kind, name: string): string => `/${folder}:${kind}/${foldName(name)}`;

/** The entries of a store by their addresses, and by everything else that somebody may call them. */
class LinkTargets {
  readonly #root: Scope;
  readonly #exact = new Map<string, FileFacts>();
  readonly #places = new Map<string, FileFacts>();
  readonly #ids = new Map<string, FileFacts>();
  readonly #names = new Map<string, FileFacts>();
  readonly #scopes = new Set<string>();

  constructor(root: Scope) {
    this.#root = root;
    this.#know(formatScope(root));
  }

  /** A scope that has something in it is there, and so is what it lies in. */
  #know(scope: string): void {
    this.#scopes.add(scope);
    const read = readScope(scope);
    if (read?.level === "project" && read.org !== undefined) this.#scopes.add(`org/${read.org}`);
  }

  add(file: FileFacts): void {
    const { located, entry } = file;
    if (located.type === "scope-document") this.#know(located.scope);
    if (located.type !== "entry") return;
    // A file that cannot be read is there all the same; its own finding tells.
    const { kind, scope, folder, name } = located;
    this.#know(scope);
    this.#exact.set(exactly(scope, kind, name), file);
    this.#places.set(inScope(scope, kind, name), file);
    this.#places.set(inFolder(folder, kind, name), file);
    this.#names.set(foldName(name), file);
    this.#names.set(foldName(name.slice(name.lastIndexOf("/") + 1)), file);
    if (entry?.id !== undefined) this.#ids.set(entry.id, file);
  }

  /** What a target leads to for an entry, as everything else reads it: an address, without a scope in the entry's own. */
  find(target: string, from: Pick<Linking, "scope" | "folder">): Target {
    let ref: Ref;
    try {
      ref = parseRef(target);
    } catch {
      return { kind: "no-address", reason: "it is no address, such as guidelines/handle-rejections" };
    }
    if (ref.type === "scope-document" && this.#scopes.has(ref.scope)) return { kind: "elsewhere" };
    const found =
      ref.type === "address" ? this.#exact.get(exactly(ref.scope ?? from.scope, ref.kind, ref.name)) : undefined;
    if (found) return { kind: "entry", file: found };
    const scope = ref.type === "address" || ref.type === "scope-document" ? ref.scope : undefined;
    const meant = this.#lookUp(ref, from);
    const ours = scope === undefined || meant !== undefined || this.#holds(scope);
    return ours ? { kind: "missing", ref, meant } : { kind: "elsewhere" };
  }

  #holds(scope: string): boolean {
    return this.#scopes.has(scope) || scopeFolder(parseScope(scope), this.#root) !== undefined;
  }

  /** The entry that a ref would name with less strictness: in letter case, in the scopes around, by id or name. */
  #lookUp(ref: Ref, from: Pick<Linking, "scope" | "folder">): FileFacts | undefined {
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

/** The relations of one file that lead nowhere or to itself. */
export function linkFindings(file: FileFacts, targets: LinkTargets): Judgement[] {
  const found: Judgement[] = [];
  const from = linkingOf(file);
  if (from === undefined) return found;
  for (const { target, type, line } of from.links) {
    const add = (rule: string, message: string): void => void found.push({ path: file.path, line, rule, message });
    const to = targets.find(target, from);
    if (to.kind === "entry" && to.file === file) add("self-link", `${type} leads to the entry itself`);
    if (to.kind === "missing") {
      // What may have been meant can come and go while the relation stays as it was.
      const key = `${type} ${target}`;
      const message = `${type} leads to ${target}, which is not there${hintOf(to.meant, file.path, from.scope)}`;
      found.push({ path: file.path, line, rule: "dangling", message, key });
    }
    if (to.kind === "no-address") add("dangling", `${type} leads to ${target}: ${to.reason}`);
  }
  return found;
}

function hintOf(meant: FileFacts | undefined, path: string, scope: string): string {
  if (meant?.located.type !== "entry" || meant.path === path) return "";
  return `; if it means ${formatAddress(meant.located, scope)}, write that`;
}
