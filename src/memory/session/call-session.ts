import { createHash } from "node:crypto";
import { nameFromTitle } from "../../entry/name.js";
import { MemoryError } from "../../errors.js";
import type { Caller } from "../caller.js";
import type { KnownTexts } from "../known-texts.js";
import type { Memory } from "../memory.js";
import type { ScopeRecord } from "../scope-directory.js";
import { isEnded, sessionNamed, sessionScope, statusOf } from "./records.js";

/** What a connection remembers while it lasts. */
export interface Connection {
  /** The session that it began or went on with; absent = the one that follows from the caller's session. */
  session?: string;
  /** The texts that it has read and written. */
  readonly texts: KnownTexts;
}

/** A call: who asks whom, and over which connection where there is one that lasts. */
export interface Calling {
  readonly memory: Memory;
  readonly caller: Caller;
  readonly connection?: Connection;
}

/** The session of a call; without a record it is not there yet. */
export interface CallSession {
  readonly name: string;
  readonly record: ScopeRecord | undefined;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The name of the session that begins by itself for a caller's session: what a person chose, else made of the id. */
export function nameFor(session: string): string {
  const given = UUID.test(session) ? undefined : nameFromTitle(session);
  // The id of a connection over HTTP is what opens it: no part of it goes into a name.
  return given ?? `auto-${createHash("sha256").update(session).digest("hex").slice(0, 12)}`;
}

/**
 * The session that a call belongs to: the one that its connection entered, else the first of its name that is not over.
 * Undefined for a caller without a session.
 */
export function callSession({ memory, caller, connection }: Calling): CallSession | undefined {
  const entered = connection?.session === undefined ? undefined : sessionNamed(memory, connection.session);
  if (entered && !isEnded(entered.document.fields)) return { name: entered.document.name, record: entered };
  if (caller.session === undefined) return undefined;
  const first = sessionNamed(memory, caller.session)?.document.name ?? nameFor(caller.session);
  for (let number = 1; ; number++) {
    const name = number === 1 ? first : `${first}-${number}`;
    const record = sessionNamed(memory, name);
    if (!record || !isEnded(record.document.fields)) return { name: record?.document.name ?? name, record };
  }
}

/** The session of a call, where it is there and active. */
export function activeSession(calling: Calling): ScopeRecord | undefined {
  const record = callSession(calling)?.record;
  return record && statusOf(record.document.fields) === "active" ? record : undefined;
}

/** The scope where the reads of a call begin when it names none. */
export function readingScope(calling: Calling): string {
  const active = activeSession(calling);
  return active ? active.document.scope : calling.memory.scope;
}

/** The scope that a reader named: `session` is the call's own. Throws `not_found` when that is not there yet. */
export function namedScope(calling: Calling, scope: string): string {
  if (scope !== "session") return scope;
  const found = callSession(calling);
  if (!found) throw noCallSession();
  if (found.record) return found.record.document.scope;
  throw new MemoryError(
    "not_found",
    "This connection has no session yet. [[session start]] begins one; so does saving with scope session.",
    { scope: sessionScope(found.name) },
  );
}

/** What a call that belongs to no session is refused with. */
export const noCallSession = (): MemoryError =>
  new MemoryError(
    "invalid_input",
    "This call belongs to no session. Name one as session/NAME, or say which one you are in: --session, GIT_MEMORY_SESSION or X-Memory-Session. Nothing was done.",
    { field: "scope" },
  );
