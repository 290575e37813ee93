import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Signature, signatureText } from "./commit-text.js";
import { type Operation, operationInProgress, type Repository } from "./discover.js";
import { createExclusive, readIfThere, readLine, removeFile, removeTemporaries, writeAtomic } from "./git-fs.js";
import { type FileStat, type IndexEntry, type IndexUpdate, indexEntries, spliceIndex } from "./index-file.js";
import { ObjectBatch } from "./object-batch.js";
import { type ObjectReader, type ObjectStore, objectId } from "./objects.js";
import { appendReflog, type Head, RefMoved, readHead, resolveRef, updateRef } from "./refs.js";
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
  | { readonly kind: "busy"; readonly reason: string }
  /** Nothing was done, because HEAD is not what the steps were planned on: plan anew. */
  | { readonly kind: "moved" };

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

/** Why these paths may not be published: one is unmerged, or a person has staged something there. */
export async function blockedPaths(
  objects: Pick<ObjectReader, "tree" | "commit">,
  index: Buffer,
  commit: string | undefined,
  files: readonly string[],
): Promise<string | undefined> {
  const staged = new Map<string, IndexEntry>();
  const wanted = new Set(files);
  // One file is looked for by its bytes; for several, decoding each path once is cheaper.
  for (const entry of indexEntries(index, files.length === 1 ? files[0] : "")) {
    if (!wanted.has(entry.path)) continue;
    if (entry.stage > 0) return `${entry.path} is unmerged`;
    staged.set(entry.path, entry);
  }
  const tree = commit === undefined ? undefined : (await objects.commit(commit))?.tree;
  for (const file of files) {
    const inHead = tree === undefined ? undefined : await lookup(objects, tree, file);
    if (staged.get(file)?.oid !== inHead?.oid) return `${file} has staged changes`;
  }
  return undefined;
}

/** The time that git's `index.lock` may still take, in milliseconds; 0 = free, undefined = it is held for good. */
export function lockPatience(lock: string): number | undefined {
  const stat = fs.statSync(lock, { throwIfNoEntry: false });
  if (!stat) return 0;
  const left = PATIENCE_MS - (Date.now() - stat.mtimeMs);
  return left > 0 ? left : undefined;
}

// Never equal to a file's: git then looks at the file itself.
const NO_STAT: FileStat = { ctimeNs: 0n, mtimeNs: 0n, dev: 0n, ino: 0n, uid: 0n, gid: 0n, size: 0n };

/** The stat that git's index may remember for a file with these bytes: none when the file holds something else. */
function statOf(file: string, bytes: Uint8Array): FileStat {
  if (!fs.lstatSync(file, { throwIfNoEntry: false })?.isFile()) return NO_STAT;
  const before = fs.lstatSync(file, { bigint: true });
  const same = before.size === BigInt(bytes.length) && Buffer.compare(fs.readFileSync(file), bytes) === 0;
  const after = fs.lstatSync(file, { bigint: true });
  return same && before.mtimeNs === after.mtimeNs && before.ino === after.ino ? after : NO_STAT;
}

function updates(built: Built, steps: readonly PublishStep[], top: string): IndexUpdate[] {
  const final = new Map(steps.flatMap((step) => [...step.files]));
  return [...final].map(([file, bytes]) => {
    if (bytes === null) return { path: file, file: undefined };
    const mode = built.modes.get(file) ?? "100644";
    return { path: file, file: { oid: objectId("blob", bytes), stat: statOf(path.join(top, file), bytes), mode } };
  });
}

interface Built {
  /** One for each step; the last is the branch's new value. */
  readonly commits: readonly string[];
  readonly modes: ReadonlyMap<string, string>;
}

