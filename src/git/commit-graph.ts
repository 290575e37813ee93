import { Integers, Names } from "./columns.js";

/** What one commit did to one path as seen from one parent: blob ids, null = no file. */
export interface LoggedChange {
  readonly path: string;
  /** Position of the parent; 0 also for a commit without parents, which is compared with nothing. */
  readonly parent: number;
  readonly before: string | null;
  readonly after: string | null;
}

/** One commit with everything that it changed against each of its parents. */
export interface LoggedCommit {
  readonly oid: string;
  readonly parents: readonly string[];
  /** The committer's time, in seconds since 1970. */
  readonly seconds: number;
  readonly author: string;
  readonly changes: readonly LoggedChange[];
  /** History goes on behind it, but not in this clone. */
  readonly cut?: boolean;
}

/** One change in the table, by numbers; -1 = no file, and `SOME` = a file whose content is not kept. */
export interface Touch {
  readonly commit: number;
  readonly parent: number;
  readonly before: number;
  readonly after: number;
}

/** A file outside of the store: only that it is there is kept. */
const SOME = -2;
const NONE = -1;
const UNKNOWN = -1;
const CUT = 1;
/** Of so many commits, and of later ones, the paths outside of the store are kept. */
const OUTSIDE_COMMITS = 100_000;

/** The columns of a graph, as they are kept on disk. */
export interface GraphColumns {
  readonly commits: Names;
  readonly blobs: Names;
  readonly paths: Names;
  readonly authors: Names;
  /** By commit: first of its changes (-1 = not known yet), how many, first of its parents, how many, author, time, flags. */
  readonly first: Integers;
  readonly count: Integers;
  readonly parentFirst: Integers;
  readonly parentCount: Integers;
  readonly author: Integers;
  readonly seconds: Integers;
  readonly flags: Integers;
  readonly parents: Integers;
  /** By change: path, parent's position, blobs, commit, the change of the same path that was entered before. */
  readonly path: Integers;
  readonly parent: Integers;
  readonly before: Integers;
  readonly after: Integers;
  readonly commit: Integers;
  readonly previous: Integers;
  /** By path: the change entered last. */
  readonly last: Integers;
}

export const emptyColumns = (): GraphColumns => ({
  commits: new Names(),
  blobs: new Names(),
  paths: new Names(),
  authors: new Names(),
  first: new Integers(),
  count: new Integers(),
  parentFirst: new Integers(),
  parentCount: new Integers(),
  author: new Integers(),
  seconds: new Integers(),
  flags: new Integers(),
  parents: new Integers(),
  path: new Integers(),
  parent: new Integers(),
  before: new Integers(),
  after: new Integers(),
  commit: new Integers(),
  previous: new Integers(),
  last: new Integers(),
});

/**
 * Commits, of whatever branches, with the paths that each changed against each parent: a table that only grows. Commits
 * and paths go by numbers, given when an id or path is first seen; a commit's parents may be seen before they are known.
 */
export class CommitGraph {
  readonly columns: GraphColumns;
  /** From the repository's top to the store, ending with `/`, or empty; contents are kept of paths below it only. */
  readonly prefix: string;
  #known = 0;
  #newest = 0;

  constructor(prefix: string, columns: GraphColumns = emptyColumns()) {
    this.prefix = prefix;
    this.columns = columns;
    for (let at = 0; at < columns.first.length; at++) {
      if (columns.first.at(at) === UNKNOWN) continue;
      this.#known++;
      this.#newest = Math.max(this.#newest, this.seconds(at));
    }
  }

  /** Number of commits that are known. */
  get size(): number {
    return this.#known;
  }

  /** Changes whenever something was added. */
  get revision(): number {
    return this.#known;
  }

  /** True when every commit's parents are known too. */
  get whole(): boolean {
    return this.#known === this.columns.commits.size;
  }

  /** Ids that are named as a parent and not known themselves. */
  unknown(): string[] {
    return this.columns.commits.all().filter((_oid, number) => !this.isKnown(number));
  }

