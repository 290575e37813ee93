import * as z from "zod";
import { parseScope } from "../entry/scope.js";
import type { Memory } from "../memory/memory.js";
import { relatedTo } from "../memory/related-to.js";
import { namedScope, readingScope } from "../memory/session/call-session.js";
import { isDiscarded } from "../memory/session/records.js";
import { PERSONAL } from "../memory/workspace.js";
import type { SearchRequest } from "../search/search-request.js";
import { headLine, headOf, staleFlag } from "./entry-head.js";
import { operation } from "./operation.js";
import { asOf, depth, direction, entryHead, inherit, kind, milliseconds, ref, scope, tags, time } from "./params.js";

const share = z.number().min(0).max(1);

const input = z.strictObject({
  query: z.string().max(10_000).describe('Words, "phrases", -not, prefix*, title:word').optional(),
  kinds: z.array(kind).max(4).optional(),
  scope: scope.optional(),
  tags: tags.describe("Any of these").optional(),
  paths: z.array(z.string().max(1_000)).max(100).describe("Code files they are about").optional(),
  limit: z.int().min(1).max(50).describe("10 when absent").optional(),
  cursor: z.string().max(2_000).describe("next_cursor of the page before").optional(),
  as_of: asOf.optional(),
  layers: z
    .array(z.enum(["session", "project", "org", "global"]))
    .min(1)
    .max(4)
    .describe("Only these levels")
    .optional(),
  inherit: inherit.optional(),
  category: z.string().max(100).optional(),
  tags_all: tags.optional(),
  tags_none: tags.optional(),
  created_after: time.optional(),
  created_before: time.optional(),
  updated_after: time.optional(),
  updated_before: time.optional(),
  min_importance: share.optional(),
  min_priority: z.number().min(0).max(100).optional(),
  min_confidence: share.optional(),
  author: z.string().max(200).optional(),
  related_to: ref.describe("Related to this one").optional(),
  depth: depth.optional(),
  direction: direction.optional(),
  include: z
    .array(z.enum(["archived", "expired", "superseded"]))
    .describe("Show these too")
    .optional(),
  min_score: share.describe("Replaces the floor").optional(),
  mode: z.enum(["hybrid", "text", "vector"]).optional(),
  sort: z.enum(["relevance", "updated", "created", "title", "priority"]).optional(),
  explain: z.boolean().describe("What scores are made of").optional(),
});

const hit = z.object({
  ...entryHead,
  snippet: z.string().optional(),
  score: z.number().optional(),
  explain: z.unknown().optional(),
});

const output = z.object({
  hits: z.array(hit),
  total: z.int(),
  next_cursor: z.string().optional(),
  degraded: z
    .string()
    .describe("What the answer was made without: history (times and authors are not all known yet), vectors: why")
    .optional(),
  hint: z.string().optional(),
});

type Input = z.infer<typeof input>;

const DISCARDED = "That session was discarded: include archived shows its entries.";

function hintOf(found: string | undefined, discarded: boolean): { hint?: string } {
  const hint = [discarded ? DISCARDED : "", found ?? ""].filter(Boolean).join(" ");
  return hint === "" ? {} : { hint };
}

/** A field with an undefined value counts as absent. */
const present = (request: { [Key in keyof SearchRequest]: SearchRequest[Key] | undefined }): SearchRequest =>
  Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as SearchRequest;

/** The scopes that are searched; what a person has of a project for themselves is of the project's layer. */
function scopesOf({ inherit, layers, include }: Input, memory: Memory, from: string): string[] {
  const chain = memory.workspace.chain(from, inherit);
  const all = [...new Set(chain.map((place) => place.scope))];
  const scopes = include?.includes("archived") ? all : all.filter((scope) => !isDiscarded(memory, scope));
  return layers ? scopes.filter((one) => layers.includes(parseScope(one).level)) : scopes;
}

function request(given: Input, memory: Memory, from: string): SearchRequest {
  const {
    scope: wanted,
    tags: tags_any,
    query,
    created_after,
    created_before,
    updated_after,
    updated_before,
    as_of: _asOf,
    related_to: _related,
    depth: _depth,
    direction: _direction,
    inherit: _inherit,
    layers: _layers,
    ...rest
  } = given;
  const scopes = scopesOf(given, memory, from);
  const least = rest.mode === "vector" ? memory.settings.semantic_search_threshold.value : undefined;
  return present({
    ...rest,
    min_similarity: least,
    ...(wanted === PERSONAL ? { stores: [PERSONAL] } : {}),
    query: query?.trim() || undefined,
    scopes,
    tags_any,
    created_after: milliseconds(created_after),
    created_before: milliseconds(created_before),
    updated_after: milliseconds(updated_after),
    updated_before: milliseconds(updated_before),
  });
}

