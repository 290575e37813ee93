import type { WhoWrote } from "../store/last-write.js";
import type { Written } from "../store/session.js";
import { isSameWriter } from "./basis.js";
import type { Caller } from "./caller.js";
import type { Draft, Drafted } from "./draft.js";
import type { Edit } from "./edits.js";
import type { Memory } from "./memory.js";

const windowOf = (memory: Memory): number => memory.settings.conflict_window_ms.value;

/**
 * Who wrote the version that a caller without a base changes, when that was so shortly before that the caller may not
 * have seen it. What came by hand, pull or merge was not written at the same time.
 */
export async function writtenJustBefore(
  memory: Memory,
  draft: Draft,
  old: Drafted | undefined,
  base: string | undefined,
): Promise<Pick<Edit, "before">> {
  if (old?.version === undefined || base !== undefined) return {};
  const before = await draft.lastWrite(old.path, memory.now() - windowOf(memory));
  return before?.version === old.version ? { before } : {};
}

/** What a writer has to know of another one who wrote within `window` milliseconds before; undefined = nothing. */
function noticeOf(before: WhoWrote, at: number, window: number): string | undefined {
  const age = Math.max(at - before.at, 0);
  if (age >= window) return undefined;
  const who = before.agent === undefined ? "another writer" : `another writer (${before.agent})`;
  return `${who} changed this entry ${(age / 1000).toFixed(1)} s before, as version ${before.version?.slice(0, 12)}; both versions are in its history`;
}

/** The hint of an edit's result that names the version written just before by somebody else, if there is one. */
export function hintOf(memory: Memory, edit: Edit, written: Written, caller: Caller): { hint?: string } {
  if (!edit.before || written.at === undefined || edit.op === "unchanged") return {};
  if (isSameWriter(memory, edit.before, caller)) return {};
  const hint = noticeOf(edit.before, written.at, windowOf(memory));
  return hint === undefined ? {} : { hint };
}
