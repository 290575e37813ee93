import { MemoryError } from "../errors.js";
import type { Link, Node } from "../search/relation-link.js";
import type { Walk } from "../search/relation-ways.js";
import type { Memory } from "./memory.js";
import { type RelationView, viewsOf } from "./relation-view.js";
import type { View } from "./view.js";

/** Which relations to list: those of an entry, or of the whole store. */
export interface ListRequest extends Walk {
  readonly entry?: Node;
  readonly limit: number;
  /** As the page before gave it. */
  readonly cursor?: string;
}

export interface RelationPage {
  readonly relations: readonly RelationView[];
  readonly total: number;
  readonly next_cursor?: string;
}

const keyOf = ({ source, type, target }: Link): string =>
  `${source.store}:${source.address}\n${type}\n${target.store}:${target.address}`;

/** One page of relations in order of source, type and target; one that two files tell comes once. */
export async function listRelations(memory: Memory, request: ListRequest, view: View = memory): Promise<RelationPage> {
  const { entry, types, cursor, limit } = request;
  const graph = view.index.relations;
  const links = new Map<string, Link>();
  for (const link of entry ? graph.links(entry, request) : graph.all()) {
    if (types && !types.includes(link.type)) continue;
    const key = keyOf(link);
    if (link.teller === "source" || !links.has(key)) links.set(key, link);
  }
  const after = cursor === undefined ? "" : readCursor(cursor);
  const keys = [...links.keys()].sort();
  const rest = keys.filter((key) => key > after);
  const page = rest.slice(0, limit);
  const relations = await viewsOf(
    memory,
    page.map((key) => links.get(key)!),
    view,
  );
  const last = rest.length > limit ? page.at(-1) : undefined;
  return {
    relations,
    total: keys.length,
    ...(last === undefined ? {} : { next_cursor: Buffer.from(last).toString("base64url") }),
  };
}

/** A cursor is the last key of its page, so that no change between two pages makes a third one come twice. */
function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  if (key.split("\n").length === 3) return key;
  throw new MemoryError("invalid_input", "The cursor is damaged; restart without cursor.", { field: "cursor" });
}
