import { createHash } from "node:crypto";

/** Why two states could not be merged. */
export const CONFLICT_CAUSES = [
  "concurrent",
  "merge",
  "delete/edit",
  "add/add",
  "rename/rename",
  "markers",
  "unparseable",
] as const;

export type ConflictCause = (typeof CONFLICT_CAUSES)[number];

/** What a conflict is between: blob ids, null = no file. `entry` is the entry's id, else its path in the store. */
export interface ConflictBetween {
  readonly entry: string;
  readonly cause: ConflictCause;
  readonly base: string | null;
  readonly versions: readonly [string | null, string | null];
}

/** A UUID v8 (RFC 9562, section 5.8) of what the conflict is between, whichever side is called which: every clone makes the same. */
export function conflictId({ entry, cause, base, versions }: ConflictBetween): string {
  const sorted = versions.map((version) => version ?? "").sort();
  const hash = createHash("sha256")
    .update(JSON.stringify([entry, cause, base ?? "", ...sorted]))
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The folders of open records, and of those that are closed; from the store's root. */
const OPEN_FOLDER = "conflicts/";
export const CLOSED_FOLDER = "conflicts/resolved/";

/** Where a record's file lies. */
export const conflictPath = ({ id, resolved }: { readonly id: string; readonly resolved: boolean }): string =>
  `${resolved ? CLOSED_FOLDER : OPEN_FOLDER}${id}.md`;

/** The id of the record that lies at a store path; undefined for any other path. */
export const conflictIdAt = (path: string): string | undefined =>
  /^conflicts\/(?:resolved\/)?([0-9a-f-]{36})\.md$/.exec(path)?.[1];
