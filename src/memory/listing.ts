import type { Indexed } from "../search/indexed.js";
import type { Memory } from "./memory.js";
import { addressIn } from "./resolve.js";
import { isDiscarded } from "./session/records.js";

/** An entry by the address that callers of this memory use. */
export interface Listed {
  readonly address: string;
  readonly entry: Indexed;
}

const byAddress = (a: Listed, b: Listed): number => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0);

/**
 * Everything current that applies here or in a session of the project, by address: neither archived nor superseded nor of a
 * discarded session, and within its validity. The index has to be there.
 */
export function currentEntries(memory: Memory): Listed[] {
  const listed: Listed[] = [];
  const applies = new Set(memory.workspace.chain(memory.scope).map(({ scope }) => scope));
  for (const entry of memory.index.entries()) {
    if (!applies.has(entry.scope) && !entry.scope.startsWith("session/")) continue;
    const { archived, expired, superseded_by } = memory.index.flags(entry.store, entry.path);
    if (archived || expired || superseded_by !== undefined || isDiscarded(memory, entry.scope)) continue;
    listed.push({ address: addressIn(memory, entry), entry });
  }
  return listed.sort(byAddress);
}
