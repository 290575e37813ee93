import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFLICT_LOG, type Counterpart, OLDER_MODELS, VIEW_OF } from "../../build/older-models.js";
import { DOCUMENT_LEVELS } from "../../src/entry/document.js";
import { FIELD_NAMES } from "../../src/entry/fields.js";
import { KINDS } from "../../src/entry/kinds.js";
import { parseManifest } from "../../src/entry/manifest.js";
import { OPERATIONS } from "../../src/operations/registry.js";
import type { Json } from "../support/memory.js";
import { makeMonorepo } from "../support/monorepo.js";
import { git, makeOwnStore, put, temporaryFolder } from "../support/repositories.js";
import { restDoor } from "../support/rest-door.js";
import { ServeProcess } from "../support/serve.js";

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const BLOB = /^[0-9a-f]{40}$/;
const GONE = undefined;

const AUTHOR = "Ada Person";
const SESSION_FILE = "orgs/acme/projects/api/sessions/second/session.md";
/** The id of a conflict. */
const CONFLICT = /^[0-9a-f]{8}-[0-9a-f]{4}-8/;
const RECORD = {
  entry: "project/acme/api:memories/contested",
  path: "projects/api/memories/contested.md",
  cause: "concurrent",
  version_a: "a".repeat(40),
  version_b: "b".repeat(40),
  fields: ["title"],
  detected_at: "2026-01-02T03:04:05.000Z",
  resolved: true,
  resolution: "both",
  resolved_at: "2026-01-03T03:04:05.000Z",
  resolved_by: "Ada Person",
};

const ABOUT = {
  git_remote_url: "git@example.org:acme/api.git",
  git_branch: "main",
  project_type: "api",
  language: "typescript",
  framework: "express",
  metadata: { goals: ["Launch"], team: ["alice", "bob"] },
};
const SCRATCH = { currentState: "half done" };
const CALL = {
  parameters: { required: ["message"], optional: ["files"] },
  examples: [{ description: "Simple", input: { message: "Fix" }, output: "Committed" }],
  constraints: "Never on main.",
};
const RULE = { rationale: "Failures vanish.", examples: { good: ["await it"], bad: ["forget it"] } };
const FACT = {
  topic: "billing",
  summary: "Invoices are in Postgres.",
  importance: 0.85,
  decay_rate: 0.2,
  confidence: 0.9,
  source: "docs/adr/0003.md",
  valid_until: "2999-01-01",
  files: ["src/a.ts#L10-L20"],
  source_tool: "memory_import",
  external_id: "row-17",
};
const LINK = {
  type: "depends_on",
  target: "guidelines/handle-rejections",
  strength: 0.8,
  note: "same ledger",
  auto: true,
};
const PERSON = { name: "ada", email: "ada@example.org", display_name: "Ada P.", preferences: { theme: "dark" } };

