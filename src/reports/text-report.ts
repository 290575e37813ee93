import type { CheckReport, FileChange } from "./check-report.js";
import { baseText, changeCounts, kindWord, oneLine, valueText, verdict } from "./plain-text.js";

/** One line that says what became of a file. */
export function changeLine({ change, kind, path, from, title, added, removed }: FileChange): string {
  const name = title === undefined ? "" : ` "${oneLine(title)}"`;
  const moved = from === undefined ? "" : `, before ${oneLine(from)}`;
  const lines = added + removed === 0 ? "" : `, +${added} -${removed} lines`;
  return `${change} ${kindWord(kind)}${name} (${oneLine(path)}${moved}${lines})`;
}

/** One line for each field that differs. */
export const fieldLines = ({ fields = [] }: FileChange): string[] =>
  fields.map((one) => {
    const [has, had] = ["after" in one, "before" in one];
    if (!had) return `+ ${oneLine(one.field)}: ${valueText(one.after)}`;
    if (!has) return `- ${oneLine(one.field)}: ${valueText(one.before)}`;
    return `~ ${oneLine(one.field)}: ${valueText(one.before)} → ${valueText(one.after)}`;
  });

/** A check as plain lines for a terminal. */
export function textReport(report: CheckReport): string {
  const { findings, fixed = [], base, changes = [] } = report;
  const lines = fixed.map(({ path, message }) => `fixed ${oneLine(path)}: ${oneLine(message)}`);
  for (const { path, line, rule, message } of findings)
    lines.push(`${oneLine(path)}:${line}: ${oneLine(message)} (${rule})`);
  lines.push(verdict(report));
  if (!base) return lines.join("\n");
  lines.push("", `Compared with ${baseText(base)}: ${changeCounts(changes)}.`);
  for (const change of changes) {
    lines.push(changeLine(change), ...fieldLines(change).map((line) => `  ${line}`));
    const excerpt = change.excerpt?.split("\n") ?? [];
    lines.push(...excerpt.map((line) => `    ${oneLine(line)}`));
  }
  return lines.join("\n");
}
