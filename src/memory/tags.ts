import { readTagFile, TAGS_FILE, type TagFile } from "../entry/tag-file.js";
import { normalTag, PREDEFINED_TAGS, type TagCategory } from "../entry/tags.js";
import { MemoryError } from "../errors.js";
import { withinEdits } from "../search/edit-distance.js";
import type { Memory } from "./memory.js";

/** A tag and what is known about it; a custom one need not stand in `tags.yaml`. */
export interface Tag {
  readonly name: string;
  readonly category: TagCategory;
  readonly type: "predefined" | "custom";
  readonly description?: string;
}

/** How many entries, and how many scopes by their documents, have a tag. */
interface TagUse {
  /** Without the archived ones. */
  readonly entries: number;
  readonly archived: number;
  readonly orgs?: number;
  readonly projects?: number;
  readonly sessions?: number;
}

/** A tag with its use. */
export interface UsedTag extends Tag {
  readonly entries: number;
  readonly archived?: number;
  readonly orgs?: number;
  readonly projects?: number;
  readonly sessions?: number;
}

const PLURAL = { org: "orgs", project: "projects", session: "sessions" } as const;

/** How many documents of scopes have a tag. */
export const documentsWithTag = ({ orgs = 0, projects = 0, sessions = 0 }: Partial<TagUse>): number =>
  orgs + projects + sessions;

/** A store's `tags.yaml` as it is now; without a name that of the store of calls that name none. */
export async function readTags(memory: Memory, name?: string): Promise<TagFile> {
  const store = await memory.store(name);
  const reason = store.view.refusal(TAGS_FILE);
  if (reason !== undefined) return { kind: "unreadable", reason };
  return readTagFile((await store.current(TAGS_FILE))?.bytes);
}

/** True for a tag that is predefined or stands in `tags.yaml`. */
export const isKnown = (file: TagFile, name: string): boolean =>
  PREDEFINED_TAGS.has(name) || (file.kind === "tags" && file.declared.has(name));

/** What is known about a name, whether or not anything has it. */
export function tagOf(file: TagFile, name: string): Tag {
  const predefined = PREDEFINED_TAGS.get(name);
  const declared = file.kind === "tags" ? file.declared.get(name) : undefined;
  const description = declared?.description ?? predefined?.description;
  return {
    name,
    category: predefined?.category ?? declared?.category ?? "custom",
    type: predefined ? "predefined" : "custom",
    ...(description === undefined ? {} : { description }),
  };
}

/** The use of every tag that an entry or a scope has, in one store or in all. */
export function tagUses(memory: Memory, store?: string): Map<string, TagUse> {
  const uses = new Map<string, TagUse>();
  for (const { tags, status, store: name } of memory.index.entries())
    for (const tag of store === undefined || name === store ? tags : []) {
      const { entries, archived } = uses.get(tag) ?? { entries: 0, archived: 0 };
      uses.set(tag, status === "archived" ? { entries, archived: archived + 1 } : { entries: entries + 1, archived });
    }
  for (const { document, store: name } of memory.scopes.all())
    for (const tag of store === undefined || name === store ? (document.fields.tags ?? []) : []) {
      const use = uses.get(tag) ?? { entries: 0, archived: 0 };
      const level = PLURAL[document.level];
      uses.set(tag, { ...use, [level]: (use[level] ?? 0) + 1 });
    }
  return uses;
}

/** Paths of a store's entries and documents that have a tag, archived ones too. */
export const pathsWith = (memory: Memory, store: string, name: string): string[] => [
  ...[...memory.index.entries()]
    .filter((entry) => entry.store === store && entry.tags.includes(name))
    .map(({ path }) => path),
  ...[...memory.scopes.all()]
    .filter((one) => one.store === store && one.document.fields.tags?.includes(name))
    .map(({ path }) => path),
];

/** All tags, predefined, of `tags.yaml` and in use: those of most entries first, then by name. */
export function allTags(memory: Memory, file: TagFile): UsedTag[] {
  const uses = tagUses(memory);
  const declared = file.kind === "tags" ? file.declared.keys() : [];
  return [...new Set([...PREDEFINED_TAGS.keys(), ...declared, ...uses.keys()])]
    .map((name) => {
      const { entries = 0, archived = 0, ...scopes } = uses.get(name) ?? {};
      return { ...tagOf(file, name), entries, ...(archived === 0 ? {} : { archived }), ...scopes };
    })
    .sort((a, b) => b.entries - a.entries || (a.name < b.name ? -1 : 1));
}

/** `not_found` with the tags whose names come nearest. */
export function unknownTag(memory: Memory, file: TagFile, name: string): MemoryError {
  const near = allTags(memory, file)
    .map((tag) => tag.name)
    .filter(
      (other) => other.includes(name) || name.includes(other) || withinEdits(other, name, name.length < 4 ? 1 : 2),
    )
    .slice(0, 3);
  const hint = near.length > 0 ? `Nearest: ${near.join(", ")}.` : "[[tag list]] lists what there is.";
  return new MemoryError("not_found", `There is no tag ${JSON.stringify(name)}. ${hint}`, { name, nearest: near });
}

/** What cannot be read of `tags.yaml`, as a sentence part. */
export function tagsFault(file: TagFile): string | undefined {
  if (file.kind === "tags") return undefined;
  return file.line === undefined ? file.reason : `line ${file.line}: ${file.reason}`;
}

/** The tags of an entry as the index has them, told. */
export const tagsOf = (file: TagFile, names: readonly string[]): Tag[] =>
  names.map((name) => tagOf(file, normalTag(name)));
