import * as z from "zod";
import { MemoryError } from "../errors.js";
import { endSession } from "../memory/session/end.js";
import { startSession, turnSession, updateSession } from "../memory/session/lifecycle.js";
import type { SessionWrite } from "../memory/session/session-draft.js";
import { attachEntries } from "../memory/session/working-set.js";
import { writeLine } from "./entry-head.js";
import { goOn, type OperationContext, operation } from "./operation.js";
import { allowSecrets, ref as entryRef, reason, writeResult } from "./params.js";
import { about, after, as, ref, standing, status, written, writtenLine } from "./session-output.js";
import { getSession, listSession } from "./session-read.js";

const title = z.string().min(1).max(200);
const purpose = z.string().max(500).describe("What it is for");
const metadata = z.record(z.string(), z.unknown()).describe("Anything worth knowing about it");
const tags = z.array(z.string().max(64)).max(50);
const entryRefs = z.array(entryRef).max(100);
const write = { reason: reason.optional(), allow_secrets: allowSecrets.optional() };

const writing = (
  { signal }: OperationContext,
  given: Pick<SessionWrite, "reason" | "allow_secrets">,
): SessionWrite => ({
  ...given,
  goOn: () => goOn(signal),
});

const start = operation({
  area: "session",
  action: "start",
  command: "session start",
  title: "Begin a session",
  description: "Begins a session of work with notes of its own; this connection is in it from then on.",
  input: z.strictObject({
    name: z.string().min(1).max(200).describe("Made from the purpose when absent").optional(),
    purpose: purpose.optional(),
    title: title.optional(),
    parent: z.string().min(1).max(1_000).describe("Session that this one continues").optional(),
    tags: tags.optional(),
    metadata: metadata.optional(),
    ...write,
  }),
  output: written,
  effect: "write",
  idempotent: false,
  storeless: true,
  toolset: "scopes",
  route: { method: "POST", path: "/sessions" },
  args: ["purpose"],
  render: (output, _style, say) =>
    output.current
      ? writtenLine("Began", output)
      : `${writtenLine("Began", output)}\n${say(`Calls with --session ${output.name}, or GIT_MEMORY_SESSION, belong to it.`)}`,
  run: async (context, { reason: why, allow_secrets, ...given }) =>
    as(after(context, await startSession(context, given, writing(context, { reason: why, allow_secrets })))),
});

const update = operation({
  area: "session",
  action: "update",
  command: "session update",
  title: "Describe a session",
  description: "Changes what is said of a session: title, purpose, tags, metadata, text.",
  input: z.strictObject({
    ref: ref.optional(),
    title: title.optional(),
    purpose: purpose.optional(),
    tags: tags.optional(),
    metadata: metadata.optional(),
    content: z.string().describe("Its description, whole").optional(),
    ...write,
  }),
  output: written,
  effect: "write",
  idempotent: true,
  toolset: "scopes",
  route: { method: "PATCH", path: "/sessions/{ref}" },
  args: ["ref"],
  render: (output) => writtenLine("Updated", output),
  run: async (context, { ref: text, reason: why, allow_secrets, ...given }) =>
    as(after(context, await updateSession(context, text, given, writing(context, { reason: why, allow_secrets })))),
});

const turning = (
  action: "pause" | "resume",
  words: { readonly title: string; readonly description: string; readonly done: string },
) =>
  operation({
    area: "session",
    action,
    command: `session ${action}`,
    title: words.title,
    description: words.description,
    input: z.strictObject({ ref: ref.optional(), reason: reason.optional() }),
    output: written,
    effect: "write",
    idempotent: false,
    toolset: "scopes",
    route: { method: "POST", path: `/sessions/{ref}/${action}` },
    args: ["ref"],
    render: (output) => writtenLine(words.done, output),
    run: async (context, { ref: text, reason: why }) => {
      const to = action === "pause" ? "paused" : "active";
      return as(after(context, await turnSession(context, text, to, writing(context, { reason: why }))));
    },
  });

const pause = turning("pause", {
  title: "Pause a session",
  description: "Sets an active session aside: its notes are found by its scope only.",
  done: "Paused",
});

const resume = turning("resume", {
  title: "Go on with a session",
  description: "Goes on with a paused session; this connection is in it from then on.",
  done: "Resumed",
});

const end = operation({
  area: "session",
  action: "end",
  command: "session end",
  title: "End a session",
  description:
    "Ends a session; promote (or all) moves entries worth keeping to the project, keeping id. If one cannot move, none does.",
  input: z.strictObject({
    ref: ref.optional(),
    status: status.optional(),
    promote: entryRefs.describe("Its entries that move to the project").optional(),
    all: z.boolean().describe("Promote all that are neither archived nor private").optional(),
    ...write,
  }),
  output: z.object({
    ...about,
    ...standing,
    promoted: z.array(writeResult),
  }),
  effect: "delete",
  idempotent: false,
  toolset: "scopes",
  route: { method: "POST", path: "/sessions/{ref}/end" },
  args: ["ref"],
  render: (output) => {
    const moved = output.promoted.map((one) => `- ${writeLine(one)}`);
    return [writtenLine("Ended", output), ...moved].join("\n");
  },
  run: async (context, { ref: text, reason: why, allow_secrets, status: to = "completed", ...given }) => {
    if (to !== "completed" && to !== "discarded")
      throw new MemoryError("invalid_input", "status has to be completed or discarded. Nothing was written.", {
        field: "status",
      });
    const done = await endSession(
      context,
      text,
      { ...given, status: to },
      writing(context, { reason: why, allow_secrets }),
    );
    return { ...as(after(context, done)), promoted: [...done.promoted] };
  },
});

const attach = operation({
  area: "session",
  action: "attach",
  command: "session attach",
  title: "Choose what a session works with",
  description: "Puts entries into a session's working set, shown first in context; detach takes them out.",
  input: z.strictObject({
    refs: entryRefs.min(1),
    ref: ref.optional(),
    working: z.boolean().describe("Being worked on right now").optional(),
    position: z.int().min(1).max(1_000_000).describe("From 1; at the end when absent").optional(),
    detach: z.boolean().describe("Take them out instead").optional(),
    reason: reason.optional(),
  }),
  output: written,
  effect: "write",
  idempotent: true,
  toolset: "scopes",
  route: { method: "POST", path: "/sessions/{ref}/attach" },
  args: ["refs"],
  render: (output) => writtenLine("Changed the working set of", output),
  run: async (context, { ref: text, reason: why, ...given }) =>
    as(after(context, await attachEntries(context, text, given, writing(context, { reason: why })))),
});

export const sessionOperations = [start, getSession, listSession, update, pause, resume, end, attach];
