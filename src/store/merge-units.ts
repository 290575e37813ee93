import type { TreeFile } from "../git/tree.js";
import type { ThreeFiles } from "../git/tree-merge.js";

/** A file where it lies. */
export interface At {
  readonly path: string;
  readonly file: TreeFile;
}

/** One file through three trees, wherever it lies in each; undefined = it is not there. */
export interface Unit {
  readonly base: At | undefined;
  readonly ours: At | undefined;
  readonly theirs: At | undefined;
}

type IdOf = (at: At) => string | undefined;

/** Those that are the only one with their id. */
function byId(files: readonly At[], idOf: IdOf): ReadonlyMap<string, At> {
  const found = new Map<string, At>();
  const several = new Set<string>();
  for (const file of files) {
    const id = idOf(file);
    if (id === undefined) continue;
    if (found.has(id)) several.add(id);
    found.set(id, file);
  }
  for (const id of several) found.delete(id);
  return found;
}

/** Where the files that one side no longer has at their path are now, by the paths that they had. */
function movesOf(files: readonly ThreeFiles[], side: "ours" | "theirs", idOf: IdOf): ReadonlyMap<string, At> {
  const made = files.flatMap(({ path, base, [side]: file }) => (!base && file ? [{ path, file }] : []));
  if (made.length === 0) return new Map();
  const gone = files.flatMap(({ path, base, [side]: file }) => (base && !file ? [{ path, file: base }] : []));
  const to = byId(made, idOf);
  return new Map(
    [...byId(gone, idOf)].flatMap(([id, { path }]) => {
      const now = to.get(id);
      return now ? [[path, now] as const] : [];
    }),
  );
}

/** The files that differ, each with all its states: followed by their ids where they moved, else by their paths. */
export function unitsOf(files: readonly ThreeFiles[], idOf: IdOf): Unit[] {
  const [ours, theirs] = [movesOf(files, "ours", idOf), movesOf(files, "theirs", idOf)];
  const movedTo = (moves: ReadonlyMap<string, At>) => new Set([...moves.values()].map(({ path }) => path));
  const [ourMoves, theirMoves] = [movedTo(ours), movedTo(theirs)];
  const at = (path: string, file: TreeFile | undefined): At | undefined => file && { path, file };
  return files.flatMap((one): Unit[] => {
    const { path, base } = one;
    if (base)
      return [
        {
          base: { path, file: base },
          ours: ours.get(path) ?? at(path, one.ours),
          theirs: theirs.get(path) ?? at(path, one.theirs),
        },
      ];
    // What a move brought here belongs to where it came from.
    const made = {
      base: undefined,
      ours: ourMoves.has(path) ? undefined : at(path, one.ours),
      theirs: theirMoves.has(path) ? undefined : at(path, one.theirs),
    };
    return made.ours || made.theirs ? [made] : [];
  });
}
