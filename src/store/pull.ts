import { MemoryError } from "../errors.js";
import type { Commit, Signature } from "../git/commit-text.js";
import type { Host } from "../git/host.js";
import { mergeBases } from "../git/merge-base.js";
import { NO_STAT } from "../git/move-branch.js";
import type { Remote } from "../git/remote.js";
import { formatMessage } from "../git/trailers.js";
import type { TreeDifference } from "../git/tree.js";
import { diskPath, type StoreContext } from "./context.js";
import { editedFiles, followBranch, movedFiles } from "./follow-branch.js";
import { assertHarmless, type MergeMade, mergeCommits } from "./merge-commits.js";
import { named, notPulled } from "./sync-refusal.js";
import { assertWritable } from "./writable.js";

/** What a pull brought. */
export interface Pulled {
  /** `current`: there was nothing to bring. */
  readonly how: "current" | "forwarded" | "merged";
  /** Files that are not as they were, but for records of conflicts. */
  readonly pulled: number;
  /** Those of them that both sides had changed. */
  readonly merged: number;
  /** Ids of the conflicts that went on record. */
  readonly conflicts: readonly string[];
}

/**
 * Brings the commit `theirs` into the checked-out branch: forward, or by one merge commit. Called with the write lock
 * held. `moved` = the branch is not what it was, and nothing was done. Throws `conflict` where a person has to decide first.
 */
export async function pullOnce(
  context: StoreContext,
  host: Host,
  remote: Remote,
  theirs: string,
  unsigned: () => Promise<boolean>,
): Promise<Pulled | "moved"> {
  const head = await host.head();
  if (head.commit === undefined)
    throw notPulled(
      "this branch has no commit yet",
      `\`git pull ${remote.name} ${short(remote)}\` brings the first ones.`,
    );
  const bases = await mergeBases(host, head.commit, theirs);
  if (bases.includes(theirs)) return { how: "current", pulled: 0, merged: 0, conflicts: [] };
  if (bases.length === 0) throw await unrelated(host, remote);
  const [ours, other] = [await commitOf(host, head.commit), await commitOf(host, theirs)];
  const forward = bases.includes(head.commit);
  if (!forward && !(await unsigned()))
    throw notPulled("commit.gpgsign is on, and only your own git can sign a merge", "Use `git pull`.");
  const merge = forward ? undefined : await mergeCommits(host, ours, other);
  const who: Signature = { ...(await context.user()), seconds: context.now() / 1000, offset: 0 };
  const to = merge ? await commitMerge(host, remote, [ours, other], merge, who) : theirs;
  const files = await movedFiles(context, { from: ours.oid, to });
  if (!merge) assertHarmless(files);
  const edited = editedFiles(context, files);
  if (edited.length > 0)
    throw notPulled(
      `${named(edited)} ${edited.length === 1 ? "has" : "have"} changes that are in no commit`,
      "`git memory commit` commits them, then pull again.",
      { paths: edited },
    );
  assertWritable(...files.map(({ path }) => diskPath(context, path)));
  if (
    !(await move(context, host, { from: ours.oid, to, files, who, text: merge ? "pull: Merge" : "pull: Fast-forward" }))
  )
    return "moved";
  const pulled = files.filter(({ path }) => !path.startsWith("conflicts/")).length;
  const conflicts = (merge?.conflicts ?? []).map(({ id }) => id);
  return {
    how: merge ? "merged" : "forwarded",
    pulled,
    merged: merge?.merged ?? 0,
    conflicts: [...new Set(conflicts)],
  };
}

const short = ({ branch }: Remote): string => branch.replace(/^refs\/heads\//, "");

async function commitOf(host: Host, oid: string): Promise<Commit> {
  const commit = await host.objects.commit(oid);
  if (!commit || !(await host.objects.tree(commit.tree)))
    throw new MemoryError(
      "unavailable",
      "Nothing was pulled: a commit is not in this clone (it is partial). Use `git pull`.",
    );
  return commit;
}

async function unrelated(host: Host, remote: Remote): Promise<MemoryError> {
  if ((await host.shallow()).length > 0)
    return notPulled(
      `this clone is shallow, and where it parted from ${remote.name} is not in it`,
      `\`git fetch --unshallow ${remote.name}\`, then pull again.`,
    );
  return notPulled(
    `this branch and ${remote.name}/${short(remote)} have no commit in common: they are different stores`,
    `To join them once and for all: \`git pull --no-rebase --allow-unrelated-histories ${remote.name} ${short(remote)}\`.`,
  );
}

async function commitMerge(
  host: Host,
  remote: Remote,
  parents: readonly Commit[],
  { tree, conflicts }: MergeMade,
  who: Signature,
): Promise<string> {
  const message = formatMessage({
    subject: `memory: merge ${remote.name}/${short(remote)}`,
    trailers: [["Memory-Op", "merged"], ...conflicts.map(({ id }) => ["Memory-Conflict", id] as const)],
  });
  const batch = host.batch();
  const commit = batch.addCommit({
    tree,
    parents: parents.map(({ oid }) => oid),
    author: who,
    committer: who,
    message,
  });
  await batch.flush();
  return commit;
}

interface Move {
  readonly from: string;
  readonly to: string;
  readonly files: readonly TreeDifference[];
  readonly who: Signature;
  readonly text: string;
}

/** Moves branch, index and working files; false when the branch is not where it was. */
async function move(context: StoreContext, host: Host, { from, to, files, who, text }: Move): Promise<boolean> {
  const { local } = context;
  const state = await local.read();
  // From here on a kill is mended by whoever next takes the write lock.
  await local.write({ ...state, moved: { from, to, placed: false } });
  const outcome = await host.move({
    repository: host.repository,
    base: from,
    log: [{ commit: to, who, text }],
    paths: files.map(({ path }) => path),
    updates: () => files.map(({ path, after }) => ({ path, file: after && { ...after, stat: NO_STAT } })),
    follow: () => followBranch(context),
    intentFile: local.intent,
  });
  if (outcome.kind !== "done") await local.write(state);
  if (outcome.kind === "busy") throw notPulled(outcome.reason, "Finish that, then try again.");
  return outcome.kind === "done";
}
