import { addressOf, type Indexed } from "./indexed.js";

/** An end of a relation. `address` has its canonical scope, or is a target's text that is no address; `path` only where there is an entry or a document. */
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

/** The nearest entries around one, and how many there are in all. */
export interface Neighborhood {
  readonly nearest: readonly Neighbor[];
  readonly total: number;
}

/** What one file says of another entry: types read from this to that, and those that lead the other way. */
export interface Told {
  readonly out: readonly string[];
  readonly in: readonly string[];
}

/** The path of the entry that a node is; undefined for what relations lead to without being one. */
export interface Place {
  path: string | undefined;
}

/** The document of a scope, as far as relations and their readers need it. */
export interface DocumentNode {
  readonly store: string;
  readonly path: string;
  /** Canonical text. */
  readonly scope: string;
  readonly level: "org" | "project" | "session";
  readonly title: string;
  readonly archived?: true;
}

/** What has relations: an entry, or the document of a scope. */
export type Node =
  | Pick<Indexed, "store" | "path" | "scope" | "kind" | "name">
  | Pick<DocumentNode, "store" | "path" | "scope" | "level">;

/** The address with its canonical scope: `project/api:memories/x`, of a document `project/api:`. */
export const nodeAddress = (node: Node): string => ("kind" in node ? addressOf(node) : `${node.scope}:`);

/** The path in a store that an address leads to, where its scope has this folder. */
export function pathOfAddress(folder: string, address: string): string {
  const colon = address.indexOf(":");
  const local = address.slice(colon + 1);
  const file = local === "" ? address.slice(0, address.search(/[/:]/)) : local;
  return `${folder === "" ? "" : `${folder}/`}${file}.md`;
}

/** What a file says that tells no relation. */
export const NOTHING: Told = { out: [], in: [] };
