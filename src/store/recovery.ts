import path from "node:path";
import { MemoryError } from "../errors.js";
import type { Operation } from "../git/discover.js";
import { removeTemporaries } from "../git/git-fs.js";
import { foundAt, type JournalCommit } from "../git/journal.js";
import type { WriteLock } from "../git/lock.js";
import { blobId } from "../git/objects.js";
import { diskPath, type StoreContext, storePath } from "./context.js";
import { followBranch } from "./follow-branch.js";
import type { HeldPath, WorktreeState } from "./local-state.js";
import { mergeOvertaken } from "./overtaken.js";
import { isInside, readWorkingFile, replaceWorkingFile } from "./working-files.js";
import { asRefusal } from "./writable.js";

/** Operations during which git rewrites the working tree step by step: no write of ours reaches it. */
const REWRITING: ReadonlySet<Operation> = new Set(["rebase", "cherry-pick", "revert", "bisect"]);

/** Why a write to these paths has to wait for git, as a sentence part; undefined = it can go ahead. Paths are the repository's. */
export async function holdReason(context: StoreContext, files: readonly string[]): Promise<string | undefined> {
  if (!context.host) return undefined;
  const operation = await context.host.operation();
  if (operation && REWRITING.has(operation)) return `a ${operation} is in progress`;
  const unmerged = await context.host.unmerged();
  return files.some((file) => unmerged.has(file)) ? "the file has a merge conflict to be resolved" : undefined;
}

/** One change of a path that has to reach its file, and the commit it is on record with. */
interface Step {
  readonly before: string | null;
  readonly after: string | null;
  readonly commit: JournalCommit;
}

/**
 * Brings a file through the steps that are on record for it, oldest first. A file that is at none of them is somebody's
 * change: it is merged with what was written, or stays. False when it stays and the write is not in it.
 */
async function place(context: StoreContext, file: string, steps: readonly Step[]): Promise<boolean> {
  const disk = diskPath(context, file);
  if (!isInside(context.root, storePath(context, file))) return false;
  removeTemporaries(path.dirname(disk));
  const read = readWorkingFile(disk);
  if (read.kind === "refused") return false;
  const bytes = read.kind === "file" ? read.bytes : null;
  const work = bytes && blobId(bytes);
  const [first, last] = [steps[0]!, steps.at(-1)!];
  if (work === last.after) return true;
  const next = await textOf(context, last.after);
  if (steps.some(({ before, after }) => work === before || work === after))
    return replaceWorkingFile(disk, bytes, next);
  if (!bytes) return false;
  const before = await baseOf(context, first.before);
  if (before === undefined) return false;
  const placing = await mergeOvertaken(context, { path: file, before, after: next, work: bytes, commit: last.commit });
  for (const [name, text] of placing ?? [])
    if (!(await replaceWorkingFile(diskPath(context, name), name === file ? bytes : null, text))) return false;
  return placing !== undefined;
}

async function textOf(context: StoreContext, version: string | null): Promise<Uint8Array | null> {
  const bytes = version === null ? null : await context.journal.objects.blob(version);
  if (bytes === undefined) throw new Error(`journal object ${version} is not there`);
  return bytes;
}

/** The text that a write was made on top of, from the journal or the repository; undefined when neither has it any more. */
async function baseOf(context: StoreContext, version: string | null): Promise<Uint8Array | null | undefined> {
  if (version === null) return null;
  return (await context.journal.objects.blob(version)) ?? (await context.host?.objects.blob(version));
}

/**
 * Completes what a process that died, or an operation of git, left unfinished: called with the write lock held, before
 * anything else. Afterwards every journal commit is in the working tree, held, or listed as dropped.
 */
export async function recover(context: StoreContext): Promise<void> {
  const { host, journal, local } = context;
  journal.unlock();
  if (local.publishing) await host?.recover(local.intent);
  await followBranch(context);
  const [tip, written, state] = [await journal.tip(), await journal.mark("written"), await local.read()];
  if (tip === written && state.held.length === 0) return;
  const held = new Map(state.held.map((one) => [one.path, one]));
  const dropped = new Map(state.dropped.map((one) => [one.path, one]));
  const steps = new Map<string, Step[]>();
  const note = (file: string, step: Step): void => void steps.set(file, [...(steps.get(file) ?? []), step]);
  for (const commit of tip === written ? [] : await journal.since(written, tip)) {
    const names = commit.changes.map((change) => change.path);
    // A write is held as a whole, and so is all that comes after it at its paths.
    const wait = names.some((name) => held.has(name)) || (await holdReason(context, names)) !== undefined;
    for (const change of commit.changes) {
      if (!wait) note(change.path, { before: foundAt(change), after: change.after, commit });
      else if (!held.has(change.path)) held.set(change.path, { path: change.path, before: foundAt(change) });
    }
  }
  if (held.size > 0 && !(await holdReason(context, [...held.keys()]))) {
    for (const { path: file, before } of held.values()) {
      const commit = (await context.log.commits(tip, file)).findLast(({ changes }) =>
        changes.some((change) => change.path === file),
      );
      if (commit) note(file, { before, after: (await journal.last(tip, file)) ?? null, commit });
    }
    held.clear();
  }
  for (const [file, some] of steps) {
    dropped.delete(file);
    const { after } = some.at(-1)!;
    if (!(await place(context, file, some)) && after !== null) dropped.set(file, { path: file, version: after });
  }
  await save(context, state, { ...state, held: [...held.values()], dropped: [...dropped.values()] });
  const now = await journal.tip();
  if (now !== undefined) await journal.setMark("written", written, now);
}

async function save(context: StoreContext, before: WorktreeState, after: WorktreeState): Promise<void> {
  if (JSON.stringify(before) !== JSON.stringify(after)) await context.local.write(after);
}

/** Keeps paths back until git's operation ends, and forgets what was dropped at paths that are written again. */
export async function noteWrite(
  context: StoreContext,
  held: readonly HeldPath[],
  files: readonly string[],
): Promise<void> {
  const state = await context.local.read();
  const known = new Set(state.held.map((one) => one.path));
  await save(context, state, {
    ...state,
    held: [...state.held, ...held.filter((one) => !known.has(one.path))],
    dropped: state.dropped.filter((one) => !files.includes(one.path)),
  });
}

/** The same when a store opens, without disturbing anybody who is at work: then they complete what they began. */
export async function recoverAtStart(context: StoreContext, lock: WriteLock): Promise<void> {
  const { journal, local } = context;
  const settled = (await journal.tip()) === (await journal.mark("written")) && !local.publishing;
  const { held, moved } = await local.read();
  if (settled && held.length === 0 && (moved?.placed ?? true)) return;
  await lock
    .hold(() => recover(context))
    .catch((error: unknown) => {
      if (!(error instanceof MemoryError && error.code === "locked") && asRefusal(error) === error) throw error;
    });
}
