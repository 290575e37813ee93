import * as z from "zod";
import { MAX_DESCRIPTION } from "../entry/tag-file.js";
import { TAG_CATEGORIES } from "../entry/tags.js";
import { documentAddress, documentRecord, documentScope, noDocument } from "../memory/documents.js";
import { addressIn, resolve } from "../memory/resolve.js";
import { tagEntries } from "../memory/tag-entries.js";
import { createTag, deleteTag, renameTag } from "../memory/tag-writes.js";
import { allTags, documentsWithTag, readTags, type Tag, tagsFault, tagsOf } from "../memory/tags.js";
import { writeLine } from "./entry-head.js";
import { goOn, type OperationContext, operation } from "./operation.js";
import { allowSecrets, reason, ref, tags, writeResult } from "./params.js";

const name = z.string().min(1).max(64).describe("Tag");
const category = z.enum(TAG_CATEGORIES);
const entryTags = tags.min(1).describe("Tags; lower-cased");
const refs = z.array(ref).min(1).max(100);

const about = {
  name: z.string(),
  category: z.string(),
  type: z.enum(["predefined", "custom"]),
  description: z.string().optional(),
};
const standing = {
  store: z.string(),
  commit: z.string().optional(),
  committed: z.boolean(),
  pending: z.string().optional(),
};
const hint = z.string().optional();

const line = ({ name: tag, category: sort, type, description }: Tag): string =>
  `**#${tag}** · ${type === "predefined" ? `predefined ${sort}` : sort}${description ? ` · ${description.replace(/\s+/g, " ")}` : ""}`;
const hinted = (text: string, given: string | undefined): string => (given ? `${text}\n${given}` : text);
const where = (done: { readonly commit?: string | undefined; readonly pending?: string | undefined }): string =>
  done.pending ? ` (pending: ${done.pending})` : done.commit ? ` (commit ${done.commit.slice(0, 10)})` : "";
const entriesText = (count: number): string => `${count} ${count === 1 ? "entry" : "entries"}`;
const documentsText = (count = 0): string => (count === 0 ? "" : ` and ${count} ${count === 1 ? "scope" : "scopes"}`);

async function fileHint(memory: OperationContext["memory"]) {
  const file = await readTags(memory);
  const fault = tagsFault(file);
  return { file, ...(fault === undefined ? {} : { hint: `tags.yaml cannot be read: ${fault}.` }) };
}

const list = operation({
  area: "tag",
  action: "list",
  command: "tag list",
  title: "Tags in use",
  description: "Tags with the number of entries that have them, most used first; unused adds those that none has.",
  input: z.strictObject({
    category: category.optional(),
    unused: z.boolean().describe("Also tags that no entry has").optional(),
    limit: z.int().min(1).max(1_000).describe("100 when absent").optional(),
  }),
  output: z.object({
    tags: z.array(
      z.object({
        ...about,
        entries: z.int(),
        archived: z.int().optional(),
        orgs: z.int().optional(),
        projects: z.int().optional(),
        sessions: z.int().optional(),
      }),
    ),
    total: z.int(),
    unused: z.int().optional(),
    hint,
  }),
  effect: "read",
  idempotent: true,
  toolset: "more",
  route: { method: "GET", path: "/tags" },
  args: [],
  render: (output) => {
    const lines = output.tags.map((tag) => {
      const archived = tag.archived ? `, ${tag.archived} archived` : "";
      const scopes = (["orgs", "projects", "sessions"] as const).flatMap((level) =>
        tag[level] ? `, ${level}: ${tag[level]}` : [],
      );
      return `- ${line(tag as Tag)} · ${entriesText(tag.entries)}${archived}${scopes.join("")}`;
    });
    if (lines.length === 0) lines.push("No entry has such a tag.");
    if (output.total > output.tags.length) lines.push(`${output.total} in all; limit shows more.`);
    if (output.unused) lines.push(`${output.unused} more that no entry has: unused shows them.`);
    return hinted(lines.join("\n"), output.hint);
  },
  run: async ({ memory }, { category: wanted, unused, limit = 100 }) => {
    await memory.fresh();
    const { file, ...rest } = await fileHint(memory);
    const all = allTags(memory, file).filter((tag) => wanted === undefined || tag.category === wanted);
    const used = all.filter((tag) => tag.entries > 0 || tag.archived !== undefined || documentsWithTag(tag) > 0);
    const shown = unused ? all : used;
    return {
      tags: shown.slice(0, limit),
      total: shown.length,
      ...(unused || used.length === all.length ? {} : { unused: all.length - used.length }),
      ...rest,
    };
  },
});

