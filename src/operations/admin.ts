import * as z from "zod";
import { audit } from "./audit.js";
import { check } from "./check.js";
import { configOperations } from "./config.js";
import { embed } from "./embed.js";
import { operation } from "./operation.js";
import { status } from "./status.js";

const reindex = operation({
  area: "admin",
  action: "reindex",
  command: "reindex",
  title: "Compare every file anew",
  description:
    "Looks at every file again and brings the index into step; only needed when something looks out of date.",
  input: z.strictObject({}),
  output: z.object({ entries: z.int() }),
  effect: "write",
  idempotent: true,
  toolset: "admin",
  route: { method: "POST", path: "/admin/reindex" },
  args: [],
  render: ({ entries }) => `${entries} entries are indexed.`,
  run: async ({ memory }) => {
    (await memory.store()).rescan();
    await memory.fresh();
    return { entries: memory.index.size };
  },
});

const commit = operation({
  area: "admin",
  action: "commit",
  command: "commit",
  title: "Commit the store",
  description: "One commit of every file of the store that differs from HEAD, and of nothing else.",
  input: z.strictObject({ message: z.string().min(1).max(10_000).describe("Commit message").optional() }),
  output: z.object({ committed: z.boolean(), commit: z.string().optional(), files: z.array(z.string()) }),
  effect: "write",
  idempotent: true,
  toolset: "admin",
  route: { method: "POST", path: "/admin/commit" },
  args: [],
  render: ({ commit: made, files }) =>
    made
      ? `Committed ${files.length} ${files.length === 1 ? "file" : "files"} as ${made.slice(0, 10)}.`
      : "Nothing to commit: every file of the store is as HEAD has it.",
  run: async ({ memory, progress }, given) => {
    const store = await memory.fresh();
    progress?.(0, undefined, "Committing; hooks of the repository run too");
    const { commit: made, files } = await store.commit(given.message ?? "memory: commit entries");
    return { committed: made !== undefined, ...(made === undefined ? {} : { commit: made }), files: [...files] };
  },
});

export const adminOperations = [status, commit, check, reindex, embed, ...configOperations, audit];
