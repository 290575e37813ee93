import { DirectedGraph } from "graphology";
import type { Relation } from "../entry/entry.js";
import { isPrivate, otherPath } from "../entry/entry-path.js";
import { readType, targetAddress, wordOf } from "../entry/relations.js";
import type { EntryKey } from "./indexed.js";
import {
  type Link,
  type Neighbor,
  type Neighborhood,
  NOTHING,
  type Node,
  nodeAddress,
  type Place,
  pathOfAddress,
  type RelationEnd,
  type Step,
  type Told,
} from "./relation-link.js";
import { shortestPath } from "./relation-path.js";
import { counts, OPPOSITE, type Walk, type Ways, waysOf } from "./relation-ways.js";

/** What the graph asks the index around it. */
export interface RelationGraphOptions {
  /** The address, with its canonical scope, of the entry or document at a path, in step with `put` and `remove`. */
  readonly addressAt: (store: string, path: string) => string | undefined;
  /** Where an address of this scope may lead in a file of a store, likeliest first: stores, and the scope's folder there. */
  readonly placesOf: (store: string, scope: string) => readonly { readonly store: string; readonly folder: string }[];
}

/**
 * The relations of all entries and documents of scopes: a projection like the index around it. A node is one of them, or
 * what a relation leads to without being one; what has no relation is no node.
 */
export class RelationGraph {
  readonly #graph = new DirectedGraph<Place, { told: Told }>({ allowSelfLoops: false });
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

