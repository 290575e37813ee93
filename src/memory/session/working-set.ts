import { isPrivate } from "../../entry/entry-path.js";
import { shortIn, targetAddress } from "../../entry/relations.js";
import { MemoryError } from "../../errors.js";
import { addressOf } from "../../search/indexed.js";
import type { Draft } from "../draft.js";
import type { Memory } from "../memory.js";
import { towardsPrivate } from "../private.js";
import { type Named, resolve } from "../resolve.js";
import type { ScopeRecord } from "../scope-directory.js";
import { PERSONAL } from "../workspace.js";
import type { Calling } from "./call-session.js";
import { assertStatus, sessionToWrite } from "./lifecycle.js";
import { type SessionPlace, sessionScope } from "./records.js";
import { beginning, readSession, type SessionStanding, type SessionWrite, writeSession } from "./session-draft.js";

type Items = NonNullable<ScopeRecord["document"]["fields"]["working_set"]>;

/** What is done to a working set. */
export interface AttachInput {
  readonly refs: readonly string[];
  /** Whether they are what is being worked on right now; their mark stays when absent. */
  readonly working?: boolean | undefined;
  /** Where the first of them goes, from 1; absent = where they are, else at the end. */
  readonly position?: number | undefined;
  /** Takes them out instead. */
  readonly detach?: boolean | undefined;
}

/** Puts entries into a session's working set, moves them in it, or takes them out; doing it again changes nothing. */
export async function attachEntries(
  calling: Calling,
  ref: string | undefined,
  { refs, working, position, detach = false }: AttachInput,
  write: SessionWrite,
): Promise<SessionStanding & { readonly name: string }> {
  const { memory } = calling;
  await memory.fresh();
  if (detach && (working !== undefined || position !== undefined))
    throw new MemoryError(
      "invalid_input",
      "detach takes entries out: leave working and position away. Nothing was written.",
      {
        field: "detach",
      },
    );
  const place = await sessionToWrite(calling, ref);
  const scope = sessionScope(place.name);
  const verb = detach ? "take from the working set of" : "add to the working set of";
  const done = await writeSession(calling, place, verb, write, async (found, draft) => {
    if (found) assertStatus(place.name, found, ["active", "paused"], "given other entries");
    const before: Items = found?.working_set ?? [];
    const meant = [
      ...new Set(await Promise.all(refs.map((text) => meantBy(memory, place, text, detach ? before : [])))),
    ];
    const now = detach ? without(before, meant, scope) : withEntries(before, meant, scope, { working, position });
    if (now.length > before.length) refuseFull(memory, draft, place, now);
    const set = { working_set: now.length === 0 ? null : now };
    return { set: found ? set : await beginning(calling, set) };
  });
  return { ...done, name: place.name };
}

/** The address (with its canonical scope) of the entry that a ref means; one that is in the set may be gone. */
async function meantBy(memory: Memory, place: SessionPlace, text: string, items: Items): Promise<string> {
  const scope = sessionScope(place.name);
  let found: Named;
  try {
    found = await resolve(memory, text);
  } catch (error) {
    const address = targetAddress(text, scope);
    if (address !== undefined && items.some(({ entry }) => targetAddress(entry, scope) === address)) return address;
    throw error;
  }
  if (isPrivate(found.path)) throw towardsPrivate("refs", text);
  if (found.store === PERSONAL && place.store !== PERSONAL)
    throw new MemoryError(
      "invalid_input",
      `Nothing was written: ${text} is only in your own store, and session ${place.name} is shared. [[promote]] the entry first, or leave it out.`,
      { ref: text, store: found.store },
    );
  return addressOf(found);
}

const isOneOf = (addresses: readonly string[], scope: string) => {
  const all = new Set(addresses);
  return ({ entry }: Items[number]): boolean => all.has(targetAddress(entry, scope) ?? entry);
};

const without = (items: Items, addresses: readonly string[], scope: string): Items => {
  const gone = isOneOf(addresses, scope);
  return items.filter((item) => !gone(item));
};

function withEntries(
  items: Items,
  addresses: readonly string[],
  scope: string,
  { working, position }: Pick<AttachInput, "working" | "position">,
): Items {
  const itemOf = (address: string): Items[number] => {
    const known = items.find(({ entry }) => (targetAddress(entry, scope) ?? entry) === address);
    const { working: mark, ...rest } = known ?? { entry: shortIn(scope, address) };
    return { ...rest, ...((working ?? mark) ? { working: true as const } : {}) };
  };
  const given = addresses.map(itemOf);
  if (position !== undefined) {
    const others = without(items, addresses, scope);
    return [...others.slice(0, position - 1), ...given, ...others.slice(position - 1)];
  }
  const present = isOneOf(addresses, scope);
  const known = items.map((item) => (present(item) ? itemOf(targetAddress(item.entry, scope) ?? item.entry) : item));
  const before = new Set(items.map(({ entry }) => targetAddress(entry, scope) ?? entry));
  return [...known, ...given.filter((_item, at) => !before.has(addresses[at] ?? ""))];
}

/** Refuses a session that would hold more entries, its own and those of its working set together, than the setting allows. */
function refuseFull(memory: Memory, draft: Draft, { name, store }: SessionPlace, items: Items): void {
  const scope = sessionScope(name);
  const { value: limit } = memory.settings.max_memories_per_session;
  const own = new Set<string>();
  for (const entry of memory.index.entries())
    if (entry.scope === scope && entry.store === store && !draft.touches(entry.path)) own.add(addressOf(entry));
  for (const { entry } of draft.entries()) if (entry.scope === scope) own.add(addressOf(entry));
  for (const { entry } of items) own.add(targetAddress(entry, scope) ?? entry);
  if (own.size <= limit) return;
  throw new MemoryError(
    "invalid_input",
    `Session ${name} would hold ${own.size} entries, its working set included; max_memories_per_session is ${limit}. Nothing was written. [[session end]] it with what is worth keeping promoted, or take entries out.`,
    { name, limit, size: own.size },
  );
}

/** The same for a draft that puts entries into sessions. */
export async function refuseFullSessions(memory: Memory, draft: Draft): Promise<void> {
  const here = (path: string, scope: string): boolean => memory.at({ store: draft.store, path })?.scope === scope;
  const grown = draft
    .entries()
    .filter(({ path, entry }) => entry.scope.startsWith("session/") && !here(path, entry.scope));
  for (const scope of new Set(grown.map(({ entry }) => entry.scope))) {
    const name = scope.slice("session/".length);
    const folder = memory.workspace.folderOf(draft.store, { level: "session", session: name });
    const path = `${folder}/session.md`;
    const items = (folder === undefined ? undefined : await readSession(draft, path))?.working_set ?? [];
    refuseFull(memory, draft, { name, store: draft.store, path }, items);
  }
}
