import type { ConflictRecord } from "./conflict.js";
import type { ScopeDocument } from "./document.js";
import type { Entry } from "./entry.js";

/** What git and the journal know about one state of a file. Times are milliseconds since 1970. */
export interface StateFacts {
  /** The version token: git blob id (SHA-1) of the file's raw bytes. */
  readonly version: string;
  readonly updatedAt?: number;
  readonly author?: string;
  /** Not in HEAD yet: a write of ours or a hand edit that nobody has committed. */
  readonly pending?: boolean;
  /** The id of the conflict that the path is in while git's index has it unmerged. */
  readonly conflict?: string;
}

/** One state of an entry in a store. */
export interface EntryState extends StateFacts {
  readonly entry: Entry;
}

/** One state of a scope's document in a store. */
export interface DocumentState extends StateFacts {
  readonly document: ScopeDocument;
}

/** One state of a conflict's record in a store. */
interface RecordState extends StateFacts {
  readonly record: ConflictRecord;
}

/** The one thing that the index consumes, whatever caused it: a call, a pull, an editor, a branch switch. */
export interface Change {
  readonly store: string;
  /** Relative to the store's root, with `/`. */
  readonly path: string;
  /** The version token that the index held before, if any. */
  readonly before: string | null;
  /** Facts without an entry, document or record are about the text that was told before under the same version. */
  readonly after: EntryState | DocumentState | RecordState | StateFacts | null;
}
