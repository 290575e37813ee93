import * as z from "zod";
import { KINDS } from "../entry/kinds.js";

/** Input fields that several operations take; one name has one schema. */
export const ref = z
  .string()
  .min(1)
  .max(1_000)
  .describe("Address (guidelines/no-secrets), id, part of an id, or unique name");
export const kind = z.enum(KINDS as [string, ...string[]]) as unknown as z.ZodType<(typeof KINDS)[number]>;
export const scope = z.string().max(500).describe("project (default), session, session/NAME, org/NAME");
export const inherit = z.boolean().describe("False: that scope alone");
export const tags = z.array(z.string().max(64)).max(50);
export const reason = z.string().max(2_000).describe("Why");
export const baseVersion = z
  .string()
  .regex(/^[0-9a-f]{40}$/, { error: "has to be the 40 hex digits of a version" })
  .describe("Version you read");
export const allowSecrets = z.array(z.string().max(100)).max(20).describe("Secret rules to pass");
export const asOf = z.string().min(1).max(250).describe("Commit, branch, tag or date");
export const direction = z.enum(["out", "in", "both"]).describe("both when absent");
export const depth = z.int().min(1).max(5).describe("Steps, 1 when absent");
export const fields = z.record(z.string(), z.unknown());

const instant = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
/** An ISO 8601 date or time; a date is its first instant in UTC. */
export const time = z
  .string()
  .refine((text) => instant.test(text) && !Number.isNaN(Date.parse(text)), { error: "has to be an ISO date or time" });

/** Milliseconds since 1970 of a `time`. */
export const milliseconds = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

/** ISO 8601 with milliseconds and Z. */
export const iso = (at: number): string => new Date(at).toISOString();

/** The code that an entry is about changed, or went away, since its last version. */
export const stale = z.union([
  z.object({ path: z.string(), commits: z.int() }),
  z.object({ path: z.string(), missing: z.literal(true) }),
]);

/** What every entry in a result has. */
export const entryHead = {
  address: z.string(),
  id: z.string().optional(),
  kind: z.string(),
  scope: z.string(),
  store: z.string().describe("Absent for the store of calls that name none").optional(),
  title: z.string(),
  category: z.string().optional(),
  tags: z.array(z.string()).optional(),
  updated_at: z.string().optional(),
  author: z.string().optional(),
  version: z.string(),
  archived: z.literal(true).optional(),
  expired: z.literal(true).optional(),
  superseded_by: z.string().optional(),
  pending: z.literal(true).optional(),
  conflict: z.string().describe("Id of an open conflict").optional(),
  private: z.literal(true).optional(),
  low_confidence: z.literal(true).optional(),
  stale: stale.optional(),
};

/** What a write answers. */
export const writeResult = z.object({
  address: z.string(),
  id: z.string().optional(),
  version: z.string().optional(),
  change: z.string(),
  store: z.string(),
  scope: z.string(),
  path: z.string(),
  commit: z.string().optional(),
  committed: z.boolean(),
  pending: z.string().optional(),
  private: z.literal(true).optional(),
  from: z.string().optional(),
  hint: z.string().optional(),
  dangling: z.array(z.string()).optional(),
  merged: z.literal(true).describe("Somebody else had changed it; both changes are in it").optional(),
  conflict: z.string().describe("Id of the conflict on record: yours stays").optional(),
  contested: z.array(z.string()).optional(),
  similar: z
    .array(z.object({ address: z.string(), title: z.string(), similarity: z.number() }))
    .describe("Entries that say nearly the same")
    .optional(),
  categorised: z
    .object({ category: z.string().optional(), topic: z.string().optional(), because: z.string() })
    .optional(),
});
