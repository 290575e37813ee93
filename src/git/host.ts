import path from "node:path";
import { BinaryObjects } from "./binary-objects.js";
import { type Operation, operationInProgress, type Repository } from "./discover.js";
import type { GitBinary } from "./git-binary.js";
import { readIfThere, stamp } from "./git-fs.js";
import { indexEntries } from "./index-file.js";
import { type ObjectReader, ObjectStore } from "./objects.js";
import {
  blockedPath,
  blockedWorktree,
  type PublishOutcome,
  type PublishRequest,
  publish,
  recoverPublish,
} from "./publish.js";
import { publishWithBinary, recoverPublishWithBinary } from "./publish-binary.js";
import { type Head, readHead } from "./refs.js";
import { listFiles, lookup } from "./tree.js";

/** The blob ids of an unmerged path by stage: 1 = base, 2 = ours, 3 = theirs. */
export type Stages = Partial<Record<1 | 2 | 3, string>>;

/** The person's repository, read by our own engine where it can and by the `git` binary where it cannot. */
export class Host {
  readonly repository: Repository;
  readonly objects: ObjectReader;
  readonly git: GitBinary | undefined;
  #index: { stamp: string; unmerged: Map<string, Stages> } | undefined;

  constructor(repository: Repository, git: GitBinary | undefined) {
    this.repository = repository;
    this.git = git;
    this.objects =
      git && !this.native
        ? new BinaryObjects(git, repository.top, repository.format)
        : new ObjectStore(repository.commonDir);
  }

  /** True when our own engine can read and write everything here. */
  get native(): boolean {
    return this.repository.unsupported.length === 0;
  }

  /** False where neither engine can tell what HEAD holds: then the working tree stands for it. */
  get readable(): boolean {
    return this.native || this.git !== undefined || this.#plainRefs;
  }

  get #plainRefs(): boolean {
    const { format, unsupported } = this.repository;
    return format === "sha1" && !unsupported.some((what) => /ref storage|borrowed/.test(what));
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

  operation(): Promise<Operation | undefined> {
    return operationInProgress(this.repository.gitDir);
  }

  /** The paths of the whole index that a merge left unmerged. */
  async unmerged(): Promise<ReadonlyMap<string, Stages>> {
    const file = path.join(this.repository.gitDir, "index");
    const now = await stamp(file);
    if (this.#index?.stamp === now) return this.#index.unmerged;
    const unmerged = new Map<string, Stages>();
    if (this.native) {
      for (const { path: name, stage, oid } of indexEntries((await readIfThere(file)) ?? Buffer.alloc(0)))
        if (stage > 0) unmerged.set(name, { ...unmerged.get(name), [stage]: oid });
    } else if (this.git) {
      const listed = await this.git.run(["ls-files", "-u", "-z"], {
        cwd: this.repository.top,
      });
      for (const line of listed.stdout.toString("utf8").split("\0")) {
        const match = /^\d+ ([0-9a-f]+) ([123])\t(.*)$/s.exec(line);
        if (match)
          unmerged.set(match[3]!, {
            ...unmerged.get(match[3]!),
            [match[2]!]: match[1]!,
          });
      }
    }
    this.#index = { stamp: now, unmerged };
    return unmerged;
  }

  /** The blob at `file` (from the work tree's top) in a commit; null = none. */
  async blobAt(commit: string | undefined, file: string): Promise<string | null> {
    const tree = commit === undefined ? undefined : (await this.objects.commit(commit))?.tree;
    const found = tree === undefined ? undefined : await lookup(this.objects, tree, file);
    return found && found.mode !== "40000" ? found.oid : null;
  }

  /** Every blob below `folder` in a commit, path → id. */
  async blobsBelow(commit: string | undefined, folder: string): Promise<Map<string, string>> {
    const tree = commit === undefined ? undefined : (await this.objects.commit(commit))?.tree;
    const files = tree === undefined ? [] : await listFiles(this.objects, tree, folder);
    return new Map([...files].map(([file, { oid }]) => [file, oid]));
  }

  /** Why nothing can be published now, or at these paths; undefined = it can. */
  async blocked(head: Head, files: readonly string[]): Promise<string | undefined> {
    if (!this.native && !this.git)
      return `this repository uses ${this.repository.unsupported.join(" and ")}, which needs the git program`;
    const whole = await blockedWorktree(this.repository, head);
    if (whole) return whole;
    if (!this.native) return this.#blockedForBinary(files);
    const index = (await readIfThere(path.join(this.repository.gitDir, "index"))) ?? Buffer.alloc(0);
    const objects = new ObjectStore(this.repository.commonDir);
    for (const file of files) {
      const reason = await blockedPath(objects, index, head.commit, file);
      if (reason) return reason;
    }
    return undefined;
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

  async publish(request: PublishRequest, head: Head): Promise<PublishOutcome> {
    return this.native ? publish(request) : publishWithBinary(this.git!, request, head.ref!);
  }

  /** Completes or undoes a publication that a dead process began. */
  async recover(intentFile: string): Promise<void> {
    if (this.native) await recoverPublish(this.repository, intentFile);
    else if (this.git) await recoverPublishWithBinary(this.git, this.repository, intentFile);
  }
}
