import * as z from "zod";
import { formatAddress } from "../entry/address.js";
import { locate } from "../entry/entry-path.js";
import { KINDS } from "../entry/kinds.js";
import { MANIFEST_FILE } from "../entry/manifest.js";
import { readPerson } from "../entry/person.js";
import { formatScope } from "../entry/scope.js";
import { TAGS_FILE } from "../entry/tag-file.js";
import { listConflicts } from "../memory/conflict-log.js";
import type { MeaningState } from "../memory/meaning.js";
import type { Memory } from "../memory/memory.js";
import { readTags, tagsFault } from "../memory/tags.js";
import { type Member, PERSONAL } from "../memory/workspace.js";
import { operation } from "./operation.js";

const problem = z.object({ path: z.string(), reason: z.string() });

const person = z.object({
  name: z.string().optional(),
  email: z.string().optional(),
  display_name: z.string().optional(),
  preferences: z.record(z.string(), z.unknown()).optional(),
});

/** Who the person's own manifest says that they are, and what it says wrongly. */
function personOf(memory: Memory) {
  const own = memory.workspace.get(PERSONAL)?.store;
  const { profile, problems } = readPerson(own?.manifest.settings.person);
  const path = `${own === memory.workspace.main?.store ? "" : `${PERSONAL}:`}${MANIFEST_FILE}`;
  return { profile, problems: problems.map(({ field, message }) => ({ path, reason: `${field} ${message}` })) };
}

/** One line about a person. */
function aboutPerson({ name, email, display_name, preferences }: z.infer<typeof person>): string {
  const address = email === undefined ? "" : `<${email}>`;
  const who = [display_name, name === display_name ? undefined : name, address].filter(Boolean).join(" ");
  const likes = preferences === undefined ? "" : `preferences ${JSON.stringify(preferences)}`;
  return [who, likes].filter(Boolean).join(", ");
}

/** One open store; of the main one the scope that a call without one means. */
function storeView(memory: Memory, { store, readOnly }: Member) {
  const main = store === memory.workspace.main?.store;
  return {
    name: store.name,
    scope: main ? memory.scope : formatScope(store.manifest.root),
    root: store.relativeRoot,
    commit: store.mode,
    ...(readOnly ? { read_only: true as const } : {}),
  };
}

interface EmbedderView {
  readonly driver: string;
  readonly state: "none" | "waiting" | "embedding" | "ready";
  readonly reason?: string | undefined;
}

function embedderView({ driver, embedded, total, running, reason }: MeaningState): EmbedderView {
  const state = driver === "none" ? "none" : running ? "embedding" : embedded < total ? "waiting" : "ready";
  return { driver, state, ...(reason === undefined ? {} : { reason }) };
}

function meaningLine({ driver, state, reason }: EmbedderView, embedded: number, total: number): string {
  const why = reason === undefined ? "" : `: ${reason}`;
  if (state === "none") return `Search by words only${why}`;
  const still = state === "embedding" ? ", more to come" : "";
  return `Search by meaning: ${embedded} of ${total} entries embedded by ${driver}${still}${why}`;
}

async function addressOf(memory: Memory, path: string): Promise<string> {
  const located = locate(path, (await memory.store()).manifest.root);
  return located.type === "entry" ? formatAddress(located, memory.scope) : path;
}

