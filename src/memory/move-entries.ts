import { formatAddress } from "../entry/address.js";
import { isPrivate } from "../entry/entry-path.js";
import type { Kind } from "../entry/kinds.js";
import { checkName } from "../entry/name.js";
import { MemoryError } from "../errors.js";
import { addressOf, type EntryKey } from "../search/indexed.js";
import type { Written } from "../store/session.js";
import type { Caller } from "./caller.js";
import type { Draft } from "./draft.js";
import { assertBase, type Edit, recordOf, refuseSecrets, resultOf, type WriteResult, withHint } from "./edits.js";
import { keyText } from "./leads.js";
import type { Memory } from "./memory.js";
import { type Crossing, place, refuseLost, type Source } from "./move-plan.js";
import { parseAt } from "./parse-at.js";
import { refuseOutsidePaths } from "./path-check.js";
import { refuseOtherSide } from "./private.js";
import { redirectElsewhere, redirectIn, redirection } from "./redirect.js";
import { refuseRelations } from "./relation-check.js";
import { scopeIn } from "./resolve.js";
import { refuseFullSessions } from "./session/working-set.js";
import { type Changes, type Place, planChange, storeFor } from "./update.js";

/** An entry, where it is to go, and what else is to be different in it there. */
export interface Move {
  readonly key: EntryKey;
  readonly to: {
    readonly scope: string;
    /** The name of an open store; the one where new entries of the scope go when absent. */
    readonly store?: string;
    readonly name?: string;
    readonly kind?: Kind;
  };
  readonly changes?: Changes;
}

export interface MoveWrite {
  readonly caller: Caller;
  readonly reason?: string | undefined;
  /** The entry stays where it is too; the copy has an id of its own. */
  readonly copy?: boolean;
  readonly allow_secrets?: readonly string[] | undefined;
  /** Throws when nobody waits for the answer any more; asked before anything is written. */
  readonly goOn?: () => void;
}

/** What the move of one entry answers: what a write answers, and where it came from. */
export interface Moved extends WriteResult {
  /** `<store>:<address>`, the scope in it. */
  readonly from: string;
}

/** So often an entry may change while it is moved. */
const ATTEMPTS = 5;

/**
 * Moves, or copies, entries of one store to another one, or within it: all or none. The other store is written first, then
 * the entries are taken away where they were; what breaks off in between is completed by the same call. Relations follow.
 */
export async function moveEntries(memory: Memory, moves: readonly Move[], write: MoveWrite): Promise<Moved[]> {
  await memory.fresh();
  if (new Set(moves.map(({ key }) => keyText(key))).size < moves.length)
    throw new MemoryError("invalid_input", "An entry is named twice, so nothing was written.", { field: "moves" });
  const from = one(
    moves.map(({ key }) => key.store),
    "come from",
  );
  const wanted = moves.map((move) => move.to.store ?? storeFor(memory, scoped(memory, move.key), move.to.scope));
  const to = one(wanted, "go to");
  // What is refused later would be refused after the other store was written.
  if (!write.copy)
    await memory.transact(from, async () => ({ record: recordOf([], {}, undefined), answer: () => undefined }));
  const first = await Promise.all(moves.map((move) => sourceOf(memory, move)));
  if (from === to && !write.copy) return moveInside(memory, from, first, write);
  for (const source of first) refusePrivate(memory, source);
  for (const move of moves) await memory.home(move.to.scope, to);
  const placed = new Map<string, string>();
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const sources = attempt === 1 ? first : await Promise.all(moves.map((move) => sourceOf(memory, move)));
    const results = await placeAll(memory, { sources, target: to, copy: write.copy === true, placed }, write);
    if (write.copy) return results;
    const taken = await takeAway(memory, sources, results, write);
    if (taken === undefined) continue;
    const redirections = sources.map((source) => source.redirection);
    const hint = await redirectElsewhere(memory, redirections, [from, to], write);
    return results.map((result) => withHint({ ...result, ...taken }, hint));
  }
  throw new MemoryError(
    "locked",
    `An entry keeps changing in the store ${from} while it is moved; it is in the store ${to} too now. Try again in a moment.`,
    { stores: [from, to] },
  );
}

/** Refuses (`forbidden`) to take what is private to where it would be in commits. */
function refusePrivate(memory: Memory, { path, entry }: Source): void {
  if (!isPrivate(path)) return;
  const address = formatAddress(entry, memory.scope);
  throw new MemoryError(
    "forbidden",
    `${address} is private and stays in your own store. Nothing was written. Save its text anew without private where others are to have it.`,
    { address },
  );
}

function one(stores: readonly string[], how: string): string {
  const [first, ...others] = [...new Set(stores)];
  if (first !== undefined && others.length === 0) return first;
  throw new MemoryError(
    "invalid_input",
    `Nothing was written: all entries of one call ${how} one store, not ${[first, ...others].join(" and ")}. Make it a call for each.`,
    { stores },
  );
}

