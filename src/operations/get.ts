import * as z from "zod";
import { readOutcomes, usageOf } from "../entry/outcomes.js";
import { MemoryError } from "../errors.js";
import {
  documentAddress,
  documentIn,
  documentKey,
  documentScope,
  type ReadDocument,
  readDocument,
} from "../memory/documents.js";
import type { Memory } from "../memory/memory.js";
import { parseAt } from "../memory/parse-at.js";
import { nodeAt } from "../memory/related-to.js";
import { listRelations } from "../memory/relation-list.js";
import { resolve, resolvePath } from "../memory/resolve.js";
import type { Used } from "../memory/usage.js";
import { findVersion, versionsOf } from "../memory/versions.js";
import type { View } from "../memory/view.js";
import type { EntryKey } from "../search/indexed.js";
import { headLine, headOf, staleFlag } from "./entry-head.js";
import { operation } from "./operation.js";
import { asOf, entryHead, iso, ref } from "./params.js";
import { outcomesText, usageText, usageView } from "./pattern-view.js";
import { relationLine, relationView } from "./relation-line.js";
import { versionOutput, versionView } from "./version-view.js";

const entry = z.object({
  ...entryHead,
  content: z.string(),
  fields: z.record(z.string(), z.unknown()),
  unknown: z.record(z.string(), z.unknown()).optional(),
  problems: z.array(z.object({ field: z.string(), message: z.string(), line: z.int().optional() })).optional(),
  usage: usageView.optional(),
  history: z.array(versionOutput).optional(),
  relations: z.array(relationView).optional(),
  more_relations: z.int().optional(),
  read_count: z.int().optional(),
  last_read: z.string().optional(),
});

type EntryOutput = z.infer<typeof entry>;

interface Wanted {
  readonly version?: string | undefined;
  readonly view: View;
}

interface Read extends EntryKey {
  readonly entry: EntryOutput;
}

async function read(memory: Memory, text: string, { version, view }: Wanted): Promise<Read> {
  const scope = documentScope(memory, text);
  if (scope !== undefined) return documentOf(memory, scope, text, { version, view });
  const past = version !== undefined;
  const key = past ? await resolvePath(memory, text) : await resolve(memory, text, undefined, view);
  const { path } = key;
  const store = await memory.store(key.store);
  const found = past ? await findVersion(memory, key, text, version) : undefined;
  const bytes = found ? found.bytes : await view.bytes(key);
  const parsed = bytes ? parseAt(store.manifest.root, found?.version.path ?? path, bytes) : undefined;
  if (!parsed) throw new MemoryError("not_found", `${text} was deleted in that version.`, { ref: text });
  const listed = view.at(key);
  if (listed && view.commit === undefined) await memory.awaitStale([listed]);
  const { id, category, tags = [] } = parsed.fields;
  const written = found ? { updatedAt: found.version.at, author: found.version.author } : listed;
  const head = headOf(memory, {
    ...parsed,
    ...(id === undefined ? {} : { id }),
    ...(category === undefined ? {} : { category }),
    ...(written?.updatedAt === undefined ? {} : { updatedAt: written.updatedAt }),
    ...(written?.author === undefined ? {} : { author: written.author }),
    store: store.name,
    path,
    tags,
    version: found?.version.version ?? listed?.version ?? "",
  });
  const entry = {
    ...head,
    ...(parsed.private ? { private: parsed.private } : {}),
    ...(found ? archivedThen(parsed.fields.status) : view.index.flags(store.name, path)),
    ...(found || !listed ? {} : staleFlag(memory, listed, view)),
    content: parsed.body,
    fields: { ...parsed.fields },
    ...(Object.keys(parsed.unknown).length === 0 ? {} : { unknown: { ...parsed.unknown } }),
    ...(parsed.problems.length === 0 ? {} : { problems: [...parsed.problems] }),
    ...(parsed.kind === "pattern" ? { usage: usageOf(readOutcomes(parsed).outcomes) } : {}),
  };
  return { ...key, entry };
}

