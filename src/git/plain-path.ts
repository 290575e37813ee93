/** Characters that some file systems pass over in names. */
const INVISIBLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/** What some file system or other takes for git's own folder. */
const GIT_FOLDER = /^(?:\.git|git~\d+)[ .]*(?::.*)?$/i;

/** True for a path of a tree that leads to a file of its own wherever it is put: below the top, and not into git's folder. */
export const isPlainPath = (path: string): boolean =>
  !/[\0\\\uFFFD]/.test(path) &&
  path
    .split("/")
    .every(
      (segment) =>
        segment !== "" && segment !== "." && segment !== ".." && !GIT_FOLDER.test(segment.replace(INVISIBLE, "")),
    );