/** Makes the commits' objects on top of `base`. A file that HEAD has as executable stays so. */
async function build(objects: ObjectStore, base: string | undefined, steps: readonly PublishStep[]): Promise<Built> {
  const batch = new ObjectBatch(objects);
  let parent = base;
  let tree = base === undefined ? undefined : (await objects.commit(base))?.tree;
  const commits: string[] = [];
  const modes = new Map<string, string>();
  for (const { files, author, committer, message } of steps) {
    const changes = new Map<string, TreeFile | undefined>();
    for (const [file, bytes] of files) {
      const old = tree === undefined ? undefined : await lookup(batch, tree, file);
      const mode = old?.mode === "100755" ? old.mode : "100644";
      modes.set(file, mode);
      changes.set(file, bytes === null ? undefined : { oid: batch.add("blob", bytes), mode });
    }
    tree = (await spliceTree(batch, tree, changes)) ?? batch.add("tree", new Uint8Array());
    parent = batch.addCommit({ tree, parents: parent === undefined ? [] : [parent], author, committer, message });
    commits.push(parent);
  }
  await batch.flush();
  return { commits, modes };
}

type Attempt = PublishOutcome | { readonly kind: "again" };

/**
 * Commits `steps` on the checked-out branch as git would: under `index.lock` and the branch's lock, with everything
 * computed before and re-checked under them. A crash at any point is mended by `recoverPublish`.
 */
export async function publish(request: PublishRequest, objects: ObjectStore): Promise<PublishOutcome> {
  const { repository, base, steps } = request;
  const lock = path.join(repository.gitDir, "index.lock");
  const built = await build(objects, base, steps);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (;;) {
      const patience = lockPatience(lock);
      if (patience === undefined) return { kind: "busy", reason: "git's index.lock is held" };
      if (patience === 0) break;
      await sleep(Math.min(patience, 5));
    }
    const outcome = await tryOnce(request, objects, built);
    if (outcome.kind !== "again") return outcome;
  }
  return { kind: "busy", reason: "git's index kept changing" };
}

async function tryOnce(request: PublishRequest, objects: ObjectStore, built: Built): Promise<Attempt> {
  const { repository, base, steps, intentFile } = request;
  const { gitDir, commonDir } = repository;
  const indexFile = path.join(gitDir, "index");
  const lock = `${indexFile}.lock`;
  const after = built.commits.at(-1)!;
  const mtimeMs = fs.statSync(indexFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const index = (await readIfThere(indexFile)) ?? Buffer.alloc(0);
  const next = spliceIndex(index, updates(built, steps, repository.top), Math.floor(mtimeMs / 1000));
  const head = await readHead(gitDir, commonDir);
  if (head.commit !== base || head.ref === undefined) return { kind: "moved" };
  const blocked = await blockedPaths(objects, index, base, [
    ...new Set(steps.flatMap(({ files }) => [...files.keys()])),
  ]);
  if (blocked) return { kind: "busy", reason: blocked };
  const intent: Intent = { ref: head.ref, after, index: sha1(next) };
  // As git itself does with its index: what a power cut takes of these, it takes of nothing else.
  await writeAtomic(intentFile, JSON.stringify(intent), { durable: false });
  if (!(await createExclusive(lock, next, { durable: false }))) return { kind: "again" };
  // From here on the lock is ours, until it is renamed to be the index.
  let ours = true;
  try {
    if (Buffer.compare((await readIfThere(indexFile)) ?? Buffer.alloc(0), index) !== 0) return { kind: "again" };
    const now = await readHead(gitDir, commonDir);
    if (now.ref !== head.ref) return { kind: "moved" };
    const reason = await blockedWorktree(repository, now);
    if (reason) return { kind: "busy", reason };
    await updateRef(commonDir, head.ref, base, after);
    fs.renameSync(lock, indexFile);
    ours = false;
  } catch (error) {
    if (error instanceof RefMoved) return { kind: "moved" };
    throw error;
  } finally {
    // When the branch has moved but the index has not, lock and intent stay, for recovery to complete.
    const completed = !ours || (await readHead(gitDir, commonDir)).commit !== after;
    if (ours && completed) removeFile(lock);
    if (completed) removeFile(intentFile);
  }
  await writeReflogs(repository, head.ref, base, built.commits, steps);
  return { kind: "published", commits: built.commits };
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
  const refLock = `${path.join(repository.commonDir, intent.ref)}.lock`;
  if ((await readLine(refLock)) === intent.after) removeFile(refLock);
  if (ours && (await resolveRef(repository.commonDir, intent.ref)) === intent.after) fs.renameSync(lock, indexFile);
  else if (ours) removeFile(lock);
  removeTemporaries(repository.gitDir);
  removeTemporaries(path.dirname(refLock));
  removeFile(intentFile);
}
