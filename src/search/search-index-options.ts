import type { Decay } from "./decay.js";
import type { Indexed } from "./indexed.js";
import type { RelationGraphOptions } from "./relation-graph.js";

/** What the index is given: bodies, which it does not keep, what others know, and the clock. */
export interface SearchIndexOptions {
  /** Current text of an entry's body, for snippets and phrases; undefined when gone. */
  readonly readBody: (store: string, path: string) => Promise<string | undefined>;
  /** See RelationGraphOptions. */
  readonly placesOf: RelationGraphOptions["placesOf"];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The id of an open conflict on record. */
  readonly conflictOf?: (entry: Indexed) => string | undefined;
  /** How importance wears off, asked at every search; undefined = not at all. */
  readonly decay?: () => Decay | undefined;
}
