import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Repository } from "../git/discover.js";
import { readIfThere, writeAtomic } from "../git/git-fs.js";

/** A write that waits for git's operation to end: not in the working tree yet. Paths from the repository's top. */
export interface HeldPath {
  readonly path: string;
  /** The blob that the first held write was made on top of; null = no file. */
  readonly before: string | null;
}

/** A write of ours that something else overtook before its file was in place. */
export interface DroppedPath {
  readonly path: string;
  readonly version: string;
}

/** The last time that a pull moved the branch: from one commit to another. */
export interface MovedBranch {
  readonly from: string;
  readonly to: string;
  /** The working files have followed; until then whoever takes the write lock brings them after. */
  readonly placed: boolean;
}

/** What a worktree has to remember besides the journal. */
export interface WorktreeState {
  readonly moved?: MovedBranch;
  readonly held: readonly HeldPath[];
  readonly dropped: readonly DroppedPath[];
}

export const EMPTY_STATE: WorktreeState = { held: [], dropped: [] };

/** The folder of what is never committed: in the git directory that all worktrees share, or in the store itself. */
export const localFolder = (root: string, repository: Repository | undefined): string =>
  repository ? path.join(repository.commonDir, "git-memory") : path.join(root, ".state");

/** A folder in a store that is no git repository hides itself from any that may be made around it. */
export function hideLocalFolder(folder: string): void {
  const ignore = path.join(folder, ".gitignore");
  if (path.basename(folder) === ".state" && !existsSync(ignore)) writeFileSync(ignore, "*\n");
}

/** Where a store keeps what is never committed: one folder for all worktrees, one for this. */
export class LocalState {
  readonly #common: string;
  readonly #worktree: string;

  /** `common` is the folder shared by all worktrees; it is made with the first write. */
  constructor(common: string, worktree: string) {
    this.#common = common;
    this.#worktree = path.join(common, "worktree", worktree);
  }

  get journal(): string {
    return path.join(this.#common, "journal.git");
  }

  get lock(): string {
    return path.join(this.#common, "write.lock");
  }

  /** The derived table of the person's history, for a store at `prefix` in the repository. */
  history(prefix: string): string {
    return path.join(this.#common, "history", `${createHash("sha1").update(prefix).digest("hex").slice(0, 12)}.bin`);
  }

  /** The derived conflicts that the merges of that history ended. */
  merges(prefix: string): string {
    return this.history(prefix).replace(/\.bin$/, ".merges.json");
  }

  /** The derived list of the commits in this worktree's journal, or another's. */
  log(worktree?: string): string {
    return path.join(
      worktree === undefined ? this.#worktree : path.join(this.#common, "worktree", worktree),
      "log.jsonl",
    );
  }

  get intent(): string {
    return path.join(this.#worktree, "publish.json");
  }

  /** True when a publication was begun and not ended: by somebody alive, or dead. */
  get publishing(): boolean {
    return existsSync(this.intent) || existsSync(`${this.intent}.git`);
  }

  get stateFile(): string {
    return path.join(this.#worktree, "state.json");
  }

  async read(): Promise<WorktreeState> {
    const text = (await readIfThere(this.stateFile))?.toString("utf8");
    // A copy: the one that nobody has read is told apart from one that says nothing.
    return text === undefined ? { ...EMPTY_STATE } : (JSON.parse(text) as WorktreeState);
  }

  write(state: WorktreeState): Promise<void> {
    return writeAtomic(this.stateFile, JSON.stringify(state));
  }
}
