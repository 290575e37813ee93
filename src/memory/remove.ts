import { formatAddress } from "../entry/address.js";
import { locate } from "../entry/entry-path.js";
import { editEntry } from "../entry/markdown.js";
import { MemoryError } from "../errors.js";
import { assertKnown, type Changer } from "./basis.js";
import type { Draft } from "./draft.js";
import { assertBase, type Edit, idToWrite } from "./edits.js";
import { writtenJustBefore } from "./just-before.js";
import type { Memory } from "./memory.js";
import { parseAt } from "./parse-at.js";
import { assertStore, notFound, resolveIn, resolvePath } from "./resolve.js";
import { findVersion } from "./versions.js";

export interface DeleteInput {
  readonly ref: string;
  readonly purge?: boolean;
  readonly base_version?: string;
}

/** Archives an entry, or with `purge` takes its file away; history keeps it either way, but of a private one there is none. */
export async function planDelete(memory: Memory, draft: Draft, input: DeleteInput, by: Changer): Promise<Edit> {
  const { path } = await resolveIn(memory, input.ref, draft);
  const old = await draft.read(path);
  if (!old) throw await notFound(memory, input.ref);
  const { entry } = old;
  await assertKnown(memory, draft, old, input.base_version, by);
  const before = await writtenJustBefore(memory, draft, old, input.base_version);
  const common = { path, at: entry, id: entry.fields.id, ...before };
  if (input.purge) {
    draft.put({ path, after: null, op: "deleted" });
    return { ...common, op: "deleted", after: undefined };
  }
  if (entry.fields.status === "archived") return { ...common, op: "unchanged", after: old };
  const id = idToWrite(memory, draft, path, entry.fields.id);
  draft.put({ path, after: editEntry(old.bytes, { set: { id, status: "archived" } }, entry), op: "archived" }, false);
  return { ...common, op: "archived", after: await draft.read(path), id };
}

export interface RestoreInput {
  readonly ref: string;
  readonly version: string;
  readonly base_version?: string;
}

/** Makes an older state of an entry its newest version, also where the file is gone. */
export async function planRestore(memory: Memory, draft: Draft, input: RestoreInput): Promise<Edit> {
  const key = await resolvePath(memory, input.ref, draft);
  assertStore(draft, key, input.ref);
  const { path } = key;
  const { bytes } = await findVersion(memory, key, input.ref, input.version);
  const located = locate(path, draft.root);
  if (located.type === "scope-document")
    throw new MemoryError(
      "invalid_input",
      `Nothing was written: ${input.ref} is a scope's document. [[history restore]] restores it, by itself.`,
      { ref: input.ref },
    );
  if (located.type !== "entry") throw await notFound(memory, input.ref);
  const address = formatAddress(located, memory.scope);
  if (!bytes)
    throw new MemoryError(
      "invalid_input",
      `In that version ${address} was deleted. [[delete]] deletes it; [[history]] lists the others.`,
      { version: input.version },
    );
  const old = await draft.read(path);
  if (old) assertBase(address, old, input.base_version);
  const version = parseAt(draft.root, path, bytes);
  if (!version)
    throw new MemoryError("invalid_input", `That version of ${address} cannot be read, so nothing was written.`, {
      version: input.version,
    });
  const then = version.fields.id;
  const id = idToWrite(memory, draft, path, then ?? old?.entry.fields.id);
  // An id that was given since stays, and so does one that another entry has by now.
  const after = id === then ? bytes : editEntry(bytes, { set: { id } }, located);
  if (old && Buffer.compare(old.bytes, after) === 0) return { op: "unchanged", after: old, path, at: located, id };
  const before = await writtenJustBefore(memory, draft, old, input.base_version);
  draft.put({ path, after, op: "restored" });
  return { op: "restored", after: await draft.read(path), path, at: located, id, ...before };
}
