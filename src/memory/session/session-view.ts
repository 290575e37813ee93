import type { DocumentFields } from "../../entry/document.js";
import { targetAddress } from "../../entry/relations.js";
import { addressOf, type Indexed } from "../../search/indexed.js";
import type { Memory } from "../memory.js";
import { addressIn, resolve } from "../resolve.js";
import type { ScopeRecord } from "../scope-directory.js";
import { type Calling, callSession } from "./call-session.js";
import { type SessionStatus, sessionsHere, statusOf } from "./records.js";

/** What is told of a session. Times are ISO 8601. */
export interface SessionView
  extends Pick<
    DocumentFields,
    | "id"
    | "purpose"
    | "agent"
    | "started_at"
    | "ended_at"
    | "parent"
    | "git_branch"
    | "git_commit"
    | "tags"
    | "metadata"
  > {
  readonly name: string;
  readonly scope: string;
  readonly title: string;
  readonly status: SessionStatus;
  readonly description?: string;
  /** Entries of the session, archived ones too. */
  readonly entries: number;
  /** Entries that it works with. */
  readonly working_set: number;
  readonly last_activity?: string;
  readonly store: string;
  readonly version: string;
  /** It is the session of this call. */
  readonly current?: true;
}

/** An entry of a working set. */
export interface WorkingItem {
  readonly address: string;
  readonly title?: string;
  readonly kind?: string;
  readonly working?: true;
  /** Nothing is there any more. */
  readonly missing?: true;
}

const FIELDS = [
  "id",
  "purpose",
  "agent",
  "started_at",
  "ended_at",
  "parent",
  "git_branch",
  "git_commit",
  "tags",
  "metadata",
] as const;

/** The entries of a session, wherever they are. */
export function entriesOf(memory: Memory, { document: { scope } }: ScopeRecord): Indexed[] {
  return [...memory.index.entries()].filter((entry) => entry.scope === scope);
}

/** Milliseconds since 1970 of the last thing that is known to have happened in a session. */
function lastActivity(record: ScopeRecord, entries: readonly Indexed[]): number | undefined {
  const { started_at: started, ended_at: ended } = record.document.fields;
  const stamps = [started, ended].flatMap((text) => (text === undefined ? [] : Date.parse(text)));
  const times = [record.updatedAt, ...entries.flatMap(({ updatedAt, createdAt }) => [updatedAt, createdAt]), ...stamps];
  const known = times.filter((time) => time !== undefined && !Number.isNaN(time));
  return known.length === 0 ? undefined : Math.max(...(known as number[]));
}

/** What is told of a session; `entries` are its own. */
export function sessionView(
  calling: Calling,
  record: ScopeRecord,
  entries: readonly Indexed[] = entriesOf(calling.memory, record),
): SessionView {
  const { name, scope, title, fields, body } = record.document;
  const last = lastActivity(record, entries);
  const told = FIELDS.filter((field) => fields[field] !== undefined).map((field) => [field, fields[field]] as const);
  const known: Pick<SessionView, (typeof FIELDS)[number]> = Object.fromEntries(told);
  return {
    name,
    scope,
    title,
    status: statusOf(fields),
    ...known,
    ...(body.trim() === "" ? {} : { description: body }),
    entries: entries.length,
    working_set: fields.working_set?.length ?? 0,
    ...(last === undefined ? {} : { last_activity: new Date(last).toISOString() }),
    store: record.store,
    version: record.version,
    ...(callSession(calling)?.record === record ? { current: true as const } : {}),
  };
}

/** The entries that a session works with, in their order. */
export async function workingSet(memory: Memory, { document }: ScopeRecord): Promise<WorkingItem[]> {
  const items: WorkingItem[] = [];
  for (const { entry: text, working } of document.fields.working_set ?? []) {
    const entry = await workingEntry(memory, text, document.scope);
    const mark = working ? { working } : {};
    if (entry) items.push({ address: addressIn(memory, entry), title: entry.title, kind: entry.kind, ...mark });
    else items.push({ address: text, missing: true, ...mark });
  }
  return items;
}

/** The entry that an item of a session's working set leads to. */
export async function workingEntry(memory: Memory, text: string, scope: string): Promise<Indexed | undefined> {
  const address = targetAddress(text, scope) ?? text;
  const found = await resolve(memory, address).catch(() => undefined);
  const entry = found && memory.at(found);
  return entry && (address === text || addressOf(entry) === address) ? entry : undefined;
}

/** Sessions of the current project, the one that began last first, and how many there are in all. */
export function listSessions(
  calling: Calling,
  status: SessionStatus | undefined,
  limit: number,
): { readonly sessions: SessionView[]; readonly total: number } {
  const began = ({ document, updatedAt }: ScopeRecord): number =>
    Date.parse(document.fields.started_at ?? "") || (updatedAt ?? 0);
  const wanted = sessionsHere(calling.memory)
    .filter(({ document }) => status === undefined || statusOf(document.fields) === status)
    .sort((a, b) => began(b) - began(a) || (a.document.name < b.document.name ? -1 : 1));
  const shown = wanted.slice(0, limit);
  const entries = new Map(shown.map(({ document }) => [document.scope, [] as Indexed[]]));
  for (const entry of calling.memory.index.entries()) entries.get(entry.scope)?.push(entry);
  const sessions = shown.map((record) => sessionView(calling, record, entries.get(record.document.scope)));
  return { sessions, total: wanted.length };
}
