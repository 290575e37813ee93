import type { DocumentFields } from "../entry/document.js";
import { KINDS } from "../entry/kinds.js";
import { formatScope, parseScope } from "../entry/scope.js";
import { documentRecord } from "./documents.js";
import { currentScope, knownScopes, nameOf, orgOf, type ScopeLevel } from "./known-scopes.js";
import type { Memory } from "./memory.js";

/** What is known about an org or project; fields are those of its document. */
export interface ScopeView {
  readonly scope: string;
  readonly name: string;
  /** The org of a project, by name. */
  readonly org?: string;
  readonly title: string;
  /** The store that holds its document, else where its entries go. */
  readonly store: string;
  readonly fields: DocumentFields;
  /** Absent when there is no document. */
  readonly document?: {
    readonly path: string;
    readonly version: string;
    readonly description: string;
    readonly updatedAt?: number;
    readonly author?: string;
    readonly pending?: boolean;
  };
  /** One is in it. */
  readonly current: boolean;
  /** By kind, in all stores, archived ones too. */
  readonly entries: Readonly<Record<string, number>>;
  readonly sessions: number;
  /** The projects of an org. */
  readonly children: readonly string[];
}

/** The entries of every scope, by kind. */
function counts(memory: Memory): Map<string, Record<string, number>> {
  const found = new Map<string, Record<string, number>>();
  for (const { scope, kind } of memory.index.entries()) {
    const of = found.get(scope) ?? {};
    of[kind] = (of[kind] ?? 0) + 1;
    found.set(scope, of);
  }
  return found;
}

/** The names of the scopes of one sort that lie in a scope, in all stores. */
function inside(memory: Memory, scope: string, folders: "projects" | "sessions"): Set<string> {
  const names = new Set<string>();
  for (const { store, folder } of memory.workspace.places(parseScope(scope)))
    for (const name of memory.catalog(store).namesIn(folder === "" ? folders : `${folder}/${folders}`)) names.add(name);
  return names;
}

function view(memory: Memory, level: ScopeLevel, scope: string, entries: ReturnType<typeof counts>): ScopeView {
  const record = documentRecord(memory, scope);
  const { document, path, version, updatedAt, author, pending } = record ?? {};
  const org = orgOf(scope);
  const told = entries.get(scope) ?? {};
  const children = level === "project" ? [] : projectsOf(memory, scope);
  return {
    scope,
    name: nameOf(scope),
    ...(org === undefined ? {} : { org: nameOf(org) }),
    title: document?.title ?? nameOf(scope),
    store: record?.store ?? memory.workspace.likelyHome(scope),
    fields: document?.fields ?? {},
    ...(document && path !== undefined && version !== undefined
      ? {
          document: {
            path,
            version,
            description: document.body,
            ...(updatedAt === undefined ? {} : { updatedAt }),
            ...(author === undefined ? {} : { author }),
            ...(pending ? { pending } : {}),
          },
        }
      : {}),
    current: currentScope(memory, level) === scope,
    entries: Object.fromEntries(KINDS.flatMap((kind) => (told[kind] ? [[kind, told[kind]]] : []))),
    sessions: inside(memory, scope, "sessions").size,
    children,
  };
}

/** The projects of an org: those that lie in it, and those that say so. */
function projectsOf(memory: Memory, scope: string): string[] {
  const { level, ...rest } = parseScope(scope);
  const org = level === "org" && "org" in rest ? rest.org : undefined;
  if (org === undefined) return [];
  const inIt = [...inside(memory, scope, "projects")].map((project) => formatScope({ level: "project", org, project }));
  const others = knownScopes(memory, "project").filter((one) => orgOf(one) === scope);
  return [...new Set([...inIt, ...others])].sort();
}

/** What is known about one org or project. */
export const scopeView = (memory: Memory, level: ScopeLevel, scope: string): ScopeView =>
  view(memory, level, scope, counts(memory));

/** Every org or project, in alphabetical order of their scopes. */
export function scopeViews(memory: Memory, level: ScopeLevel): ScopeView[] {
  const entries = counts(memory);
  return knownScopes(memory, level).map((scope) => view(memory, level, scope, entries));
}
