import { createHash } from "node:crypto";
import path from "node:path";
import { deflateSync, inflateSync } from "node:zlib";
import git from "isomorphic-git";
import { type Commit, parseCommit } from "./commit-text.js";
import { engineFs, readIfThere, writeAtomic, writeObjectFiles } from "./git-fs.js";

/** Object ids are lower-case hex: 40 digits for SHA-1, 64 for SHA-256. */
export type ObjectFormat = "sha1" | "sha256";

export type ObjectType = "blob" | "tree" | "commit";

/** Reads a repository's objects, whichever engine does it; undefined = not there (a partial clone, a pruned object). */
export interface ObjectReader {
  readonly format: ObjectFormat;
  blob(oid: string): Promise<Uint8Array | undefined>;
  tree(oid: string): Promise<Uint8Array | undefined>;
  commit(oid: string): Promise<Commit | undefined>;
  /** What an annotated tag points at: an object id. */
  tag(oid: string): Promise<string | undefined>;
  has(oid: string): Promise<boolean>;
}

/** The id that git gives an object with these bytes. */
export const objectId = (type: ObjectType, bytes: Uint8Array, format: ObjectFormat = "sha1"): string =>
  createHash(format).update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");

/** The blob id that git gives these bytes. */
export const blobId = (bytes: Uint8Array, format: ObjectFormat = "sha1"): string => objectId("blob", bytes, format);

const KEPT_TREES = 256;

/** The trees read or written last: neighbouring commits share almost all of them. */
export class TreeCache {
  readonly #trees = new Map<string, Uint8Array>();

  async get(oid: string, read: () => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const bytes = this.#trees.get(oid) ?? (await read());
    if (bytes) this.keep(oid, bytes);
    return bytes;
  }

  keep(oid: string, bytes: Uint8Array): void {
    this.#trees.delete(oid);
    this.#trees.set(oid, bytes);
    if (this.#trees.size > KEPT_TREES) this.#trees.delete(this.#trees.keys().next().value!);
  }
}

/** The object that the text of an annotated tag names in its first line. */
export const tagTarget = (text: string): string | undefined =>
  /^object ([0-9a-f]{40}(?:[0-9a-f]{24})?)$/m.exec(text)?.[1];

const KEPT_COMMITS = 1_024;

/** Reads and writes objects of one SHA-1 repository; loose ones directly, packed ones through isomorphic-git. */
export class ObjectStore implements ObjectReader {
  readonly format = "sha1";
  readonly #gitdir: string;
  #cache: object = {};
  readonly #trees = new TreeCache();
  readonly #commits = new Map<string, Commit>();

  /** `gitdir` is the directory that holds `objects/`: the common one. */
  constructor(gitdir: string) {
    this.#gitdir = gitdir;
  }

  #looseFile(oid: string): string {
    return path.join(this.#gitdir, "objects", oid.slice(0, 2), oid.slice(2));
  }

  async #loose(oid: string): Promise<{ type: string; bytes: Uint8Array } | undefined> {
    const packed = await readIfThere(this.#looseFile(oid));
    if (!packed) return undefined;
    const whole = inflateSync(packed);
    const nul = whole.indexOf(0);
    return { type: whole.toString("latin1", 0, whole.indexOf(0x20)), bytes: whole.subarray(nul + 1) };
  }

  async #packed(oid: string): Promise<{ type: string; bytes: Uint8Array } | undefined> {
    try {
      const args = { fs: engineFs, gitdir: this.#gitdir, oid, format: "content" as const, cache: this.#cache };
      const { type, object } = await git.readObject(args);
      return { type, bytes: object as Uint8Array };
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "NotFoundError") return undefined;
      throw error;
    }
  }

  async #once(oid: string): Promise<{ type: string; bytes: Uint8Array } | undefined> {
    if (!/^[0-9a-f]{40}$/.test(oid)) return undefined;
    const loose = await this.#loose(oid);
    if (loose) return loose;
    try {
      return await this.#packed(oid);
    } catch {
      // git may have replaced the pack while we read it: once more, with nothing remembered of the old one.
      this.#cache = {};
      return (await this.#loose(oid)) ?? this.#packed(oid);
    }
  }

