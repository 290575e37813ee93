import path from "node:path";
import { MemoryError } from "../errors.js";
import { BinaryObjects, readObjects } from "./binary-objects.js";
import { type Commit, parseCommit } from "./commit-text.js";
import { type Operation, operationInProgress, type Repository } from "./discover.js";
import { type GitBinary, GitFailed } from "./git-binary.js";
import { readIfThere, stamp } from "./git-fs.js";
import { type IndexEntry, indexFacts } from "./index-file.js";
import {
  type BranchMove,
  blockedPaths,
  blockedWorktree,
  type MoveOutcome,
  moveBranch,
  recoverMove,
} from "./move-branch.js";
import { ObjectBatch } from "./object-batch.js";
import { type ObjectReader, ObjectStore } from "./objects.js";
import { type PublishOutcome, type PublishRequest, publish } from "./publish.js";
import { publishWithBinary, recoverPublishWithBinary } from "./publish-binary.js";
import { type Head, readHead } from "./refs.js";
import { type Staged, stage, stageWithBinary } from "./stage.js";
import { compareTrees, listFiles, lookup } from "./tree.js";

/** More objects than these are read by one git process rather than one by one. */
const MANY = 8;

/** The blob ids of an unmerged path by stage: 1 = base, 2 = ours, 3 = theirs. */
export type Stages = Partial<Record<1 | 2 | 3, string>>;

/** What git's index says beyond its entries, as of one state of its file. */
interface IndexSeen {
  readonly stamp: string;
  readonly unmerged: ReadonlyMap<string, Stages>;
  /** Why only git itself can change it. */
  readonly obstacle: string | undefined;
}

/** The person's repository, read by our own engine where it can and by the `git` binary where it cannot. */
export class Host {
  readonly repository: Repository;
  readonly objects: ObjectReader;
  readonly git: GitBinary | undefined;
  readonly #store: ObjectStore;
  #index: IndexSeen | undefined;

  constructor(repository: Repository, git: GitBinary | undefined) {
    this.repository = repository;
    this.git = git;
    this.#store = new ObjectStore(repository.commonDir);
    this.objects = git && !this.plainObjects ? new BinaryObjects(git, repository.top, repository.format) : this.#store;
  }

  /** False where neither engine can tell what HEAD holds: then the working tree stands for it. */
  get readable(): boolean {
    return this.plainObjects || this.git !== undefined;
  }

  /** True when our own engine reads the objects. */
  get plainObjects(): boolean {
    const { format, unsupported } = this.repository;
    return format === "sha1" && !unsupported.some((what) => /ref storage|borrowed/.test(what));
  }

