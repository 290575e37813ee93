/** The four kinds of entries and the folder each lives in (DESIGN 2 and 3). */
export const KIND_FOLDERS = {
  memory: "memories",
  guideline: "guidelines",
  tool: "tools",
  pattern: "patterns",
} as const;

export type Kind = keyof typeof KIND_FOLDERS;

export const KINDS = Object.keys(KIND_FOLDERS) as readonly Kind[];
