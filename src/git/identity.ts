import path from "node:path";
import { parseSignature, type Signature } from "./commit-text.js";
import { readConfig } from "./config-file.js";
import type { Repository } from "./discover.js";
import type { Environment, GitBinary } from "./git-binary.js";

/** A name and e-mail address as git records them. */
export type Person = Pick<Signature, "name" | "email">;

/** The settings that say who the user is, as git itself finds them; undefined where git cannot tell. */
async function userSettings(git: GitBinary, cwd: string): Promise<ReadonlyMap<string, string> | undefined> {
  const args = ["config", "-z", "--get-regexp", "^(author|user)\\.(name|email)$"];
  const { status, stdout } = await git.run(args, { cwd });
  // 1: there are none.
  if (status !== 0 && status !== 1) return undefined;
  const pairs = stdout.toString("utf8").split("\0").filter(Boolean);
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("\n")), pair.slice(pair.indexOf("\n") + 1)]));
}

/** The same as its files have them, without the program. */
function userInFiles(repository: Repository | undefined, env: Environment): ReturnType<typeof readConfig> {
  const home = env.HOME ?? env.USERPROFILE ?? "";
  const global = env.GIT_CONFIG_GLOBAL
    ? [env.GIT_CONFIG_GLOBAL]
    : [path.join(env.XDG_CONFIG_HOME || path.join(home, ".config"), "git/config"), path.join(home, ".gitconfig")];
  const local = repository
    ? [path.join(repository.commonDir, "config"), path.join(repository.gitDir, "config.worktree")]
    : [];
  return readConfig(["/etc/gitconfig", ...global, ...local], home, repository?.gitDir ?? "");
}

/**
 * Who `git commit` would name as author here: asked of git itself, else read from its files and the environment. Where
 * nobody told git a name or an address, what the person says of themselves counts, before what git makes up.
 */
export async function gitUser(
  repository: Repository | undefined,
  cwd: string,
  git: GitBinary | undefined,
  env: Environment,
  person: Partial<Person> = {},
): Promise<Person> {
  const says = person.name !== undefined || person.email !== undefined;
  const config = git && says ? await userSettings(git, cwd) : undefined;
  const told = {
    name: env.GIT_AUTHOR_NAME || config?.get("author.name") || config?.get("user.name") || person.name,
    email:
      env.GIT_AUTHOR_EMAIL || config?.get("author.email") || config?.get("user.email") || env.EMAIL || person.email,
  };
  if (config && told.name && told.email) return { name: told.name, email: told.email };
  if (git) {
    const { status, stdout } = await git.run(["var", "GIT_AUTHOR_IDENT"], { cwd });
    if (status === 0) {
      const { name, email } = parseSignature(stdout.toString("utf8"));
      return config ? { name: told.name || name, email: told.email || email } : { name, email };
    }
  }
  const files = await userInFiles(repository, env);
  const user = env.USER || env.USERNAME || "unknown";
  return {
    name: env.GIT_AUTHOR_NAME || files.get("author.name") || files.get("user.name") || person.name || user,
    email:
      env.GIT_AUTHOR_EMAIL ||
      files.get("author.email") ||
      files.get("user.email") ||
      env.EMAIL ||
      person.email ||
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
