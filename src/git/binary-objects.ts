import { type Commit, parseCommit } from "./commit-text.js";
import type { GitBinary } from "./git-binary.js";
import { type ObjectFormat, type ObjectReader, type ObjectType, TreeCache, tagTarget } from "./objects.js";

/** Reads objects through `git cat-file`, for repositories that our own engine cannot read. */
export class BinaryObjects implements ObjectReader {
  readonly format: ObjectFormat;
  readonly #git: GitBinary;
  readonly #cwd: string;
  readonly #trees = new TreeCache();
  readonly #commits = new Map<string, Commit>();

  constructor(git: GitBinary, cwd: string, format: ObjectFormat) {
    this.#git = git;
    this.#cwd = cwd;
    this.format = format;
  }

  async #read(type: ObjectType | "tag", oid: string): Promise<Uint8Array | undefined> {
    const { status, stdout } = await this.#git.run(["cat-file", type, oid], {
      cwd: this.#cwd,
    });
    return status === 0 ? stdout : undefined;
  }

  blob(oid: string): Promise<Uint8Array | undefined> {
    return this.#read("blob", oid);
  }

  tree(oid: string): Promise<Uint8Array | undefined> {
    return this.#trees.get(oid, () => this.#read("tree", oid));
  }

  async commit(oid: string): Promise<Commit | undefined> {
    const kept = this.#commits.get(oid);
    if (kept) return kept;
    const bytes = await this.#read("commit", oid);
    const commit = bytes && parseCommit(oid, Buffer.from(bytes).toString("utf8"));
    if (commit) this.#commits.set(oid, commit);
    return commit;
  }

  async tag(oid: string): Promise<string | undefined> {
    const bytes = await this.#read("tag", oid);
    return bytes && tagTarget(Buffer.from(bytes).toString("utf8"));
  }

  async has(oid: string): Promise<boolean> {
    return (await this.#git.run(["cat-file", "-e", oid], { cwd: this.#cwd })).status === 0;
  }
}
