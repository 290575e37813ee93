import { locate } from "../entry/entry-path.js";
import { MANIFEST_FILE, parseManifest } from "../entry/manifest.js";
import { TAGS_FILE } from "../entry/tag-file.js";
import { MemoryError } from "../errors.js";
import type { EntryKey } from "../search/indexed.js";
import type { Caller } from "./caller.js";
import { documentAddress } from "./documents.js";
import { assertBase, refuseSecrets, standing, type WriteResult } from "./edits.js";
import type { Memory } from "./memory.js";
import type { RestoreInput } from "./remove.js";
import { findVersion } from "./versions.js";

/** The store path of a file of the store's own, or of a scope's document, which have versions as entries have; undefined for any other ref. */
export async function ownFile(memory: Memory, ref: string): Promise<string | undefined> {
  const own = [TAGS_FILE, MANIFEST_FILE].find((file) => file === ref.toLowerCase());
  if (own !== undefined || !ref.endsWith(".md")) return own;
  return locate(ref, (await memory.store()).manifest.root).type === "scope-document" ? ref : undefined;
}

/** Makes an older state of such a file its newest version. */
export async function restoreFile(
  memory: Memory,
  { store, path }: EntryKey,
  input: RestoreInput,
  { caller, reason, allow }: { caller: Caller; reason: string | undefined; allow: readonly string[] },
): Promise<WriteResult> {
  const { manifest } = await memory.store(store);
  return memory.transact(store, async (draft) => {
    const { bytes, version } = await findVersion(memory, { store, path }, path, input.version);
    if (!bytes)
      throw new MemoryError("invalid_input", `In that version ${path} was deleted. [[history]] lists the others.`, {
        version: input.version,
      });
    const old = await draft.file(path);
    if (old) assertBase(path, old, input.base_version);
    // A store without a manifest that can be read would be none.
    if (path === MANIFEST_FILE) parseManifest(bytes);
    const change = old && Buffer.compare(old.bytes, bytes) === 0 ? "unchanged" : "restored";
    if (change === "restored") draft.put({ path, after: bytes, op: change });
    await refuseSecrets(draft, allow);
    const located = locate(path, manifest.root);
    return {
      record: {
        op: "restored",
        subject: `memory: restore ${path}`,
        ...(reason === undefined ? {} : { reason }),
        ...caller,
      },
      answer: (written) => ({
        address: located.type === "scope-document" ? documentAddress(located) : path,
        ...(version.version === null ? {} : { version: version.version }),
        change,
        store,
        scope: located.type === "scope-document" ? located.scope : memory.scope,
        path,
        ...standing(written),
      }),
    };
  });
}