const create = operation({
  area: "tag",
  action: "create",
  command: "tag create",
  title: "Describe a tag",
  description: "Puts a custom tag into tags.yaml, or changes its description and category there.",
  input: z.strictObject({
    name,
    description: z.string().min(1).max(MAX_DESCRIPTION).describe("What it is put on").optional(),
    category: category.optional(),
    reason: reason.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: z.object({
    ...about,
    existed: z.boolean(),
    change: z.enum(["created", "updated", "unchanged"]),
    ...standing,
  }),
  effect: "write",
  idempotent: true,
  toolset: "more",
  route: { method: "POST", path: "/tags" },
  args: ["name", "description"],
  render: (output) => {
    const done = { created: "Created", updated: "Updated", unchanged: "There already:" }[output.change];
    return `${done} ${line(output as Tag)}${where(output)}`;
  },
  run: ({ memory, caller, signal }, { name: tag, description, category: sort, ...write }) =>
    createTag(
      memory,
      {
        name: tag,
        ...(description === undefined ? {} : { description }),
        ...(sort === undefined ? {} : { category: sort }),
      },
      { caller, ...write, goOn: () => goOn(signal) },
    ),
});

const tagged = z.object({
  results: z.array(writeResult.extend({ tags: z.array(z.string()) })),
  created: z.array(z.string()).optional(),
  ...standing,
  hint,
});

function renderTagged({ results, created, hint: given }: z.infer<typeof tagged>): string {
  const lines = results.map((one) => `- ${writeLine(one)}: ${one.tags.map((tag) => `#${tag}`).join(" ") || "no tags"}`);
  if (created) lines.push(`New in tags.yaml: ${created.map((tag) => `#${tag}`).join(" ")}`);
  return hinted(lines.join("\n"), given);
}

const attach = operation({
  area: "tag",
  action: "attach",
  command: "tag attach",
  title: "Put tags on entries",
  description: "Puts tags on entries, in one write; unknown ones become custom tags. Never conflicts.",
  input: z.strictObject({
    refs,
    tags: entryTags,
    reason: reason.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: tagged,
  effect: "write",
  idempotent: true,
  toolset: "more",
  route: { method: "POST", path: "/tags/attach" },
  args: ["refs"],
  render: renderTagged,
  run: ({ memory, caller, signal }, { refs: to, tags: names, ...write }) =>
    tagEntries(memory, "attach", { refs: to, tags: names }, { caller, ...write, goOn: () => goOn(signal) }),
});

const detach = operation({
  area: "tag",
  action: "detach",
  command: "tag detach",
  title: "Take tags off entries",
  description: "Takes tags off entries, in one write. Never conflicts.",
  input: z.strictObject({ refs, tags: entryTags, reason: reason.optional() }),
  output: tagged,
  effect: "write",
  idempotent: true,
  toolset: "more",
  route: { method: "POST", path: "/tags/detach" },
  args: ["refs"],
  render: renderTagged,
  run: ({ memory, caller, signal }, { refs: from, tags: names, ...write }) =>
    tagEntries(memory, "detach", { refs: from, tags: names }, { caller, ...write, goOn: () => goOn(signal) }),
});

const rename = operation({
  area: "tag",
  action: "rename",
  command: "tag rename",
  title: "Rename or merge a tag",
  description:
    "Gives a tag another name in all entries and tags.yaml, in one write; a name that is there already merges both.",
  input: z.strictObject({
    name,
    to: z.string().min(1).max(64).describe("New name"),
    reason: reason.optional(),
    allow_secrets: allowSecrets.optional(),
  }),
  output: z.object({
    name: z.string(),
    to: z.string(),
    entries: z.int(),
    documents: z.int().optional(),
    merged: z.literal(true).optional(),
    ...standing,
    hint,
  }),
  effect: "write",
  idempotent: false,
  toolset: "more",
  route: { method: "POST", path: "/tags/{name}/rename" },
  args: ["name", "to"],
  render: (output) => {
    const done = `${output.merged ? "Merged" : "Renamed"} #${output.name} ${output.merged ? "into" : "to"} **#${output.to}** in ${entriesText(output.entries)}${documentsText(output.documents)}`;
    return hinted(done + where(output), output.hint);
  },
  run: ({ memory, caller, signal }, { name: tag, to, ...write }) =>
    renameTag(memory, { name: tag, to }, { caller, ...write, goOn: () => goOn(signal) }),
});

const remove = operation({
  area: "tag",
  action: "delete",
  command: "tag delete",
  title: "Delete a custom tag",
  description: "Deletes a custom tag that no entry has; with detach also takes it off those that have it.",
  input: z.strictObject({
    name,
    detach: z.boolean().describe("Take it off the entries that have it").optional(),
    reason: reason.optional(),
  }),
  output: z.object({ name: z.string(), entries: z.int(), documents: z.int().optional(), ...standing, hint }),
  effect: "delete",
  idempotent: false,
  toolset: "more",
  route: { method: "DELETE", path: "/tags/{name}" },
  args: ["name"],
  render: (output) => {
    const some = output.entries > 0 || output.documents !== undefined;
    const off = some ? ` and took it off ${entriesText(output.entries)}${documentsText(output.documents)}` : "";
    return hinted(`Deleted **#${output.name}**${off}${where(output)}`, output.hint);
  },
  run: ({ memory, caller, signal }, { name: tag, detach: off, ...write }) =>
    deleteTag(
      memory,
      { name: tag, ...(off === undefined ? {} : { detach: off }) },
      { caller, ...write, goOn: () => goOn(signal) },
    ),
});

const forEntry = operation({
  area: "tag",
  action: "for_entry",
  command: "tag for-entry",
  title: "Tags of an entry",
  description: "The tags of one entry, with what they mean.",
  input: z.strictObject({ ref }),
  output: z.object({ address: z.string(), tags: z.array(z.object(about)), hint }),
  effect: "read",
  idempotent: true,
  toolset: "more",
  route: { method: "GET", path: "/entries/{ref}/tags" },
  args: ["ref"],
  render: (output) => {
    const lines = output.tags.map((tag) => `- ${line(tag as Tag)}`);
    const text = [`\`${output.address}\``, ...(lines.length > 0 ? lines : ["It has no tags."])].join("\n");
    return hinted(text, output.hint);
  },
  run: async ({ memory }, { ref: text }) => {
    await memory.fresh();
    const { file, ...rest } = await fileHint(memory);
    const scope = documentScope(memory, text);
    if (scope !== undefined) {
      const record = documentRecord(memory, scope);
      if (!record) throw noDocument(memory, scope);
      return {
        address: documentAddress(record.document),
        tags: tagsOf(file, record.document.fields.tags ?? []),
        ...rest,
      };
    }
    const found = await resolve(memory, text);
    return { address: addressIn(memory, found), tags: tagsOf(file, memory.at(found)?.tags ?? []), ...rest };
  },
});

export const tagOperations = [list, create, attach, detach, rename, remove, forEntry];
