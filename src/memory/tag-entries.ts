import { formatAddress } from "../entry/address.js";
import { isPrivate } from "../entry/entry-path.js";
import type { FileKind } from "../entry/fields.js";
import { editEntry } from "../entry/markdown.js";
import { retag, type TagChange } from "../entry/retag.js";
import { editDocument } from "../entry/scope-document.js";
import { TAGS_FILE } from "../entry/tag-file.js";
import { tagName } from "../entry/tags.js";
import { MemoryError } from "../errors.js";
import { documentRecord, documentScope, noDocument } from "./documents.js";
import type { Draft } from "./draft.js";
import { type Edit, idToWrite, refuseSecretTexts, type WriteResult } from "./edits.js";
import type { Memory } from "./memory.js";
import { assertStore, notFound, resolveIn, storeOf } from "./resolve.js";
import { type AnyEdit, recordOfAny, resultOfAny, type ScopeEdit } from "./scope-edit.js";
import { putTags, recordTags, type Standing, type TagWrite, tagsIn, transactTags } from "./tag-draft.js";
import { isKnown, tagsFault } from "./tags.js";

/** Attached or detached tags: what was done to each entry, in the order of the refs. */
export interface TaggedEntries {
  readonly results: (WriteResult & { readonly tags: string[] })[];
  /** Tags that were put into `tags.yaml`. */
  readonly created?: string[];
  readonly hint?: string;
}

/** Puts tags on entries, or takes them off, as one write on whatever is current; unknown ones become custom tags. */
export async function tagEntries(
  memory: Memory,
  verb: "attach" | "detach",
  input: { readonly refs: readonly string[]; readonly tags: readonly string[] },
  write: TagWrite,
): Promise<TaggedEntries & Standing> {
  const tags = [...new Set(input.tags.map((tag) => tagName(tag, "tags")))];
  const store = await storeOfTagged(memory, input.refs[0] ?? "");
  return transactTags(memory, store, write, async (draft) => {
    if (verb === "attach") await refuseSecretTexts({ tags: input.tags.join("\n") }, write.allow_secrets ?? []);
    const edits = new Map<string, AnyEdit>();
    for (const ref of input.refs) {
      const scope = documentScope(memory, ref);
      if (scope !== undefined) {
        const edit = await tagDocument(memory, draft, scope, ref, verb === "attach" ? { add: tags } : { remove: tags });
        edits.set(edit.path, edits.get(edit.path) ?? edit);
        continue;
      }
      const { path } = await resolveIn(memory, ref, draft);
      if (!edits.has(path))
        edits.set(path, await tagEntry(memory, draft, path, ref, verb === "attach" ? { add: tags } : { remove: tags }));
    }
    const done = [...edits.values()];
    const file = await tagsIn(memory, draft);
    // The list of tags is everybody's: a word that only private entries have does not go there.
    const shared = done.some(({ path }) => !isPrivate(path));
    const unknown = verb === "attach" && shared ? tags.filter((name) => !isKnown(file, name)) : [];
    const fault = unknown.length > 0 ? tagsFault(file) : undefined;
    const created = fault === undefined ? unknown : [];
    const about = { category: "custom" } as const;
    if (created.length > 0)
      await putTags(
        draft,
        created.map((name) => ({ op: "set", name, about })),
      );
    return {
      record: done.some(({ op, path }) => op !== "unchanged" && !isPrivate(path))
        ? recordOfAny(done, write.caller, write.reason)
        : recordTags(draft, `add tag ${created.join(", ")}`, write),
      answer: (written) => ({
        results: done.map((edit) => {
          const key = { store, path: edit.path };
          const now = "at" in edit ? memory.at(key)?.tags : memory.scopes.get(store, edit.path)?.document.fields.tags;
          return { ...resultOfAny(memory, store, edit, written), tags: [...(now ?? [])] };
        }),
        ...(created.length === 0 ? {} : { created }),
        ...(fault === undefined
          ? {}
          : { hint: `${TAGS_FILE} cannot be read (${fault}), so ${unknown.join(", ")} was not added there.` }),
      }),
    };
  });
}

/** The store of what a ref names, as of the last write acknowledged on this machine. */
async function storeOfTagged(memory: Memory, ref: string): Promise<string> {
  await memory.fresh();
  const scope = documentScope(memory, ref);
  if (scope === undefined) return storeOf(memory, ref);
  const record = documentRecord(memory, scope);
  if (!record) throw noDocument(memory, scope);
  return record.store;
}

async function tagDocument(
  memory: Memory,
  draft: Draft,
  scope: string,
  ref: string,
  change: TagChange,
): Promise<ScopeEdit> {
  const record = documentRecord(memory, scope);
  const old = record && (await draft.file(record.path));
  if (!record || !old) throw noDocument(memory, scope);
  assertStore(draft, record, ref);
  const { path, document } = record;
  const bytes = retagged(old.bytes, document.level, change, `${scope}:`);
  if (bytes === old.bytes) return { op: "unchanged", path, scope, id: document.fields.id ?? "" };
  const id = document.fields.id ?? memory.newId();
  draft.put({ path, after: editDocument(bytes, { set: { id } }, document.level), op: "updated" }, false);
  return { op: "updated", path, scope, id };
}

async function tagEntry(memory: Memory, draft: Draft, path: string, ref: string, change: TagChange): Promise<Edit> {
  const old = await draft.read(path);
  if (!old) throw await notFound(memory, ref);
  const { entry } = old;
  const address = formatAddress(entry, memory.scope);
  const bytes = retagged(old.bytes, entry.kind, change, address);
  const common = { path, at: entry };
  if (bytes === old.bytes) return { ...common, op: "unchanged", after: old, id: entry.fields.id };
  const id = idToWrite(memory, draft, path, entry.fields.id);
  draft.put(
    { path, after: id === entry.fields.id ? bytes : editEntry(bytes, { set: { id } }, entry), op: "updated" },
    false,
  );
  return { ...common, op: "updated", after: await draft.read(path), id };
}

function retagged(bytes: Uint8Array, kind: FileKind, change: TagChange, address: string): Uint8Array {
  try {
    const after = retag(bytes, kind, change);
    if (after) return after;
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    throw new MemoryError(error.code, `${address}: ${error.message}`, { ...error.data, address });
  }
  throw new MemoryError(
    "invalid_input",
    `The tags of ${address} are no list of texts, so nothing was written. Mend the file, then call again.`,
    {
      address,
    },
  );
}
