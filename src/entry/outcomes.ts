import type { Entry } from "./entry.js";
import { OUTCOME } from "./field-schemas.js";

/** One use of a pattern and what came of it. */
export interface Outcome {
  readonly result: "success" | "failure";
  readonly project?: string;
  readonly reason?: string;
  readonly at?: string;
}

/** How often a pattern was used; `success_rate` (0–1) is absent as long as it was not. */
export interface Usage {
  readonly count: number;
  readonly successes: number;
  readonly failures: number;
  readonly success_rate?: number;
}

/** A project in which a pattern worked, or failed, so many times; `reason` is the latest that was given there. */
export interface Place {
  /** Absent for outcomes that name none. */
  readonly project?: string;
  readonly count: number;
  readonly reason?: string;
}

/** The list of outcomes as a file has it, odd ones too; undefined when it is no list, empty when there is none. */
export function rawOutcomes({ fields, unknown }: Pick<Entry, "fields" | "unknown">): readonly unknown[] | undefined {
  const raw = fields.outcomes ?? unknown.outcomes ?? [];
  return Array.isArray(raw) ? raw : undefined;
}

/** The outcomes of a pattern one by one; `odd` counts what breaks a rule and is left out. */
export function readOutcomes(entry: Pick<Entry, "fields" | "unknown">): { outcomes: readonly Outcome[]; odd: number } {
  const raw = rawOutcomes(entry);
  if (!raw) return { outcomes: [], odd: 1 };
  const outcomes = raw.filter(isOutcome);
  return { outcomes, odd: raw.length - outcomes.length };
}

const isOutcome = (value: unknown): value is Outcome => OUTCOME.safeParse(value).success;

/** The figures that follow from outcomes. */
export function usageOf(outcomes: readonly Outcome[]): Usage {
  const count = outcomes.length;
  const successes = outcomes.filter(({ result }) => result === "success").length;
  const rate = count === 0 ? {} : { success_rate: Math.round((successes / count) * 1_000) / 1_000 };
  return { count, successes, failures: count - successes, ...rate };
}

/** Where outcomes of one result were seen: most often first, then by name, those without a project last. */
export function placesOf(outcomes: readonly Outcome[], result: Outcome["result"]): Place[] {
  const groups = new Map<string | undefined, Outcome[]>();
  for (const one of outcomes)
    if (one.result === result) groups.set(one.project, [...(groups.get(one.project) ?? []), one]);
  const places = [...groups].map(([project, group]) => {
    const reason = latestFirst(group).find((one) => one.reason !== undefined)?.reason;
    return {
      ...(project === undefined ? {} : { project }),
      count: group.length,
      ...(reason === undefined ? {} : { reason }),
    };
  });
  return places.sort((a, b) => b.count - a.count || byName(a.project, b.project));
}

/** Names in the order of their letters; what has none comes last. */
export function byName(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Outcomes by time, latest first; of those without one, what the file has last. */
export function latestFirst(outcomes: readonly Outcome[]): Outcome[] {
  const time = ({ at }: Outcome): number => (at === undefined ? Number.NEGATIVE_INFINITY : Date.parse(at));
  // Two that are equally old would be -Infinity apart from each other: NaN.
  const later = (a: number, b: number): number => (a === b ? 0 : a < b ? 1 : -1);
  return [...outcomes].reverse().sort((a, b) => later(time(a), time(b)));
}
