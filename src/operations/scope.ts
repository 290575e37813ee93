import * as z from "zod";
import { MemoryError } from "../errors.js";
import { findScope, type ScopeLevel } from "../memory/known-scopes.js";
import type { Memory } from "../memory/memory.js";
import { scopeView, scopeViews } from "../memory/scope-views.js";
import { type CreateScope, createScope, type UpdateScope, updateScope } from "../memory/scope-writes.js";
import { writeLine } from "./entry-head.js";
import { goOn, type Operation, operation } from "./operation.js";
import { allowSecrets, baseVersion, fields, reason, tags, writeResult } from "./params.js";
import { type Brief, brief, briefLine, briefOf, full, fullOf, renderFull } from "./scope-view.js";

const about = {
  title: z.string().min(1).max(200).describe("What people call it; the name when absent").optional(),
  description: z.string().describe("What it is about, in Markdown").optional(),
  tags: tags.optional(),
  metadata: fields.describe("Anything worth knowing: goals, constraints, team …").optional(),
};

/** What only projects have. */
const place = {
  root_path: z.string().max(1_000).describe("Where it lies, relative to the repository: packages/api").optional(),
  git_remote_url: z.string().max(1_000).describe("Address of its git repository, without a password").optional(),
  git_branch: z.string().max(250).optional(),
  project_type: z.string().max(64).describe("web, api, cli, library … or another word").optional(),
  language: z.string().max(64).optional(),
  framework: z.string().max(64).optional(),
};

const name = z.string().min(1).max(200).describe("One part of a path, such as api");
const store = z.string().max(100).describe("The store to put it into; that of its scope when absent").optional();

const some = <T>(value: unknown): T => value as T;

/** The fields of a document among those of an input. */
function fieldsOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = [...Object.keys(about), ...Object.keys(place)].filter((field) => field !== "description");
  return Object.fromEntries(known.filter((field) => given[field] !== undefined).map((field) => [field, given[field]]));
}

/** Fields to set, and null for those to take away. */
function changesOf(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const set = fieldsOf(given);
  for (const field of (given.clear as readonly string[] | undefined) ?? []) {
    if (field in set)
      throw new MemoryError("invalid_input", `Nothing was written: ${field} is both given and in clear.`, {
        field: "clear",
      });
    set[field] = null;
  }
  return given.status === undefined ? set : { ...set, status: given.status };
}

/** An area needs every store to be read; where there is none yet, the first write makes the person's own. */
const look = (memory: Memory): Promise<unknown> =>
  memory.fresh().catch((error: unknown) => {
    if (!(error instanceof MemoryError && error.data.missing === "store")) throw error;
  });

