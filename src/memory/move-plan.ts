import { formatAddress } from "../entry/address.js";
import type { Relation } from "../entry/entry.js";
import { locate } from "../entry/entry-path.js";
import { editEntry } from "../entry/markdown.js";
import { shortIn, targetAddress } from "../entry/relations.js";
import { MemoryError } from "../errors.js";
import { addressOf, type EntryKey } from "../search/indexed.js";
import type { Draft, Drafted } from "./draft.js";
import type { Edit } from "./edits.js";
import { keyText, leadsTo, waysOf } from "./leads.js";
import type { Memory } from "./memory.js";
import type { Redirection } from "./redirect.js";
import { occupant, pathFor } from "./save.js";
import { type Changes, newText, type Place } from "./update.js";
import { PERSONAL } from "./workspace.js";

/** An entry that goes to another store, as it was read there. */
export interface Source extends EntryKey {
  readonly bytes: Uint8Array;
  readonly version: string;
  readonly entry: Drafted["entry"];
  /** Its place in the other store. */
  readonly at: Place;
  readonly changes: Changes;
  readonly redirection: Redirection;
}

/** What is the same for all entries of one call. */
export interface Crossing {
  readonly sources: readonly Source[];
  readonly target: string;
  readonly copy: boolean;
  /** What earlier attempts of this call put into the other store: path and version. */
  readonly placed: Map<string, string>;
}

const refused = (message: string, data: Record<string, unknown>): MemoryError =>
  new MemoryError("invalid_input", `Nothing was written: ${message}`, data);

/** Puts an entry of another store into the draft; nothing when it is there already as it would be. */
export async function place(memory: Memory, draft: Draft, source: Source, crossing: Crossing): Promise<Edit> {
  const { entry, at } = source;
  const path = pathFor(memory, draft, at);
  if (locate(path, draft.root).type !== "entry") throw refused(`${path} cannot be an entry's path.`, { path });
  const there = await occupant(memory, draft, path);
  const old = ownId(memory, source);
  const id = crossing.copy ? memory.newId() : (old ?? there?.entry.fields.id ?? memory.newId());
  const { edit: text, told } = newText(memory, entry, at.kind, source.changes);
  const relations = relationsAfter(memory, source, text.set.relations, crossing);
  const set = { ...text.set, ...(id === entry.fields.id ? {} : { id }), ...(relations ? { relations } : {}) };
  const after = editEntry(source.bytes, { ...text, set }, at);
  const edit: Edit = { op: "created", after: undefined, path, at, id, redirection: source.redirection, ...told };
  // A call that was broken off between its two writes is completed by the same call.
  const before = there !== undefined && !crossing.copy && !draft.touches(there.path) && there.path === path;
  if (before && Buffer.compare(there.bytes, after) === 0) return { ...edit, op: "unchanged", after: there };
  const ours = there?.version !== undefined && crossing.placed.get(there.path) === there.version;
  if (there && !ours) throw taken(memory, draft.store, there, id);
  const [namesake] = crossing.copy ? [] : memory.catalog(draft.store).withId(id.toLowerCase());
  const other = namesake === undefined || namesake === path ? undefined : await draft.read(namesake);
  if (other) throw taken(memory, draft.store, other, id);
  const from = `${source.store}:${addressOf(entry)}`;
  draft.put({ path, after, op: ours ? "updated" : "created", source: `${from} ${source.version}` });
  return { ...edit, after: await draft.read(path) };
}

/** Of two files of a store with one id the first has it. */
function ownId(memory: Memory, { store, path, entry }: Source): string | undefined {
  const { id } = entry.fields;
  const [first = path] = id === undefined ? [] : memory.catalog(store).withId(id.toLowerCase());
  return first === path ? id : undefined;
}

function taken(memory: Memory, store: string, { entry }: Drafted, id: string): MemoryError {
  const address = formatAddress(entry, memory.scope);
  const same = entry.fields.id?.toLowerCase() === id.toLowerCase();
  return new MemoryError(
    "already_exists",
    same
      ? `The store ${store} has an entry with the same id, ${address}, that is not the same. Nothing was written. Delete one of the two with purge: true, then call again.`
      : `${address} is there already in the store ${store}, so nothing was moved. Choose another name.`,
    { address, store, ...(entry.fields.id === undefined ? {} : { id: entry.fields.id }) },
  );
}

/** The relations as they have to be in the other store, so that they lead where they led; undefined when it has none. */
function relationsAfter(
  memory: Memory,
  source: Source,
  given: unknown,
  crossing: Crossing,
): readonly Relation[] | undefined {
  const told = given === undefined ? source.entry.fields.relations : (given as readonly Relation[] | null);
  if (!told) return undefined;
  const { at, entry } = source;
  const scope = given === undefined ? entry.scope : at.scope;
  // What the file held before is no matter of this write.
  const ledNowhere = new Set(entry.fields.relations?.map(({ target }) => targetAddress(target, entry.scope)));
  return told.map((relation, position) => {
    const address = targetAddress(relation.target, scope);
    if (address === undefined) return relation;
    const where = { field: `relations[${position}].target`, target: relation.target };
    const lead = leadsTo(memory, given === undefined ? source.store : crossing.target, address);
    if (!lead && !ledNowhere.has(address))
      throw refused(`${where.field} leads to ${JSON.stringify(relation.target)}, where no entry is.`, where);
    const to = lead ? addressAfter(memory, lead, address, crossing) : address;
    if (typeof to === "string") return { ...relation, target: shortIn(at.scope, to) };
    throw refused(`${formatAddress(entry, memory.scope)} has a relation to ${address}, ${to.why}`, where);
  });
}

/** The address by which an entry of the other store leads to what `lead` is, once all is moved; or why there is none. */
function addressAfter(
  memory: Memory,
  lead: EntryKey,
  address: string,
  { sources, target, copy }: Crossing,
): string | { readonly why: string } {
  const moved = sources.find((one) => keyText(one) === keyText(lead));
  if (moved && !copy) return moved.redirection.to;
  const hidden = lead.store === PERSONAL && target !== PERSONAL;
  if (hidden && moved) return moved.redirection.to;
  if (hidden)
    return {
      why: "which is in your own store only, so it would lead nowhere for others. Move that one too, or take the relation away first.",
    };
  const after = leadsTo(memory, target, address);
  if (after && keyText(after) === keyText(lead)) return address;
  return { why: `which would lead to another entry from the store ${target}. Rename one of the two first.` };
}

/** Refuses a move after which a relation to one of the entries would lead nowhere for others, or to another entry. */
export function refuseLost(memory: Memory, draft: Draft, { sources, target }: Crossing): void {
  const moving = new Set(sources.map(keyText));
  for (const { entry, at, redirection, ...key } of sources) {
    const path = pathFor(memory, draft, at);
    for (const teller of memory.index.relations.tellers({ ...key, ...entry })) {
      if (moving.has(keyText(teller))) continue;
      const from = memory.at(teller);
      const name = from ? formatAddress(from, memory.scope) : teller.path;
      const what = `${name} has a relation to ${formatAddress(entry, memory.scope)}, which`;
      if (target === PERSONAL && teller.store !== PERSONAL)
        throw refused(
          `${what} would be in your own store only, so it would lead nowhere for others. Take that relation away first.`,
          { source: name },
        );
      const ways = waysOf(memory, teller.store, redirection.to);
      const first = ways.find((way) => way.store === target || (!moving.has(keyText(way)) && memory.at(way)));
      if (first?.store !== target || first.path !== path)
        throw refused(`${what} could not be told from the store ${teller.store} any more. Choose another name.`, {
          source: name,
        });
    }
  }
}
