import type { DocumentAt, DocumentFields } from "../../entry/document.js";
import { locate } from "../../entry/entry-path.js";
import { checkContent, normaliseFields } from "../../entry/fields.js";
import { checkDocument, editDocument, parseDocument } from "../../entry/scope-document.js";
import { MemoryError } from "../../errors.js";
import type { Written } from "../../store/session.js";
import type { Draft } from "../draft.js";
import { refuseSecrets, standing } from "../edits.js";
import type { Memory } from "../memory.js";
import { PERSONAL, PROJECT } from "../workspace.js";
import type { Calling } from "./call-session.js";
import type { SessionPlace } from "./records.js";

/** What goes on record with a write of a session. */
export interface SessionWrite {
  readonly reason?: string | undefined;
  readonly allow_secrets?: readonly string[] | undefined;
  /** Throws when nobody waits for the write any more. */
  readonly goOn?: () => void;
}

/** Where a write of a session stands. */
export type SessionStanding = ReturnType<typeof standing> & { readonly change: string };

/** New fields (null clears) and text of a session's document. */
export interface SessionEdit {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly content?: string;
}

/** What is written of a session that begins now. */
export async function beginning(
  { memory, caller }: Calling,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  const project = memory.workspace.get(PROJECT);
  const { branch, commit } = project ? await project.store.view.checkedOut() : {};
  return {
    id: memory.newId(),
    ...given,
    ...(caller.agent === undefined ? {} : { agent: caller.agent.replace(/\s+/g, " ").slice(0, 200) }),
    started_at: new Date(memory.now()).toISOString(),
    ...(branch === undefined ? {} : { git_branch: branch }),
    ...(commit === undefined ? {} : { git_commit: commit }),
  };
}

const atOf = (draft: Draft, path: string): DocumentAt => {
  const located = locate(path, draft.root);
  if (located.type !== "scope-document") throw new Error(`${path} is no document's path`);
  return located;
};

/** What a session's document says now; undefined when there is none. Throws `invalid_input` for one that cannot be read. */
export async function readSession(draft: Draft, path: string): Promise<DocumentFields | undefined> {
  const file = await draft.file(path);
  if (!file) return undefined;
  const parsed = parseDocument(file.bytes, atOf(draft, path));
  if (parsed.kind === "document") return parsed.document.fields;
  throw new MemoryError(
    "invalid_input",
    `${path} cannot be read (${parsed.reason}), so nothing was written. Mend the file in an editor, then call again.`,
    { path, reason: parsed.reason },
  );
}

/** Puts a session's changed document into the draft; gives what that does to it. `adds` is false where no text of the caller's goes in. */
export async function putSession(
  memory: Memory,
  draft: Draft,
  path: string,
  { set = {}, content }: SessionEdit,
  adds = true,
): Promise<"created" | "updated" | "unchanged"> {
  const bytes = (await draft.file(path))?.bytes ?? null;
  const fields = normaliseFields({ ...set });
  checkDocument("session", fields, {
    absolutePaths: draft.store === PERSONAL,
    workingSet: memory.settings.max_memories_per_session.value,
  });
  if (content !== undefined) checkContent(content);
  const edit = { set: fields, ...(content === undefined ? {} : { content }) };
  const after = editDocument(bytes, edit, "session");
  if (bytes && Buffer.compare(bytes, after) === 0) return "unchanged";
  draft.put({ path, after, op: bytes ? "updated" : "created" }, adds);
  return bytes ? "updated" : "created";
}

/** One write to a session's document on what is current; `decide` gives the change, from undefined where there is no document yet. */
export async function writeSession(
  { memory, caller }: Calling,
  { name, store, path }: SessionPlace,
  verb: string,
  { reason, allow_secrets = [], goOn }: SessionWrite,
  decide: (fields: DocumentFields | undefined, draft: Draft) => Promise<SessionEdit>,
): Promise<SessionStanding> {
  return memory.transact(store, async (draft) => {
    goOn?.();
    const change = await putSession(memory, draft, path, await decide(await readSession(draft, path), draft));
    await refuseSecrets(draft, allow_secrets);
    goOn?.();
    return {
      record: {
        op: change,
        subject: `memory: ${verb} session ${name}`,
        entry: `session/${name}:`,
        ...(reason === undefined ? {} : { reason }),
        ...caller,
      },
      answer: (written: Written) => ({ change, ...standing(written) }),
    };
  });
}
