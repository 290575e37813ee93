import type { Kind } from "./kinds.js";

/** One front matter field that breaks a rule of its kind; reading goes on without it. `line` counts from 1. */
export interface Problem {
  readonly field: string;
  readonly message: string;
  readonly line?: number;
  /** The value is larger than the field may be; its form is fine. */
  readonly overLimit?: true;
}

/** A link stored on its source; `target` is an address. */
export interface Relation {
  readonly type: string;
  readonly target: string;
  readonly strength?: number;
  readonly note?: string;
  readonly auto?: boolean;
}

/** The known fields of an entry as its file holds them, validated; absent means absent, defaults are not filled in. */
export interface EntryFields {
  readonly id?: string;
  readonly title?: string;
  readonly topic?: string;
  readonly category?: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly status?: "archived";
  readonly relations?: readonly Relation[];
  readonly applies_to?: readonly string[];
  readonly importance?: number;
  readonly decay_rate?: number;
  readonly confidence?: number;
  readonly source?: string;
  readonly valid_from?: string;
  readonly valid_until?: string;
  readonly files?: readonly string[];
  readonly external_id?: string;
  readonly source_tool?: string;
  readonly priority?: number;
  readonly rationale?: string;
  readonly examples?: unknown;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly constraints?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly outcomes?: readonly Readonly<Record<string, unknown>>[];
}

/** One entry: a Markdown file read leniently. `title` is never empty: field, else first heading, else last name segment. */
export interface Entry {
  readonly kind: Kind;
  /** Canonical scope, such as `project/api` or `global`. */
  readonly scope: string;
  /** Path below the kind folder without `.md`. */
  readonly name: string;
  readonly title: string;
  readonly fields: EntryFields;
  /** Front matter keys that the kind does not know, kept as they are. */
  readonly unknown: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  readonly body: string;
  /** Its file lies where no commit carries it. */
  readonly private?: true;
}
