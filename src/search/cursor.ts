import { createHash } from "node:crypto";
import { MemoryError } from "../errors.js";
import type { SearchRequest } from "./search-request.js";

/** Where the next page begins; `now` (ms) stays that of the first page, so that ages do not shift hits between pages. */
export interface Position {
  readonly offset: number;
  readonly now: number;
}

const STALE = "The cursor belongs to another search or the entries have changed since; restart without cursor.";

/** An opaque cursor, bound to the request and to the state of the index (`generation`). */
export function writeCursor(request: SearchRequest, generation: string, position: Position): string {
  const text = JSON.stringify([position.offset, position.now, bind(request, generation)]);
  return Buffer.from(text, "utf8").toString("base64url");
}

/** Reads a cursor; `invalid_input` when it is damaged, of another request, or of another state of the index. */
export function readCursor(cursor: string, request: SearchRequest, generation: string): Position {
  const [offset, now, bound] = parse(cursor);
  const valid = Number.isSafeInteger(offset) && Number(offset) > 0 && typeof now === "number" && Number.isFinite(now);
  if (!valid || bound !== bind(request, generation)) throw new MemoryError("invalid_input", STALE, { field: "cursor" });
  return { offset: Number(offset), now };
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch (error) {
    throw new MemoryError("invalid_input", STALE, { field: "cursor" }, { cause: error });
  }
}

/** A page's size and explanations may change from page to page, nothing else; the query's vector follows from the query. */
function bind(request: SearchRequest, generation: string): string {
  const { cursor: _cursor, limit: _limit, explain: _explain, vector: _vector, ...rest } = request;
  const sorted = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256")
    .update(JSON.stringify([sorted, generation]))
    .digest("base64url")
    .slice(0, 16);
}
