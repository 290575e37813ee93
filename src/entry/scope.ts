import { MemoryError } from "../errors.js";
import { nameFromTitle, nameProblem } from "./name.js";

/** Where an entry applies; a project may belong to an org, a session belongs to the current project. */
export type Scope =
  | { readonly level: "global" }
  | { readonly level: "org"; readonly org: string }
  | { readonly level: "project"; readonly org?: string; readonly project: string }
  | { readonly level: "session"; readonly session: string };

/** How a scope is written, for messages. */
const SCOPE_GRAMMAR = "global, personal, org/NAME, project/NAME, project/ORG/NAME or session/NAME";

/** Reads a scope: `global` (alias `personal`), `org/N`, `project/[ORG/]N`, `session/N`; `invalid_input` for anything else. */
export function parseScope(text: string): Scope {
  const scope = readScope(text);
  if (scope === undefined) {
    throw new MemoryError("invalid_input", `This is not a scope. A scope is ${SCOPE_GRAMMAR}.`, { field: "scope" });
  }
  return scope;
}

/** Like `parseScope`, but undefined for a text that is no scope. */
export function readScope(text: string): Scope | undefined {
  if (text === "global" || text === "personal") return { level: "global" };
  const [level, ...names] = text.split("/");
  const [first, second] = names;
  if (first === undefined || names.some((name) => !isScopeName(name))) return undefined;
  if (level === "project" && second !== undefined && names.length === 2) {
    return { level, org: first, project: second };
  }
  if (names.length !== 1) return undefined;
  if (level === "org") return { level, org: first };
  if (level === "project") return { level, project: first };
  if (level === "session") return { level, session: first };
  return undefined;
}

/** True for a text that can be the name of an org, project or session: one safe path segment without `:`. */
export function isScopeName(name: string): boolean {
  return !/[/:]/.test(name) && nameProblem(name) === undefined;
}

/** The scope of a project that people call so: the name of its folder or remote. */
export function projectNamed(name: string): Scope {
  return { level: "project", project: (nameFromTitle(name) ?? "project").slice(0, 60) };
}

/** The canonical text of a scope, such as `project/acme/api`; `parseScope` reads it back. */
export function formatScope(scope: Scope): string {
  switch (scope.level) {
    case "global":
      return "global";
    case "org":
      return `org/${scope.org}`;
    case "project":
      return scope.org === undefined ? `project/${scope.project}` : `project/${scope.org}/${scope.project}`;
    case "session":
      return `session/${scope.session}`;
  }
}

/**
 * The folder of `scope` below the root of a store that stands for `root`: `""`, `sessions/x`, `orgs/acme/projects/api` …
 * Undefined when such a store cannot hold the scope. A session lies in `project` (the current one), else at the root.
 */
export function scopeFolder(scope: Scope, root: Scope, project?: Scope): string | undefined {
  switch (scope.level) {
    case "global":
      return root.level === "global" ? "" : undefined;
    case "org":
      if (root.level === "org") return root.org === scope.org ? "" : undefined;
      return root.level === "global" ? `orgs/${scope.org}` : undefined;
    case "project":
      return projectFolder(scope, root);
    case "session": {
      const parent = root.level === "session" ? undefined : project === undefined ? "" : scopeFolder(project, root);
      if (parent === undefined) return undefined;
      return parent === "" ? `sessions/${scope.session}` : `${parent}/sessions/${scope.session}`;
    }
  }
}

function projectFolder(scope: Scope & { level: "project" }, root: Scope): string | undefined {
  switch (root.level) {
    case "global":
      return scope.org === undefined ? `projects/${scope.project}` : `orgs/${scope.org}/projects/${scope.project}`;
    case "org":
      return scope.org === undefined || scope.org === root.org ? `projects/${scope.project}` : undefined;
    case "project": {
      const sameOrg = scope.org === undefined || scope.org === root.org;
      return sameOrg && scope.project === root.project ? "" : undefined;
    }
    case "session":
      return undefined;
  }
}

/** The scopes whose entries apply in `scope`, nearest first, itself included: session, project, org, global. A session lies in `current`. */
export function scopeChain(scope: Scope, current: Scope): Scope[] {
  const chain = [scope];
  for (let at = parentScope(scope, current); at !== undefined; at = parentScope(at, current)) chain.push(at);
  return chain;
}

function parentScope(scope: Scope, current: Scope): Scope | undefined {
  switch (scope.level) {
    case "global":
      return undefined;
    case "org":
      return { level: "global" };
    case "project":
      return scope.org === undefined ? { level: "global" } : { level: "org", org: scope.org };
    case "session":
      return current.level === "session" ? { level: "global" } : current;
  }
}
