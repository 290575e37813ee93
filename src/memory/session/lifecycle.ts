import type { DocumentFields } from "../../entry/document.js";
import { checkName, nameFromTitle } from "../../entry/name.js";
import { isScopeName } from "../../entry/scope.js";
import { MemoryError } from "../../errors.js";
import { type Calling, callSession, nameFor, noCallSession } from "./call-session.js";
import {
  findSession,
  isEnded,
  newPlace,
  placeOf,
  type SessionPlace,
  type SessionStatus,
  sessionNamed,
  sessionScope,
  statusOf,
} from "./records.js";
import { beginning, type SessionStanding, type SessionWrite, writeSession } from "./session-draft.js";

const invalid = (field: string, message: string): MemoryError => new MemoryError("invalid_input", message, { field });

/** A ref that means the session of the call. */
const CURRENT = "current";

/** The session that a call is about: the one named, else its own. Throws where there is none. */
export function wantedSession(calling: Calling, ref: string | undefined): SessionPlace {
  if (ref !== undefined && ref !== CURRENT) return placeOf(findSession(calling.memory, ref));
  const own = callSession(calling);
  if (!own) throw noCallSession();
  if (own.record) return placeOf(own.record);
  throw new MemoryError("not_found", "This connection has no session yet. [[session start]] begins one.", {
    ref: own.name,
  });
}

/** The same for a write that a call's own session may begin with. */
export async function sessionToWrite(calling: Calling, ref: string | undefined): Promise<SessionPlace> {
  const own = ref === undefined || ref === CURRENT ? callSession(calling) : undefined;
  return own && !own.record ? newPlace(calling.memory, own.name) : wantedSession(calling, ref);
}

export interface StartInput {
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly purpose?: string | undefined;
  readonly parent?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly tags?: readonly string[] | undefined;
}

function checkSessionName(name: string): void {
  checkName(name);
  if (!isScopeName(name) || name === CURRENT)
    throw invalid(
      "name",
      `A session's name is one word of a path, without / and :, and not ${CURRENT}. Nothing was written.`,
    );
}

/** Characters of a purpose that a name is made of. */
const NAMING = 48;

/** A name that no session has: of the caller's session, else of the purpose, else of the day. */
function madeName({ memory, caller }: Calling, purpose: string | undefined): string {
  const chosen = caller.session === undefined ? undefined : nameFor(caller.session);
  const day = new Date(memory.now()).toISOString().slice(0, 10);
  const base =
    chosen && !chosen.startsWith("auto-") ? chosen : (nameFromTitle((purpose ?? "").slice(0, NAMING)) ?? day);
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    const taken = sessionNamed(memory, name);
    // Whoever chose the name wants that session, not another one beside it.
    if (taken && base === chosen && !isEnded(taken.document.fields)) throw alreadyThere(taken.document.name);
    if (!taken && name !== CURRENT) return name;
  }
}

const alreadyThere = (name: string): MemoryError =>
  new MemoryError(
    "already_exists",
    `There is a session ${name} already, so nothing was written. [[session resume]] goes on with a paused one; a new one needs another name, and can have it as its parent.`,
    { name },
  );

/** Begins a session; the connection is in it from then on. */
export async function startSession(
  calling: Calling,
  { name: given, parent, ...rest }: StartInput,
  write: SessionWrite,
): Promise<SessionStanding & { readonly name: string }> {
  const { memory, connection } = calling;
  if (given !== undefined) checkSessionName(given);
  // A session may be the first thing that somebody writes down at all; one that continues another never is.
  if (parent === undefined) await memory.home(sessionScope(given ?? "new"));
  await memory.fresh();
  if (given !== undefined && sessionNamed(memory, given)) throw alreadyThere(given);
  const from = parent === undefined ? undefined : findSession(memory, parent).document.name;
  const place = await newPlace(memory, given ?? madeName(calling, rest.purpose));
  const fields = Object.fromEntries(
    Object.entries({ ...rest, parent: from }).filter(([, value]) => value !== undefined),
  );
  const done = await writeSession(calling, place, "start", write, async (found) => {
    if (found) throw alreadyThere(place.name);
    return { set: await beginning(calling, fields) };
  });
  if (connection) connection.session = place.name;
  return { ...done, name: place.name };
}

export interface UpdateSessionInput {
  readonly title?: string | null | undefined;
  readonly purpose?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly content?: string | undefined;
}

/** Changes what is said of a session; the call's own begins with it when it is not there yet. */
export async function updateSession(
  calling: Calling,
  ref: string | undefined,
  { content, ...given }: UpdateSessionInput,
  write: SessionWrite,
): Promise<SessionStanding & { readonly name: string }> {
  await calling.memory.fresh();
  const place = await sessionToWrite(calling, ref);
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (content === undefined && Object.keys(set).length === 0)
    throw invalid("purpose", "There is nothing to change: give title, purpose, tags, metadata or content.");
  const done = await writeSession(calling, place, "update", write, async (found) => ({
    set: found ? set : await beginning(calling, set),
    ...(content === undefined ? {} : { content }),
  }));
  return { ...done, name: place.name };
}

const NEXT: Readonly<Record<SessionStatus, string>> = {
  active: "It is active: [[session pause]] or [[session end]] are what can be done with it.",
  paused: "It is paused: [[session resume]] goes on with it, [[session end]] ends it.",
  completed: "It is over. [[session start]] with it as parent begins one that continues it.",
  discarded: "It is over. [[session start]] with it as parent begins one that continues it.",
};

/** Refuses (`conflict`) a step that cannot follow where a session stands. */
export function assertStatus(
  name: string,
  fields: DocumentFields,
  wanted: readonly SessionStatus[],
  verb: string,
): void {
  const status = statusOf(fields);
  if (wanted.includes(status)) return;
  throw new MemoryError(
    "conflict",
    `Session ${name} is ${status}, so it cannot be ${verb}. Nothing was written. ${NEXT[status]}`,
    { name, status },
  );
}

/** What a session is not there any more is refused with, in the middle of a write. */
export const vanished = (name: string): MemoryError =>
  new MemoryError("not_found", `Session ${name} is not there any more. Nothing was written.`, { ref: name });

/** Pauses an active session, or goes on with a paused one, in which the connection then is. */
export async function turnSession(
  calling: Calling,
  ref: string | undefined,
  to: "paused" | "active",
  write: SessionWrite,
): Promise<SessionStanding & { readonly name: string }> {
  await calling.memory.fresh();
  const place = wantedSession(calling, ref);
  const pausing = to === "paused";
  const done = await writeSession(calling, place, pausing ? "pause" : "resume", write, async (found) => {
    if (!found) throw vanished(place.name);
    assertStatus(place.name, found, [pausing ? "active" : "paused"], pausing ? "paused" : "resumed");
    return { set: { status: pausing ? "paused" : null } };
  });
  if (!pausing && calling.connection) calling.connection.session = place.name;
  return { ...done, name: place.name };
}
