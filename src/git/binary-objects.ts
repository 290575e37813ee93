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

/** The bytes of many objects, whatever their type, through one process; those that are not there may be left out with others. */
export async function readObjects(
  git: GitBinary,
  cwd: string,
  oids: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const args = ["--no-replace-objects", "cat-file", "--batch"];
  // In a partial clone it ends at the first that would have to be fetched; what it told until then counts.
  const { stdout: output } = await git.run(args, { cwd, input: `${oids.join("\n")}\n` });
  const found = new Map<string, Uint8Array>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(0x0a, at);
    if (end < 0) break;
    const [oid = "", , size] = output.toString("latin1", at, end).split(" ");
    at = end + 1;
    // `<id> missing` has no third word.
    if (size === undefined) continue;
    found.set(oid, output.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return found;
}
