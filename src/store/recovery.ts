import path from "node:path";
import { MemoryError } from "../errors.js";
import type { Operation } from "../git/discover.js";
import { removeTemporaries } from "../git/git-fs.js";
import { foundAt } from "../git/journal.js";
import type { WriteLock } from "../git/lock.js";
import { blobId } from "../git/objects.js";
import { diskPath, type StoreContext, storePath } from "./context.js";
import type { HeldPath, WorktreeState } from "./local-state.js";
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

type Outcome = "placed" | "overtaken";

/** Brings the file from `before` to `after`; `overtaken` when it is neither, and then it stays. */
async function place(
  context: StoreContext,
  file: string,
  before: string | null,
  after: string | null,
): Promise<Outcome> {
  const disk = diskPath(context, file);
  if (!isInside(context.root, storePath(context, file))) return "overtaken";
  removeTemporaries(path.dirname(disk));
  const read = readWorkingFile(disk);
  if (read.kind === "refused") return "overtaken";
  const bytes = read.kind === "file" ? read.bytes : null;
  const work = bytes && blobId(bytes);
  if (work === after) return "placed";
  if (work !== before) return "overtaken";
  const next = after === null ? null : await context.journal.objects.blob(after);
  if (next === undefined) throw new Error(`journal object ${after} is not there`);
  return (await replaceWorkingFile(disk, bytes, next)) ? "placed" : "overtaken";
}

/**
 * Completes what a process that died, or an operation of git, left unfinished: called with the write lock held, before
 * anything else. Afterwards every journal commit is in the working tree, held, or listed as dropped.
 */
export async function recover(context: StoreContext): Promise<void> {
  const { host, journal, local } = context;
  journal.unlock();
  if (local.publishing) await host?.recover(local.intent);
  const [tip, written, state] = [await journal.tip(), await journal.mark("written"), await local.read()];
  if (tip === written && state.held.length === 0) return;
  const held = new Map(state.held.map((one) => [one.path, one]));
  const dropped = new Map(state.dropped.map((one) => [one.path, one]));
  const bring = async (file: string, before: string | null, after: string | null): Promise<void> => {
    dropped.delete(file);
    if ((await place(context, file, before, after)) === "overtaken" && after !== null)
      dropped.set(file, { path: file, version: after });
  };
  for (const { changes } of tip === written ? [] : await journal.since(written, tip)) {
    const names = changes.map((change) => change.path);
    // A write is held as a whole, and so is all that comes after it at its paths.
    const wait = names.some((name) => held.has(name)) || (await holdReason(context, names)) !== undefined;
    for (const change of changes) {
      if (!wait) await bring(change.path, foundAt(change), change.after);
      else if (!held.has(change.path)) held.set(change.path, { path: change.path, before: foundAt(change) });
    }
  }
  if (held.size > 0 && !(await holdReason(context, [...held.keys()]))) {
    for (const { path: file, before } of held.values())
      await bring(file, before, (await journal.last(tip, file)) ?? null);
    held.clear();
  }
  await save(context, state, { held: [...held.values()], dropped: [...dropped.values()] });
  if (tip !== undefined) await journal.setMark("written", written, tip);
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
    held: [...state.held, ...held.filter((one) => !known.has(one.path))],
    dropped: state.dropped.filter((one) => !files.includes(one.path)),
  });
}

/** The same when a store opens, without disturbing anybody who is at work: then they complete what they began. */
export async function recoverAtStart(context: StoreContext, lock: WriteLock): Promise<void> {
  const { journal, local } = context;
  const settled = (await journal.tip()) === (await journal.mark("written")) && !local.publishing;
  if (settled && (await local.read()).held.length === 0) return;
  await lock
    .hold(() => recover(context))
    .catch((error: unknown) => {
      if (!(error instanceof MemoryError && error.code === "locked") && asRefusal(error) === error) throw error;
    });
}
