import * as z from "zod";
import { MemoryError } from "../errors.js";
import { decodeText } from "./entry-file.js";
import { MANIFEST_FILE } from "./manifest-file.js";
import { isScopeName, type Scope } from "./scope.js";
import { formatYaml, parseYaml } from "./yaml.js";
import { spliceYaml } from "./yaml-splice.js";

export { MANIFEST_FILE } from "./manifest-file.js";

/** The store format that this version reads and writes. */
const FORMAT = 1;

const scopeName = z
  .string()
  .refine(isScopeName, { error: "must be one name without / or :" })
  .meta({ pattern: "^[^/:.][^/:]*$" });

/** The keys of a manifest that say what the store is; settings stand beside them. */
export const MANIFEST = z
  .looseObject({
    format: z.literal(FORMAT).meta({ description: "Version of the store's layout" }),
    scope: z.enum(["project", "org", "global"]).meta({ description: "What the root of the store stands for" }),
    name: scopeName.meta({ description: "Name of the project or org" }).optional(),
    org: scopeName.meta({ description: "Org that the project belongs to" }).optional(),
  })
  .refine(({ scope, name }) => scope === "global" || name !== undefined, {
    error: "is missing: a project or org needs one",
    path: ["name"],
  });

/** What a manifest says: `root` is the scope of the store's root, `settings` every other key, unchecked. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly root: Scope;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Reads `memory.yaml`; unknown keys are kept as settings. `invalid_input` for bad YAML, a newer format or a wrong shape. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const decoded = decodeText(bytes);
  if (decoded.kind === "unreadable") throw bad(decoded.reason);
  const read = parseYaml(decoded.text.replace(/^\uFEFF/, ""));
  if (read.kind === "fault") throw bad(read.line === undefined ? read.reason : `line ${read.line}: ${read.reason}`);
  const { format } = read.value;
  if (typeof format === "number" && format > FORMAT) {
    throw new MemoryError(
      "invalid_input",
      `This store has format ${format}, and this version of git-memory reads ${FORMAT}. Update git-memory to open it.`,
      { format, supported: FORMAT },
    );
  }
  const parsed = MANIFEST.safeParse(read.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw bad(`${issue?.path.join(".") ?? "it"} ${issue?.message ?? "is not valid"}`);
  }
  const { format: known, scope, name, org, ...settings } = parsed.data;
  return { format: known, root: rootOf(scope, name, org), settings };
}

function rootOf(level: "project" | "org" | "global", name: string | undefined, org: string | undefined): Scope {
  if (level === "global" || name === undefined) return { level: "global" };
  if (level === "org") return { level, org: name };
  return org === undefined ? { level, project: name } : { level, org, project: name };
}

function bad(reason: string): MemoryError {
  return new MemoryError("invalid_input", `${MANIFEST_FILE} cannot be used: ${reason}.`, { file: MANIFEST_FILE });
}

/** What a new manifest says; `commit` is left to the default when absent. */
export interface NewManifest {
  readonly root: Scope;
  readonly commit?: "journal" | "each";
}

/** The text of a new `memory.yaml`, with comments that explain each key. `invalid_input` when no store can stand for the scope. */
export function formatManifest({ root, commit }: NewManifest): string {
  if (root.level === "session") {
    throw new MemoryError("invalid_input", "A store stands for a project, an org or global, not for a session.", {
      field: "scope",
    });
  }
  const names = {
    ...(root.level === "project" ? { name: root.project } : {}),
    ...(root.level === "org" ? { name: root.org } : {}),
    ...(root.level === "project" && root.org !== undefined ? { org: root.org } : {}),
  };
  const parts = [
    "# This folder is a git-memory store: notes for coding agents, one Markdown file each.",
    "",
    "# Version of the layout of this folder.",
    formatYaml({ format: FORMAT }),
    "# What the notes apply to: project, org or global.",
    formatYaml({ scope: root.level, ...names }),
    "# When writes reach the branch: journal leaves that to people, each commits every write at once.",
    commit === undefined ? "# commit: journal\n" : formatYaml({ commit }),
  ];
  return `${parts.join("\n").trimEnd()}\n`;
}

/** The manifest with one setting changed and no other byte; undefined for a manifest that cannot be read. */
export function rewriteManifest(bytes: Uint8Array, key: string, value: unknown): Uint8Array | undefined {
  const decoded = decodeText(bytes);
  if (decoded.kind !== "text") return undefined;
  const mark = decoded.text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const source = decoded.text.slice(mark.length);
  const map = parseYaml(source);
  if (map.kind === "fault") return undefined;
  const eol = source.includes("\r\n") ? "\r\n" : "\n";
  return Buffer.from(mark + spliceYaml(source, map, new Map([[key, value]]), [], eol));
}
