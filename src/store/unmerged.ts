import { conflictId } from "../entry/conflict-id.js";
import { hasMarkers } from "../entry/conflict-markers.js";
import { MemoryError } from "../errors.js";
import type { Stages } from "../git/host.js";
import type { JournalChange } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { diskPath, repoPath, type StoreContext, storePath } from "./context.js";
import type { Current } from "./observed.js";
import type { Observer } from "./observer.js";
import { readWorkingFile, replaceWorkingFile } from "./working-files.js";
import { StartOver, type WriteRecord } from "./writer.js";

/** The id of the conflict that git has a store path in: that of the record which the merge's commit leads to. */
export const unmergedId = (file: string, stages: Stages): string =>
  conflictId({
    entry: file,
    cause: "merge",
    base: stages[1] ?? null,
    versions: [stages[2] ?? null, stages[3] ?? null],
  });

/** The id of the conflict whose markers are left in a file; undefined when there are none. */
export const markersId = (file: string, { bytes, version }: Pick<Current, "bytes" | "version">): string | undefined =>
  hasMarkers(bytes) ? conflictId({ entry: file, cause: "markers", base: null, versions: [version, null] }) : undefined;

/** A store path that git's index has unmerged, with its states; null = that side has no file. */
export interface Unmerged {
  readonly path: string;
  /** See `unmergedId`. */
  readonly id: string;
  readonly stages: Stages;
  readonly base: Uint8Array | null;
  /** With what was written to it since the merge began. */
  readonly ours: Uint8Array | null;
  readonly theirs: Uint8Array | null;
  /** When git left it so (ms). */
  readonly at: number;
}

/** The store's paths that git's index has unmerged. */
export async function unmergedFiles(context: StoreContext, observer: Observer): Promise<Unmerged[]> {
  const { host, prefix } = context;
  const found: Unmerged[] = [];
  for (const [name, stages] of (await host?.unmerged()) ?? []) {
    if (!name.startsWith(prefix)) continue;
    const file = storePath(context, name);
    const blob = async (oid: string | undefined) =>
      oid === undefined ? null : ((await host!.objects.blob(oid)) ?? null);
    const held = observer.state.held.some((one) => one.path === name);
    const ours = held ? ((await observer.current(file))?.bytes ?? null) : await blob(stages[2]);
    const work = readWorkingFile(diskPath(context, name));
    const at = work.kind === "file" ? Math.floor(work.mark.mtimeMs) : context.now();
    const [base, theirs] = [await blob(stages[1]), await blob(stages[3])];
    found.push({ path: file, id: unmergedId(file, stages), stages, base, ours, theirs, at });
  }
  return found;
}

/** What an unmerged path becomes; null = no file. */
export interface Settlement {
  readonly unmerged: Unmerged;
  readonly after: Uint8Array | null;
}

/**
 * Ends the conflict at an unmerged path, under the write lock: on record in the journal, in the working file, staged.
 * What a person did to the file meanwhile becomes a version of theirs first. Throws StartOver when it is not what was read.
 */
export async function settleUnmerged(
  context: StoreContext,
  { unmerged, after }: Settlement,
  record: WriteRecord,
): Promise<{ readonly at: number }> {
  const { journal, host, local } = context;
  const { path: file, stages } = unmerged;
  const name = repoPath(context, file);
  const now = (await host?.unmerged())?.get(name);
  if (!host || !now || unmergedId(file, now) !== unmerged.id) throw new StartOver(file);
  const disk = diskPath(context, name);
  const read = readWorkingFile(disk);
  if (read.kind === "refused")
    throw new MemoryError("forbidden", `${file} cannot be written: ${read.reason}.`, { path: file });
  const work = read.kind === "file" ? read.bytes : null;
  const branch = (await host.head()).ref?.replace(/^refs\/heads\//, "");
  const common = { at: context.now(), ...(branch === undefined ? {} : { branch }) };
  const author = record.author ?? (await context.user());
  let before = unmerged.ours && blobId(unmerged.ours);
  let tip = await journal.tip();
  const theirs = work && blobId(work);
  if (work && theirs !== (after && blobId(after)) && !Object.values(stages).includes(theirs!)) {
    const edit = { ...common, author: await context.user(), op: "updated", subject: `memory: edit ${file} by hand` };
    const change: Omit<JournalChange, "after"> = { path: name, before, op: "updated" };
    tip = (await journal.append(tip, edit, [{ ...change, after: work }])).oid;
    before = theirs;
  }
  const op = after === null ? "deleted" : "merged";
  const commit = await journal.append(tip, { ...record, ...common, author }, [{ path: name, before, after, op }]);
  if (!(await replaceWorkingFile(disk, work, after))) throw new StartOver(file);
  await host.stage({ path: name, bytes: after });
  const state = await local.read();
  const others = <T extends { readonly path: string }>(some: readonly T[]) => some.filter((one) => one.path !== name);
  await local.write({ held: others(state.held), dropped: others(state.dropped) });
  await journal.setMark("written", await journal.mark("written"), commit.oid);
  return { at: commit.at };
}