  /** Enters a commit; one that is known already is left alone. */
  add({ oid, parents, seconds, author, changes, cut }: LoggedCommit): void {
    const columns = this.columns;
    const number = columns.commits.number(oid);
    if (this.isKnown(number)) return;
    const outside = this.#known < OUTSIDE_COMMITS || seconds >= this.#newest;
    columns.parentFirst.set(number, columns.parents.length);
    columns.parentCount.set(number, parents.length);
    for (const parent of parents) columns.parents.push(columns.commits.number(parent));
    columns.author.set(number, columns.authors.number(author));
    // Times that no 32 bits hold are damaged or far away: they only have to stay in order.
    columns.seconds.set(number, Math.min(Math.max(Math.trunc(seconds) || 0, 0), 0xffffffff) | 0);
    columns.flags.set(number, cut ? CUT : 0);
    const first = columns.path.length;
    for (const change of changes) {
      const inside = change.path.startsWith(this.prefix);
      if (!inside && !outside) continue;
      const blob = (id: string | null) => (id === null ? NONE : inside ? columns.blobs.number(id) : SOME);
      const path = columns.paths.number(change.path);
      columns.parent.push(change.parent);
      columns.before.push(blob(change.before));
      columns.after.push(blob(change.after));
      columns.commit.push(number);
      columns.previous.push(path < columns.last.length ? columns.last.at(path) : NONE);
      columns.last.set(path, columns.path.push(path));
    }
    columns.count.set(number, columns.path.length - first);
    columns.first.set(number, first);
    this.#known++;
    this.#newest = Math.max(this.#newest, this.seconds(number));
  }

  /** The number of a commit that was seen. */
  find(oid: string): number | undefined {
    return this.columns.commits.find(oid);
  }

  isKnown(number: number): boolean {
    return number < this.columns.first.length && this.columns.first.at(number) !== UNKNOWN;
  }

  /** True for an id whose commit is known. */
  knows(oid: string): boolean {
    const number = this.find(oid);
    return number !== undefined && this.isKnown(number);
  }

  id(number: number): string {
    return this.columns.commits.text(number);
  }

  seconds(number: number): number {
    return this.columns.seconds.at(number) >>> 0;
  }

  author(number: number): string {
    return this.columns.authors.text(this.columns.author.at(number));
  }

  /** True for a commit behind which this clone's history ends, though the project's goes on. */
  isCut(number: number): boolean {
    return this.columns.flags.at(number) === CUT;
  }

  parentCount(number: number): number {
    return this.columns.parentCount.at(number);
  }

  parent(number: number, position: number): number {
    return this.columns.parents.at(this.columns.parentFirst.at(number) + position);
  }

  /** The number of a path that some commit changed. */
  findPath(path: string): number | undefined {
    return this.columns.paths.find(path);
  }

  path(number: number): string {
    return this.columns.paths.text(number);
  }

  /** The blob id behind a number of a `Touch`; null = no file, or one whose content is not kept. */
  blob(number: number): string | null {
    return number < 0 ? null : this.columns.blobs.text(number);
  }

  #touch(at: number): Touch {
    const { commit, parent, before, after } = this.columns;
    return { commit: commit.at(at), parent: parent.at(at), before: before.at(at), after: after.at(at) };
  }

  /** Every change of a path, in the reverse of the order in which commits were entered. */
  *touches(path: number): Generator<Touch> {
    for (let at = this.columns.last.at(path); at !== NONE; at = this.columns.previous.at(at)) yield this.#touch(at);
  }

  /** Every change of a commit, with the number of its path. */
  *changes(commit: number): Generator<Touch & { readonly path: number }> {
    const first = this.columns.first.at(commit);
    const end = first + this.columns.count.at(commit);
    for (let at = first; at < end; at++) yield { ...this.#touch(at), path: this.columns.path.at(at) };
  }

  /** Calls `visit` with path and parent's position of every change of a commit: the cheap form of `changes`. */
  eachChange(commit: number, visit: (path: number, parent: number) => void): void {
    const { first, count, path, parent } = this.columns;
    const start = first.at(commit);
    for (let at = start; at < start + count.at(commit); at++) visit(path.at(at), parent.at(at));
  }

  /** Everything that is known, in no order to rely on. */
  *all(): Generator<LoggedCommit> {
    for (let number = 0; number < this.columns.first.length; number++) {
      if (!this.isKnown(number)) continue;
      const text = (blob: number) => (blob === SOME ? "" : this.blob(blob));
      yield {
        oid: this.id(number),
        parents: Array.from({ length: this.parentCount(number) }, (_, at) => this.id(this.parent(number, at))),
        seconds: this.seconds(number),
        author: this.author(number),
        changes: [...this.changes(number)].map(({ path, parent, before, after }) => ({
          path: this.path(path),
          parent,
          before: text(before),
          after: text(after),
        })),
        ...(this.isCut(number) ? { cut: true } : {}),
      };
    }
  }
}
