import type * as z from "zod";

/** Something in a manifest that is not as it should be and counts as not said, in our own words. */
export interface ManifestProblem {
  /** Such as `person.email` or `stores[1]`. */
  readonly field: string;
  readonly message: string;
}

/** A path into a manifest as people write it: `stores[1].path`. */
export const fieldName = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (typeof part === "number" ? `[${part}]` : `${at === 0 ? "" : "."}${String(part)}`)).join("");

/** What an issue says of the value at `base`. */
export function problemOf(issue: z.core.$ZodIssue, base: readonly PropertyKey[]): ManifestProblem {
  if (issue.code === "unrecognized_keys")
    return { field: fieldName(base), message: `has no key ${JSON.stringify(issue.keys[0])}` };
  return { field: fieldName([...base, ...issue.path]), message: issue.message };
}
