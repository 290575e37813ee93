import type { ScopeDocument } from "../entry/document.js";
import type { Relation } from "../entry/entry.js";
import { locate } from "../entry/entry-path.js";
import { checkFields, type FileKind } from "../entry/fields.js";
import { editMarkdown } from "../entry/markdown-edit.js";
import { parseDocument } from "../entry/scope-document.js";
import { MemoryError } from "../errors.js";
import type { Draft, Drafted } from "./draft.js";
import { idToWrite } from "./edits.js";
import type { Memory } from "./memory.js";
import type { AnyEdit } from "./scope-edit.js";

/** A file that may tell relations, as a draft has it: that of an entry, or the document of a scope. */
export interface Teller {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly kind: FileKind;
  /** The scope in which its targets' addresses are read. */
  readonly scope: string;
  readonly relations: readonly Relation[];
  readonly of: Drafted | ScopeDocument;
}

/** The file at a store path; undefined when there is none. Throws `invalid_input` for one that cannot be read. */
export async function tellerAt(draft: Draft, path: string): Promise<Teller | undefined> {
  const at = locate(path, draft.root);
  if (at.type === "entry") {
    const of = await draft.read(path);
    if (!of) return undefined;
    const { kind, scope, fields } = of.entry;
    return { path, bytes: of.bytes, kind, scope, relations: fields.relations ?? [], of };
  }
  const file = at.type === "scope-document" ? await draft.file(path) : undefined;
  if (!file || at.type !== "scope-document") return undefined;
  const parsed = parseDocument(file.bytes, at);
  if (parsed.kind === "unreadable")
    throw new MemoryError(
      "invalid_input",
      `${path} cannot be read (${parsed.reason}), so nothing was written. Mend the file in an editor, then call again.`,
      { path, reason: parsed.reason },
    );
  const { level, scope, fields } = parsed.document;
  return { path, bytes: file.bytes, kind: level, scope, relations: fields.relations ?? [], of: parsed.document };
}

/** The edit that leaves a file as it is. */
export const unchanged = ({ path, of }: Teller): AnyEdit =>
  "entry" in of
    ? { op: "unchanged", after: of, path, at: of.entry, id: of.entry.fields.id }
    : { op: "unchanged", path, scope: of.scope, id: of.fields.id ?? "" };

/** Puts the file with other relations into the draft; no other byte of it changes. */
export async function putRelations(
  memory: Memory,
  draft: Draft,
  { path, bytes, kind, of }: Teller,
  relations: readonly Relation[],
): Promise<AnyEdit> {
  const { unknown, fields } = "entry" in of ? of.entry : of;
  if ((unknown.relations ?? null) !== null)
    throw new MemoryError(
      "invalid_input",
      `The relations in ${path} break a rule of their own, so nothing was written. Mend them in an editor; [[admin check]] says where.`,
      { field: "relations", path },
    );
  checkFields(kind, { relations });
  const id = "entry" in of ? idToWrite(memory, draft, path, fields.id) : (fields.id ?? memory.newId());
  const set = { id, relations: relations.length === 0 ? null : relations };
  draft.put({ path, after: editMarkdown(bytes, { set }, kind), op: "updated" });
  if (!("entry" in of)) return { op: "updated", path, scope: of.scope, id };
  return { op: "updated", after: await draft.read(path), path, at: of.entry, id };
}
