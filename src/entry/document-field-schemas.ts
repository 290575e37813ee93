import * as z from "zod";
import { type DocumentLevel, SESSION_STATES } from "./document.js";
import { bounded, date, json, line, list, SHARED, text } from "./field-shapes.js";
import { hasPassword } from "./git-remote.js";
import { rootPathProblem } from "./root-path.js";
import { isScopeName } from "./scope.js";

const metadata = bounded(json, 50_000).meta({
  description: "Anything worth knowing about it: goals, constraints, team, currentState …",
});

const archived = z.literal("archived", { error: "must be archived, or absent" }).meta({
  description: "archived says that nobody works in it any more; absent means active",
});

const rootPath = line(1000, "Where it lies, relative to the repository, such as packages/api")
  .refine((value) => rootPathProblem(value, true) === undefined, {
    error: "must be a path without .. and, when it is relative, with / between its parts",
  })
  .meta({ description: "Where it lies, relative to the repository; absolute only in the personal store" });

const remote = line(1000, "The address of its git repository")
  .refine((value) => !hasPassword(value), { error: "must not hold a password" })
  .meta({ description: "The address of its git repository, without a password" });

const branch = line(250, "The git branch it is about");

const item = z.looseObject({
  entry: line(1500, "Address of an entry; without a scope one of the session's own"),
  working: z.boolean().meta({ description: "True for what is being worked on right now" }).optional(),
});

/** The front matter fields of each level's document in canonical order, as zod schemas of one value; unknown keys are allowed in a file. */
export const DOCUMENT_FIELDS = {
  org: { ...SHARED, status: archived, metadata },
  project: {
    ...SHARED,
    status: archived,
    root_path: rootPath,
    git_remote_url: remote,
    git_branch: branch,
    project_type: line(64, "What sort of project it is: web, api, cli, library … or another word"),
    language: line(64, "The programming language it is mostly written in"),
    framework: line(64, "The framework it is built on"),
    metadata,
  },
  session: {
    ...SHARED,
    purpose: text(500, "What the session is for"),
    agent: line(200, "Who works in it"),
    status: z
      .enum(SESSION_STATES, { error: `must be one of ${SESSION_STATES.join(", ")}` })
      .default("active")
      .meta({ description: "Where it stands; active when absent" }),
    started_at: date.meta({ description: "When it began" }),
    ended_at: date.meta({ description: "When it ended" }),
    parent: line(250, "Name of the session that this one continues")
      .refine(isScopeName, { error: "must be the name of a session" })
      .meta({ description: "Name of the session that this one continues, in the same scope" }),
    git_branch: branch,
    git_commit: line(64, "The commit at which it began")
      .refine((value) => /^[0-9a-f]{7,64}$/i.test(value), { error: "must be 7 to 64 hex digits" })
      .meta({ description: "The commit at which it began", pattern: "^[0-9a-fA-F]{7,64}$" }),
    working_set: list(item, 1000, "The entries that it works with, first to last"),
    metadata,
  },
} as const satisfies Readonly<Record<DocumentLevel, Readonly<Record<string, z.ZodType>>>>;
