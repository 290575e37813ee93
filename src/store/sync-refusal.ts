import { MemoryError } from "../errors.js";

/** The refusal of a pull or a push where a person has to do something first; `reason` is a sentence part. */
export const refused = (
  verb: "pull" | "push",
  reason: string,
  next: string,
  data: Readonly<Record<string, unknown>> = {},
): MemoryError => new MemoryError("conflict", `Nothing was ${verb}ed: ${reason}. ${next}`, { reason, ...data });

/** The same of a pull. */
export const notPulled = (reason: string, next: string, data?: Readonly<Record<string, unknown>>): MemoryError =>
  refused("pull", reason, next, data);

/** A list of paths that a person reads in a sentence. */
export const named = (files: readonly string[]): string =>
  files.slice(0, 5).join(", ") + (files.length > 5 ? ` and ${files.length - 5} more` : "");
