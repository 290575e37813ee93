import * as z from "zod";
import { decodeText } from "./entry-file.js";
import { normalTag, PREDEFINED_TAGS, TAG_CATEGORIES, type TagCategory, tagName } from "./tags.js";
import { parseYaml, type YamlMap } from "./yaml.js";

/** The file at a store's root that says what its own tags mean. */
export const TAGS_FILE = "tags.yaml";

/** Characters that a tag's description may have. */
export const MAX_DESCRIPTION = 500;

const ABOUT = z.looseObject({
  category: z
    .enum(TAG_CATEGORIES, { error: `must be one of ${TAG_CATEGORIES.join(", ")}` })
    .meta({ description: "What sort of tag it is; custom when absent" })
    .optional(),
  description: z
    .string({ error: "must be text" })
    .min(1, { error: "must not be empty" })
    .max(MAX_DESCRIPTION, { error: `must have ${MAX_DESCRIPTION} characters at most` })
    .meta({ description: "What it is put on" })
    .optional(),
});

/** The shape of `tags.yaml`: a map from name to category and description. */
export const TAGS = z
  .record(z.string().min(1).max(64), z.union([ABOUT, z.null()]))
  .meta({ title: "git-memory tags", description: "tags.yaml at the root of a store: its own tags" });

/** What `tags.yaml` says of one tag; `key` is the name as it stands there. */
interface DeclaredTag {
  readonly key: string;
  readonly category?: TagCategory;
  readonly description?: string;
}

/** Something in `tags.yaml` that is not as it should be and counts as not said. `line` counts from 1. */
interface TagProblem {
  readonly message: string;
  readonly line?: number;
}

/** What could be read of `tags.yaml`, or why nothing could: `reason` is in our own words, without text of the file. */
export type TagFile =
  | {
      readonly kind: "tags";
      /** By name as entries hold it. */
      readonly declared: ReadonlyMap<string, DeclaredTag>;
      readonly problems: readonly TagProblem[];
    }
  | { readonly kind: "unreadable"; readonly reason: string; readonly line?: number };

/** Reads `tags.yaml` leniently; no bytes are no tags. Never throws. */
export function readTagFile(bytes: Uint8Array | undefined): TagFile {
  const decoded = decodeText(bytes ?? new Uint8Array());
  if (decoded.kind === "unreadable") return decoded;
  const map = parseYaml(decoded.text.replace(/^\uFEFF/, ""));
  if (map.kind === "fault")
    return { kind: "unreadable", reason: map.reason, ...(map.line === undefined ? {} : { line: map.line }) };
  return { kind: "tags", ...declaredIn(map) };
}

function declaredIn(map: YamlMap): { declared: Map<string, DeclaredTag>; problems: TagProblem[] } {
  const declared = new Map<string, DeclaredTag>();
  const problems: TagProblem[] = [];
  for (const [key, value] of Object.entries(map.value)) {
    const report = (message: string): void => {
      const line = map.lineOf(key);
      problems.push({ message, ...(line === undefined ? {} : { line }) });
    };
    const name = usableName(key);
    if (name === undefined) report("the name cannot be a tag: it must be one line of 1 to 64 characters");
    else if (declared.has(name)) report("the name is there already, but for letter case or spaces");
    else declared.set(name, { key, ...aboutOf(name, value, report) });
  }
  return { declared, problems };
}

function usableName(key: string): string | undefined {
  try {
    return tagName(key, "name");
  } catch {
    // A name that nobody can use is told as a problem of the file.
    return undefined;
  }
}

function aboutOf(name: string, value: unknown, report: (message: string) => void): Omit<DeclaredTag, "key"> {
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    report("the value must be a map with category and description");
    return {};
  }
  const parsed = ABOUT.safeParse(value);
  const wrong = new Set(parsed.error?.issues.map(({ path }) => path[0]));
  for (const { path, message } of parsed.error?.issues ?? []) report(`${String(path[0])} ${message}`);
  const { category, description } = value as { category?: TagCategory; description?: string };
  const built = PREDEFINED_TAGS.get(name)?.category;
  const fits = category !== undefined && !wrong.has("category") && (built === undefined || built === category);
  if (category !== undefined && !wrong.has("category") && !fits)
    report(`category must be ${built}, or absent: this tag is a predefined one`);
  return {
    ...(fits ? { category } : {}),
    ...(description === undefined || wrong.has("description") ? {} : { description }),
  };
}

/** The key under which a file that can be read has a tag, and its value. */
export function keyOf(map: YamlMap, name: string): string | undefined {
  return Object.keys(map.value).find((key) => normalTag(key) === name);
}
