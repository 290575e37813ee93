import type { Kind } from "../entry/kinds.js";
import type { Decayed } from "./decay.js";
import type { Indexed } from "./indexed.js";
import type { ClauseMatch } from "./text-scorer.js";

/** What is left out of every search unless asked for. */
export type Hidden = "archived" | "expired" | "superseded";

/** What a search goes by: words and meaning, words alone, or meaning alone. */
export type Mode = "hybrid" | "text" | "vector";

export type Sort = "relevance" | "updated" | "created" | "title" | "priority";

/** A search; all filters have to hold. Times are milliseconds since 1970, `after` inclusive, `before` exclusive. */
export interface SearchRequest {
  readonly query?: string;
  readonly kinds?: readonly Kind[];
  /** Exact canonical scopes. */
  readonly scopes?: readonly string[];
  /** Names of stores. */
  readonly stores?: readonly string[];
  readonly category?: string;
  readonly tags_any?: readonly string[];
  readonly tags_all?: readonly string[];
  readonly tags_none?: readonly string[];
  readonly created_after?: number;
  readonly created_before?: number;
  readonly updated_after?: number;
  readonly updated_before?: number;
  readonly min_importance?: number;
  readonly min_priority?: number;
  readonly min_confidence?: number;
  readonly author?: string;
  /** Files of the code repository, one of which the entry's `applies_to` or `files` has to cover. */
  readonly paths?: readonly string[];
  /** The entry to which all hits are related, at most `depth` steps away. */
  readonly related?: {
    readonly store: string;
    readonly path: string;
    readonly depth: number;
    readonly direction: "out" | "in" | "both";
  };
  readonly include?: readonly Hidden[];
  /** 0–1; instead of the default floor. */
  readonly min_score?: number;
  /** 0–1; how similar a hit of mode vector has to be, without `min_score`. */
  readonly min_similarity?: number;
  /** Hybrid when absent; without `vector` it is by words. */
  readonly mode?: Mode;
  /** The unit vector of the query. */
  readonly vector?: Float32Array;
  readonly sort?: Sort;
  /** 1–50, 10 when absent. */
  readonly limit?: number;
  readonly cursor?: string;
  readonly explain?: boolean;
  /** False spares reading the bodies where nobody looks at snippets; summaries are still given. */
  readonly snippets?: boolean;
}

/** What a caller has to know about a hit before trusting it; only true ones are there. */
export interface HitFlags {
  readonly archived?: true;
  readonly expired?: true;
  /** Address of the entry that took its place, without scope when it is the same. */
  readonly superseded_by?: string;
  readonly pending?: true;
  /** The id of the first open conflict that it is in. */
  readonly conflict?: string;
  readonly private?: true;
  readonly low_confidence?: true;
}

/** A factor on the text score, near 1. */
export interface Adjustment {
  readonly name: "importance" | "priority" | "recency";
  readonly factor: number;
  /** How importance wore off, where it does. */
  readonly decay?: Decayed;
}

/** The part of the meaning in a score. */
interface MeaningMatch {
  /** Of the query and the best passage; absent when the entry is not among the nearest. */
  readonly cosine?: number;
  /** The number of that passage, from 0. */
  readonly passage?: number;
  /** What the cosine is worth above chance, 0–1: the score of mode vector. */
  readonly similarity: number;
  /** 0–1: where the cosine lies between `least` and `best`, the first and the last of the nearest. */
  readonly nearness: number;
  readonly best: number;
  readonly least: number;
  /** The cosine that a passage has by chance. */
  readonly chance: number;
  /** How much of the score the meaning makes, 0–1; the words have the rest. */
  readonly weight: number;
}

/**
 * Where a score comes from. `text` is the sum of the clauses' scores and what held phrases add; `fused` is `text` itself
 * without a meaning, else made of both (see `fuse`); times the adjustments it gives `final` (at most 1).
 */
export interface Explanation {
  readonly clauses: readonly ClauseMatch[];
  readonly phrases: number;
  readonly text: number;
  /** The best text score of the search. */
  readonly bestText?: number;
  readonly meaning?: MeaningMatch;
  readonly fused: number;
  readonly adjustments: readonly Adjustment[];
  readonly final: number;
}

/** `score` is 0–1 with a query (the share of what was asked that the entry answers) and 0 in a list. */
export interface SearchHit {
  readonly entry: Indexed;
  readonly score: number;
  readonly snippet?: string;
  readonly flags: HitFlags;
  readonly explain?: Explanation;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** All hits, not only this page. */
  readonly total: number;
  readonly nextCursor?: string;
  readonly hint?: string;
}
