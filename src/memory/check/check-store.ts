import type { CheckReport, FileChange } from "../../reports/check-report.js";
import { slices } from "../../store/slices.js";
import type { Caller } from "../caller.js";
import type { Memory } from "../memory.js";
import { changeOf } from "./changes.js";
import { judge } from "./judge.js";
import { mendStore } from "./mend-store.js";
import { pairFiles } from "./pairs.js";
import { surveyStore } from "./survey.js";

/** What a check is asked for: a base to compare with, and whether to mend what is mechanical first. */
export interface CheckOptions {
  readonly base?: string | undefined;
  readonly fix?: boolean | undefined;
}

/**
 * Looks at every file of the store and tells what a person should mend; with a base, only what the branch brings, and what it changes.
 * Throws `invalid_input` and `not_found` for a base that names no commit here.
 */
export async function checkStore(
  memory: Memory,
  { base: ref, fix }: CheckOptions,
  caller: Caller,
): Promise<CheckReport> {
  const base = ref === undefined ? undefined : await (await memory.fresh()).view.base(ref);
  const fixed = fix ? await mendStore(memory, base, caller) : undefined;
  const survey = await surveyStore(memory, base);
  const pairs = pairFiles(survey);
  const findings = await judge(memory, survey, pairs);
  const changes: FileChange[] = [];
  const breathe = slices();
  for (const pair of pairs) {
    changes.push(await changeOf(pair, memory.scope));
    await breathe();
  }
  return {
    checked: survey.now.filter(({ entry }) => entry !== undefined).length,
    findings,
    ...(base && ref !== undefined
      ? { base: { ref, commit: base.commit, ...(base.note === undefined ? {} : { note: base.note }) }, changes }
      : {}),
    ...(fixed === undefined ? {} : { fixed }),
  };
}
