import * as z from "zod";
import { checkStore } from "../memory/check/check-store.js";
import type { CheckReport } from "../reports/check-report.js";
import { FORMATS, renderReport } from "../reports/render-report.js";
import { textReport } from "../reports/text-report.js";
import { operation } from "./operation.js";

const finding = z.object({ path: z.string(), line: z.int(), rule: z.string(), message: z.string() });

const change = z.object({
  change: z.enum(["added", "changed", "moved", "archived", "restored", "deleted"]),
  kind: z.string(),
  path: z.string(),
  from: z.string().optional(),
  address: z.string().optional(),
  title: z.string().optional(),
  fields: z
    .array(z.object({ field: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }))
    .optional(),
  added: z.int(),
  removed: z.int(),
  excerpt: z.string().optional(),
});

const output = z.object({
  checked: z.int(),
  findings: z.array(finding),
  base: z.object({ ref: z.string(), commit: z.string(), note: z.string().optional() }).optional(),
  changes: z.array(change).optional(),
  fixed: z.array(z.object({ path: z.string(), rule: z.string(), message: z.string() })).optional(),
  report: z.string().optional(),
});

/** Hosts cut results of more than about 50,000 characters without a word: better we say what is missing. */
const ROOM = 40_000;

function withinRoom(text: string): string {
  if (text.length <= ROOM) return text;
  const shown = text.slice(0, text.lastIndexOf("\n", ROOM));
  const left = text.slice(shown.length + 1).split("\n").length;
  return `${shown}\n… ${left} more lines; with format text all of them are given.`;
}

export const check = operation({
  area: "admin",
  action: "check",
  command: "check",
  title: "Check the whole store",
  description:
    "Fields, ids, names, relations, conflicts, markers, secrets, limits, near-duplicates. With base: what the branch changes and brings. Exit 1 on findings.",
  input: z.strictObject({
    base: z.string().min(1).max(500).describe("Branch, tag or commit to compare with, e.g. origin/main").optional(),
    fix: z.boolean().describe("Mend first what is mechanical").optional(),
    format: z.enum(FORMATS).describe("A report for text, json, markdown or github").optional(),
  }),
  output,
  effect: "write",
  idempotent: true,
  toolset: "admin",
  route: { method: "POST", path: "/admin/check" },
  args: [],
  failed: ({ findings }) => findings.length > 0,
  verbatim: ({ report }) => report !== undefined,
  render: ({ report, ...told }) => report ?? withinRoom(textReport(told as CheckReport)),
  run: async ({ memory, caller }, { base, fix, format }) => {
    const told = await checkStore(memory, { base, fix }, caller);
    const report = format && renderReport(format, told, (await memory.store()).relativeRoot);
    // The lists of a report are for reading only, which the type of an output does not say.
    return { ...told, ...(report === undefined ? {} : { report }) } as unknown as z.infer<typeof output>;
  },
});
