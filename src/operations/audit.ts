import * as z from "zod";
import { code } from "../reports/markdown-text.js";
import { counted, oneLine } from "../reports/plain-text.js";
import { operation } from "./operation.js";
import { milliseconds, time } from "./params.js";

const LIMIT = 20;

const call = z.object({
  time: z.string(),
  operation: z.string(),
  effect: z.string().optional(),
  resource: z.array(z.string()).optional(),
  session: z.string().optional(),
  agent: z.string().optional(),
  ip: z.string().optional(),
  user_agent: z.string().optional(),
  status: z.int(),
  error: z.string().optional(),
  ms: z.number(),
});

function line(one: z.infer<typeof call>, detailed: boolean): string {
  const who = [one.agent, one.session && `session ${one.session}`];
  const from = detailed ? [one.ip, one.user_agent] : [];
  const told = [...who, ...from].flatMap((text) => (text ? [code(text)] : []));
  const refs = (one.resource ?? []).map(code).join(", ");
  const ended = one.error === undefined ? `${one.status}` : `${one.status} ${oneLine(one.error)}`;
  const parts = [`${oneLine(one.time)} ${oneLine(one.operation)} ${ended}`, refs, ...told, `${one.ms} ms`];
  return `- ${parts.filter((part) => part !== "").join(" · ")}`;
}

export const audit = operation({
  area: "admin",
  action: "audit",
  command: "audit",
  title: "Calls over HTTP",
  description: "The calls that `git memory serve` answered or refused, newest first.",
  input: z.strictObject({
    since: time.describe("From this ISO date or time on").optional(),
    operation: z.string().min(1).max(100).describe("Such as save; history means all of its actions").optional(),
    session: z.string().min(1).max(200).describe("Only calls of this session").optional(),
    limit: z.int().min(1).max(200).describe(`${LIMIT} when absent`).optional(),
  }),
  output: z.object({ calls: z.array(call), total: z.int(), hint: z.string().optional() }),
  effect: "read",
  idempotent: true,
  toolset: "admin",
  route: { method: "GET", path: "/admin/audit" },
  args: [],
  early: true,
  render: ({ calls, total, hint }, style) => {
    const lines = calls.map((one) => line(one, style === "detailed"));
    if (total > calls.length) lines.push(`${counted(total, "call", "calls")} in all; limit shows more.`);
    return [...(lines.length === 0 ? ["No such call is on record."] : lines), ...(hint ? [hint] : [])].join("\n");
  },
  run: async ({ memory }, { since, operation: verb, session, limit = LIMIT }) => {
    const store = await memory.store();
    const all = await memory.audit.read(store, { since: milliseconds(since), operation: verb, session });
    const off = memory.settings.audit.value === "off";
    return {
      calls: all
        .slice(0, limit)
        .map(({ resource, ...one }) => ({ ...one, ...(resource && { resource: [...resource] }) })),
      total: all.length,
      ...(off ? { hint: "The setting audit is off here: new calls are not recorded." } : {}),
    };
  },
});
