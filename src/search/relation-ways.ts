import { UNRELATED } from "../entry/relations.js";

/** Which way relations are followed, seen from where one stands. */
export type Direction = "out" | "in" | "both";

/** Which relations count; ways go along all but those that say "unrelated" when `types` is absent. */
export interface Walk {
  readonly direction: Direction;
  readonly types?: readonly string[];
}

/** The way back of each. */
export const OPPOSITE: Readonly<Record<Direction, Direction>> = { out: "in", in: "out", both: "both" };

/** Whether a relation's type is one of those asked for. */
export const counts = (type: string, types: readonly string[] | undefined): boolean =>
  types === undefined ? type !== UNRELATED : types.includes(type);

/** For each way that is asked for: whether any of these types leads along it. */
export interface Ways {
  readonly out: ((types: readonly string[]) => boolean) | undefined;
  readonly in: ((types: readonly string[]) => boolean) | undefined;
}

/** The ways that a walk takes. */
export function waysOf({ direction, types }: Walk): Ways {
  // The same few lists of types are met at every step.
  const known = new Map<readonly string[], boolean>();
  const leads = (told: readonly string[]): boolean => {
    const before = known.get(told);
    if (before !== undefined) return before;
    const now = told.some((type) => counts(type, types));
    known.set(told, now);
    return now;
  };
  return { out: direction === "in" ? undefined : leads, in: direction === "out" ? undefined : leads };
}
