import { readTagFile, TAGS_FILE, type TagFile } from "../entry/tag-file.js";
import { editTagFile, type TagFileEdit } from "../entry/tag-file-edit.js";
import type { Written } from "../store/session.js";
import type { WriteRecord } from "../store/writer.js";
import type { Caller } from "./caller.js";
import type { Draft } from "./draft.js";
import { standing } from "./edits.js";
import type { Memory } from "./memory.js";

/** What goes on record with a write of tags. */
export interface TagWrite {
  readonly caller: Caller;
  readonly reason?: string | undefined;
  readonly allow_secrets?: readonly string[] | undefined;
  /** Throws when nobody waits for the write any more. */
  readonly goOn?: () => void;
}

/** Where a write of tags stands. */
export type Standing = ReturnType<typeof standing> & { readonly store: string };

/** `tags.yaml` as the draft has it. */
export async function tagsIn(memory: Memory, draft: Draft): Promise<TagFile> {
  // A link or a device in its place stops only what has to write to it.
  const reason = (await memory.store(draft.store)).view.refusal(TAGS_FILE);
  if (reason !== undefined) return { kind: "unreadable", reason };
  return readTagFile((await draft.file(TAGS_FILE))?.bytes);
}

/** Changes `tags.yaml` in the draft. */
export async function putTags(draft: Draft, edits: readonly TagFileEdit[]): Promise<void> {
  const bytes = (await draft.file(TAGS_FILE))?.bytes ?? null;
  const after = editTagFile(bytes, edits);
  if (bytes && Buffer.compare(bytes, after) === 0) return;
  draft.put({ path: TAGS_FILE, after, op: bytes ? "updated" : "created" }, false);
}

/** What a write of tags goes on record as. */
export function recordTags(draft: Draft, subject: string, { caller, reason }: TagWrite): WriteRecord {
  const files = draft.files();
  return {
    op: files.length === 1 ? files[0]!.op : "bulk",
    subject: `memory: ${subject}`,
    ...(reason === undefined ? {} : { reason }),
    ...caller,
  };
}

/** One write whose answer says where it stands. */
export async function transactTags<T>(
  memory: Memory,
  store: string,
  { goOn }: TagWrite,
  decide: (draft: Draft) => Promise<{ record: WriteRecord; answer: (written: Written) => T }>,
): Promise<T & Standing> {
  return memory.transact(store, async (draft) => {
    goOn?.();
    const { record, answer } = await decide(draft);
    goOn?.();
    return { record, answer: (written) => ({ ...answer(written), store, ...standing(written) }) };
  });
}
