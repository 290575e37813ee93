import { mergeConflicts } from "./conflict.js";
import { decodeText } from "./entry-file.js";
import { equalValues } from "./equal-values.js";
import type { FileKind } from "./fields.js";
import { kindOfFolder } from "./kinds.js";
import { mergeMarkdown } from "./merge.js";
import type { Choice } from "./merge-lines.js";
import { type Contested, type Merged, mergeTexts, oneSided, type Side, type Sides } from "./merge-texts.js";
import { mergeFields } from "./merge-values.js";
import { parseYaml, type YamlMap } from "./yaml.js";
import { spliceYaml } from "./yaml-splice.js";

/** What the merge of a file at a store path goes by. */
export type MergeKind = FileKind | "yaml" | "conflict" | "text";

const DOCUMENTS: ReadonlyMap<string, FileKind> = new Map([
  ["org.md", "org"],
  ["project.md", "project"],
  ["session.md", "session"],
]);

/** How a file at a path (from the store's root, with `/`) is merged: entries, documents and records field by field, YAML key by key. */
export function mergeKindOf(path: string): MergeKind {
  const segments = path.split("/");
  const name = segments.pop() ?? "";
  if (segments.length === 0 && /\.ya?ml$/.test(name)) return "yaml";
  if (!name.endsWith(".md")) return "text";
  if (segments[0] === "conflicts") return "conflict";
  const kinds = segments.map(kindOfFolder).filter((kind) => kind !== undefined);
  return kinds[0] ?? DOCUMENTS.get(name) ?? "text";
}

/** The three-way merge of the file at a store path (DESIGN 4.4). Never throws. */
export function mergeFile(path: string, sides: Sides, prefer: Side, lines?: Choice): Merged {
  const settled = oneSided(sides);
  if (settled) return { kind: "clean", bytes: settled };
  const kind = mergeKindOf(path);
  if (kind === "yaml") return mergeYaml(sides, prefer);
  if (kind === "conflict") return mergeConflicts(sides, prefer);
  return kind === "text" ? mergeTexts(sides, prefer) : mergeMarkdown(sides, prefer, lines);
}

function mergeYaml(sides: Sides, prefer: Side): Merged {
  const [base, ours, theirs] = [sides.base ?? new Uint8Array(), sides.ours, sides.theirs].map(readYaml);
  if (!base || !ours || !theirs) return mergeTexts(sides, prefer);
  const [first, second] = prefer === "ours" ? [ours, theirs] : [theirs, ours];
  const { fields, contested } = mergeFields(base.map.value, first.map.value, second.map.value);
  const told: Contested[] = contested.map((field) => ({
    field,
    ...(Object.hasOwn(ours.map.value, field) ? { ours: ours.map.value[field] } : {}),
    ...(Object.hasOwn(theirs.map.value, field) ? { theirs: theirs.map.value[field] } : {}),
  }));
  // As text, comments of both sides stay.
  const byLines = contested.length === 0 ? mergeTexts(sides, prefer) : undefined;
  if (byLines?.kind === "clean" && says(byLines.bytes, fields)) return byLines;
  const gone = Object.keys(first.map.value).filter((key) => !Object.hasOwn(fields, key));
  const set = new Map([
    ...gone.map((key) => [key, null] as const),
    // A tag of which nothing is said: null would take the key away.
    ...Object.entries(fields)
      .map(([key, value]) => [key, value ?? {}] as const)
      .filter(([key, value]) => !equalValues(first.map.value[key], value)),
  ]);
  const eol = first.source.includes("\r\n") ? "\r\n" : "\n";
  const bytes = new TextEncoder().encode(first.mark + spliceYaml(first.source, first.map, set, [], eol));
  if (told.length === 0) return { kind: "clean", bytes };
  return { kind: "conflict", cause: "merge", bytes, contested: told };
}

interface ReadYaml {
  readonly mark: string;
  readonly source: string;
  readonly map: YamlMap;
}

function readYaml(bytes: Uint8Array): ReadYaml | undefined {
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") return undefined;
  const mark = decoded.text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const source = decoded.text.slice(mark.length);
  const map = parseYaml(source);
  return map.kind === "map" ? { mark, source, map } : undefined;
}

const says = (bytes: Uint8Array, fields: Readonly<Record<string, unknown>>): boolean => {
  const read = readYaml(bytes);
  return read !== undefined && equalValues(read.map.value, fields);
};
