import { setImmediate as pause } from "node:timers/promises";
import { locate } from "../entry/entry-path.js";
import { assertSettled } from "../entry/markdown-edit.js";
import { retag, type TagChange } from "../entry/retag.js";
import { TAGS_FILE, type TagFile } from "../entry/tag-file.js";
import { PREDEFINED_TAGS, type TagCategory, tagName } from "../entry/tags.js";
import { MemoryError } from "../errors.js";
import type { Draft } from "./draft.js";
import { refuseSecretTexts } from "./edits.js";
import type { Memory } from "./memory.js";
import { putTags, recordTags, type Standing, type TagWrite, tagsIn, transactTags } from "./tag-draft.js";
import { documentsWithTag, isKnown, pathsWith, type Tag, tagOf, tagsFault, tagUses, unknownTag } from "./tags.js";

const invalid = (field: string, message: string, data: Record<string, unknown> = {}): MemoryError =>
  new MemoryError("invalid_input", message, { field, ...data });

export interface CreatedTag extends Tag {
  /** It was predefined, in `tags.yaml`, or on an entry before. */
  readonly existed: boolean;
  readonly change: "created" | "updated" | "unchanged";
}

/** Puts a tag into `tags.yaml`, or changes what stands there about it. */
export async function createTag(
  memory: Memory,
  input: { readonly name: string; readonly category?: TagCategory; readonly description?: string },
  write: TagWrite,
): Promise<CreatedTag & Standing> {
  const name = tagName(input.name, "name");
  const description = input.description?.trim();
  const built = PREDEFINED_TAGS.get(name);
  if (built && input.category !== undefined && input.category !== built.category)
    throw invalid(
      "category",
      `${name} is a predefined tag of category ${built.category}, which stays. Nothing was written.`,
    );
  const { name: store } = await memory.store();
  return transactTags(memory, store, write, async (draft) => {
    await refuseSecretTexts({ name: input.name, description }, write.allow_secrets ?? []);
    const file = await tagsIn(memory, draft);
    const declared = file.kind === "tags" ? file.declared.get(name) : undefined;
    const existed = isKnown(file, name) || tagUses(memory, draft.store).has(name);
    const category = built ? undefined : (input.category ?? (declared ? undefined : "custom"));
    const about = {
      ...(category === undefined || category === declared?.category ? {} : { category }),
      ...(description === undefined || description === tagOf(file, name).description ? {} : { description }),
    };
    if (Object.keys(about).length > 0) await putTags(draft, [{ op: "set", name, about }]);
    const wrote = draft.touches(TAGS_FILE);
    return {
      record: recordTags(draft, `${existed ? "describe" : "add"} tag ${name}`, write),
      answer: () => ({
        ...tagOf(file, name),
        ...about,
        existed,
        change: !wrote ? "unchanged" : existed ? "updated" : "created",
      }),
    };
  });
}

const TURN = 50;

/** How many files a write over all of them changed. */
interface Retagged {
  readonly entries: number;
  /** Documents of scopes. */
  readonly documents?: number;
}

/** Changes the tags of every entry and document that has one, without any other byte; gives how many were changed. */
async function retagAll(memory: Memory, draft: Draft, name: string, change: TagChange): Promise<Retagged> {
  const count = { entries: 0, documents: 0 };
  for (const [position, path] of pathsWith(memory, draft.store, name).entries()) {
    // Thousands of files take seconds: others have a turn in between.
    if (position % TURN === TURN - 1) await pause();
    const at = locate(path, draft.root);
    const bytes = (await draft.file(path))?.bytes;
    // A file that went away or was changed since the index saw it has no such tag any more.
    const kind = at.type === "entry" ? at.kind : at.type === "scope-document" ? at.level : undefined;
    if (bytes) assertSettled(bytes, path);
    const after = bytes && kind !== undefined ? retag(bytes, kind, change) : undefined;
    if (!after || after === bytes) continue;
    draft.put({ path, after, op: "updated" }, false);
    count[at.type === "entry" ? "entries" : "documents"]++;
  }
  return { entries: count.entries, ...(count.documents === 0 ? {} : { documents: count.documents }) };
}

/** `3 entries and 1 document`, as records of writes say it. */
const sum = ({ entries, documents = 0 }: Retagged): string =>
  plural(entries) +
  (documents === 0 ? "" : ` and ${documents} ${documents === 1 ? "document" : "documents"} of scopes`);

const refuseBroken = (file: TagFile): void => {
  const fault = tagsFault(file);
  if (fault !== undefined)
    throw new MemoryError(
      "invalid_input",
      `${TAGS_FILE} cannot be read (${fault}), so nothing was written. Mend the file in an editor, then call again.`,
      { path: TAGS_FILE, reason: fault },
    );
};

