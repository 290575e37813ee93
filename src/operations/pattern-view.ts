import * as z from "zod";
import type { Outcome, Place, Usage } from "../entry/outcomes.js";
import type { Failures, PatternFigures, SpreadPattern } from "../memory/pattern-insights.js";
import type { SimilarPattern } from "../memory/similar-patterns.js";

/** One use of a pattern. */
export const outcomeView = z.object({
  result: z.enum(["success", "failure"]),
  project: z.string().optional(),
  reason: z.string().optional(),
  at: z.string().optional(),
}) as unknown as z.ZodType<Outcome>;

/** How often a pattern was used, and how it went. */
export const usageView = z.object({
  count: z.int(),
  successes: z.int(),
  failures: z.int(),
  success_rate: z.number().optional(),
}) as unknown as z.ZodType<Usage>;

const places = z.array(z.object({ project: z.string().optional(), count: z.int(), reason: z.string().optional() }));
const named = { address: z.string(), title: z.string(), category: z.string().optional(), usage: usageView };
const figures = { ...named, validated_by: z.int().optional() };

/** A pattern in figures. */
export const figuresView = z.object(figures) as unknown as z.ZodType<PatternFigures>;

/** A pattern in figures, with where it worked and failed. */
export const spreadView = z.object({
  ...figures,
  worked_in: places,
  failed_in: places,
}) as unknown as z.ZodType<SpreadPattern>;

/** A pattern like another text. */
export const similarView = z.object({
  ...named,
  score: z.number().describe("Likeness of the texts"),
  shared: z.array(z.string()).describe("The words that both have"),
  worked_in: places,
  failed_in: places,
}) as unknown as z.ZodType<SimilarPattern>;

/** What failed in one project. */
export const failuresView = z.object({
  project: z.string().optional(),
  count: z.int(),
  failed: z.array(z.object({ address: z.string(), count: z.int(), reasons: z.array(z.string()) })),
  more: z.int().optional(),
}) as unknown as z.ZodType<Failures>;

/** Outcomes that reading a pattern shows. */
const LATEST = 5;
/** Characters of a reason that a list shows. */
const REASON = 200;

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
const short = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > REASON ? `${line.slice(0, REASON)}…` : line;
};

/** A pattern's figures in words: `used 5 times, 80 % success`. */
export function usageText({ count, success_rate }: Usage): string {
  if (count === 0) return "never used";
  return `used ${times(count)}, ${Math.round(success_rate! * 100)} % success`;
}

/** The latest outcomes of a pattern, and how many came before. */
export function outcomesText(outcomes: readonly unknown[]): string {
  const before = outcomes.length - LATEST;
  const rest = before > 0 ? ` and ${before} before: response_format json has all` : "";
  return JSON.stringify(outcomes.slice(-LATEST)) + rest;
}

/** One line that names a pattern with its figures. */
export function patternLine({ title, address, usage, validated_by }: PatternFigures): string {
  const backed = validated_by === undefined ? "" : ` · validated by ${validated_by}`;
  return `**${title}** · \`${address}\` · ${usageText(usage)}${backed}`;
}

/** Where a pattern worked, or where it failed and why (the latest reason); empty when nowhere. */
export function placesText(did: "worked" | "failed", places: readonly Place[]): string {
  if (places.length === 0) return "";
  const list = places.map(({ project, count, reason }) => {
    const often = count === 1 ? "" : ` (${times(count)})`;
    const why = did === "worked" || reason === undefined ? "" : ` — ${short(reason)}`;
    return `${project ?? "somewhere"}${often}${why}`;
  });
  return `${did} in ${list.join("; ")}`;
}

/** What failed in one project, and why. */
export function failuresText({ project, count, failed, more }: Failures): string {
  const lines = failed.map(({ address, count: often, reasons }) => {
    const [first, ...others] = reasons;
    const rest =
      others.length === 0 ? "" : ` (and ${others.length} other ${others.length === 1 ? "reason" : "reasons"})`;
    const why = first === undefined ? "no reason given" : short(first) + rest;
    return `  - \`${address}\` ${times(often)}: ${why}`;
  });
  const left = more === undefined ? [] : [`  - … and ${more} more patterns`];
  return [
    `- ${project ?? "no project named"}: ${count === 1 ? "1 failure" : `${count} failures`}`,
    ...lines,
    ...left,
  ].join("\n");
}
