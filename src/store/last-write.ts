import type { JournalChange, JournalCommit } from "../git/journal.js";
import { repoPath, type StoreContext } from "./context.js";

/** Who wrote a version, and when (ms). */
export interface WhoWrote {
  /** Null for a write that took the file away. */
  readonly version: string | null;
  readonly at: number;
  /** What it was made on top of; null = the file was not there. */
  readonly before: string | null;
  readonly author: string;
  readonly agent?: string;
  readonly session?: string;
  /** Tells those apart who write without a session on this machine. */
  readonly writer?: string;
}

function whoWrote(commit: JournalCommit, change: JournalChange): WhoWrote {
  const { agent, session, writer, author, at } = commit;
  return {
    version: change.after,
    before: change.before,
    at,
    author: author.name,
    ...(agent === undefined ? {} : { agent }),
    ...(session === undefined ? {} : { session }),
    ...(writer === undefined ? {} : { writer }),
  };
}

/** The last write of ours to a store path after `since` (ms); only the few commits since then are read. */
export async function lastWrite(context: StoreContext, file: string, since: number): Promise<WhoWrote | undefined> {
  const { journal } = context;
  const name = repoPath(context, file);
  for (let at = await journal.tip(); at !== undefined; ) {
    const commit = await journal.read(at);
    if (!commit || commit.at <= since) return undefined;
    const change = commit.changes.find(({ path }) => path === name);
    if (change) return whoWrote(commit, change);
    at = (await journal.objects.commit(at))?.parents[0];
  }
  return undefined;
}

/** The writes of ours to a store path since `version`, newest first; all that there are when that is none of them. */
export async function writesSince(context: StoreContext, file: string, version: string): Promise<WhoWrote[]> {
  const { journal, log } = context;
  const name = repoPath(context, file);
  const found: WhoWrote[] = [];
  for (const commit of (await log.commits(await journal.tip(), name)).reverse()) {
    const change = commit.changes.find(({ path }) => path === name);
    if (change?.after === version) break;
    if (change) found.push(whoWrote(commit, change));
  }
  return found;
}
