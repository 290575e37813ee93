import type { CheckReport, FileChange, Finding } from "./check-report.js";
import { code, codeBlock, inert } from "./markdown-text.js";
import { changeCounts, counted, kindWord, valueText } from "./plain-text.js";

/** GitHub takes comments of 65,536 characters; this leaves room for what somebody puts around ours. */
const ROOM = 59_000;
/** What the findings may take of it while there are changes to tell as well. */
const FINDINGS_ROOM = 35_000;
const NOTE_ROOM = 300;

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/** As many parts as fit, and how many do not. */
function fitting(parts: readonly string[], room: number): { text: string[]; left: number } {
  const text: string[] = [];
  let used = 0;
  for (const part of parts) {
    if (used + part.length + 1 > room) break;
    text.push(part);
    used += part.length + 1;
  }
  return { text, left: parts.length - text.length };
}

function row({ path, line, rule, message }: Finding, folder: string): string {
  const place = `${folder === "." ? "" : `${folder}/`}${path}#L${line}`;
  return `| ${code(place)} | ${code(rule)} | ${inert(message)} |`;
}

function fieldItems({ fields = [] }: FileChange): string[] {
  return fields.map((one) => {
    const name = code(one.field);
    const value = (side: unknown): string => inert(valueText(side)) || "(empty)";
    if (!("before" in one)) return `- ${name}: ${value(one.after)}`;
    if (!("after" in one)) return `- ${name}: ~~${value(one.before)}~~ (removed)`;
    return `- ${name}: ${value(one.before)} → ${value(one.after)}`;
  });
}

function changePart(change: FileChange): string {
  const { kind, path, from, title, address, added, removed, excerpt } = change;
  const name = title === undefined ? "" : ` **${inert(title)}**`;
  const moved = from === undefined ? "" : `, before ${code(from)}`;
  const lines = [`**${capital(change.change)}** ${kindWord(kind)}${name} (${code(address ?? path)}${moved})`];
  const fields = fieldItems(change);
  if (fields.length > 0) lines.push("", ...fields);
  if (excerpt !== undefined) {
    const summary = `<details><summary>Text: +${added} −${removed} lines</summary>`;
    lines.push("", summary, "", codeBlock(excerpt.split("\n"), "diff"), "", "</details>");
  }
  return `${lines.join("\n")}\n`;
}

/** A check as a comment on a pull request; `folder` is where the store lies in the repository. Always below 60,000 characters. */
export function markdownReport(report: CheckReport, folder: string): string {
  const { checked, findings, fixed = [], base, changes = [] } = report;
  const counts = [
    counted(findings.length, "finding", "findings"),
    ...(base ? [counted(changes.length, "change", "changes")] : []),
  ];
  const parts = [`## Memory check: ${counts.join(", ")}`, ""];
  if (findings.length === 0) parts.push(`No findings in ${counted(checked, "entry", "entries")}.`, "");
  else {
    const rows = fitting(
      findings.map((finding) => row(finding, folder)),
      base || fixed.length > 0 ? FINDINGS_ROOM : ROOM - NOTE_ROOM,
    );
    parts.push("| Where | Rule | What |", "|---|---|---|", ...rows.text, "");
    if (rows.left > 0) parts.push(`${counted(rows.left, "more finding is", "more findings are")} left out here.`, "");
  }
  const used = (): number => parts.reduce((sum, part) => sum + part.length + 1, 0);
  if (fixed.length > 0) {
    const items = fitting(
      fixed.map(({ path, message }) => `- ${code(path)}: ${inert(message)}`),
      (ROOM - used()) / (base ? 2 : 1) - NOTE_ROOM,
    );
    parts.push("### Mended", "", ...items.text, "");
    if (items.left > 0) parts.push(`${counted(items.left, "more is", "more are")} left out here.`, "");
  }
  if (base) {
    const note = base.note === undefined ? "" : `; ${base.note}`;
    const against = `Compared with ${code(base.ref.slice(0, 500))} (${code(base.commit.slice(0, 12))}${note}):`;
    parts.push("### What this changes", "", `${against} ${changeCounts(changes)}.`, "");
    const told = fitting(changes.map(changePart), ROOM - used() - NOTE_ROOM);
    parts.push(...told.text);
    if (told.left > 0)
      parts.push(
        `${counted(told.left, "more change is", "more changes are")} left out here; \`git memory check --base\` tells all of them.`,
        "",
      );
  }
  return parts.join("\n").trimEnd();
}
