import type { CheckReport } from "./check-report.js";
import { baseText, changeCounts, oneLine, verdict } from "./plain-text.js";
import { changeLine, fieldLines } from "./text-report.js";

/** Text after the second `::` of a workflow command, as GitHub's toolkit escapes it (core/command.ts, escapeData). */
const data = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
/** The same for a property (escapeProperty). */
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
/** A line of the log that is no command: the runner also obeys `##[…]` in the middle of one. */
const logged = (text: string): string => `- ${oneLine(text).replaceAll("##[", "##\u200b[")}`;

/** A check as workflow commands of GitHub Actions; paths are the repository's, `folder` being where the store lies in it. */
export function githubReport(report: CheckReport, folder: string): string {
  const { findings, fixed = [], base, changes = [] } = report;
  const lines = findings.map(({ path, line, rule, message }) => {
    const file = folder === "." ? path : `${folder}/${path}`;
    return `::error file=${property(file)},line=${line},title=${property(`git-memory ${rule}`)}::${data(message)}`;
  });
  if (fixed.length > 0)
    lines.push("::group::Mended", ...fixed.map(({ path, message }) => logged(`${path}: ${message}`)), "::endgroup::");
  if (base) {
    lines.push(
      `::group::What this changes in memory: ${changeCounts(changes)}`,
      logged(`compared with ${baseText(base)}`),
    );
    for (const change of changes) lines.push(logged(changeLine(change)), ...fieldLines(change).map(logged));
    lines.push("::endgroup::");
  }
  return [...lines, verdict(report)].join("\n");
}
