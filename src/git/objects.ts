import { createHash } from "node:crypto";
import git from "isomorphic-git";
import { type Commit, parseCommit } from "./commit-text.js";
import { engineFs } from "./git-fs.js";

/** Object ids are lower-case hex: 40 digits for SHA-1, 64 for SHA-256. */
export type ObjectFormat = "sha1" | "sha256";

export type ObjectType = "blob" | "tree" | "commit";

/** Reads a repository's objects, whichever engine does it; undefined = not there (a partial clone, a pruned object). */
export interface ObjectReader {
  readonly format: ObjectFormat;
  blob(oid: string): Promise<Uint8Array | undefined>;
  tree(oid: string): Promise<Uint8Array | undefined>;
  commit(oid: string): Promise<Commit | undefined>;
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

/** Reads and writes objects of one SHA-1 repository through isomorphic-git; writes are atomic and synced. */
export class ObjectStore implements ObjectReader {
  readonly format = "sha1";
  readonly #gitdir: string;
  #cache: object = {};
  readonly #trees = new TreeCache();

  /** `gitdir` is the directory that holds `objects/`: the common one. */
  constructor(gitdir: string) {
    this.#gitdir = gitdir;
  }

  async #once(oid: string): Promise<{ type: string; bytes: Uint8Array } | undefined> {
    try {
      const args = {
        fs: engineFs,
        gitdir: this.#gitdir,
        oid,
        format: "content" as const,
        cache: this.#cache,
      };
      const { type, object } = await git.readObject(args);
      return { type, bytes: object as Uint8Array };
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "NotFoundError") return undefined;
      throw error;
    }
  }

  async #read(oid: string, type: ObjectType): Promise<Uint8Array | undefined> {
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
    const bytes = await this.#read(oid, "commit");
    return bytes && parseCommit(oid, Buffer.from(bytes).toString("utf8"));
  }

  async has(oid: string): Promise<boolean> {
    return (await this.#once(oid)) !== undefined;
  }

  /** Writes one object; one that is there already is left alone. */
  async write(type: ObjectType, bytes: Uint8Array): Promise<string> {
    const oid = await git.writeObject({
      fs: engineFs,
      gitdir: this.#gitdir,
      type,
      format: "content",
      object: bytes,
    });
    if (type === "tree") this.#trees.keep(oid, bytes);
    return oid;
  }
}

/** Makes a bare repository at `gitdir` when there is none. */
export async function initBare(gitdir: string): Promise<void> {
  await git.init({ fs: engineFs, gitdir, bare: true, defaultBranch: "main" });
}

/** Makes a repository with a work tree at `dir`. */
export async function initWorkTree(dir: string): Promise<void> {
  await git.init({ fs: engineFs, dir, defaultBranch: "main" });
}

/** True when the ignore files of the work tree at `dir` cover a path in it. */
export const ignoredByEngine = (dir: string, filepath: string): Promise<boolean> =>
  git.isIgnored({ fs: engineFs, dir, filepath });
