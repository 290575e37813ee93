import fs from "node:fs";
import path from "node:path";
import { readConfig } from "./config-file.js";
import { type Repository, repositoryAt } from "./discover.js";
import type { GitBinary } from "./git-binary.js";
import { makeTemporaryFolder, removeTemporaryFolders } from "./git-fs.js";
import { ignoredByEngine, initWorkTree } from "./objects.js";

/**
 * Makes a repository with a work tree at `dir`: with git's own defaults where there is a git program. It is there whole or
 * not at all, whoever else makes it at the same time, and however this ends.
 */
export async function makeRepository(dir: string, git: GitBinary | undefined): Promise<void> {
  const aside = await makeTemporaryFolder(dir);
  try {
    if (git) await git.output(["init", "-q"], { cwd: aside, asPerson: true });
    else await initWorkTree(aside);
    removeRemains(path.join(dir, ".git"));
    fs.renameSync(path.join(aside, ".git"), path.join(dir, ".git"));
  } catch (error) {
    // Somebody else was first.
    if (!(await repositoryAt(dir))) throw error;
  } finally {
    // With those of who was killed at it; who is still at it finds the repository now.
    removeTemporaryFolders(dir);
  }
}

/** A process that has not noticed yet that its repository was deleted may have written its own notes there again. */
function removeRemains(gitDir: string): void {
  if (fs.existsSync(path.join(gitDir, "HEAD")) || !fs.existsSync(gitDir)) return;
  if (fs.readdirSync(gitDir).every((name) => name === "git-memory"))
    fs.rmSync(path.join(gitDir, "git-memory"), { force: true, recursive: true });
}

/** True when git would not add the file (relative to the work tree's top). */
export async function isIgnored(top: string, file: string, git: GitBinary | undefined): Promise<boolean> {
  if (!git) return ignoredByEngine(top, file.split(path.sep).join("/"));
  return (await git.run(["check-ignore", "-q", "--no-index", "--", file], { cwd: top })).status === 0;
}

/** The address of the `origin` remote. */
export async function remoteUrl(repository: Repository): Promise<string | undefined> {
  const config = await readConfig([path.join(repository.commonDir, "config")], "", repository.gitDir);
  return config.get("remote.origin.url");
}

/** The last segment of a remote's address, which people call the project by; undefined where there is none. */
export const lastPart = (url: string): string | undefined => /([^/:\\]+?)(?:\.git)?[/\\]*$/.exec(url)?.[1];

/** The last segment of the `origin` remote's address: what people call the project. */
export async function remoteName(repository: Repository): Promise<string | undefined> {
  return lastPart((await remoteUrl(repository)) ?? "");
}