  async #read(oid: string, type: ObjectType | "tag"): Promise<Uint8Array | undefined> {
    const read = await this.#once(oid);
    return read?.type === type ? read.bytes : undefined;
  }

  blob(oid: string): Promise<Uint8Array | undefined> {
    return this.#read(oid, "blob");
  }

  tree(oid: string): Promise<Uint8Array | undefined> {
    return this.#trees.get(oid, () => this.#read(oid, "tree"));
  }

  async commit(oid: string): Promise<Commit | undefined> {
    const kept = this.#commits.get(oid);
    if (kept) return kept;
    const bytes = await this.#read(oid, "commit");
    const commit = bytes && parseCommit(oid, Buffer.from(bytes).toString("utf8"));
    if (commit) this.#commits.set(oid, commit);
    if (this.#commits.size > KEPT_COMMITS) this.#commits.delete(this.#commits.keys().next().value!);
    return commit;
  }

  async tag(oid: string): Promise<string | undefined> {
    const bytes = await this.#read(oid, "tag");
    return bytes && tagTarget(Buffer.from(bytes).toString("utf8"));
  }

  async has(oid: string): Promise<boolean> {
    return (await this.#once(oid)) !== undefined;
  }

  /** Lets go of packs that reading left in memory; they are read again when needed. */
  release(): void {
    this.#cache = {};
  }

  /** Writes objects, each atomic and synced; those that are there already are left alone. */
  async write(objects: Iterable<{ readonly type: ObjectType; readonly bytes: Uint8Array }>): Promise<void> {
    const files = new Map<string, Uint8Array>();
    for (const { type, bytes } of objects) {
      const oid = objectId(type, bytes);
      const whole = Buffer.concat([Buffer.from(`${type} ${bytes.length}\0`), bytes]);
      files.set(this.#looseFile(oid), deflateSync(whole, { level: 1 }));
      if (type === "tree") this.#trees.keep(oid, bytes);
    }
    await writeObjectFiles(files);
  }
}

/** Makes a bare repository at `gitdir` when there is none, or only half of one. */
export async function initBare(gitdir: string): Promise<void> {
  await git.init({ fs: engineFs, gitdir, bare: true, defaultBranch: "main" });
  // The engine writes this last and does not complete what it finds: for git, a folder without it is no repository.
  const head = path.join(gitdir, "HEAD");
  if (!(await readIfThere(head))) await writeAtomic(head, "ref: refs/heads/main\n");
}

/** Makes a repository with a work tree at `dir`. */
export async function initWorkTree(dir: string): Promise<void> {
  await git.init({ fs: engineFs, dir, defaultBranch: "main" });
}

/** True when the ignore files of the work tree at `dir` cover a path in it. */
export const ignoredByEngine = (dir: string, filepath: string): Promise<boolean> =>
  git.isIgnored({ fs: engineFs, dir, filepath });

/** One branch of a remote, for an engine that speaks HTTP only; refs are full names. */
export interface EngineTrip {
  readonly gitdir: string;
  /** As git's configuration calls it. */
  readonly remote: string;
  /** The local ref: what the remote is told that we have, or what is pushed. */
  readonly ref: string;
  readonly remoteRef: string;
  readonly http: Parameters<typeof git.fetch>[0]["http"];
  /** Asked when the remote wants to know who calls; undefined = there is nothing to show. */
  readonly credentials: (url: string) => { readonly username: string; readonly password: string } | undefined;
}

const engineTrip = ({ gitdir, remote, ref, remoteRef, http, credentials }: EngineTrip) => ({
  fs: engineFs,
  http,
  gitdir,
  remote,
  ref,
  remoteRef,
  onAuth: (url: string) => credentials(url) ?? { cancel: true },
  // They were refused: asking again would give the same.
  onAuthFailure: () => ({ cancel: true }),
});

/**
 * Fetches a branch's objects and gives its commit; null when the remote holds nothing. No ref is touched: the library
 * would move them before it has what they name. Throws the library's errors, which have a `code`.
 */
export async function fetchByEngine(trip: EngineTrip): Promise<string | null> {
  const isRef = (file: string): boolean => /^(?:refs[\\/]|packed-refs$)/.test(path.relative(trip.gitdir, file));
  const { promises } = engineFs;
  const writeFile: typeof promises.writeFile = async (file, data) =>
    isRef(file) ? undefined : promises.writeFile(file, data);
  const fs = { promises: { ...promises, writeFile } };
  return (await git.fetch({ ...engineTrip(trip), fs, singleBranch: true, tags: false })).fetchHead;
}

/** Pushes a branch, never by force. Throws the library's errors, which have a `code`. */
export async function pushByEngine(trip: EngineTrip): Promise<void> {
  await git.push({ ...engineTrip(trip), force: false });
}
