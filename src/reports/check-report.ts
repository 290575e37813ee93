/** Something in a store that a person should mend. `path` is the store's, `line` counts from 1. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** What was mended in a file. */
export interface Fixed {
  readonly path: string;
  readonly rule: string;
  readonly message: string;
}

/** What a branch did to one file of the store. */
export interface FileChange {
  readonly change: "added" | "changed" | "moved" | "archived" | "restored" | "deleted";
  /** The kind of entry, or what else the file is: `manifest`, `tags`, `conflict`, `scope`, `other`. */
  readonly kind: string;
  readonly path: string;
  /** Where the entry was before. */
  readonly from?: string;
  readonly address?: string;
  readonly title?: string;
  readonly fields?: readonly { readonly field: string; readonly before?: unknown; readonly after?: unknown }[];
  /** Lines of the body (of the whole text, where it is no entry) that came and went. */
  readonly added: number;
  readonly removed: number;
  /** The beginning of the difference of the bodies, lines marked `+`, `-` or with a space. */
  readonly excerpt?: string;
}

/** What a check found and, compared with a base, what the branch changes. */
export interface CheckReport {
  readonly checked: number;
  readonly findings: readonly Finding[];
  readonly base?: { readonly ref: string; readonly commit: string; readonly note?: string };
  readonly changes?: readonly FileChange[];
  readonly fixed?: readonly Fixed[];
}
