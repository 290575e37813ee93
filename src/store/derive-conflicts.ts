import { type ConflictRecord, readConflict } from "../entry/conflict.js";
import { conflictIdAt } from "../entry/conflict-id.js";
import { hasMarkers } from "../entry/conflict-markers.js";
import { sideTaken } from "../entry/side-taken.js";
import type { CommitGraph } from "../git/commit-graph.js";
import { type StoreContext, storePath } from "./context.js";
import type { MergedSides, MergeOf, MergeReader, SideFile } from "./merge-sides.js";
import { idIn, idOf } from "./moved-from.js";
import { mergeSides, sidesRecord } from "./sides-record.js";
import { unmergedId } from "./unmerged.js";

/** Who wrote a side of a conflict, and when (ms). */
export interface SideWriter {
  readonly author: string;
  readonly at: number;
}

/** A conflict that a merge commit ended. */
export interface MergeConflict {
  /** The merge commit. */
  readonly commit: string;
  /** As the commit leaves it: resolved by its author, or open when it has conflict markers in the file. */
  readonly record: ConflictRecord;
  /** The id of the entry, where it has one: it may have moved since. */
  readonly entry?: string;
  readonly a?: SideWriter;
  readonly b?: SideWriter;
}

/** What the merge commits of one graph ended. */
export interface Derivation {
  readonly context: StoreContext;
  readonly graph: CommitGraph;
  readonly reader: MergeReader;
}

export interface Derived {
  readonly conflicts: readonly MergeConflict[];
  /** False when blobs were passed over that this clone does not have. */
  readonly whole: boolean;
}

/** A file of a merge commit (numbers of the graph): two of its parents' states, where it lies then, and what it is there. */
export interface Meeting {
  readonly commit: number;
  readonly position: number;
  readonly sides: MergedSides;
  readonly place: string;
  readonly result: string | null;
}

/** What both versions of a conflict are between, whatever it is called. */
export const betweenKey = ({ base, version_a, version_b }: ConflictRecord): string =>
  JSON.stringify([base ?? "", ...[version_a ?? "", version_b ?? ""].sort()]);

/** The files in which both sides of a merge commit changed something: of the first parent, and each other one. */
export async function meetingsOf(derivation: Derivation, commit: number): Promise<Meeting[]> {
  const { graph, reader } = derivation;
  const found: Meeting[] = [];
  for (let position = 1; position < graph.parentCount(commit); position++) {
    const merge = reader.read(commit, position);
    if (!merge || merge.changed.length + merge.gone.length === 0) continue;
    for (const sides of await movesFollowed(derivation, merge)) {
      const { base, a, b } = sides;
      // It lies where a side moved it, or where it is left.
      const stays = a.oid === null || (a.path === base?.path && b.oid !== null);
      const [place, other] = stays ? [b.path, a.path] : [a.path, b.path];
      const result = reader.result(commit, place) ?? reader.result(commit, other);
      found.push({ commit, position, sides, place, result });
    }
  }
  return found;
}

/** The blobs that it takes to judge. */
export const blobsIn = (meetings: readonly Meeting[]): string[] => [
  ...new Set(
    meetings.flatMap(({ sides: { base, a, b }, result }) =>
      [base?.oid ?? null, a.oid, b.oid, result].filter((oid) => oid !== null),
    ),
  ),
];

/**
 * The conflicts that a merge commit ended: the meetings that this design contests. Those that the commit brings records
 * of are told by these. Nothing but commits goes into it.
 */
export async function deriveConflicts(
  derivation: Derivation,
  meetings: readonly Meeting[],
  blobs: ReadonlyMap<string, Uint8Array>,
): Promise<Derived> {
  const found = new Map<string, MergeConflict>();
  let whole = true;
  for (const meeting of meetings) {
    const conflict = conflictOf(derivation, meeting, blobs);
    if (conflict === "missing") whole = false;
    else if (conflict) found.set(conflict.record.id, conflict);
  }
  const told = found.size === 0 ? new Set() : await recordsIn(derivation, meetings[0]!.commit);
  return { conflicts: [...found.values()].filter(({ record }) => !told.has(betweenKey(record))), whole };
}

/** The sides of files with those at new paths that only one side moved, or both. */
async function movesFollowed(
  { context }: Derivation,
  { changed, gone, madeInA, madeInB }: MergeOf,
): Promise<MergedSides[]> {
  const ids = new Map<string, Promise<string | undefined>>();
  const id = ({ path, oid }: SideFile): Promise<string | undefined> => {
    const known = ids.get(oid!) ?? idOf(context, path, oid!).then((one) => one?.toLowerCase());
    ids.set(oid!, known);
    return known;
  };
  /** The file that `from` became among those that were made: the one with the same content, else with the same id. */
  const moved = async (from: SideFile, made: readonly SideFile[]): Promise<SideFile | undefined> => {
    const same = made.find(({ oid }) => oid === from.oid);
    const wanted = same || made.length === 0 ? undefined : await id(from);
    if (wanted === undefined) return same;
    for (const one of made) if ((await id(one)) === wanted) return one;
    return undefined;
  };
  const found: MergedSides[] = [];
  for (const { base, a, b } of changed) {
    const goneIn = (side: SideFile, made: readonly SideFile[]) =>
      base && side.oid === null ? moved(base, made) : undefined;
    found.push({ base, a: (await goneIn(a, madeInA)) ?? a, b: (await goneIn(b, madeInB)) ?? b });
  }
  for (const base of gone) {
    const [a, b] = [await moved(base, madeInA), await moved(base, madeInB)];
    const none = { path: base.path, oid: null };
    if (a || b) found.push({ base, a: a ?? none, b: b ?? none });
  }
  return found;
}

