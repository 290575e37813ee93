import path from "node:path";
import { isPrivate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import type { GitResult } from "../git/git-binary.js";
import { blobId } from "../git/objects.js";
import { repoPath, type StoreContext } from "./context.js";
import type { Observer } from "./observer.js";
import { readWorkingFile } from "./working-files.js";

export interface CommitOutcome {
  /** Undefined when nothing differed from HEAD. */
  readonly commit?: string;
  /** Store paths that the commit carries. */
  readonly files: readonly string[];
}

const refused = (reason: string, next: string): MemoryError =>
  new MemoryError("conflict", `Nothing was committed: ${reason}. ${next}`, { reason });

interface Differing {
  readonly files: readonly string[];
  /** Those of them that git does not know yet. */
  readonly untracked: readonly string[];
}

/** Store files that HEAD has or `git status` would show. */
async function differing(context: StoreContext, observer: Observer): Promise<Differing> {
  const { git, repository } = context.host!;
  if (!git) return { files: await differingFrom(context, observer), untracked: [] };
  const top = context.prefix === "" ? ":(top)" : `:(top,literal)${context.prefix}`;
  const args = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", "--", top];
  const { stdout } = await git.run(args, { cwd: repository.top });
  const lines = stdout
    .toString("utf8")
    .split("\0")
    .filter((line) => line !== "");
  const names = (some: readonly string[]) =>
    // Whatever git was told about them: what is private stays out of every commit of ours.
    some.map((line) => line.slice(3 + context.prefix.length)).filter((file) => !isPrivate(file));
  return { files: names(lines), untracked: names(lines.filter((line) => line.startsWith("??"))) };
}

/** The files at a store's root that make it one. */
export const OWN_FILES = ["memory.yaml", "tags.yaml", ".gitattributes", ".gitignore"];

/** The store's own files that are not as HEAD has them. */
export function changedOwnFiles(context: StoreContext, observer: Observer): string[] {
  const format = context.host?.objects.format ?? "sha1";
  return OWN_FILES.filter((file) => {
    const head = observer.headBlob(file);
    if (head === undefined) return false;
    const read = readWorkingFile(path.join(context.root, file));
    return head !== (read.kind === "file" ? blobId(read.bytes, format) : null);
  });
}

/** The same by our own means: entries, and the store's own files. */
async function differingFrom(context: StoreContext, observer: Observer): Promise<string[]> {
  const files = new Set(observer.pendingPaths());
  for (const file of observer.head.paths())
    if (!isPrivate(file) && readWorkingFile(path.join(context.root, file)).kind === "absent") files.add(file);
  for (const file of changedOwnFiles(context, observer)) files.add(file);
  return [...files];
}

/** One commit of every file of the store that differs from HEAD, and of nothing else, as the person's own `git commit`. */
export async function commitStore(context: StoreContext, observer: Observer, message: string): Promise<CommitOutcome> {
  const { host } = context;
  if (!host) throw refused("this store is a plain folder without git", "Run `git init` around it first.");
  const operation = await host.operation();
  if (operation) throw refused(`a ${operation} is in progress`, `Finish or abort it, then commit again.`);
  const { files, untracked } = await differing(context, observer);
  const sorted = [...files].sort();
  if (files.length === 0) {
    if (observer.pendingPaths().length > 0)
      throw refused("git ignores this folder", "Take it out of .gitignore; `git check-ignore -v` tells the line.");
    return { files };
  }
  return host.git ? withBinary(context, sorted, untracked, message) : withEngine(context, sorted, message);
}

/** A person's hooks may run their tests. */
const COMMIT_MS = 600_000;

async function withBinary(
  context: StoreContext,
  files: readonly string[],
  untracked: readonly string[],
  message: string,
): Promise<CommitOutcome> {
  const git = context.host!.git!;
  const cwd = context.host!.repository.top;
  const names = (some: readonly string[], magic: string) =>
    some.map((file) => `${magic}${repoPath(context, file)}\0`).join("");
  const pathspecs = names(files, ":(top,literal)");
  const from = ["--pathspec-from-file=-", "--pathspec-file-nul"];
  const forget = () =>
    git.run(["update-index", "--force-remove", "-z", "--stdin"], { cwd, input: names(untracked, "") });
  const added = await git.run(["add", "--intent-to-add", "--ignore-removal", ...from], { cwd, input: pathspecs });
  if (added.status !== 0) {
    await forget();
    throw refused(
      `git add failed (${lastLines(added)})`,
      "Is the folder git-ignored? `git status` tells what git sees.",
    );
  }
  const args = ["commit", "--only", "-m", message, ...from];
  const result = await git.run(args, { cwd, input: pathspecs, asPerson: true, timeout: COMMIT_MS });
  if (result.status !== 0) {
    await forget();
    throw refused(
      `git commit failed (${lastLines(result)})`,
      "Mend what it says and commit again; the entries are safe.",
    );
  }
  const commit = (await git.output(["rev-parse", "HEAD"], { cwd })).toString().trim();
  return { commit, files };
}

const lastLines = ({ stderr }: GitResult): string =>
  stderr.trim().split("\n").slice(-3).join(" ") || "a hook refused it";

async function withEngine(context: StoreContext, files: readonly string[], message: string): Promise<CommitOutcome> {
  const host = context.host!;
  const head = await host.head();
  const blocked = await host.blocked(head, []);
  if (blocked) throw refused(blocked, "Resolve that, or use the git program.");
  const who = { ...(await context.user()), seconds: context.now() / 1000, offset: 0 };
  const contents = files.map((file) => {
    const read = readWorkingFile(path.join(context.root, file));
    return [repoPath(context, file), read.kind === "file" ? read.bytes : null] as const;
  });
  const outcome = await host.publish({
    repository: host.repository,
    base: head.commit,
    steps: [{ files: new Map(contents), author: who, committer: who, message }],
    intentFile: context.local.intent,
  });
  if (outcome.kind === "moved") throw refused("the branch moved meanwhile", "Commit again.");
  if (outcome.kind === "busy") throw refused(outcome.reason, "Try again in a moment.");
  return { commit: outcome.commits[0]!, files };
}
