import { changedOwnFiles } from "./commit-store.js";
import { type StoreContext, storePath } from "./context.js";
import { droppedWrites } from "./dropped.js";
import type { Invalid } from "./observed.js";
import type { Observer } from "./observer.js";

/** What a person may want to know about a store. Paths are the store's. */
export interface StoreStatus {
  readonly invalid: readonly Invalid[];
  readonly others: readonly Invalid[];
  /** What git has as unmerged, or holds conflict markers: told from their ours side. */
  readonly unresolved: readonly string[];
  readonly pending: readonly string[];
  readonly held: readonly string[];
  readonly dropped: readonly { readonly path: string; readonly version: string }[];
  /** What git-memory cannot do by itself in this repository. */
  readonly unsupported: readonly string[];
  readonly operation?: string;
  readonly unpublished?: string;
  readonly watching: boolean | string;
}

/** How a store stands; `unpublished` is why writes wait for the branch, `watching` true or why not. */
export async function statusOf(
  context: StoreContext,
  observer: Observer,
  unpublished: string | undefined,
  watching: boolean | string,
): Promise<StoreStatus> {
  const { state } = observer;
  const operation = await context.host?.operation();
  const store = (one: { path: string }) => storePath(context, one.path);
  const dropped = await droppedWrites(context, state);
  return {
    invalid: observer.invalid,
    others: observer.others,
    unresolved: observer.unresolved,
    pending: [...observer.pendingPaths(), ...changedOwnFiles(context, observer)],
    held: state.held.map(store),
    dropped: dropped.map((one) => ({ path: store(one), version: one.version })),
    unsupported: context.host?.repository.unsupported ?? [],
    ...(operation === undefined ? {} : { operation }),
    ...(unpublished === undefined ? {} : { unpublished }),
    watching,
  };
}
