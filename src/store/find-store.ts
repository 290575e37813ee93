import fs from "node:fs/promises";
import path from "node:path";
import { withoutPassword } from "../entry/git-remote.js";
import { MANIFEST_FILE, parseManifest } from "../entry/manifest.js";
import { projectNamed, type Scope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import { discover, type Repository } from "../git/discover.js";
import { readIfThere } from "../git/git-fs.js";
import { lastPart, remoteUrl } from "../git/setup.js";

/** The folder of a checked-in store. */
export const STORE_FOLDER = ".memory";

export interface FoundStore {
  /** Absolute, real path of the folder that holds the manifest. */
  readonly root: string;
  readonly repository: Repository | undefined;
  /** The place that led to it, a real path; undefined where it was named without one. */
  readonly from?: string;
}

/** The folder that is a store at `dir`: `.memory/` in it, or itself. */
async function storeAt(dir: string): Promise<string | undefined> {
  for (const root of [path.join(dir, STORE_FOLDER), dir])
    if ((await readIfThere(path.join(root, MANIFEST_FILE))) !== undefined) return fs.realpath(root);
  return undefined;
}

const missing = (dir: string): MemoryError =>
  new MemoryError(
    "not_found",
    `There is no store in ${path.basename(dir)}: neither ${STORE_FOLDER}/${MANIFEST_FILE} nor ${MANIFEST_FILE}. Run \`git memory init\` there.`,
  );

/** Opens exactly what was named: a folder with a store in it, or the store's own folder. `from` is where one works. Throws `not_found`. */
export async function namedStore(dir: string, from?: string): Promise<FoundStore> {
  const root = await storeAt(path.resolve(dir)).catch(() => undefined);
  if (root === undefined) throw missing(dir);
  const place = from === undefined ? undefined : await fs.realpath(from).catch(() => undefined);
  return { root, repository: await discover(root), ...(place === undefined ? {} : { from: place }) };
}

/**
 * The project store of a working directory: looked for from there up to the top of the work tree, and through a
 * submodule into its superproject; only manifests of scope `project` or `org` count, never a home directory or `/`.
 */
export async function findStore(directory: string, home: string): Promise<FoundStore | undefined> {
  const start = await fs.realpath(directory);
  const realHome = await fs.realpath(home).catch(() => home);
  let repository = await discover(start);
  let top = repository?.top ?? start;
  for (let at = start; ; at = path.dirname(at)) {
    const root = at === realHome || at === path.parse(at).root ? undefined : await storeAt(at);
    if (root !== undefined && (await isProject(root))) return { root, repository: await discover(root), from: start };
    if (at === path.parse(at).root) return undefined;
    if (at !== top) continue;
    if (repository?.superproject === undefined) return undefined;
    repository = await discover(repository.superproject);
    top = repository?.top ?? at;
  }
}

/** A folder to look in, or a question that is only asked when its turn comes. */
export type Place = string | (() => Promise<readonly string[]>);

/** The project store of the first of these places that leads to one; folders that are not there are passed over. */
export async function firstStore(places: readonly Place[], home: string): Promise<FoundStore | undefined> {
  for (const place of places)
    for (const directory of typeof place === "string" ? [place] : await place()) {
      const found = (await isFolder(directory)) ? await findStore(directory, home) : undefined;
      if (found) return found;
    }
  return undefined;
}

const isFolder = (directory: string): Promise<boolean> =>
  fs.stat(directory).then(
    (stat) => stat.isDirectory(),
    () => false,
  );

async function isProject(root: string): Promise<boolean> {
  const bytes = await readIfThere(path.join(root, MANIFEST_FILE));
  return bytes !== undefined && parseManifest(bytes).root.level !== "global";
}

/** Where the person's own store is, or would be: `GIT_MEMORY_HOME`, else below `XDG_DATA_HOME`. */
export function personalFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const data = env.XDG_DATA_HOME || path.join(home, ".local/share");
  return path.resolve(env.GIT_MEMORY_HOME || path.join(data, "git-memory"));
}

/** The person's own store; undefined while there is none. Throws `invalid_input` for a store there that is none of a person's. */
export async function personalStore(folder: string): Promise<FoundStore | undefined> {
  const bytes = await readIfThere(path.join(folder, MANIFEST_FILE));
  if (!bytes) return undefined;
  if (parseManifest(bytes).root.level !== "global")
    throw new MemoryError(
      "invalid_input",
      `The store in ${path.basename(folder)}, where the person's own store belongs, has a scope other than global. Set GIT_MEMORY_HOME to another folder.`,
    );
  const root = await fs.realpath(folder);
  return { root, repository: await discover(root) };
}

/** The project that a place is in, without a store of its own. */
export interface FoundProject {
  /** What people call it: the last part of its remote's address, else its folder. */
  readonly scope: Scope;
  /** The top of its repository, else the place itself: a real path. */
  readonly top: string;
  /** The address of its `origin`, without a password. */
  readonly remote?: string;
}

/** The project that the first of these places is in. None for a home directory or `/`. */
export async function projectOf(places: readonly Place[], home: string): Promise<FoundProject | undefined> {
  for (const place of places)
    for (const directory of typeof place === "string" ? [place] : await place()) {
      if (!(await isFolder(directory))) continue;
      const real = await fs.realpath(directory);
      const repository = await discover(real);
      const top = repository?.top ?? real;
      if (top === path.parse(top).root || top === (await fs.realpath(home).catch(() => home))) continue;
      const remote = repository && (await remoteUrl(repository));
      const scope = projectNamed((remote && lastPart(remote)) || path.basename(top));
      return { scope, top, ...(remote ? { remote: withoutPassword(remote) } : {}) };
    }
  return undefined;
}
