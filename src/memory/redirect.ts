import type { Relation } from "../entry/entry.js";
import { isPrivate } from "../entry/entry-path.js";
import type { Kind } from "../entry/kinds.js";
import { assertSettled, editMarkdown } from "../entry/markdown-edit.js";
import { shortIn, targetAddress } from "../entry/relations.js";
import { MemoryError } from "../errors.js";
import { addressOf, type EntryKey } from "../search/indexed.js";
import type { Caller } from "./caller.js";
import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";
import { holdersOf, turnWorkingSet } from "./session/holders.js";
import { tellerAt } from "./teller.js";

interface Place {
  readonly kind: Kind;
  readonly scope: string;
  readonly name: string;
}

/** An entry that gets another address, and the files whose relations have to follow. */
export interface Redirection {
  /** The old address and the new one, with their canonical scopes. */
  readonly from: string;
  readonly to: string;
  readonly tellers: readonly EntryKey[];
  /** Documents of sessions that work with the entry. */
  readonly holders: readonly EntryKey[];
}

/** What others see is not told the new name of what only one person has. */
const knows = (entry: { readonly path: string }, teller: { readonly path: string }): boolean =>
  !isPrivate(entry.path) || isPrivate(teller.path);

/** What has to follow an entry to another place; nothing where its address stays. */
export function redirection(memory: Memory, from: Place & EntryKey, to: Place): Redirection {
  const [old, now] = [addressOf(from), addressOf(to)];
  const tellers = old === now ? [] : memory.index.relations.tellers(from);
  const holders = old === now ? [] : holdersOf(memory, old);
  return { from: old, to: now, tellers: tellers.filter((one) => knows(from, one)), holders };
}

/** Points the relations in files of the draft's store at the new places; the other bytes of the files stay. */
export async function redirectIn(draft: Draft, redirections: readonly Redirection[]): Promise<void> {
  const turns = new Map<string, Map<string, string>>();
  for (const { from, to, tellers } of redirections)
    for (const { store, path } of tellers)
      if (store === draft.store) turns.set(path, (turns.get(path) ?? new Map()).set(from, to));
  for (const [path, turned] of turns) await turn(draft, path, turned);
  const moved = new Map(redirections.map(({ from, to }) => [from, to]));
  const holding = redirections.flatMap(({ holders }) => holders.filter(({ store }) => store === draft.store));
  for (const path of new Set(holding.map((one) => one.path))) await turnWorkingSet(draft, path, moved);
}

/** All at once: the new address of one entry may be the old one of another. */
async function turn(draft: Draft, path: string, to: ReadonlyMap<string, string>): Promise<void> {
  const source = await tellerAt(draft, path);
  if (!source) return;
  const { scope, relations } = source;
  const newTarget = (target: string): string | undefined => to.get(targetAddress(target, scope) ?? "");
  if (!relations.some(({ target }) => newTarget(target) !== undefined)) return;
  const turned = relations.map((relation) => {
    const target = newTarget(relation.target);
    return target === undefined ? relation : { ...relation, target: shortIn(scope, target) };
  });
  assertSettled(source.bytes, path);
  const after = editMarkdown(source.bytes, { set: { relations: turned } }, source.kind);
  draft.put({ path, after, op: draft.opOf(path) ?? "updated" }, false);
}

/** Points the relations that lead to a moved entry at its new place, in all files of the draft's store. */
export async function redirect(
  memory: Memory,
  draft: Draft,
  from: Place & { readonly path: string },
  to: Place,
): Promise<Redirection> {
  const all = redirection(memory, { store: draft.store, ...from }, to);
  const told = all.tellers.filter(({ store }) => store === draft.store).map(({ path }) => path);
  const drafted = draft.entries().map(({ path }) => path);
  const turned = new Map([[all.from, all.to]]);
  for (const path of new Set([...told, ...drafted]))
    if (path !== from.path && knows(from, { path })) await turn(draft, path, turned);
  for (const { store, path } of all.holders) if (store === draft.store) await turnWorkingSet(draft, path, turned);
  return all;
}

/**
 * Has the relations in other stores than `done` follow, by one write to each. They are no part of the move: a store
 * that cannot be written is named in the hint that is given back.
 */
export async function redirectElsewhere(
  memory: Memory,
  redirections: readonly Redirection[],
  done: readonly string[],
  write: { readonly caller: Caller; readonly reason?: string | undefined },
): Promise<string | undefined> {
  const following = redirections.flatMap(({ tellers, holders }) => [...tellers, ...holders]);
  const stores = new Set(following.map(({ store }) => store));
  const failed: string[] = [];
  for (const store of [...stores].filter((name) => !done.includes(name)).sort()) {
    try {
      await memory.transact(store, async (draft) => {
        await redirectIn(draft, redirections);
        const count = draft.files().length;
        const subject = `memory: relations of ${count} ${count === 1 ? "entry follows" : "entries follow"} a move`;
        const reason = write.reason === undefined ? {} : { reason: write.reason };
        return { record: { op: "updated", subject, ...reason, ...write.caller }, answer: () => undefined };
      });
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      failed.push(`${store}: ${error.message}`);
    }
  }
  if (failed.length === 0) return undefined;
  return `Relations that lead to the old address could not follow in the store ${failed.join(" In the store ")}`;
}

/** An entry's own relations as they have to be written once it is in another scope: they lead where they led. */
export function relationsFrom(scope: string, relations: readonly Relation[], to: string): readonly Relation[] {
  return relations.map((relation) => {
    const address = targetAddress(relation.target, scope);
    return address === undefined ? relation : { ...relation, target: shortIn(to, address) };
  });
}
