import { keptLines } from "./diff.js";

/** A run of lines that is settled, or one that both sides changed differently. */
export type Region =
  | { readonly kind: "agreed"; readonly lines: readonly string[] }
  | {
      readonly kind: "contested";
      readonly base: readonly string[];
      readonly ours: readonly string[];
      readonly theirs: readonly string[];
    };

/**
 * Three-way merge by line (diff3: Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", 2007). Lines that all three
 * have alike cut the texts into chunks; a chunk that one side left alone is the other side's, one that both changed alike
 * is that. Lines in which the two sides of a contested chunk begin or end alike are taken out of it.
 */
export function mergeLines(base: readonly string[], ours: readonly string[], theirs: readonly string[]): Region[] {
  const [toOurs, toTheirs] = [positions(base, ours), positions(base, theirs)];
  const regions: Growing[] = [];
  let [b, o, t] = [0, 0, 0];
  for (let at = 0; at <= base.length; at++) {
    const end = at === base.length;
    if (!end && (toOurs[at] === -1 || toTheirs[at] === -1)) continue;
    const [nextOurs, nextTheirs] = end ? [ours.length, theirs.length] : [toOurs[at]!, toTheirs[at]!];
    settle(regions, base.slice(b, at), ours.slice(o, nextOurs), theirs.slice(t, nextTheirs));
    if (!end) agree(regions, [base[at]!]);
    [b, o, t] = [at + 1, nextOurs + 1, nextTheirs + 1];
  }
  return regions;
}

/** For each line of `base` its position in `side`, or -1. */
function positions(base: readonly string[], side: readonly string[]): Int32Array {
  const found = new Int32Array(base.length).fill(-1);
  for (const [at, from] of keptLines(base, side).entries()) if (from !== -1) found[from] = at;
  return found;
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, at) => line === b[at]);

/** Regions while they are made: what is agreed grows line by line, in place, for a file may have a hundred thousand. */
type Growing = { readonly kind: "agreed"; readonly lines: string[] } | Extract<Region, { kind: "contested" }>;

function agree(regions: Growing[], lines: readonly string[]): void {
  if (lines.length === 0) return;
  let last = regions.at(-1);
  if (last?.kind !== "agreed") {
    last = { kind: "agreed", lines: [] };
    regions.push(last);
  }
  for (const line of lines) last.lines.push(line);
}

function settle(regions: Growing[], base: readonly string[], ours: readonly string[], theirs: readonly string[]): void {
  const settled = same(ours, theirs) || same(theirs, base) ? ours : same(ours, base) ? theirs : undefined;
  if (settled) {
    agree(regions, settled);
    return;
  }
  const most = Math.min(ours.length, theirs.length);
  let head = 0;
  while (head < most && ours[head] === theirs[head]) head += 1;
  let tail = 0;
  while (tail < most - head && ours[ours.length - 1 - tail] === theirs[theirs.length - 1 - tail]) tail += 1;
  agree(regions, ours.slice(0, head));
  const middle = (lines: readonly string[]) => lines.slice(head, lines.length - tail);
  regions.push({ kind: "contested", base, ours: middle(ours), theirs: middle(theirs) });
  agree(regions, ours.slice(ours.length - tail));
}

/** What becomes of a contested run: one side's lines, or ours and then theirs. */
export type Choice = "ours" | "theirs" | "both";

/** The lines of a merge, contested runs settled by `pick`. */
export const picked = (regions: readonly Region[], pick: Choice): string[] =>
  regions.flatMap((region) => {
    if (region.kind === "agreed") return region.lines;
    return pick === "both" ? [...region.ours, ...region.theirs] : region[pick];
  });

/** True when no run is contested. */
export const isSettled = (regions: readonly Region[]): boolean => regions.every(({ kind }) => kind === "agreed");

/** The lines of a body; an empty one has none. */
export const linesOf = (body: string): string[] => (body === "" ? [] : body.split("\n"));
