import { DEFAULTS, type Indexed } from "./indexed.js";

const DAY = 86_400_000;

/** How importance wears off. */
export interface Decay {
  /** What an entry without a rate of its own loses a day: importance × e^(−rate × days). */
  readonly rate: number;
  /** When an entry was last read at or before a moment (ms); undefined = never, as far as is known. */
  readonly lastRead: (entry: Indexed, before: number) => number | undefined;
}

/** What became of an entry's importance. */
export interface Decayed {
  readonly importance: number;
  readonly rate: number;
  /** Days since it was last read or changed. */
  readonly days: number;
  readonly effective: number;
}

/** Guidelines have a priority, and tools neither: those do not wear off. */
const wears = ({ kind }: Indexed): boolean => kind === "memory" || kind === "pattern";

/**
 * The importance of an entry at `now` (ms), worn off since the later of its last read and last change; undefined where
 * nothing wears off or no time is known.
 */
export function decayed(entry: Indexed, decay: Decay, now: number): Decayed | undefined {
  if (!wears(entry)) return undefined;
  const changed = entry.updatedAt ?? entry.createdAt;
  const read = decay.lastRead(entry, now);
  const used = Math.max(changed ?? Number.NEGATIVE_INFINITY, read ?? Number.NEGATIVE_INFINITY);
  if (used === Number.NEGATIVE_INFINITY) return undefined;
  const rate = (entry.kind === "memory" ? entry.decay_rate : undefined) ?? decay.rate;
  const days = Math.max(now - used, 0) / DAY;
  const importance = Math.min(Math.max(entry.importance ?? DEFAULTS.importance, 0), 1);
  return { importance, rate, days, effective: importance * Math.exp(-rate * days) };
}