function conflictOf(
  { context, graph, reader }: Derivation,
  { commit, position, sides: { base, a, b }, place, result }: Meeting,
  blobs: ReadonlyMap<string, Uint8Array>,
): MergeConflict | "missing" | undefined {
  const oids = [base?.oid ?? null, a.oid, b.oid, result];
  if (oids.some((oid) => oid !== null && !blobs.has(oid))) return "missing";
  const [from, ours, theirs, after] = oids.map((oid) => (oid === null ? null : blobs.get(oid)!)) as [
    Uint8Array | null,
    Uint8Array | null,
    Uint8Array | null,
    Uint8Array | null,
  ];
  const path = storePath(context, place);
  const id = unmergedId(path, {
    ...(base?.oid ? { 1: base.oid } : {}),
    ...(a.oid === null ? {} : { 2: a.oid }),
    ...(b.oid === null ? {} : { 3: b.oid }),
  });
  const at = graph.seconds(commit) * 1000;
  const sides = { path, id, base: from, ours, theirs, at };
  const merged = mergeSides(sides);
  const marked = hasMarkers(after) && ![a.oid, b.oid].includes(result);
  const apart = a.oid !== null && b.oid !== null && a.path !== b.path && base !== null;
  const renamed = apart && ![a.path, b.path].includes(base.path);
  if (merged.kind === "clean" && !renamed && (!marked || hasMarkers(ours) || hasMarkers(theirs))) return undefined;
  const open = sidesRecord(sides, merged);
  const taken = renamed
    ? placeTaken(reader, commit, a, b)
    : sideTaken(path, sides, after, merged.kind === "gone" ? undefined : merged);
  const told: ConflictRecord = renamed
    ? {
        ...open,
        cause: "rename/rename",
        fields: ["path", ...open.fields],
        a: { path: storePath(context, a.path), ...open.a },
        b: { path: storePath(context, b.path), ...open.b },
      }
    : open;
  const resolved = {
    resolved: true,
    resolution: taken,
    resolved_at: told.detected_at,
    resolved_by: graph.author(commit),
  };
  const entry = entryIn(context, [
    [place, after],
    [a.path, ours],
    [b.path, theirs],
  ]);
  const [writerA, writerB] = [
    reader.writer(graph.parent(commit, 0), a.path),
    reader.writer(graph.parent(commit, position), b.path),
  ];
  const conflict: MergeConflict = {
    commit: graph.id(commit),
    record: marked ? told : { ...told, ...resolved },
    ...(entry === undefined ? {} : { entry }),
    ...(writerA ? { a: writerA } : {}),
    ...(writerB ? { b: writerB } : {}),
  };
  // The same as it will be when it was kept for another process.
  return JSON.parse(JSON.stringify(conflict)) as MergeConflict;
}

/** Of two paths that a file was moved to: the one that it has. */
function placeTaken(reader: MergeReader, commit: number, a: SideFile, b: SideFile): "a" | "b" | "merged" {
  const [inA, inB] = [reader.result(commit, a.path) !== null, reader.result(commit, b.path) !== null];
  return inA === inB ? "merged" : inA ? "a" : "b";
}

/** The id of the entry, from the first of its states that says it. */
function entryIn(
  context: StoreContext,
  states: readonly (readonly [path: string, bytes: Uint8Array | null])[],
): string | undefined {
  for (const [path, bytes] of states) {
    // Most of the time is spent on reading front matter, so not where it can say nothing of this.
    if (!bytes || !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("id:")) continue;
    const id = idIn(context, path, bytes);
    if (id !== undefined) return id.toLowerCase();
  }
  return undefined;
}

/** What the conflicts are between that a commit has new records of. */
async function recordsIn({ context, graph }: Derivation, commit: number): Promise<Set<string>> {
  const told = new Set<string>();
  for (const { path, before, after } of graph.changes(commit)) {
    const file = storePath(context, graph.path(path));
    const id = graph.path(path).startsWith(context.prefix) ? conflictIdAt(file) : undefined;
    const oid = graph.blob(after);
    if (id === undefined || oid === null || graph.blob(before) !== null) continue;
    const bytes = await context.host?.objects.blob(oid);
    const read = bytes && readConflict(bytes, id);
    if (read?.kind === "conflict") told.add(betweenKey(read.record));
  }
  return told;
}
