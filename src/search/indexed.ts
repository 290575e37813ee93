import type { EntryState, StateFacts } from "../entry/change.js";
import { descriptionOf } from "../entry/description.js";
import { creationTime } from "../entry/id.js";
import { KIND_FOLDERS, type Kind } from "../entry/kinds.js";
import { readType } from "../entry/relations.js";

/** What the index keeps of an entry: everything but body, relations (see RelationGraph) and free data. Absent means absent in the file. */
export interface Indexed {
  readonly store: string;
  readonly path: string;
  readonly scope: string;
  readonly kind: Kind;
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** In lower case. */
  readonly tags: readonly string[];
  readonly id?: string;
  readonly summary?: string;
  readonly category?: string;
  readonly topic?: string;
  readonly status?: "archived";
  readonly importance?: number;
  readonly decay_rate?: number;
  readonly priority?: number;
  readonly confidence?: number;
  readonly applies_to?: readonly string[];
  readonly files?: readonly string[];
  readonly valid_from?: string;
  readonly valid_until?: string;
  readonly source?: string;
  /** From the id, in milliseconds since 1970. */
  readonly createdAt?: number;
  /** Milliseconds since 1970. */
  readonly updatedAt?: number;
  readonly author?: string;
  readonly pending?: true;
  /** The id of the conflict that git has its path in. */
  readonly conflict?: string;
  /** No commit carries it. */
  readonly private?: true;
  /** Targets of its relations of type `supersedes`, as written. */
  readonly supersedes?: readonly string[];
  readonly hasProblems?: true;
}

/** What the index knows an entry by: a store's name, and a path in it. */
export type EntryKey = Pick<Indexed, "store" | "path">;

/** The values that count for an entry whose file does not say. */
export const DEFAULTS = { importance: 0.5, priority: 50, confidence: 1 } as const;

const NO_TAGS: readonly string[] = Object.freeze([]);

/** The address with its canonical scope, such as `project/api:guidelines/no-secrets`. */
export function addressOf(entry: Pick<Indexed, "scope" | "kind" | "name">): string {
  return `${entry.scope}:${KIND_FOLDERS[entry.kind]}/${entry.name}`;
}

/** The lean form of a state; `share` gives equal strings one identity, across entries. */
export function toIndexed(store: string, path: string, state: EntryState, share: (text: string) => string): Indexed {
  const { entry } = state;
  const { fields } = entry;
  const supersedes = fields.relations
    ?.filter(({ type }) => readType(type).type === "supersedes")
    .map(({ target }) => own(target));
  const all: { readonly [Key in keyof Indexed]: Indexed[Key] | undefined } = {
    store: share(store),
    path,
    scope: share(entry.scope),
    kind: entry.kind,
    name: own(entry.name),
    title: own(entry.title),
    version: state.version,
    tags: fields.tags?.length ? fields.tags.map((tag) => share(tag.toLowerCase())) : NO_TAGS,
    id: fields.id && own(fields.id),
    summary: own(descriptionOf(entry)),
    category: fields.category && share(fields.category),
    topic: fields.topic && share(fields.topic),
    status: fields.status,
    importance: fields.importance,
    decay_rate: fields.decay_rate,
    priority: fields.priority,
    confidence: fields.confidence,
    applies_to: fields.applies_to?.map(share),
    files: fields.files?.map(own),
    valid_from: fields.valid_from && own(fields.valid_from),
    valid_until: fields.valid_until && own(fields.valid_until),
    source: fields.source && own(fields.source),
    createdAt: creationTime(fields.id),
    updatedAt: state.updatedAt,
    author: state.author && share(state.author),
    pending: state.pending || undefined,
    conflict: state.conflict || undefined,
    private: entry.private,
    supersedes: supersedes?.length ? supersedes : undefined,
    hasProblems: entry.problems.length > 0 || undefined,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && value !== ""),
  ) as unknown as Indexed;
}

/** True when a state has the text that is indexed: it only says something new about it. */
export function isSameText(indexed: Indexed, state: EntryState | StateFacts): boolean {
  if (indexed.version !== state.version) return false;
  if (!("entry" in state)) return true;
  // What a path stands for follows the manifest, which may have changed meanwhile.
  const { kind, scope, name } = state.entry;
  return indexed.kind === kind && indexed.scope === scope && indexed.name === name;
}

/** An entry with other facts about the same text. */
export function withFacts(indexed: Indexed, facts: StateFacts, share: (text: string) => string): Indexed {
  const { updatedAt: _at, author: _author, pending: _pending, conflict: _conflict, ...text } = indexed;
  return {
    ...text,
    ...(facts.updatedAt !== undefined && { updatedAt: facts.updatedAt }),
    ...(facts.author && { author: share(facts.author) }),
    ...(facts.pending && { pending: true }),
    ...(facts.conflict && { conflict: facts.conflict }),
  };
}

/** A copy with memory of its own: V8 keeps the whole file alive for as long as one piece cut from it. */
export function own(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
