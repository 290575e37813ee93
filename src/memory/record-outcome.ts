import type { Entry } from "../entry/entry.js";
import { OUTCOME } from "../entry/field-schemas.js";
import { checkFields } from "../entry/fields.js";
import { editEntry } from "../entry/markdown.js";
import { type Outcome, rawOutcomes, readOutcomes, type Usage, usageOf } from "../entry/outcomes.js";
import { parseScope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { Draft } from "./draft.js";
import { type Edit, idToWrite } from "./edits.js";
import type { Memory } from "./memory.js";
import { assertPattern } from "./patterns.js";
import { addressIn, notFound, resolveIn } from "./resolve.js";

export interface RecordInput {
  readonly ref: string;
  readonly result: Outcome["result"];
  readonly project?: string | undefined;
  readonly reason?: string | undefined;
  readonly at?: string | undefined;
}

/** What one outcome does to a pattern's file. */
export interface Recorded {
  readonly edit: Edit;
  readonly outcome: Outcome;
  /** With this one. */
  readonly usage: Usage;
  readonly hint?: string;
}

/** Clocks differ, and where a day has begun already it is a date of tomorrow elsewhere (milliseconds). */
const AHEAD_MS = 86_400_000;

function outcomeOf(memory: Memory, { result, project, reason, at }: RecordInput): Outcome {
  const now = memory.now();
  if (at !== undefined && Date.parse(at) > now + AHEAD_MS)
    throw new MemoryError(
      "invalid_input",
      `at ${at} has not come yet, so nothing can have come of it. Nothing was written.`,
      {
        field: "at",
      },
    );
  const here = parseScope(memory.scope);
  const where = project ?? (here.level === "project" ? here.project : undefined);
  const outcome = {
    result,
    ...(where === undefined ? {} : { project: where }),
    ...(reason === undefined ? {} : { reason }),
    at: at ?? new Date(now).toISOString(),
  };
  const issue = OUTCOME.safeParse(outcome).error?.issues[0];
  if (!issue) return outcome;
  const field = String(issue.path[0]);
  throw new MemoryError("invalid_input", `${field} ${issue.message}. Nothing was written.`, { field });
}

/** Every outcome that the file then has; odd ones that are there already stay as they are. */
function withOutcome(entry: Entry, outcome: Outcome, { address, path }: { address: string; path: string }): unknown[] {
  const raw = rawOutcomes(entry);
  if (!raw)
    throw new MemoryError(
      "invalid_input",
      `The outcomes in ${path} are no list, so nothing was written. Mend them in an editor; [[admin check]] says where.`,
      { field: "outcomes", path },
    );
  const { outcomes } = readOutcomes(entry);
  try {
    checkFields("pattern", { outcomes: [...outcomes, outcome] });
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    throw new MemoryError(
      error.code,
      `${address} has ${outcomes.length} outcomes, and another one does not fit: with it they have ${String(error.data.size)} bytes, the limit is ${String(error.data.limit)}. ` +
        "Nothing was written. Leave old ones out with [[update]] (set outcomes), or save a pattern that takes this one's place.",
      { ...error.data, address },
    );
  }
  return [...raw, outcome];
}

/** Puts one more outcome at the end of a pattern's. */
export async function planRecord(memory: Memory, draft: Draft, input: RecordInput): Promise<Recorded> {
  const { path } = await resolveIn(memory, input.ref, draft);
  const old = await draft.read(path);
  if (!old) throw await notFound(memory, input.ref);
  const { entry } = old;
  assertPattern(memory, entry);
  const outcome = outcomeOf(memory, input);
  const outcomes = withOutcome(entry, outcome, { address: addressIn(memory, entry), path });
  const id = idToWrite(memory, draft, path, entry.fields.id);
  draft.put({ path, after: editEntry(old.bytes, { set: { id, outcomes } }, entry), op: "updated" });
  const hint = hintOf(outcome);
  return {
    edit: { op: "updated", after: await draft.read(path), path, at: entry, id },
    outcome,
    usage: usageOf([...readOutcomes(entry).outcomes, outcome]),
    ...(hint === "" ? {} : { hint }),
  };
}

/** What is missing for others to learn from it; empty when nothing is. */
function hintOf({ result, project, reason }: Outcome): string {
  const hints = [
    result === "failure" && reason === undefined && "A failure teaches others more with a reason.",
    project === undefined && "The current project is not known: pass project to say where it was used.",
  ];
  return hints.filter(Boolean).join(" ");
}
