import type { Change } from "../entry/change.js";
import type { Manifest } from "../entry/manifest.js";
import type { Environment, GitBinary } from "../git/git-binary.js";
import type { Person } from "../git/identity.js";
import type { IsAlive, Owner } from "../git/lock.js";
import type { CommitMode } from "./context.js";
import type { Scanned } from "./observed.js";

/** What the process lends a store. */
export interface StoreOptions {
  readonly name: string;
  /** The git program, where there is one. */
  readonly git: GitBinary | undefined;
  readonly env: Environment;
  readonly owner: Owner;
  readonly isAlive: IsAlive;
  readonly now: () => number;
  /** What the person says of themselves: the author of writes where git has none. */
  readonly person?: () => Partial<Person>;
  /** Notice hand edits as they happen; otherwise only scans do. */
  readonly watch: boolean;
  /** False in continuous integration. */
  readonly publishes: boolean;
  /** The commit mode that settings give; `usual` is the default of the kind of store, and what counts when absent. */
  readonly mode?: (manifest: Manifest, usual: CommitMode) => CommitMode;
  /** The one door through which every change reaches the index, in order. */
  readonly sink: (changes: readonly Change[]) => void;
  /** Told while every file is looked at, which may take seconds. */
  readonly scanned?: Scanned;
}
