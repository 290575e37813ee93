import { MemoryError } from "../errors.js";
import { mergeBase } from "../git/merge-base.js";
import { resolveRevision } from "../git/revision.js";
import { listFiles, type TreeFile } from "../git/tree.js";
import { type StoreContext, storePath } from "./context.js";

/** The store's files in a commit. */
export interface BaseTree {
  readonly commit: string;
  /** Store path → blob id, in the repository's own format, and mode (`120000` for a symbolic link). */
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Why it is not the commit at which the branch began; a sentence part. */
  readonly note?: string;
  /** Throws `unavailable` for a blob that a partial clone lacks. */
  readonly read: (blob: string) => Promise<Uint8Array>;
}

/**
 * The store as it was where the branch left `ref`: the merge base of `ref` and HEAD, or `ref` itself where there is none.
 * Throws `invalid_input` for what is no name of a commit, `not_found` for one that is not in this clone.
 */
export async function baseTree(context: StoreContext, ref: string): Promise<BaseTree> {
  const { host, prefix } = context;
  if (!host?.readable)
    throw new MemoryError(
      "invalid_input",
      host
        ? "This repository can only be read by the git program, which was not found, so there is no base to compare with."
        : "This store is not in a git repository, so there is no base to compare with. Leave base out.",
      { field: "base" },
    );
  const named = await resolveRevision(host, ref);
  if (named === undefined) throw unknown(ref);
  const head = (await host.head()).commit;
  const common = head === undefined ? undefined : await mergeBase(host, head, named);
  const commit = common ?? named;
  const tree = (await host.objects.commit(commit))?.tree;
  if (tree === undefined || !(await host.objects.tree(tree)))
    throw unavailable("The files of the base are not in this clone (it is partial).");
  const blobs = await listFiles(host.objects, tree, prefix.slice(0, -1));
  return {
    commit,
    files: new Map([...blobs].map(([file, blob]) => [storePath(context, file), blob])),
    ...(common === undefined
      ? { note: "it has no common ancestor with HEAD in this clone, so it is compared with as it is" }
      : {}),
    read: async (blob) => {
      const bytes = await host.objects.blob(blob);
      if (!bytes) throw unavailable("A text of the base is not in this clone (it is partial).");
      return bytes;
    },
  };
}

function unknown(ref: string): MemoryError {
  const [remote, ...branch] = ref.split("/");
  const fetch = branch.length > 0 && remote !== "refs" ? `git fetch ${remote} ${branch.join("/")}` : "git fetch --all";
  return new MemoryError(
    "not_found",
    `There is no commit ${JSON.stringify(ref)} in this clone. Fetch it first (\`${fetch}\`; in CI check out with the whole history), then call again.`,
    { field: "base", base: ref },
  );
}

const unavailable = (what: string): MemoryError =>
  new MemoryError("unavailable", `${what} Fetch them with git (\`git fetch --refetch\`), then call again.`, {
    field: "base",
  });
