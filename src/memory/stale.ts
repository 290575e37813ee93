import type { Indexed } from "../search/indexed.js";
import type { CodeChange } from "../store/code-changes.js";
import type { Store } from "../store/store.js";

export type Stale = CodeChange;

const GLOB = /[*?[\]{}]/;

/** The files of the code repository that an entry is about: `files` without lines, and `applies_to` without globs. */
function pathsOf(entry: Pick<Indexed, "files" | "applies_to">): string[] {
  const files = (entry.files ?? []).map((file) => file.replace(/#.*$/, ""));
  const literal = (entry.applies_to ?? []).filter((glob) => !GLOB.test(glob));
  const plain = [...files, ...literal].map((file) => file.replace(/^\.\//, "").replace(/\/+$/, ""));
  return [...new Set(plain.filter((file) => file !== ""))];
}

/** True for an entry that says which code it is about: only the history tells whether it went stale. */
export const namesCode = (entry: Pick<Indexed, "files" | "applies_to">): boolean => pathsOf(entry).length > 0;

/**
 * What happened to the code that an entry is about since the entry's last version; undefined = nothing, nothing that it
 * names, or not known yet.
 */
export function staleOf(store: Store, entry: Indexed): Stale | undefined {
  const paths = pathsOf(entry);
  if (paths.length === 0) return undefined;
  if (!entry.pending && !entry.private) return store.past.changes(paths, { entry: entry.path });
  return entry.updatedAt === undefined ? undefined : store.past.changes(paths, { at: entry.updatedAt });
}

/** A few words about it. */
export function staleText(stale: Stale): string {
  if (!("commits" in stale)) return `stale: ${stale.path} is gone`;
  return `stale: ${stale.path} changed in ${stale.commits} ${stale.commits === 1 ? "commit" : "commits"} since`;
}
