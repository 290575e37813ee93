import { repoPath, type StoreContext, storePath } from "./context.js";

/** A session that wrote more than this was an import or a clean-up: that two entries were in it says nothing. */
const MOST_PATHS = 50;

/** The store paths that were written in a session which wrote `file` too, as this worktree's journal tells. */
export async function sameSession(context: StoreContext, file: string): Promise<Set<string>> {
  const { journal, log } = context;
  const tip = await journal.tip();
  const name = repoPath(context, file);
  const own = (await log.commits(tip, name)).filter(({ changes }) => changes.some(({ path }) => path === name));
  const sessions = new Set(own.flatMap(({ session }) => session ?? []));
  const found = new Set<string>();
  for (const session of sessions) {
    const commits = (await log.commits(tip, session)).filter((commit) => commit.session === session);
    const paths = new Set(commits.flatMap(({ changes }) => changes.map(({ path }) => storePath(context, path))));
    if (paths.size <= MOST_PATHS) for (const path of paths) found.add(path);
  }
  found.delete(file);
  return found;
}
