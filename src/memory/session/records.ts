import { type DocumentFields, SESSION_STATES } from "../../entry/document.js";
import { documentPath } from "../../entry/entry-path.js";
import { parseScope, readScope, type Scope } from "../../entry/scope.js";
import { MemoryError } from "../../errors.js";
import type { Memory } from "../memory.js";
import type { ScopeRecord } from "../scope-directory.js";

/** Where a session stands. */
export type SessionStatus = (typeof SESSION_STATES)[number];

/** Where the document of a session is, or will be. */
export interface SessionPlace {
  readonly name: string;
  readonly store: string;
  /** Relative to the store's root. */
  readonly path: string;
}

/** The scope of a session, as text. */
export const sessionScope = (name: string): string => `session/${name}`;

/** Where a document says that its session stands; one without a state is active. */
export const statusOf = ({ status }: DocumentFields): SessionStatus =>
  SESSION_STATES.find((one) => one === status) ?? "active";

/** True for a session that is over. */
export const isEnded = (fields: DocumentFields): boolean => {
  const status = statusOf(fields);
  return status === "completed" || status === "discarded";
};

/** A session's document as the place of it. */
export const placeOf = ({ document, store, path }: ScopeRecord): SessionPlace => ({ name: document.name, store, path });

/** The sessions of the current project, in no order to rely on; of two with one name the person's own. */
export function sessionsHere(memory: Memory): ScopeRecord[] {
  const found = [...memory.scopes.all()].filter((record) => isHere(memory, record));
  return found.filter((record) => sessionNamed(memory, record.document.name) === record);
}

/** Those of other projects lie in the same store and are nobody's business here. */
export function isHere(memory: Memory, { store, document }: ScopeRecord): boolean {
  if (document.level !== "session") return false;
  return memory.workspace.folderOf(store, parseScope(document.scope)) === document.folder;
}

/** The session of a name in the current project; letter case tells two apart only where both are there. */
export function sessionNamed(memory: Memory, name: string): ScopeRecord | undefined {
  const found = memory.scopes.named("session", name).filter((record) => isHere(memory, record));
  const exact = found.filter(({ document }) => document.name === name);
  const order = memory.workspace.places({ level: "session", session: name }).map(({ store }) => store);
  const alike = exact.length > 0 ? exact : found;
  return [...alike].sort((a, b) => order.indexOf(a.store) - order.indexOf(b.store))[0];
}

/** The session that a text means: its name, its scope (`session/N`, with or without colon) or its id. Throws `not_found` naming near ones. */
export function findSession(memory: Memory, text: string): ScopeRecord {
  const scope = readScope(text.replace(/:$/, ""));
  const name = scope?.level === "session" ? scope.session : text;
  const byId = memory.scopes.withId(text).find((record) => isHere(memory, record));
  const found = sessionNamed(memory, name) ?? byId;
  if (found) return found;
  const nearest = nearestTo(memory, name);
  const hint = nearest.length > 0 ? `Nearest: ${nearest.join(", ")}.` : "[[session start]] begins one.";
  throw new MemoryError("not_found", `There is no session ${JSON.stringify(text)}. ${hint}`, { ref: text, nearest });
}

const MOST_NEAR = 3;

/** Names of sessions that share a word with a text, those that share most first; the latest where none does. */
function nearestTo(memory: Memory, text: string): string[] {
  const wordsOf = (some: string): string[] => some.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const wanted = new Set(wordsOf(text));
  const rated = sessionsHere(memory).map(({ document: { name, title, fields } }) => {
    const words = new Set(wordsOf(`${name} ${title}`));
    const shared = [...words].filter((word) => [...wanted].some((one) => word.startsWith(one) || one.startsWith(word)));
    return { name, score: shared.length, at: fields.started_at ?? "" };
  });
  rated.sort((a, b) => b.score - a.score || (a.at < b.at ? 1 : -1));
  return rated.slice(0, MOST_NEAR).map(({ name }) => name);
}

/** True for a scope whose session was discarded: what it holds is shown only where somebody asks for it. */
export function isDiscarded(memory: Memory, scope: string): boolean {
  if (!scope.startsWith("session/")) return false;
  const record = sessionNamed(memory, scope.slice("session/".length));
  return record !== undefined && statusOf(record.document.fields) === "discarded";
}

/** Where the document of a session that is not there yet goes. */
export async function newPlace(memory: Memory, name: string): Promise<SessionPlace> {
  const scope: Scope = { level: "session", session: name };
  const { name: store, manifest } = await memory.home(sessionScope(name));
  const folder = memory.workspace.folderOf(store, scope);
  const at = { scope: sessionScope(name), ...(folder === undefined ? {} : { folder }) };
  return { name, store, path: documentPath(at, manifest.root) };
}
