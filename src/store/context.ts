import path from "node:path";
import type { Manifest } from "../entry/manifest.js";
import type { Host } from "../git/host.js";
import type { Person } from "../git/identity.js";
import type { Journal } from "../git/journal.js";
import type { HistoryIndex } from "./history-index.js";
import type { JournalLog } from "./journal-log.js";
import type { LocalState } from "./local-state.js";

/** Whether each write becomes a commit on the branch (`each`) or waits for a person's (`journal`). */
export type CommitMode = "journal" | "each";

/** What the parts of an open store share. */
export interface StoreContext {
  /** The store's name in a workspace. */
  readonly name: string;
  /** Absolute, real path of the store's folder. */
  readonly root: string;
  /** From the repository's top to the store, ending with `/`; empty when they are one. */
  readonly prefix: string;
  /** Read anew when `memory.yaml` changes. */
  manifest: Manifest;
  /** Follows the manifest. */
  mode: CommitMode;
  /** The mode of this kind of store when no setting says otherwise. */
  readonly usual: CommitMode;
  /** The repository that the store is in; undefined for a plain folder. */
  readonly host: Host | undefined;
  /** What is known of the repository's commits; undefined where there are none that we can read. */
  readonly history: HistoryIndex | undefined;
  readonly journal: Journal;
  readonly log: JournalLog;
  readonly local: LocalState;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Who a write is recorded as when the caller names nobody. */
  readonly user: () => Promise<Person>;
  /** False in continuous integration: nothing goes to a branch. */
  readonly publishes: boolean;
  /** What a remote is shown over HTTP where there is no git program; never told to anybody else. */
  readonly token: string | undefined;
}

/** A store path as the repository names it. */
export const repoPath = (context: Pick<StoreContext, "prefix">, file: string): string => context.prefix + file;

/** A repository path as the store names it. */
export const storePath = (context: Pick<StoreContext, "prefix">, file: string): string =>
  file.slice(context.prefix.length);

/** Where a repository path lies on disk. */
export const diskPath = (context: Pick<StoreContext, "root" | "prefix">, file: string): string =>
  path.join(context.root, storePath(context, file));
