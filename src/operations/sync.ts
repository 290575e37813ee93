import * as z from "zod";
import { MemoryError } from "../errors.js";
import type { Memory } from "../memory/memory.js";
import { code } from "../reports/markdown-text.js";
import { counted } from "../reports/plain-text.js";
import type { Pulled } from "../store/pull.js";
import type { Store } from "../store/store.js";
import { goOn, operation } from "./operation.js";

const input = z.strictObject({
  store: z
    .string()
    .min(1)
    .max(200)
    .describe("Such as personal; the one of calls that name none when absent")
    .optional(),
});

const state = {
  store: z.string(),
  kind: z.enum(["own", "checked_in", "plain"]),
  branch: z.string().optional(),
  remote: z.object({ name: z.string(), url: z.string(), branch: z.string() }).optional(),
  /** As of the last fetch. */
  ahead: z.int().optional(),
  behind: z.int().optional(),
  fetched_at: z.string().optional(),
  pending: z.int(),
  commit: z.string().optional(),
  git: z.array(z.string()).optional(),
};
const standing = z.object(state);
const synced = z.object({
  ...state,
  how: z.enum(["current", "forwarded", "merged"]),
  pulled: z.int(),
  merged: z.int(),
  conflicts: z.array(z.string()),
  pushed: z.boolean().optional(),
});

type Standing = z.infer<typeof standing>;

/** What a person runs where we do not: a checked-in store goes with the code's own commits. */
const BY_HAND = ["git pull", "git push"];

async function standingOf(store: Store): Promise<Standing> {
  const { kind, branch, remote, ahead, behind, fetchedAt, commit } = await store.sync.state();
  const { pending } = await store.status();
  return {
    store: store.name,
    kind,
    ...(branch === undefined ? {} : { branch }),
    ...(remote && {
      remote: { name: remote.name, url: remote.url, branch: remote.branch.replace(/^refs\/heads\//, "") },
    }),
    ...(ahead === undefined ? {} : { ahead }),
    ...(behind === undefined ? {} : { behind }),
    ...(fetchedAt === undefined ? {} : { fetched_at: new Date(fetchedAt).toISOString() }),
    pending: pending.length,
    ...(commit === undefined ? {} : { commit }),
    ...(kind === "checked_in" ? { git: BY_HAND } : {}),
  };
}

function standingLines({ store, kind, branch, remote, ahead, behind, fetched_at, pending, git }: Standing): string[] {
  const lines: string[] = [];
  if (kind === "plain")
    lines.push(`Store ${store} is a plain folder without git: there is nothing to keep it in step with.`);
  else if (branch === undefined) lines.push(`Store ${store}: HEAD is detached, so no branch of a remote goes with it.`);
  else if (!remote)
    lines.push(`Store ${store}: branch ${code(branch)} has no remote; \`git remote add origin ADDRESS\` names one.`);
  else {
    const far = ahead === undefined ? "not fetched yet" : `${ahead} ahead, ${behind} behind`;
    const when = ahead !== undefined && fetched_at ? ` as of the last fetch, ${fetched_at}` : "";
    lines.push(
      `Store ${store}: ${code(branch)} follows ${code(`${remote.name}/${remote.branch}`)} (${code(remote.url)}): ${far}${when}.`,
    );
  }
  if (pending > 0) lines.push(`${counted(pending, "file is", "files are")} in no commit yet.`);
  if (git) lines.push(`It travels with its repository: ${git.map(code).join(" and ")} are yours to run.`);
  return lines;
}

function pulledLine({ how, pulled, merged, remote }: z.infer<typeof synced>): string {
  const from = remote ? ` from ${code(`${remote.name}/${remote.branch}`)}` : "";
  if (how === "current") return `Nothing to pull${from}: everything is here.`;
  const both = merged > 0 ? `, ${counted(merged, "file", "files")} changed on both sides and merged` : "";
  return `Pulled ${counted(pulled, "file", "files")}${from}${how === "merged" ? " into a merge commit" : ""}${both}.`;
}

const syncedLines = (output: z.infer<typeof synced>): string[] => [
  pulledLine(output),
  ...(output.pushed === undefined ? [] : [output.pushed ? "Pushed." : "Nothing to push: the remote has everything."]),
  ...(output.conflicts.length > 0
    ? [
        `Both sides are kept, ${counted(output.conflicts.length, "conflict is", "conflicts are")} on record: ${output.conflicts.join(", ")}`,
      ]
    : []),
];

async function answer(memory: Memory, store: Store, { conflicts, ...done }: Pulled & { readonly pushed?: boolean }) {
  await memory.fresh();
  return { ...(await standingOf(store)), ...done, conflicts: [...conflicts] };
}

const status = operation({
  area: "sync",
  action: "status",
  command: "sync status",
  title: "How a store stands to its remote",
  description: "Commits ahead and behind as of the last fetch, what is pending, the remote. Asks nobody.",
  input,
  output: standing,
  effect: "read",
  idempotent: true,
  toolset: "review",
  route: { method: "GET", path: "/sync/status" },
  args: [],
  render: (output) => standingLines(output).join("\n"),
  run: async ({ memory }, given) => {
    await memory.fresh();
    return standingOf(await memory.store(given.store));
  },
});

const pull = operation({
  area: "sync",
  action: "pull",
  command: "sync pull",
  title: "Bring what the remote has",
  description:
    "For stores that are a repository of their own: fetches and merges entry by entry, field by field; what cannot be merged is kept on both sides as a conflict on record. A store in a code repository goes with git pull.",
  input,
  output: synced,
  effect: "write",
  idempotent: true,
  toolset: "review",
  route: { method: "POST", path: "/sync/pull" },
  args: [],
  render: (output) => syncedLines(output).join("\n"),
  run: async ({ memory, signal, progress }, given) => {
    await memory.fresh();
    const store = await memory.store(given.store);
    goOn(signal);
    progress?.(0, undefined, "Fetching and merging");
    return answer(memory, store, await store.sync.pull());
  },
});

const push = operation({
  area: "sync",
  action: "push",
  command: "sync push",
  title: "Bring the remote what is here",
  description: "Pulls, then pushes the branch, never by force; again when somebody else was faster.",
  input,
  output: synced,
  effect: "write",
  idempotent: true,
  toolset: "review",
  route: { method: "POST", path: "/sync/push" },
  args: [],
  render: (output) => syncedLines(output).join("\n"),
  run: async ({ memory, signal, progress }, given) => {
    await memory.fresh();
    const store = await memory.store(given.store);
    if (memory.workspace.get(store.name)?.readOnly)
      throw new MemoryError("forbidden", `The store ${store.name} is open for reading only. Nothing was pushed.`);
    goOn(signal);
    progress?.(0, undefined, "Fetching, merging and pushing");
    return answer(memory, store, await store.sync.push());
  },
});

export const syncOperations = [status, pull, push];
