import * as z from "zod";
import { MemoryError } from "../errors.js";
import { type Alike, alikeTo, type NewText } from "../memory/alike.js";
import type { Changer } from "../memory/basis.js";
import type { Draft } from "../memory/draft.js";
import { type Edit, recordOf, refuseSecrets, resultOf, withHint } from "../memory/edits.js";
import { hintOf } from "../memory/just-before.js";
import type { Memory } from "../memory/memory.js";
import { moveEntries } from "../memory/move-entries.js";
import { refuseOutsidePaths } from "../memory/path-check.js";
import { refuseMixed } from "../memory/private.js";
import { redirectElsewhere } from "../memory/redirect.js";
import { refuseRelations } from "../memory/relation-check.js";
import { type DeleteInput, planDelete, planRestore, type RestoreInput } from "../memory/remove.js";
import { resolve, resolvePath, storeOf } from "../memory/resolve.js";
import { planSave, type SaveInput, storeOfSave } from "../memory/save.js";
import { type Calling, namedScope } from "../memory/session/call-session.js";
import { beginBefore, beginFor, placed } from "../memory/session/placing.js";
import { refuseFullSessions } from "../memory/session/working-set.js";
import { unsharedHint } from "../memory/unshared.js";
import { placeOf, planUpdate, storeFor, type UpdateInput } from "../memory/update.js";
import { writeLine } from "./entry-head.js";
import { goOn, type OperationContext, operation } from "./operation.js";
import { allowSecrets, baseVersion, fields, kind, reason, ref, scope, tags, writeResult } from "./params.js";

const saveInput = {
  title: z.string().min(1).max(200),
  content: z.string().describe("Markdown; short, self-contained"),
  kind: kind.describe("memory (default), guideline, tool, pattern").optional(),
  category: z.string().max(100).describe("e.g. decision, fact, insight; security; cli").optional(),
  tags: tags.optional(),
  applies_to: z.array(z.string().max(500)).max(100).describe("Globs of code files it is about").optional(),
  scope: scope.optional(),
  name: z.string().min(1).max(500).describe("File name; made from the title when absent").optional(),
  fields: fields.describe("Other front matter: priority, importance, source, valid_until, relations …").optional(),
  allow_similar: z.boolean().describe("Save although the address or text is there").optional(),
  private: z.boolean().describe("Only for this person: never committed").optional(),
};

const updateInput = {
  ref,
  set: fields.describe("Fields to set, null clears; name, scope, kind move it").optional(),
  content: z.string().describe("New text, whole").optional(),
  append: z.string().describe("Text to add at the end").optional(),
  edits: z
    .array(z.strictObject({ old: z.string(), new: z.string() }))
    .max(100)
    .describe("Exact replacements; old must occur once")
    .optional(),
  add_tags: tags.optional(),
  remove_tags: tags.optional(),
  base_version: baseVersion.optional(),
};

const deleteInput = {
  ref,
  purge: z.boolean().describe("Remove the file; history keeps it, except of a private one").optional(),
  base_version: baseVersion.optional(),
};

const restoreInput = { ref, version: z.string().min(7).max(64), base_version: baseVersion.optional() };

/** What one item does: to which store, found out before, and to which entry of it. */
interface Plan {
  /** What has to be there before. */
  readonly before?: () => Promise<void>;
  readonly store: (memory: Memory) => Promise<string>;
  /** What it would add, to be compared with what is there. */
  readonly text?: NewText;
  readonly edit: (memory: Memory, draft: Draft, alike: readonly Alike[]) => Promise<Edit>;
}

const saving = (calling: Calling, input: SaveInput): Plan => ({
  before: () => beginBefore(calling, input),
  store: (memory) => storeOfSave(memory, placed(calling, input)),
  text: input,
  edit: async (memory, draft, alike) => {
    await beginFor(calling, draft, input);
    return planSave(memory, draft, placed(calling, input), alike);
  },
});

/** An update with the scope that it means for this call. */
const aimed = (calling: Calling, input: UpdateInput): UpdateInput =>
  input.set?.scope === "session" ? { ...input, set: { ...input.set, scope: namedScope(calling, "session") } } : input;

const updating = (calling: Calling, input: UpdateInput): Plan => ({
  store: (memory) => storeOf(memory, input.ref),
  edit: (memory, draft) => planUpdate(memory, draft, aimed(calling, input), changerOf(calling)),
});

const deleting = (calling: Calling, input: DeleteInput): Plan => ({
  store: (memory) => storeOf(memory, input.ref),
  edit: (memory, draft) => planDelete(memory, draft, input, changerOf(calling)),
});

const restoring = (input: RestoreInput): Plan => ({
  store: async (memory) => {
    await memory.fresh();
    return (await resolvePath(memory, input.ref)).store;
  },
  edit: (memory, draft) => planRestore(memory, draft, input),
});

