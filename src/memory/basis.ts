import { formatAddress } from "../entry/address.js";
import { isPrivate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import { blobId } from "../git/objects.js";
import type { WhoWrote } from "../store/last-write.js";
import type { Caller } from "./caller.js";
import type { Draft, Drafted } from "./draft.js";
import { assertBase, staleVersion } from "./edits.js";
import type { KnownTexts } from "./known-texts.js";
import type { Memory } from "./memory.js";

/** Who changes an entry, and what their connection knows of it, where there is one that lasts. */
export interface Changer {
  readonly caller: Caller;
  readonly known?: KnownTexts | undefined;
}

/** The text that a change was made on top of, where that is not the current one. */
export interface Basis {
  readonly version: string;
  readonly bytes: Uint8Array;
}

/** What a change says about the text it is made on. */
interface Based {
  readonly base_version?: string | undefined;
  /** It replaces the whole text: that has to have been read. */
  readonly blind: boolean;
}

/**
 * What a change to an entry was made on top of (DESIGN 4.3): the version it names, else the one that its connection knows,
 * else, for callers without a connection, the version before one that another writer made within the conflict window.
 * Undefined = the current text. Throws `stale_version` for a version that nobody has any more, and for a new text from a
 * connection that never read the old one.
 */
export async function basisOf(
  memory: Memory,
  draft: Draft,
  old: Drafted,
  { base_version, blind }: Based,
  by: Changer,
): Promise<Basis | undefined> {
  const address = formatAddress(old.entry, memory.scope);
  // What is private has no older versions, and what this write changed already has none yet.
  if (isPrivate(old.path) || old.version === undefined) {
    assertBase(address, old, base_version);
    if (blind && !isPrivate(old.path)) await assertSeen(memory, draft, old, base_version, by);
    return undefined;
  }
  const known = base_version === undefined ? by.known?.of(keyOf(draft, old)) : { version: base_version };
  if (known?.bytes) return { version: blobId(known.bytes), bytes: known.bytes };
  if (known?.version === old.version) return undefined;
  if (known && base_version === undefined && (await isOwn(draft, old, known.version, by))) return undefined;
  if (known) {
    const bytes = await readVersion(memory, draft, old, known.version);
    if (bytes) return { version: known.version, bytes };
    throw staleVersion(address, old, known.version);
  }
  if (by.known === undefined) return writtenBetween(memory, draft, old, by);
  if (blind) throw unread(address, old);
  return undefined;
}

/** Refuses a new text for an entry that this write changed already, when its writer had not seen the text before. */
async function assertSeen(memory: Memory, draft: Draft, old: Drafted, base: string | undefined, by: Changer) {
  const before = draft.versionBefore(old.path);
  if (base !== undefined || by.known === undefined || before === undefined) return;
  const known = by.known.versionOf(keyOf(draft, old));
  const address = formatAddress(old.entry, memory.scope);
  if (known === undefined) throw unread(address, old);
  if (known !== before && !(await isOwn(draft, { ...old, version: before }, known, by)))
    throw staleVersion(address, old, known);
}

const keyOf = ({ store }: Draft, { path, entry }: Drafted) => ({ store, path, id: entry.fields.id });

async function readVersion(memory: Memory, draft: Draft, { path }: Drafted, version: string) {
  const store = await memory.store(draft.store);
  return store.readVersion(version, path);
}

/**
 * True when all that came since a version is of the caller's own session, which is never concurrent with itself: what a
 * person did by hand is not.
 */
export async function isOwn(
  draft: Draft,
  { path, version }: Drafted,
  since: string,
  { caller }: Changer,
): Promise<boolean> {
  if (caller.session === undefined) return false;
  const writes = await draft.writesSince(path, since);
  return writes[0]?.version === version && writes.every(({ session }) => session === caller.session);
}

/** The 5-second rule: the version before one that another writer made so shortly before that the caller cannot have seen it. */
async function writtenBetween(memory: Memory, draft: Draft, old: Drafted, { caller }: Changer) {
  const since = memory.now() - memory.settings.conflict_window_ms.value;
  const last = await draft.lastWrite(old.path, since);
  // An entry that is new was there to be found, so whoever changes it has seen it.
  if (last?.version !== old.version || !last?.before || isSameWriter(memory, last, caller)) return undefined;
  const bytes = await readVersion(memory, draft, old, last.before);
  return bytes && { version: last.before, bytes };
}

/** One session is one writer; without sessions one server, or the commands of one shell, with one agent and author. */
export function isSameWriter(memory: Memory, last: WhoWrote, { session, agent, author }: Caller): boolean {
  if (session !== undefined || last.session !== undefined) return session === last.session;
  return last.writer === memory.writer && agent === last.agent && (!author || author.name === last.author);
}

/**
 * Refuses (`stale_version`) what cannot be merged, such as a delete or a move, when the caller knows another version than
 * the current one.
 */
export async function assertKnown(
  memory: Memory,
  draft: Draft,
  old: Drafted,
  base: string | undefined,
  by: Changer,
): Promise<void> {
  const address = formatAddress(old.entry, memory.scope);
  const known = base ?? (old.version && by.known?.versionOf(keyOf(draft, old)));
  if (base === undefined && known !== undefined && known !== old.version && (await isOwn(draft, old, known, by)))
    return;
  assertBase(address, old, known);
}

const unread = (address: string, { version, bytes }: Drafted): MemoryError =>
  new MemoryError(
    "stale_version",
    `This connection has not read ${address}, so a new text for it would overwrite one that was not seen. Nothing was written. Read the current text in data.current, apply your change to it, and pass base_version ${version}; append, edits and set need no reading.`,
    { address, version, current: Buffer.from(bytes).toString("utf8") },
  );
