import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";

/** The ids of a store's closed records that were closed before a time (ms), longest ago first. */
export function closedBefore(memory: Memory, store: string, before: number): readonly { id: string; file: string }[] {
  return [...memory.conflicts.all()]
    .filter((one) => one.store === store && !memory.conflicts.isOpen(one))
    .filter(({ record }) => Date.parse(record.resolved_at ?? record.detected_at) < before)
    .sort((a, b) => ((a.record.resolved_at ?? "") < (b.record.resolved_at ?? "") ? -1 : 1))
    .map(({ record: { id }, path: file }) => ({ id, file }));
}

/** Takes records away; history keeps them. */
export function planPrune(draft: Draft, closed: readonly { readonly file: string }[]): void {
  for (const { file } of closed) draft.put({ path: file, after: null, op: "deleted" }, false);
}