  /** Enters an entry and its relations; it must not be in. A relation to itself counts as none. */
  put(entry: Node, relations: readonly Relation[] = []): void {
    const address = this.#addressKey(entry);
    // Of two entries with one address it leads to the one that is not private.
    if (!isPrivate(entry.path)) this.#rekey(address, `${address}\n${otherPath(entry.path)}`, otherPath(entry.path));
    const source = this.#keyOf(entry);
    const own = isPrivate(entry.path) ? address : source;
    this.#lead(entry);
    if (this.#graph.hasNode(source)) this.#graph.setNodeAttribute(source, "path", entry.path);
    const targets = new Map<string, Relation[]>();
    for (const relation of relations) {
      const target = this.#targetKey(entry.store, targetAddress(relation.target, entry.scope) ?? relation.target);
      if (target === source || target === own) continue;
      targets.set(target, [...(targets.get(target) ?? []), relation]);
    }
    for (const [target, told] of targets) {
      for (const key of [source, target])
        if (!this.#graph.hasNode(key)) this.#graph.addNode(key, { path: this.#entryPath(key) });
      this.#graph.addDirectedEdge(source, target, { told: this.#share(told) });
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

  /** Takes out an entry and what its file tells; what others tell about it stays. */
  remove(entry: Node): void {
    const key = this.#nodeOf(entry);
    if (this.#graph.hasNode(key)) {
      this.#graph.setNodeAttribute(key, "path", undefined);
      for (const target of this.#graph.outNeighbors(key)) {
        this.#graph.dropDirectedEdge(key, target);
        this.#dropIfAlone(target);
      }
      this.#lead(entry);
      this.#dropIfAlone(key);
    }
    const address = this.#addressKey(entry);
    if (key === address && !isPrivate(entry.path)) this.#rekey(`${address}\n${otherPath(entry.path)}`, address);
  }

  /** What an entry's own file tells, in other words that mean the same: `put` with them gives what there is. */
  toldBy(entry: Node): Relation[] {
    const key = this.#nodeOf(entry);
    if (!this.#graph.hasNode(key)) return [];
    return this.#graph.outNeighbors(key).flatMap((other) => {
      const { out, in: back } = this.#graph.getDirectedEdgeAttribute(key, other, "told");
      const types = [
        ...out.map((type) => wordOf({ type, inverse: false })),
        ...back.map((type) => wordOf({ type, inverse: true })),
      ];
      const { address: target } = this.#end(other);
      return types.map((type) => ({ type, target }));
    });
  }

  /** Several stores may hold an address: what leads to it goes to another place when one of them comes or goes. */
  #lead(entry: Node): void {
    const address = nodeAddress(entry);
    const places = this.#placesOf(entry.store, address);
    if (places.length < 2) return;
    for (const { store } of places) {
      const key = `${store}\n${address}`;
      if (!this.#graph.hasNode(key)) continue;
      for (const source of this.#graph.inNeighbors(key)) {
        const wanted = this.#targetKey(source.slice(0, source.indexOf("\n")), address);
        if (wanted === key || wanted === source) continue;
        const { told } = this.#graph.getDirectedEdgeAttributes(source, key);
        if (!this.#graph.hasNode(wanted)) this.#graph.addNode(wanted, { path: this.#entryPath(wanted) });
        this.#graph.dropDirectedEdge(source, key);
        this.#graph.addDirectedEdge(source, wanted, { told });
      }
      if (this.#graph.getNodeAttribute(key, "path") === undefined) this.#dropIfAlone(key);
    }
  }

  #placesOf(store: string, address: string): ReturnType<RelationGraphOptions["placesOf"]> {
    const colon = address.indexOf(":");
    return colon < 0 ? [] : this.#options.placesOf(store, address.slice(0, colon));
  }

  /** What an address in a file of a store leads to: the first place that has such an entry, else the first there is. */
  #targetKey(store: string, address: string): string {
    const keys = this.#placesOf(store, address).map((place) => `${place.store}\n${address}`);
    return keys.find((key) => this.#entryPath(key) !== undefined) ?? keys[0] ?? `${store}\n${address}`;
  }

  #dropIfAlone(key: string): void {
    if (this.#graph.hasNode(key) && this.#graph.degree(key) === 0) this.#graph.dropNode(key);
  }

  /** Gives the node of the entry at `path` another key; relations to its address stay where they are. */
  #rekey(from: string, to: string, path = from.split("\n")[2]): void {
    const [store = ""] = to.split("\n");
    if (path === undefined || !this.#options.addressAt(store, path)) return;
    const told: [target: string, told: Told][] = [];
    if (this.#graph.hasNode(from) && this.#graph.getNodeAttribute(from, "path") === path) {
      this.#graph.forEachOutEdge(from, (_edge, one, _source, target) => told.push([target, one.told]));
      for (const [target] of told) this.#graph.dropDirectedEdge(from, target);
      this.#graph.setNodeAttribute(from, "path", undefined);
      this.#dropIfAlone(from);
    }
    if (told.length > 0 && !this.#graph.hasNode(to)) this.#graph.addNode(to, { path });
    if (this.#graph.hasNode(to)) this.#graph.setNodeAttribute(to, "path", path);
    for (const [target, one] of told) this.#graph.addDirectedEdge(to, target, { told: one });
  }

  #addressKey = (entry: Node): string => `${entry.store}\n${nodeAddress(entry)}`;

  /** Relations lead to addresses; an entry that its address does not lead to has a node that nothing leads to. */
  #keyOf(entry: Node): string {
    const key = this.#addressKey(entry);
    const path = this.#pathOf(entry.store, nodeAddress(entry));
    const second = path !== undefined && entry.path === otherPath(path) && this.#entryPath(key) !== path;
    return entry.path === path || second ? key : `${key}\n${entry.path}`;
  }

  /** The node of an entry that was put under whatever place its store had then for its scope, else where it would be now. */
  #nodeOf(entry: Node): string {
    const key = this.#addressKey(entry);
    for (const one of [key, `${key}\n${entry.path}`])
      if (this.#graph.hasNode(one) && this.#graph.getNodeAttribute(one, "path") === entry.path) return one;
    return this.#keyOf(entry);
  }

  #pathOf(store: string, address: string): string | undefined {
    const folder = this.#placesOf(store, address).find((place) => place.store === store)?.folder;
    return folder === undefined ? undefined : pathOfAddress(folder, address);
  }

  #entryPath(key: string): string | undefined {
    const [store = "", address = "", own] = key.split("\n");
    const path = own ?? this.#pathOf(store, address);
    const paths = path === undefined ? [] : own === undefined ? [path, otherPath(path)] : [path];
    // A scope may have a second name, which addresses do not use.
    return paths.find((one) => this.#options.addressAt(store, one) === address);
  }

  #end(key: string): RelationEnd {
    const [store = "", address = ""] = key.split("\n");
    const path = this.#graph.getNodeAttribute(key, "path");
    return { store, address, ...(path === undefined ? {} : { path }) };
  }

  /** The entries whose own file names this entry in a relation, in order. */
  tellers(entry: Node): EntryKey[] {
    const key = this.#nodeOf(entry);
    if (!this.#graph.hasNode(key)) return [];
    return this.#graph
      .inNeighbors(key)
      .map((source) => this.#end(source))
      .flatMap(({ store, path }) => (path === undefined ? [] : [{ store, path }]))
      .sort((a, b) => (`${a.store}\n${a.path}` < `${b.store}\n${b.path}` ? -1 : 1));
  }

  /** The relations of one entry, dangling ones too; one that both files tell comes twice. */
  links(entry: Node, walk: Walk): Link[] {
    const key = this.#nodeOf(entry);
    if (!this.#graph.hasNode(key)) return [];
    const found: Link[] = [];
    this.#graph.forEachOutEdge(key, (_edge, { told }, source, target) => this.#read(found, told, source, target));
    this.#graph.forEachInEdge(key, (_edge, { told }, source, target) => this.#read(found, told, source, target));
    return found.filter(
      ({ source, type }) =>
        (walk.direction === "both" ||
          (source.path === entry.path && source.store === entry.store) === (walk.direction === "out")) &&
        (walk.types?.includes(type) ?? true),
    );
  }

  /** Every relation of every entry, dangling ones too, in no order to rely on. */
  *all(): Iterable<Link> {
    for (const { source, target, attributes } of this.#graph.edgeEntries()) {
      const found: Link[] = [];
      this.#read(found, attributes.told, source, target);
      yield* found;
    }
  }

  #read(found: Link[], told: Told, from: string, to: string): void {
    const [teller, other] = [this.#end(from), this.#end(to)];
    for (const type of told.out) found.push({ source: teller, type, target: other, teller: "source" });
    for (const type of told.in) found.push({ source: other, type, target: teller, teller: "target" });
  }

  /** Tells the entries next to a node, in no order to rely on; one with relations both ways may come twice. */
  #next(key: string, { out, in: back }: Ways, visit: (other: string) => void): void {
    this.#graph.forEachOutEdge(key, (_edge, { told }, _source, target, _own, { path }) => {
      if (path !== undefined && (out?.(told.out) || back?.(told.in))) visit(target);
    });
    this.#graph.forEachInEdge(key, (_edge, { told }, source, _target, { path }) => {
      if (path !== undefined && (back?.(told.out) || out?.(told.in))) visit(source);
    });
  }

  /** How one gets from a node to the next; one way out wins over one way in. */
  #step(from: string, to: string, { direction, types }: Walk): Step {
    const there = this.#between(from, to);
    const back = this.#between(to, from);
    const read = (told: readonly string[]) => [...new Set(told)].filter((type) => counts(type, types)).sort();
    const out = direction === "in" ? [] : read([...there.out, ...back.in]);
    if (out.length > 0) return { types: out, direction: "out", to: this.#end(to) };
    return { types: read([...there.in, ...back.out]), direction: "in", to: this.#end(to) };
  }

  #between(from: string, to: string): Told {
    return this.#graph.hasDirectedEdge(from, to) ? this.#graph.getDirectedEdgeAttribute(from, to, "told") : NOTHING;
  }

  /** Every entry up to `depth` steps away with the one before it on the way there: nearest first, then by key. */
  #reach(start: string, walk: Walk & { readonly depth: number }): Map<string, string> {
    const ways = waysOf(walk);
    const before = new Map([[start, start]]);
    let level = this.#graph.hasNode(start) ? [start] : [];
    const found = new Map<string, string>();
    for (let distance = 1; distance <= walk.depth && level.length > 0; distance++) {
      const reached: string[] = [];
      for (const key of level)
        this.#next(key, ways, (other) => {
          if (before.has(other)) return;
          before.set(other, key);
          reached.push(other);
        });
      // In order, so that of two ways of one length the same one is told whatever came first into the graph.
      level = reached.sort();
      for (const key of level) found.set(key, before.get(key)!);
    }
    return found;
  }

  /** The entries up to `depth` steps away. */
  within(entry: Node, walk: Walk & { readonly depth: number }): RelationEnd[] {
    return [...this.#reach(this.#nodeOf(entry), walk).keys()].map((key) => this.#end(key));
  }

  /** The first `limit` entries up to `depth` steps away: nearest first, then by address; each with one shortest way. */
  neighbors(entry: Node, walk: Walk & { readonly depth: number; readonly limit: number }): Neighborhood {
    const start = this.#nodeOf(entry);
    const reached = this.#reach(start, walk);
    const nearest: Neighbor[] = [];
    for (const key of reached.keys()) {
      if (nearest.length === walk.limit) break;
      const steps: Step[] = [];
      for (let at = key; at !== start; at = reached.get(at)!) steps.unshift(this.#step(reached.get(at)!, at, walk));
      nearest.push({ end: this.#end(key), steps });
    }
    return { nearest, total: reached.size };
  }

  /** The steps of a shortest way from one entry to another, none when they are the same; undefined when there is no way. */
  path(from: Node, to: Node, walk: Walk): Step[] | undefined {
    const [start, end] = [this.#nodeOf(from), this.#nodeOf(to)];
    if (start === end) return [];
    if (!this.#graph.hasNode(start) || !this.#graph.hasNode(end)) return undefined;
    const near = (ways: Ways) => (key: string) => {
      const found: string[] = [];
      this.#next(key, ways, (other) => found.push(other));
      return found.sort();
    };
    const after = near(waysOf(walk));
    const before = near(waysOf({ ...walk, direction: OPPOSITE[walk.direction] }));
    const keys = shortestPath(this.#graph, start, end, { after, before });
    return keys?.slice(1).map((key, at) => this.#step(keys[at]!, key, walk));
  }
}
