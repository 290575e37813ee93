import type { CheckReport } from "./check-report.js";
import { githubReport } from "./github-report.js";
import { markdownReport } from "./markdown-report.js";
import { textReport } from "./text-report.js";

/** The forms in which a check can be told. */
export const FORMATS = ["text", "json", "markdown", "github"] as const;

/** A check in one of its forms; `folder` is where the store lies in its repository, `.` when they are one. */
export function renderReport(format: (typeof FORMATS)[number], report: CheckReport, folder: string): string {
  switch (format) {
    case "text":
      return textReport(report);
    case "json":
      return JSON.stringify(report, null, 2).replace(
        /[\u007f-\u009f]/g,
        (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
    case "markdown":
      return markdownReport(report, folder);
    case "github":
      return githubReport(report, folder);
  }
}
