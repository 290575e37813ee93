import type { Indexed } from "../../search/indexed.js";
import type { ContextSession } from "../context-item.js";
import type { Memory } from "../memory.js";
import type { ScopeRecord } from "../scope-directory.js";
import { sessionNamed, statusOf } from "./records.js";
import { workingEntry } from "./session-view.js";

/** What a context says of the session that it is read in. */
export interface SessionContext {
  readonly session: ContextSession;
  /** The entries that it works with, in their order, and whether each is being worked on. */
  readonly working: ReadonlyMap<Indexed, boolean>;
}

/** The session of a scope with what of its working set is shown; undefined for a scope that is none. */
export async function sessionContext(memory: Memory, scope: string): Promise<SessionContext | undefined> {
  const record = scope.startsWith("session/") ? sessionNamed(memory, scope.slice("session/".length)) : undefined;
  return record && { session: told(record), working: await workingEntries(memory, record) };
}

function told({ document: { name, fields } }: ScopeRecord): ContextSession {
  const status = statusOf(fields);
  return {
    name,
    ...(fields.purpose === undefined ? {} : { purpose: fields.purpose }),
    ...(status === "active" ? {} : { status }),
  };
}

async function workingEntries(memory: Memory, { document }: ScopeRecord): Promise<Map<Indexed, boolean>> {
  const found = new Map<Indexed, boolean>();
  const items = document.fields.working_set ?? [];
  const shown = new Set(items.length > 0 ? memory.index.shown() : []);
  for (const { entry: text, working = false } of items) {
    const entry = await workingEntry(memory, text, document.scope);
    if (entry && shown.has(entry)) found.set(entry, working);
  }
  return found;
}