/** The four verbs of orgs, or of projects. */
function scopeOperations(level: ScopeLevel): Operation[] {
  const a = level === "org" ? "an org" : "a project";
  const many = `${level}s`;
  const own = level === "org" ? about : { ...about, ...place };
  const refs = level === "org" ? "Name, id or org/NAME" : "Name, id, project/NAME, root_path or git remote";
  const ref = z.string().min(1).max(1_000).describe(`${refs}; the current ${level} when absent`);
  const clearable = Object.keys(own).filter((field) => field !== "description") as [string, ...string[]];

  const create = operation({
    area: level,
    action: "create",
    command: `${level} create`,
    title: `Make ${a}`,
    description:
      level === "org"
        ? "Makes an org: a scope around projects, in the store that can hold it, else in your own."
        : "Makes a project, in the org's or shared store that holds it, else in your own; with root_path a part of a monorepo.",
    input: z.strictObject({
      name,
      ...(level === "org" ? {} : { org: z.string().min(1).max(200).describe("Name of its org").optional() }),
      ...own,
      store,
      reason: reason.optional(),
      allow_secrets: allowSecrets.optional(),
    }),
    output: writeResult,
    effect: "write",
    idempotent: false,
    storeless: true,
    toolset: "scopes",
    route: { method: "POST", path: `/${many}`, status: 201 },
    args: ["name"],
    versionOf: ({ version }) => version,
    render: writeLine,
    run: async ({ memory, caller, signal }, given) => {
      await look(memory);
      goOn(signal);
      const { name: called, description, reason: why, allow_secrets } = given;
      const { org, store: into } = given as { org?: string; store?: string };
      const input = { name: called, org, store: into, description, fields: fieldsOf(given) };
      return createScope(memory, level, some<CreateScope>(input), { caller, reason: why, allow_secrets });
    },
  });

  const list = operation({
    area: level,
    action: "list",
    command: `${level} list`,
    title: `The ${many}`,
    description:
      level === "org"
        ? "The orgs of all open stores, with their projects and how much is known in them."
        : "The projects of all open stores, those of one org or with a tag, and how much is known in them.",
    input: z.strictObject({
      ...(level === "org" ? {} : { org: z.string().min(1).max(200).describe("Name of its org").optional() }),
      tag: z.string().min(1).max(64).optional(),
      archived: z.boolean().describe("Also archived ones").optional(),
      limit: z.int().min(1).max(1_000).describe("100 when absent").optional(),
    }),
    output: z.object({ [many]: z.array(z.object(brief)), total: z.int() }),
    effect: "read",
    idempotent: true,
    storeless: true,
    toolset: "scopes",
    route: { method: "GET", path: `/${many}` },
    args: [],
    render: (output) => {
      const { total, [many]: listed } = output as Record<string, unknown>;
      const found = listed as Brief[];
      if (found.length === 0) return `There is no such ${level}.`;
      const more = (total as number) > found.length ? `\n${total} in all; limit shows more.` : "";
      return found.map((one) => `- ${briefLine(one)}`).join("\n") + more;
    },
    run: async ({ memory }, given) => {
      await memory.fresh();
      const {
        org,
        tag,
        archived,
        limit = 100,
      } = given as {
        org?: string;
        tag?: string;
        archived?: boolean;
        limit?: number;
      };
      const around = org === undefined ? undefined : findScope(memory, "org", org).slice("org/".length);
      const label = tag?.normalize("NFC").trim().toLowerCase();
      const found = scopeViews(memory, level).filter(
        (one) =>
          (around === undefined || one.org === around) &&
          (label === undefined || one.fields.tags?.includes(label)) &&
          (archived || one.fields.status !== "archived"),
      );
      return { [many]: found.slice(0, limit).map(briefOf), total: found.length } as never;
    },
  });

  const get = operation({
    area: level,
    action: "get",
    command: `${level} get`,
    title: `What is known about ${a}`,
    description:
      level === "org"
        ? "An org with its projects and counts; without ref the one around the current project."
        : "A project with its fields and counts; without ref the one you are in, also when nobody wrote about it yet.",
    input: z.strictObject({ ref: ref.optional() }),
    output: full,
    effect: "read",
    idempotent: true,
    storeless: true,
    toolset: "scopes",
    route: { method: "GET", path: `/${many}/{ref}` },
    alsoAt: [{ method: "GET", path: `/${level}`, name: `current_${level}` }],
    args: ["ref"],
    versionOf: ({ version }) => version,
    render: renderFull,
    run: async ({ memory }, given) => {
      await memory.fresh();
      return fullOf(scopeView(memory, level, findScope(memory, level, given.ref)));
    },
  });

  const update = operation({
    area: level,
    action: "update",
    command: `${level} update`,
    title: `Change ${a}`,
    description: `Changes what is known about ${a}, archives it or brings it back; without ref the current one. Only what you name changes.`,
    input: z.strictObject({
      ref: ref.optional(),
      ...own,
      status: z.enum(["active", "archived"]).describe("archived: nobody works in it any more").optional(),
      clear: z.array(z.enum(clearable)).max(20).describe("Fields to take away").optional(),
      base_version: baseVersion.optional(),
      reason: reason.optional(),
      allow_secrets: allowSecrets.optional(),
    }),
    output: writeResult,
    effect: "write",
    idempotent: true,
    storeless: true,
    toolset: "scopes",
    route: { method: "PATCH", path: `/${many}/{ref}` },
    alsoAt: [{ method: "PATCH", path: `/${level}`, name: `change_current_${level}` }],
    args: ["ref"],
    versionOf: ({ version }) => version,
    render: writeLine,
    run: async ({ memory, caller, signal }, given) => {
      await look(memory);
      goOn(signal);
      const { ref: wanted, description, base_version, reason: why, allow_secrets } = given;
      const input = { ref: wanted, description, base_version, fields: changesOf(given) };
      return updateScope(memory, level, some<UpdateScope>(input), { caller, reason: why, allow_secrets });
    },
  });

  return [create, list, get, update];
}

export const orgOperations = scopeOperations("org");
export const projectOperations = scopeOperations("project");