/** Every column of every older table, with what its counterpart in the filled store has to be. */
const OLDER: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  organizations: { id: UUID, name: "acme", metadata: { sector: "shops" }, created_at: TIME },
  projects: {
    id: UUID,
    org_id: "project/acme/api",
    user_id: AUTHOR,
    name: "api",
    description: /^Serves everything\.\s*$/,
    root_path: "packages/api",
    path: "packages/api",
    ...ABOUT,
    config_json: ABOUT.metadata,
    created_at: TIME,
    updated_at: TIME,
    last_accessed_at: TIME,
    is_active: "archived",
  },
  sessions: {
    id: UUID,
    project_id: SESSION_FILE,
    user_id: AUTHOR,
    name: "second",
    description: /^It went well\.\s*$/,
    purpose: "Go on with it",
    agent_id: "importer",
    status: "completed",
    is_active: "completed",
    started_at: TIME,
    ended_at: TIME,
    metadata: SCRATCH,
    context_json: SCRATCH,
    git_branch: "main",
    git_commit: /^[0-9a-f]{40}$/,
    working_directory: GONE,
    parent_session_id: "first",
    created_at: TIME,
    updated_at: TIME,
    last_active_at: TIME,
  },
  session_memories: {
    id: /memories\/use-postgres$/,
    session_id: "session/second:",
    memory_id: /memories\/use-postgres$/,
    position_in_session: "tools/commit",
    working_memory: true,
    context_window_position: "memories/use-postgres",
    added_at: TIME,
  },
  users: {
    id: AUTHOR,
    username: PERSON.name,
    email: PERSON.email,
    display_name: PERSON.display_name,
    preferences_json: PERSON.preferences,
    created_at: TIME,
    updated_at: TIME,
    last_active_at: TIME,
    is_active: GONE,
  },
  memories: {
    id: UUID,
    user_id: AUTHOR,
    project_id: "project/acme/api",
    session_id: "s-1",
    title: "Use Postgres",
    content: /^Invoices need transactions\.\n/,
    summary: FACT.summary,
    memory_type: "decision",
    category: FACT.topic,
    tags: ["billing", "database"],
    importance_score: FACT.importance,
    decay_rate: FACT.decay_rate,
    access_count: /^[1-9]/,
    last_accessed_at: TIME,
    context_json: FACT.files,
    git_context_json: /^[0-9a-f]{40}$/,
    layer_session: "session/second",
    layer_project: "project/acme/api",
    layer_global: "global",
    layer_temporal: /Backups run at three/,
    source_tool: FACT.source_tool,
    external_id: FACT.external_id,
    is_private: true,
    is_archived: "archived",
    created_at: TIME,
    updated_at: TIME,
  },
  memory_versions: {
    id: BLOB,
    memory_id: "memories/use-postgres",
    version_number: 2,
    title: "Use Postgres",
    content: /^Invoices need transactions\.\s*$/,
    summary: FACT.summary,
    change_type: "updated",
    change_reason: "asked twice",
    diff_json: "applies_to",
    created_at: TIME,
    created_by: AUTHOR,
  },
  tools: {
    id: UUID,
    scope_type: "project/acme/api",
    scope_id: "project/acme/api",
    name: "tools/commit",
    category: "cli",
    current_version_id: BLOB,
    is_active: "archived",
    created_at: TIME,
    created_by: AUTHOR,
  },
  tool_versions: {
    id: BLOB,
    tool_id: "tools/commit",
    version_num: 2,
    description: /^Commit staged changes\.\s*$/,
    ...CALL,
    created_at: TIME,
    created_by: AUTHOR,
    change_reason: "asked twice",
    conflict_flag: CONFLICT,
  },
  guidelines: {
    id: UUID,
    scope_type: "project/acme/api",
    scope_id: "project/acme/api",
    name: "guidelines/handle-rejections",
    category: "error_handling",
    priority: 80,
    current_version_id: BLOB,
    is_active: "archived",
    created_at: TIME,
    created_by: AUTHOR,
  },
  guideline_versions: {
    id: BLOB,
    guideline_id: "guidelines/handle-rejections",
    version_num: 2,
    content: /^Handle every rejection\.\s*$/,
    ...RULE,
    created_at: TIME,
    created_by: AUTHOR,
    change_reason: "asked twice",
    conflict_flag: CONFLICT,
  },
  knowledge: {
    id: UUID,
    scope_type: "project/acme/api",
    scope_id: "project/acme/api",
    title: "Use Postgres",
    category: "decision",
    current_version_id: BLOB,
    is_active: "archived",
    created_at: TIME,
    created_by: AUTHOR,
  },
  knowledge_versions: {
    id: BLOB,
    knowledge_id: "memories/use-postgres",
    version_num: 2,
    content: /^Invoices need transactions\.\s*$/,
    source: FACT.source,
    confidence: FACT.confidence,
    valid_until: FACT.valid_until,
    created_at: TIME,
    created_by: AUTHOR,
    change_reason: "asked twice",
    conflict_flag: CONFLICT,
  },
  tags: {
    id: "billing",
    name: "billing",
    category: "domain",
    is_predefined: "custom",
    description: "Invoices and payments",
    created_at: TIME,
  },
  entry_tags: { id: "billing", entry_type: "memory", entry_id: UUID, tag_id: "billing", created_at: TIME },
  memory_relationships: {
    id: LINK.target,
    from_memory_id: "memories/use-postgres",
    to_memory_id: LINK.target,
    relationship_type: LINK.type,
    strength: LINK.strength,
    context: LINK.note,
    auto_detected: true,
    created_at: TIME,
    created_by: AUTHOR,
  },
  entry_relations: {
    id: LINK.target,
    source_type: /^memories\//,
    source_id: /\/use-postgres$/,
    target_type: /^guidelines\//,
    target_id: /\/handle-rejections$/,
    relation_type: LINK.type,
    created_at: TIME,
    created_by: AUTHOR,
  },
  project_patterns: {
    id: UUID,
    project_id: "project/acme/api",
    pattern_type: "architecture",
    pattern_name: "patterns/retry-with-backoff",
    pattern_description: /^Retry with growing pauses\.\s*$/,
    pattern_data_json: { base_ms: 100 },
    success_rate: 0.5,
    usage_count: 2,
    memory_ids: "memories/use-postgres",
    created_at: TIME,
    updated_at: TIME,
    last_used_at: TIME,
  },
  system_config: {
    key: "default_decay_rate",
    value: 0.2,
    value_type: "number",
    description: /importance/,
    is_user_configurable: "store",
    updated_at: TIME,
    updated_by: AUTHOR,
  },
  audit_log: {
    id: "save",
    user_id: "importer",
    session_id: "s-1",
    action: "save",
    resource_type: /^memories\//,
    resource_id: /\/use-postgres$/,
    details_json: 201,
    ip_address: "127.0.0.1",
    user_agent: "walker/1",
    created_at: TIME,
  },
  schema_migrations: { version: 1, name: GONE, applied_at: GONE, checksum: GONE },
  conflict_log: {
    id: /^[0-9a-f-]{36}$/,
    entry_type: "memories/contested",
    entry_id: "memories/contested",
    version_a_id: RECORD.version_a,
    version_b_id: RECORD.version_b,
    detected_at: RECORD.detected_at,
    resolved: RECORD.resolved,
    resolution: RECORD.resolution,
    resolved_at: RECORD.resolved_at,
    resolved_by: RECORD.resolved_by,
  },
};

