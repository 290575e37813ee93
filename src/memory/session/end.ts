import { isPrivate } from "../../entry/entry-path.js";
import { MemoryError } from "../../errors.js";
import { addressOf, type Indexed } from "../../search/indexed.js";
import { type Moved, moveEntries } from "../move-entries.js";
import { addressIn, resolve } from "../resolve.js";
import type { Calling } from "./call-session.js";
import { assertStatus, vanished, wantedSession } from "./lifecycle.js";
import { type SessionPlace, sessionNamed } from "./records.js";
import { type SessionStanding, type SessionWrite, writeSession } from "./session-draft.js";
import { entriesOf } from "./session-view.js";

/** How a session ends. */
export interface EndInput {
  /** `completed` when absent. */
  readonly status?: "completed" | "discarded" | undefined;
  /** Entries of the session that move to the project. */
  readonly promote?: readonly string[] | undefined;
  /** All of them that are neither archived nor private. */
  readonly all?: boolean | undefined;
}

/** What an end did. */
export type Ended = SessionStanding & { readonly name: string; readonly promoted: readonly Moved[] };

const ENDABLE = ["active", "paused"] as const;

/**
 * Ends a session, its promoted entries moved to the project before: where one of them cannot be, none is and the session
 * goes on. What is cut off in between is finished by the same call.
 */
export async function endSession(
  calling: Calling,
  ref: string | undefined,
  input: EndInput,
  write: SessionWrite,
): Promise<Ended> {
  const { memory, connection } = calling;
  await memory.fresh();
  const place = wantedSession(calling, ref);
  const record = sessionNamed(memory, place.name);
  if (!record) throw vanished(place.name);
  assertStatus(place.name, record.document.fields, ENDABLE, "ended");
  const promoted = await promoteAll(calling, place, await chosen(calling, place, input), write);
  const done = await writeSession(calling, place, "end", write, async (found) => {
    if (!found) throw vanished(place.name);
    assertStatus(place.name, found, ENDABLE, "ended");
    return { set: { status: input.status ?? "completed", ended_at: new Date(memory.now()).toISOString() } };
  }).catch((error: unknown) => {
    throw goesOn(error, place.name, promoted);
  });
  if (connection?.session === place.name) delete connection.session;
  return { ...done, name: place.name, promoted };
}

/** The entries that the call wants in the project; those that are there already are no more work. */
async function chosen({ memory }: Calling, place: SessionPlace, { promote = [], all }: EndInput): Promise<Indexed[]> {
  const record = sessionNamed(memory, place.name);
  const own = record ? entriesOf(memory, record) : [];
  if (all && promote.length > 0)
    throw new MemoryError("invalid_input", "Give promote or all, not both. Nothing was written.", { field: "promote" });
  if (all) return own.filter(({ status, path }) => status !== "archived" && !isPrivate(path)).sort(byAddress);
  const found = new Set<Indexed>();
  for (const text of promote) {
    // A short address or a name means the session's own entry, whatever the project has.
    const short = (entry: Indexed): string => addressIn(memory, { ...entry, scope: memory.scope });
    const mine = own.find((entry) => text === short(entry) || text === entry.name);
    const entry = mine ?? memory.at(await resolve(memory, text));
    if (entry && own.includes(entry)) found.add(entry);
    else if (entry?.scope !== memory.scope)
      throw new MemoryError(
        "invalid_input",
        `${text} is no entry of session ${place.name}, so nothing was promoted and the session goes on.`,
        { field: "promote", ref: text },
      );
  }
  return [...found];
}

const byAddress = (a: Indexed, b: Indexed): number => (addressOf(a) < addressOf(b) ? -1 : 1);

/** Moves entries to the project, those of one store all or none; a session has entries in two only since a setting changed. */
async function promoteAll(
  { memory, caller }: Calling,
  { name }: SessionPlace,
  entries: readonly Indexed[],
  write: SessionWrite,
): Promise<Moved[]> {
  const moved: Moved[] = [];
  for (const store of new Set(entries.map((entry) => entry.store))) {
    const moves = entries.filter((entry) => entry.store === store).map((key) => ({ key, to: { scope: memory.scope } }));
    try {
      moved.push(...(await moveEntries(memory, moves, { ...write, caller })));
    } catch (error) {
      throw goesOn(error, name, moved);
    }
  }
  return moved;
}

/** Says of a refusal that the session goes on, and what of the call is done all the same. */
function goesOn(error: unknown, name: string, moved: readonly Moved[]): unknown {
  if (!(error instanceof MemoryError)) return error;
  const addresses = moved.map(({ address }) => address);
  const done = addresses.length > 0 ? ` Promoted already: ${addresses.join(", ")}; the same call does the rest.` : "";
  return new MemoryError(error.code, `Session ${name} was not ended. ${error.message}${done}`, {
    ...error.data,
    name,
    ...(addresses.length > 0 ? { promoted: addresses } : {}),
  });
}
