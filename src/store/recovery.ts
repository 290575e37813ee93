import type { Operation } from "../git/discover.js";
import { blobId } from "../git/objects.js";
import { diskPath, type StoreContext } from "./context.js";
import type { DroppedPath, HeldPath, WorktreeState } from "./local-state.js";
import { readWorkingFile, replaceWorkingFile } from "./working-files.js";

/** Operations during which git rewrites the working tree step by step: no write of ours reaches it. */
const REWRITING: ReadonlySet<Operation> = new Set(["rebase", "cherry-pick", "revert", "bisect"]);

/** Why a write to these paths has to wait, as a sentence part; undefined = it can go ahead. Paths are the repository's. */
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
  await host?.recover(local.intent);
  const [tip, written, state] = [await journal.tip(), await journal.mark("written"), await local.read()];
  if (tip === written && state.held.length === 0) return;
  const held = new Map(state.held.map((one) => [one.path, one]));
  const dropped = new Map(state.dropped.map((one) => [one.path, one]));
  for (const { changes } of tip === written ? [] : await journal.since(written, tip)) {
    const reason = await holdReason(
      context,
      changes.map((change) => change.path),
    );
    for (const { path: file, before, after } of changes) {
      dropped.delete(file);
      if (held.has(file)) continue;
      if (reason) held.set(file, { path: file, before });
      else if ((await place(context, file, before, after)) === "overtaken" && after !== null)
        dropped.set(file, { path: file, version: after });
    }
  }
  for (const { path: file, before } of [...held.values()]) {
    if (await holdReason(context, [file])) continue;
    const after = (await journal.last(tip, file)) ?? null;
    if ((await place(context, file, before, after)) === "overtaken" && after !== null)
      dropped.set(file, { path: file, version: after });
    held.delete(file);
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

/** Writes of ours that something threw away before git ever had them: with the version to restore. Store-wide. */
export async function droppedWrites(context: StoreContext, state: WorktreeState): Promise<DroppedPath[]> {
  const { host, journal, log } = context;
  const tip = await journal.tip();
  const dropped = new Map(state.dropped.map((one) => [one.path, one]));
  const held = new Set(state.held.map((one) => one.path));
  const head = host?.readable
    ? await host.blobsBelow((await host.head()).commit, context.prefix.slice(0, -1))
    : undefined;
  for (const [file, version] of await journal.allLast(tip)) {
    if (!file.startsWith(context.prefix) || version === null || held.has(file) || dropped.has(file)) continue;
    const read = readWorkingFile(diskPath(context, file));
    const work = read.kind === "file" ? blobId(read.bytes) : null;
    if (work === version || read.kind === "refused") continue;
    // Only where the file is as HEAD has it; anything else is a hand edit, which is somebody's wish.
    const inHead = read.kind === "file" ? blobId(read.bytes, host?.objects.format ?? "sha1") : null;
    if (head && (head.get(file) ?? null) !== inHead) continue;
    const line = (await log.commits(tip, file)).flatMap(({ changes }) => changes.filter((one) => one.path === file));
    const older = line.some((one) => one.before === work || (one.after === work && work !== null));
    if (work !== null && !older) continue;
    if (host?.objects.format === "sha1" && (await host.objects.has(version))) continue;
    dropped.set(file, { path: file, version });
  }
  return [...dropped.values()];
}