const noLayer = ({ scope, layers = [] }: Input, memory: Memory): string =>
  `Nothing of the layer ${layers.join(", ")} applies in ${scope ?? memory.scope}. A session is searched when scope names it: session/NAME.`;

/** How far the answer follows from when or by whom entries were written: a plain list is in the order of time. */
function historyNeed(given: Input): "all" | "some" | undefined {
  const { updated_after, updated_before, author, sort, query, kinds } = given;
  if (sort === "updated" || [updated_after, updated_before, author].some((value) => value !== undefined)) return "all";
  const listed = !query?.trim() && (sort === undefined || sort === "relevance");
  return listed && !(kinds?.length === 1 && kinds[0] === "guideline") ? "some" : undefined;
}

/** What an answer was made without, as a sentence each. */
function without(degraded: string): string {
  const history = degraded.startsWith("history");
  const vectors = degraded.slice(history ? "history; ".length : 0).replace(/^vectors: /, "");
  return [
    ...(history
      ? ["The history is still being read: entries whose time or author is not known yet count as if they had none."]
      : []),
    ...(vectors === "" ? [] : [`Found by words more than by meaning: ${vectors}.`]),
  ].join("\n");
}

export const search = operation({
  area: "search",
  command: "search",
  title: "Search memory",
  description:
    "Find what is known: decisions, guidelines, tools, patterns. Ask in your own words, or paste the error message. Without query it lists, newest first.",
  input,
  output,
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "POST", path: "/search" },
  alsoAt: [{ method: "GET", path: "/entries", name: "list_entries" }],
  args: ["query"],
  advertised: ["query", "kinds", "scope", "tags", "paths", "as_of", "limit", "cursor"],
  render: ({ hits, total, next_cursor, degraded, hint }, style) => {
    const still = degraded === undefined ? "" : without(degraded);
    if (hits.length === 0) return [hint ?? "Nothing fits.", still].filter(Boolean).join("\n");
    const lines = hits.map((one) => {
      const snippet = one.snippet ? `\n  ${one.snippet}` : "";
      const score = one.score === undefined ? "" : ` · score ${one.score.toFixed(3)}`;
      const more = style === "detailed" ? `\n  id ${one.id ?? "none"} · version ${one.version}${score}` : "";
      return `- ${headLine(one)}${snippet}${more}`;
    });
    const rest = total - hits.length;
    const tail =
      next_cursor && rest > 0
        ? `\n\n${total} in all. The next page: cursor ${next_cursor}. Narrow with kinds, tags or more words.`
        : "";
    return lines.join("\n") + tail + (still && `\n\n${still}`);
  },
  run: async (context, given) => {
    const { memory } = context;
    const view = await memory.view(given.as_of);
    const related = await relatedTo(memory, given, view);
    const from = given.scope === undefined ? readingScope(context) : namedScope(context, given.scope);
    const asked = { ...request(given, memory, from), ...related };
    const need = view.commit === undefined ? historyNeed(given) : undefined;
    const unknown = need !== undefined && !(await memory.historyKnown(need));
    const start = performance.now();
    const { vector, degraded: worded } = await memory.meaning.of(asked, view);
    const found = await view.index.search({ ...asked, ...(vector && { vector }) });
    const degraded = [...(unknown ? ["history"] : []), ...(worded === undefined ? [] : [worded])].join("; ");
    if (view.commit === undefined && asked.query !== undefined && given.cursor === undefined) {
      const { name } = await memory.store();
      memory.usage.asked(name, asked.query, memory.now(), performance.now() - start, found.total);
    }
    if (view.commit === undefined) await memory.awaitStale(found.hits.map(({ entry }) => entry));
    const hint = asked.scopes?.length === 0 ? noLayer(given, memory) : found.hint;
    return {
      hits: found.hits.map(({ entry, score, snippet, flags, explain }) => ({
        ...headOf(memory, entry),
        ...(snippet === undefined || snippet === "" ? {} : { snippet }),
        ...(given.query?.trim() ? { score: Math.round(score * 10_000) / 10_000 } : {}),
        ...flags,
        ...staleFlag(memory, entry, view),
        ...(explain === undefined ? {} : { explain }),
      })),
      total: found.total,
      ...(found.nextCursor === undefined ? {} : { next_cursor: found.nextCursor }),
      ...(degraded === "" ? {} : { degraded }),
      ...hintOf(hint, isDiscarded(memory, from) && !given.include?.includes("archived")),
    };
  },
});