async function documentOf(memory: Memory, scope: string, text: string, { version, view }: Wanted): Promise<Read> {
  if (version === undefined) {
    const one = await readDocument(memory, scope, view);
    return { store: one.store, path: one.path, entry: documentOutput(memory, one) };
  }
  const key = await documentKey(memory, scope);
  const { bytes, version: found } = await findVersion(memory, key, text, version);
  const document = bytes && (await documentIn(memory, key, bytes));
  if (!document) throw new MemoryError("not_found", `${text} was deleted in that version.`, { ref: text });
  const { at: updatedAt, author } = found;
  const entry = documentOutput(memory, { ...key, document, version: found.version ?? "", updatedAt, author });
  return { ...key, entry };
}

function documentOutput(memory: Memory, one: ReadDocument): EntryOutput {
  const { document, store } = one;
  const { level, title, fields, unknown, problems, body } = document;
  const { id, tags = [], status } = fields;
  return {
    address: documentAddress(document),
    ...(id === undefined ? {} : { id }),
    kind: level,
    scope: document.scope,
    ...(store === memory.workspace.main?.store.name ? {} : { store }),
    title,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
    ...(one.updatedAt === undefined ? {} : { updated_at: iso(one.updatedAt) }),
    ...(one.author === undefined ? {} : { author: one.author }),
    version: one.version,
    ...(status === "archived" ? { archived: true as const } : {}),
    ...(one.pending ? { pending: true as const } : {}),
    ...(one.conflict === undefined ? {} : { conflict: one.conflict }),
    content: body,
    fields: { ...fields },
    ...(Object.keys(unknown).length === 0 ? {} : { unknown: { ...unknown } }),
    ...(problems.length === 0 ? {} : { problems: [...problems] }),
  };
}

/** An older version is not pending or superseded itself; whether it was archived is in its text. */
const archivedThen = (status: string | undefined) => (status === "archived" ? { archived: true as const } : {});

