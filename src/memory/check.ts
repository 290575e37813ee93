import type { Memory } from "./memory.js";
import { parseAt } from "./parse-at.js";

/** Something in a store that a person should mend. `path` is the store's, `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly rule: string;
  readonly message: string;
}

/** Looks at every entry for what cannot be read, breaks a rule of its kind, or is there twice. */
export async function checkStore(memory: Memory): Promise<{ checked: number; findings: Finding[] }> {
  const store = await memory.fresh();
  const state = await store.status();
  const findings: Finding[] = [
    ...state.invalid.map(({ path, reason }) => ({ path, rule: "unreadable", message: reason })),
    ...state.others.map(({ path, reason }) => ({ path, rule: "misplaced", message: reason })),
  ];
  for (const { path, hasProblems } of memory.index.entries()) {
    const current = hasProblems ? await store.current(path) : undefined;
    const problems = current && parseAt(store.manifest.root, path, current.bytes)?.problems;
    for (const { field, message, line } of problems ?? [])
      findings.push({ path, ...(line === undefined ? {} : { line }), rule: "field", message: `${field} ${message}` });
  }
  for (const [first, ...copies] of memory.catalog.duplicateIds())
    for (const path of copies) findings.push({ path, rule: "duplicate-id", message: `has the id of ${first}` });
  for (const [first, ...copies] of memory.catalog.duplicateNames())
    for (const path of copies)
      findings.push({
        path,
        rule: "duplicate-name",
        message: `is the name of ${first} but for letter case or Unicode form`,
      });
  findings.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : (a.line ?? 0) - (b.line ?? 0)));
  return { checked: memory.index.size, findings };
}
