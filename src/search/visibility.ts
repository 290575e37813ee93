import type { Indexed } from "./indexed.js";
import type { Hidden, HitFlags } from "./search-request.js";
import type { Supersessions } from "./supersessions.js";

// Below this the author was rather guessing.
const LOW_CONFIDENCE = 0.5;
const DAY = 86_400_000;

/** Whether `now` (ms) lies outside the entry's validity; a date alone means the whole day in UTC, an odd one no limit. */
function isExpired(entry: Indexed, now: number): boolean {
  if (entry.valid_from !== undefined && now < Date.parse(entry.valid_from)) return true;
  if (entry.valid_until === undefined) return false;
  const until = Date.parse(entry.valid_until);
  return now >= (/^\d{4}-\d{2}-\d{2}$/.test(entry.valid_until) ? until + DAY : until);
}

/** Whether a search shows the entry, given what it asks to include. */
export function isVisible(
  entry: Indexed,
  include: readonly Hidden[],
  supersessions: Supersessions,
  now: number,
): boolean {
  if (entry.status === "archived" && !include.includes("archived")) return false;
  if (!include.includes("expired") && isExpired(entry, now)) return false;
  return include.includes("superseded") || supersessions.of(entry) === undefined;
}

/** The flags of a hit at `now` (ms); `recorded` is the id of an open conflict on record. */
export function flagsOf(
  entry: Indexed,
  supersessions: Supersessions,
  now: number,
  recorded: string | undefined,
): HitFlags {
  const supersededBy = supersessions.of(entry);
  const conflict = entry.conflict ?? recorded;
  return {
    ...(entry.status === "archived" && { archived: true }),
    ...(isExpired(entry, now) && { expired: true }),
    ...(supersededBy !== undefined && { superseded_by: supersededBy }),
    ...(entry.pending && { pending: true }),
    ...(conflict !== undefined && { conflict }),
    ...(entry.private && { private: true }),
    ...(entry.confidence !== undefined && entry.confidence < LOW_CONFIDENCE && { low_confidence: true }),
  };
}
