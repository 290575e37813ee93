import type { Change } from "../entry/change.js";
import type { Seen } from "./state-facts.js";
import type { FileMark } from "./working-files.js";

/** A file of the store that is not served, and why. Paths are the store's. */
export interface Invalid {
  readonly path: string;
  readonly reason: string;
}

/** What the index was told about a path. */
export interface Known extends Seen {
  readonly updatedAt: number | undefined;
  readonly author: string | undefined;
}

/** True for two looks at one version that tell the same of it. */
export const sameTold = (a: Known, b: Known): boolean =>
  a.pending === b.pending && a.conflict === b.conflict && a.updatedAt === b.updatedAt && a.author === b.author;

/** What is current at a path: the working file, except for held writes and unmerged paths. */
export interface Current {
  readonly bytes: Uint8Array;
  readonly version: string;
  readonly mark?: FileMark;
  /** `held`: our write that waits for git's operation. `ours`: the middle stage of an unmerged path. */
  readonly instead?: "held" | "ours";
}

/** HEAD's commit, and its blobs by store path where they are not what is there now; null = it has none. */
export interface HeadApart {
  readonly commit: string;
  readonly apart: readonly (readonly [file: string, blob: string | null])[];
}

/** Takes changes as they are found. */
export type Tell = (changes: readonly Change[]) => void;

/** Told while every file is looked at: entry files done, and how many there are. */
export type Scanned = (done: number, total: number) => void;
