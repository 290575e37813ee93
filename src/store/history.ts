import { locate } from "../entry/entry-path.js";
import { parseEntry } from "../entry/markdown.js";
import { type PathHistory, walkPath } from "../git/history-walk.js";
import type { JournalCommit } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { repoPath, type StoreContext, storePath } from "./context.js";
import { JournalLog } from "./journal-log.js";
import type { Current } from "./observer.js";
import { type JournalVersion, type Version, weave } from "./weave.js";

/** How far back one request walks HEAD's history. */
const WALK_COMMITS = 1_000;
const WALK_MS = 1_000;

export interface History {
  /** Newest first. */
  readonly versions: readonly Version[];
  /** True when older versions may exist that the walk did not reach. */
  readonly truncated: boolean;
}

/** A path's journal versions, oldest first, followed to older paths where a write moved the file. Repository paths. */
function follow(commits: readonly JournalCommit[], file: string): JournalVersion[] {
  const found: JournalVersion[] = [];
  let at = file;
  for (const commit of [...commits].reverse()) {
    const change = commit.changes.find(({ path }) => path === at);
    if (!change) continue;
    found.push({ commit, ...change });
    at = change.from ?? at;
  }
  return found.reverse();
}

async function idOf(context: StoreContext, file: string, bytes: Uint8Array | undefined): Promise<string | undefined> {
  const located = locate(storePath(context, file), context.manifest.root);
  if (!bytes || located.type !== "entry") return undefined;
  const parsed = parseEntry(bytes, located);
  return parsed.kind === "entry" ? parsed.entry.fields.id : undefined;
}

async function headHistory(context: StoreContext, file: string): Promise<PathHistory> {
  const { host, prefix } = context;
  const commit = host?.readable ? (await host.head()).commit : undefined;
  if (!host || commit === undefined) return { commits: [], truncated: false };
  const clock = () => performance.now();
  const limits = { commits: WALK_COMMITS, deadline: clock() + WALK_MS, clock };
  const sameFile = async (removed: string, added: string): Promise<boolean> => {
    if (removed === added) return true;
    const [a, b] = [await host.objects.blob(removed), await host.objects.blob(added)];
    const id = await idOf(context, file, a);
    return id !== undefined && id === (await idOf(context, file, b));
  };
  const walked = await walkPath(host.objects, commit, file, prefix.slice(0, -1), limits, sameFile);
  if (host.objects.format === "sha1") return walked;
  const token = async (oid: string | null): Promise<string | null> => {
    const bytes = oid === null ? undefined : await host.objects.blob(oid);
    return bytes ? blobId(bytes) : oid;
  };
  const commits = walked.commits.map(async (one) => ({
    ...one,
    before: await token(one.before),
    after: await token(one.after),
  }));
  return { ...walked, commits: await Promise.all(commits) };
}

/** Every version of the entry at a store path: HEAD's history and the journal's, each state once. */
export async function history(context: StoreContext, file: string, current: Current | undefined): Promise<History> {
  const { journal, local, log } = context;
  const name = repoPath(context, file);
  const own = await followed(name);
  const others: JournalVersion[] = [];
  for (const { worktree, tip } of await journal.others())
    for (const commit of await new JournalLog(journal, local.log(worktree)).commits(tip, name))
      for (const change of commit.changes) if (change.path === name) others.push({ commit, ...change });
  const head = await headHistory(context, name);
  const work = {
    version: current?.version ?? null,
    path: name,
    at: Math.floor(current?.mark?.mtimeMs ?? context.now()),
    author: (await context.user()).name,
  };
  const versions = weave({ head: head.commits, truncated: head.truncated, journal: own, others, work });
  return {
    versions: versions.map((version) => ({ ...version, path: storePath(context, version.path) })),
    truncated: head.truncated,
  };

  async function followed(wanted: string): Promise<JournalVersion[]> {
    const tip = await journal.tip();
    const direct = follow(await log.commits(tip, wanted), wanted);
    if (direct[0]?.from === undefined) return direct;
    // The oldest commit found moved the file here: what came before is under the other name.
    return follow(await log.commits(tip), wanted);
  }
}

/** The bytes of a version token (full blob id), from the working file, the journal or the repository; undefined = unknown. */
export async function readVersion(
  context: StoreContext,
  version: string,
  file: string,
  commit?: string,
): Promise<Uint8Array | undefined> {
  const { journal, host } = context;
  const kept = await journal.objects.blob(version);
  if (kept) return kept;
  if (host?.readable && host.objects.format === "sha1") return host.objects.blob(version);
  const oid = commit === undefined ? null : ((await host?.blobAt(commit, repoPath(context, file))) ?? null);
  return oid === null ? undefined : host?.objects.blob(oid);
}
