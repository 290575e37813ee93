import { foundAt } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { diskPath, type StoreContext } from "./context.js";
import type { DroppedPath, WorktreeState } from "./local-state.js";
import { readWorkingFile } from "./working-files.js";

/** Every state that the journal has seen at each path, what its writes found there included. */
async function statesByPath(context: StoreContext, tip: string | undefined): Promise<Map<string, Set<string | null>>> {
  const states = new Map<string, Set<string | null>>();
  for (const { changes } of await context.log.commits(tip))
    for (const change of changes)
      states.set(change.path, (states.get(change.path) ?? new Set()).add(change.after).add(foundAt(change)));
  return states;
}

/** Writes of ours that something threw away before git ever had them, with the version to restore. */
export async function droppedWrites(context: StoreContext, state: WorktreeState): Promise<DroppedPath[]> {
  const { host, journal } = context;
  const tip = await journal.tip();
  const format = host?.objects.format ?? "sha1";
  const dropped = new Map(state.dropped.map((one) => [one.path, one]));
  const held = new Set(state.held.map((one) => one.path));
  const commit = host?.readable ? (await host.head()).commit : undefined;
  let states: Map<string, Set<string | null>> | undefined;
  for (const [file, version] of await journal.allLast(tip)) {
    if (!file.startsWith(context.prefix) || version === null || held.has(file) || dropped.has(file)) continue;
    const read = readWorkingFile(diskPath(context, file));
    if (read.kind === "refused") continue;
    const work = read.kind === "file" ? blobId(read.bytes) : null;
    if (work === version) continue;
    // Only where the file is as HEAD has it; anything else is a hand edit, which is somebody's wish.
    const inHead = read.kind === "file" ? blobId(read.bytes, format) : null;
    if (host?.readable && (await host.blobAt(commit, file)) !== inHead) continue;
    states ??= await statesByPath(context, tip);
    if (work !== null && !states.get(file)?.has(work)) continue;
    if (await gitHas(context, version)) continue;
    dropped.set(file, { path: file, version });
  }
  return [...dropped.values()];
}

/** True when the repository has the text of a version of ours: then a person has committed it, or could have. */
async function gitHas(context: StoreContext, version: string): Promise<boolean> {
  const objects = context.host?.objects;
  if (!objects) return false;
  if (objects.format === "sha1") return objects.has(version);
  const bytes = await context.journal.objects.blob(version);
  return bytes !== undefined && objects.has(blobId(bytes, objects.format));
}
