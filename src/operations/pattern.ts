import * as z from "zod";
import { MemoryError } from "../errors.js";
import { recordOf, refuseSecretTexts, resultOf } from "../memory/edits.js";
import { type PatternFigures, patternInsights } from "../memory/pattern-insights.js";
import { planRecord } from "../memory/record-outcome.js";
import { resolve } from "../memory/resolve.js";
import { similarPatterns } from "../memory/similar-patterns.js";
import { writeLine } from "./entry-head.js";
import { goOn, operation } from "./operation.js";
import { allowSecrets, ref, tags, time, writeResult } from "./params.js";
import {
  failuresText,
  failuresView,
  figuresView,
  outcomeView,
  patternLine,
  placesText,
  similarView,
  spreadView,
  usageText,
  usageView,
} from "./pattern-view.js";

const project = z.string().min(1).max(200).describe("Where it was used; record takes the current one when absent");
const limit = z.int().min(1).max(50).describe("10 when absent");
const DEFAULT_LIMIT = 10;

const record = operation({
  area: "pattern",
  action: "record",
  command: "pattern record",
  title: "Record what came of a pattern",
  description: "Adds one outcome of using a pattern; failures count too and want a reason. Never conflicts.",
  input: z.strictObject({
    ref,
    result: z.enum(["success", "failure"]),
    project: project.optional(),
    reason: z.string().min(1).max(2_000).describe("Why it worked or not").optional(),
    at: time.describe("When; now when absent").optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: writeResult.extend({ outcome: outcomeView, usage: usageView, hint: z.string().optional() }),
  effect: "write",
  idempotent: false,
  toolset: "more",
  route: { method: "POST", path: "/patterns/{ref}/outcomes" },
  args: ["ref", "result", "reason"],
  versionOf: ({ version }) => version,
  render: (output) => {
    const { outcome: one, usage: all, hint } = output;
    const said = `Recorded a ${one.result}${one.project === undefined ? "" : ` in ${one.project}`}; ${usageText(all)}.`;
    return [said, writeLine(output), ...(hint === undefined ? [] : [hint])].join("\n");
  },
  run: async ({ memory, caller, signal }, { allow_secrets, ...given }) => {
    await refuseSecretTexts({ project: given.project, reason: given.reason }, allow_secrets ?? []);
    await memory.fresh();
    const { store } = await resolve(memory, given.ref);
    return memory.transact(store, async (draft) => {
      goOn(signal);
      const { edit, ...recorded } = await planRecord(memory, draft, given);
      return {
        record: recordOf([edit], caller, given.reason),
        answer: (written) => ({ ...resultOf(memory, store, edit, written), ...recorded }),
      };
    });
  },
});

const similar = operation({
  area: "pattern",
  action: "similar",
  command: "pattern similar",
  title: "Patterns for a situation",
  description: "Patterns of all projects like ref, or like a situation in text, with where they worked and failed.",
  input: z.strictObject({
    ref: ref.optional(),
    text: z.string().min(1).max(10_000).describe("The situation, in your own words").optional(),
    min_score: z.number().min(0).max(1).describe("Lowest similarity; as set when absent (0.7)").optional(),
    limit: limit.optional(),
  }),
  output: z.object({
    patterns: z.array(similarView),
    total: z.int(),
    or_more: z.literal(true).optional(),
    min_score: z.number(),
    measure: z.literal("text").describe("Likeness is that of the wording"),
    nearest: z.object({ address: z.string(), title: z.string(), score: z.number() }).optional(),
  }),
  effect: "read",
  idempotent: true,
  toolset: "more",
  // A situation may be longer than an address can be.
  route: { method: "POST", path: "/patterns/similar" },
  args: ["ref"],
  render: ({ patterns, total, or_more, min_score, nearest }) => {
    if (patterns.length === 0) {
      if (!nearest) return "No pattern has a word in common with that.";
      return `No pattern is that similar (${min_score}, by wording). Nearest: **${nearest.title}** · \`${nearest.address}\` · ${nearest.score.toFixed(2)}. A lower min_score shows more.`;
    }
    const lines = patterns.map((one) => {
      const where = [placesText("worked", one.worked_in), placesText("failed", one.failed_in)].filter(Boolean);
      const more = where.map((text) => `\n  ${text}`).join("");
      return `- ${patternLine(one)} · ${one.score.toFixed(2)}: ${one.shared.join(", ")}${more}`;
    });
    const rest = total > patterns.length ? `\n\n${total}${or_more ? " or more" : ""} in all; limit shows more.` : "";
    return lines.join("\n") + rest;
  },
  run: async ({ memory }, { ref: like, text, min_score, limit: most }) => {
    if ((like === undefined) === (text === undefined))
      throw new MemoryError("invalid_input", "Give a pattern as ref, or a situation as text: one of the two.", {
        field: like === undefined ? "ref" : "text",
      });
    await memory.fresh();
    const least = min_score ?? memory.settings.semantic_search_threshold.value;
    const found = await similarPatterns(memory, like === undefined ? { text: text! } : { ref: like }, {
      least,
      limit: most ?? DEFAULT_LIMIT,
    });
    return {
      ...found,
      patterns: [...found.patterns],
      min_score: least,
      measure: "text" as const,
    };
  },
});

const more = z.int().optional();

const insights = operation({
  area: "pattern",
  action: "insights",
  command: "pattern insights",
  title: "What came of the patterns",
  description: "Over all patterns: how often used, success rate, what failed where and why, what several projects use.",
  input: z.strictObject({
    category: z.string().max(100).optional(),
    project: project.optional(),
    tags: tags.min(1).optional(),
    limit: limit.optional(),
  }),
  output: z.object({
    patterns: z.int(),
    unused: z.int(),
    usage: usageView,
    most_used: z.array(figuresView),
    mostly_failing: z.array(figuresView),
    across_projects: z.array(spreadView),
    failures: z.array(failuresView),
    left_out: z.object({ most_used: more, mostly_failing: more, across_projects: more, failures: more }).optional(),
    odd: z.int().describe("Outcomes that break a rule, and do not count").optional(),
  }),
  effect: "read",
  idempotent: true,
  toolset: "more",
  route: { method: "GET", path: "/patterns/insights" },
  args: [],
  render: (output, _style, say) => {
    const odd = output.odd
      ? ["", say(`Not counted: ${output.odd} outcomes that break a rule; [[admin check]] says where.`)]
      : [];
    if (output.patterns === 0) return ["No pattern fits.", ...odd].join("\n");
    const unused = output.unused === 0 ? "" : `, ${output.unused} never used`;
    const part = (
      title: string,
      list: keyof NonNullable<typeof output.left_out>,
      lines: readonly string[],
    ): string[] => {
      const rest = output.left_out?.[list];
      return lines.length === 0
        ? []
        : ["", `${title}:`, ...lines, ...(rest ? [`… and ${rest} more; limit shows more.`] : [])];
    };
    const line = (one: PatternFigures): string => `- ${patternLine(one)}`;
    return [
      `${output.patterns} ${output.patterns === 1 ? "pattern" : "patterns"}${unused}; ${usageText(output.usage)}.`,
      ...part("Most used", "most_used", output.most_used.map(line)),
      ...part("Fail more often than they succeed", "mostly_failing", output.mostly_failing.map(line)),
      ...part(
        "Used in several projects",
        "across_projects",
        output.across_projects.map((one) =>
          [line(one), placesText("worked", one.worked_in), placesText("failed", one.failed_in)]
            .filter(Boolean)
            .join("\n  "),
        ),
      ),
      ...part("Failures", "failures", output.failures.map(failuresText)),
      ...odd,
    ].join("\n");
  },
  run: async ({ memory }, { tags: asked, limit: most, ...filter }) => {
    await memory.fresh();
    const wanted = asked?.map((tag) => tag.normalize("NFC").trim().toLowerCase());
    const found = await patternInsights(memory, { ...filter, tags: wanted }, most ?? DEFAULT_LIMIT);
    return {
      ...found,
      most_used: [...found.most_used],
      mostly_failing: [...found.mostly_failing],
      across_projects: [...found.across_projects],
      failures: [...found.failures],
    };
  },
});

export const patternOperations = [record, similar, insights];
