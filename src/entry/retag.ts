import { decodeText } from "./entry-file.js";
import { checkFields, type FileKind } from "./fields.js";
import { readFrontMatter } from "./frontmatter.js";
import { editMarkdown } from "./markdown-edit.js";
import { normalTag } from "./tags.js";

/** What to do with the tags of an entry or of a scope's document, by names as `tagName` gives them. */
export interface TagChange {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  /** The second takes the place of the first, once. */
  readonly rename?: readonly [from: string, to: string];
}

/**
 * The bytes of the file with its tags changed: the spelling of the others, quotes, order, comments and every other byte stay. The same
 * bytes when there is nothing to change, undefined for a file whose `tags` are no list of texts. `invalid_input` for too many tags.
 */
export function retag(bytes: Uint8Array, kind: FileKind, change: TagChange): Uint8Array | undefined {
  const old = writtenTags(bytes);
  if (old === undefined) return undefined;
  const tags = changed(old, change);
  if (tags.length === old.length && tags.every((tag, position) => tag === old[position])) return bytes;
  if (change.add !== undefined) checkFields(kind, { tags });
  return editMarkdown(bytes, { set: { tags: tags.length === 0 ? null : tags } }, kind);
}

function changed(old: readonly string[], { add = [], remove = [], rename }: TagChange): readonly string[] {
  const gone = new Set(remove);
  const [from, to = ""] = rename ?? [];
  const kept = old.flatMap((tag) => {
    const name = normalTag(tag);
    return gone.has(name)
      ? []
      : name === from
        ? [{ tag: to, name: to, renamed: true }]
        : [{ tag, name, renamed: false }];
  });
  const there = new Set(kept.filter(({ renamed }) => !renamed).map(({ name }) => name));
  const tags = kept.filter(({ name, renamed }) => {
    // Where the new name is there already, or was just put there, the old one only goes.
    if (!renamed) return true;
    if (there.has(name)) return false;
    there.add(name);
    return true;
  });
  return [...tags.map(({ tag }) => tag), ...add.filter((tag) => !there.has(tag))];
}

/** The list as it stands in the file. */
function writtenTags(bytes: Uint8Array): readonly string[] | undefined {
  const decoded = decodeText(bytes);
  const front = decoded.kind === "text" ? readFrontMatter(decoded.text) : undefined;
  const tags = front?.kind === "map" ? (front.map.value.tags ?? []) : [];
  return Array.isArray(tags) && tags.every((tag) => typeof tag === "string") ? (tags as string[]) : undefined;
}
