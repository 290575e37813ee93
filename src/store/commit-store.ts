import path from "node:path";
import { MemoryError } from "../errors.js";
import { GitFailed } from "../git/git-binary.js";
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

/** Store files that HEAD has or `git status` would show; hidden ones other than `.gitattributes` and the like stay with git. */
async function differing(context: StoreContext, observer: Observer): Promise<string[]> {
  const host = context.host!;
  const { stdout } = host.git
    ? await host.git.run(
        [
          "status",
          "--porcelain",
          "-z",
          "--untracked-files=all",
          "--no-renames",
          "--",
          `:(top,literal)${context.prefix || "."}`,
        ],
        { cwd: host.repository.top },
      )
    : { stdout: undefined };
  if (stdout)
    return stdout
      .toString("utf8")
      .split("\0")
      .filter((line) => line !== "")
      .map((line) => line.slice(3 + context.prefix.length));
  const files = new Set([...observer.paths].filter((file) => observer.pending(file)));
  for (const file of observer.headPaths())
    if (readWorkingFile(path.join(context.root, file)).kind === "absent") files.add(file);
  for (const file of ["memory.yaml", "tags.yaml", ".gitattributes"]) {
    const read = readWorkingFile(path.join(context.root, file));
    if (read.kind !== "file" && observer.headBlob(file)) files.add(file);
    if (read.kind === "file" && (await isNew(context, observer, file, read.bytes))) files.add(file);
  }
  return [...files];
}

async function isNew(context: StoreContext, observer: Observer, file: string, bytes: Uint8Array): Promise<boolean> {
  const { blobId } = await import("../git/objects.js");
  return observer.headBlob(file) !== blobId(bytes, context.host!.objects.format);
}

/** One commit of every file of the store that differs from HEAD, and of nothing else, as the person's own `git commit`. */
export async function commitStore(context: StoreContext, observer: Observer, message: string): Promise<CommitOutcome> {
  const { host } = context;
  if (!host) throw refused("this store is a plain folder without git", "Run `git init` around it first.");
  const operation = await host.operation();
  if (operation) throw refused(`a ${operation} is in progress`, `Finish or abort it, then commit again.`);
  const files = (await differing(context, observer)).sort();
  if (files.length === 0) return { files };
  return host.git ? withBinary(context, files, message) : withEngine(context, files, message);
}

async function withBinary(context: StoreContext, files: readonly string[], message: string): Promise<CommitOutcome> {
  const { git, repository } = context.host!;
  const cwd = repository.top;
  const pathspecs = files.map((file) => `:(top,literal)${repoPath(context, file)}\0`).join("");
  const from = ["--pathspec-from-file=-", "--pathspec-file-nul"];
  try {
    // Content goes in as it is: no filter of the repository runs for the files of a store.
    await git!.output(["add", "--intent-to-add", "--ignore-removal", ...from], { cwd, input: pathspecs });
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error;
    throw refused("git does not take the files", "Is the folder git-ignored? `git status` tells what git sees.");
  }
  const result = await git!.run(["commit", "--only", "-m", message, ...from], {
    cwd,
    input: pathspecs,
    asPerson: true,
  });
  if (result.status !== 0) {
    const said = result.stderr.trim().split("\n").slice(-3).join(" ") || "a hook refused it";
    throw refused(`git commit failed (${said})`, "Mend what it says and commit again; the entries are safe.");
  }
  const commit = (await git!.output(["rev-parse", "HEAD"], { cwd })).toString().trim();
  return { commit, files };
}

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
  if (outcome.kind === "busy") throw refused(outcome.reason, "Try again in a moment.");
  return { commit: outcome.commits[0]!, files };
}
