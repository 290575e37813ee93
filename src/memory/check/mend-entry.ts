import { equalValues } from "../../entry/equal-values.js";
import { FIELD_NAMES } from "../../entry/fields.js";
import { type EntryAt, editEntry, type ReadEntry, readEntry } from "../../entry/markdown.js";
import { renameKey } from "../../entry/rename-key.js";
import { retarget } from "../../entry/retarget.js";
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
  readonly fixed: readonly Fix[];
}

interface Fix {
  readonly rule: string;
  readonly message: string;
}

/**
 * The file with everything mended that has one meaning only: id, misspelt keys, values of a wrong type, tags in capitals, relations to
 * what moved. No other byte changes. Undefined when there is nothing to mend, or nothing that could be written.
 */
export function mendEntry(bytes: Uint8Array, at: EntryAt, plan: MendPlan): Mended | undefined {
  const fixed: Fix[] = [];
  let text = mendKeys(bytes, at, fixed);
  text = mendValues(text, at, fixed);
  text = mendLinks(text, at, plan, fixed);
  text = mendId(text, at, plan, fixed);
  return fixed.length === 0 ? undefined : { bytes: text, fixed };
}

function mendKeys(bytes: Uint8Array, at: EntryAt, fixed: Fix[]): Uint8Array {
  const read = readEntry(bytes, at);
  let text = bytes;
  for (const [key, field] of read.kind === "entry" ? misspeltKeys(at.kind, read.entry) : []) {
    const renamed = renameKey(text, key, field);
    if (renamed === undefined) continue;
    text = renamed;
    fixed.push({ rule: "key", message: `${key} is called ${field} now` });
  }
  return text;
}

function mendValues(bytes: Uint8Array, at: EntryAt, fixed: Fix[]): Uint8Array {
  const read = readEntry(bytes, at);
  if (read.kind === "unreadable" || read.front.kind === "none") return bytes;
  const raw = read.front.map.value;
  let text = bytes;
  for (const field of FIELD_NAMES(at.kind)) {
    const value = Object.hasOwn(raw, field) ? mendedValue(at.kind, field, raw[field]) : undefined;
    if (value === undefined || equalValues(value, raw[field])) continue;
    const after = edited(text, { [field]: value }, at);
    if (after === undefined || losesComment(read, field, raw[field], after)) continue;
    text = after;
    fixed.push(
      field in read.entry.fields
        ? { rule: "tags", message: "tags are in lower case, each once" }
        : { rule: "field", message: `${field} is ${typeof value === "number" ? value : "a list"} now` },
    );
  }
  return text;
}

/** A list or map that is written anew can cost a comment in it: that is for a person to do. */
function losesComment(
  { text, front }: Extract<ReadEntry, { kind: "entry" }>,
  field: string,
  value: unknown,
  after: Uint8Array,
): boolean {
  const pair = front.kind === "map" ? front.map.outline().pairs.find(({ key }) => key === field) : undefined;
  if (front.kind !== "map" || typeof value !== "object") return false;
  const source = text.slice(front.yamlStart, front.yamlEnd).slice(pair?.start ?? 0, pair?.end);
  const written = Buffer.from(after).toString("utf8");
  return (source.match(/(?<=^|[ \t,[{])#.*$/gm) ?? []).some((comment) => !written.includes(comment));
}

function mendId(bytes: Uint8Array, at: EntryAt, { newId, copy }: MendPlan, fixed: Fix[]): Uint8Array {
  const read = readEntry(bytes, at);
  if (read.kind === "unreadable") return bytes;
  const raw = read.front.kind === "map" ? read.front.map.value.id : undefined;
  const copied = copy !== undefined && read.entry.fields.id?.toLowerCase() === copy.id;
  const after = (raw ?? undefined) === undefined || copied ? edited(bytes, { id: newId() }, at) : undefined;
  if (after === undefined) return bytes;
  const message = copied ? `got an id of its own; ${copy.first} keeps the one it had` : "got an id";
  fixed.push({ rule: copied ? "duplicate-id" : "id", message });
  return after;
}

/** Leads relations to where their targets went. */
function mendLinks(bytes: Uint8Array, at: EntryAt, { redirect }: MendPlan, fixed: Fix[]): Uint8Array {
  const read = readEntry(bytes, at);
  const relations = read.kind === "entry" ? (read.entry.fields.relations ?? []) : [];
  const led = relations.flatMap(({ type, target }) => {
    const next = redirect(target);
    const message = `${type} leads to ${next} now; ${target} is not there`;
    return next === undefined ? [] : [{ rule: "dangling", message }];
  });
  const after = led.length === 0 ? undefined : retarget(bytes, redirect);
  if (after === undefined) return bytes;
  fixed.push(...led);
  return after;
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
