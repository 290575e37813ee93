import { formatAddress } from "../entry/address.js";
import { entryPath, isPrivate, locate, otherPath } from "../entry/entry-path.js";
import { checkContent, checkFields, normaliseFields } from "../entry/fields.js";
import type { Kind } from "../entry/kinds.js";
import { editEntry } from "../entry/markdown.js";
import { checkName, foldName, nameFromTitle } from "../entry/name.js";
import { parseScope } from "../entry/scope.js";
import { sameText } from "../entry/similar-text.js";
import { MemoryError } from "../errors.js";
import { type Alike, SAYS_THE_SAME, toSimilar } from "./alike.js";
import type { Draft, Drafted } from "./draft.js";
import { type Edit, idToWrite } from "./edits.js";
import { fillIn } from "./fill-in.js";
import type { Memory } from "./memory.js";
import { assertPersonal, homeOfPrivate } from "./private.js";
import { rememberProject } from "./remember-project.js";
import { scopeIn } from "./resolve.js";

export interface SaveInput {
  /** The name of an open store; where entries of the scope go when absent. */
  readonly store?: string;
  readonly title: string;
  readonly content: string;
  readonly kind?: Kind;
  readonly scope?: string;
  readonly name?: string;
  readonly category?: string;
  readonly tags?: readonly string[];
  readonly applies_to?: readonly string[];
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly allow_similar?: boolean;
  /** Kept in the person's own store, in no commit. */
  readonly private?: boolean;
}

/** Entries that a folder holds at most before new ones go to a folder of their month. */
const FOLDER_FULL = 1_000;

type Taken = Pick<Drafted["entry"], "kind" | "scope" | "name" | "title"> & {
  readonly fields: { readonly id?: string };
};

const taken = (memory: Memory, entry: Taken, why: string): MemoryError => {
  const address = formatAddress(entry, memory.scope);
  return new MemoryError(
    "already_exists",
    `${address} ${why}. Nothing was written. [[update]] changes it; allow_similar: true saves a second entry all the same.`,
    { address, id: entry.fields.id, title: entry.title },
  );
};

async function withSameText(
  memory: Memory,
  draft: Draft,
  kind: Kind,
  scope: string,
  content: string,
): Promise<Drafted | undefined> {
  const same = ({ entry }: Drafted): boolean =>
    entry.kind === kind && entry.scope === scope && entry.fields.status !== "archived" && sameText(entry.body, content);
  for (const path of memory.catalog(draft.store).withText(content)) {
    const other = draft.touches(path) ? undefined : await draft.read(path);
    if (other && same(other)) return other;
  }
  return draft.entries().find(same);
}

/** Where the draft may put a new entry: the wanted path, or the next free one when `next` allows it. */
async function freePath(
  memory: Memory,
  draft: Draft,
  path: (name: string) => string,
  name: string,
  next: boolean,
): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!(await occupant(memory, draft, path(candidate)))) return candidate;
    if (!next) return name;
  }
}

/** The file that has the address of a path, private or not, or one that only letter case or Unicode normalisation tells from it. */
export async function occupant(memory: Memory, draft: Draft, path: string): Promise<Drafted | undefined> {
  const paths = [path, otherPath(path)].filter((one) => locate(one, draft.root).type === "entry");
  const keys = paths.map(foldName);
  const drafted = draft.entries().find((one) => keys.includes(foldName(one.path)));
  if (drafted) return drafted;
  const catalog = memory.catalog(draft.store);
  for (const one of paths) {
    const other = catalog.withName(one).find((known) => !draft.touches(known));
    const found = await draft.read(other ?? one);
    if (found) return found;
  }
  return undefined;
}

/** The store where a new entry goes. */
export const storeOfSave = async (memory: Memory, { scope, store, ...input }: SaveInput) =>
  input.private ? homeOfPrivate(memory, scope, store) : (await memory.home(scope, store)).name;

/** The entry that a text would say again, of those that it was found to be like before the write began. */
const twinOf = (memory: Memory, draft: Draft, kind: Kind, scope: string, alike: readonly Alike[]): Alike | undefined =>
  alike.find(
    ({ entry, similarity }) =>
      similarity >= SAYS_THE_SAME &&
      entry.kind === kind &&
      entry.scope === scope &&
      memory.at(entry)?.version === entry.version &&
      !draft.touches(entry.path),
  );

