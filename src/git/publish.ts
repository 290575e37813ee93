import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Signature, signatureText } from "./commit-text.js";
import { type Operation, operationInProgress, type Repository } from "./discover.js";
import { createExclusive, readIfThere, readLine, writeAtomic } from "./git-fs.js";
import { type IndexUpdate, indexEntries, spliceIndex } from "./index-file.js";
import { ObjectBatch } from "./object-batch.js";
import { type ObjectStore, ObjectStore as Objects } from "./objects.js";
import { appendReflog, type Head, RefMoved, readHead, updateRef } from "./refs.js";
import { lookup, spliceTree, type TreeFile } from "./tree.js";

/** One commit to make on the checked-out branch; null removes the path. Paths are relative to the work tree's top. */
export interface PublishStep {
  readonly files: ReadonlyMap<string, Uint8Array | null>;
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export type PublishOutcome =
  | { readonly kind: "published"; readonly commits: readonly string[] }
  /** Nothing was done; `reason` is a sentence part such as "a rebase is in progress". */
  | { readonly kind: "busy"; readonly reason: string };

export interface PublishRequest {
  readonly repository: Repository;
  /** The commit (undefined = unborn) that the steps were planned on. */
  readonly base: string | undefined;
  readonly steps: readonly PublishStep[];
  /** Where the intent is kept while branch and index are between two states. */
  readonly intentFile: string;
}

interface Intent {
  readonly ref: string;
  readonly after: string;
  /** SHA-1 of the whole new index. */
  readonly index: string;
}

/** A lock older than this is held, not passing by. */
const PATIENCE_MS = 2_000;
const ATTEMPTS = 20;

const OPERATION_REASON: Record<Operation, string> = {
  merge: "a merge is in progress",
  rebase: "a rebase is in progress",
  "cherry-pick": "a cherry-pick is in progress",
  revert: "a revert is in progress",
  bisect: "a bisect is in progress",
};

const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex");

/** Why nothing may be published on this worktree at all, if so. */
export async function blockedWorktree(repository: Repository, head: Head): Promise<string | undefined> {
  const operation = await operationInProgress(repository.gitDir);
  if (operation) return OPERATION_REASON[operation];
  return head.ref === undefined ? "HEAD is detached" : undefined;
}

/** Why a path may not be published: it is unmerged, or a person has staged something there. */
export async function blockedPath(
  objects: Pick<ObjectStore, "tree" | "commit">,
  index: Buffer,
  commit: string | undefined,
  file: string,
): Promise<string | undefined> {
  const entries = [...indexEntries(index, file)].filter((entry) => entry.path === file);
  if (entries.some((entry) => entry.stage > 0)) return `${file} is unmerged`;
  const tree = commit === undefined ? undefined : (await objects.commit(commit))?.tree;
  const inHead = tree === undefined ? undefined : await lookup(objects, tree, file);
  return entries[0]?.oid === inHead?.oid ? undefined : `${file} has staged changes`;
}

/** The time that git's `index.lock` may still take, in milliseconds; 0 = free, undefined = it is held for good. */
async function lockPatience(lock: string): Promise<number | undefined> {
  const stat = await fs.stat(lock).catch(() => undefined);
  if (!stat) return 0;
  const left = PATIENCE_MS - (Date.now() - stat.mtimeMs);
  return left > 0 ? left : undefined;
}

async function updates(steps: readonly PublishStep[], top: string): Promise<IndexUpdate[]> {
  const final = new Map(steps.flatMap((step) => [...step.files]));
  return Promise.all(
    [...final].map(async ([file, bytes]) => {
      if (bytes === null) return { path: file, file: undefined };
      const oid = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
      const stat = await fs.lstat(path.join(top, file), { bigint: true }).catch(() => undefined);
      // Without the file the entry's stat never matches, so git looks for itself.
      const none = {
        ctimeNs: 0n,
        mtimeNs: 0n,
        dev: 0n,
        ino: 0n,
        uid: 0n,
        gid: 0n,
        size: 0n,
      };
      return { path: file, file: { oid, stat: stat ?? none } };
    }),
  );
}

/** Makes the commits' objects on top of `base`; the last id is the branch's new value. */
async function build(objects: ObjectStore, base: string | undefined, steps: readonly PublishStep[]): Promise<string[]> {
  const batch = new ObjectBatch(objects);
  let parent = base;
  let tree = base === undefined ? undefined : (await objects.commit(base))?.tree;
  const commits: string[] = [];
  for (const { files, author, committer, message } of steps) {
    const changes = new Map<string, TreeFile | undefined>();
    for (const [file, bytes] of files)
      changes.set(file, bytes === null ? undefined : { oid: batch.add("blob", bytes), mode: "100644" });
    tree = (await spliceTree(batch, tree, changes)) ?? batch.add("tree", new Uint8Array());
    parent = batch.addCommit({
      tree,
      parents: parent === undefined ? [] : [parent],
      author,
      committer,
      message,
    });
    commits.push(parent);
  }
  await batch.flush();
  return commits;
}

/**
 * Commits `steps` on the checked-out branch as git would: under `index.lock` and the branch's lock, with everything
 * computed before and re-checked under them. A crash at any point is mended by `recoverPublish`.
 */
export async function publish(request: PublishRequest): Promise<PublishOutcome> {
  const { repository, base, steps, intentFile } = request;
  const objects = new Objects(repository.commonDir);
  const indexFile = path.join(repository.gitDir, "index");
  const lock = `${indexFile}.lock`;
  const commits = await build(objects, base, steps);
  const after = commits.at(-1)!;
  const entries = await updates(steps, repository.top);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const patience = await lockPatience(lock);
    if (patience === undefined) return { kind: "busy", reason: "git's index.lock is held" };
    if (patience > 0) {
      await sleep(Math.min(patience, 20));
      attempt--;
      continue;
    }
    const index = (await readIfThere(indexFile)) ?? Buffer.alloc(0);
    const next = spliceIndex(index, entries);
    const head = await readHead(repository.gitDir, repository.commonDir);
    if (head.commit !== base || head.ref === undefined) return { kind: "busy", reason: "the branch moved" };
    await writeAtomic(
      intentFile,
      JSON.stringify({
        ref: head.ref,
        after,
        index: sha1(next),
      } satisfies Intent),
    );
    if (!(await createExclusive(lock, next))) continue;
    try {
      if (sha1((await readIfThere(indexFile)) ?? Buffer.alloc(0)) !== sha1(index)) continue;
      const reason = await blockedWorktree(repository, await readHead(repository.gitDir, repository.commonDir));
      if (reason) return { kind: "busy", reason };
      await updateRef(repository.commonDir, head.ref, base, after);
      await fs.rename(lock, indexFile);
    } catch (error) {
      if (error instanceof RefMoved) return { kind: "busy", reason: "the branch moved" };
      throw error;
    } finally {
      // After a success the lock file is git's index by now.
      if ((await readHead(repository.gitDir, repository.commonDir)).commit !== after)
        await fs.rm(lock, { force: true });
      await fs.rm(intentFile, { force: true });
    }
    await writeReflogs(repository, head.ref, base, commits, steps);
    return { kind: "published", commits };
  }
  return { kind: "busy", reason: "git's index kept changing" };
}

