import * as z from "zod";
import { SESSION_STATES } from "../entry/document.js";
import type { Calling } from "../memory/session/call-session.js";
import { sessionNamed } from "../memory/session/records.js";
import { type SessionView, sessionView } from "../memory/session/session-view.js";

/** Input fields that several verbs of sessions take. */
export const ref = z.string().min(1).max(1_000).describe("Session: its name or id; this connection's own when absent");
/** Which sessions are meant, and how one ends: one name has one schema. */
export const status = z.enum(SESSION_STATES).describe("list: only these; end: completed (default) or discarded");

/** What is told of every session. */
export const about = {
  name: z.string(),
  scope: z.string(),
  title: z.string(),
  status: z.enum(SESSION_STATES),
  id: z.string().optional(),
  purpose: z.string().optional(),
  agent: z.string().optional(),
  started_at: z.string().optional(),
  ended_at: z.string().optional(),
  parent: z.string().optional(),
  git_branch: z.string().optional(),
  git_commit: z.string().optional(),
  tags: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  description: z.string().optional(),
  entries: z.int().describe("Of its own, archived ones too"),
  working_set: z.int().describe("Entries it works with"),
  last_activity: z.string().optional(),
  store: z.string(),
  version: z.string(),
  current: z.literal(true).describe("It is the session of this call").optional(),
};
/** Where a write of a session stands. */
export const standing = {
  change: z.enum(["created", "updated", "unchanged"]),
  commit: z.string().optional(),
  committed: z.boolean(),
  pending: z.string().optional(),
};
/** What a write of a session answers. */
export const written = z.object({ ...about, ...standing });

type Written = z.infer<typeof written>;

/** One line that names a session: name, state, what for, how much is in it. */
export function sessionLine(session: SessionView | Written): string {
  const { name, status, purpose: what, title: called, entries, working_set: works, last_activity: last } = session;
  const text = what ?? (called === name ? "" : called);
  return [
    `**${name}**`,
    status,
    text.replace(/\s+/g, " "),
    `${entries} ${entries === 1 ? "entry" : "entries"}`,
    works > 0 ? `${works} in the working set` : "",
    last === undefined ? "" : last.slice(0, 16).replace("T", " "),
    session.current ? "this one" : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** One line that says what a write did to a session. */
export const writtenLine = (verb: string, session: Written): string => {
  const where = session.pending ? ` (pending: ${session.pending})` : "";
  return `${session.change === "unchanged" ? "Nothing to change in" : verb} ${sessionLine(session)}${where}`;
};

/** The session as it is after a write, with where the write stands. */
export function after<T extends { readonly name: string }>(calling: Calling, done: T): SessionView & T {
  const record = sessionNamed(calling.memory, done.name);
  if (!record) throw new Error(`session ${done.name} went away`);
  return { ...sessionView(calling, record), ...done };
}

/** What a schema says in its own words may be there with the value undefined; views leave it out. */
export const as = (value: unknown): Written => value as Written;
