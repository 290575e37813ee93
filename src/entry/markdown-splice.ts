import { MemoryError } from "../errors.js";
import { normaliseBody, replaceBody } from "./body.js";
import { decodeText, MAX_FILE_BYTES } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import { type Eol, type FrontMatter, readFrontMatter } from "./frontmatter.js";
import { formatYaml } from "./yaml.js";
import { spliceYaml } from "./yaml-splice.js";

/** What to change in a file: `set` gives front matter keys new values (null removes one), `content` replaces the body. */
export interface EntryEdit {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly content?: string;
}

const encoder = new TextEncoder();

/**
 * The bytes of a Markdown file with the edit applied and no other byte changed: comments, key order, quoting, line ends, byte
 * order mark and white space survive. Null bytes make a new file; new keys go where `order` has them. Values are not checked.
 * `invalid_input` for a file that cannot be read, and for values that no readable file can hold.
 */
export function spliceMarkdown(bytes: Uint8Array | null, edit: EntryEdit, order: readonly string[]): Uint8Array {
  const decoded = bytes === null ? undefined : decodeText(bytes);
  if (bytes !== null && edit.set === undefined && edit.content === undefined) return bytes;
  if (decoded?.kind === "unreadable") throw unreadable(decoded.reason);
  const text = decoded?.text;
  const result = text === undefined ? newFile(edit, order) : editText(text, edit, order);
  if (result === text && bytes !== null) return bytes;
  const written = encoder.encode(result);
  if (written.length > MAX_FILE_BYTES) {
    const data = { limit: MAX_FILE_BYTES, size: written.length };
    throw new MemoryError(
      "invalid_input",
      `The file would have ${written.length} bytes, the limit is ${MAX_FILE_BYTES}. Nothing was written.`,
      data,
    );
  }
  return written;
}

function editText(text: string, edit: EntryEdit, order: readonly string[]): string {
  const front = readFrontMatter(text);
  if (front.kind === "fault") throw unreadable(front.reason);
  const before = front.kind === "map" ? front.map.value : {};
  const set = changesOf(before, edit.set ?? {});
  const raw = text.slice(front.bodyStart);
  const body = edit.content === undefined ? raw : replaceBody(raw, edit.content, front.eol);
  if (set.size === 0 && body === raw) return text;
  const wanted = applied(before, set);
  const wantedBody = normaliseBody(edit.content ?? raw);
  if (front.kind === "none") {
    const head = set.size === 0 && !body.startsWith("---") ? "" : header(wanted, order, front.eol);
    return proven(text.slice(0, front.bodyStart) + head + body, wanted, wantedBody);
  }
  const source = text.slice(front.yamlStart, front.yamlEnd);
  const yaml = set.size === 0 ? source : spliceYaml(source, front.map, set, order, front.eol);
  // A closing line at the very end of a file has no line break that could carry a body.
  const closing = text.slice(front.yamlEnd, front.bodyStart);
  const end = closing.endsWith("\n") || body === "" ? closing : closing + front.eol;
  return proven(text.slice(0, front.yamlStart) + yaml + end + body, wanted, wantedBody);
}

function newFile(edit: EntryEdit, order: readonly string[]): string {
  const wanted = applied({}, changesOf({}, edit.set ?? {}));
  const body = normaliseBody(edit.content ?? "");
  const head = `---\n${formatYaml(inOrder(wanted, order))}---\n`;
  return proven(body === "" ? head : `${head}\n${body}\n`, wanted, body);
}

function header(wanted: Readonly<Record<string, unknown>>, order: readonly string[], eol: Eol): string {
  return `---\n${formatYaml(inOrder(wanted, order))}---\n\n`.replaceAll("\n", eol);
}

function inOrder(fields: Readonly<Record<string, unknown>>, order: readonly string[]): Record<string, unknown> {
  const known = order.filter((name) => Object.hasOwn(fields, name));
  const others = Object.keys(fields).filter((name) => !known.includes(name));
  return Object.fromEntries([...known, ...others].map((name) => [name, fields[name]]));
}

function changesOf(
  before: Readonly<Record<string, unknown>>,
  set: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, unknown> {
  const changes = new Map<string, unknown>();
  for (const [key, value] of Object.entries(set)) {
    if (value === undefined) continue;
    const has = Object.hasOwn(before, key);
    if (value === null ? has : !has || !equalValues(before[key], value)) changes.set(key, value);
  }
  return changes;
}

function applied(
  before: Readonly<Record<string, unknown>>,
  set: ReadonlyMap<string, unknown>,
): Readonly<Record<string, unknown>> {
  const wanted = new Map(Object.entries(before));
  for (const [key, value] of set) {
    if (value === null) wanted.delete(key);
    else wanted.set(key, value);
  }
  return Object.fromEntries(wanted);
}

/** Reads back what is about to be written: a file that says anything but what was asked for must never leave this room. */
function proven(text: string, wanted: Readonly<Record<string, unknown>>, body: string): string {
  const front: FrontMatter = readFrontMatter(text);
  const value = front.kind === "map" ? front.map.value : front.kind === "none" ? {} : undefined;
  const same = value !== undefined && front.kind !== "fault" && equalValues(value, wanted);
  if (same && !text.includes("\0") && normaliseBody(text.slice(front.bodyStart)) === body) return text;
  throw new MemoryError(
    "invalid_input",
    "These values cannot be written so that they read back the same. Nothing was written.",
  );
}

function unreadable(reason: string): MemoryError {
  return new MemoryError("invalid_input", `The file cannot be changed before it is repaired: ${reason}.`, { reason });
}
