import type { CheckReport, FileChange } from "./check-report.js";

// Control characters could break lines or steer a terminal; the others turn text around (Unicode TR 36, bidirectional overrides).
const UNSEEN = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const VALUE_WIDTH = 160;

/** A text of strangers as one line without anything that is not seen. */
export const oneLine = (text: string): string => text.replace(UNSEEN, "\uFFFD");

/** A value of a field for a reader: texts as they are, lists of texts with commas, anything else as JSON; cut when it is long. */
export function valueText(value: unknown): string {
  const list = Array.isArray(value) && value.every((item) => typeof item === "string");
  const text = typeof value === "string" ? value : list ? value.join(", ") : (JSON.stringify(value) ?? "");
  const line = oneLine(text.replace(/\s*\n\s*/g, " "));
  return line.length > VALUE_WIDTH ? `${line.slice(0, VALUE_WIDTH)}…` : line;
}

/** A count with its noun. */
export const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** What a file is called beside its path. */
export const kindWord = (kind: string): string =>
  ({ tags: "custom tags", conflict: "conflict record", scope: "scope document", other: "file" })[kind] ?? kind;

/** How many files were added, changed and so on, as a sentence part. */
export function changeCounts(changes: readonly FileChange[]): string {
  const counts = new Map<string, number>();
  for (const { change } of changes) counts.set(change, (counts.get(change) ?? 0) + 1);
  return [...counts].map(([change, count]) => `${count} ${change}`).join(", ") || "nothing";
}

/** How many entries were looked at, and what came of it. */
export const verdict = ({ checked, findings }: CheckReport): string =>
  `${counted(checked, "entry", "entries")} checked, ${counted(findings.length, "finding", "findings")}.`;

/** What a branch is compared with. */
export const baseText = ({ ref, commit, note }: NonNullable<CheckReport["base"]>): string =>
  `${oneLine(ref)} (${commit.slice(0, 12)}${note === undefined ? "" : `; ${note}`})`;
