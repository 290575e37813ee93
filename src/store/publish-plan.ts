import { foundAt, type JournalCommit } from "../git/journal.js";

/** One journal commit's share that the branch still lacks: path → blob id, null = removed. */
export interface PlannedStep {
  readonly commit: JournalCommit;
  readonly files: ReadonlyMap<string, string | null>;
}

/** What HEAD and the working tree hold at a path; null = nothing. */
export interface PlanView {
  head(path: string): string | null;
  work(path: string): string | null;
}

/** The position in `states` from which on HEAD lacks them; `states.length` = nothing is lacking. */
function from(states: readonly (string | null)[], head: string | null, work: string | null): number {
  const final = states.at(-1)!;
  // The person's own commit, checkout or reset decided about the path after our write.
  if (work === head && work !== final) return states.length;
  const at = states.lastIndexOf(head);
  if (at >= 0) return at + 1;
  return work === final ? 1 : states.length;
}

/**
 * Decides what of `commits` (unpublished, oldest first) goes to the branch: one step per commit, in order, without what
 * HEAD has already and what the person has overruled.
 */
export function planPublication(commits: readonly JournalCommit[], view: PlanView): PlannedStep[] {
  const lines = new Map<string, (string | null)[]>();
  for (const { changes } of commits)
    for (const change of changes)
      lines.set(change.path, [...(lines.get(change.path) ?? [foundAt(change)]), change.after]);
  const starts = new Map([...lines].map(([path, states]) => [path, from(states, view.head(path), view.work(path))]));
  const position = new Map<string, number>();
  const steps: PlannedStep[] = [];
  for (const commit of commits) {
    const files = new Map<string, string | null>();
    for (const { path, after } of commit.changes) {
      const at = (position.get(path) ?? 0) + 1;
      position.set(path, at);
      if (at >= starts.get(path)!) files.set(path, after);
    }
    if (files.size > 0) steps.push({ commit, files });
  }
  return steps;
}