const changerOf = ({ caller, connection }: Calling): Changer => ({ caller, known: connection?.texts });

interface WriteInput {
  readonly reason?: string | undefined;
  readonly allow_secrets?: readonly string[] | undefined;
}

/** Runs what decides about some entries as one write: all of them or none. */
async function writeAll(
  context: OperationContext,
  store: string,
  decide: (draft: Draft) => Promise<readonly Edit[]>,
  reason: string | undefined,
) {
  const { memory, caller, signal } = context;
  const done = await memory.transact(store, async (draft) => {
    goOn(signal);
    const edits = await decide(draft);
    goOn(signal);
    return {
      record: recordOf(edits, caller, reason),
      answer: (written) => ({
        edits,
        results: edits.map((edit) => ({
          ...resultOf(memory, store, edit, written),
          ...hintOf(memory, edit, written, caller),
        })),
      }),
    };
  });
  noteTexts(context, store, done.edits);
  const redirections = done.edits.flatMap(({ redirection }) => redirection ?? []);
  const hint = await redirectElsewhere(memory, redirections, [store], { caller, reason });
  return done.results.map((result) => withHint(withHint(result, unsharedHint(memory, result)), hint));
}

/** What the connection knows of the entries from now on: of one that was merged its own text, not what came of it. */
function noteTexts({ memory, connection }: OperationContext, store: string, edits: readonly Edit[]): void {
  const unseen = new Set<string>();
  for (const { path, id, after, merge, whole, own = merge?.own } of edits) {
    const key = { store, path, id };
    const version = memory.at(key)?.version;
    if (!connection || !after || version === undefined) continue;
    if (own) {
      connection.texts.note(key, { version, bytes: own });
      unseen.add(path);
    } else if (!unseen.has(path) && (whole || connection.texts.of(key))) connection.texts.note(key, { version });
  }
}

/** Every plan is tried, so that one answer names all that has to be mended. */
async function decideAll(
  { memory, progress }: OperationContext,
  draft: Draft,
  plans: readonly Plan[],
  alike: readonly (readonly Alike[])[],
  allow: readonly string[],
): Promise<Edit[]> {
  const edits: Edit[] = [];
  const errors: Refusal[] = [];
  for (const [position, plan] of plans.entries()) {
    progress?.(position, plans.length, "Deciding item by item");
    try {
      edits.push(await plan.edit(memory, draft, alike[position]!));
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      errors.push({ position, error });
    }
  }
  if (errors.length > 0) throw refusedAt(errors, plans.length);
  refuseMixed(edits);
  await refuseRelations(memory, draft).catch(atItsPosition);
  await refuseOutsidePaths(draft).catch(atItsPosition);
  await refuseFullSessions(memory, draft);
  await refuseSecrets(draft, allow).catch(atItsPosition);
  return edits;

  function atItsPosition(error: unknown): never {
    if (!(error instanceof MemoryError)) throw error;
    throw refusedAt([{ position: edits.findIndex(({ path }) => path === error.data.path), error }], plans.length);
  }
}

interface Refusal {
  readonly position: number;
  readonly error: MemoryError;
}

function refusedAt(errors: readonly Refusal[], of: number): MemoryError {
  const { position, error: first } = errors[0]!;
  return new MemoryError(
    first.code,
    `${errors.length} of ${of} cannot be done, so nothing was written. At position ${position}: ${first.message}`,
    { errors: errors.map(({ position, error: { code, message, data } }) => ({ position, code, message, data })) },
  );
}

async function writeOne(context: OperationContext, plan: Plan, { reason, allow_secrets = [] }: WriteInput) {
  const decide = async (draft: Draft): Promise<Edit[]> => {
    const edit = await plan.edit(context.memory, draft, alike);
    await refuseRelations(context.memory, draft);
    await refuseOutsidePaths(draft);
    await refuseFullSessions(context.memory, draft);
    await refuseSecrets(draft, allow_secrets);
    return [edit];
  };
  const store = await plan.store(context.memory);
  await plan.before?.();
  const [alike = []] = await alikeTo(context.memory, [plan.text], { store, allow: allow_secrets });
  return (await writeAll(context, store, decide, reason))[0]!;
}

