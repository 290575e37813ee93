import path from "node:path";
import { parseSignature, type Signature } from "./commit-text.js";
import { readConfig } from "./config-file.js";
import type { Repository } from "./discover.js";
import type { Environment, GitBinary } from "./git-binary.js";

/** A name and e-mail address as git records them. */
export type Person = Pick<Signature, "name" | "email">;

/** Who `git commit` would name as author here: asked of git itself, else read from its files and the environment. */
export async function gitUser(
  repository: Repository | undefined,
  cwd: string,
  git: GitBinary | undefined,
  env: Environment,
): Promise<Person> {
  if (git) {
    const { status, stdout } = await git.run(["var", "GIT_AUTHOR_IDENT"], {
      cwd,
    });
    if (status === 0) {
      const { name, email } = parseSignature(stdout.toString("utf8"));
      return { name, email };
    }
  }
  const home = env.HOME ?? env.USERPROFILE ?? "";
  const global = env.GIT_CONFIG_GLOBAL
    ? [env.GIT_CONFIG_GLOBAL]
    : [path.join(env.XDG_CONFIG_HOME || path.join(home, ".config"), "git/config"), path.join(home, ".gitconfig")];
  const local = repository
    ? [path.join(repository.commonDir, "config"), path.join(repository.gitDir, "config.worktree")]
    : [];
  const config = await readConfig(["/etc/gitconfig", ...global, ...local], home, repository?.gitDir ?? "");
  const user = env.USER || env.USERNAME || "unknown";
  return {
    name: env.GIT_AUTHOR_NAME || config.get("author.name") || config.get("user.name") || user,
    email:
      env.GIT_AUTHOR_EMAIL ||
      config.get("author.email") ||
      config.get("user.email") ||
      env.EMAIL ||
      `${user}@localhost`,
  };
}

/** True when the person's commits are to be signed, which only their own `git commit` can do. */
export async function signsCommits(
  repository: Repository,
  git: GitBinary | undefined,
  env: Environment,
): Promise<boolean> {
  if (git) {
    // Asked as the person: our own quiet settings switch signing off.
    const args = ["config", "--type=bool", "--get", "commit.gpgSign"];
    return (await git.run(args, { cwd: repository.top, asPerson: true })).stdout.toString().trim() === "true";
  }
  const home = env.HOME ?? "";
  const files = [path.join(home, ".gitconfig"), path.join(repository.commonDir, "config")];
  return /^(true|yes|on|1)$/i.test((await readConfig(files, home, repository.gitDir)).get("commit.gpgsign") ?? "");
}
