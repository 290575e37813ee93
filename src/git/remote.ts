import path from "node:path";
import { MemoryError } from "../errors.js";
import { type ConfigValues, readConfig } from "./config-file.js";
import type { GitBinary } from "./git-binary.js";
import type { Host } from "./host.js";
import { isRefName } from "./refs.js";

/** The branch of a remote that the checked-out branch is kept in step with. Refs are full names. */
export interface Remote {
  /** As git's configuration calls it. */
  readonly name: string;
  /** Where it is, without credentials. */
  readonly url: string;
  readonly branch: string;
  /** Where the last fetch of it is kept. */
  readonly tracking: string;
}

const HEADS = "refs/heads/";

async function configOf({ git, repository }: Host): Promise<ConfigValues> {
  const { commonDir, gitDir, top } = repository;
  if (!git) return readConfig([path.join(commonDir, "config"), path.join(gitDir, "config.worktree")], "", gitDir);
  const { stdout } = await git.run(["config", "-z", "--get-regexp", "^(branch|remote)\\."], { cwd: top });
  const lines = stdout.toString("utf8").split("\0").filter(Boolean);
  return new Map(lines.map((line) => [line.split("\n", 1)[0]!, line.slice(line.indexOf("\n") + 1)]));
}

/** An address without user name and password. */
export const shownUrl = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1");

/** The upstream of a branch, else its namesake at `origin`; undefined where no such remote is configured. */
export async function remoteOf(host: Host, ref: string): Promise<Remote | undefined> {
  const config = await configOf(host);
  const short = ref.slice(HEADS.length);
  const name = config.get(`branch.${short}.remote`) ?? "origin";
  const url = config.get(`remote.${name}.url`);
  // What git would take for an option is no name, and `.` is this repository.
  if (url === undefined || name.startsWith("-") || name === ".") return undefined;
  const merge = config.get(`branch.${short}.merge`);
  const branch = merge?.startsWith(HEADS) ? merge : ref;
  const tracking = `refs/remotes/${name}/${branch.slice(HEADS.length)}`;
  return isRefName(tracking) ? { name, url: shownUrl(url), branch, tracking } : undefined;
}

/** Keys that name programs which a fetch or a push would run. */
const PROGRAMS =
  "^(core\\.(sshcommand|askpass|gitproxy|alternaterefscommand)|credential\\.(.*\\.)?helper|remote\\..*\\.(uploadpack|receivepack|vcs))$";
/** A helper by its name is one that the person has installed. */
const PLAIN_HELPER = /^[a-z][\w-]*(?: [\w=.,-]+)*$/;

const forbidden = (what: string, next: string): MemoryError =>
  new MemoryError("forbidden", `Nothing was sent or fetched: ${what}. ${next}`);

/**
 * Throws `forbidden` when reaching the remote would run a program that this repository's own configuration names, or
 * lead to a repository beside it: whoever packed the folder may have put that there.
 */
export async function assertHarmless(git: GitBinary, top: string, remote: Remote): Promise<void> {
  const { stdout } = await git.run(["config", "-z", "--show-scope", "--get-regexp", PROGRAMS], { cwd: top });
  const parts = stdout.toString("utf8").split("\0");
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [key = "", ...rest] = parts[at + 1]!.split("\n");
    const value = rest.join("\n");
    if (!/^(local|worktree)$/.test(parts[at]!) || value === "") continue;
    if (key.endsWith(".helper") && PLAIN_HELPER.test(value)) continue;
    throw forbidden(
      `${key} in this repository's own configuration names a program`,
      "Move it to your own ~/.gitconfig, or use git pull and git push yourself.",
    );
  }
  for (const push of [[], ["--push"]]) {
    const url = (await git.run(["remote", "get-url", ...push, "--", remote.name], { cwd: top })).stdout
      .toString()
      .trim();
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[^/]+:/.test(url) || path.isAbsolute(url)) continue;
    throw forbidden(
      `the address of ${remote.name} is relative to this folder`,
      `Give it in full: git remote set-url ${remote.name} ADDRESS.`,
    );
  }
}
