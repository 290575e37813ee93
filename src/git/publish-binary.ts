import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Signature, signatureText } from "./commit-text.js";
import type { Repository } from "./discover.js";
import type { GitBinary } from "./git-binary.js";
import { readLine, removeFile, writeAtomic } from "./git-fs.js";
import { lockPatience } from "./move-branch.js";
import type { PublishOutcome, PublishRequest, PublishStep } from "./publish.js";

const identity = (role: "AUTHOR" | "COMMITTER", who: Signature): Record<string, string> => {
  const [, name, email, date] = /^(.*) <(.*)> (.*)$/.exec(signatureText(who))!;
  return {
    [`GIT_${role}_NAME`]: name!,
    [`GIT_${role}_EMAIL`]: email!,
    [`GIT_${role}_DATE`]: `@${date}`,
  };
};

async function indexInfo(git: GitBinary, cwd: string, step: PublishStep, zero: string): Promise<string> {
  const lines = [...step.files].map(async ([file, bytes]) => {
    if (bytes === null) return `0 ${zero}\t${file}\0`;
    const oid = await git.output(["hash-object", "-w", "--no-filters", "--stdin"], { cwd, input: bytes });
    return `100644 ${oid.toString().trim()}\t${file}\0`;
  });
  return (await Promise.all(lines)).join("");
}

/**
 * The same as `publish` through git's own plumbing, for repositories whose format our engine cannot write. Hooks,
 * filters and signing stay out of it.
 */
export async function publishWithBinary(git: GitBinary, request: PublishRequest): Promise<PublishOutcome> {
  const { repository, base, steps } = request;
  const intentFile = `${request.intentFile}.git`;
  const cwd = repository.top;
  const temporary = `${intentFile}.index`;
  const env = { GIT_INDEX_FILE: temporary };
  const quiet = await git.withoutFilters(cwd);
  const zero = "0".repeat(repository.format === "sha256" ? 64 : 40);
  const commits: string[] = [];
  const infos: string[] = [];
  if (!(await lockIsFree(repository))) return { kind: "busy", reason: "git's index.lock is held" };
  await fs.mkdir(path.dirname(intentFile), { recursive: true });
  try {
    await fs.rm(temporary, { force: true });
    await git.output(base === undefined ? ["read-tree", "--empty"] : ["read-tree", base], { cwd, env, ...quiet });
    for (const step of steps) {
      const info = await indexInfo(git, cwd, step, zero);
      await git.output(["update-index", "-z", "--index-info"], { cwd, env, input: info, ...quiet });
      const tree = (await git.output(["write-tree"], { cwd, env, ...quiet })).toString().trim();
      const parent = commits.at(-1) ?? base;
      const args = ["commit-tree", tree, ...(parent === undefined ? [] : ["-p", parent]), "-F", "-"];
      const who = { ...identity("AUTHOR", step.author), ...identity("COMMITTER", step.committer) };
      commits.push((await git.output(args, { cwd, env: who, input: `${step.message}\n` })).toString().trim());
      infos.push(info);
    }
    const subject = steps[0]!.message.split("\n", 1)[0]!;
    const after = commits.at(-1)!;
    await writeAtomic(intentFile, JSON.stringify({ after, info: infos.join("") } satisfies Intent));
    // HEAD, not the branch's name: it is compared with `base` wherever it points by now.
    const moved = await git.run(["update-ref", "-m", `commit: ${subject}`, "HEAD", after, base ?? zero], { cwd });
    if (moved.status !== 0) {
      removeFile(intentFile);
      return { kind: "moved" };
    }
    await finish(git, repository, infos.join(""), intentFile);
    return { kind: "published", commits };
  } finally {
    await fs.rm(temporary, { force: true });
    await fs.rm(`${temporary}.lock`, { force: true });
  }
}

interface Intent {
  readonly after: string;
  /** What `update-index --index-info` has to be told. */
  readonly info: string;
}

/** Waits as long as git's lock may still be about to go. */
async function lockIsFree(repository: Repository): Promise<boolean> {
  for (;;) {
    const patience = lockPatience(path.join(repository.gitDir, "index.lock"));
    if (patience === undefined || patience === 0) return patience === 0;
    await sleep(Math.min(patience, 5));
  }
}

/** Brings the index after the branch; where git's lock is in the way the intent stays, and the next write tries again. */
async function finish(git: GitBinary, repository: Repository, info: string, intentFile: string): Promise<void> {
  const options = { cwd: repository.top, input: info, ...(await git.withoutFilters(repository.top)) };
  while (await lockIsFree(repository)) {
    // Without file stats in it: git compares the files itself at its next look.
    const { status, stderr } = await git.run(["update-index", "-z", "--index-info"], options);
    if (status === 0) return removeFile(intentFile);
    if (!stderr.includes("index.lock")) return;
  }
}

/** Brings the index after the branch when a process died between the two. */
export async function recoverPublishWithBinary(
  git: GitBinary,
  repository: Repository,
  intentFile: string,
): Promise<void> {
  const text = await readLine(intentFile);
  if (text === undefined) return;
  const { after, info } = JSON.parse(text) as Intent;
  const { stdout } = await git.run(["rev-parse", "-q", "--verify", "HEAD"], { cwd: repository.top });
  if (stdout.toString().trim() === after) await finish(git, repository, info, intentFile);
  else removeFile(intentFile);
}
