import { outsideProblem } from "../entry/root-path.js";
import { MemoryError } from "../errors.js";
import type { Draft } from "./draft.js";
import { PERSONAL } from "./workspace.js";

const FIELDS = ["files", "applies_to"] as const;

/**
 * Refuses (`invalid_input` naming the field) a draft that adds a path outside the repository to an entry. What the file held before
 * is no matter of this write.
 */
export async function refuseOutsidePaths(draft: Draft): Promise<void> {
  const drafted = new Map(draft.entries().map((one) => [one.path, one.entry]));
  for (const { path, from } of draft.files()) {
    const entry = draft.addsTo(path) ? drafted.get(path) : undefined;
    if (!entry?.fields.files && !entry?.fields.applies_to) continue;
    const before = await draft.found(from ?? path);
    for (const field of FIELDS)
      for (const [position, place] of (entry.fields[field] ?? []).entries()) {
        const problem = outsideProblem(place, draft.store === PERSONAL);
        if (problem === undefined || before?.fields[field]?.includes(place)) continue;
        throw new MemoryError("invalid_input", `Nothing was written: ${field}[${position}] ${problem}.`, {
          field: `${field}[${position}]`,
          path,
        });
      }
  }
}
