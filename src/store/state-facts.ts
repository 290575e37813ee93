import type { StateFacts } from "../entry/change.js";
import type { LastCommit } from "./entry-times.js";
import type { LastWrite } from "./journal-log.js";
import type { FileMark } from "./working-files.js";

/** What a look at one path found. */
export interface Seen {
  /** Git knows nothing of it. */
  readonly private?: true | undefined;
  /** Undefined for a state that is not the working file's. */
  readonly mark: FileMark | undefined;
  readonly version: string;
  readonly pending: boolean;
  /** The id of the conflict that git has the path in. */
  readonly conflict: string | undefined;
}

/**
 * When and by whom a state was written: the journal knows best of our writes (`last`), the history of all that is
 * committed (`commit`), and what nobody recorded is `person`'s hand edit.
 */
export function factsOf(
  { version, pending, conflict, mark, private: apart }: Seen,
  last: LastWrite | undefined,
  commit: LastCommit | undefined,
  person: string,
): StateFacts {
  const ours = last?.version === version ? last : undefined;
  // Somebody may have committed the same text before we wrote it, on another branch.
  const late = ours !== undefined && commit !== undefined && Math.floor(ours.at / 1000) > commit.seconds;
  const byHand = (pending || apart) && mark ? { at: mark.mtimeMs, author: person } : undefined;
  const committed = commit && { at: commit.seconds * 1000, author: commit.author };
  const found = (late ? undefined : ours) ?? committed ?? byHand;
  return {
    version,
    ...(found ? { updatedAt: Math.floor(found.at), author: found.author } : {}),
    ...(pending ? { pending } : {}),
    ...(conflict ? { conflict } : {}),
  };
}
