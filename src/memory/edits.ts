import { formatAddress } from "../entry/address.js";
import type { Categorised } from "../entry/categorise.js";
import type { ConflictRecord } from "../entry/conflict.js";
import { isPrivate } from "../entry/entry-path.js";
import { KIND_FOLDERS } from "../entry/kinds.js";
import { findSecrets } from "../entry/secrets.js";
import { MemoryError } from "../errors.js";
import type { WhoWrote } from "../store/last-write.js";
import type { Written } from "../store/session.js";
import type { WriteRecord } from "../store/writer.js";
import type { SimilarEntry } from "./alike.js";
import type { Caller } from "./caller.js";
import type { Draft, Drafted } from "./draft.js";
import type { Memory } from "./memory.js";
import type { Redirection } from "./redirect.js";

/** What one edit does to one entry, put into the draft already. */
export interface Edit {
  /** `created`, `updated`, `renamed`, `archived`, `restored`, `deleted`, or `unchanged`: nothing to write. */
  readonly op: string;
  /** Undefined when the file is gone. */
  readonly after: Drafted | undefined;
  readonly path: string;
  readonly at: { readonly kind: Drafted["entry"]["kind"]; readonly scope: string; readonly name: string };
  readonly id: string | undefined;
  /** The writer gave the whole text, and knows it. */
  readonly whole?: true;
  /** What the writer's text and the current one came to, where they were made side by side. */
  readonly merge?: Merge;
  /** The writer's own text, where what they added went to a newer one that they have not seen. */
  readonly own?: Uint8Array;
  /** Who wrote the version before a moment ago, where the caller did not say on which one the edit is based. */
  readonly before?: WhoWrote;
  /** Entries that say nearly the same. */
  readonly similar?: SimilarEntry[];
  /** What was filled in from the entry's own words. */
  readonly categorised?: Categorised;
  /** Of an entry that gets another address. */
  readonly redirection?: Redirection;
}

/** Two writers' changes brought together. */
interface Merge {
  /** The writer's own text: what they know of the entry. */
  readonly own: Uint8Array;
  /** What the two could not agree on; the writer's values stay. */
  readonly conflict?: ConflictRecord;
}

/** What a write answers for one entry. */
export interface WriteResult {
  readonly address: string;
  readonly id?: string;
  readonly version?: string;
  readonly change: string;
  readonly store: string;
  readonly scope: string;
  readonly path: string;
  readonly commit?: string;
  readonly committed: boolean;
  readonly pending?: string;
  /** In no commit, now and later. */
  readonly private?: true;
  /** `<store>:<address>` where it came from, or is a copy of. */
  readonly from?: string;
  readonly hint?: string;
  /** Of a file that was taken away: the entries whose relations lead there still. */
  readonly dangling?: string[];
  /** Entries that say nearly the same as the one that was saved. */
  readonly similar?: SimilarEntry[];
  readonly categorised?: Categorised;
  /** Somebody else had changed it meanwhile, and both changes are in it. */
  readonly merged?: true;
  /** The id of the conflict that came of it, and what it is about: the caller's values stay, the others are on record. */
  readonly conflict?: string;
  readonly contested?: string[];
}

const VERBS: Readonly<Record<string, string>> = {
  created: "add",
  updated: "update",
  merged: "merge",
  renamed: "move",
  archived: "archive",
  restored: "restore",
  deleted: "delete",
};

/** What a write of these edits goes on record as. */
export function recordOf(edits: readonly Edit[], caller: Caller, reason: string | undefined): WriteRecord {
  // Nothing of what is private goes on record, its name neither.
  const written = edits.filter(({ op, path }) => op !== "unchanged" && !isPrivate(path));
  const [first] = written;
  const one = written.length === 1 && first;
  const label = one && `${one.at.kind} ${one.at.name}`;
  const conflict = written.find(({ merge }) => merge?.conflict)?.merge?.conflict?.id;
  return {
    ...(conflict === undefined ? {} : { conflict }),
    op: one ? one.op : "bulk",
    subject: one ? `memory: ${VERBS[one.op] ?? one.op} ${label}` : `memory: change ${written.length} entries`,
    ...(one
      ? { entry: `${one.at.scope}:${KIND_FOLDERS[one.at.kind]}/${one.at.name}${one.id ? ` ${one.id}` : ""}` }
      : {}),
    ...(reason === undefined ? {} : { reason }),
    ...caller,
  };
}

