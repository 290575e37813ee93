import { formatAddress } from "../entry/address.js";
import { isPrivate, locate } from "../entry/entry-path.js";
import { checkContent, checkFields, FIELD_NAMES, normaliseFields, normaliseTags } from "../entry/fields.js";
import { KINDS, type Kind } from "../entry/kinds.js";
import { editEntry } from "../entry/markdown.js";
import { checkName } from "../entry/name.js";
import { formatScope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { EntryKey } from "../search/indexed.js";
import { assertKnown, type Basis, basisOf, type Changer } from "./basis.js";
import type { Draft, Drafted } from "./draft.js";
import { type Edit, idToWrite } from "./edits.js";
import { fillIn } from "./fill-in.js";
import { writtenJustBefore } from "./just-before.js";
import type { Memory } from "./memory.js";
import { planMerge } from "./merge-update.js";
import { parseAt } from "./parse-at.js";
import { refuseOtherSide } from "./private.js";
import { type Redirection, redirect, relationsFrom } from "./redirect.js";
import { notFound, resolveIn, scopeIn } from "./resolve.js";
import { occupant, pathFor } from "./save.js";
import { PERSONAL } from "./workspace.js";

/** What is to be different in an entry. */
export interface Changes {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly content?: string;
  readonly append?: string;
  readonly edits?: readonly { readonly old: string; readonly new: string }[];
  readonly add_tags?: readonly string[];
  readonly remove_tags?: readonly string[];
  readonly base_version?: string;
}

export interface UpdateInput extends Changes {
  readonly ref: string;
}

const invalid = (field: string, message: string, data: Record<string, unknown> = {}): MemoryError =>
  new MemoryError("invalid_input", message, { field, ...data });

/** The body that the changes make of one; undefined when they leave it alone. Throws `invalid_input` where that cannot be told. */
export function newBody(body: string, { content, append, edits }: Changes): string | undefined {
  if ([content, append, edits].filter((one) => one !== undefined).length > 1)
    throw invalid("content", "Give one of content, append and edits, not several.");
  if (content !== undefined) return content;
  if (append !== undefined) return body === "" ? append : `${body.trimEnd()}\n\n${append}`;
  let text = body;
  for (const [position, edit] of (edits ?? []).entries()) {
    const parts = text.split(edit.old);
    if (edit.old === "" || parts.length !== 2) {
      const times =
        edit.old === ""
          ? "is empty"
          : parts.length === 1
            ? "is not in the text"
            : `is in the text ${parts.length - 1} times`;
      throw invalid("edits", `edits[${position}].old ${times}; it has to be there exactly once. Nothing was written.`, {
        position,
      });
    }
    text = parts.join(edit.new);
  }
  return edits === undefined ? undefined : text;
}

/**
 * The store that holds an entry of a scope once it is moved there: the one where new entries of the scope go. What is
 * private stays where it is, and so does what is shared in a session, and where no store stands for the scope.
 */
export function storeFor(memory: Memory, from: EntryKey & { readonly scope: string }, scope: string): string {
  const { workspace } = memory;
  const wanted = workspace.canonical(scope);
  if (scope !== PERSONAL && formatScope(wanted) === from.scope) return from.store;
  const fits = workspace.folderOf(from.store, wanted) !== undefined;
  if (fits && (wanted.level === "session" || isPrivate(from.path))) return from.store;
  return fits && !workspace.hasHome(scope) ? from.store : workspace.home(scope);
}

/** The entry's new place, when `set` names one. */
export function placeOf(memory: Memory, entry: Place, set: Readonly<Record<string, unknown>>) {
  const text = (field: string, fallback: string): string => {
    const value = set[field] ?? fallback;
    if (typeof value !== "string") throw invalid(`set.${field}`, `set.${field} has to be text.`);
    return value;
  };
  const kind = text("kind", entry.kind) as Kind;
  if (!KINDS.includes(kind)) throw invalid("set.kind", `set.kind is one of ${KINDS.join(", ")}.`);
  const name = text("name", entry.name);
  if (name !== entry.name) checkName(name);
  const given = text("scope", entry.scope);
  const scope = given === entry.scope ? entry.scope : scopeIn(memory, given);
  const same = kind === entry.kind && name === entry.name && scope === entry.scope;
  return same ? undefined : { kind, name, scope };
}

function newFields(entry: Drafted["entry"], kind: Kind, input: Changes): Record<string, unknown> {
  const set: Record<string, unknown> = { ...input.set };
  for (const place of ["name", "kind", "scope", "private"]) delete set[place];
  if ("id" in set) throw invalid("set.id", "An id is given once and cannot be changed.");
  if (set.title === null || set.title === "") throw invalid("set.title", "A title cannot be taken away, only changed.");
  if (kind !== entry.kind) {
    const known = new Set(FIELD_NAMES(kind));
    const lost = Object.keys(entry.fields).filter((field) => !known.has(field) && set[field] !== null);
    if (lost.length > 0)
      throw invalid(
        "set.kind",
        `A ${kind} has no ${lost.join(", ")}. Set ${lost.length > 1 ? "them" : "it"} to null to let go of ${lost.length > 1 ? "them" : "it"}.`,
        { fields: lost },
      );
  }
  if (input.add_tags ?? input.remove_tags) {
    const removed = new Set(normaliseTags([...(input.remove_tags ?? [])]));
    const tags = Array.isArray(set.tags) ? (set.tags as string[]) : set.tags === null ? [] : (entry.fields.tags ?? []);
    set.tags = normaliseTags([...tags, ...(input.add_tags ?? [])]).filter((tag) => !removed.has(tag));
  }
  const normal = normaliseFields(set);
  // What stays has to fit a new kind too: of some fields each kind has its own sort.
  checkFields(kind, kind === entry.kind ? normal : { ...entry.fields, ...normal });
  return normal;
}

/** The fields and the text that an input gives an entry that will be of a kind, and what to tell of them. */
export function newText(memory: Memory, entry: Drafted["entry"], kind: Kind, input: Changes) {
  const set = newFields(entry, kind, input);
  const content = newBody(entry.body, input);
  if (content !== undefined) checkContent(content);
  const title = typeof set.title === "string" ? set.title : entry.title;
  const changed = (content !== undefined && content !== entry.body) || title !== entry.title;
  const tags = (set.tags ?? entry.fields.tags ?? []) as readonly string[];
  const words = { kind, title, body: content ?? entry.body, tags };
  const filled = changed ? fillIn(memory, words, { ...entry.fields, ...set }) : undefined;
  Object.assign(set, filled?.set);
  return { edit: { set, ...(content === undefined ? {} : { content }) }, told: filled?.told };
}

/** Puts an entry's new text, fields and place into the draft. */
export async function planUpdate(memory: Memory, draft: Draft, input: UpdateInput, by: Changer): Promise<Edit> {
  const { path } = await resolveIn(memory, input.ref, draft);
  const old = await draft.read(path);
  if (!old) throw await notFound(memory, input.ref);
  const { entry } = old;
  const address = formatAddress(entry, memory.scope);
  refuseOtherSide(address, entry, input.set?.private);
  const target = placeOf(memory, entry, input.set ?? {});
  if (target) {
    await assertKnown(memory, draft, old, input.base_version, by);
    assertSameStore(memory, draft.store, old, input);
  }
  const based = { base_version: input.base_version, blind: input.content !== undefined };
  const basis = target ? undefined : await basisOf(memory, draft, old, based, by);
  if (basis && !addsOnly(input) && !quotesCurrent(old.entry, input))
    return planMerge(memory, draft, old, basis, input, by);
  const before = await writtenJustBefore(memory, draft, old, input.base_version);
  const own = basis && { own: ownText(memory, draft, old, basis, input) };
  return { ...(await planChange(memory, draft, old, { target, input })), ...before, ...own };
}

/** What a writer knows of an entry after they added to a text that they have not seen: theirs, with the addition where it fits. */
function ownText(memory: Memory, draft: Draft, { path, entry }: Drafted, { bytes }: Basis, input: Changes): Uint8Array {
  const based = parseAt(draft.root, path, bytes);
  if (!based || (input.edits && !quotesCurrent(based, input))) return bytes;
  return editEntry(bytes, newText(memory, based, entry.kind, input).edit, entry);
}

/** What is only added, or taken off tags, is made on whatever is current: it conflicts with nothing. */
const addsOnly = ({ set, content, edits }: Changes): boolean =>
  content === undefined && edits === undefined && Object.keys(set ?? {}).length === 0;

/** Exact text that is in the current body once is text that the caller has seen there. */
const quotesCurrent = ({ body }: Drafted["entry"], { edits, set }: Changes): boolean =>
  edits !== undefined &&
  Object.keys(set ?? {}).length === 0 &&
  edits.every(({ old }) => old !== "" && body.split(old).length === 2);

/** The same for an entry that was read, and a place in its own store. */
export async function planChange(
  memory: Memory,
  draft: Draft,
  old: Drafted,
  { target, input }: { readonly target: Place | undefined; readonly input: Changes },
): Promise<Edit> {
  const { entry, path } = old;
  const at = target ?? entry;
  const { edit, told } = newText(memory, entry, at.kind, input);
  const { set } = edit;
  if (at.scope !== entry.scope && entry.fields.relations && !("relations" in set))
    set.relations = relationsFrom(entry.scope, entry.fields.relations, at.scope);
  const bytes = editEntry(old.bytes, edit, at);
  if (!target && Buffer.compare(bytes, old.bytes) === 0)
    return { op: "unchanged", after: old, path, at: entry, id: entry.fields.id };
  // Every entry that we write has an id of its own from then on; of two copies the first keeps theirs.
  const id = idToWrite(memory, draft, path, entry.fields.id);
  const withId = id === entry.fields.id ? bytes : editEntry(old.bytes, { ...edit, set: { id, ...set } }, at);
  const moved = target && (await move(memory, draft, old, target));
  const to = moved?.path ?? path;
  const op = target ? "renamed" : changeWord(entry.fields.status, set);
  draft.put({ path: to, after: withId, op, ...(target ? { from: path } : {}) });
  const after = await draft.read(to);
  const whole = input.content === undefined ? {} : { whole: true as const };
  return { op, after, path: to, at, id, ...whole, ...told, ...(moved ? { redirection: moved.redirection } : {}) };
}

function assertSameStore(memory: Memory, store: string, { path, entry }: Drafted, { ref, set }: UpdateInput): void {
  const target = storeFor(memory, { store, path, scope: entry.scope }, String(set?.scope ?? entry.scope));
  if (target === store) return;
  throw invalid(
    "set.scope",
    `Nothing was written: ${ref} would go from the store ${store} to ${target}, and one write goes to one store. Move it by a call of its own.`,
    { store: target },
  );
}

/** The word for a change of an entry that has a status. */
export function changeWord(status: string | undefined, set: Readonly<Record<string, unknown>>): string {
  if (!("status" in set)) return "updated";
  return set.status === "archived" ? "archived" : status === "archived" ? "restored" : "updated";
}

/** Where an entry is, or will be. */
export interface Place {
  readonly kind: Kind;
  readonly name: string;
  readonly scope: string;
}

async function move(
  memory: Memory,
  draft: Draft,
  { path, entry }: Drafted,
  at: Place,
): Promise<{ readonly path: string; readonly redirection: Redirection }> {
  const to = pathFor(memory, draft, { ...at, private: entry.private });
  if (locate(to, draft.root).type !== "entry") throw invalid("set.name", `${to} cannot be an entry's path.`);
  const there = await occupant(memory, draft, to);
  if (there && there.path !== path) {
    const address = formatAddress(at, memory.scope);
    throw new MemoryError("already_exists", `${address} is there already, so nothing was moved. Choose another name.`, {
      address,
    });
  }
  draft.put({ path, after: null, op: "renamed" });
  return { path: to, redirection: await redirect(memory, draft, { ...entry, path }, at) };
}