let dir: string;
let home: string;
let server: ServeProcess;
let call: (verb: string, input?: Json) => Promise<Json>;
const views = new Map<string, unknown>();

beforeAll(async () => {
  dir = makeMonorepo();
  home = makeOwnStore(temporaryFolder(), "scope: global");
  put(path.join(dir, "packages/api/src/a.ts"), "export {};\n");
  server = await ServeProcess.start(path.join(dir, "packages/api"), [], { GIT_MEMORY_HOME: home });
  const headers = { "X-Memory-Session": "s-1", "X-Memory-Agent": "importer", "User-Agent": "walker/1" };
  const door = restDoor(server, headers);
  call = async (verb, input = {}) => {
    const answer = await door(verb, input);
    expect(answer, `${verb} ${JSON.stringify(input)}`).not.toHaveProperty("error");
    return answer;
  };
  await fill();
  await look();
}, 120_000);
afterAll(async () => {
  await server.stop();
  for (const folder of [dir, home]) fs.rmSync(folder, { recursive: true, force: true });
});

const IDS = {
  memory: "memories/use-postgres",
  tool: "tools/commit",
  guideline: "guidelines/handle-rejections",
  pattern: "patterns/retry-with-backoff",
};

/** Does what an import of the older rows would do, call by call. */
async function fill(): Promise<void> {
  await call("org update", { ref: "acme", metadata: OLDER.organizations?.metadata });
  await call("project create", { name: "api", root_path: "packages/api", description: "Serves everything.", ...ABOUT });
  await call("project create", { name: "old" });
  await call("project update", { ref: "old", status: "archived" });
  const rule = { kind: "guideline", category: "error_handling", content: "Handle every rejection." };
  await call("save", { title: "Handle rejections", ...rule, fields: { priority: 80, ...RULE } });
  const tool = { title: "Commit", kind: "tool", category: "cli", content: "Commit staged changes." };
  await call("save", { ...tool, fields: CALL });
  const pattern = { kind: "pattern", category: "architecture", content: "Retry with growing pauses." };
  await call("save", { title: "Retry with backoff", ...pattern, fields: { data: { base_ms: 100 } } });
  await call("tag create", { name: "billing", description: "Invoices and payments", category: "domain" });
  const fact = { title: "Use Postgres", content: "Invoices need transactions.", category: "decision" };
  const fields = { ...FACT, relations: [LINK, { type: "demonstrates", target: IDS.pattern }] };
  await call("save", { ...fact, tags: ["billing", "database"], fields });
  for (const ref of [IDS.tool, IDS.guideline])
    await call("update", { ref, add_tags: ["stable"], reason: "asked twice" });
  const more = { append: "Backups run at three.", set: { applies_to: ["src/**"] } };
  await call("update", { ref: IDS.memory, ...more, reason: "asked twice" });
  await call("pattern record", { ref: IDS.pattern, result: "success", project: "api" });
  await call("pattern record", { ref: IDS.pattern, result: "failure", project: "old", reason: "It hid an outage." });
  await call("save", { title: "Mine", content: "Only mine.", private: true, scope: "personal" });
  for (const title of ["Archived", "Contested"]) await call("save", { title, content: `The ${title} one.` });
  await call("delete", { ref: "memories/archived" });
  await call("session start", { name: "first", purpose: "Try it" });
  const second = { name: "second", purpose: "Go on with it", parent: "first", metadata: SCRATCH };
  await call("session start", second);
  await call("session update", { ref: "second", content: "It went well." });
  await call("save", { title: "Noted", content: "In the session.", scope: "session/second" });
  await call("session attach", { refs: [IDS.memory, IDS.tool], ref: "second", working: true });
  views.set("context", await call("context", { scope: "session/second" }));
  await call("session end", { ref: "second" });
  fs.appendFileSync(path.join(dir, ".memory/memory.yaml"), "default_decay_rate: 0.2\n");
  const lines = Object.entries(RECORD).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  put(path.join(dir, `.memory/conflicts/resolved/${RECORD_ID}.md`), `---\n${lines.join("\n")}\n---\n\nA diff.\n`);
  fs.appendFileSync(path.join(home, "memory.yaml"), `person: ${JSON.stringify(PERSON)}\n`);
  git(home, "commit", "-qam", "who I am");
  await call("admin commit", { message: "all of it" });
  contest(path.join(dir, ".memory/projects/api/memories/contested.md"));
  await call("admin reindex");
}

