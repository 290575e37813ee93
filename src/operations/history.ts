import * as z from "zod";
import { formatAddress } from "../entry/address.js";
import { diffEntries, renderDiff } from "../entry/diff.js";
import { isPrivate, locate } from "../entry/entry-path.js";
import { blameEntry } from "../memory/blame.js";
import { documentAddress } from "../memory/documents.js";
import { recordOf, refuseSecrets, resultOf } from "../memory/edits.js";
import { hintOf } from "../memory/just-before.js";
import type { Memory } from "../memory/memory.js";
import { readAt } from "../memory/parse-at.js";
import { refuseOutsidePaths } from "../memory/path-check.js";
import { refuseRelations } from "../memory/relation-check.js";
import { planRestore, type RestoreInput } from "../memory/remove.js";
import { resolvePath } from "../memory/resolve.js";
import { ownFile, restoreFile } from "../memory/restore-file.js";
import { findVersion, versionsOf } from "../memory/versions.js";
import type { EntryKey } from "../search/indexed.js";
import { writeLine } from "./entry-head.js";
import { goOn, operation } from "./operation.js";
import { allowSecrets, asOf, baseVersion, reason, ref, writeResult } from "./params.js";
import { versionOutput, versionView } from "./version-view.js";

const token = z.string().min(7).max(64);

async function addressAt(memory: Memory, { store, path }: EntryKey): Promise<string> {
  const located = locate(path, (await memory.store(store)).manifest.root);
  if (located.type === "scope-document") return documentAddress(located);
  return located.type === "entry" ? formatAddress(located, memory.scope) : path;
}

const isDocument = async (memory: Memory, { store, path }: EntryKey): Promise<boolean> =>
  locate(path, (await memory.store(store)).manifest.root).type === "scope-document";

const list = operation({
  area: "history",
  action: "list",
  command: "history",
  title: "Versions of an entry",
  description: "Versions, newest first: who, when, why, the commit.",
  input: z.strictObject({ ref, limit: z.int().min(1).max(500).describe("20 when absent").optional() }),
  output: z.object({
    address: z.string(),
    versions: z.array(versionOutput),
    total: z.int(),
    truncated: z.literal(true).optional(),
    hint: z.string().optional(),
  }),
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "GET", path: "/entries/{ref}/history" },
  args: ["ref"],
  render: ({ address, versions, total, truncated, hint }) => {
    const lines = versions.map((one) => {
      const who = [one.author, one.agent].filter(Boolean).join(" with ");
      const where = one.aside ? `aside: ${one.aside}` : one.pending ? "pending" : (one.commit?.slice(0, 10) ?? "");
      const why = one.reason ? ` — ${one.reason.split("\n", 1)[0]}` : "";
      const across = `${one.from ? ` from ${one.from}` : ""}${one.to ? ` to ${one.to}` : ""}`;
      return `- ${one.number ?? "·"} ${one.at} ${one.change_type}${across} by ${who} · ${(one.version ?? "gone").slice(0, 12)} ${where}${why}`;
    });
    const more = total > versions.length ? `\n${total} in all; limit shows more.` : "";
    return `\`${address}\`\n${lines.join("\n")}${more}${truncated ? "\nOlder versions were not reached." : ""}${hint ? `\n${hint}` : ""}`;
  },
  run: async ({ memory }, given) => {
    const { name: store } = await memory.fresh();
    const own = await ownFile(memory, given.ref);
    const key = own === undefined ? await resolvePath(memory, given.ref) : { store, path: own };
    const { versions, truncated } = await versionsOf(memory, key, given.ref);
    return {
      address: await addressAt(memory, key),
      versions: versions.slice(0, given.limit ?? 20).map(versionView),
      total: versions.length,
      ...(truncated ? { truncated: true as const } : {}),
      ...(isPrivate(key.path) ? { hint: "A private entry has no history: this is its current text." } : {}),
    };
  },
});

