import { parseRef } from "../entry/address.js";
import type { ScopeDocument } from "../entry/document.js";
import { documentPath, locate } from "../entry/entry-path.js";
import { formatScope, parseScope } from "../entry/scope.js";
import { parseDocument } from "../entry/scope-document.js";
import { MemoryError } from "../errors.js";
import { blobId } from "../git/objects.js";
import type { EntryKey } from "../search/indexed.js";
import type { Memory } from "./memory.js";
import type { ScopeRecord } from "./scope-directory.js";
import type { View } from "./view.js";
import { PERSONAL } from "./workspace.js";

/** What names the document of a scope: the scope with a closing colon. */
export const documentAddress = ({ scope }: Pick<ScopeDocument, "scope">): string => `${scope}:`;

/** The scope (canonical text) whose document a ref names, by its address or id; undefined for a ref of an entry. Throws `invalid_input` as `parseRef` does. */
export function documentScope(memory: Memory, text: string): string | undefined {
  const ref = parseRef(text);
  if (ref.type === "id") return memory.scopes.withId(ref.id)[0]?.document.scope;
  return ref.type === "scope-document" ? formatScope(memory.workspace.canonical(ref.scope)) : undefined;
}

/** Where the document of a scope is, or would be: what is shared first, the person's own last. */
export function documentPlaces(memory: Memory, scope: string): EntryKey[] {
  const wanted = parseScope(scope);
  if (wanted.level === "global") return [];
  const own = ({ store }: EntryKey): number => (store === PERSONAL ? 1 : 0);
  return memory.workspace
    .places(wanted)
    .map(({ store, folder }) => ({ store, path: documentPath({ scope, folder }, wanted) }))
    .sort((a, b) => own(a) - own(b));
}

/** The document of a scope as it is told: the shared one, else the person's own. */
export function documentRecord(memory: Memory, scope: string): ScopeRecord | undefined {
  for (const { store, path } of documentPlaces(memory, scope)) {
    const record = memory.scopes.get(store, path);
    if (record) return record;
  }
  return undefined;
}

/** What to call to see, make or change the documents of a level. */
const areaOf = (scope: string): string => scope.slice(0, scope.indexOf("/"));

/** `not_found` for a scope that has no document. */
export function noDocument(memory: Memory, scope: string): MemoryError {
  const { level } = parseScope(scope);
  const same = [...memory.scopes.all()].filter(({ document }) => document.level === level);
  const others = [...new Set(same.map(({ document }) => documentAddress(document)))].sort().slice(0, 5);
  const there = others.length > 0 ? ` There is ${others.join(", ")}.` : "";
  const way = level === "global" ? "global has none." : `[[${areaOf(scope)} create]] makes it.`;
  return new MemoryError("not_found", `There is no document of ${scope}: ${way}${there}`, {
    ref: `${scope}:`,
    nearest: others,
  });
}

/** What an operation on entries says to the address of a scope's document. */
export function notAnEntry(memory: Memory, scope: string): MemoryError {
  const record = documentRecord(memory, scope);
  if (!record) return noDocument(memory, scope);
  const area = areaOf(scope);
  return new MemoryError(
    "invalid_input",
    `Nothing was done: ${scope}: is the document of ${area === "org" ? "an org" : `a ${area}`}, no entry. It is not deleted; [[${area} update]] changes it, and archives it with status archived.`,
    { ref: `${scope}:` },
  );
}

/** A scope's document in one state of the memory. */
export interface ReadDocument extends Omit<ScopeRecord, "document"> {
  readonly document: ScopeDocument;
}

/** The document of a scope in a view. Throws `not_found`. */
export async function readDocument(memory: Memory, scope: string, view: View): Promise<ReadDocument> {
  for (const key of documentPlaces(memory, scope)) {
    const bytes = await view.bytes(key);
    const document = bytes && (await documentIn(memory, key, bytes));
    if (!document) continue;
    const told = view.commit === undefined ? memory.scopes.get(key.store, key.path) : undefined;
    return { ...told, ...key, document, version: blobId(bytes) };
  }
  throw noDocument(memory, scope);
}

/** The document that bytes are at a place; undefined when they cannot be read as one. */
export async function documentIn(
  memory: Memory,
  { store, path }: EntryKey,
  bytes: Uint8Array,
): Promise<ScopeDocument | undefined> {
  const at = locate(path, (await memory.store(store)).manifest.root);
  const parsed = at.type === "scope-document" ? parseDocument(bytes, at) : undefined;
  return parsed?.kind === "document" ? parsed.document : undefined;
}

/** Where the document of a scope is, else where it once was. Throws `not_found` where none could be. */
export async function documentKey(memory: Memory, scope: string): Promise<EntryKey> {
  const record = documentRecord(memory, scope);
  if (record) return { store: record.store, path: record.path };
  await memory.historyKnown();
  for (const key of documentPlaces(memory, scope))
    if ((await (await memory.store(key.store)).history(key.path)).versions.length > 0) return key;
  throw noDocument(memory, scope);
}