export const status = operation({
  area: "admin",
  action: "status",
  command: "status",
  title: "State of the store",
  description:
    "Stores, the person, entries by kind, index, what cannot be read, what is pending or was dropped. Answers while indexing.",
  input: z.strictObject({}),
  output: z.object({
    stores: z.array(
      z.object({
        name: z.string(),
        scope: z.string(),
        root: z.string(),
        commit: z.string(),
        read_only: z.literal(true).optional(),
      }),
    ),
    unopened: z.array(problem).optional(),
    person: person.optional(),
    entries: z.record(z.string(), z.int()),
    index: z.object({
      state: z.enum(["indexing", "ready", "absent", "failed"]),
      done: z.int(),
      total: z.int().optional(),
      embedded: z.int().describe("Entries that have their vectors"),
    }),
    embedder: z.object({
      driver: z.string(),
      state: z.enum(["none", "waiting", "embedding", "ready"]),
      reason: z.string().optional(),
    }),
    history: z.object({ state: z.enum(["building", "ready", "failed"]), commits: z.int() }).optional(),
    invalid: z.array(problem),
    unresolved: z.array(z.string()).optional().describe("Unmerged in git, or with conflict markers; told from ours"),
    pending: z.array(z.string()),
    held: z.array(z.string()).optional(),
    dropped: z.array(z.object({ address: z.string(), version: z.string() })),
    conflicts: z.int().describe("Open ones"),
    git: z.object({
      operation: z.string().optional(),
      unpublished: z.string().optional(),
      unsupported: z.array(z.string()).optional(),
    }),
    watching: z.union([z.boolean(), z.string()]),
    usage: z.union([z.literal(true), z.string()]),
  }),
  effect: "read",
  idempotent: true,
  toolset: "admin",
  route: { method: "GET", path: "/admin/status" },
  args: [],
  early: true,
  render: (output, style, say) => {
    const how = ({ commit, read_only }: (typeof output.stores)[number]) =>
      read_only ? "for reading only" : `commit mode ${commit}`;
    const lines = output.stores.map((store) => `Store ${store.name}: ${store.scope}, ${how(store)}`);
    for (const { path, reason } of output.unopened ?? []) lines.push(`Store ${path} cannot be used: ${reason}`);
    if (output.person) lines.push(`You: ${aboutPerson(output.person)}`);
    const kinds = Object.entries(output.entries).map(([kind, count]) => `${count} ${kind}`);
    const { state, done, total } = output.index;
    const far = state === "indexing" && total !== undefined ? ` (${done} of ${total})` : "";
    lines.push(`Entries: ${kinds.join(", ") || "none"} · index ${state}${far}`);
    lines.push(meaningLine(output.embedder, output.index.embedded, done));
    if (output.history) {
      const { state: known, commits } = output.history;
      const reach =
        known === "ready" ? "known" : known === "building" ? "known so far" : "known; the rest cannot be read";
      lines.push(`History: ${commits} commits ${reach}`);
    }
    const list = (title: string, items: readonly string[]) => {
      const shown = style === "detailed" ? items : items.slice(0, 10);
      if (items.length > 0) lines.push(`${title} (${items.length}):`, ...shown.map((item) => `- ${item}`));
      if (shown.length < items.length) lines.push(`- … ${items.length - shown.length} more`);
    };
    list("Not in HEAD yet", output.pending);
    list("Held until git's operation ends", output.held ?? []);
    list(
      "Thrown away before git had it; restore with",
      output.dropped.map(({ address, version }) => say(`[[history restore: ${address} ${version}]]`)),
    );
    list(
      "Cannot be read",
      output.invalid.map(({ path, reason }) => `${path}: ${reason}`),
    );
    if (output.conflicts > 0) lines.push(say(`Open conflicts: ${output.conflicts}. [[conflict list]] lists them.`));
    list("In conflict after a merge, told from ours", output.unresolved ?? []);
    const { operation: running, unpublished, unsupported } = output.git;
    if (running) lines.push(`git: a ${running} is in progress`);
    if (unpublished) lines.push(`Not published: ${unpublished}`);
    if (unsupported?.length)
      lines.push(`This repository uses ${unsupported.join(", ")}: publishing and history need the git program.`);
    if (typeof output.watching === "string") lines.push(`Hand edits are noticed by scans only: ${output.watching}`);
    if (typeof output.usage === "string") lines.push(`Reads and searches are not counted: ${output.usage}`);
    return lines.join("\n");
  },
  run: async ({ memory }) => {
    const store = await memory.store();
    if (memory.state === "ready") await memory.fresh();
    const state = await store.status();
    if (memory.state === "ready") await Promise.all([memory.historyKnown("some"), memory.meaning.look()]);
    // Counted and judged at one moment: an index that grows meanwhile is not called ready with what it had before.
    const { state: indexState, expected: total } = memory;
    const meaning = memory.meaning.state;
    const { embedded } = meaning;
    const index = { state: indexState, done: memory.index.size, ...(total === undefined ? {} : { total }), embedded };
    const entries = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
    for (const { kind } of memory.index.entries()) entries[kind] = (entries[kind] ?? 0) + 1;
    const fault = tagsFault(await readTags(memory));
    const broken = fault === undefined ? [] : [{ path: TAGS_FILE, reason: fault }];
    const dropped = await Promise.all(
      state.dropped.map(async ({ path, version }) => ({ address: await addressOf(memory, path), version })),
    );
    const { profile, problems } = personOf(memory);
    return {
      stores: memory.workspace.members().map((member) => storeView(memory, member)),
      ...(memory.problems.length === 0 ? {} : { unopened: [...memory.problems] }),
      ...(Object.keys(profile).length === 0 ? {} : { person: profile }),
      entries: Object.fromEntries(Object.entries(entries).filter(([, count]) => count > 0)),
      index,
      embedder: embedderView(meaning),
      ...(store.past.state === undefined ? {} : { history: store.past.state }),
      invalid: [...state.invalid, ...broken, ...problems].sort((a, b) => (a.path < b.path ? -1 : 1)),
      ...(state.unresolved.length === 0
        ? {}
        : { unresolved: (await Promise.all(state.unresolved.map((path) => addressOf(memory, path)))).sort() }),
      pending: (await Promise.all(state.pending.map((path) => addressOf(memory, path)))).sort(),
      ...(state.held.length === 0
        ? {}
        : { held: await Promise.all(state.held.map((path) => addressOf(memory, path))) }),
      dropped,
      conflicts: indexState === "ready" ? (await listConflicts(memory, false, "some")).conflicts.length : 0,
      git: {
        ...(state.operation === undefined ? {} : { operation: state.operation }),
        ...(state.unpublished === undefined ? {} : { unpublished: state.unpublished }),
        ...(state.unsupported.length === 0 ? {} : { unsupported: [...state.unsupported] }),
      },
      watching: state.watching,
      usage: memory.usage.state,
    };
  },
});