/** What could not be looked at, said with a write over all entries. */
async function unreadableHint(memory: Memory, draft: Draft): Promise<{ hint?: string }> {
  const { invalid: files } = await memory.store(draft.store);
  if (files.length === 0) return {};
  return {
    hint: `${files.length} of the store's files cannot be read and were left as they are; the store's status lists them.`,
  };
}

export interface RenamedTag {
  readonly name: string;
  readonly to: string;
  /** How many entries were changed, archived ones too. */
  readonly entries: number;
  /** How many documents of scopes were changed. */
  readonly documents?: number;
  /** The other name was a tag already. */
  readonly merged?: true;
  readonly hint?: string;
}

const plural = (count: number): string => `${count} ${count === 1 ? "entry" : "entries"}`;

/** Gives a tag another name, in all entries and `tags.yaml`, as one write. A predefined one stays in the taxonomy; its entries move. */
export async function renameTag(
  memory: Memory,
  input: { readonly name: string; readonly to: string },
  write: TagWrite,
): Promise<RenamedTag & Standing> {
  const [name, to] = [tagName(input.name, "name"), tagName(input.to, "to")];
  if (name === to)
    throw invalid(
      "to",
      `Both names are the tag ${name}: letter case and spaces around a name do not count. Nothing was written.`,
    );
  const store = await memory.store();
  store.rescan();
  return transactTags(memory, store.name, write, async (draft) => {
    await refuseSecretTexts({ to: input.to }, write.allow_secrets ?? []);
    const file = await tagsIn(memory, draft);
    const predefined = PREDEFINED_TAGS.has(name);
    if (!predefined) refuseBroken(file);
    const declared = !predefined && isKnown(file, name);
    const merged = isKnown(file, to) || tagUses(memory, draft.store).has(to);
    const changed = await retagAll(memory, draft, name, { rename: [name, to] });
    if (!predefined && !declared && changed.entries === 0 && changed.documents === undefined)
      throw unknownTag(memory, file, name);
    if (declared) await putTags(draft, [isKnown(file, to) ? { op: "remove", name } : { op: "rename", name, to }]);
    const hint = await unreadableHint(memory, draft);
    return {
      record: recordTags(draft, `${merged ? "merge" : "rename"} tag ${name} to ${to} in ${sum(changed)}`, write),
      answer: () => ({ name, to, ...changed, ...(merged ? { merged: true as const } : {}), ...hint }),
    };
  });
}

export interface DeletedTag {
  readonly name: string;
  readonly entries: number;
  readonly documents?: number;
  readonly hint?: string;
}

/** Deletes a custom tag; one that entries have only with `detach`, which takes it off them in the same write. */
export async function deleteTag(
  memory: Memory,
  input: { readonly name: string; readonly detach?: boolean },
  write: TagWrite,
): Promise<DeletedTag & Standing> {
  const name = tagName(input.name, "name");
  if (PREDEFINED_TAGS.has(name))
    throw invalid(
      "name",
      `${name} is a predefined tag and stays. [[tag detach]] or [[tag rename]] takes it off entries.`,
    );
  const store = await memory.store();
  store.rescan();
  return transactTags(memory, store.name, write, async (draft) => {
    const file = await tagsIn(memory, draft);
    refuseBroken(file);
    const { entries: active = 0, archived = 0, ...scopes } = tagUses(memory, draft.store).get(name) ?? {};
    const documents = documentsWithTag(scopes);
    const all = active + archived + documents;
    if (all > 0 && !input.detach)
      throw new MemoryError(
        "conflict",
        `${sum({ entries: active + archived, documents })} ${all === 1 && documents === 0 ? "has" : "have"} the tag ${name}${archived > 0 ? `, ${archived} of them archived` : ""}. ` +
          "Nothing was deleted. Pass detach: true to take it off them, or move them to another tag with [[tag rename]].",
        { name, entries: active, archived, ...scopes },
      );
    const changed = await retagAll(memory, draft, name, { remove: [name] });
    if (isKnown(file, name)) await putTags(draft, [{ op: "remove", name }]);
    else if (changed.entries === 0 && changed.documents === undefined) throw unknownTag(memory, file, name);
    const hint = await unreadableHint(memory, draft);
    return {
      record: recordTags(
        draft,
        `delete tag ${name}${changed.entries > 0 || changed.documents ? `, which ${sum(changed)} had` : ""}`,
        write,
      ),
      answer: () => ({ name, ...changed, ...hint }),
    };
  });
}
