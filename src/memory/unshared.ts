import type { WriteResult } from "./edits.js";
import type { Memory } from "./memory.js";
import { PERSONAL, PROJECT } from "./workspace.js";

/** The hint of a save that only this person has, because the project that they are in has no store; undefined = nothing to say. */
export function unsharedHint(
  memory: Memory,
  { store, scope, change, private: apart }: WriteResult,
): string | undefined {
  const { workspace } = memory;
  const alone = store === PERSONAL && workspace.entered !== undefined && workspace.get(PROJECT) === undefined;
  if (!alone || apart || change !== "created" || scope !== memory.scope) return undefined;
  return "saved for you only; git memory init shares it";
}