/** Leaves a file as a merge of two branches does that both changed it. */
function contest(file: string): void {
  const told = fs.readFileSync(file, "utf8");
  const say = (word: string): void => {
    fs.writeFileSync(file, told.replace("The Contested one.", `The ${word} one.`));
    git(dir, "commit", "-qam", word);
  };
  git(dir, "checkout", "-qb", "other");
  say("other");
  git(dir, "checkout", "-q", "main");
  say("main");
  expect(() => git(dir, "merge", "-q", "other")).toThrow();
}

const RECORD_ID = "0199aa3e-7c1b-8d10-9c55-2f0f5d9a1b11";

/** What the store tells of each thing, as views. */
async function look(): Promise<void> {
  const show = async (ref: string): Promise<Json> => {
    const { entries } = await call("get", { refs: [ref], include: ["history", "relations", "usage"] });
    return (entries as Json[])[0] ?? {};
  };
  const blamed = async (ref: string): Promise<Json> => {
    const { origins, fields } = (await call("history blame", { ref })) as { origins: Json[]; fields: Json[] };
    return Object.fromEntries(fields.map(({ field, origin }) => [field, origins[origin as number]]));
  };
  for (const [view, ref] of Object.entries(IDS)) {
    await show(ref);
    const shown = await show(ref);
    const first = (shown.history as Json[]).at(-1)?.version;
    const { entries } = await call("get", { refs: [ref], version: first });
    const extra = { diff: await call("history diff", { ref, from: first }), blame: await blamed(ref) };
    views.set(view, { ...shown, ...extra, before: (entries as Json[])[0] });
  }
  for (const [view, ref, told] of [
    ["org", "org/acme:", await call("org get", { ref: "acme" })],
    ["project", "project/acme/api:", await call("project get")],
    ["old_project", "project/acme/old:", await call("project get", { ref: "old" })],
    ["session", "session/second:", await call("session get", { ref: "second" })],
  ] as const)
    views.set(view, { ...(await show(ref)), name: told.name, told, blame: await blamed(ref) });
  const files = git(home, "ls-files").split("\n");
  views.set("session", { ...(views.get("session") as Json), file: files.find((file) => file === SESSION_FILE) });
  views.set("sessions", await call("session list"));
  for (const [view, ref] of [
    ["archived", "memories/archived"],
    ["contested", "memories/contested"],
    ["private", "global:memories/mine"],
    ["in_session", "session/second:memories/noted"],
  ] as const)
    views.set(view, await show(ref));
  const { relations } = await call("relation list", { ref: IDS.memory, types: [LINK.type] });
  views.set("relation", (relations as Json[])[0]);
  const then = await call("get", { refs: [IDS.memory], as_of: "HEAD" });
  views.set("as_of", (then.entries as Json[])[0]);
  views.set("by_author", await call("search", { author: AUTHOR }));
  const { tags } = await call("tag list");
  views.set(
    "tag",
    (tags as Json[]).find(({ name }) => name === "billing"),
  );
  for (const [view, ref] of Object.entries({ tags_file: "tags.yaml", manifest_log: "memory.yaml" }))
    views.set(view, (await call("history list", { ref })).versions);
  const config = OPERATIONS.find(({ area, action = "" }) => area === "admin" && /^config(_get)?$/.test(action));
  const { settings } = await call(`admin ${config?.action}`, { key: "default_decay_rate" });
  views.set("setting", (settings as Json[])[0]);
  const schema = JSON.parse(fs.readFileSync("schema/manifest.schema.json", "utf8")) as { properties: Json };
  views.set("setting_schema", schema.properties.default_decay_rate);
  const { calls } = await call("admin audit", { operation: "save", limit: 200 });
  views.set(
    "call",
    (calls as Json[]).find(({ resource }) => String(resource) === IDS.memory),
  );
  views.set("manifest", parseManifest(fs.readFileSync(path.join(dir, ".memory/memory.yaml"))));
  views.set("person", parseManifest(fs.readFileSync(path.join(home, "memory.yaml"))).settings.person);
  const log = (...paths: string[]) =>
    git(home, "log", "--format=%an%x09%aI", "--", ...paths)
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([author, at = ""]) => ({ author, at: new Date(at).toISOString() }));
  views.set("own_log", log("."));
  views.set("own_manifest_log", log("memory.yaml"));
  views.set("record", await call("conflict show", { id: RECORD_ID }));
}