const scoped = (memory: Memory, key: EntryKey) => ({ ...key, scope: memory.at(key)?.scope ?? "" });

async function sourceOf(memory: Memory, { key, to, changes = {} }: Move): Promise<Source> {
  const store = await memory.store(key.store);
  const current = await store.current(key.path);
  const entry = current && parseAt(store.manifest.root, key.path, current.bytes);
  if (!current || !entry)
    throw new MemoryError("not_found", `${key.path} in the store ${key.store} is no entry that can be read.`, {
      ...key,
    });
  const address = formatAddress(entry, memory.scope);
  if ((await store.view.unmerged()).has(key.path))
    throw new MemoryError(
      "conflict",
      `${address} is in the middle of a merge. Resolve that first. Nothing was written.`,
      {
        address,
      },
    );
  assertBase(address, current, changes.base_version);
  refuseOtherSide(address, entry, changes.set?.private);
  if (to.name !== undefined && to.name !== entry.name) checkName(to.name);
  const at: Place = { kind: to.kind ?? entry.kind, name: to.name ?? entry.name, scope: scopeIn(memory, to.scope) };
  const { bytes, version } = current;
  return { ...key, bytes, version, entry, at, changes, redirection: redirection(memory, { ...key, ...entry }, at) };
}

async function moveInside(
  memory: Memory,
  store: string,
  sources: readonly Source[],
  write: MoveWrite,
): Promise<Moved[]> {
  const decide = async (draft: Draft): Promise<Edit[]> => {
    const edits: Edit[] = [];
    for (const { path, at, changes, entry } of sources) {
      const old = await draft.read(path);
      if (!old) throw new MemoryError("not_found", `${path} is gone. Nothing was written.`, { path });
      assertBase(formatAddress(entry, memory.scope), old, changes.base_version);
      const stays = addressOf(at) === addressOf(old.entry);
      edits.push(await planChange(memory, draft, old, { target: stays ? undefined : at, input: changes }));
    }
    return edits;
  };
  const results = await memory.transact(store, async (draft) => {
    write.goOn?.();
    const edits = await decide(draft);
    await refuseRelations(memory, draft);
    await refuseOutsidePaths(draft);
    await refuseSecrets(draft, write.allow_secrets ?? []);
    write.goOn?.();
    const answer = (written: Written) => edits.map((edit) => resultOf(memory, store, edit, written));
    return { record: recordOf(edits, write.caller, write.reason), answer };
  });
  const hint = await redirectElsewhere(
    memory,
    sources.map((source) => source.redirection),
    [store],
    write,
  );
  return results.map((result, position) => withHint({ ...result, from: originOf(sources[position]!) }, hint));
}

const originOf = ({ store, entry }: Source): string => `${store}:${addressOf(entry)}`;

/** The first write: everything into the other store. */
function placeAll(memory: Memory, crossing: Crossing, write: MoveWrite): Promise<Moved[]> {
  const { sources, target, copy } = crossing;
  return memory.transact(target, async (draft) => {
    write.goOn?.();
    if (!copy) refuseLost(memory, draft, crossing);
    const edits: Edit[] = [];
    for (const source of sources) edits.push(await place(memory, draft, source, crossing));
    await refuseFullSessions(memory, draft);
    await refuseOutsidePaths(draft);
    await refuseSecrets(draft, write.allow_secrets ?? []);
    if (!copy)
      await redirectIn(
        draft,
        sources.map((source) => source.redirection),
      );
    write.goOn?.();
    const answer = (written: Written): Moved[] =>
      edits.map((edit, position) => {
        const result = resultOf(memory, target, edit, written);
        if (result.version !== undefined) crossing.placed.set(edit.path, result.version);
        return { ...result, change: copy ? "created" : "renamed", from: originOf(sources[position]!) };
      });
    return { record: recordOf(edits, write.caller, write.reason), answer };
  });
}

/** The second write: the entries where they were. Undefined when one of them is not what was moved any more. */
function takeAway(
  memory: Memory,
  sources: readonly Source[],
  results: readonly Moved[],
  { caller, reason }: MoveWrite,
): Promise<{ readonly pending?: string } | undefined> {
  return memory.transact(sources[0]!.store, async (draft) => {
    const edits: Edit[] = [];
    for (const [position, { path, version, entry, at, redirection }] of sources.entries()) {
      const now = await draft.file(path);
      if (!now) continue;
      if (now.version !== version) return { record: recordOf([], caller, reason), answer: () => undefined };
      const destination = `${results[position]!.store}:${addressOf(at)}`;
      draft.put({ path, after: null, op: "renamed", destination }, false);
      edits.push({ op: "renamed", after: undefined, path, at: entry, id: entry.fields.id, redirection });
    }
    await redirectIn(
      draft,
      sources.map((source) => source.redirection),
    );
    const answer = ({ pending }: Written) => (pending === undefined ? {} : { pending });
    return { record: recordOf(edits, caller, reason), answer };
  });
}
