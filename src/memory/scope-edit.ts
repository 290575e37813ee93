import type { Written } from "../store/session.js";
import type { WriteRecord } from "../store/writer.js";
import type { Caller } from "./caller.js";
import { documentAddress } from "./documents.js";
import { type Edit, recordOf, resultOf, standing, type WriteResult } from "./edits.js";
import type { Memory } from "./memory.js";

/** What one edit does to the document of a scope, put into the draft already. */
export interface ScopeEdit {
  readonly op: string;
  readonly path: string;
  /** Canonical text. */
  readonly scope: string;
  readonly id: string;
}

/** An edit of an entry, or of a scope's document. */
export type AnyEdit = Edit | ScopeEdit;

const VERBS: Readonly<Record<string, string>> = {
  created: "add",
  updated: "update",
  archived: "archive",
  restored: "restore",
};

/** What a write of these edits goes on record as. */
export function recordOfAny(edits: readonly AnyEdit[], caller: Caller, reason: string | undefined): WriteRecord {
  const written = edits.filter(({ op }) => op !== "unchanged");
  if (written.every((edit) => "at" in edit))
    return recordOf(
      edits.filter((edit) => "at" in edit),
      caller,
      reason,
    );
  const [one] = written.length === 1 ? written : [];
  const { op, scope = "", id } = { scope: undefined, op: "bulk", id: undefined, ...one };
  const [level = "", ...names] = scope.split("/");
  return {
    op,
    subject: one ? `memory: ${VERBS[op] ?? op} ${level} ${names.at(-1)}` : `memory: change ${written.length} files`,
    ...(one ? { entry: `${scope}: ${id}` } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...caller,
  };
}

/** What the write of an edit answers, once it is written. */
export function resultOfAny(memory: Memory, store: string, edit: AnyEdit, written: Written): WriteResult {
  if ("at" in edit) return resultOf(memory, store, edit, written);
  const record = memory.scopes.get(store, edit.path);
  const id = record?.document.fields.id;
  return {
    address: documentAddress(edit),
    ...(id === undefined ? {} : { id }),
    ...(record === undefined ? {} : { version: record.version }),
    change: edit.op,
    store,
    scope: edit.scope,
    path: edit.path,
    ...standing(written),
  };
}
