import { DirectedGraph } from "graphology";
import type { Relation } from "../entry/entry.js";
import { readType, targetAddress, UNRELATED } from "../entry/relations.js";
import { addressOf, type Indexed } from "./indexed.js";
import { shortestPath } from "./relation-path.js";

/** Which way relations are followed, seen from where one stands. */
export type Direction = "out" | "in" | "both";

/** Which relations count; ways go along all but those that say "unrelated" when `types` is absent. */
export interface Walk {
  readonly direction: Direction;
  readonly types?: readonly string[];
}

/** An end of a relation. `address` has its canonical scope, or is a target's text that is no address; `path` only where there is an entry. */
export interface RelationEnd {
  readonly store: string;
  readonly address: string;
  readonly path?: string;
}

/** One relation as it is read; `teller` is the end whose file holds it. */
export interface Link {
  readonly source: RelationEnd;
  readonly type: string;
  readonly target: RelationEnd;
  readonly teller: "source" | "target";
}

/** From one entry to the next: every type that leads there in that direction, in alphabetical order. */
export interface Step {
  readonly types: readonly string[];
  readonly direction: "out" | "in";
  readonly to: RelationEnd;
}

/** An entry and the shortest way there; its number of steps is the distance. */
export interface Neighbor {
  readonly end: RelationEnd;
  readonly steps: readonly Step[];
}

/** What one file says of another entry: types read from this to that, and those that lead the other way. */
interface Told {
  readonly out: readonly string[];
  readonly in: readonly string[];
}

type Node = Pick<Indexed, "store" | "path" | "scope" | "kind" | "name">;

/** What the graph asks the index around it. */
export interface RelationGraphOptions {
  /** The entry at a path, in step with `put` and `remove`. */
  readonly at: (store: string, path: string) => Indexed | undefined;
  /** Where a store has a scope's kind folders, such as `sessions/x`; undefined when it has no place for the scope. */
  readonly folderOf: (store: string, scope: string) => string | undefined;
}

/**
 * The relations of all entries: a projection like the index around it. A node is an entry, or what a relation leads to
 * without being one; what has no relation is no node.
 */
export class RelationGraph {
  readonly #graph = new DirectedGraph<Record<string, never>, Told>({ allowSelfLoops: false });
  readonly #options: RelationGraphOptions;
  /** Equal ones are one object: there are few, and a relation each would hold its own. */
  readonly #told = new Map<string, Told>();

  constructor(options: RelationGraphOptions) {
    this.#options = options;
  }

  /** Number of pairs of which at least one file tells a relation. */
  get size(): number {
    return this.#graph.size;
  }

  /** Enters an entry's relations; the entry must not be in. A relation to itself counts as none. */
  put(entry: Indexed, relations: readonly Relation[] = []): void {
    if (relations.length === 0) return;
    const source = this.#keyOf(entry);
    const targets = new Map<string, Relation[]>();
    for (const relation of relations) {
      const target = `${entry.store}\n${targetAddress(relation.target, entry.scope) ?? relation.target}`;
      if (target === source) continue;
      targets.set(target, [...(targets.get(target) ?? []), relation]);
    }
    for (const [target, told] of targets) {
      this.#graph.mergeNode(source);
      this.#graph.mergeNode(target);
      this.#graph.addDirectedEdge(source, target, this.#share(told));
    }
  }

