import path from "node:path";
import { MANIFEST_FILE, parseManifest } from "../entry/manifest.js";
import { nameFromTitle } from "../entry/name.js";
import { type NamedStore, readStores } from "../entry/named-stores.js";
import { formatScope, parseScope, type Scope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import { readIfThere, stamp } from "../git/git-fs.js";
import { identity } from "./find-again.js";
import { type FoundStore, namedStore, STORE_FOLDER } from "./find-store.js";

/** A further store that a person's manifest names, found. */
export interface FoundFurther {
  readonly name: string;
  /** As it is written in the manifest. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly found: FoundStore;
}

/** A store that is named and not open, and why, in words that may be shown. */
export interface Unopened {
  readonly path: string;
  readonly reason: string;
}

/** The further stores of a person: those that are there, and what is wrong with the others. */
export interface Further {
  readonly stores: readonly FoundFurther[];
  readonly unopened: readonly Unopened[];
}

/** What a person has who names no further stores. */
export const NO_FURTHER: Further = { stores: [], unopened: [] };

/** Why a store cannot be opened; undefined for an error that says nothing that may be shown. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof MemoryError) return error.message;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^E[A-Z]+$/.test(code) ? `it cannot be read (${code})` : undefined;
}

const inHome = (written: string, home: string): string =>
  written === "~" || /^~[/\\]/.test(written) ? path.join(home, written.slice(1)) : written;

/** What a store is called that nobody gave a name: after what it stands for, else after its folder. */
function usualName(scope: Scope, root: string): string {
  if (scope.level === "org") return scope.org;
  if (scope.level === "project") return scope.project;
  const folder = path.basename(root) === STORE_FOLDER ? path.dirname(root) : root;
  return nameFromTitle(path.basename(folder)) ?? "shared";
}

async function findOne(named: NamedStore, folder: string): Promise<FoundFurther> {
  const found = await namedStore(folder);
  const bytes = await readIfThere(path.join(found.root, MANIFEST_FILE));
  if (!bytes) throw new MemoryError("not_found", `Its ${MANIFEST_FILE} is gone.`);
  const { root } = parseManifest(bytes);
  const [wanted, is] = [named.scope && formatScope(parseScope(named.scope)), formatScope(root)];
  if (wanted !== undefined && wanted !== is)
    throw new MemoryError("invalid_input", `It stands for ${is}, and scope says ${wanted}.`);
  const name = named.name ?? usualName(root, found.root);
  return { name, path: named.path, readOnly: named.read_only === true, found };
}

/** What the list in a manifest says, read again when the file changed. One that cannot be read leaves what was known. */
function readingList(): (root: string) => Promise<ReturnType<typeof readStores>> {
  let known = { file: "", stamp: "", list: readStores(undefined) };
  return async (root) => {
    const file = path.join(root, MANIFEST_FILE);
    const now = await stamp(file);
    if (known.file === file && known.stamp === now) return known.list;
    const bytes = await readIfThere(file);
    const list = bytes && listIn(bytes);
    known = { file, stamp: now, list: list ?? (known.file === file ? known.list : readStores(undefined)) };
    return known.list;
  };
}

function listIn(bytes: Uint8Array): ReturnType<typeof readStores> | undefined {
  try {
    return readStores(parseManifest(bytes).settings.stores);
  } catch (error) {
    if (error instanceof MemoryError) return undefined;
    throw error;
  }
}

/**
 * Finds the further stores that the person's manifest names, time and again: the same object for as long as the list
 * and the stores are the same. `home` is what `~/` stands for.
 */
export function findingFurther(
  home: string,
  unexpected: (message: string, cause: unknown) => void,
): (personal: FoundStore | undefined) => Promise<Further> {
  const listOf = readingList();
  let last = { key: "", further: NO_FURTHER };
  return async (personal) => {
    if (!personal) return NO_FURTHER;
    const { stores: named, problems } = await listOf(personal.root);
    if (named.length === 0 && problems.length === 0) return NO_FURTHER;
    const folders = named.map((one) => path.resolve(personal.root, inHome(one.path, home)));
    const key = JSON.stringify([named, problems, ...(await Promise.all(folders.map(marksOf)))]);
    if (last.key === key) return last.further;
    const stores: FoundFurther[] = [];
    const unopened: Unopened[] = problems.map(({ field, message, path: written }) => ({
      path: written,
      reason: `${field} ${message}`,
    }));
    for (const [at, one] of named.entries())
      try {
        stores.push(await findOne(one, folders[at]!));
      } catch (error) {
        const reason = reasonOf(error);
        if (reason === undefined) unexpected("a further store cannot be found", error);
        unopened.push({ path: one.path, reason: reason ?? UNEXPECTED });
      }
    last = { key, further: { stores, unopened } };
    return last.further;
  };
}

/** What is told of an error that was not foreseen. */
export const UNEXPECTED = "something unexpected went wrong; the log has the cause";

/** What makes a folder the store that it is now. */
async function marksOf(folder: string): Promise<string> {
  const manifests = [path.join(folder, STORE_FOLDER, MANIFEST_FILE), path.join(folder, MANIFEST_FILE)];
  try {
    return [identity(folder) ?? "-", ...(await Promise.all(manifests.map(stamp)))].join(" ");
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    return reason;
  }
}
