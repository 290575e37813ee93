import path from "node:path";
import { isPrivate } from "../entry/entry-path.js";
import { blobId } from "../git/objects.js";
import { repoPath, type StoreContext } from "./context.js";
import type { WorktreeState } from "./local-state.js";
import type { Current } from "./observed.js";
import { isInside, readWorkingFile } from "./working-files.js";

/** The text that is current at a store path, or undefined when there is none. */
export async function currentText(
  context: StoreContext,
  state: WorktreeState,
  file: string,
): Promise<Current | undefined> {
  const instead = isPrivate(file) ? "none" : await insteadOf(context, state, file);
  if (instead !== "none") return instead;
  const { root } = context;
  if (!isInside(root, file)) return undefined;
  const read = readWorkingFile(path.join(root, file));
  if (read.kind !== "file") return undefined;
  return { bytes: read.bytes, version: blobId(read.bytes), mark: read.mark };
}

/** What is current in place of the working file at a path; `none` = the file itself is. */
async function insteadOf(
  context: StoreContext,
  state: WorktreeState,
  file: string,
): Promise<Current | "none" | undefined> {
  const { host, journal } = context;
  const name = repoPath(context, file);
  if (state.held.some((held) => held.path === name)) {
    const version = await journal.last(await journal.tip(), name);
    const bytes = version ? await journal.objects.blob(version) : undefined;
    return version && bytes ? { bytes, version, instead: "held" } : undefined;
  }
  const stages = (await host?.unmerged())?.get(name);
  if (!stages) return "none";
  const bytes = stages[2] === undefined ? undefined : await host!.objects.blob(stages[2]);
  return bytes && { bytes, version: blobId(bytes), instead: "ours" };
}
