import { MemoryError } from "../errors.js";
import { conflictIdAt } from "./conflict-id.js";
import type { DocumentAt } from "./document.js";
import { KIND_FOLDERS, type Kind, kindOfFolder } from "./kinds.js";
import { nameProblem } from "./name.js";
import { formatScope, isScopeName, parseScope, type Scope, scopeFolder } from "./scope.js";

/** What a path in a store is; `scope` is canonical text, `folder` the scope's folder (`""` for the root), seen from `private/` in there. */
export type Location =
  | {
      readonly type: "entry";
      readonly kind: Kind;
      readonly scope: string;
      readonly folder: string;
      readonly name: string;
      /** It lies in `private/`, which no commit carries. */
      readonly private?: true;
    }
  | (DocumentAt & { readonly type: "scope-document" })
  | { readonly type: "conflict-record"; readonly id: string }
  | { readonly type: "ignored"; readonly what: "hidden" | "manifest" | "tags" | "conflict" | "private" }
  | { readonly type: "other"; readonly reason: string };

const ROOT_FILES: ReadonlyMap<string, "manifest" | "tags"> = new Map([
  ["memory.yaml", "manifest"],
  ["tags.yaml", "tags"],
]);
const ROOT_FOLDERS: ReadonlyMap<string, "conflict" | "private"> = new Map([
  ["conflicts", "conflict"],
  ["private", "private"],
]);
const CHILD_FOLDERS: Readonly<Record<Scope["level"], readonly string[]>> = {
  global: ["orgs", "projects", "sessions"],
  org: ["projects", "sessions"],
  project: ["sessions"],
  session: [],
};

/** The folder of what is in no commit; it holds the same folders as the store around it. */
const PRIVATE = "private/";

/** True for a store path that no commit carries. */
export const isPrivate = (path: string): boolean => path.startsWith(PRIVATE);

/** The other path that an entry of the same address may have: in `private/`, or out of it. */
export const otherPath = (path: string): string => (isPrivate(path) ? path.slice(PRIVATE.length) : PRIVATE + path);

/** Says what the file at `path` (relative to the store's root, with `/`) is, in a store whose root stands for `root`. Never throws. */
export function locate(path: string, root: Scope): Location {
  const segments = path.split("/");
  if (segments.some((segment) => segment.startsWith(".") && segment !== "." && segment !== "..")) {
    return { type: "ignored", what: "hidden" };
  }
  const [first = ""] = segments;
  const file = segments.length === 1 ? ROOT_FILES.get(first) : undefined;
  if (file !== undefined) return { type: "ignored", what: file };
  const folder = segments.length > 1 ? ROOT_FOLDERS.get(first) : undefined;
  if (folder === "private" && root.level === "global") return locatePrivate(segments.slice(1), root);
  const id = conflictIdAt(path);
  if (id !== undefined) return { type: "conflict-record", id };
  if (folder !== undefined) return { type: "ignored", what: folder };
  return locateIn(segments, 0, root, around(root));
}

function locatePrivate(segments: readonly string[], root: Scope): Location {
  const located = locateIn(segments, 0, root, around(root));
  if (located.type === "entry") return { ...located, private: true };
  return located.type === "other" ? located : { type: "other", reason: "private/ holds entries, no scope documents" };
}

/** The scope around the one that a store's root stands for; it lies in another store, or nowhere. */
function around(root: Scope): Scope {
  return root.level === "project" && root.org !== undefined ? { level: "org", org: root.org } : { level: "global" };
}

function locateIn(segments: readonly string[], from: number, scope: Scope, parent: Scope): Location {
  const head = segments[from] ?? "";
  const folder = segments.slice(0, from).join("/");
  const rest = segments.length - from - 1;
  if (rest === 0) {
    if (scope.level !== "global" && head === `${scope.level}.md`) {
      const { level } = scope;
      const name = scopeName(scope);
      return { type: "scope-document", level, scope: formatScope(scope), folder, parent: formatScope(parent), name };
    }
    return { type: "other", reason: "a scope folder holds kind folders and scopes, no other files" };
  }
  const kind = kindOfFolder(head);
  if (kind !== undefined) return locateEntry(segments.slice(from + 1).join("/"), kind, scope, folder);
  if (!["orgs", "projects", "sessions"].includes(head)) {
    return { type: "other", reason: "the folder is neither a kind nor a scope" };
  }
  if (!CHILD_FOLDERS[scope.level].includes(head)) {
    return { type: "other", reason: `a ${scope.level} holds no ${head}` };
  }
  const name = segments[from + 1] ?? "";
  if (rest < 2) return { type: "other", reason: `a file in ${head}/ is in no scope` };
  if (!isScopeName(name)) return { type: "other", reason: "the scope's folder name cannot be used in an address" };
  return locateIn(segments, from + 2, childScope(head, name, scope), scope);
}

/** What a scope is called by itself, as its folder is. */
function scopeName(scope: Exclude<Scope, { level: "global" }>): string {
  if (scope.level === "org") return scope.org;
  return scope.level === "project" ? scope.project : scope.session;
}

function childScope(folder: string, name: string, parent: Scope): Scope {
  if (folder === "orgs") return { level: "org", org: name };
  if (folder === "sessions") return { level: "session", session: name };
  return parent.level === "org"
    ? { level: "project", org: parent.org, project: name }
    : { level: "project", project: name };
}

function locateEntry(rest: string, kind: Kind, scope: Scope, folder: string): Location {
  if (!rest.endsWith(".md")) return { type: "other", reason: "only .md files are entries" };
  const name = rest.slice(0, -3);
  const problem = nameProblem(name);
  if (problem !== undefined) return { type: "other", reason: `its name cannot be used: ${problem}` };
  return { type: "entry", kind, scope: formatScope(scope), folder, name };
}

/**
 * The store-relative path of an entry, `/` between segments; `folder` and `private` are as `locate` gives them, and `folder`
 * wins over the scope's usual one.
 * `invalid_input` when a store that stands for `root` cannot hold the scope.
 */
export function entryPath(
  at: {
    readonly kind: Kind;
    readonly scope: string;
    readonly name: string;
    readonly folder?: string;
    readonly private?: boolean | undefined;
  },
  root: Scope,
): string {
  const folder = at.folder ?? scopeFolder(parseScope(at.scope), root);
  if (folder === undefined) {
    throw new MemoryError("invalid_input", `A store for ${formatScope(root)} cannot hold entries of ${at.scope}.`, {
      field: "scope",
      scope: at.scope,
    });
  }
  const file = `${KIND_FOLDERS[at.kind]}/${at.name}.md`;
  return (at.private ? PRIVATE : "") + (folder === "" ? file : `${folder}/${file}`);
}

/**
 * The store-relative path of a scope's document; `folder` (as `locate` gives it) wins over the scope's usual folder.
 * `invalid_input` when a store that stands for `root` cannot hold it, and for `global`, which has none.
 */
export function documentPath(at: { readonly scope: string; readonly folder?: string }, root: Scope): string {
  const scope = parseScope(at.scope);
  const folder = at.folder ?? scopeFolder(scope, root);
  if (folder === undefined || scope.level === "global") {
    throw new MemoryError("invalid_input", `A store for ${formatScope(root)} holds no document of ${at.scope}.`, {
      field: "scope",
      scope: at.scope,
    });
  }
  return `${folder === "" ? "" : `${folder}/`}${scope.level}.md`;
}
