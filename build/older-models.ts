/**
 * Columns of older memories' tables that have one counterpart here. `here` is what the README says. `at` is where a walk over a store
 * reads it: a view and a path in it (`{}` is the view of the table), or nothing for what is deliberately not kept.
 */
export interface Counterpart {
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  readonly here: string;
  readonly at?: string;
}

/** The view of each table that shares counterparts with others: one of its rows as a store tells it. */
export const VIEW_OF: Readonly<Record<string, string>> = {
  organizations: "org",
  projects: "project",
  sessions: "session",
  memories: "memory",
  memory_versions: "memory",
  knowledge: "memory",
  knowledge_versions: "memory",
  tools: "tool",
  tool_versions: "tool",
  guidelines: "guideline",
  guideline_versions: "guideline",
  project_patterns: "pattern",
};

type Row = readonly [columns: string, here: string, at?: string];

const group = (tables: string, rows: readonly Row[]): Counterpart[] =>
  rows.map(([columns, here, at]) => ({
    tables: tables.split(" "),
    columns: columns.split(" "),
    here,
    ...(at === undefined ? {} : { at }),
  }));

const CREATED = "from git: `at` of the first version; also the time in `id`";
const AUTHOR = "from git: author of the first version";
const THEN = "the same field in `git memory get REF --version V`";
const PAIR = "none: the pair is the key";