/** Puts a new entry into the draft, or new text into an archived one at its address. */
export async function planSave(
  memory: Memory,
  draft: Draft,
  input: SaveInput,
  alike: readonly Alike[] = [],
): Promise<Edit> {
  const apart = input.private === true;
  if (apart) assertPersonal(draft);
  const kind = input.kind ?? "memory";
  const scope = input.scope === undefined ? memory.scope : scopeIn(memory, input.scope);
  const { title, content, category, tags, applies_to } = input;
  const shown = Object.entries({ title, category, tags, applies_to }).filter(([, value]) => value !== undefined);
  const given: Record<string, unknown> = { ...input.fields, ...Object.fromEntries(shown) };
  if ("id" in given)
    throw new MemoryError("invalid_input", "fields.id is given by git-memory and cannot be set.", { field: "id" });
  checkContent(content);
  const normal = normaliseFields(given);
  checkFields(kind, normal);
  const own = Object.fromEntries(Object.entries(normal).filter(([, value]) => value !== null));
  const words = { kind, title, body: content, tags: (own.tags as string[] | undefined) ?? [] };
  const id = memory.newId();
  const wanted = input.name ?? nameFromTitle(title) ?? `entry-${id.slice(-8)}`;
  checkName(wanted);
  const plain = (name: string): string => pathFor(memory, draft, { kind, scope, name, private: apart });
  const inFolder = memory.catalog(draft.store).inFolder(folderOf(plain(wanted)));
  const full = inFolder + draft.addedTo(folderOf(plain(wanted))) >= FOLDER_FULL;
  const month = full && !wanted.includes("/") ? `${new Date(memory.now()).toISOString().slice(0, 7)}/` : "";
  const path = (name: string): string => plain(month + name);

  const existing =
    (await occupant(memory, draft, plain(wanted))) ?? (month ? await occupant(memory, draft, path(wanted)) : undefined);
  const sameSide = (existing?.entry.private ?? false) === apart;
  if (existing?.entry.fields.status === "archived" && sameSide) {
    const filled = fillIn(memory, words, { ...existing.entry.fields, ...normal });
    return { ...(await revive(memory, draft, existing, { ...own, ...filled.set }, content)), ...filled.told };
  }
  if (!input.allow_similar) {
    if (existing) throw taken(memory, existing.entry, "is there already");
    const same = await withSameText(memory, draft, kind, scope, content);
    if (same) throw taken(memory, same.entry, "says the same, word for word");
    const twin = twinOf(memory, draft, kind, scope, alike);
    if (twin) {
      const { entry, similarity } = twin;
      throw taken(memory, { ...entry, fields: entry }, `says nearly the same (similarity ${similarity.toFixed(2)})`);
    }
  }
  const name = month + (await freePath(memory, draft, path, wanted, input.allow_similar === true));
  const at = { kind, scope, name };
  const file = plain(name);
  const filled = fillIn(memory, words, normal);
  const set = { id, ...own, ...filled.set };
  draft.put({ path: file, after: editEntry(null, { set, content }, at), op: "created" });
  // What has no history must not make some.
  if (!isPrivate(file)) await rememberProject(memory, draft, scope);
  const told = { ...filled.told, ...toSimilar(memory, alike) };
  return { op: "created", after: await draft.read(file), path: file, at, id, whole: true, ...told };
}

/** The store path of an entry in the draft's store. Throws `invalid_input` when that cannot hold its scope. */
export const pathFor = (
  memory: Memory,
  draft: Draft,
  at: Edit["at"] & { readonly private?: boolean | undefined },
): string => {
  const folder = memory.workspace.folderOf(draft.store, parseScope(at.scope));
  return entryPath({ ...at, ...(folder === undefined ? {} : { folder }) }, draft.root);
};

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

async function revive(
  memory: Memory,
  draft: Draft,
  old: Drafted,
  set: Record<string, unknown>,
  content: string,
): Promise<Edit> {
  const { path, entry } = old;
  const id = idToWrite(memory, draft, path, entry.fields.id);
  const after = editEntry(old.bytes, { set: { ...set, id, status: null }, content }, entry);
  draft.put({ path, after, op: "restored" });
  return { op: "restored", after: await draft.read(path), path, at: entry, id, whole: true };
}