async function writeReflogs(
  repository: Repository,
  ref: string,
  base: string | undefined,
  commits: readonly string[],
  steps: readonly PublishStep[],
): Promise<void> {
  let old = base ?? "0".repeat(40);
  for (const [position, commit] of commits.entries()) {
    const step = steps[position]!;
    const subject = step.message.split("\n", 1)[0];
    const line = `${old} ${commit} ${signatureText(step.committer)}\tcommit${base === undefined && position === 0 ? " (initial)" : ""}: ${subject}`;
    await appendReflog(path.join(repository.gitDir, "logs/HEAD"), line);
    await appendReflog(path.join(repository.commonDir, "logs", ref), line);
    old = commit;
  }
}

/** Completes or undoes what a process that died inside `publish` left: called under the write lock. */
export async function recoverPublish(repository: Repository, intentFile: string): Promise<void> {
  const text = await readLine(intentFile);
  if (text === undefined) return;
  const intent = JSON.parse(text) as Intent;
  const indexFile = path.join(repository.gitDir, "index");
  const lock = `${indexFile}.lock`;
  const held = await readIfThere(lock);
  const ours = held !== undefined && sha1(held) === intent.index;
  const file = path.join(repository.commonDir, intent.ref);
  if ((await readLine(file)) === intent.after) {
    if (ours) await fs.rename(lock, indexFile);
  } else {
    if ((await readLine(`${file}.lock`)) === intent.after) await fs.rm(`${file}.lock`, { force: true });
    if (ours) await fs.rm(lock, { force: true });
  }
  await fs.rm(intentFile, { force: true });
}
