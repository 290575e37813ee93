import { KIND_FOLDERS } from "../entry/kinds.js";
import { formatScope, parseScope, readScope, type Scope, scopeChain, scopeFolder } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { Store } from "../store/store.js";
import type { Catalog } from "./catalog.js";

/** The name of the project's store in a workspace. */
export const PROJECT = "project";
/** The name of the person's own store. */
export const PERSONAL = "personal";

/** A store that is open, and what its paths are looked up by. */
export interface Member {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly readOnly: boolean;
}

/** A scope in a store that holds it; `folder` is the scope's there, `""` for the root. */
export interface Place {
  readonly store: string;
  /** Canonical text. */
  readonly scope: string;
  readonly folder: string;
}

/** The project that one works in. */
export interface Current {
  readonly scope: Scope;
  /** The address of its repository, by which the person's own store knows it again under any name. */
  readonly remote?: string;
}

/** How closely a store's root is about a scope: the closest one is where its entries go. */
const RANK: Readonly<Record<Scope["level"], number>> = { session: 0, project: 3, org: 2, global: 1 };

const isFurther = (name: string): boolean => name !== PROJECT && name !== PERSONAL;

/** A project that says no org, as one of the org that a store stands for or lies in; any other scope as it is. */
function inOrgOf(scope: Scope, root: Scope): Scope {
  if (scope.level !== "project" || scope.org !== undefined) return scope;
  const org = root.level === "org" || root.level === "project" ? root.org : undefined;
  return org === undefined ? scope : { ...scope, org };
}

/** The stores that are open together, and which of them holds what. */
export class Workspace {
  readonly #members = new Map<string, Member>();
  /** The scope of a call that names none, where the project's store does not say so. */
  #entered: Current | undefined;
  readonly #sharesSessions: () => boolean;

  constructor(sharesSessions: () => boolean) {
    this.#sharesSessions = sharesSessions;
  }

  add(member: Member): void {
    this.#members.set(member.store.name, member);
  }

  clear(): void {
    this.#members.clear();
  }

  /** Says which scope a call without one means; undefined = what the project's store stands for, else `global`. */
  enter(current: Current | undefined): void {
    this.#entered = current;
  }

  /** What was entered. */
  get entered(): Current | undefined {
    return this.#entered;
  }

