import { setImmediate as pause } from "node:timers/promises";
import type { Commit } from "./commit-text.js";
import type { Host } from "./host.js";
import type { ObjectReader } from "./objects.js";

const LEFT = 1;
const RIGHT = 2;
const STALE = 4;
/** Commits after which others may have the event loop. */
const SLICE = 200;

/** The common ancestors of two commits that no other one descends from, newest first; none in this clone = empty. */
export async function mergeBases(host: Host, left: string, right: string): Promise<readonly string[]> {
  if (left === right) return [left];
  if (!host.git) return (await walkBack(host.objects, left, right)).bases;
  const found = await host.git.run(["merge-base", "--all", left, right], { cwd: host.repository.top });
  return found.status === 0 ? found.stdout.toString("utf8").split("\n").filter(Boolean) : [];
}

/** One of them; undefined = there is none. */
export const mergeBase = async (host: Host, left: string, right: string): Promise<string | undefined> =>
  (await mergeBases(host, left, right))[0];

/** How many commits each of two has that the other one lacks. */
export async function divergence(host: Host, left: string, right: string): Promise<readonly [number, number]> {
  if (left === right) return [0, 0];
  if (!host.git) return (await walkBack(host.objects, left, right)).only;
  const args = ["rev-list", "--left-right", "--count", `${left}...${right}`];
  const [ahead = 0, behind = 0] = (await host.git.output(args, { cwd: host.repository.top }))
    .toString("utf8")
    .trim()
    .split(/\s+/)
    .map(Number);
  return [ahead, behind];
}

interface Walked {
  readonly bases: readonly string[];
  /** How many commits only the left one has, and only the right one. */
  readonly only: readonly [number, number];
}

/**
 * Paints the ancestors of both sides, newest first, as git does (commit-reach, paint_down_to_common): what has both
 * colours is a common ancestor, and everything behind it is stale. A parent that a shallow clone lacks ends its line.
 */
async function walkBack(objects: ObjectReader, left: string, right: string): Promise<Walked> {
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
  const count = (side: number): number => [...colours.values()].filter((colour) => colour === side).length;
  return { bases: common.filter((oid) => !stale(oid)), only: [count(LEFT), count(RIGHT)] };
}
