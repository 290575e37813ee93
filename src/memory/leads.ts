import { parseRef } from "../entry/address.js";
import { otherPath } from "../entry/entry-path.js";
import { addressOf, type EntryKey } from "../search/indexed.js";
import type { Memory } from "./memory.js";
import { type Place, pathIn } from "./workspace.js";

/** A key as one text, to look things up by. */
export const keyText = ({ store, path }: EntryKey): string => `${store}\n${path}`;

/** Where an address (with its canonical scope) may lead in a file of a store, likeliest first. */
export function waysOf(memory: Memory, store: string, address: string): EntryKey[] {
  const ref = parseRef(address);
  if (ref.type !== "address" || ref.scope === undefined) return [];
  const at = (place: Place): EntryKey[] => {
    const path = pathIn(place, ref.kind, ref.name);
    return [path, otherPath(path)].map((one) => ({ store: place.store, path: one }));
  };
  return memory.workspace.seenFrom(store, ref.scope).flatMap(at);
}

/** The entry to which an address (with its canonical scope) leads in a file of a store; undefined when to none. */
export const leadsTo = (memory: Memory, store: string, address: string): EntryKey | undefined =>
  waysOf(memory, store, address).find((key) => {
    const there = memory.at(key);
    return there !== undefined && addressOf(there) === address;
  });
