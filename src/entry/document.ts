import type { Problem, Relation } from "./entry.js";

/** The scopes that have a document of their own, outermost first; the file is named after the level: `project.md`. */
export const DOCUMENT_LEVELS = ["org", "project", "session"] as const;

export type DocumentLevel = (typeof DOCUMENT_LEVELS)[number];

/** The states of a session; an absent one means active. */
export const SESSION_STATES = ["active", "paused", "completed", "discarded"] as const;

/** Which scope's document a file is. Scopes are canonical texts; `parent` is the scope around it, `folder` `""` for the store's root. */
export interface DocumentAt {
  readonly level: DocumentLevel;
  readonly scope: string;
  readonly folder: string;
  readonly parent: string;
  readonly name: string;
}

/** One entry that a session works with; its place in the list is its rank. An address without a scope is one of the session's own. */
interface WorkingSetItem {
  readonly entry: string;
  readonly working?: true;
}

/** The known fields of a scope's document as its file holds them, validated; absent means absent. */
export interface DocumentFields {
  readonly id?: string;
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly status?: "archived" | (typeof SESSION_STATES)[number];
  readonly relations?: readonly Relation[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Relative to the repository, without `./` and closing slash; absolute in the personal store only. */
  readonly root_path?: string;
  readonly git_remote_url?: string;
  readonly git_branch?: string;
  readonly project_type?: string;
  readonly language?: string;
  readonly framework?: string;
  readonly purpose?: string;
  readonly agent?: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  /** Name of the session that this one continues, in the same scope. */
  readonly parent?: string;
  readonly git_commit?: string;
  readonly working_set?: readonly WorkingSetItem[];
}

/** What is known about an org, project or session: a Markdown file read leniently. `title` is never empty: field, else first heading, else name. */
export interface ScopeDocument extends DocumentAt {
  readonly title: string;
  readonly fields: DocumentFields;
  /** Front matter keys that the level does not know, kept as they are. */
  readonly unknown: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** The description. */
  readonly body: string;
}
