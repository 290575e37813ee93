import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Signature, signatureText } from "./commit-text.js";
import { type Operation, operationInProgress, type Repository } from "./discover.js";
import { createExclusive, readIfThere, readLine, removeFile, removeTemporaries, writeAtomic } from "./git-fs.js";
import { type FileStat, type IndexEntry, type IndexUpdate, indexEntries, spliceIndex } from "./index-file.js";
import type { ObjectReader } from "./objects.js";
import { appendReflog, type Head, RefMoved, readHead, resolveRef, updateRef } from "./refs.js";
import { lookup } from "./tree.js";

/** The checked-out branch and git's index, from one commit to another. Paths are relative to the work tree's top. */
export interface BranchMove {
  readonly repository: Repository;
  /** The commit (undefined = unborn) that the move was planned on. */
  readonly base: string | undefined;
  /** The commits in between for the reflog, each with who moved the branch to it and why; the last is its new value. */
  readonly log: readonly { readonly commit: string; readonly who: Signature; readonly text: string }[];
  /** What differs between the two commits: none of it may be unmerged or staged by a person. */
  readonly paths: readonly string[];
  /** The same for git's index, with the files' present stats. */
  readonly updates: () => readonly IndexUpdate[];
  /** Brings working files after the branch, while git waits for the index as it does for git's own merges. */
  readonly follow?: () => Promise<void>;
  /** Where the intent is kept while branch and index are between two states. */
  readonly intentFile: string;
}

export type MoveOutcome =
  | { readonly kind: "done" }
  /** Nothing was done; `reason` is a sentence part such as "a rebase is in progress". */
  | { readonly kind: "busy"; readonly reason: string }
  /** Nothing was done, because HEAD is not what the move was planned on: plan anew. */
  | { readonly kind: "moved" };

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
export const NO_STAT: FileStat = { ctimeNs: 0n, mtimeNs: 0n, dev: 0n, ino: 0n, uid: 0n, gid: 0n, size: 0n };

type Attempt = MoveOutcome | { readonly kind: "again" };

/**
 * Moves the checked-out branch and git's index to the last commit of the log as git would: under `index.lock` and the
 * branch's lock, with everything computed before and re-checked under them. A crash at any point is mended by
 * `recoverMove`, but for what `follow` does.
 */
export async function moveBranch(
  move: BranchMove,
  objects: Pick<ObjectReader, "tree" | "commit">,
): Promise<MoveOutcome> {
  const lock = path.join(move.repository.gitDir, "index.lock");
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    for (;;) {
      const patience = lockPatience(lock);
      if (patience === undefined) return { kind: "busy", reason: "git's index.lock is held" };
      if (patience === 0) break;
      await sleep(Math.min(patience, 5));
    }
    const outcome = await tryOnce(move, objects);
    if (outcome.kind !== "again") return outcome;
  }
  return { kind: "busy", reason: "git's index kept changing" };
}

async function tryOnce(move: BranchMove, objects: Pick<ObjectReader, "tree" | "commit">): Promise<Attempt> {
  const { repository, base, log, paths, updates, intentFile } = move;
  const { gitDir, commonDir } = repository;
  const indexFile = path.join(gitDir, "index");
  const lock = `${indexFile}.lock`;
  const after = log.at(-1)!.commit;
  const mtimeMs = fs.statSync(indexFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const index = (await readIfThere(indexFile)) ?? Buffer.alloc(0);
  const next = spliceIndex(index, updates(), Math.floor(mtimeMs / 1000));
  const head = await readHead(gitDir, commonDir);
  if (head.commit !== base || head.ref === undefined) return { kind: "moved" };
  const blocked = await blockedPaths(objects, index, base, paths);
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
    await move.follow?.();
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
  await writeReflogs(move, head.ref);
  return { kind: "done" };
}

async function writeReflogs({ repository, base, log }: BranchMove, ref: string): Promise<void> {
  let old = base ?? "0".repeat(40);
  for (const { commit, who, text } of log) {
    const line = `${old} ${commit} ${signatureText(who)}\t${text}`;
    await appendReflog(path.join(repository.gitDir, "logs/HEAD"), line);
    await appendReflog(path.join(repository.commonDir, "logs", ref), line);
    old = commit;
  }
}

/** Completes or undoes what a process that died inside `moveBranch` left: called under the write lock. */
export async function recoverMove(repository: Repository, intentFile: string): Promise<void> {
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
