import { hasMarkers } from "../entry/conflict-markers.js";
import { documentPath, locate } from "../entry/entry-path.js";
import { remoteKey } from "../entry/git-remote.js";
import { editDocument, parseDocument } from "../entry/scope-document.js";
import { MemoryError } from "../errors.js";
import type { Draft } from "./draft.js";
import type { Memory } from "./memory.js";
import { PERSONAL } from "./workspace.js";

/**
 * Puts the repository's address into the document of the current project of the person's own store, so that the project
 * is known again under any name and another one of its name is not taken for it.
 */
export async function rememberProject(memory: Memory, draft: Draft, scope: string): Promise<void> {
  const { scope: here } = memory;
  const remote = memory.workspace.entered?.remote;
  if (remote === undefined || draft.store !== PERSONAL) return;
  if (scope !== here && !scope.startsWith("session/")) return;
  const path = documentPath({ scope: here }, draft.root);
  const at = locate(path, draft.root);
  if (at.type !== "scope-document") return;
  const old = await draft.file(path);
  const parsed = old && parseDocument(old.bytes, at);
  // A file that cannot be read is the person's to mend, and no reason to lose a save.
  if (parsed?.kind === "unreadable") return;
  const { git_remote_url: known, root_path: root } = parsed?.document.fields ?? {};
  if (known !== undefined) {
    // One that says where it lies is the current one for that, whatever its remote was.
    if (remoteKey(known) === remoteKey(remote) || root !== undefined) return;
    throw new MemoryError(
      "locked",
      `${here} became the project of another repository this moment. Nothing was written; call again.`,
      { scope: here },
    );
  }
  if (old && hasMarkers(old.bytes)) return;
  const id = parsed?.document.fields.id ?? memory.newId();
  const after = editDocument(old?.bytes ?? null, { set: { id, git_remote_url: remote } }, "project");
  draft.put({ path, after, op: old ? "updated" : "created" }, false);
}