/** What the write of an edit answers, once it is written. */
export function resultOf(memory: Memory, store: string, edit: Edit, written: Written): WriteResult {
  const key = { store, path: edit.path };
  const version = memory.at(key)?.version;
  const gone = edit.op === "deleted" ? memory.index.relations.tellers({ ...key, ...edit.at }) : [];
  const dangling = gone.map((one) => memory.at(one)).filter((entry) => entry !== undefined);
  return {
    address: formatAddress(edit.at, memory.scope),
    ...(edit.id === undefined ? {} : { id: edit.id }),
    ...(version === undefined ? {} : { version }),
    change: edit.op,
    store,
    scope: edit.at.scope,
    path: edit.path,
    ...(isPrivate(edit.path) ? apart(edit) : standing(written)),
    ...(edit.similar === undefined ? {} : { similar: edit.similar }),
    ...(edit.categorised === undefined ? {} : { categorised: edit.categorised }),
    ...(edit.merge ? mergedBy(edit.merge) : {}),
    ...(dangling.length === 0 ? {} : { dangling: dangling.map((entry) => formatAddress(entry, memory.scope)) }),
  };
}

const mergedBy = ({ conflict }: Merge) => ({
  merged: true as const,
  ...(conflict ? { conflict: conflict.id, contested: [...conflict.fields] } : {}),
});

const apart = ({ op }: Edit) => ({
  private: true as const,
  committed: false,
  ...(op === "deleted" ? { hint: "A private entry has no history: this one is gone for good." } : {}),
});

/** A result with one more hint. */
export const withHint = <T extends { readonly hint?: string }>(result: T, hint: string | undefined): T =>
  hint === undefined ? result : { ...result, hint: [result.hint, hint].filter(Boolean).join(". ") };

/** Where a write stands: in a commit of the branch, or not yet and why. */
export const standing = ({ commit, pending }: Written) => ({
  ...(commit === undefined ? {} : { commit }),
  committed: commit !== undefined,
  ...(pending === undefined ? {} : { pending }),
});

/** The id that the entry at `path` keeps when it is written: its own, unless another path had it first; else a new one. */
export function idToWrite(memory: Memory, draft: Draft, path: string, id: string | undefined): string {
  if (id === undefined) return memory.newId();
  const key = id.toLowerCase();
  const drafted = draft.entries().filter(({ entry }) => entry.fields.id?.toLowerCase() === key);
  const others = memory
    .catalog(draft.store)
    .withId(key)
    .filter((other) => !draft.touches(other));
  const [first = path] = [...drafted.map((one) => one.path), ...others];
  return first === path ? id : memory.newId();
}

/** Refuses a draft that holds what looks like a secret: with rule and place, never the secret. */
export async function refuseSecrets(draft: Draft, allow: readonly string[]): Promise<void> {
  for (const { path, after } of draft.files()) {
    // Archiving, and pointing a relation at another place, says nothing that was not there already.
    if (!after || !draft.addsTo(path)) continue;
    const [found] = await findSecrets(Buffer.from(after).toString("utf8"), allow);
    if (!found) continue;
    throw new MemoryError(
      "invalid_input",
      `Nothing was written: line ${found.line}, column ${found.column} of ${path} looks like a secret (rule ${found.rule}). ` +
        `Leave it out, or pass allow_secrets: ["${found.rule}"] when it is none.`,
      { path, rule: found.rule, line: found.line, column: found.column },
    );
  }
}

/** Refuses texts of a caller's, by field, that look like secrets: for writes that add nothing else. */
export async function refuseSecretTexts(
  texts: Readonly<Record<string, string | undefined>>,
  allow: readonly string[],
): Promise<void> {
  for (const [field, text = ""] of Object.entries(texts)) {
    const [found] = await findSecrets(text, allow);
    if (!found) continue;
    throw new MemoryError(
      "invalid_input",
      `Nothing was written: ${field} looks like a secret (rule ${found.rule}). ` +
        `Leave it out, or pass allow_secrets: ["${found.rule}"] when it is none.`,
      { field, rule: found.rule },
    );
  }
}

/** Refuses an edit made on another version than the current one. */
export function assertBase(
  address: string,
  current: Pick<Drafted, "bytes" | "version">,
  base: string | undefined,
): void {
  if (base !== undefined && base !== current.version) throw staleVersion(address, current, base);
}

/** What an edit is refused with that was made on a version which is not the current one. */
export const staleVersion = (
  address: string,
  { bytes, version }: Pick<Drafted, "bytes" | "version">,
  base: string,
): MemoryError =>
  new MemoryError(
    "stale_version",
    `${address} changed since version ${base.slice(0, 12)}. Nothing was written. Read the current text in data.current, apply your change to it, and pass base_version ${version ?? "(none)"}.`,
    { address, version, current: Buffer.from(bytes).toString("utf8") },
  );
