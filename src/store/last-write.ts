import { repoPath, type StoreContext } from "./context.js";

/** Who wrote a version, and when (ms). */
export interface WhoWrote {
  /** Null for a write that took the file away. */
  readonly version: string | null;
  readonly at: number;
  readonly agent?: string;
  readonly session?: string;
}

/** The last write of ours to a store path after `since` (ms); only the few commits since then are read. */
export async function lastWrite(context: StoreContext, file: string, since: number): Promise<WhoWrote | undefined> {
  const { journal } = context;
  const name = repoPath(context, file);
  for (let at = await journal.tip(); at !== undefined; ) {
    const commit = await journal.read(at);
    if (!commit || commit.at <= since) return undefined;
    const change = commit.changes.find(({ path }) => path === name);
    const { agent, session } = commit;
    if (change)
      return {
        version: change.after,
        at: commit.at,
        ...(agent === undefined ? {} : { agent }),
        ...(session === undefined ? {} : { session }),
      };
    at = (await journal.objects.commit(at))?.parents[0];
  }
  return undefined;
}
