import fs from "node:fs/promises";
import path from "node:path";
import { type Signature, signatureText } from "./commit-text.js";
import type { Repository } from "./discover.js";
import type { GitBinary } from "./git-binary.js";
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
export async function publishWithBinary(git: GitBinary, request: PublishRequest, ref: string): Promise<PublishOutcome> {
  const { repository, base, steps, intentFile } = request;
  const cwd = repository.top;
  const temporary = `${intentFile}.index`;
  const env = { GIT_INDEX_FILE: temporary };
  const zero = "0".repeat(repository.format === "sha256" ? 64 : 40);
  const commits: string[] = [];
  const infos: string[] = [];
  await fs.mkdir(path.dirname(intentFile), { recursive: true });
  try {
    await fs.rm(temporary, { force: true });
    await git.output(base === undefined ? ["read-tree", "--empty"] : ["read-tree", base], { cwd, env });
    for (const step of steps) {
      const info = await indexInfo(git, cwd, step, zero);
      await git.output(["update-index", "-z", "--index-info"], {
        cwd,
        env,
        input: info,
      });
      const tree = (await git.output(["write-tree"], { cwd, env })).toString().trim();
      const parent = commits.at(-1) ?? base;
      const args = ["commit-tree", tree, ...(parent === undefined ? [] : ["-p", parent]), "-F", "-"];
      const who = {
        ...identity("AUTHOR", step.author),
        ...identity("COMMITTER", step.committer),
      };
      commits.push((await git.output(args, { cwd, env: who, input: `${step.message}\n` })).toString().trim());
      infos.push(info);
    }
    const subject = steps[0]!.message.split("\n", 1)[0]!;
    await fs.writeFile(intentFile, JSON.stringify({ ref, after: commits.at(-1), info: infos.join("") }));
    const moved = await git.run(["update-ref", "-m", `commit: ${subject}`, ref, commits.at(-1)!, base ?? zero], {
      cwd,
    });
    if (moved.status !== 0) {
      await fs.rm(intentFile, { force: true });
      return { kind: "busy", reason: "the branch moved" };
    }
    await finish(git, repository, infos.join(""), intentFile);
    return { kind: "published", commits };
  } finally {
    await fs.rm(temporary, { force: true });
  }
}

async function finish(git: GitBinary, repository: Repository, info: string, intentFile: string): Promise<void> {
  await git.output(["update-index", "-z", "--index-info"], {
    cwd: repository.top,
    input: info,
  });
  await git.run(["update-index", "-q", "--refresh"], { cwd: repository.top });
  await fs.rm(intentFile, { force: true });
}

/** Brings the index after the branch when a process died between the two. */
export async function recoverPublishWithBinary(
  git: GitBinary,
  repository: Repository,
  intentFile: string,
): Promise<void> {
  const text = await fs.readFile(intentFile, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const { ref, after, info } = JSON.parse(text) as {
    ref: string;
    after: string;
    info: string;
  };
  const { stdout } = await git.run(["rev-parse", "-q", "--verify", ref], {
    cwd: repository.top,
  });
  if (stdout.toString().trim() === after) await finish(git, repository, info, intentFile);
  else await fs.rm(intentFile, { force: true });
}
