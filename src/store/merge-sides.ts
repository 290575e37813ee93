import { conflictIdAt } from "../entry/conflict-id.js";
import { isPrivate } from "../entry/entry-path.js";
import type { CommitGraph } from "../git/commit-graph.js";
import { divergenceOf } from "../git/graph-divergence.js";
import { type Differences, differencesOf, sourceOf } from "../git/path-history.js";

/** One file on one side of a merge, by its repository path. */
export interface SideFile {
  readonly path: string;
  /** Its blob; null = the side has no such file. */
  readonly oid: string | null;
}

/** A file that both sides of a merge commit changed, as they and their base have it. */
export interface MergedSides {
  /** Null = both sides made it. */
  readonly base: SideFile | null;
  readonly a: SideFile;
  readonly b: SideFile;
}

/** What a merge commit brought together from two of its parents. */
export interface MergeOf {
  readonly changed: readonly MergedSides[];
  /** What neither parent has any more. */
  readonly gone: readonly SideFile[];
  /** What only the one parent has, made on its side; and only the other. */
  readonly madeInA: readonly SideFile[];
  readonly madeInB: readonly SideFile[];
}

/** Reads what merge commits brought together out of the graph alone; differences of paths are found once. */
export class MergeReader {
  readonly #graph: CommitGraph;
  readonly #differences = new Map<number, Differences>();
  readonly #inside = new Map<number, boolean>();

  constructor(graph: CommitGraph) {
    this.#graph = graph;
  }

  /** The merges that `head` leads to in which files of the store differ from a parent. */
  merges(head: number): number[] {
    const graph = this.#graph;
    const seen = new Set([head]);
    const found: number[] = [];
    // A set is walked through while it grows.
    for (const commit of seen) {
      const count = graph.isKnown(commit) ? graph.parentCount(commit) : 0;
      for (let at = 0; at < count; at++) seen.add(graph.parent(commit, at));
      if (count > 1 && this.#touched([commit]).size > 0) found.push(commit);
    }
    return found;
  }

  /** What a commit made of a path; only of those that it changed against some parent. */
  result(commit: number, path: string): string | null {
    for (const change of this.#graph.changes(commit))
      if (this.#graph.path(change.path) === path) return this.#graph.blob(change.after);
    return null;
  }

  /** The first parent of a merge against another one; undefined where this clone does not have what tells. */
  read(commit: number, position: number): MergeOf | undefined {
    const graph = this.#graph;
    const blobs = this.#blobs(commit, position);
    if (blobs.size === 0) return NOTHING;
    const [left, right] = [graph.parent(commit, 0), graph.parent(commit, position)];
    const apart = divergenceOf(graph, left, right);
    if (!apart) return undefined;
    const [inA, inB] = [this.#touched(apart.left), this.#touched(apart.right)];
    if (inA.size === 0 || inB.size === 0) return NOTHING;
    const made = (side: "a" | "b", others: ReadonlySet<number>): SideFile[] =>
      [...blobs]
        .filter(([path, one]) => one[side] !== null && one[side === "a" ? "b" : "a"] === null && !others.has(path))
        .map(([path, one]) => ({ path: graph.path(path), oid: one[side] }));
    const [madeInA, madeInB] = [made("a", inB), made("b", inA)];
    const changed: MergedSides[] = [];
    const gone: SideFile[] = [];
    for (const path of inA) {
      const sides = blobs.get(path);
      if (!inB.has(path) || !(sides || madeInA.length > 0 || madeInB.length > 0)) continue;
      const base = apart.base === undefined ? null : this.#blobAt(path, apart.base);
      if (base === undefined) return undefined;
      const name = graph.path(path);
      const from = base === null ? null : { path: name, oid: base };
      if (sides && sides.a !== base && sides.b !== base)
        changed.push({ base: from, a: { path: name, oid: sides.a }, b: { path: name, oid: sides.b } });
      if (!sides && from && this.#blobAt(path, left) === null) gone.push(from);
    }
    return { changed, gone, madeInA, madeInB };
  }

  /** Who brought a path to what it is in a commit, and when (ms). */
  writer(commit: number, path: string): { readonly author: string; readonly at: number } | undefined {
    const number = this.#graph.findPath(path);
    const source = number === undefined ? undefined : sourceOf(this.#graph, commit, this.#differencesOf(number));
    if (source?.kind !== "changed") return undefined;
    return { author: this.#graph.author(source.commit), at: this.#graph.seconds(source.commit) * 1000 };
  }

  /** The store's paths in which two parents of a merge differ: a merge differs there from at least one of them. */
  #blobs(commit: number, position: number): Map<number, { a: string | null; b: string | null }> {
    const graph = this.#graph;
    const found = new Map<number, { a: string | null; b: string | null }>();
    for (const { path, parent, before, after } of graph.changes(commit)) {
      if (!this.#isInside(path) || (parent !== 0 && parent !== position)) continue;
      const same = graph.blob(after);
      const one = found.get(path) ?? { a: same, b: same };
      one[parent === 0 ? "a" : "b"] = graph.blob(before);
      found.set(path, one);
    }
    for (const [path, { a, b }] of found) if (a === b) found.delete(path);
    return found;
  }

  #touched(commits: readonly number[]): Set<number> {
    const found = new Set<number>();
    for (const commit of commits)
      this.#graph.eachChange(commit, (path) => {
        if (this.#isInside(path)) found.add(path);
      });
    return found;
  }

  /** True for a file of the store that merges can contest: records of conflicts have a merge of their own. */
  #isInside(path: number): boolean {
    const known = this.#inside.get(path);
    if (known !== undefined) return known;
    const { prefix } = this.#graph;
    const name = this.#graph.path(path);
    const file = name.slice(prefix.length);
    const inside = name.startsWith(prefix) && conflictIdAt(file) === undefined && !isPrivate(file);
    this.#inside.set(path, inside);
    return inside;
  }

  #differencesOf(path: number): Differences {
    const known = this.#differences.get(path) ?? differencesOf(this.#graph, this.#graph.path(path));
    this.#differences.set(path, known);
    return known;
  }

  /** The blob of a path in a commit; null = no file, undefined = this clone cannot tell. */
  #blobAt(path: number, commit: number): string | null | undefined {
    const differences = this.#differencesOf(path);
    const source = sourceOf(this.#graph, commit, differences);
    if (source.kind === "changed") return this.#graph.blob(differences.get(source.commit)!.after);
    return source.kind === "end" && !source.cut ? null : undefined;
  }
}

const NOTHING: MergeOf = { changed: [], gone: [], madeInA: [], madeInB: [] };
