import { byName, latestFirst, type Outcome, type Place, placesOf, type Usage, usageOf } from "../entry/outcomes.js";
import type { Memory } from "./memory.js";
import { type Pattern, readPatterns } from "./patterns.js";

/** Which patterns to look at; with `project` only the outcomes there count. */
export interface InsightFilter {
  readonly category?: string | undefined;
  readonly project?: string | undefined;
  /** Any of these, in lower case. */
  readonly tags?: readonly string[] | undefined;
}

/** One pattern in figures. */
export interface PatternFigures {
  readonly address: string;
  readonly title: string;
  readonly category?: string;
  readonly usage: Usage;
  /** Entries whose relations say that they validate or demonstrate it. */
  readonly validated_by?: number;
}

/** A pattern that was used in several projects, and where. */
export interface SpreadPattern extends PatternFigures {
  readonly worked_in: readonly Place[];
  readonly failed_in: readonly Place[];
}

/** What failed in one project, most often first. */
export interface Failures {
  /** Absent for outcomes that name none. */
  readonly project?: string;
  readonly count: number;
  readonly failed: readonly { readonly address: string; readonly count: number; readonly reasons: readonly string[] }[];
  /** Patterns that failed there too. */
  readonly more?: number;
}

const LISTS = ["most_used", "mostly_failing", "across_projects", "failures"] as const;

export interface PatternInsights {
  /** Patterns that the filter leaves. */
  readonly patterns: number;
  /** Patterns among them without an outcome. */
  readonly unused: number;
  readonly usage: Usage;
  readonly most_used: readonly PatternFigures[];
  /** Those that fail more often than they succeed, worst first. */
  readonly mostly_failing: readonly PatternFigures[];
  readonly across_projects: readonly SpreadPattern[];
  readonly failures: readonly Failures[];
  /** How many of each list the limit leaves out. */
  readonly left_out?: Readonly<Partial<Record<(typeof LISTS)[number], number>>>;
  /** Outcomes that break a rule, and do not count. */
  readonly odd?: number;
}

const VALIDATING = ["validates", "demonstrates"];

interface Counted extends PatternFigures {
  readonly outcomes: readonly Outcome[];
  readonly projects: number;
}

/** What came of using the current patterns, in figures; every list has at most `limit` items. */
export async function patternInsights(memory: Memory, filter: InsightFilter, limit: number): Promise<PatternInsights> {
  const { category, tags } = filter;
  const entries = [...memory.index.shown()].filter(
    (entry) =>
      entry.kind === "pattern" &&
      (category === undefined || entry.category === category) &&
      (tags === undefined || entry.tags.some((tag) => tags.includes(tag))),
  );
  const read = await readPatterns(memory, entries);
  const counted = read.map((pattern) => count(memory, pattern, filter.project));
  // Where a project is named, patterns that were never used there have nothing to say.
  const all = counted.filter(({ usage }) => filter.project === undefined || usage.count > 0);
  const odd = read.reduce((sum, pattern) => sum + pattern.odd, 0);
  const used = ordered(all, ({ usage }) => usage.count).filter(({ usage }) => usage.count > 0);
  const failing = ordered(used, ({ usage }) => usage.failures - usage.successes);
  const lists = {
    most_used: used.map(figures),
    mostly_failing: failing.filter(({ usage }) => usage.failures > usage.successes).map(figures),
    across_projects: ordered(used, ({ projects }) => projects)
      .filter(({ projects }) => projects > 1)
      .map(spread),
    failures: failuresOf(used, limit),
  };
  const left = LISTS.map((list) => [list, lists[list].length - limit] as const).filter(([, more]) => more > 0);
  return {
    patterns: all.length,
    unused: all.length - used.length,
    usage: usageOf(all.flatMap(({ outcomes }) => outcomes)),
    most_used: lists.most_used.slice(0, limit),
    mostly_failing: lists.mostly_failing.slice(0, limit),
    across_projects: lists.across_projects.slice(0, limit),
    failures: lists.failures.slice(0, limit),
    ...(left.length === 0 ? {} : { left_out: Object.fromEntries(left) }),
    ...(odd === 0 ? {} : { odd }),
  };
}

function count(memory: Memory, { entry, address, outcomes }: Pattern, project: string | undefined): Counted {
  const own = project === undefined ? outcomes : outcomes.filter((one) => one.project === project);
  const links = memory.index.relations.links(entry, { direction: "in", types: VALIDATING });
  const validating = new Set(links.map(({ source }) => source.address)).size;
  return {
    address,
    title: entry.title,
    ...(entry.category === undefined ? {} : { category: entry.category }),
    usage: usageOf(own),
    ...(validating === 0 ? {} : { validated_by: validating }),
    outcomes: own,
    projects: new Set(own.flatMap((one) => one.project ?? [])).size,
  };
}

/** The highest first; of equal ones the more used, then by address. */
const ordered = (patterns: readonly Counted[], key: (one: Counted) => number): Counted[] =>
  [...patterns].sort((a, b) => key(b) - key(a) || b.usage.count - a.usage.count || byName(a.address, b.address));

const figures = ({ outcomes: _outcomes, projects: _projects, ...one }: Counted): PatternFigures => one;

const spread = (one: Counted): SpreadPattern => ({
  ...figures(one),
  worked_in: placesOf(one.outcomes, "success"),
  failed_in: placesOf(one.outcomes, "failure"),
});

/** What failed, by project: the one with the most failures first, the failures that name none last of equals. */
function failuresOf(patterns: readonly Counted[], limit: number): Failures[] {
  const byProject = new Map<string | undefined, { address: string; outcomes: Outcome[] }[]>();
  for (const { address, outcomes } of patterns) {
    const failed = outcomes.filter(({ result }) => result === "failure");
    for (const project of new Set(failed.map((one) => one.project))) {
      const here = { address, outcomes: failed.filter((one) => one.project === project) };
      byProject.set(project, [...(byProject.get(project) ?? []), here]);
    }
  }
  const all = [...byProject].map(([project, failed]) => {
    failed.sort((a, b) => b.outcomes.length - a.outcomes.length || byName(a.address, b.address));
    return {
      ...(project === undefined ? {} : { project }),
      count: failed.reduce((sum, { outcomes }) => sum + outcomes.length, 0),
      failed: failed.slice(0, limit).map(({ address, outcomes }) => ({
        address,
        count: outcomes.length,
        reasons: [...new Set(latestFirst(outcomes).flatMap(({ reason }) => reason ?? []))],
      })),
      ...(failed.length > limit ? { more: failed.length - limit } : {}),
    };
  });
  return all.sort((a, b) => b.count - a.count || byName(a.project, b.project));
}
