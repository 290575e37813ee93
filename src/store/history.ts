import { locate } from "../entry/entry-path.js";
import { parseEntry } from "../entry/markdown.js";
import type { CommitGraph } from "../git/commit-graph.js";
import type { Commit } from "../git/commit-text.js";
import type { JournalCommit } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import { type MovedFrom, type PathHistory, pathHistory } from "../git/path-history.js";
import { repoPath, type StoreContext, storePath } from "./context.js";
import { JournalLog } from "./journal-log.js";
import type { Current, Observer } from "./observer.js";
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

async function idOf(context: StoreContext, file: string, oid: string): Promise<string | undefined> {
  const located = locate(storePath(context, file), context.manifest.root);
  const bytes = await context.host?.objects.blob(oid);
  if (!bytes || located.type !== "entry") return undefined;
  const parsed = parseEntry(bytes, located);
  return parsed.kind === "entry" ? parsed.entry.fields.id : undefined;
}

const nameOf = (file: string): string => file.slice(file.lastIndexOf("/") + 1);

/** Finds the older path of an entry that a commit moved: the removed file with the same content, else with the same id. */
function movedFrom(context: StoreContext, graph: CommitGraph): MovedFrom {
  return async ({ commit, path, after }) => {
    const removed = [...graph.changes(commit)]
      .filter((change) => change.parent === 0 && graph.blob(change.after) === null)
      .map((change) => ({ file: graph.path(change.path), oid: graph.blob(change.before) }))
      .filter(({ file, oid }) => oid !== null && file.startsWith(context.prefix));
    const same = removed.find(({ oid }) => oid === after);
    if (same || removed.length === 0) return same?.file;
    const id = await idOf(context, path, after!);
    if (id === undefined) return undefined;
    // A move into another folder keeps the name more often than not.
    removed.sort((a, b) => Number(nameOf(b.file) === nameOf(path)) - Number(nameOf(a.file) === nameOf(path)));
    for (const { file, oid } of removed) if ((await idOf(context, file, oid!)) === id) return file;
    return undefined;
  };
}

/** The commits that changed the entry at a repository path, as HEAD has it. */
export async function headSteps(context: StoreContext, file: string, head: string | undefined): Promise<PathHistory> {
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

/** Every version of the entry at a store path: HEAD's history and the journal's, each state once. */
export async function history(
  context: StoreContext,
  file: string,
  current: Current | undefined,
  observer: Pick<Observer, "headCommit" | "headBlob">,
): Promise<History> {
  const { journal, local, log } = context;
  const name = repoPath(context, file);
  const own = await followed(name);
  const others: JournalVersion[] = [];
  for (const { worktree, tip } of await journal.others())
    for (const commit of await new JournalLog(journal, local.log(worktree)).commits(tip, name))
      for (const change of commit.changes) if (change.path === name) others.push({ commit, ...change });
  const head = await headHistory(context, name, observer.headCommit);
  const format = context.host?.objects.format ?? "sha1";
  const inHead = observer.headBlob(file);
  const work = {
    version: current?.version ?? null,
    path: name,
    at: Math.floor(current?.mark?.mtimeMs ?? context.now()),
    author: (await context.user()).name,
    committed: inHead !== undefined && inHead === (current ? blobId(current.bytes, format) : null),
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
