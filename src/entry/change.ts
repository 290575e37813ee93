import type { Entry } from "./entry.js";

/** One state of an entry in a store, with what git and the journal know about it. Times are milliseconds since 1970. */
export interface EntryState {
  readonly entry: Entry;
  /** The version token: git blob id (SHA-1) of the file's raw bytes. */
  readonly version: string;
  readonly updatedAt?: number;
  readonly author?: string;
  /** Not in HEAD yet: a write of ours or a hand edit that nobody has committed. */
  readonly pending?: boolean;
  /** The path is unmerged in git's index. */
  readonly conflict?: boolean;
}

/** The one thing that the index consumes, whatever caused it: a call, a pull, an editor, a branch switch. */
export interface Change {
  readonly store: string;
  /** Relative to the store's root, with `/`. */
  readonly path: string;
  /** The version token that the index held before, if any. */
  readonly before: string | null;
  readonly after: EntryState | null;
}
