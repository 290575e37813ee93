import { MemoryError } from "../errors.js";
import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import type { Eol } from "./frontmatter.js";
import { keyOf, TAGS_FILE } from "./tag-file.js";
import { normalTag, type TagCategory } from "./tags.js";
import { formatInline, parseYaml, type YamlMap, type YamlPair } from "./yaml.js";
import { spliceYaml } from "./yaml-splice.js";

/** One change of `tags.yaml`, by names as entries hold them. `set` makes a tag that is not there. */
export type TagFileEdit =
  | {
      readonly op: "set";
      readonly name: string;
      readonly about: { readonly category?: TagCategory; readonly description?: string };
    }
  | { readonly op: "rename"; readonly name: string; readonly to: string }
  | { readonly op: "remove"; readonly name: string };

const HEAD = "# What this store's own tags mean, beside the predefined ones: name, category, description.\n\n";
const FIELDS = ["category", "description"];

/** The bytes of `tags.yaml` with the edits applied and no other byte changed; null makes the file. `invalid_input` when it cannot be read. */
export function editTagFile(bytes: Uint8Array | null, edits: readonly TagFileEdit[]): Uint8Array {
  const decoded = bytes === null ? ({ kind: "text", text: HEAD } as const) : decodeText(bytes);
  if (decoded.kind === "unreadable") throw unreadable(decoded.reason);
  const mark = decoded.text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const old = decoded.text.slice(mark.length);
  const eol = old.includes("\r\n") ? "\r\n" : "\n";
  // A line that is added needs the one before it to end; what was without a final line break stays so.
  const open = old !== "" && !old.endsWith("\n");
  const whole = edits.reduce((text, edit) => applied(text, edit, eol), open ? old + eol : old);
  const text = open && whole.endsWith(eol) ? whole.slice(0, -eol.length) : whole;
  return new TextEncoder().encode(mark + text);
}

function applied(source: string, edit: TagFileEdit, eol: Eol): string {
  const map = parseYaml(source);
  if (map.kind === "fault") throw unreadable(map.line === undefined ? map.reason : `line ${map.line}: ${map.reason}`);
  const key = keyOf(map, edit.name);
  if (edit.op === "set") return withAbout(source, map, key ?? edit.name, edit.about, eol);
  if (key === undefined) return source;
  const value = map.value[key];
  const rest = Object.entries(map.value).filter(([name]) => name !== key);
  const changes = new Map<string, unknown>([[key, null]]);
  if (edit.op === "remove") return first([[Object.fromEntries(rest), () => spliceYaml(source, map, changes, [], eol)]]);
  // Where the key cannot be changed alone, a tag without a value gets an empty one: null would mean none.
  const moved = value ?? {};
  const order = sorted([...Object.keys(map.value), edit.to]);
  return first([
    [Object.fromEntries([...rest, [edit.to, value]]), () => withKey(source, map, key, edit.to)],
    [
      Object.fromEntries([...rest, [edit.to, moved]]),
      () => spliceYaml(source, map, changes.set(edit.to, moved), order, eol),
    ],
  ]);
}

function withAbout(
  source: string,
  map: YamlMap,
  key: string,
  about: Readonly<Record<string, unknown>>,
  eol: Eol,
): string {
  const old = (Object.hasOwn(map.value, key) ? map.value[key] : undefined) ?? {};
  if (!isMap(old)) {
    const line = map.lineOf(key);
    throw unreadable(
      `${line === undefined ? "" : `line ${line}: `}the value must be a map with category and description`,
    );
  }
  const value = { ...old, ...about };
  const wanted = Object.fromEntries([...Object.entries(map.value).filter(([name]) => name !== key), [key, value]]);
  const order = sorted([...Object.keys(map.value), key]);
  return first([
    [wanted, () => withFields(source, map, key, about, eol)],
    [wanted, () => spliceYaml(source, map, new Map([[key, value]]), order, eol)],
  ]);
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Names in the order in which a new one finds its place. */
const sorted = (keys: readonly string[]): string[] =>
  [...keys].sort((a, b) => (normalTag(a) < normalTag(b) ? -1 : normalTag(a) > normalTag(b) ? 1 : 0));

type Way = readonly [wanted: Readonly<Record<string, unknown>>, write: () => string | undefined];

/** The text of the first way that reads back as what is wanted. */
function first(ways: readonly Way[]): string {
  for (const [wanted, write] of ways) {
    const text = write();
    const map = text === undefined ? undefined : parseYaml(text);
    if (text !== undefined && map?.kind === "map" && equalValues(map.value, wanted)) return text;
  }
  throw new MemoryError(
    "invalid_input",
    `${TAGS_FILE} cannot be written so that it reads back the same, or would be too long. Nothing was written.`,
    { path: TAGS_FILE },
  );
}

/** The source with fields of one tag set where they stand, comments beside them kept. */
function withFields(
  source: string,
  map: YamlMap,
  key: string,
  about: Readonly<Record<string, unknown>>,
  eol: Eol,
): string | undefined {
  const pair = map.outline().pairs.find((one) => one.key === key);
  if (pair === undefined || !isMap(map.value[key])) return undefined;
  const [start, end] = rangeOf(source, pair);
  const inner = source.slice(start, end);
  const fields = parseYaml(inner);
  if (fields.kind === "fault") return undefined;
  const text = spliceYaml(inner, fields, new Map(Object.entries(about)), FIELDS, eol);
  return source.slice(0, start) + (inner.endsWith("\n") ? text : text.trimEnd()) + source.slice(end);
}

/** The lines of a map below its key, or the `{}` beside it. */
function rangeOf(source: string, { valueStart, valueEnd, keyEnd, end }: YamlPair): [number, number] {
  const line = source.lastIndexOf("\n", valueStart - 1) + 1;
  return line > keyEnd ? [line, end] : [valueStart, valueEnd];
}

/** The source with one key under another name, in its own quotes. */
function withKey(source: string, map: YamlMap, key: string, to: string): string | undefined {
  const pair = map.outline().pairs.find((one) => one.key === key);
  if (pair === undefined) return undefined;
  const old = source.slice(pair.keyStart, pair.keyEnd);
  const style = old.startsWith("'") ? "single" : old.startsWith('"') ? "double" : "plain";
  const text = formatInline(to, style, false);
  return text === undefined ? undefined : source.slice(0, pair.keyStart) + text + source.slice(pair.keyEnd);
}

function unreadable(reason: string): MemoryError {
  return new MemoryError(
    "invalid_input",
    `${TAGS_FILE} cannot be read (${reason}), so nothing was written. Mend the file in an editor, then call again.`,
    { path: TAGS_FILE, reason },
  );
}
