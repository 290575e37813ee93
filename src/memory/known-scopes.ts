import { remoteKey } from "../entry/git-remote.js";
import { foldName } from "../entry/name.js";
import { formatScope, parseScope, readScope, type Scope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { Memory } from "./memory.js";

/** The scopes that have documents of their own which people make: orgs and projects. */
export type ScopeLevel = "org" | "project";

/** What a scope is called by itself. */
export const nameOf = (scope: string): string => scope.slice(scope.lastIndexOf("/") + 1);

/** The org of a project, as a scope. */
export function orgOf(scope: string): string | undefined {
  const read = parseScope(scope);
  return read.level === "project" && read.org !== undefined ? `org/${read.org}` : undefined;
}

/** The org or project that one is in. */
export function currentScope(memory: Memory, level: ScopeLevel): string | undefined {
  const { scope } = memory;
  if (scope.startsWith(`${level}/`)) return scope;
  return level === "org" ? orgOf(scope) : undefined;
}

/** Every org or project that has a document or an entry, or is the current one: in alphabetical order. */
export function knownScopes(memory: Memory, level: ScopeLevel): string[] {
  const known = new Set<string>();
  const add = (scope: string | undefined): void => {
    if (scope?.startsWith(`${level}/`)) known.add(scope);
  };
  add(currentScope(memory, level));
  for (const { document } of memory.scopes.all()) add(document.scope);
  for (const { scope } of memory.index.entries()) add(scope);
  for (const { store } of memory.workspace.members()) add(formatScope(store.manifest.root));
  if (level === "org") for (const scope of knownScopes(memory, "project")) add(orgOf(scope));
  return [...known].sort();
}

const WORDS = {
  org: "a name, an id or org/NAME",
  project: "a name, an id, project/NAME, its root_path or the address of its git repository",
} as const;

/**
 * The scope that a ref names: by id, address, name (whatever its letter case), and a project by `root_path` and git remote
 * too; the current one without a ref. Throws `not_found`, and `invalid_input` when it names several.
 */
export function findScope(memory: Memory, level: ScopeLevel, ref: string | undefined): string {
  if (ref === undefined) {
    const current = currentScope(memory, level);
    if (current !== undefined) return current;
    throw new MemoryError(
      "not_found",
      `There is no current ${level} here: the scope is ${memory.scope}. Name one; [[${level} list]] lists what there is.`,
      { scope: memory.scope },
    );
  }
  const found = [...new Set(matches(memory, level, ref))];
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new MemoryError(
      "invalid_input",
      `${ref} names ${found.length} ${level}s: ${found.join(", ")}. Say which by that.`,
      { ref, matches: found },
    );
  const key = foldName(nameOf(ref.replace(/:$/, "")));
  const near = knownScopes(memory, level).filter((scope) => {
    const name = foldName(nameOf(scope));
    return name.includes(key) || key.includes(name);
  });
  const hint = near.length > 0 ? `Nearest: ${near.slice(0, 3).join(", ")}.` : `[[${level} list]] lists what there is.`;
  throw new MemoryError(
    "not_found",
    `There is no ${level} ${JSON.stringify(ref)}. ${hint} A ref is ${WORDS[level]}; [[${level} create]] makes another.`,
    { ref, nearest: near.slice(0, 3) },
  );
}

/** The scopes that a ref may mean, those of the closest reading only. */
function matches(memory: Memory, level: ScopeLevel, ref: string): string[] {
  const told = (records: Iterable<{ document: { level: string; scope: string } }>): string[] =>
    [...records].flatMap(({ document }) => (document.level === level ? document.scope : []));
  const known = knownScopes(memory, level);
  const text = ref.replace(/:$/, "");
  const scope = readScope(text) ?? readScope(`${level}/${text}`);
  const named = scope?.level === level ? exactly(memory, known, scope) : [];
  if (named.length > 0) return named;
  const byId = told(memory.scopes.withId(text));
  if (byId.length > 0) return byId;
  const key = foldName(text);
  const byName = known.filter((one) => foldName(nameOf(one)) === key || foldName(one) === key);
  const exact = byName.filter((one) => nameOf(one) === text);
  if (byName.length > 0) return exact.length > 0 ? exact : byName;
  if (level === "org") return [];
  const { entered } = memory.workspace;
  const here = entered?.remote !== undefined && remoteKey(entered.remote) === remoteKey(text) ? [memory.scope] : [];
  const byRemote = [...told(memory.scopes.withRemote(text)), ...here];
  return byRemote.length > 0 ? byRemote : told(memory.scopes.withRootPath(text));
}

/** A scope as it is known; without an org also that of the one project of its name. */
function exactly(memory: Memory, known: readonly string[], scope: Scope): string[] {
  const texts = [formatScope(scope), formatScope(memory.workspace.canonical(formatScope(scope)))];
  return known.filter((one) => texts.includes(one)).slice(-1);
}
