/** What is seen at one path: blob ids, null = no file. */
export interface PathSeen {
  /** The working file. */
  readonly work: string | null;
  /** HEAD's; undefined where there is no git, or none that we can read. */
  readonly head: string | null | undefined;
  /** What the journal last wrote; undefined = never written by us. */
  readonly journal: string | null | undefined;
}

/**
 * What a path's three states mean:
 * - `rest`: the file is as HEAD has it
 * - `written`: our write, not in HEAD yet
 * - `moved`: the person's commit, pull, switch, stash or reset changed it after our last write
 * - `edited`: a hand edit, or a foreign tool's
 * - `removed`: removed by hand
 */
export type PathState = "rest" | "written" | "moved" | "edited" | "removed";

/** Tells which it is. Where there is no git, a file that differs from the journal was edited by hand. */
export function pathState({ work, head, journal }: PathSeen): PathState {
  if (journal !== undefined && work === journal) return head === undefined || work === head ? "rest" : "written";
  if (head === undefined) return journal === undefined ? "rest" : work === null ? "removed" : "edited";
  if (work === head) return journal === undefined ? "rest" : "moved";
  return work === null ? "removed" : "edited";
}
