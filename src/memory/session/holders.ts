import { locate } from "../../entry/entry-path.js";
import { shortIn, targetAddress } from "../../entry/relations.js";
import { editDocument, parseDocument } from "../../entry/scope-document.js";
import type { EntryKey } from "../../search/indexed.js";
import type { Draft } from "../draft.js";
import type { Memory } from "../memory.js";
import { isHere } from "./records.js";

/** Documents of sessions whose working set holds an address (with its scope); of what is a session's own, those of this project. */
export function holdersOf(memory: Memory, address: string): EntryKey[] {
  const everywhere = !address.startsWith("session/");
  return [...memory.scopes.all()].filter((record) => {
    const { scope, fields } = record.document;
    const holds = fields.working_set?.some(({ entry }) => targetAddress(entry, scope) === address);
    return holds && (everywhere || isHere(memory, record));
  });
}

/** Has the working set in a document of the draft's store follow entries to their new addresses. */
export async function turnWorkingSet(draft: Draft, path: string, to: ReadonlyMap<string, string>): Promise<void> {
  const file = await draft.file(path);
  const at = locate(path, draft.root);
  const parsed = file && at.type === "scope-document" ? parseDocument(file.bytes, at) : undefined;
  // One that nobody can read is left to whoever mends it.
  if (!file || parsed?.kind !== "document") return;
  const { scope, fields } = parsed.document;
  const items = (fields.working_set ?? []).map((item) => {
    const address = to.get(targetAddress(item.entry, scope) ?? "");
    return address === undefined ? item : { ...item, entry: shortIn(scope, address) };
  });
  const after = editDocument(file.bytes, { set: { working_set: items } }, "session");
  if (Buffer.compare(file.bytes, after) !== 0) draft.put({ path, after, op: draft.opOf(path) ?? "updated" }, false);
}