/** Every table and column of the older models, in the order of the README. */
export const OLDER_MODELS: readonly Counterpart[] = [
  ...group("organizations projects sessions", [
    ["id", "`org.md`, `project.md`, `session.md`: `id`", "{} id"],
    [
      "name",
      "its folder: `orgs/NAME`, `projects/NAME`, `sessions/NAME`; for a store's root `name` in `memory.yaml`",
      "{} name",
    ],
    ["created_at", CREATED, "{} history.-1.at"],
  ]),
  ...group("organizations", [["metadata", "`metadata`", "org fields.metadata"]]),
  ...group("projects", [
    ["org_id", "the folder around it; `org` in `memory.yaml`", "project scope"],
    ["user_id", `the store it is in (yours or the team's); ${AUTHOR}`, "project history.-1.author"],
    ["description", "the text of `project.md`", "project content"],
    ["root_path path", "`root_path`", "project fields.root_path"],
    ["git_remote_url", "`git_remote_url`", "project fields.git_remote_url"],
    ["git_branch", "`git_branch`", "project fields.git_branch"],
    ["project_type", "`project_type`", "project fields.project_type"],
    ["language", "`language`", "project fields.language"],
    ["framework", "`framework`", "project fields.framework"],
    [
      "metadata config_json",
      "`metadata` (goals, constraints, currentState, team, anything); settings: `memory.yaml`",
      "project fields.metadata",
    ],
    ["updated_at", "from git: `updated_at`", "project updated_at"],
    ["last_accessed_at", "derived: `last_activity` of its newest session", "sessions sessions.0.last_activity"],
    ["is_active", "`status: archived`, or absent", "old_project fields.status"],
  ]),
  ...group("sessions", [
    ["project_id", "the project's folder around it", "session file"],
    ["user_id", `the person's own store; ${AUTHOR}`, "session history.-1.author"],
    ["description", "the text of `session.md`", "session content"],
    ["purpose", "`purpose`", "session fields.purpose"],
    ["agent_id", "`agent`", "session fields.agent"],
    ["status is_active", "`status`: active when absent, paused, completed, discarded", "session fields.status"],
    ["started_at", "`started_at`", "session fields.started_at"],
    ["ended_at", "`ended_at`", "session fields.ended_at"],
    ["metadata context_json", "`metadata`", "session fields.metadata"],
    ["git_branch", "`git_branch`", "session fields.git_branch"],
    ["git_commit", "`git_commit`", "session fields.git_commit"],
    ["parent_session_id", "`parent`", "session fields.parent"],
    ["updated_at", "from git: `updated_at`", "session updated_at"],
    ["last_active_at", "derived: `last_activity` in `git memory session get`", "session told.last_activity"],
    ["working_directory", "not kept: a path of one machine; `root_path` says where the project lies"],
  ]),
  ...group("session_memories", [
    ["id", PAIR, "session fields.working_set.0.entry"],
    ["session_id", "the `session.md` that holds the list", "session address"],
    ["memory_id", "`working_set[].entry`", "session fields.working_set.0.entry"],
    ["position_in_session", "its place in `working_set`", "session told.works_with.1.address"],
    ["working_memory", "`working_set[].working`", "session fields.working_set.0.working"],
    [
      "context_window_position",
      "derived: context shows the working ones first, in this order",
      "context working_set.0.address",
    ],
    ["added_at", "from git: `git memory blame session/NAME:`", "session blame.working_set.at"],
  ]),
  ...group("users", [
    ["id", "the git user, as commits have it", "own_log 0.author"],
    ["username", "`person.name` in your own `memory.yaml`", "person name"],
    ["email", "`person.email`", "person email"],
    ["display_name", "`person.display_name`", "person display_name"],
    ["preferences_json", "`person.preferences`; settings beside it", "person preferences"],
    ["created_at", "from git: first commit of your own store", "own_log -1.at"],
    ["updated_at", "from git: last commit of its `memory.yaml`", "own_manifest_log 0.at"],
    [
      "last_active_at",
      "from git: the newest version by that author (`git memory search --author NAME`)",
      "by_author hits.0.updated_at",
    ],
    ["is_active", "not kept: who may write is who has access to the repository"],
  ]),
  ...group("memories knowledge", [["title", "`title`", "memory title"]]),
  ...group("memories tools guidelines knowledge", [
    ["id", "`id`", "{} id"],
    ["created_at", CREATED, "{} history.-1.at"],
  ]),
  ...group("memories", [
    ["user_id", AUTHOR, "memory history.-1.author"],
    ["project_id", "scope: the folder it is in", "memory scope"],
    [
      "session_id",
      "from git: `session` of the version (trailer `Memory-Session`), or the scope `session/NAME`",
      "memory history.-1.session",
    ],
    ["content", "the text", "memory content"],
    ["summary", "`summary`", "memory fields.summary"],
    ["memory_type", "`category` (memories), or the kind", "memory fields.category"],
    ["category", "`topic`", "memory fields.topic"],
    ["tags", "`tags`", "memory fields.tags"],
    ["importance_score", "`importance`", "memory fields.importance"],
    ["decay_rate", "`decay_rate`, else `default_decay_rate`", "memory fields.decay_rate"],
    ["access_count", "usage log: `git memory get REF --include usage`", "memory read_count"],
    ["last_accessed_at", "usage log: `last_read`", "memory last_read"],
    ["context_json", "`files`, with lines; `applies_to`", "memory fields.files"],
    ["git_context_json", "from git: `commit` of the version; trailer `Memory-Branch`", "memory history.0.commit"],
    ["layer_session", "scope `session/NAME`; `--layers session`", "in_session scope"],
    ["layer_project", "scope `project`; `--layers project`", "memory scope"],
    ["layer_global", "scope `global`; `--layers global`", "private scope"],
    ["layer_temporal", "history: `--as-of`", "as_of content"],
    ["source_tool", "`source_tool`", "memory fields.source_tool"],
    ["external_id", "`external_id`", "memory fields.external_id"],
    ["is_private", "`private: true` on save: the file lies under `private/` of your own store", "private private"],
    ["is_archived", "`status: archived`, or absent", "archived fields.status"],
    ["updated_at", "from git: `updated_at`", "memory updated_at"],
  ]),
  ...group("tools guidelines knowledge", [
    ["scope_type scope_id", "scope: the folder it is in", "{} scope"],
    ["category", "`category`", "{} fields.category"],
    ["current_version_id", "`version`: the blob id of the file", "{} version"],
    ["is_active", "`status: archived`, or absent", "archived fields.status"],
    ["created_by", AUTHOR, "{} history.-1.author"],
  ]),
  ...group("tools guidelines", [["name", "the file's name; `title` for people", "{} address"]]),
  ...group("guidelines", [["priority", "`priority`", "guideline fields.priority"]]),
  ...group("memory_versions tool_versions guideline_versions knowledge_versions", [
    ["id", "`version`: the blob id of the file then", "{} history.-1.version"],
    ["created_at", "from git: `at`", "{} history.-1.at"],
    ["created_by", "from git: `author`, with `agent`", "{} history.-1.author"],
    ["change_reason", "`reason`: the body of the commit", "{} history.0.reason"],
  ]),
  ...group("memory_versions", [
    ["memory_id", "the entry of `git memory history`", "memory address"],
    ["version_number", "derived: `number`", "memory history.0.number"],
    ["title", THEN, "memory before.title"],
    ["content", THEN, "memory before.content"],
    ["summary", THEN, "memory before.fields.summary"],
    ["change_type", "from git: `change_type`", "memory history.0.change_type"],
    ["diff_json", "derived: `git memory diff --json`", "memory diff.fields.0.field"],
  ]),
  ...group("tool_versions guideline_versions knowledge_versions", [
    ["version_num", "derived: `number`", "{} history.0.number"],
    ["conflict_flag", "`conflict` on the entry", "contested conflict"],
  ]),
  ...group("tool_versions", [
    ["tool_id", "the entry of `git memory history`", "tool address"],
    ["description", `the text: ${THEN}`, "tool before.content"],
    ["parameters", THEN, "tool before.fields.parameters"],
    ["examples", THEN, "tool before.fields.examples"],
    ["constraints", THEN, "tool before.fields.constraints"],
  ]),
  ...group("guideline_versions", [
    ["guideline_id", "the entry of `git memory history`", "guideline address"],
    ["content", `the text: ${THEN}`, "guideline before.content"],
    ["rationale", THEN, "guideline before.fields.rationale"],
    ["examples", "`examples: {good, bad}`", "guideline before.fields.examples"],
  ]),
  ...group("knowledge_versions", [
    ["knowledge_id", "the entry of `git memory history`", "memory address"],
    ["content", `the text: ${THEN}`, "memory before.content"],
    ["source", THEN, "memory before.fields.source"],
    ["confidence", THEN, "memory before.fields.confidence"],
    ["valid_until", THEN, "memory before.fields.valid_until"],
  ]),
  ...group("tags", [
    ["id", "none: the name is the key", "tag name"],
    ["name", "the key in `tags.yaml`; predefined ones are built in", "tag name"],
    ["category", "`category` in `tags.yaml`", "tag category"],
    ["is_predefined", "derived: `type` in `git memory tag list`", "tag type"],
    ["description", "`description` in `tags.yaml`", "tag description"],
    ["created_at", "from git: `git memory history tags.yaml`", "tags_file -1.at"],
  ]),
  ...group("entry_tags", [
    ["id", PAIR, "memory fields.tags.0"],
    ["entry_type", "the kind, or the level of a scope's document", "memory kind"],
    ["entry_id", "the file that has `tags`", "memory id"],
    ["tag_id", "an item of `tags`", "memory fields.tags.0"],
    ["created_at", "from git: `git memory blame REF`", "memory blame.tags.at"],
  ]),
  ...group("memory_relationships entry_relations", [
    ["id", "none: source, type and target are the key", "relation target"],
    ["created_at", "from git: `git memory blame REF`", "memory blame.relations.at"],
    ["created_by", "from git: `git memory blame REF`", "memory blame.relations.author"],
  ]),
  ...group("memory_relationships", [
    ["from_memory_id", "the file that has `relations`", "relation source"],
    ["to_memory_id", "`relations[].target`", "relation target"],
    ["relationship_type", "`relations[].type` (relates_to and resolved_by are read as their twins)", "relation type"],
    ["strength", "`relations[].strength`", "relation strength"],
    ["context", "`relations[].note`", "relation note"],
    ["auto_detected", "`relations[].auto`", "relation auto"],
  ]),
  ...group("entry_relations", [
    ["source_type source_id", "the file that has `relations`: kind and name", "relation source"],
    [
      "target_type target_id",
      "`relations[].target`: kind and name, or a scope as in `project/api:`",
      "relation target",
    ],
    ["relation_type", "`relations[].type`", "relation type"],
  ]),
  ...group("project_patterns", [
    ["id", "`id`", "pattern id"],
    ["project_id", "scope: the folder it is in", "pattern scope"],
    ["pattern_type", "`category`", "pattern fields.category"],
    ["pattern_name", "the file's name; `title` for people", "pattern address"],
    ["pattern_description", "the text", "pattern content"],
    ["pattern_data_json", "`data`", "pattern fields.data"],
    ["success_rate", "derived from `outcomes`; no outcome, no rate", "pattern usage.success_rate"],
    ["usage_count", "derived from `outcomes`", "pattern usage.count"],
    ["memory_ids", "relations `demonstrates` and `validates` from memories", "pattern relations.0.source"],
    ["created_at", CREATED, "pattern history.-1.at"],
    ["updated_at", "from git: `updated_at`", "pattern updated_at"],
    ["last_used_at", "derived: `outcomes[].at`", "pattern fields.outcomes.0.at"],
  ]),
  ...group("system_config", [
    ["key", "a key of `memory.yaml`", "setting key"],
    ["value", "its value", "setting value"],
    ["value_type", "`schema/manifest.schema.json`; the wrong type is refused", "setting_schema type"],
    ["description", "`git memory config`", "setting description"],
    ["is_user_configurable", "every setting; `source` says who set it", "setting source"],
    ["updated_at", "from git: `git memory history memory.yaml`", "manifest_log 0.at"],
    ["updated_by", "from git: `git memory history memory.yaml`", "manifest_log 0.author"],
  ]),
  ...group("audit_log", [
    ["id", "none: one line of `audit.jsonl` is one call", "call operation"],
    ["user_id", "`agent` and `ip` of a call; a write's author is in git", "call agent"],
    ["session_id", "`session`", "call session"],
    ["action", "`operation`, `effect`", "call operation"],
    ["resource_type resource_id", "`resource`: addresses, which begin with the kind", "call resource.0"],
    ["details_json", "`status`, `error`, `ms`; what a write changed: `git memory diff`", "call status"],
    ["ip_address", "`ip`", "call ip"],
    ["user_agent", "`user_agent`", "call user_agent"],
    ["created_at", "`time`", "call time"],
  ]),
  ...group("schema_migrations", [
    ["version", "`format` in `memory.yaml`", "manifest format"],
    ["name applied_at checksum", "not kept: git has every change of the store's files"],
  ]),
];

/** The columns of conflict_log: keys of the front matter of a record in `conflicts/`, as `conflict show` gives them. */
export const CONFLICT_LOG: readonly Counterpart[] = group("conflict_log", [
  ["id", "the name of `conflicts/<uuid>.md`", "record id"],
  ["entry_type entry_id", "`entry`, `path`", "record address"],
  ["version_a_id", "`version_a`", "record a.version"],
  ["version_b_id", "`version_b`", "record b.version"],
  ["detected_at", "`detected_at`", "record detected_at"],
  ["resolved", "`resolved`: such records lie in `conflicts/resolved/`", "record resolved"],
  ["resolution", "`resolution`", "record resolution"],
  ["resolved_at", "`resolved_at`", "record resolved_at"],
  ["resolved_by", "`resolved_by`", "record resolved_by"],
]);