/** The update of an entry that goes to another store with it; undefined where it stays in its own. */
async function moveAway(context: OperationContext, update: UpdateInput, given: WriteInput) {
  if (update.set?.scope === undefined) return undefined;
  const { memory, caller, signal } = context;
  await memory.fresh();
  const { ref, set = {}, ...rest } = aimed(context, update);
  const { store, path } = await resolve(memory, ref);
  const entry = memory.at({ store, path });
  const place = entry && placeOf(memory, entry, set);
  const target = entry && storeFor(memory, entry, String(set.scope));
  if (target === undefined || target === store) return undefined;
  const known = context.connection?.texts.versionOf({ store, path, id: entry?.id });
  const changes = { ...rest, set, ...(rest.base_version === undefined && known ? { base_version: known } : {}) };
  const to = { ...place, scope: String(set.scope) };
  const { reason, allow_secrets } = given;
  const goOnNow = () => goOn(signal);
  return (
    await moveEntries(memory, [{ key: { store, path }, to, changes }], { caller, reason, allow_secrets, goOn: goOnNow })
  )[0]!;
}

/** Zod's optional fields may be there with the value undefined; plans take them as absent. */
const as = <T>(value: unknown): T => value as T;

export const save = operation({
  area: "save",
  command: "save",
  title: "Save an entry",
  description:
    "Save one thing a colleague needs in a month: a decision and why, a correction, a trap, a command. Search first; update what is there.",
  input: z.strictObject({ ...saveInput, reason: reason.optional(), allow_secrets: allowSecrets.optional() }),
  output: writeResult,
  effect: "write",
  idempotent: false,
  storeless: true,
  toolset: "default",
  route: { method: "POST", path: "/entries", status: 201 },
  args: ["title", "content"],
  versionOf: ({ version }) => version,
  render: writeLine,
  run: (context, given) => writeOne(context, saving(context, as(given)), given),
});

export const update = operation({
  area: "update",
  command: "update",
  title: "Change an entry",
  description: "Change fields, text, tags or place of an entry. Only what you name changes.",
  input: z.strictObject({ ...updateInput, reason: reason.optional(), allow_secrets: allowSecrets.optional() }),
  output: writeResult,
  effect: "write",
  idempotent: false,
  toolset: "default",
  route: { method: "PATCH", path: "/entries/{ref}" },
  args: ["ref"],
  versionOf: ({ version }) => version,
  render: writeLine,
  run: async (context, given) =>
    (await moveAway(context, as(given), given)) ?? writeOne(context, updating(context, as(given)), given),
});

export const remove = operation({
  area: "delete",
  command: "delete",
  title: "Archive or delete an entry",
  description: "Archive an entry that no longer holds; purge takes the file away.",
  input: z.strictObject({ ...deleteInput, reason: reason.optional() }),
  output: writeResult,
  effect: "delete",
  idempotent: true,
  toolset: "default",
  route: { method: "DELETE", path: "/entries/{ref}" },
  args: ["ref"],
  versionOf: ({ version }) => version,
  render: writeLine,
  run: (context, given) => writeOne(context, deleting(context, as(given)), given),
});

const item = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("save"), ...saveInput }),
  z.strictObject({ op: z.literal("update"), ...updateInput }),
  z.strictObject({ op: z.literal("delete"), ...deleteInput }),
  z.strictObject({ op: z.literal("restore"), ...restoreInput }),
]);

function planOf(calling: Calling, { op, ...given }: z.infer<typeof item>): Plan {
  if (op === "save") return saving(calling, as(given));
  if (op === "update") return updating(calling, as(given));
  if (op === "delete") return deleting(calling, as(given));
  return restoring(as(given));
}

/** The store of the first item that says one: others may be about what earlier items make. */
async function storeOfFirst(memory: Memory, plans: readonly Plan[]): Promise<string> {
  let refusal: MemoryError | undefined;
  for (const [position, { store }] of plans.entries()) {
    try {
      return await store(memory);
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      refusal ??= refusedAt([{ position, error }], plans.length);
    }
  }
  throw refusal;
}

export const bulk = operation({
  area: "bulk",
  command: "bulk",
  title: "Several writes as one",
  description: "Up to 100 saves, updates, deletes and restores in one commit: all or nothing, errors by position.",
  input: z.strictObject({
    items: z.array(item).min(1).max(100),
    reason: reason.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: z.object({ results: z.array(writeResult) }),
  effect: "delete",
  idempotent: false,
  storeless: true,
  toolset: "more",
  route: { method: "POST", path: "/bulk" },
  args: ["items"],
  render: ({ results }) => results.map((result) => `- ${writeLine(result)}`).join("\n"),
  run: async (context, given) => {
    const plans = given.items.map((one) => planOf(context, one));
    const store = await storeOfFirst(context.memory, plans);
    for (const { before } of plans) await before?.();
    const [texts, allow] = [plans.map(({ text }) => text), given.allow_secrets ?? []];
    const alike = await alikeTo(context.memory, texts, { store, allow });
    const decide = (draft: Draft) => decideAll(context, draft, plans, alike, allow);
    return { results: await writeAll(context, store, decide, given.reason) };
  },
});