  get #current(): Scope {
    return this.#entered?.scope ?? this.#members.get(PROJECT)?.store.manifest.root ?? { level: "global" };
  }

  get(name: string): Member | undefined {
    return this.#members.get(name);
  }

  /** The project's store first, the person's last. */
  members(): Member[] {
    const rank = ({ store: { name } }: Member): number => (name === PROJECT ? 0 : name === PERSONAL ? 2 : 1);
    return [...this.#members.values()].sort((a, b) => rank(a) - rank(b));
  }

  /** The scope that a call without one means, as text. */
  get scope(): string {
    return formatScope(this.#current);
  }

  /** The store of calls that name neither scope nor entry; undefined where nothing is open. */
  get main(): Member | undefined {
    return this.#members.get(PROJECT) ?? this.#members.get(PERSONAL);
  }

  /** The folder that a store has for a scope; undefined when it has no place for it. */
  folderOf(name: string, scope: Scope): string | undefined {
    const root = this.#members.get(name)?.store.manifest.root;
    if (!root) return undefined;
    // Of a further store: a project without an org is none of an org's.
    const project = scope.level === "session" ? this.#current : scope;
    if (isFurther(name) && project !== inOrgOf(project, root)) return undefined;
    return scopeFolder(scope, root, this.#current);
  }

  /** The one way to write a scope that a caller named: `project` is the current one, and an org is not left out. */
  canonical(text: string): Scope {
    if (text === "project" || text === this.scope) return this.#current;
    const scope = parseScope(text);
    if (scope.level !== "project" || scope.org !== undefined) return scope;
    const roots = [this.#current, ...this.#shared().map(({ store }) => store.manifest.root)];
    const same = roots.find((root) => root.level === "project" && root.project === scope.project);
    if (same) return same;
    const folder = `projects/${scope.project}`;
    const orgs = this.#shared().filter(({ store }) => store.manifest.root.level === "org");
    const known = orgs.find(({ catalog }) => catalog.holds(folder));
    if (!known && this.#members.get(PERSONAL)?.catalog.holds(folder)) return scope;
    const org = (known ?? orgs.find(({ store }) => store.name === PROJECT))?.store.manifest.root;
    return org?.level === "org" ? { ...scope, org: org.org } : scope;
  }

  #shared(): Member[] {
    return this.members().filter(({ store }) => store.name !== PERSONAL);
  }

  /** Every place that may hold entries of a scope, the person's own first. */
  places(scope: Scope): Place[] {
    const members = this.members();
    const ordered = [...members.filter(({ store }) => store.name === PERSONAL), ...this.#shared()];
    return ordered.flatMap(({ store }) => {
      const folder = this.folderOf(store.name, scope);
      return folder === undefined ? [] : [{ store: store.name, scope: formatScope(scope), folder }];
    });
  }

  /** The places whose entries apply in a scope, nearest first; `personal` is the person's own store alone. */
  chain(text: string, inherit = true): Place[] {
    const personal = text === PERSONAL;
    const scope = this.canonical(text);
    const scopes = inherit ? scopeChain(scope, this.#current) : [scope];
    return scopes
      .flatMap((one) => this.places(one))
      .filter(({ store, folder }) => !personal || (store === PERSONAL && folder === ""));
  }

  /** The places of a scope told in one store, that store's own first: where an address in its files may lead. */
  seenFrom(name: string, text: string): Place[] {
    const read = readScope(text);
    if (!read) return [];
    const root = this.#members.get(name)?.store.manifest.root;
    const places = this.places(isFurther(name) && root ? inOrgOf(read, root) : read);
    const own = places.filter(({ store }) => store === name);
    return [...own, ...places.filter(({ store }) => store !== name).reverse()];
  }

  /**
   * The name of the store where new entries of a scope go; it may have to be made when it is the person's. Throws
   * `invalid_input` where no store holds the scope, `conflict` where two claim it alike. `made` is for a scope that comes
   * into being by this write: it need not be known.
   */
  home(text: string, wanted?: string, made = false): string {
    const scope = this.canonical(text);
    const name = wanted ?? (text === PERSONAL ? PERSONAL : this.#claimant(scope, made));
    const root: Scope | undefined =
      name === PERSONAL ? { level: "global" } : this.#members.get(name)?.store.manifest.root;
    if (root === undefined)
      throw new MemoryError("invalid_input", `No store ${JSON.stringify(name)} is open. ${this.#names()}`, {
        field: "store",
      });
    const own = this.#members.get(name)?.store.manifest.root ?? root;
    if (scopeFolder(scope, own, this.#current) === undefined)
      throw new MemoryError(
        "invalid_input",
        `A store for ${formatScope(own)} cannot hold entries of ${formatScope(scope)}.`,
        { field: "scope", scope: formatScope(scope) },
      );
    return name;
  }

  /** Whether some store stands for a scope: `home` gives its name then. */
  hasHome(text: string): boolean {
    const scope = this.canonical(text);
    return this.#claims(scope).length > 0 || this.#isPersonals(scope);
  }

  /** The name of a store where new entries of a scope go, the first one where several claim it: for telling. */
  likelyHome(text: string): string {
    return this.#claims(this.canonical(text))[0]?.store.name ?? PERSONAL;
  }

  /** The shared stores that stand for a scope, the closest first. */
  #claims(scope: Scope): Member[] {
    return this.#shared()
      .filter(({ store: { name, manifest }, catalog }) => {
        const folder = this.folderOf(name, scope);
        // Everything lies in global: a further store of that claims only what is in it.
        const wide = isFurther(name) && manifest.root.level === "global" && folder !== "";
        return folder !== undefined && (!wide || catalog.holds(folder));
      })
      .sort((a, b) => RANK[b.store.manifest.root.level] - RANK[a.store.manifest.root.level]);
  }

  #isPersonals(scope: Scope): boolean {
    return ["global", "session"].includes(scope.level) || formatScope(scope) === this.scope || this.isKnown(scope);
  }

  #names(): string {
    return `There is ${this.members()
      .map(({ store }) => store.name)
      .join(", ")}.`;
  }

  #claimant(scope: Scope, made: boolean): string {
    if (scope.level === "session")
      return this.folderOf(PROJECT, scope) !== undefined && this.#sharesSessions() ? PROJECT : PERSONAL;
    const [first, second] = this.#claims(scope);
    if (first && second && formatScope(first.store.manifest.root) === formatScope(second.store.manifest.root))
      throw new MemoryError(
        "conflict",
        `Two stores stand for ${formatScope(scope)}: ${first.store.name} and ${second.store.name}. Nothing was written. Take one of them out of \`stores\` in your own memory.yaml.`,
        { scope: formatScope(scope), stores: [first.store.name, second.store.name] },
      );
    if (first) return first.store.name;
    if (made || this.#isPersonals(scope)) return PERSONAL;
    throw new MemoryError(
      "invalid_input",
      `No open store holds ${formatScope(scope)}, so nothing was written. The scopes here are ${this.scope} and personal; [[${scope.level === "org" ? "org" : "project"} create]] makes another.`,
      { field: "scope", scope: formatScope(scope) },
    );
  }

  /**
   * True for a scope that an open store stands for or lies in, or of which it has an entry or the document; told in a
   * store (`from`) that others see, only of what they have too.
   */
  isKnown(scope: Scope, from = PERSONAL): boolean {
    const text = formatScope(scope);
    if (text === this.scope || (scope.level === "org" && this.scope.startsWith(`project/${scope.org}/`))) return true;
    return this.places(scope)
      .filter(({ store }) => from === PERSONAL || store !== PERSONAL)
      .some(({ store, folder }) => folder === "" || this.#members.get(store)?.catalog.holds(folder));
  }
}

/** The path of an entry in a place. */
export const pathIn = ({ folder }: Place, kind: keyof typeof KIND_FOLDERS, name: string): string =>
  `${folder === "" ? "" : `${folder}/`}${KIND_FOLDERS[kind]}/${name}.md`;
