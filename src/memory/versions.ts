import { isPrivate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import type { EntryKey } from "../search/indexed.js";
import type { History } from "../store/history.js";
import type { Store } from "../store/store.js";
import type { Version } from "../store/weave.js";
import type { Memory } from "./memory.js";
import { notFound } from "./resolve.js";

/** A version of an entry with its bytes; null = the entry was gone. */
export interface FoundVersion {
  readonly version: Version;
  readonly bytes: Uint8Array | null;
}

/** Every version of what is, or was, at a store path, as far as it is known. Throws `not_found` when nothing ever was. */
export async function versionsOf(memory: Memory, { store: name, path }: EntryKey, ref: string): Promise<History> {
  const store = await memory.store(name);
  await memory.historyKnown();
  const history = await store.history(path);
  if (history.versions.length === 0 && !history.truncated) throw await notFound(memory, ref);
  return history;
}

/** Fewer digits would match by chance. */
const SHORTEST = 7;

/** The version that a token or a commit, whole or its first seven digits or more, names. Throws `not_found`. */
export async function findVersion(memory: Memory, key: EntryKey, ref: string, wanted: string): Promise<FoundVersion> {
  const { versions } = await versionsOf(memory, key, ref);
  const token = wanted.toLowerCase();
  const matches = versions.filter(
    ({ version, commit }) => token.length >= SHORTEST && (version?.startsWith(token) || commit?.startsWith(token)),
  );
  const distinct = new Set(matches.map(({ version }) => version));
  if (distinct.size > 1)
    throw new MemoryError("invalid_input", `${wanted} names several versions of ${ref}; give more digits.`, {
      version: wanted,
    });
  const [version] = matches;
  if (!version) {
    const why = isPrivate(key.path)
      ? "It is private: there is its current text, and no history."
      : "[[history]] lists its versions and commits.";
    throw new MemoryError("not_found", `${ref} has no version ${wanted}. ${why}`, { version: wanted });
  }
  if (version.version === null) return { version, bytes: null };
  const store = await memory.store(key.store);
  const bytes =
    (await store.readVersion(version.version, version.path, version.commit)) ??
    (await currentBytes(store, key.path, version.version));
  if (bytes) return { version, bytes };
  throw new MemoryError(
    "unavailable",
    `The text of version ${wanted} is not in this clone (shallow or partial). Fetch it with git, then call again.`,
    { version: wanted },
  );
}

async function currentBytes(store: Store, path: string, version: string): Promise<Uint8Array | undefined> {
  const current = await store.current(path);
  return current?.version === version ? current.bytes : undefined;
}
