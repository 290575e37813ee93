/** The four kinds of entries and the folder each lives in. */
export const KIND_FOLDERS = {
  memory: "memories",
  guideline: "guidelines",
  tool: "tools",
  pattern: "patterns",
} as const;

export type Kind = keyof typeof KIND_FOLDERS;

/** Every kind, in the order in which people meet them. */
export const KINDS = Object.keys(KIND_FOLDERS) as readonly Kind[];

const BY_FOLDER: ReadonlyMap<string, Kind> = new Map(KINDS.map((kind) => [KIND_FOLDERS[kind], kind]));

/** The kind whose entries live in `folder` (`guidelines` → `guideline`), or undefined for any other folder. */
export function kindOfFolder(folder: string): Kind | undefined {
  return BY_FOLDER.get(folder);
}

/** The categories that are known for each kind, most usual first. */
export const CATEGORIES: Readonly<Record<Kind, readonly [string, ...string[]]>> = {
  memory: ["decision", "fact", "context", "reference", "insight", "task", "progress"],
  guideline: ["code_style", "behavior", "security", "performance", "error_handling", "logging"],
  tool: ["mcp", "cli", "function", "api"],
  pattern: ["architecture", "testing", "deployment", "code_style"],
};

/** True where a category that is not in the list is accepted too; a tool's category says how it is called, so that list is closed. */
export const OPEN_CATEGORIES: Readonly<Record<Kind, boolean>> = {
  memory: true,
  guideline: true,
  tool: false,
  pattern: true,
};
