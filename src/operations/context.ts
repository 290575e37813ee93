import * as z from "zod";
import { contextOf } from "../memory/context.js";
import type { Context, ContextItem } from "../memory/context-item.js";
import { contextText } from "../memory/context-text.js";
import { namedScope, readingScope } from "../memory/session/call-session.js";
import { operation } from "./operation.js";
import { asOf, inherit, scope, stale } from "./params.js";

const item = z.object({
  address: z.string(),
  title: z.string(),
  content: z.string().optional(),
  cut: z.literal(true).optional(),
  working: z.literal(true).optional(),
  priority: z.number().optional(),
  applies_to: z.array(z.string()).optional(),
  overrides: z.string().optional(),
  pending: z.literal(true).optional(),
  conflict: z.string().optional(),
  private: z.literal(true).optional(),
  low_confidence: z.literal(true).optional(),
  stale: stale.optional(),
}) as unknown as z.ZodType<ContextItem>;

const items = z.array(item).optional();

const output = z.object({
  session: z.object({ name: z.string(), purpose: z.string().optional(), status: z.string().optional() }).optional(),
  working_set: items,
  guidelines: items,
  memories: items,
  tools: items,
  patterns: items,
  unreviewed: items,
  conflicts: z.array(z.object({ id: z.string(), address: z.string(), fields: z.array(z.string()) })).optional(),
  left_out: z.record(z.string(), z.int()).optional(),
  hint: z.string().optional(),
  tokens: z.int(),
});

const USUAL = 2_000;

export const context = operation({
  area: "context",
  command: "context",
  title: "What applies here",
  description:
    "Call first, before you plan or edit: guidelines for your paths, what is known about your task, open conflicts, within a budget of tokens.",
  input: z.strictObject({
    task: z.string().max(10_000).describe("What you are about to do").optional(),
    paths: z.array(z.string().max(1_000)).max(100).describe("Code files it is about").optional(),
    scope: scope.optional(),
    inherit: inherit.optional(),
    as_of: asOf.optional(),
    max_tokens: z.int().min(200).max(50_000).describe(`Hard limit, ${USUAL} when absent`).optional(),
  }),
  output,
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "GET", path: "/context" },
  args: ["task"],
  render: (result, _style, say) =>
    contextText(result as Context, say) || say("Nothing here applies. [[search]] looks wider."),
  run: async (context, { task, paths, scope: wanted, inherit: wider, as_of, max_tokens = USUAL }) => {
    const { memory } = context;
    await memory.fresh();
    const found = await contextOf(memory, {
      ...(task === undefined ? {} : { task }),
      ...(paths === undefined ? {} : { paths }),
      ...(wider === undefined ? {} : { inherit: wider }),
      scope: wanted === undefined ? readingScope(context) : namedScope(context, wanted),
      ...(as_of === undefined ? {} : { as_of }),
      max_tokens,
      whole: (entry) => context.connection?.texts.note(entry, { version: entry.version }),
    });
    return found as unknown as z.infer<typeof output>;
  },
});
