import type { Relation } from "../entry/entry.js";
import { readType, shortIn, targetAddress } from "../entry/relations.js";
import { readScope } from "../entry/scope.js";
import type { EntryKey } from "../search/indexed.js";
import type { Link, RelationEnd } from "../search/relation-link.js";
import type { Memory } from "./memory.js";
import { readAt } from "./parse-at.js";
import type { View } from "./view.js";

/** A relation as results tell it, from its source to its target. */
export interface RelationView {
  readonly source: string;
  readonly type: string;
  readonly target: string;
  readonly strength?: number;
  readonly note?: string;
  /** A program proposed it. */
  readonly auto?: boolean;
  /** One of its ends is no entry (any more). */
  readonly missing?: true;
}

type Ends = { readonly [End in "source" | "target"]: Omit<RelationEnd, "store"> } & { readonly type: string };

/** A relation as results tell it; `relation` is how a file holds it. */
export function viewOf(memory: Memory, { source, type, target }: Ends, relation: Partial<Relation> = {}): RelationView {
  const { strength, note, auto } = relation;
  return {
    source: shortIn(memory.scope, source.address),
    type,
    target: shortIn(memory.scope, target.address),
    ...(strength === undefined ? {} : { strength }),
    ...(note === undefined ? {} : { note }),
    ...(auto === undefined ? {} : { auto }),
    ...(isThere(memory, source) && isThere(memory, target) ? {} : { missing: true }),
  };
}

/** An entry, a document, or a scope that nobody wrote about. */
function isThere(memory: Memory, { address, path }: Omit<RelationEnd, "store">): boolean {
  if (path !== undefined) return true;
  const scope = address.endsWith(":") ? readScope(address.slice(0, -1)) : undefined;
  return scope !== undefined && memory.workspace.isKnown(scope);
}

/** The links in order, each once, with the strength and note that the files tell of them. */
export async function viewsOf(memory: Memory, links: readonly Link[], view: View): Promise<RelationView[]> {
  const files = new Map<string, Promise<Relation[]>>();
  const views: RelationView[] = [];
  for (const link of links) {
    const [teller, other] = link.teller === "source" ? [link.source, link.target] : [link.target, link.source];
    const key = { store: teller.store, path: teller.path ?? "" };
    const name = `${key.store}\n${key.path}`;
    const relations = await (files.get(name) ?? files.set(name, relationsIn(memory, key, view)).get(name)!);
    const told = relations.find(
      ({ type, target }) =>
        target === other.address &&
        readType(type).type === link.type &&
        readType(type).inverse !== (link.teller === "source"),
    );
    views.push(viewOf(memory, link, told));
  }
  return views;
}

/** The relations in the file at a place, with the addresses that their targets mean. */
async function relationsIn(memory: Memory, key: EntryKey, view: View): Promise<Relation[]> {
  const store = await memory.store(key.store);
  const bytes = await view.bytes(key);
  const entry = bytes && readAt(store.manifest.root, key.path, bytes);
  return (entry?.fields.relations ?? []).map((one) => ({
    ...one,
    target: targetAddress(one.target, entry?.scope ?? "") ?? one.target,
  }));
}
