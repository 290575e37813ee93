import type { Relation } from "../entry/entry.js";
import { isPrivate } from "../entry/entry-path.js";
import { readType, shortIn, targetAddress } from "../entry/relations.js";
import { parseScope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import { addressOf } from "../search/indexed.js";
import { documentAddress, documentRecord, documentScope, noDocument } from "./documents.js";
import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";
import { towardsPrivate } from "./private.js";
import { selfLink } from "./relation-check.js";
import { type RelationView, viewOf } from "./relation-view.js";
import { assertStore, resolve } from "./resolve.js";
import type { AnyEdit } from "./scope-edit.js";
import { putRelations, type Teller, tellerAt, unchanged } from "./teller.js";
import { PERSONAL } from "./workspace.js";

/** Two refs, and the type that leads from the first to the second. */
export interface RelationRef {
  readonly ref: string;
  readonly type: string;
  readonly target: string;
}

export interface RelateInput extends RelationRef {
  readonly strength?: number;
  readonly note?: string;
}

/** What one relation does to one file. */
export interface Related {
  readonly edit: AnyEdit;
  readonly relation: RelationView;
  /** It was there before, maybe with another strength or note. */
  readonly existed: boolean;
}

/** One end: its address with the canonical scope, and its path where there is an entry or a document. */
interface End {
  readonly address: string;
  readonly store?: string;
  readonly path?: string;
  /** Why there is none. */
  readonly missing?: MemoryError;
}

/** A relation as a file holds it. */
interface Telling {
  readonly file: Teller;
  readonly relation: Relation;
}

async function endOf(memory: Memory, draft: Draft, text: string): Promise<End> {
  try {
    const scope = documentScope(memory, text);
    if (scope !== undefined) return scopeEnd(memory, draft, scope);
    const found = await resolve(memory, text, draft);
    return { address: addressOf(found), store: found.store, path: found.path };
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    return { address: targetAddress(text, memory.scope) ?? text, missing: error };
  }
}

/** A scope is related to by its document, or by itself where an open store holds it and nobody wrote about it. */
function scopeEnd(memory: Memory, draft: Draft, scope: string): End {
  const address = documentAddress({ scope });
  const record = documentRecord(memory, scope);
  if (record) return { address, store: record.store, path: record.path };
  if (memory.workspace.isKnown(parseScope(scope), draft.store)) return { address, store: draft.store };
  return { address, missing: noDocument(memory, scope) };
}

/** The relations in the file of `teller` that are read as this type, and lead to `other` whatever the words. */
async function tellings(
  draft: Draft,
  teller: End,
  other: End,
  wanted: ReturnType<typeof readType>,
): Promise<Telling[]> {
  const file =
    teller.path === undefined || teller.store !== draft.store ? undefined : await tellerAt(draft, teller.path);
  if (!file) return [];
  const says = ({ type, target }: Relation): boolean => {
    const read = readType(type);
    if (read.type !== wanted.type || read.inverse !== wanted.inverse) return false;
    return (targetAddress(target, file.scope) ?? target) === other.address;
  };
  return file.relations.filter(says).map((relation) => ({ file, relation }));
}

/** Everywhere that a relation is told: in its source's file, or by a twin of its type in its target's. */
const told = async (draft: Draft, source: End, type: string, target: End): Promise<Telling[]> => [
  ...(await tellings(draft, source, target, { type, inverse: false })),
  ...(await tellings(draft, target, source, { type, inverse: true })),
];

/** Puts a relation into the file of its source, or its new strength and note to where it is told already. */
export async function planRelate(memory: Memory, draft: Draft, input: RelateInput): Promise<Related> {
  const { type, inverse } = readType(input.type);
  const [from, to] = [await endOf(memory, draft, input.ref), await endOf(memory, draft, input.target)];
  if (from.missing) throw from.missing;
  if (to.missing) throw new MemoryError(to.missing.code, to.missing.message, { ...to.missing.data, field: "target" });
  if (from.address === to.address && from.path === to.path && from.store === to.store) throw selfLink("target");
  const [source, target] = inverse ? [to, from] : [from, to];
  const given = {
    ...(input.strength === undefined ? {} : { strength: input.strength }),
    ...(input.note === undefined ? {} : { note: input.note }),
  };
  const [known] = await told(draft, source, type, target);
  if (target.store === PERSONAL && source.store !== PERSONAL) throw onlyHere(target.address);
  // What others see does not lead to what only one person has: that may tell it, where the caller's word is from there.
  const hides = !known && isPrivate(target.path ?? "") && !isPrivate(source.path ?? "");
  if (hides && !inverse) throw towardsPrivate("target", input.target, source.path);
  const teller = hides ? target : source;
  if (!known && teller.path === undefined) throw noDocument(memory, teller.address.slice(0, -1));
  if (!known) assertStore(draft, { store: teller.store!, path: teller.path! }, teller.address);
  const file = known?.file ?? (await tellerAt(draft, teller.path!))!;
  const said = hides
    ? { type: input.type, target: shortIn(file.scope, source.address) }
    : { type, target: shortIn(file.scope, target.address) };
  const relation = known ? { ...known.relation, ...given } : { ...said, ...given };
  const view = viewOf(memory, { source, type, target }, relation);
  if (known && known.relation.strength === relation.strength && known.relation.note === relation.note)
    return { edit: unchanged(file), relation: view, existed: true };
  const { relations } = file;
  const next = known ? relations.map((one) => (one === known.relation ? relation : one)) : [...relations, relation];
  return { edit: await putRelations(memory, draft, file, next), relation: view, existed: known !== undefined };
}

/** Takes a relation out of every file that tells it; one that is not there is no error as long as both ends are. */
export async function planUnrelate(memory: Memory, draft: Draft, input: RelationRef): Promise<Related[]> {
  const { type, inverse } = readType(input.type);
  const [from, to] = [await endOf(memory, draft, input.ref), await endOf(memory, draft, input.target)];
  const [source, target] = inverse ? [to, from] : [from, to];
  const removed: Related[] = [];
  for (const { store, path } of [source, target]) {
    if (store !== draft.store) continue;
    // Read anew: of one relation told twice in a file both go at once.
    const here = (await told(draft, source, type, target)).filter(({ file }) => file.path === path);
    const [first] = here;
    if (!first) continue;
    const gone = new Set(here.map(({ relation }) => relation));
    const left = first.file.relations.filter((one) => !gone.has(one));
    const relation = viewOf(memory, { source, type, target }, first.relation);
    removed.push({ edit: await putRelations(memory, draft, first.file, left), relation, existed: true });
  }
  const missing = from.missing ?? to.missing;
  if (removed.length === 0 && missing) throw missing;
  return removed;
}

const onlyHere = (target: string): MemoryError =>
  new MemoryError(
    "invalid_input",
    `Nothing was written: ${target} is in your own store, so a relation of a shared entry would lead nowhere for others. Relate it the other way round.`,
    { field: "target", target },
  );

/** The store that holds the file of a relation's source; that of `ref` where the source is not there. */
export async function storeOfRelation(memory: Memory, { ref, type, target }: RelationRef): Promise<string> {
  await memory.fresh();
  const [first, other] = readType(type).inverse ? [target, ref] : [ref, target];
  const source = await placeOf(memory, first).catch((error: unknown) => error);
  if (!(source instanceof MemoryError)) return source as string;
  return placeOf(memory, other);
}

/** The store of what a ref names, an entry or a scope's document. */
async function placeOf(memory: Memory, ref: string): Promise<string> {
  const scope = documentScope(memory, ref);
  if (scope === undefined) return (await resolve(memory, ref)).store;
  const record = documentRecord(memory, scope);
  if (record) return record.store;
  throw noDocument(memory, scope);
}
