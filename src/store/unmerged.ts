import { conflictId } from "../entry/conflict-id.js";
import type { Stages } from "../git/host.js";

/** The id of the conflict that git has a store path in: that of the record which the merge's commit leads to. */
export const unmergedId = (file: string, stages: Stages): string =>
  conflictId({
    entry: file,
    cause: "merge",
    base: stages[1] ?? null,
    versions: [stages[2] ?? null, stages[3] ?? null],
  });
