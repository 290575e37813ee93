import { hasMarkers } from "../entry/conflict-markers.js";
import { pathHistory } from "../git/path-history.js";
import { repoPath, type StoreContext } from "./context.js";
import type { SideWriter } from "./derive-conflicts.js";
import { history } from "./history.js";
import { movedFrom } from "./moved-from.js";
import type { Observer } from "./observer.js";

/**
 * Who took conflict markers out of a file, and when: the commit behind HEAD that did, or while that waits for a commit
 * whoever wrote what is there now. Undefined while HEAD's file and the working one have them.
 */
export async function unmarkedBy(
  context: StoreContext,
  observer: Observer,
  file: string,
): Promise<Partial<SideWriter> | undefined> {
  const current = await observer.current(file);
  const head = observer.headBlob(file);
  const inHead = typeof head === "string" ? await context.host?.objects.blob(head) : undefined;
  if (hasMarkers(current?.bytes) && (inHead === undefined || hasMarkers(inHead))) return undefined;
  if (!hasMarkers(inHead)) return committed(context, observer.headCommit, file);
  const [latest] = (await history(context, file, current, observer)).versions;
  return latest ? { author: latest.author, at: latest.at } : {};
}

/** The oldest commit since which the file has no markers. */
async function committed(context: StoreContext, head: string | undefined, file: string): Promise<Partial<SideWriter>> {
  const graph = context.history?.graph;
  if (!graph || head === undefined) return {};
  const { steps } = await pathHistory(graph, head, repoPath(context, file), movedFrom(context, graph));
  let found: number | undefined;
  for (const { commit, after } of steps) {
    if (after !== null && hasMarkers(await context.host?.objects.blob(after))) break;
    found = commit;
  }
  return found === undefined ? {} : { author: graph.author(found), at: graph.seconds(found) * 1000 };
}
