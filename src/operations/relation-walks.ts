import * as z from "zod";
import { readType } from "../entry/relations.js";
import type { Memory } from "../memory/memory.js";
import { indexedAt, nodeAddressIn, nodeAt } from "../memory/related-to.js";
import { addressIn } from "../memory/resolve.js";
import { suggestRelations } from "../memory/suggest.js";
import type { RelationEnd, Step } from "../search/relation-link.js";
import type { Walk } from "../search/relation-ways.js";
import { operation } from "./operation.js";
import { depth, direction, ref } from "./params.js";

export const target = ref.describe("The other entry");
export const relationTypes = z.array(z.string().min(1).max(64)).max(50).describe("Only relations of these types");
export const resultLimit = z.int().min(1).max(200).describe("20 when absent");

const step = z.object({ types: z.array(z.string()), direction: z.enum(["out", "in"]), to: z.string() });

type StepView = z.infer<typeof step>;

interface Asked {
  readonly direction?: Walk["direction"] | undefined;
  readonly types?: readonly string[] | undefined;
}

const walkOf = ({ direction: wanted, types }: Asked): Walk => ({
  direction: wanted ?? "both",
  ...(types === undefined ? {} : { types: types.map((one) => readType(one).type) }),
});

/** What the index has at the end of a step: ways lead over entries and documents only. */
const nodeOf = (memory: Memory, { store, path }: RelationEnd) =>
  (memory.index.get(store, path!) ?? memory.index.documents.get(store, path!))!;

const stepsOf = (memory: Memory, steps: readonly Step[]): StepView[] =>
  steps.map(({ types, direction: way, to }) => ({
    types: [...types],
    direction: way,
    to: nodeAddressIn(memory, nodeOf(memory, to)),
  }));

/** The arrow shows which of the two entries holds the relation's beginning. */
const stepText = ({ types, direction: way, to }: StepView): string =>
  way === "out" ? `—${types.join(", ")}→ \`${to}\`` : `←${types.join(", ")}— \`${to}\``;

const neighbors = operation({
  area: "relation",
  action: "neighbors",
  command: "relation neighbors",
  title: "What an entry is related to",
  description: "The entries around ref, nearest first, each with the way there.",
  input: z.strictObject({
    ref,
    depth: depth.optional(),
    direction: direction.optional(),
    types: relationTypes.optional(),
    limit: resultLimit.optional(),
  }),
  output: z.object({
    address: z.string(),
    neighbors: z.array(
      z.object({
        address: z.string(),
        title: z.string(),
        kind: z.string(),
        distance: z.int(),
        steps: z.array(step),
        archived: z.literal(true).optional(),
        expired: z.literal(true).optional(),
        superseded_by: z.string().optional(),
      }),
    ),
    total: z.int(),
  }),
  effect: "read",
  idempotent: true,
  toolset: "graph",
  route: { method: "GET", path: "/relations/{ref}/neighbors" },
  args: ["ref"],
  render: ({ address, neighbors: found, total }) => {
    if (found.length === 0) return `Nothing is related to \`${address}\` that way.`;
    const lines = found.map(({ title, steps, archived, expired, superseded_by }) => {
      const flags = [archived && "archived", expired && "expired", superseded_by && `superseded by ${superseded_by}`];
      const known = flags.filter(Boolean).map((flag) => ` · ${flag}`);
      return `- **${title}**${known.join("")} ${steps.map(stepText).join(" ")}`;
    });
    const more = total > found.length ? `\n\n${total} in all; limit shows more, types and direction narrow it.` : "";
    return `From \`${address}\`:\n${lines.join("\n")}${more}`;
  },
  run: async ({ memory }, given) => {
    await memory.fresh();
    const entry = await nodeAt(memory, given.ref);
    const walk = { ...walkOf(given), depth: given.depth ?? 1, limit: given.limit ?? 20 };
    const { nearest, total } = memory.index.relations.neighbors(entry, walk);
    return {
      address: nodeAddressIn(memory, entry),
      neighbors: nearest.map(({ end, steps }) => {
        const node = nodeOf(memory, end);
        const { store, path, title } = node;
        const { archived, expired, superseded_by } =
          "kind" in node
            ? memory.index.flags(store, path)
            : { archived: node.archived, expired: undefined, superseded_by: undefined };
        return {
          address: nodeAddressIn(memory, node),
          title,
          kind: "kind" in node ? node.kind : node.level,
          distance: steps.length,
          steps: stepsOf(memory, steps),
          ...(archived ? { archived } : {}),
          ...(expired ? { expired } : {}),
          ...(superseded_by ? { superseded_by } : {}),
        };
      }),
      total,
    };
  },
});

const path = operation({
  area: "relation",
  action: "path",
  command: "relation path",
  title: "How two entries hang together",
  description: "The shortest way from ref to target.",
  input: z.strictObject({ ref, target, direction: direction.optional(), types: relationTypes.optional() }),
  output: z.object({
    from: z.string(),
    to: z.string(),
    found: z.boolean(),
    distance: z.int().optional(),
    steps: z.array(step),
  }),
  effect: "read",
  idempotent: true,
  toolset: "graph",
  route: { method: "GET", path: "/relations/{ref}/path" },
  args: ["ref", "target"],
  render: ({ from, to, found, steps }) =>
    found ? [`\`${from}\``, ...steps.map(stepText)].join(" ") : `No way leads from \`${from}\` to \`${to}\`.`,
  run: async ({ memory }, given) => {
    await memory.fresh();
    const [from, to] = [await nodeAt(memory, given.ref), await nodeAt(memory, given.target)];
    const steps = memory.index.relations.path(from, to, walkOf(given));
    return {
      from: nodeAddressIn(memory, from),
      to: nodeAddressIn(memory, to),
      found: steps !== undefined,
      ...(steps === undefined ? {} : { distance: steps.length }),
      steps: stepsOf(memory, steps ?? []),
    };
  },
});

const suggest = operation({
  area: "relation",
  action: "suggest",
  command: "relation suggest",
  title: "What an entry may be related to",
  description:
    "Entries that may belong to ref: create accepts one; create with type unrelated_to keeps it from coming again.",
  input: z.strictObject({ ref, limit: resultLimit.optional() }),
  output: z.object({
    address: z.string(),
    suggestions: z.array(
      z.object({
        address: z.string(),
        title: z.string(),
        kind: z.string(),
        score: z.number(),
        reasons: z.array(z.string()),
      }),
    ),
  }),
  effect: "read",
  idempotent: true,
  toolset: "graph",
  route: { method: "GET", path: "/relations/{ref}/suggest" },
  args: ["ref"],
  render: ({ address, suggestions }, _style, say) => {
    if (suggestions.length === 0) return `Nothing suggests itself for \`${address}\`.`;
    const lines = suggestions.map(
      (one) => `- **${one.title}** · \`${one.address}\` · ${one.score.toFixed(2)} · ${one.reasons.join(", ")}`,
    );
    const next = say("[[relation create]] accepts one; with type unrelated_to it does not come again.");
    return `${lines.join("\n")}\n\n${next}`;
  },
  run: async ({ memory }, given) => {
    await memory.fresh();
    const entry = await indexedAt(memory, given.ref);
    const suggestions = await suggestRelations(memory, entry, given.limit ?? 20);
    return {
      address: addressIn(memory, entry),
      suggestions: suggestions.map(({ reasons, ...one }) => ({ ...one, reasons: [...reasons] })),
    };
  },
});

export const relationWalks = [neighbors, path, suggest];
