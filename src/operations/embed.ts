import * as z from "zod";
import { goOn, operation } from "./operation.js";

export const embed = operation({
  area: "admin",
  action: "embed",
  command: "embed",
  title: "Give every entry its vectors",
  description: "Embeds now what search by meaning has no vectors for, and waits; a server does so in the background.",
  input: z.strictObject({}),
  output: z.object({
    driver: z.string(),
    embedded: z.int().describe("Entries that have their vectors"),
    total: z.int(),
    reason: z.string().describe("Why there are not more").optional(),
  }),
  effect: "write",
  idempotent: true,
  toolset: "admin",
  route: { method: "POST", path: "/admin/embed" },
  args: [],
  failed: ({ embedded, total }) => embedded < total,
  render: ({ driver, embedded, total, reason }) => {
    const why = reason === undefined ? "" : `: ${reason}`;
    return driver === "none"
      ? `Nothing can be embedded here${why}.`
      : `${embedded} of ${total} entries are embedded by ${driver}${why}.`;
  },
  run: async ({ memory, signal }) => {
    const { driver, embedded, total, reason } = await memory.meaning.complete(signal);
    goOn(signal);
    return { driver, embedded, total, ...(reason === undefined ? {} : { reason }) };
  },
});
