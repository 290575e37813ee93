import * as z from "zod";
import { diffEntries, renderDiff } from "../entry/diff.js";
import { TAKES } from "../entry/resolve-conflict.js";
import { findConflict, type LoggedConflict, listConflicts } from "../memory/conflict-log.js";
import { refuseSecrets, refuseSecretTexts, standing } from "../memory/edits.js";
import type { Memory } from "../memory/memory.js";
import { closedBefore, planPrune } from "../memory/prune-conflicts.js";
import { planResolve } from "../memory/resolve-conflict.js";
import { goOn, operation } from "./operation.js";
import { allowSecrets, baseVersion, fields, iso, reason } from "./params.js";

const id = z.string().min(1).max(1_000).describe("Its id, or the entry's address");

const head = {
  id: z.string(),
  address: z.string(),
  path: z.string(),
  store: z.string().describe("Absent for the store of calls that name none").optional(),
  cause: z.string(),
  fields: z.array(z.string()),
  detected_at: z.string(),
  unmerged: z.literal(true).describe("git has the path unmerged now: a is ours, b is theirs").optional(),
  merge_commit: z.string().describe("The merge commit that it is derived from").optional(),
  resolved: z.boolean(),
  resolution: z.string().optional(),
  resolved_at: z.string().optional(),
  resolved_by: z.string().optional(),
};

function headOf(memory: Memory, { record, address, path, store, unmerged, merge }: LoggedConflict) {
  const { id, cause, fields, detected_at, resolved, resolution, resolved_at, resolved_by } = record;
  return {
    id,
    address,
    path,
    ...(store === memory.workspace.main?.store.name ? {} : { store }),
    cause,
    fields: [...fields],
    detected_at,
    ...(unmerged ? { unmerged: true as const } : {}),
    ...(merge ? { merge_commit: merge.commit } : {}),
    resolved,
    ...(resolution === undefined ? {} : { resolution }),
    ...(resolved_at === undefined ? {} : { resolved_at }),
    ...(resolved_by === undefined ? {} : { resolved_by }),
  };
}

const line = (one: z.infer<z.ZodObject<typeof head>>): string => {
  const what = one.fields.length === 0 ? one.cause : `${one.cause}: ${one.fields.join(", ")}`;
  const end = one.resolved ? ` · resolved (${one.resolution ?? "?"}) by ${one.resolved_by ?? "?"}` : "";
  return `- \`${one.address}\` · ${what} · ${one.detected_at.slice(0, 16)}Z · ${one.id}${one.unmerged ? " · unmerged in git" : ""}${end}`;
};

const list = operation({
  area: "conflict",
  action: "list",
  command: "conflict list",
  title: "Conflicts",
  description: "What two writers or branches could not agree on; all adds what is resolved.",
  input: z.strictObject({
    all: z.boolean().describe("Resolved ones too").optional(),
    limit: z.int().min(1).max(5_000).describe("20 when absent").optional(),
  }),
  output: z.object({
    conflicts: z.array(z.object(head)),
    total: z.int(),
    incomplete: z
      .literal(true)
      .describe("Some that merges ended may be missing: history is still being read")
      .optional(),
  }),
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "GET", path: "/conflicts" },
  args: [],
  render: ({ conflicts, total, incomplete }, _style, say) => {
    const reading = incomplete ? "\nThe history of merges is still being read: there may be more." : "";
    if (total === 0) return `No conflicts.${reading}`;
    const more = total > conflicts.length ? `\n${total} in all; limit shows more.` : "";
    return `${conflicts.map(line).join("\n")}${more}${reading}\n${say("[[conflict show]] tells both sides; [[conflict resolve]] decides.")}`;
  },
  run: async ({ memory }, given) => {
    await memory.fresh();
    const { conflicts, complete } = await listConflicts(memory, given.all ?? false);
    return {
      conflicts: conflicts.slice(0, given.limit ?? 20).map((one) => headOf(memory, one)),
      total: conflicts.length,
      ...(complete ? {} : { incomplete: true as const }),
    };
  },
});

const side = z.object({
  version: z.string().optional(),
  values: z.record(z.string(), z.unknown()),
  author: z.string().optional(),
  agent: z.string().optional(),
  at: z.string().optional(),
});

/** Who wrote one side, where history knows it: of what a merge ended the commits alone tell, alike in every clone. */
async function writerOf(memory: Memory, { store, path, record, merge }: LoggedConflict, side: "a" | "b") {
  if (merge) return merge[side];
  const version = side === "a" ? record.version_a : record.version_b;
  const { versions } = await (await memory.store(store)).history(path);
  const detected = Date.parse(record.detected_at);
  // What a writer wrote beside another one is a version only as it was merged: the first since then.
  const merged =
    side === "a" && record.cause === "concurrent" ? versions.findLast(({ at }) => at >= detected) : undefined;
  return versions.find((one) => version !== null && one.version === version) ?? merged;
}

async function sideOf(memory: Memory, conflict: LoggedConflict, side: "a" | "b") {
  const { record } = conflict;
  const version = side === "a" ? record.version_a : record.version_b;
  const known: { author: string; at: number; agent?: string } | undefined = await writerOf(memory, conflict, side);
  return {
    ...(version === null ? {} : { version }),
    values: { ...record[side] },
    ...(known ? { author: known.author, at: iso(known.at) } : {}),
    ...(known?.agent === undefined ? {} : { agent: known.agent }),
  };
}

const described = (values: Readonly<Record<string, unknown>>) => {
  const { body = "", file, ...unknown } = values;
  return { scope: "", name: "", fields: {}, unknown, body: String(file ?? body) };
};

