import { locate } from "../entry/entry-path.js";
import type { CommitGraph } from "../git/commit-graph.js";
import type { MovedFrom } from "../git/path-history.js";
import { type StoreContext, storePath } from "./context.js";
import { isServed, readServed } from "./served.js";

/** The id that the entry or document says it has which lay at a repository path. */
export function idIn(context: StoreContext, file: string, bytes: Uint8Array | undefined): string | undefined {
  const located = locate(storePath(context, file), context.manifest.root);
  if (!bytes || !isServed(located)) return undefined;
  const read = readServed(bytes, located);
  if (read.kind === "entry") return read.entry.fields.id;
  return read.kind === "document" ? read.document.fields.id : undefined;
}

/** The same of a blob. */
export const idOf = async (context: StoreContext, file: string, oid: string): Promise<string | undefined> =>
  idIn(context, file, await context.host?.objects.blob(oid));

const nameOf = (file: string): string => file.slice(file.lastIndexOf("/") + 1);

/** Finds the older path of an entry that a commit moved: the removed file with the same content, else with the same id. */
export function movedFrom(context: StoreContext, graph: CommitGraph): MovedFrom {
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
