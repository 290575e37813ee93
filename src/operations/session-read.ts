import * as z from "zod";
import { addressIn } from "../memory/resolve.js";
import { wantedSession } from "../memory/session/lifecycle.js";
import { sessionNamed } from "../memory/session/records.js";
import { entriesOf, listSessions, type SessionView, sessionView, workingSet } from "../memory/session/session-view.js";
import { operation } from "./operation.js";
import { iso } from "./params.js";
import { about, as, ref, sessionLine, status } from "./session-output.js";

/** Entries that are named; the rest is counted. */
const MOST_ENTRIES = 50;

const head = z.object({
  address: z.string(),
  title: z.string(),
  kind: z.string(),
  updated_at: z.string().optional(),
  archived: z.literal(true).optional(),
});

export const getSession = operation({
  area: "session",
  action: "get",
  command: "session get",
  title: "A session",
  description: "A session with its working set and its entries; this connection's own without ref.",
  input: z.strictObject({ ref: ref.optional() }),
  output: z.object({
    ...about,
    works_with: z.array(
      z.object({
        address: z.string(),
        title: z.string().optional(),
        kind: z.string().optional(),
        working: z.literal(true).optional(),
        missing: z.literal(true).optional(),
      }),
    ),
    holds: z.array(head),
  }),
  effect: "read",
  idempotent: true,
  toolset: "scopes",
  route: { method: "GET", path: "/sessions/{ref}" },
  args: ["ref"],
  render: (output) => {
    const { title: called, description, parent, agent, git_branch: branch } = output;
    const facts = [
      called === output.name ? "" : `title: ${called}`,
      agent ? `agent: ${agent}` : "",
      parent ? `continues: ${parent}` : "",
      branch ? `branch: ${branch}` : "",
      output.started_at ? `began: ${output.started_at}` : "",
      output.ended_at ? `ended: ${output.ended_at}` : "",
      output.metadata ? `metadata: ${JSON.stringify(output.metadata)}` : "",
    ].filter(Boolean);
    const works = output.works_with.map(
      (item) =>
        `- ${item.title ? `**${item.title}** · ` : ""}\`${item.address}\`${item.working ? " · being worked on" : ""}${item.missing ? " · not there any more" : ""}`,
    );
    const holds = output.holds.map(
      (entry) => `- **${entry.title}** · \`${entry.address}\`${entry.archived ? " · archived" : ""}`,
    );
    const more = output.entries - output.holds.length;
    if (more > 0) holds.push(`${more} more: search with scope ${output.scope} lists them.`);
    const parts = [
      [sessionLine(output as SessionView), ...facts].join("\n"),
      description?.trim() ?? "",
      works.length > 0 ? ["## Working set", ...works].join("\n") : "",
      holds.length > 0 ? ["## Entries", ...holds].join("\n") : "",
    ];
    return parts.filter(Boolean).join("\n\n");
  },
  run: async (context, given) => {
    const { memory } = context;
    await memory.fresh();
    const { name } = wantedSession(context, given.ref);
    const record = sessionNamed(memory, name)!;
    const time = (one: { readonly updatedAt?: number; readonly createdAt?: number }) =>
      one.updatedAt ?? one.createdAt ?? 0;
    const own = entriesOf(memory, record).sort((a, b) => time(b) - time(a) || (a.path < b.path ? -1 : 1));
    return {
      ...as(sessionView(context, record)),
      works_with: await workingSet(memory, record),
      holds: own.slice(0, MOST_ENTRIES).map((entry) => ({
        address: addressIn(memory, entry),
        title: entry.title,
        kind: entry.kind,
        ...(entry.updatedAt === undefined ? {} : { updated_at: iso(entry.updatedAt) }),
        ...(entry.status === "archived" ? { archived: true as const } : {}),
      })),
    };
  },
});

export const listSession = operation({
  area: "session",
  action: "list",
  command: "session list",
  title: "Sessions",
  description: "The sessions of this project, newest first.",
  input: z.strictObject({
    status: status.optional(),
    limit: z.int().min(1).max(1_000).describe("20 when absent").optional(),
  }),
  output: z.object({ sessions: z.array(z.object(about)), total: z.int() }),
  effect: "read",
  idempotent: true,
  toolset: "scopes",
  route: { method: "GET", path: "/sessions" },
  args: [],
  render: ({ sessions, total }) => {
    if (total === 0) return "There is no such session.";
    const lines = sessions.map((one) => `- ${sessionLine(one as SessionView)}`);
    if (total > sessions.length) lines.push(`${total} in all; limit shows more.`);
    return lines.join("\n");
  },
  run: async (context, { status: wanted, limit = 20 }) => {
    await context.memory.fresh();
    const { sessions, total } = listSessions(context, wanted, limit);
    return { sessions: sessions.map(as), total };
  },
});
