import type { WhoWrote } from "./last-write.js";
import type { Current } from "./observed.js";
import type { Settlement } from "./unmerged.js";
import type { FileWrite, WriteRecord } from "./writer.js";

/** What a write did. */
export interface Written {
  /** When it was recorded (ms); undefined when there was nothing to write. */
  readonly at?: number;
  /** The branch's commit, in `each` mode. */
  readonly commit?: string;
  /** Why it is not where it will be: held back, or not published yet. A sentence part. */
  readonly pending?: string;
}

/** Work under the write lock. */
export interface Session {
  read(file: string): Promise<Current | undefined>;
  /** The last write of ours to a store path, here in this worktree, if it was after `since` (ms). */
  lastWrite(file: string, since: number): Promise<WhoWrote | undefined>;
  /** The writes of ours to a store path since a version, newest first; all that there are when that is none of them. */
  writesSince(file: string, version: string): Promise<WhoWrote[]>;
  /** Keeps a text that a record speaks of and that is no version, so that it can be read by its blob id. */
  keep(bytes: Uint8Array): Promise<void>;
  /** Ends the conflict at a path that git's index has unmerged. Throws StartOver when it is not what was read. */
  settle(settlement: Settlement, record: WriteRecord): Promise<Written>;
  /** Records and places the files as one write; those in `private/` are placed on no record. Throws StartOver when a file changed since it was read. */
  write(files: readonly FileWrite[], record: WriteRecord): Promise<Written>;
}
