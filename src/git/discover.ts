import fs from "node:fs/promises";
import path from "node:path";
import { readConfig } from "./config-file.js";
import { isErrno, readIfThere, readLine } from "./git-fs.js";
import type { ObjectFormat } from "./objects.js";

/** A repository with a work tree, as found on disk. All paths are absolute and real. */
export interface Repository {
  /** Top of the work tree. */
  readonly top: string;
  /** HEAD, index and operations of this worktree. */
  readonly gitDir: string;
  /** Objects and branches, shared by all worktrees. */
  readonly commonDir: string;
  /** `main`, or `worktrees/<name>` of a linked one. */
  readonly worktree: string;
  readonly format: ObjectFormat;
  /** What our own engine cannot do here; with any of these the `git` binary does the work. Empty = all is well. */
  readonly unsupported: readonly string[];
  /** Top of the superproject's work tree when this is a submodule. */
  readonly superproject?: string;
}

async function isDirectory(file: string): Promise<boolean> {
  try {
    return (await fs.stat(file)).isDirectory();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) return false;
    throw error;
  }
}

/** The git directory that `dir/.git` names: a directory, or a file with `gitdir: <path>` (gitrepository-layout). */
async function gitDirectoryAt(dir: string): Promise<string | undefined> {
  const dotGit = path.join(dir, ".git");
  if (await isDirectory(dotGit)) return (await readIfThere(path.join(dotGit, "HEAD"))) ? dotGit : undefined;
  const link = await readLine(dotGit);
  if (!link?.startsWith("gitdir: ")) return undefined;
  const target = path.resolve(dir, link.slice(8));
  return (await isDirectory(target)) ? target : undefined;
}

async function limits(gitDir: string, commonDir: string, keys: ReadonlyMap<string, string>): Promise<string[]> {
  const found: string[] = [];
  if (keys.get("extensions.objectformat")?.toLowerCase() === "sha256") found.push("SHA-256 object ids");
  if ((keys.get("extensions.refstorage") ?? "files") !== "files") found.push("a ref storage other than files");
  if (await readIfThere(path.join(commonDir, "objects/info/alternates")))
    found.push("objects borrowed from another repository");
  const handle = await fs.open(path.join(gitDir, "index")).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  });
  if (handle) {
    try {
      const head = Buffer.alloc(8);
      await handle.read(head, 0, 8, 0);
      if (head.readUInt32BE(4) > 3) found.push(`index version ${head.readUInt32BE(4)}`);
    } finally {
      await handle.close();
    }
  }
  if ((await fs.readdir(gitDir)).some((name) => name.startsWith("sharedindex."))) found.push("a split index");
  if (keys.get("index.sparse") === "true" || keys.get("core.sparsecheckout") === "true")
    found.push("a sparse checkout");
  const attributes = (await readIfThere(path.join(commonDir, "info/attributes")))?.toString("utf8") ?? "";
  if (/^(?!\s*#).*\b(?:text|eol|ident|filter|working-tree-encoding|crlf)\b/m.test(attributes))
    found.push("attributes in .git/info/attributes that change file contents");
  return found;
}

/** Reads what kind of repository `top` is; undefined when it is none. */
export async function repositoryAt(top: string): Promise<Repository | undefined> {
  const gitDir = await gitDirectoryAt(top);
  if (!gitDir) return undefined;
  const common = await readLine(path.join(gitDir, "commondir"));
  const commonDir = common === undefined ? gitDir : path.resolve(gitDir, common);
  const keys = await readConfig([path.join(commonDir, "config"), path.join(gitDir, "config.worktree")], "", gitDir);
  if (keys.get("core.bare") === "true" && common === undefined && !keys.has("core.worktree")) return undefined;
  const unsupported = await limits(gitDir, commonDir, keys);
  const superproject = /[\\/]\.git[\\/]modules[\\/]/.test(gitDir)
    ? gitDir.slice(0, gitDir.search(/[\\/]\.git[\\/]modules[\\/]/))
    : undefined;
  return {
    top,
    gitDir,
    commonDir,
    worktree: common === undefined ? "main" : `worktrees/${path.basename(gitDir)}`,
    format: keys.get("extensions.objectformat")?.toLowerCase() === "sha256" ? "sha256" : "sha1",
    unsupported,
    ...(superproject === undefined ? {} : { superproject }),
  };
}

/** The innermost repository that holds `directory`, walking up as git does. */
export async function discover(directory: string): Promise<Repository | undefined> {
  let at = await fs.realpath(directory);
  for (;;) {
    const found = await repositoryAt(at);
    if (found) return found;
    const parent = path.dirname(at);
    if (parent === at) return undefined;
    at = parent;
  }
}

/** An operation that git has begun in a worktree and not ended. */
export type Operation = "merge" | "rebase" | "cherry-pick" | "revert" | "bisect";

/** The files that git itself looks at to tell what is in progress (`wt-status.c`). */
const MARKS: readonly (readonly [string, Operation])[] = [
  ["rebase-merge", "rebase"],
  ["rebase-apply", "rebase"],
  ["CHERRY_PICK_HEAD", "cherry-pick"],
  ["REVERT_HEAD", "revert"],
  ["sequencer", "cherry-pick"],
  ["BISECT_LOG", "bisect"],
  ["MERGE_HEAD", "merge"],
];

/** What is in progress in the worktree of `gitDir`, if anything. */
export async function operationInProgress(gitDir: string): Promise<Operation | undefined> {
  const names = new Set(await fs.readdir(gitDir));
  return MARKS.find(([name]) => names.has(name))?.[1];
}
