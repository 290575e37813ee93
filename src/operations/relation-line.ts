import * as z from "zod";
import type { RelationView } from "../memory/relation-view.js";

/** One relation in a result, read from source to target. */
export const relationView = z.object({
  source: z.string(),
  type: z.string(),
  target: z.string(),
  strength: z.number().optional(),
  note: z.string().optional(),
  auto: z.boolean().optional(),
  missing: z.literal(true).optional(),
}) as unknown as z.ZodType<RelationView>;

/** A relation in one line. */
export function relationLine({ source, type, target, strength, note, auto, missing }: RelationView): string {
  const more = [
    strength === undefined ? "" : `strength ${strength}`,
    auto ? "proposed by a program" : "",
    missing ? "leads nowhere" : "",
  ].filter((part) => part !== "");
  const notes = more.length > 0 ? ` (${more.join(", ")})` : "";
  return `\`${source}\` ${type} \`${target}\`${notes}${note === undefined ? "" : ` — ${note.replace(/\s+/g, " ")}`}`;
}
