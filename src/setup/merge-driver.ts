import path from "node:path";
import { readConfig } from "../git/config-file.js";
import type { Repository } from "../git/discover.js";
import { type GitBinary, GitFailed } from "../git/git-binary.js";

const NAME = "git-memory: field-aware merge of memories";

/** Since git 2.44 a driver is told what to write beside its markers (gitattributes, "Defining a custom merge driver"). */
const LABELS_SINCE = [2, 44] as const;

/** The numbers of `git version 2.39.5 (Apple Git-154)`; undefined for other words. */
export function parseGitVersion(text: string): readonly [number, number] | undefined {
  const match = /(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

/**
 * The shell command that git runs for each file of a store that both sides changed. Whatever comes of our own driver,
 * but 0 (clean) and 10 (contested, with markers), git's own merge of texts has the last word: a driver that is missing
 * or fails would otherwise leave ours alone in the file, without a marker.
 */
export function driverCommand(version: readonly [number, number] | undefined): string {
  const [major, minor] = LABELS_SINCE;
  const told = version !== undefined && (version[0] > major || (version[0] === major && version[1] >= minor));
  const labels = told ? "-L %X -L %S -L %Y" : "-L ours -L base -L theirs";
  const ownLabels = told ? " --ours=%X --base=%S --theirs=%Y" : "";
  return [
    "r=127",
    `if command -v git-memory >/dev/null 2>&1; then git-memory merge-driver %O %A %B %P --marker-size=%L${ownLabels}; r=$?; fi`,
    `case $r in 0) exit 0;; 10) exit 1;; esac`,
    `git merge-file --marker-size=%L ${labels} %A %O %B || exit 1`,
  ].join("; ");
}

const wanted = async (git: GitBinary, cwd: string): Promise<ReadonlyMap<string, string>> =>
  new Map([
    ["merge.git-memory.name", NAME],
    [
      "merge.git-memory.driver",
      driverCommand(parseGitVersion((await git.output(["version"], { cwd })).toString("utf8"))),
    ],
    ["merge.git-memory.recursive", "text"],
  ]);

/** Whether the repository's own configuration has our driver: as this version writes it, another one, or none. */
export async function mergeDriverState(
  repository: Repository,
  git: GitBinary | undefined,
): Promise<"current" | "other" | "missing"> {
  const values = await readConfig([path.join(repository.commonDir, "config")], "", repository.gitDir);
  if (!values.has("merge.git-memory.driver")) return "missing";
  if (!git) return values.get("merge.git-memory.driver")!.includes("git merge-file") ? "current" : "other";
  const keys = await wanted(git, repository.top);
  return [...keys].every(([key, value]) => values.get(key) === value) ? "current" : "other";
}

/** Writes the driver into the repository's own configuration, whatever stood under its name. True when that changed something. */
export async function setMergeDriver(repository: Repository, git: GitBinary): Promise<boolean> {
  if ((await mergeDriverState(repository, git)) === "current") return false;
  const cwd = repository.top;
  for (const [key, value] of await wanted(git, cwd)) {
    const args = ["config", "--local", "--replace-all", key, value];
    const result = await git.run(args, { cwd });
    if (result.status !== 0) throw new GitFailed("config", result);
  }
  return true;
}
