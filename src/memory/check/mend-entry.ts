import { equalValues } from "../../entry/equal-values.js";
import { FIELD_NAMES } from "../../entry/fields.js";
import { type EntryAt, editEntry, readEntry } from "../../entry/markdown.js";
import { renameKey } from "../../entry/rename-key.js";
import { MemoryError } from "../../errors.js";
import { mendedValue } from "./mend-value.js";
import { misspeltKeys } from "./misspelt.js";

/** What only the store as a whole can say about an entry. */
export interface MendPlan {
  /** A new UUID v7. */
  readonly newId: () => string;
  /** For a copy: the id that it has no right to, in lower case, and the path that had it first. */
  readonly copy?: { readonly id: string; readonly first: string } | undefined;
  /** The new target of a relation whose old one is gone and known to be elsewhere. */
  readonly redirect: (target: string) => string | undefined;
}

/** A mended file and what was done to it. */
export interface Mended {
  readonly bytes: Uint8Array;
  readonly fixed: readonly { readonly rule: string; readonly message: string }[];
}

/**
 * The file with everything mended that has one meaning only: id, misspelt keys, values of a wrong type, tags in capitals, relations to
 * what moved. No other byte changes. Undefined when there is nothing to mend, or nothing that could be written.
 */
export function mendEntry(bytes: Uint8Array, at: EntryAt, plan: MendPlan): Mended | undefined {
  const fixed: { rule: string; message: string }[] = [];
  const spelt = mendKeys(bytes, at, fixed);
  const read = readEntry(spelt, at);
  if (read.kind === "unreadable") return undefined;
  const raw = read.front.kind === "map" ? read.front.map.value : {};
  const set: Record<string, unknown> = {};
  for (const field of FIELD_NAMES(at.kind)) {
    if (!Object.hasOwn(raw, field)) continue;
    const value = mendedValue(at.kind, field, raw[field]);
    if (value === undefined || equalValues(value, raw[field])) continue;
    set[field] = value;
    fixed.push(
      field in read.entry.fields
        ? { rule: "tags", message: "tags are in lower case, each once" }
        : { rule: "field", message: `${field} is ${typeof value === "number" ? value : "a list"} now` },
    );
  }
  const { copy } = plan;
  const copied = copy !== undefined && read.entry.fields.id?.toLowerCase() === copy.id;
  if (raw.id === undefined || raw.id === null || copied) {
    set.id = plan.newId();
    const message = copied ? `got an id of its own; ${copy.first} keeps the one it had` : "got an id";
    fixed.push({ rule: copied ? "duplicate-id" : "id", message });
  }
  const relations = read.entry.fields.relations?.map((relation) => {
    const target = plan.redirect(relation.target);
    if (target === undefined) return relation;
    fixed.push({
      rule: "dangling",
      message: `${relation.type} leads to ${target} now, where its target went`,
    });
    return { ...relation, target };
  });
  if (relations && !equalValues(relations, read.entry.fields.relations)) set.relations = relations;
  const after = Object.keys(set).length > 0 ? edited(spelt, set, at) : spelt;
  return after === undefined || fixed.length === 0 ? undefined : { bytes: after, fixed };
}

function mendKeys(bytes: Uint8Array, at: EntryAt, fixed: { rule: string; message: string }[]): Uint8Array {
  const read = readEntry(bytes, at);
  let text = bytes;
  for (const [key, field] of read.kind === "entry" ? misspeltKeys(read.entry) : []) {
    const renamed = renameKey(text, key, field);
    if (renamed === undefined) continue;
    text = renamed;
    fixed.push({ rule: "key", message: `${key} is called ${field} now` });
  }
  return text;
}

function edited(bytes: Uint8Array, set: Record<string, unknown>, at: EntryAt): Uint8Array | undefined {
  try {
    return editEntry(bytes, { set }, at);
  } catch (error) {
    // A file at its limit, or front matter that cannot be spliced: a person has to look at it.
    if (error instanceof MemoryError && error.code === "invalid_input") return undefined;
    throw error;
  }
}
