import { setImmediate as pause } from "node:timers/promises";
import type { Commit } from "./commit-text.js";
import type { Host } from "./host.js";
import type { ObjectReader } from "./objects.js";

const LEFT = 1;
const RIGHT = 2;
const STALE = 4;
/** Commits after which others may have the event loop. */
const SLICE = 200;

/** A common ancestor of two commits that no other one descends from, the newest of several; undefined = none in this clone. */
export async function mergeBase(host: Host, left: string, right: string): Promise<string | undefined> {
  if (left === right) return left;
  if (!host.git) return walkBack(host.objects, left, right);
  const found = await host.git.run(["merge-base", left, right], { cwd: host.repository.top });
  return found.status === 0 ? found.stdout.toString("utf8").trim() || undefined : undefined;
}

/**
 * Paints the ancestors of both sides, newest first, as git does (commit-reach, paint_down_to_common): what has both
 * colours is a common ancestor, and everything behind it is stale. A parent that a shallow clone lacks ends its line.
 */
async function walkBack(objects: ObjectReader, left: string, right: string): Promise<string | undefined> {
  const colours = new Map<string, number>();
  const queue: Commit[] = [];
  const common: string[] = [];
  const paint = async (oid: string, colour: number): Promise<void> => {
    const before = colours.get(oid) ?? 0;
    if ((before | colour) === before) return;
    const commit = await objects.commit(oid);
    if (!commit) return;
    colours.set(oid, before | colour);
    const at = queue.findIndex((other) => other.committer.seconds < commit.committer.seconds);
    queue.splice(at === -1 ? queue.length : at, 0, commit);
  };
  await paint(left, LEFT);
  await paint(right, RIGHT);
  const stale = (oid: string): boolean => ((colours.get(oid) ?? 0) & STALE) !== 0;
  for (let steps = 1; queue.some(({ oid }) => !stale(oid)); steps++) {
    if (steps % SLICE === 0) await pause();
    const commit = queue.shift()!;
    let colour = colours.get(commit.oid) ?? 0;
    if (colour === (LEFT | RIGHT)) {
      if (!common.includes(commit.oid)) common.push(commit.oid);
      colour |= STALE;
    }
    for (const parent of commit.parents) await paint(parent, colour);
  }
  // A clock that went wrong can put an ancestor before its descendant: what became stale since is none of the best.
  return common.find((oid) => !stale(oid));
}