const diff = operation({
  area: "history",
  action: "diff",
  command: "diff",
  title: "What changed between two versions",
  description: "Field by field and line by line; from: the version before to; to: the current one.",
  input: z.strictObject({ ref, from: token.optional(), to: token.optional() }),
  output: z.object({
    address: z.string(),
    from: z.string().optional(),
    to: z.string().optional(),
    fields: z.array(z.object({ field: z.string(), before: z.unknown().optional(), after: z.unknown().optional() })),
    body: z.array(
      z.object({
        type: z.enum(["same", "added", "removed"]),
        lines: z.array(z.string()),
        oldStart: z.int(),
        newStart: z.int(),
      }),
    ),
  }),
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "GET", path: "/entries/{ref}/diff" },
  args: ["ref", "from", "to"],
  render: (output) => `\`${output.address}\`\n${renderDiff(output) || "No difference."}`,
  run: async ({ memory }, given) => {
    await memory.fresh();
    const key = await resolvePath(memory, given.ref);
    const { manifest } = await memory.store(key.store);
    const { versions } = await versionsOf(memory, key, given.ref);
    const line = versions.filter(({ aside }) => aside === undefined);
    const to = given.to === undefined ? line[0] : (await findVersion(memory, key, given.ref, given.to)).version;
    const older = to && line[line.indexOf(line.find(({ version, at }) => version === to.version && at === to.at)!) + 1];
    const from = given.from === undefined ? older : (await findVersion(memory, key, given.ref, given.from)).version;
    const entryOf = async (version: typeof to) => {
      if (!version?.version) return null;
      const { bytes } = await findVersion(memory, key, given.ref, version.version);
      return bytes ? (readAt(manifest.root, version.path, bytes) ?? null) : null;
    };
    const difference = diffEntries(await entryOf(from), await entryOf(to));
    return {
      address: await addressAt(memory, key),
      ...(from?.version ? { from: from.version } : {}),
      ...(to?.version ? { to: to.version } : {}),
      fields: difference.fields.map((one) => ({ ...one })),
      body: difference.body.map((one) => ({ ...one, lines: [...one.lines] })),
    };
  },
});

const restore = operation({
  area: "history",
  action: "restore",
  command: "restore",
  title: "Make an older version current",
  description: "Makes an older version the newest one, also of a deleted entry.",
  input: z.strictObject({
    ref,
    version: token,
    reason: reason.optional(),
    base_version: baseVersion.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: writeResult,
  effect: "write",
  idempotent: true,
  toolset: "default",
  route: { method: "POST", path: "/entries/{ref}/restore" },
  args: ["ref", "version"],
  versionOf: ({ version }) => version,
  render: writeLine,
  run: async ({ memory, caller, signal }, given) => {
    const input = given as RestoreInput;
    const own = await ownFile(memory, given.ref);
    const main = await memory.fresh();
    const key = own === undefined ? await resolvePath(memory, given.ref) : { store: main.name, path: own };
    const { store } = key;
    if (own !== undefined || (await isDocument(memory, key)))
      return restoreFile(memory, key, input, { caller, reason: given.reason, allow: given.allow_secrets ?? [] });
    return memory.transact(store, async (draft) => {
      goOn(signal);
      const edit = await planRestore(memory, draft, input);
      await refuseRelations(memory, draft);
      await refuseOutsidePaths(draft);
      await refuseSecrets(draft, given.allow_secrets ?? []);
      return {
        record: recordOf([edit], caller, given.reason),
        answer: (written) => ({
          ...resultOf(memory, store, edit, written),
          ...hintOf(memory, edit, written, caller),
        }),
      };
    });
  },
});

const origin = z.int().optional();

/** A short name for a version: its commit's, else its own. */
const shortName = ({ commit, version }: z.infer<typeof versionOutput>): string => (commit ?? version ?? "").slice(0, 8);

const blame = operation({
  area: "history",
  action: "blame",
  command: "blame",
  title: "Where each line comes from",
  description: "The version that each field and line came from.",
  input: z.strictObject({ ref, as_of: asOf.optional() }),
  output: z.object({
    address: z.string(),
    origins: z.array(versionOutput),
    fields: z.array(z.object({ field: z.string(), origin })),
    lines: z.array(z.object({ text: z.string(), origin })),
  }),
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "GET", path: "/entries/{ref}/blame" },
  args: ["ref"],
  render: ({ address, origins, fields, lines }) => {
    const names = origins.map(shortName);
    const name = (at: number | undefined) => (at === undefined ? "older" : (names[at] ?? ""));
    const legend = origins.map((one, at) => {
      const who = [one.author, one.agent].filter(Boolean).join(" with ");
      const why = one.reason ? ` — ${one.reason.split("\n", 1)[0]}` : "";
      return `${name(at)} ${one.at.slice(0, 16)}Z ${who}${one.pending ? " · pending" : ""}${why}`;
    });
    const groups = new Map<number | undefined, string[]>();
    for (const one of fields) groups.set(one.origin, [...(groups.get(one.origin) ?? []), one.field]);
    const fieldLines = [...groups].map(([at, some]) => `${name(at).padEnd(8)} ${some.join(", ")}`);
    const shown = lines.map((line, at) => {
      const same = at > 0 && lines[at - 1]?.origin === line.origin;
      return `${(same ? "" : name(line.origin)).padEnd(8)} | ${line.text}`;
    });
    return [`\`${address}\``, ...legend, "", ...fieldLines, "", ...shown].join("\n");
  },
  run: async ({ memory }, given) => {
    const { entry, origins, fields, lines } = await blameEntry(memory, given.ref, given.as_of);
    return {
      address: "kind" in entry ? formatAddress(entry, memory.scope) : documentAddress(entry),
      origins: origins.map(versionView),
      fields: [...fields],
      lines: [...lines],
    };
  },
});

export const historyOperations = [list, diff, restore, blame];
