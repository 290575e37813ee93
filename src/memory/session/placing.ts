import type { Draft } from "../draft.js";
import type { SaveInput } from "../save.js";
import { type Calling, callSession, noCallSession } from "./call-session.js";
import { assertStatus } from "./lifecycle.js";
import { newPlace, sessionScope } from "./records.js";
import { beginning, putSession, readSession, writeSession } from "./session-draft.js";

/** Categories of memories that are about work in progress: nobody needs them once the session is over. */
const OF_SESSIONS = new Set(["task", "progress"]);

/** The name of the call's own session, where an entry with this input belongs to it. Throws `invalid_input` where there is none. */
function ownSession(calling: Calling, { scope, kind = "memory", category = "" }: SaveInput): string | undefined {
  const usual = scope === undefined && kind === "memory" && OF_SESSIONS.has(category);
  if (scope !== "session" && !usual) return undefined;
  const own = callSession(calling);
  if (!own && scope === "session") throw noCallSession();
  return own?.name;
}

/** A save with the scope that it means for this call: `session`, and work in progress, are the call's own session. */
export function placed(calling: Calling, input: SaveInput): SaveInput {
  const name = ownSession(calling, input);
  return name === undefined ? input : { ...input, scope: sessionScope(name) };
}

/** The same for a private entry, whose write can carry nothing that goes on record: the session begins by a write of its own. */
export async function beginBefore(calling: Calling, input: SaveInput): Promise<void> {
  const name = input.private ? ownSession(calling, input) : undefined;
  if (name === undefined) return;
  const own = callSession(calling)?.record;
  if (own) return assertStatus(name, own.document.fields, ["active"], "given new entries");
  const place = await newPlace(calling.memory, name);
  await writeSession(calling, place, "start", {}, async (found) => ({ set: found ? {} : await beginning(calling) }));
}

/** Begins the call's own session in the draft when an entry with this input is its first. Throws `conflict` when it is paused. */
export async function beginFor(calling: Calling, draft: Draft, input: SaveInput): Promise<void> {
  const name = ownSession(calling, input);
  if (name === undefined || input.private) return;
  const { memory } = calling;
  const folder = memory.workspace.folderOf(draft.store, { level: "session", session: name });
  if (folder === undefined) return;
  const path = `${folder}/session.md`;
  // The document of a session may lie in another store than its entries now go to.
  const fields = callSession(calling)?.record?.document.fields ?? (await readSession(draft, path));
  if (fields) assertStatus(name, fields, ["active"], "given new entries");
  else await putSession(memory, draft, path, { set: await beginning(calling) }, false);
}
