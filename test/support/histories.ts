import { execFileSync } from "node:child_process";
import { GIT_ENV, git, temporaryFolder } from "./repositories.js";

/** One commit of a made history: parents by position among the commits before it (-1 = it is a root). */
export interface MadeCommit {
  readonly parents: readonly number[];
  /** Path → content, null removes; on top of the first parent's files. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Seconds since 1970. */
  readonly at: number;
  readonly author?: string;
  readonly message?: string;
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

/** The stream for `git fast-import` of a history whose last commit is `main`. */
export function importStream(commits: readonly MadeCommit[]): string {
  const parts: string[] = [];
  commits.forEach(({ parents, files, at, author = "Ada Person", message = "work" }, position) => {
    parts.push(`commit refs/made/${position}\nmark :${position + 1}\n`);
    parts.push(`author ${author} <ada@example.org> ${at} +0000\ncommitter ${author} <ada@example.org> ${at} +0000\n`);
    parts.push(data(message));
    parents
      .filter((parent) => parent >= 0)
      .forEach((parent, first) => {
        parts.push(`${first === 0 ? "from" : "merge"} :${parent + 1}\n`);
      });
    for (const [path, content] of Object.entries(files))
      parts.push(content === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(content)}`);
    parts.push("\n");
  });
  parts.push(`reset refs/heads/main\nfrom :${commits.length}\n\n`);
  return parts.join("");
}

/** A repository with a made history, its `main` not checked out. */
export function makeHistory(commits: readonly MadeCommit[], dir = temporaryFolder()): string {
  git(dir, "init", "-q", "-b", "main");
  git(dir, "config", "user.name", "Ada Person");
  git(dir, "config", "user.email", "ada@example.org");
  execFileSync("git", ["fast-import", "--quiet", "--force", "--date-format=raw"], {
    cwd: dir,
    env: GIT_ENV,
    input: importStream(commits),
    maxBuffer: 2 ** 28,
  });
  return dir;
}

/** Ids of the commits that git lists, in its order. */
export const logOf = (dir: string, ...args: string[]): string[] =>
  git(dir, "log", "--format=%H", ...args)
    .split("\n")
    .filter(Boolean);
