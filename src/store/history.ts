import { isPrivate } from "../entry/entry-path.js";
import type { CommitGraph } from "../git/commit-graph.js";
import type { Commit } from "../git/commit-text.js";
import type { JournalCommit } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { type PathHistory, pathHistory } from "../git/path-history.js";
import { repoPath, type StoreContext, storePath } from "./context.js";
import { JournalLog } from "./journal-log.js";
import { movedFrom } from "./moved-from.js";
import type { Current } from "./observed.js";
import type { Observer } from "./observer.js";
import { type JournalVersion, type PathCommit, type Version, weave } from "./weave.js";

export interface History {
  /** Newest first. */
  readonly versions: readonly Version[];
  /** True when older versions may exist that are not known yet, or not in this clone. */
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

/** The commits that changed the entry at a repository path, as HEAD has it. */
async function headSteps(context: StoreContext, file: string, head: string | undefined): Promise<PathHistory> {
  const { history } = context;
  if (!history || head === undefined) return { steps: [], truncated: false };
  return pathHistory(history.graph, head, file, movedFrom(context, history.graph));
}

async function headHistory(
  context: StoreContext,
  file: string,
  head: string | undefined,
): Promise<{ commits: PathCommit[]; truncated: boolean }> {
  const { host, history } = context;
  const { steps, truncated } = await headSteps(context, file, head);
  if (!host || !history) return { commits: [], truncated };
  const { graph } = history;
  const read = await host.commits(steps.map(({ commit }) => graph.id(commit)));
  const token = async (oid: string | null): Promise<string | null> => {
    const bytes = oid === null || host.objects.format === "sha1" ? undefined : await host.objects.blob(oid);
    return bytes ? blobId(bytes) : oid;
  };
  const commits = steps.map(async ({ commit, path, befores, after }) => {
    const found = read.get(graph.id(commit)) ?? plainCommit(graph, commit);
    return { commit: found, path, before: await token(befores[0] ?? null), after: await token(after) };
  });
  return { commits: await Promise.all(commits), truncated };
}

/** A commit whose object is gone from the repository, as the graph remembers it. */
function plainCommit(graph: CommitGraph, number: number): Commit {
  const who = { name: graph.author(number), email: "", seconds: graph.seconds(number), offset: 0 };
  const parents = Array.from({ length: graph.parentCount(number) }, (_, at) => graph.id(graph.parent(number, at)));
  return { oid: graph.id(number), tree: "", parents, author: who, committer: who, message: "" };
}

/** What the past is seen from: HEAD as the observer knows it. */
type Seen = Pick<Observer, "headCommit" | "headBlob" | "state">;

/** Our write that an unrecorded hand edit was made on top of: the last, unless the person had another text before them. */
async function baseOf(
  context: StoreContext,
  own: readonly JournalVersion[],
  current: Current | undefined,
  inHead: string | null,
  { state }: Seen,
): Promise<{ base?: string | null }> {
  const last = own.at(-1);
  if (!current || !last || own.some(({ after }) => after === current.version)) return {};
  if (state.dropped.some(({ path, version }) => path === last.path && version === last.after)) return {};
  // Committed once and not in HEAD: the person switched to where it is not.
  const elsewhere = last.after !== null && inHead !== null && inHead !== last.after;
  return elsewhere && (await context.host?.objects.has(last.after)) ? {} : { base: last.after };
}

/** The repository path that an entry has in HEAD, which is an older one while a move of ours waits for a commit. */
function pathInHead(context: StoreContext, name: string, own: readonly JournalVersion[], seen: Seen): string {
  let at = name;
  for (const { path, from } of [...own].reverse()) {
    if (typeof seen.headBlob(storePath(context, at)) === "string") return at;
    if (path === at && from !== undefined) at = from;
  }
  return typeof seen.headBlob(storePath(context, at)) === "string" ? at : name;
}

async function othersAt(context: StoreContext, name: string): Promise<JournalVersion[]> {
  const { journal, local } = context;
  const found: JournalVersion[] = [];
  for (const { worktree, tip } of await journal.others())
    for (const commit of await new JournalLog(journal, local.log(worktree)).commits(tip, name))
      for (const change of commit.changes) if (change.path === name) found.push({ commit, ...change });
  return found;
}

/** The versions of the file at a store path as a commit has them: nothing waits there, and journals only lend. */
export async function historyAt(context: StoreContext, file: string, commit: string): Promise<History> {
  const name = repoPath(context, file);
  const head = await headHistory(context, name, commit);
  const own = follow(await context.log.commits(await context.journal.tip()), name);
  const work = { version: head.commits[0]?.after ?? null, path: name, at: 0, author: "" };
  const others = [...own, ...(await othersAt(context, name))];
  const versions = weave({ head: head.commits, truncated: head.truncated, journal: [], others, work });
  return {
    versions: versions.map((version) => ({ ...version, path: storePath(context, version.path) })),
    truncated: head.truncated,
  };
}

/** What is private has no past: only what it is now. */
async function present(context: StoreContext, file: string, current: Current | undefined) {
  const { name: author } = await context.user();
  const at = Math.floor(current?.mark?.mtimeMs ?? context.now());
  const version = current && { number: 1, version: current.version, change_type: "created", author, at, path: file };
  return { versions: version ? [version] : [], truncated: false, headPath: repoPath(context, file) };
}

/** Every version of the entry at a store path: HEAD's history and the journal's, each state once. */
export async function history(
  context: StoreContext,
  file: string,
  current: Current | undefined,
  observer: Seen,
): Promise<History & { readonly headPath: string }> {
  if (isPrivate(file)) return present(context, file, current);
  const { journal, log } = context;
  const name = repoPath(context, file);
  const own = await followed(name);
  const others = await othersAt(context, name);
  const headPath = pathInHead(context, name, own, observer);
  const head = await headHistory(context, headPath, observer.headCommit);
  const format = context.host?.objects.format ?? "sha1";
  const inHead = observer.headBlob(file);
  const work = {
    version: current?.version ?? null,
    path: name,
    at: Math.floor(current?.mark?.mtimeMs ?? context.now()),
    author: (await context.user()).name,
    ...(await baseOf(context, own, current, inHead ?? null, observer)),
    committed: inHead !== undefined && inHead === (current ? blobId(current.bytes, format) : null),
  };
  const versions = weave({ head: head.commits, truncated: head.truncated, journal: own, others, work });
  return {
    versions: versions.map((version) => ({ ...version, path: storePath(context, version.path) })),
    truncated: head.truncated,
    headPath,
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