const show = operation({
  area: "conflict",
  action: "show",
  command: "conflict show",
  title: "Both sides of a conflict",
  description: "Both sides: a is what stayed, b the other.",
  input: z.strictObject({ id }),
  output: z.object({ ...head, base: z.string().optional(), a: side, b: side, diff: z.string() }),
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "GET", path: "/conflicts/{id}" },
  args: ["id"],
  render: (one, _style, say) => {
    const who = ({ author, agent, at, version }: z.infer<typeof side>) =>
      [[author, agent].filter(Boolean).join(" with "), at?.slice(0, 16), version?.slice(0, 12) ?? "deleted"]
        .filter(Boolean)
        .join(" · ");
    const next = one.resolved ? "" : `\n${say("[[conflict resolve]] with take a, b or both, or values.")}`;
    return `${line(one)}\n  a: ${who(one.a)}\n  b: ${who(one.b)}\n${one.diff}${next}`;
  },
  run: async ({ memory }, given) => {
    await memory.fresh();
    const found = await findConflict(memory, given.id);
    const { record } = found;
    await memory.historyKnown("some");
    return {
      ...headOf(memory, found),
      ...(record.base === null ? {} : { base: record.base }),
      a: await sideOf(memory, found, "a"),
      b: await sideOf(memory, found, "b"),
      diff: renderDiff(diffEntries(described(record.a), described(record.b))),
    };
  },
});

const textsOf = (values: Readonly<Record<string, unknown>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([field, value]) => [
      `values.${field}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );

const resolve = operation({
  area: "conflict",
  action: "resolve",
  command: "conflict resolve",
  title: "Decide a conflict",
  description: "take a, b or both (lists, text), or values by field.",
  input: z.strictObject({
    id,
    take: z.enum(TAKES).optional(),
    values: fields.describe("By field; body is the text").optional(),
    reason: reason.optional(),
    base_version: baseVersion.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: z.object({
    id: z.string(),
    address: z.string(),
    change: z.string(),
    version: z.string().optional(),
    path: z.string(),
    store: z.string(),
    commit: z.string().optional(),
    committed: z.boolean(),
    pending: z.string().optional(),
    staged: z.literal(true).describe("Staged in git, whose merge can go on").optional(),
  }),
  effect: "write",
  idempotent: false,
  toolset: "default",
  route: { method: "POST", path: "/conflicts/{id}/resolve" },
  args: ["id", "take"],
  versionOf: ({ version }) => version,
  render: ({ address, change, version, staged, pending, commit }) => {
    const where = staged
      ? "staged; git's merge can go on"
      : pending
        ? `pending: ${pending}`
        : commit
          ? `commit ${commit.slice(0, 10)}`
          : "";
    const now = change === "unchanged" ? "stays as it is" : change;
    return `Resolved: \`${address}\` ${now}${[version && `version ${version}`, where]
      .filter(Boolean)
      .map((one) => `; ${one}`)
      .join("")}.`;
  },
  run: async ({ memory, caller, signal }, given) => {
    await memory.fresh();
    const { store, record } = await findConflict(memory, given.id);
    const { name } = caller.author ?? (await (await memory.store(store)).user());
    return memory.transact(store, async (draft) => {
      goOn(signal);
      // Read again under the lock: somebody may have decided it meanwhile.
      const found = await findConflict(memory, record.id);
      const { take, values, base_version } = given;
      const done = await planResolve(memory, draft, found, { take, values, base_version }, name);
      await refuseSecrets(draft, given.allow_secrets ?? []);
      // What is staged is in no draft.
      if (done.settle) await refuseSecretTexts(textsOf(values), given.allow_secrets ?? []);
      return {
        record: {
          op: "updated",
          subject: `memory: resolve conflict about ${found.path}`,
          conflict: record.id,
          ...(given.reason === undefined ? {} : { reason: given.reason }),
          ...caller,
        },
        ...(done.settle ? { settle: done.settle } : {}),
        answer: (written) => {
          const version = memory.at({ store, path: done.path })?.version;
          return {
            id: record.id,
            address: found.address,
            change: done.change,
            ...(version === undefined ? {} : { version }),
            path: done.path,
            store,
            ...standing(written),
            ...(done.settle ? { staged: true as const } : {}),
          };
        },
      };
    });
  },
});

const DAY_MS = 86_400_000;

const prune = operation({
  area: "conflict",
  action: "prune",
  command: "conflict prune",
  title: "Take old resolved conflicts away",
  description: "Takes records away that were resolved so many days ago; history keeps them.",
  input: z.strictObject({
    older_than_days: z.int().min(0).max(36_500).describe("90 when absent").optional(),
    reason: reason.optional(),
  }),
  output: z.object({
    pruned: z.array(z.string()),
    committed: z.boolean(),
    commit: z.string().optional(),
    pending: z.string().optional(),
  }),
  effect: "delete",
  idempotent: true,
  toolset: "more",
  route: { method: "POST", path: "/conflicts/prune" },
  args: ["older_than_days"],
  render: ({ pruned }) =>
    pruned.length === 0 ? "No resolved conflict is so old." : `Took ${pruned.length} records away.`,
  run: async ({ memory, caller, signal }, given) => {
    const { name: store } = await memory.fresh();
    return memory.transact(store, async (draft) => {
      goOn(signal);
      const before = memory.now() - (given.older_than_days ?? 90) * DAY_MS;
      const closed = closedBefore(memory, store, before);
      planPrune(draft, closed);
      return {
        record: {
          op: "deleted",
          subject: `memory: prune ${closed.length} resolved conflicts`,
          ...(given.reason === undefined ? {} : { reason: given.reason }),
          ...caller,
        },
        answer: (written) => ({ pruned: closed.map((one) => one.id), ...standing(written) }),
      };
    });
  },
});

export const conflictOperations = [list, show, resolve, prune];