function renderEntry(one: EntryOutput, detailed: boolean): string {
  const shown = Object.entries(one.fields).filter(([field]) => !["id", "title", "tags", "status"].includes(field));
  const fields = shown.map(([field, value]) => {
    if (field === "outcomes" && !detailed)
      return `outcomes: ${outcomesText(one.fields.outcomes as readonly unknown[])}`;
    return `${field}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
  });
  const meta = detailed ? [`id: ${one.id ?? "none"}`, `author: ${one.author ?? "unknown"}`] : [];
  const usage = one.usage ? [usageText(one.usage)] : [];
  const head = [headLine(one), `version: ${one.version}`, ...meta, ...usage, ...fields].join("\n");
  const history = one.history
    ?.map((version) => `- ${version.at} ${version.change_type} by ${version.author}`)
    .join("\n");
  const relations = one.relations?.map((relation) => `- ${relationLine(relation)}`).join("\n");
  const times = `${one.read_count} ${one.read_count === 1 ? "time" : "times"}`;
  const never = one.read_count === undefined ? "" : "Never read before";
  const used = one.last_read ? `Read ${times}, last ${one.last_read}` : never;
  return [head, used, one.content.trim(), relations, history].filter(Boolean).join("\n\n");
}

/** Hosts cut results of more than about 50,000 characters without a word: better we say what is missing. */
const ROOM = 40_000;

function withinRoom(parts: readonly string[]): string[] {
  let left = ROOM;
  return parts.map((part) => {
    const shown = part.slice(0, Math.max(left, 200));
    left -= shown.length;
    if (shown.length === part.length) return part;
    return `${shown}\n\n… cut: ${part.length - shown.length} more characters. Get it alone, or with response_format json.`;
  });
}

export const get = operation({
  area: "get",
  command: "get",
  title: "Read entries",
  description:
    "Read whole entries by address, id or unique name; an older state with version (a version or commit) or as_of.",
  input: z.strictObject({
    refs: z.array(ref).min(1).max(50),
    version: z.string().min(7).max(64).describe("Version or commit, 7 digits or more; for one ref").optional(),
    as_of: asOf.optional(),
    include: z.array(z.enum(["history", "relations", "usage"])).optional(),
  }),
  output: z.object({ entries: z.array(entry), missing: z.array(z.string()).optional(), hint: z.string().optional() }),
  effect: "read",
  idempotent: true,
  toolset: "default",
  route: { method: "GET", path: "/entries/{refs}" },
  // Fifty long refs do not fit into an address.
  alsoAt: [{ method: "POST", path: "/get", name: "get_several" }],
  // Its history, and what leads to it, change while the entry's version stays.
  versionOf: ({ entries: [one, ...more], missing }) =>
    more.length > 0 || missing || one?.history || one?.relations || one?.read_count !== undefined
      ? undefined
      : one?.version,
  args: ["refs"],
  render: ({ entries, missing, hint }, style) => {
    const parts = withinRoom(entries.map((one) => renderEntry(one, style === "detailed")));
    if (hint) parts.push(hint);
    if (missing?.length) parts.push(`Not found: ${missing.join(", ")}`);
    return parts.join("\n\n---\n\n");
  },
  run: async ({ memory, connection }, { refs, version, as_of, include }) => {
    if (as_of !== undefined && (version !== undefined || include?.includes("history")))
      throw new MemoryError(
        "invalid_input",
        "as_of goes neither with version nor with include history: it is a whole state. Pass one of them.",
        { field: "as_of" },
      );
    const view = await memory.view(as_of);
    if (version !== undefined && refs.length > 1)
      throw new MemoryError("invalid_input", "version is for one ref; pass one ref, or no version.", {
        field: "version",
      });
    if (version !== undefined && include?.includes("relations"))
      throw new MemoryError(
        "invalid_input",
        "include relations tells what leads to and from an entry now; leave version out.",
        {
          field: "include",
        },
      );
    const entries: EntryOutput[] = [];
    const given: Used[] = [];
    if (include?.includes("usage")) memory.usage.refresh();
    const missing: string[] = [];
    let first: MemoryError | undefined;
    for (const text of refs) {
      try {
        const found = await read(memory, text, { version, view });
        const history = include?.includes("history") ? await historyOf(memory, text) : undefined;
        const related = include?.includes("relations") ? await relationsOf(memory, text, view) : {};
        const used = {
          store: found.store,
          path: found.path,
          ...(found.entry.id === undefined ? {} : { id: found.entry.id }),
        };
        const reads = include?.includes("usage") ? readsOf(memory, used) : {};
        entries.push({ ...found.entry, ...(history ? { history } : {}), ...related, ...reads });
        if (version !== undefined || view.commit !== undefined) continue;
        given.push(used);
        connection?.texts.note(used, { version: found.entry.version });
      } catch (error) {
        if (!(error instanceof MemoryError && error.code === "not_found")) throw error;
        first ??= error;
        missing.push(text);
      }
    }
    if (entries.length === 0 && first) throw first;
    memory.usage.read(given, memory.now());
    const { state } = memory.usage;
    const hint = include?.includes("usage") && state !== true ? `Reads are not counted: ${state}.` : undefined;
    return { entries, ...(missing.length === 0 ? {} : { missing }), ...(hint === undefined ? {} : { hint }) };
  },
});

/** So many are shown: the others' notes are in as many files. */
const MOST_RELATIONS = 100;

/** How often an entry was read before this, and when last; nothing where nothing is counted. */
function readsOf(memory: Memory, used: Used): Pick<EntryOutput, "read_count" | "last_read"> {
  if (memory.usage.state !== true) return {};
  const reads = memory.usage.readsOf(used);
  return { read_count: reads?.count ?? 0, ...(reads ? { last_read: iso(reads.last) } : {}) };
}

async function relationsOf(memory: Memory, text: string, view: View) {
  const entry = await nodeAt(memory, text, view);
  const wanted = { entry, direction: "both", limit: MOST_RELATIONS } as const;
  const { relations, total } = await listRelations(memory, wanted, view);
  const more = total - relations.length;
  return { relations: [...relations], ...(more > 0 ? { more_relations: more } : {}) };
}

async function historyOf(memory: Memory, text: string) {
  const { versions } = await versionsOf(memory, await resolvePath(memory, text), text);
  return versions.map(versionView);
}
