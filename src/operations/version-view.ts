import * as z from "zod";
import type { Version } from "../store/weave.js";
import { iso } from "./params.js";

/** One version in a result. */
export const versionOutput = z.object({
  number: z.int().optional(),
  version: z.string().optional(),
  commit: z.string().optional(),
  change_type: z.string(),
  author: z.string(),
  agent: z.string().optional(),
  session: z.string().optional(),
  at: z.string(),
  reason: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  pending: z.literal(true).optional(),
  aside: z.string().optional(),
});

/** A version as results show it; a deletion has no version token. */
export function versionView({ version, at, path: _path, ...rest }: Version): z.infer<typeof versionOutput> {
  return { ...rest, ...(version === null ? {} : { version }), at: iso(at) };
}