/** What stands at a path such as `memory history.-1.at`; `{}` is the table's own view. */
function valueAt(at: string, table: string): unknown {
  const [view = "", steps = ""] = at.replace("{}", VIEW_OF[table] ?? "").split(" ");
  let value = views.get(view);
  for (const step of steps.split("."))
    value = Array.isArray(value) ? value.at(Number(step)) : (value as Json | undefined)?.[step];
  return value;
}

const columnsOf = (rows: readonly Counterpart[]) =>
  rows.flatMap((row) => row.tables.flatMap((table) => row.columns.map((column) => ({ table, column, at: row.at }))));
const nameOf = ({ table, column }: { readonly table: string; readonly column: string }) => `${table}.${column}`;
const ALL = Object.entries(OLDER).flatMap(([table, columns]) => Object.keys(columns).map((one) => `${table}.${one}`));

function expectIs(value: unknown, wanted: unknown, name: string): void {
  if (wanted instanceof RegExp) expect(value === undefined ? undefined : String(value), name).toMatch(wanted);
  else expect(value, name).toEqual(wanted);
}

describe("older data models", () => {
  it("have each table and column in the table, once, and it in the README", () => {
    const rows = columnsOf([...OLDER_MODELS, ...CONFLICT_LOG]).map(nameOf);
    expect([...rows].sort()).toEqual([...ALL].sort());
    const [, block = ""] = /<!-- older models: generated -->\n([\s\S]*?)<!-- \/older models -->/.exec(
      fs.readFileSync("README.md", "utf8"),
    ) ?? [""];
    const names = (cell = ""): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    let tables: string[] = [];
    const said = block
      .trim()
      .split("\n")
      .slice(2)
      .flatMap((line) => {
        const [, first, columns] = line.split("|");
        tables = first?.trim() === "" ? tables : names(first);
        return tables.flatMap((table) => names(columns).map((column) => `${table}.${column}`));
      });
    expect(said.sort()).toEqual(rows.sort());
  });

  it.each(columnsOf(OLDER_MODELS).map((one) => [nameOf(one), one] as const))("%s is in the store", (name, one) => {
    const wanted = OLDER[one.table]?.[one.column];
    if (one.at !== undefined) {
      expect(wanted).toBeDefined();
      return expectIs(valueAt(one.at, one.table), wanted, name);
    }
    // What is not kept is no field of any file.
    expect(wanted).toBe(GONE);
    for (const kind of [...KINDS, ...DOCUMENT_LEVELS]) expect(FIELD_NAMES(kind)).not.toContain(one.column);
  });

  it.each(columnsOf(CONFLICT_LOG).map((one) => [nameOf(one), one] as const))("%s is in the store", (name, one) => {
    expectIs(valueAt(one.at ?? "", one.table), OLDER.conflict_log?.[one.column], name);
  });
});
