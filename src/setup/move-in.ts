import path from "node:path";
import { isPrivate } from "../entry/entry-path.js";
import { formatScope, type Scope } from "../entry/scope.js";
import { MemoryError } from "../errors.js";
import type { Memory } from "../memory/memory.js";
import { moveEntries } from "../memory/move-entries.js";
import { PERSONAL, PROJECT } from "../memory/workspace.js";
import { addressOf, type Indexed } from "../search/indexed.js";
import { projectInPersonal } from "../store/current-project.js";
import { personalStore, projectOf } from "../store/find-store.js";

/** The person's own store, and the scope by which it knows the project of a folder; undefined where there is none of either. */
export interface OwnNotes {
  readonly root: string;
  readonly scope: Scope;
}

/** Where the notes on the project of a folder are that a person saved while it had no store. */
export async function ownNotes(directory: string, personal: string, home: string): Promise<OwnNotes | undefined> {
  const [store, project] = [await personalStore(personal), await projectOf([directory], home)];
  if (!store || !project || path.relative(store.root, project.top) === "") return undefined;
  return { root: store.root, scope: await projectInPersonal(store, project) };
}

/** What became of them: addresses in the project, or why nothing moved. */
export interface MovedIn {
  readonly moved: readonly string[];
  readonly stayed?: string;
}

const byAddress = (a: Indexed, b: Indexed): number => (addressOf(a) < addressOf(b) ? -1 : 1);

/** The entries of a project in the person's own store that others may have; sessions and what is private are the person's. */
export async function notesOn(memory: Memory, scope: Scope): Promise<Indexed[]> {
  const [text] = [formatScope(scope), await memory.fresh()];
  return [...memory.index.entries()]
    .filter((entry) => entry.store === PERSONAL && entry.scope === text && !isPrivate(entry.path))
    .sort(byAddress);
}

/** Moves them into the project's store, which is open beside the person's own: all or, where one is refused, none. */
export async function moveIn(memory: Memory, scope: Scope, agent: string | undefined): Promise<MovedIn> {
  const moves = (await notesOn(memory, scope)).map((key) => ({ key, to: { scope: memory.scope, store: PROJECT } }));
  if (moves.length === 0) return { moved: [] };
  const caller = agent === undefined ? {} : { agent };
  try {
    const moved = await moveEntries(memory, moves, { caller, reason: "the project has a store now" });
    return { moved: moved.map(({ address }) => address) };
  } catch (error) {
    // The store is there all the same, and the entries are where they were.
    if (!(error instanceof MemoryError)) throw error;
    return { moved: [], stayed: error.message };
  }
}
