import * as z from "zod";
import { RELATION_TYPES, readType } from "../entry/relations.js";
import { refuseSecrets } from "../memory/edits.js";
import { planRelate, planUnrelate, type RelateInput, storeOfRelation } from "../memory/relate.js";
import { nodeAddressIn, nodeAt } from "../memory/related-to.js";
import { listRelations } from "../memory/relation-list.js";
import { recordOfAny, resultOfAny } from "../memory/scope-edit.js";
import { writeLine } from "./entry-head.js";
import { operation } from "./operation.js";
import { allowSecrets, direction, reason, ref, writeResult } from "./params.js";
import { relationLine, relationView } from "./relation-line.js";
import { relationTypes, relationWalks, resultLimit, target } from "./relation-walks.js";

const type = z
  .string()
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u, { error: "has to be one word such as depends_on" })
  .describe(`${RELATION_TYPES.join(", ")}, or another word; unrelated_to ends suggestions`);

const ends = { ref, type, target };

const create = operation({
  area: "relation",
  action: "create",
  command: "relation create",
  title: "Relate two entries",
  description: "ref type target, such as A depends_on B; again with another strength or note it changes those.",
  input: z.strictObject({
    ...ends,
    strength: z.number().min(0).max(1).optional(),
    note: z.string().min(1).max(500).describe("Why they belong together").optional(),
    reason: reason.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: writeResult.extend({ relation: relationView, existed: z.literal(true).optional() }),
  effect: "write",
  idempotent: true,
  toolset: "graph",
  route: { method: "POST", path: "/relations" },
  args: ["ref", "type", "target"],
  versionOf: ({ version }) => version,
  render: (output) => `${relationLine(output.relation)}\n${writeLine(output)}`,
  run: async ({ memory, caller }, given) => {
    const store = await storeOfRelation(memory, given);
    return memory.transact(store, async (draft) => {
      const { edit, relation, existed } = await planRelate(memory, draft, given as RelateInput);
      await refuseSecrets(draft, given.allow_secrets ?? []);
      return {
        record: recordOfAny([edit], caller, given.reason),
        answer: (written) => ({
          ...resultOfAny(memory, store, edit, written),
          relation,
          ...(existed ? { existed: true as const } : {}),
        }),
      };
    });
  },
});

const remove = operation({
  area: "relation",
  action: "delete",
  command: "relation delete",
  title: "Take a relation away",
  description: "Removes ref type target; the history of the entry keeps it.",
  input: z.strictObject({ ...ends, reason: reason.optional() }),
  output: z.object({ removed: z.array(relationView), written: z.array(writeResult) }),
  effect: "delete",
  idempotent: true,
  toolset: "graph",
  route: { method: "DELETE", path: "/relations/{ref}" },
  args: ["ref", "type", "target"],
  render: ({ removed, written }) =>
    removed.length === 0
      ? "There is no such relation; nothing was changed."
      : [...removed.map((one) => `Removed: ${relationLine(one)}`), ...written.map(writeLine)].join("\n"),
  run: async ({ memory, caller }, given) => {
    const store = await storeOfRelation(memory, given);
    return memory.transact(store, async (draft) => {
      const removed = await planUnrelate(memory, draft, given);
      const edits = removed.map(({ edit }) => edit);
      return {
        record: recordOfAny(edits, caller, given.reason),
        answer: (written) => ({
          removed: removed.map(({ relation }) => relation),
          written: edits.map((edit) => resultOfAny(memory, store, edit, written)),
        }),
      };
    });
  },
});

const list = operation({
  area: "relation",
  action: "list",
  command: "relation list",
  title: "Relations of an entry, or of all",
  description: "The relations that lead from ref and to it, or without ref those of the store.",
  input: z.strictObject({
    ref: ref.optional(),
    direction: direction.optional(),
    types: relationTypes.optional(),
    limit: resultLimit.optional(),
    cursor: z.string().max(8_000).describe("next_cursor of the page before").optional(),
  }),
  output: z.object({
    address: z.string().optional(),
    relations: z.array(relationView),
    total: z.int(),
    next_cursor: z.string().optional(),
  }),
  effect: "read",
  idempotent: true,
  toolset: "graph",
  route: { method: "GET", path: "/relations" },
  args: ["ref"],
  render: ({ relations, total, next_cursor }) => {
    if (relations.length === 0) return "No relations.";
    const rest = next_cursor === undefined ? "" : `\n\n${total} in all. The next page: cursor ${next_cursor}.`;
    return relations.map((one) => `- ${relationLine(one)}`).join("\n") + rest;
  },
  run: async ({ memory }, given) => {
    await memory.fresh();
    const entry = given.ref === undefined ? undefined : await nodeAt(memory, given.ref);
    const page = await listRelations(memory, {
      ...(entry === undefined ? {} : { entry }),
      direction: given.direction ?? "both",
      ...(given.types === undefined ? {} : { types: given.types.map((one) => readType(one).type) }),
      limit: given.limit ?? 20,
      ...(given.cursor === undefined ? {} : { cursor: given.cursor }),
    });
    return {
      ...(entry === undefined ? {} : { address: nodeAddressIn(memory, entry) }),
      ...page,
      relations: [...page.relations],
    };
  },
});

export const relationOperations = [create, list, remove, ...relationWalks];
