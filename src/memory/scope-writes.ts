import { documentPath, locate } from "../entry/entry-path.js";
import { checkContent, normaliseFields } from "../entry/fields.js";
import { checkName, foldName, nameFromTitle } from "../entry/name.js";
import { formatScope, isScopeName, parseScope, type Scope } from "../entry/scope.js";
import { checkDocument, editDocument, parseDocument } from "../entry/scope-document.js";
import { MemoryError } from "../errors.js";
import type { Written } from "../store/session.js";
import type { Caller } from "./caller.js";
import { documentRecord } from "./documents.js";
import type { Draft } from "./draft.js";
import { assertBase, refuseSecrets, type WriteResult } from "./edits.js";
import { currentScope, findScope, knownScopes, nameOf, type ScopeLevel } from "./known-scopes.js";
import type { Memory } from "./memory.js";
import { rememberProject } from "./remember-project.js";
import { recordOfAny, resultOfAny } from "./scope-edit.js";
import { PERSONAL } from "./workspace.js";

/** What goes on record with a write of a scope's document. */
export interface ScopeWrite {
  readonly caller: Caller;
  readonly reason?: string | undefined;
  readonly allow_secrets?: readonly string[] | undefined;
}

export interface CreateScope {
  readonly name: string;
  /** The org of a project, by name. */
  readonly org?: string;
  readonly store?: string;
  readonly description?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface UpdateScope {
  /** The current one when absent. */
  readonly ref?: string;
  readonly description?: string;
  /** Null takes a field away. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly base_version?: string;
}

const invalid = (field: string, message: string, data: Record<string, unknown> = {}): MemoryError =>
  new MemoryError("invalid_input", message, { field, ...data });

/** Refuses a name that no folder and no address could have. */
function checkScopeName(field: "name" | "org", level: ScopeLevel, name: string): void {
  const made = nameFromTitle(name);
  const better = made !== undefined && made !== name ? ` ${JSON.stringify(made)} would do.` : "";
  if (!isScopeName(name)) {
    const parts = level === "project" ? " A project lies in an org or in none, never in another project." : "";
    throw invalid(
      field,
      `Nothing was written: ${JSON.stringify(name)} cannot be the name of ${level === "org" ? "an org" : "a project"}: it has to be one safe part of a path without / and ":".${parts}${better}`,
    );
  }
  if (field === "name") checkName(name);
}

/** The scope that is to be made. */
function newScope(memory: Memory, level: ScopeLevel, { name, org }: CreateScope): Scope {
  checkScopeName("name", level, name);
  if (level === "org") return { level, org: name };
  if (org === undefined) return memory.workspace.canonical(`project/${name}`);
  checkScopeName("org", level, org);
  const key = foldName(org);
  const orgs = knownScopes(memory, "org").map(nameOf);
  const known = orgs.find((one) => one === org) ?? orgs.find((one) => foldName(one) === key);
  if (known === undefined)
    throw new MemoryError(
      "not_found",
      `There is no org ${JSON.stringify(org)}, so nothing was written. [[org create]] makes it${orgs.length > 0 ? `; there is ${orgs.slice(0, 5).join(", ")}` : ""}.`,
      { field: "org", org },
    );
  return { level, org: known, project: name };
}

/** Refuses what is there already, also where only letter case or Unicode form tells them apart. */
function refuseTaken(memory: Memory, level: ScopeLevel, scope: string, store: string | undefined): void {
  const key = foldName(scope);
  for (const other of knownScopes(memory, level).filter((one) => foldName(one) === key)) {
    const record = memory.scopes.inScope(other).find((one) => store === undefined || one.store === store);
    // One of which there are only entries gets its document.
    if (!record && other === scope) continue;
    throw new MemoryError(
      "already_exists",
      `${other} is there already${record ? `, in the store ${record.store}` : ""}. Nothing was written. [[${level} update]] changes it.`,
      { scope: other, address: `${other}:`, ...(record ? { id: record.document.fields.id, store: record.store } : {}) },
    );
  }
}

/** Refuses a second project at one place: nobody could say which of them is the current one. */
function refuseSharedPlace(memory: Memory, store: string, scope: string, rootPath: unknown): void {
  if (typeof rootPath !== "string") return;
  const other = memory.scopes.withRootPath(rootPath).find((one) => one.store === store && one.document.scope !== scope);
  if (other)
    throw invalid(
      "root_path",
      `Nothing was written: ${rootPath} is the root_path of ${other.document.scope} already.`,
      {
        scope: other.document.scope,
      },
    );
}

/** Fields as they are written, found good for a store. */
function checkedFields(
  memory: Memory,
  level: ScopeLevel,
  scope: string,
  store: string,
  { fields, description }: Pick<CreateScope, "fields" | "description">,
): Record<string, unknown> {
  const normal = normaliseFields(fields);
  if ("id" in normal) throw invalid("id", "An id is given by git-memory and cannot be set.");
  checkDocument(level, normal, { absolutePaths: store === PERSONAL });
  refuseSharedPlace(memory, store, scope, normal.root_path);
  if (description !== undefined) checkContent(description);
  return normal;
}

/** Makes an org or project: its document in the store that holds the scope, the person's own where no other does. */
export async function createScope(
  memory: Memory,
  level: ScopeLevel,
  input: CreateScope,
  write: ScopeWrite,
): Promise<WriteResult> {
  const scope = newScope(memory, level, input);
  const text = formatScope(scope);
  // What is wrong is said before a person's own store would be made for it.
  const name = memory.workspace.home(text, input.store, true);
  refuseTaken(memory, level, text, input.store);
  checkedFields(memory, level, text, name, input);
  await memory.home(text, input.store, true);
  return memory.transact(name, async (draft) => {
    refuseTaken(memory, level, text, input.store);
    const set = checkedFields(memory, level, text, name, input);
    return put(
      memory,
      draft,
      level,
      pathOf(memory, draft, scope),
      { text, set, description: input.description },
      write,
    );
  });
}

function pathOf(memory: Memory, draft: Draft, scope: Scope): string {
  const folder = memory.workspace.folderOf(draft.store, scope);
  return documentPath({ scope: formatScope(scope), ...(folder === undefined ? {} : { folder }) }, draft.root);
}

/** Changes what is known about an org or project, and makes its document where there is none yet. */
export async function updateScope(
  memory: Memory,
  level: ScopeLevel,
  input: UpdateScope,
  write: ScopeWrite,
): Promise<WriteResult> {
  const text = findScope(memory, level, input.ref);
  const record = documentRecord(memory, text);
  const name = record?.store ?? memory.workspace.home(text, undefined, true);
  checkedFields(memory, level, text, name, input);
  if (!record) await memory.home(text, undefined, true);
  return memory.transact(name, async (draft) => {
    const set = checkedFields(memory, level, text, name, input);
    const path = record?.path ?? pathOf(memory, draft, parseScope(text));
    return put(memory, draft, level, path, { text, set, ...input }, write);
  });
}

interface Put {
  readonly text: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly description?: string | undefined;
  readonly base_version?: string | undefined;
}

/** Puts a document's new text into the draft. */
async function put(
  memory: Memory,
  draft: Draft,
  level: ScopeLevel,
  path: string,
  { text, set, description, base_version: base }: Put,
  write: ScopeWrite,
) {
  const old = await draft.file(path);
  const at = locate(path, draft.root);
  const parsed = old && at.type === "scope-document" ? parseDocument(old.bytes, at) : undefined;
  if (parsed?.kind === "unreadable")
    throw new MemoryError(
      "invalid_input",
      `${path} cannot be read (${parsed.reason}), so nothing was written. Mend the file in an editor, then call again.`,
      { path, reason: parsed.reason },
    );
  if (old) assertBase(`${text}:`, old, base);
  else if (base !== undefined)
    throw invalid("base_version", `Nothing was written: ${text} has no document yet. Leave base_version out.`);
  const fields = parsed?.document.fields;
  const id = fields?.id ?? memory.newId();
  const edit = { set: { ...set }, ...(description === undefined ? {} : { content: description }) };
  const plain = editDocument(old?.bytes ?? null, edit, level);
  const written = (op: string) => ({
    record: recordOfAny([{ op, path, scope: text, id }], write.caller, write.reason),
    answer: (done: Written) => resultOfAny(memory, draft.store, { op, path, scope: text, id }, done),
  });
  if (old && Buffer.compare(plain, old.bytes) === 0) return written("unchanged");
  const op = !old ? "created" : changeWord(fields?.status, set);
  const after = editDocument(old?.bytes ?? null, { ...edit, set: { id, ...set } }, level);
  draft.put({ path, after, op });
  if (!old && text === currentScope(memory, "project")) await rememberProject(memory, draft, text);
  await refuseSecrets(draft, write.allow_secrets ?? []);
  return written(op);
}

function changeWord(status: string | undefined, set: Readonly<Record<string, unknown>>): string {
  if (!("status" in set)) return "updated";
  return set.status === "archived" ? "archived" : status === "archived" ? "restored" : "updated";
}
