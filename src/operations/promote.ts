import * as z from "zod";
import { moveEntries } from "../memory/move-entries.js";
import { promotion } from "../memory/promote.js";
import { indexedAt } from "../memory/related-to.js";
import { writeLine } from "./entry-head.js";
import { goOn, operation } from "./operation.js";
import { allowSecrets, baseVersion, reason, ref, writeResult } from "./params.js";

export const promote = operation({
  area: "promote",
  command: "promote",
  title: "Move an entry to a broader scope",
  description:
    "Moves an entry to where more projects or people have it, with id, history and relations: from a session to the project, from your own store to the project, from the project to its org or to all your projects.",
  input: z.strictObject({
    ref,
    to: z
      .string()
      .min(1)
      .max(500)
      .describe("project, org/NAME, global or personal; the next broader one when absent")
      .optional(),
    name: z.string().min(1).max(500).describe("Its name there, when its own is taken").optional(),
    copy: z.boolean().describe("Leave it where it is too; the copy has an id of its own").optional(),
    base_version: baseVersion.optional(),
    reason: reason.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: writeResult,
  effect: "write",
  idempotent: false,
  toolset: "scopes",
  route: { method: "POST", path: "/entries/{ref}/promote" },
  args: ["ref", "to"],
  versionOf: ({ version }) => version,
  render: writeLine,
  run: async ({ memory, caller, signal }, given) => {
    await memory.fresh();
    const entry = await indexedAt(memory, given.ref);
    const { store, scope } = promotion(memory, entry, given.to);
    const { name, copy = false, base_version, allow_secrets } = given;
    const to = { scope, store, ...(name === undefined ? {} : { name }) };
    const move = { key: entry, to, ...(base_version === undefined ? {} : { changes: { base_version } }) };
    const write = { caller, reason: given.reason, copy, allow_secrets, goOn: () => goOn(signal) };
    return (await moveEntries(memory, [move], write))[0]!;
  },
});