  #share(relations: readonly Relation[]): Told {
    const read = relations.map(({ type }) => readType(type));
    const types = (inverse: boolean) => [
      ...new Set(read.filter((one) => one.inverse === inverse).map(({ type }) => type)),
    ];
    const told = { out: types(false).sort(), in: types(true).sort() };
    const key = JSON.stringify(told);
    const known = this.#told.get(key) ?? (JSON.parse(key) as Told);
    this.#told.set(key, known);
    return known;
  }

  /** Takes out what an entry's file tells; what others tell about it stays. */
  remove(entry: Node): void {
    const key = this.#keyOf(entry);
    if (!this.#graph.hasNode(key)) return;
    for (const target of this.#graph.outNeighbors(key)) {
      this.#graph.dropDirectedEdge(key, target);
      this.#dropIfAlone(target);
    }
    this.#dropIfAlone(key);
  }

  #dropIfAlone(key: string): void {
    if (this.#graph.degree(key) === 0) this.#graph.dropNode(key);
  }

  /** Relations lead to addresses; an entry that its address does not lead to has a node that nothing leads to. */
  #keyOf(entry: Node): string {
    const address = addressOf(entry);
    const key = `${entry.store}\n${address}`;
    return this.#pathOf(entry.store, address) === entry.path ? key : `${key}\n${entry.path}`;
  }

  #pathOf(store: string, address: string): string | undefined {
    const colon = address.indexOf(":");
    const folder = colon < 0 ? undefined : this.#options.folderOf(store, address.slice(0, colon));
    return folder === undefined ? undefined : `${folder === "" ? "" : `${folder}/`}${address.slice(colon + 1)}.md`;
  }

  #end(key: string): RelationEnd {
    const [store = "", address = "", own] = key.split("\n");
    const path = own ?? this.#pathOf(store, address);
    const entry = path === undefined ? undefined : this.#options.at(store, path);
    // A scope may have a second name, which addresses do not use.
    return { store, address, ...(entry && path !== undefined && addressOf(entry) === address ? { path } : {}) };
  }

  #isEntry(key: string): boolean {
    return this.#end(key).path !== undefined;
  }

  /** The paths of the entries whose own file names this entry in a relation, in order. */
  tellers(entry: Node): string[] {
    const key = this.#keyOf(entry);
    if (!this.#graph.hasNode(key)) return [];
    return this.#graph
      .inNeighbors(key)
      .flatMap((source) => this.#end(source).path ?? [])
      .sort();
  }

  /** The relations of one entry, dangling ones too; one that both files tell comes twice. */
  links(entry: Node, walk: Walk): Link[] {
    const key = this.#keyOf(entry);
    if (!this.#graph.hasNode(key)) return [];
    const found: Link[] = [];
    this.#graph.forEachOutEdge(key, (_edge, told, source, target) => this.#read(found, told, source, target));
    this.#graph.forEachInEdge(key, (_edge, told, source, target) => this.#read(found, told, source, target));
    return found.filter(
      ({ source, type }) =>
        (walk.direction === "both" || (source.path === entry.path) === (walk.direction === "out")) &&
        (walk.types?.includes(type) ?? true),
    );
  }

  /** Every relation of every entry, dangling ones too, in no order to rely on. */
  *all(): Iterable<Link> {
    for (const { source, target, attributes } of this.#graph.edgeEntries()) {
      const found: Link[] = [];
      this.#read(found, attributes, source, target);
      yield* found;
    }
  }

  #read(found: Link[], told: Told, from: string, to: string): void {
    const [teller, other] = [this.#end(from), this.#end(to)];
    for (const type of told.out) found.push({ source: teller, type, target: other, teller: "source" });
    for (const type of told.in) found.push({ source: other, type, target: teller, teller: "target" });
  }

  /** The entries next to a node, by key in order, each with the types that lead there; one way out wins over one way in. */
  #next(key: string, { direction, types }: Walk): Map<string, Omit<Step, "to">> {
    const ways = { out: new Map<string, Set<string>>(), in: new Map<string, Set<string>>() };
    const add = (way: "out" | "in", other: string, told: readonly string[]): void => {
      if (direction !== "both" && direction !== way) return;
      const counted = told.filter((type) => counts(type, { types }));
      if (counted.length === 0) return;
      const known = ways[way].get(other);
      if (known) for (const type of counted) known.add(type);
      else ways[way].set(other, new Set(counted));
    };
    this.#graph.forEachOutEdge(key, (_edge, told, _source, target) => {
      add("out", target, told.out);
      add("in", target, told.in);
    });
    this.#graph.forEachInEdge(key, (_edge, told, source) => {
      add("in", source, told.out);
      add("out", source, told.in);
    });
    const next = new Map<string, Omit<Step, "to">>();
    for (const other of [...new Set([...ways.out.keys(), ...ways.in.keys()])].sort()) {
      if (!this.#isEntry(other)) continue;
      const way = ways.out.has(other) ? "out" : "in";
      next.set(other, { types: [...ways[way].get(other)!].sort(), direction: way });
    }
    return next;
  }

  /** The entries up to `depth` steps away, nearest first, then by address; each with one shortest way. */
  neighbors(entry: Node, walk: Walk & { readonly depth: number }): Neighbor[] {
    const start = this.#keyOf(entry);
    if (!this.#graph.hasNode(start)) return [];
    const seen = new Set([start]);
    const found: Neighbor[] = [];
    let level: [string, readonly Step[]][] = [[start, []]];
    for (let distance = 1; distance <= walk.depth && level.length > 0; distance++) {
      const reached: [string, readonly Step[]][] = [];
      for (const [key, steps] of level) {
        for (const [other, step] of this.#next(key, walk)) {
          if (seen.has(other)) continue;
          seen.add(other);
          reached.push([other, [...steps, { ...step, to: this.#end(other) }]]);
        }
      }
      level = reached.sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [, steps] of level) found.push({ end: steps.at(-1)!.to, steps });
    }
    return found;
  }

  /** The steps of a shortest way from one entry to another, none when they are the same; undefined when there is no way. */
  path(from: Node, to: Node, walk: Walk): Step[] | undefined {
    const [start, end] = [this.#keyOf(from), this.#keyOf(to)];
    if (start === end) return [];
    if (!this.#graph.hasNode(start) || !this.#graph.hasNode(end)) return undefined;
    const back: Walk = { ...walk, direction: OPPOSITE[walk.direction] };
    const keys = shortestPath(this.#graph, start, end, {
      after: (key) => [...this.#next(key, walk).keys()],
      before: (key) => [...this.#next(key, back).keys()],
    });
    return keys?.slice(1).map((key, at) => ({ ...this.#next(keys[at]!, walk).get(key)!, to: this.#end(key) }));
  }
}

const OPPOSITE: Readonly<Record<Direction, Direction>> = { out: "in", in: "out", both: "both" };

/** Whether a relation's type is one of those asked for. */
function counts(type: string, { types }: { readonly types?: readonly string[] | undefined }): boolean {
  return types === undefined ? type !== UNRELATED : types.includes(type);
}