  /** What our own engine cannot do here now: a person may have changed git's index to another format meanwhile. */
  async obstacles(): Promise<readonly string[]> {
    const { unsupported } = this.repository;
    const obstacle = unsupported.length > 0 ? undefined : (await this.#seen()).obstacle;
    return obstacle === undefined ? unsupported : [obstacle];
  }

  async head(): Promise<Head> {
    const { gitDir, commonDir, top } = this.repository;
    if (!this.repository.unsupported.some((what) => what.startsWith("a ref storage")))
      return readHead(gitDir, commonDir);
    if (!this.git) return {};
    const ask = async (...args: string[]) => {
      const { status, stdout } = await this.git!.run(args, { cwd: top });
      return status === 0 ? stdout.toString().trim() : undefined;
    };
    const [ref, commit] = [await ask("symbolic-ref", "-q", "HEAD"), await ask("rev-parse", "-q", "--verify", "HEAD")];
    return {
      ...(ref === undefined ? {} : { ref }),
      ...(commit === undefined ? {} : { commit }),
    };
  }

  /** Changes whenever HEAD, the branch it names or git's index may have changed; cheap enough for every read. */
  async stamp(): Promise<string> {
    const { gitDir } = this.repository;
    const head = await this.head();
    return `${head.ref ?? ""} ${head.commit ?? ""} ${await stamp(path.join(gitDir, "index"))}`;
  }

  /** The commits at which a shallow clone ends, in order. */
  async shallow(): Promise<string[]> {
    const text = (await readIfThere(path.join(this.repository.commonDir, "shallow")))?.toString("latin1") ?? "";
    return text.split("\n").filter(Boolean).sort();
  }

  operation(): Promise<Operation | undefined> {
    return operationInProgress(this.repository.gitDir);
  }

  /** The paths of the whole index that a merge left unmerged. */
  async unmerged(): Promise<ReadonlyMap<string, Stages>> {
    return (await this.#seen()).unmerged;
  }

  async #seen(): Promise<IndexSeen> {
    const file = path.join(this.repository.gitDir, "index");
    const now = await stamp(file);
    if (this.#index?.stamp === now) return this.#index;
    const sha256 = { unmerged: [], obstacle: "SHA-256 object ids" };
    const facts = this.repository.format === "sha1" ? indexFacts((await readIfThere(file)) ?? Buffer.alloc(0)) : sha256;
    const unmerged = new Map<string, Stages>();
    for (const { path: name, stage, oid } of facts.obstacle ? await this.#listUnmerged() : facts.unmerged)
      unmerged.set(name, { ...unmerged.get(name), [stage]: oid });
    const { obstacle } = facts;
    this.#index = { stamp: now, unmerged, obstacle };
    return this.#index;
  }

  async #listUnmerged(): Promise<IndexEntry[]> {
    const listed = await this.git?.run(["ls-files", "-u", "-z"], { cwd: this.repository.top });
    const lines = listed?.stdout.toString("utf8").split("\0") ?? [];
    return lines.flatMap((line) => {
      const match = /^\d+ ([0-9a-f]+) ([123])\t(.*)$/s.exec(line);
      return match ? [{ path: match[3]!, oid: match[1]!, stage: Number(match[2]) }] : [];
    });
  }

  /** The blob at `file` (from the work tree's top) in a commit; null = none. */
  async blobAt(commit: string | undefined, file: string): Promise<string | null> {
    const tree = commit === undefined ? undefined : (await this.objects.commit(commit))?.tree;
    const found = tree === undefined ? undefined : await lookup(this.objects, tree, file);
    return found && found.mode !== "40000" ? found.oid : null;
  }

  /** Every regular file below `folder` in a commit, path → blob id. */
  async filesBelow(commit: string, folder: string): Promise<Map<string, string>> {
    const tree = (await this.objects.commit(commit))?.tree;
    const files = tree === undefined ? [] : await listFiles(this.objects, tree, folder);
    return new Map([...files].flatMap(([file, { oid, mode }]) => (mode.startsWith("100") ? [[file, oid]] : [])));
  }

  /** Every blob below `folder` in a commit, path → id. */
  async blobsBelow(commit: string | undefined, folder: string): Promise<Map<string, string>> {
    const tree = commit === undefined ? undefined : (await this.objects.commit(commit))?.tree;
    const files = tree === undefined ? [] : await listFiles(this.objects, tree, folder);
    return new Map([...files].map(([file, { oid }]) => [file, oid]));
  }

  /** Commits by id, those that are there. */
  async commits(oids: readonly string[]): Promise<Map<string, Commit>> {
    const found = new Map<string, Commit>();
    if (this.git && oids.length > MANY) {
      for (const [oid, bytes] of await readObjects(this.git, this.repository.top, oids))
        found.set(oid, parseCommit(oid, Buffer.from(bytes).toString("utf8")));
      return found;
    }
    for (const oid of oids) {
      const commit = await this.objects.commit(oid);
      if (commit) found.set(oid, commit);
    }
    return found;
  }

  /** Blobs by id, those that are there. */
  async blobs(oids: readonly string[]): Promise<Map<string, Uint8Array>> {
    const found =
      this.git && oids.length > MANY
        ? await readObjects(this.git, this.repository.top, oids)
        : new Map<string, Uint8Array>();
    for (const oid of oids) {
      if (found.has(oid)) continue;
      const bytes = await this.objects.blob(oid);
      if (bytes) found.set(oid, bytes);
    }
    return found;
  }

  /** Lets go of what reading many objects left in memory. */
  release(): void {
    this.#store.release();
  }

  /** The files below `folder` that differ between two commits: path → blob id in `to`, null = gone. */
  async blobsChanged(
    from: string | undefined,
    to: string | undefined,
    folder: string,
  ): Promise<Map<string, string | null>> {
    const tree = async (commit: string | undefined) =>
      commit === undefined ? undefined : (await this.objects.commit(commit))?.tree;
    const differences = await compareTrees(this.objects, await tree(from), await tree(to), folder);
    return new Map(differences.map(({ path: file, after }) => [file, after?.oid ?? null]));
  }

  /** Why nothing can be published now, or at these paths; undefined = it can. */
  async blocked(head: Head, files: readonly string[]): Promise<string | undefined> {
    const obstacles = await this.obstacles();
    if (obstacles.length > 0 && !this.git)
      return `this repository uses ${obstacles.join(" and ")}, which needs the git program`;
    const whole = await blockedWorktree(this.repository, head);
    if (whole) return whole;
    if (obstacles.length > 0) return this.#blockedForBinary(files);
    const index = (await readIfThere(path.join(this.repository.gitDir, "index"))) ?? Buffer.alloc(0);
    return blockedPaths(this.objects, index, head.commit, files);
  }

  async #blockedForBinary(files: readonly string[]): Promise<string | undefined> {
    const { top } = this.repository;
    const specs = files.map((file) => `:(top,literal)${file}`);
    const unmerged = await this.git!.run(["ls-files", "-u", "--", ...specs], {
      cwd: top,
    });
    if (unmerged.stdout.length > 0) return "a path is unmerged";
    const staged = await this.git!.run(["diff-index", "--cached", "--quiet", "HEAD", "--", ...specs], { cwd: top });
    return staged.status === 1 ? "a path has staged changes" : undefined;
  }

  /** Resolves an unmerged path. Throws `locked` when git's index is. */
  async stage(staged: Staged): Promise<void> {
    const done = this.git
      ? await stageWithBinary(this.git, this.repository, staged).then(
          () => true,
          (error: unknown) => {
            if (error instanceof GitFailed) return false;
            throw error;
          },
        )
      : await stage(this.repository, this.#store, staged);
    if (!done)
      throw new MemoryError("locked", "git's index.lock is held by another command. Try again when that is over.");
  }

  async publish(request: PublishRequest): Promise<PublishOutcome> {
    const native = (await this.obstacles()).length === 0;
    return native ? publish(request, this.#store) : publishWithBinary(this.git!, request);
  }

  /** Moves branch and index; only where there are no `obstacles`. */
  move(move: BranchMove): Promise<MoveOutcome> {
    return moveBranch(move, this.#store);
  }

  /** New objects for this repository; only where `plainObjects`. */
  batch(): ObjectBatch {
    return new ObjectBatch(this.#store);
  }

  /** Completes or undoes a publication that a dead process began. */
  async recover(intentFile: string): Promise<void> {
    await recoverMove(this.repository, intentFile);
    if (this.git) await recoverPublishWithBinary(this.git, this.repository, `${intentFile}.git`);
  }
}
