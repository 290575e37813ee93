import { type ConflictRecord, formatConflict, newConflict, valuesOf } from "../entry/conflict.js";
import { conflictIdAt, conflictPath } from "../entry/conflict-id.js";
import { decodeText } from "../entry/entry-file.js";
import { readFrontMatter } from "../entry/frontmatter.js";
import { mergeFile } from "../entry/merge-file.js";
import type { Side } from "../entry/merge-texts.js";
import type { TreeFile } from "../git/tree.js";
import { sameFile, type ThreeFiles } from "../git/tree-merge.js";
import { type At, type Unit, unitsOf } from "./merge-units.js";

/** What a merge of two trees goes by. */
export interface TreesToMerge {
  readonly files: readonly ThreeFiles[];
  /** The bytes of a blob that was named by `blobsToRead`. */
  readonly read: (oid: string) => Uint8Array;
  /** Takes a merged text; gives its blob id. */
  readonly add: (bytes: Uint8Array) => string;
  /** Whose value stays, by the blobs of both sides. */
  readonly prefer: (ours: string | undefined, theirs: string | undefined) => Side;
  /** True where a file lies that neither side touched. */
  readonly taken: (path: string) => Promise<boolean>;
  /** When the later side was made (milliseconds since 1970). */
  readonly at: number;
  /** A merge of bases, which nobody sees: what is contested stays as it was before both. */
  readonly quiet?: boolean;
}

export interface MergedTrees {
  /** What our tree lacks to be the merged one; undefined = no file any more. */
  readonly changes: ReadonlyMap<string, TreeFile | undefined>;
  /** How many files both sides changed, and have in one now. */
  readonly merged: number;
  readonly conflicts: readonly ConflictRecord[];
}

/** Two paths that some file systems take for one. */
const folded = (path: string): string => path.normalize("NFC").toLowerCase();

/** The blobs that `mergeTrees` will want to read. */
export function blobsToRead(files: readonly ThreeFiles[]): string[] {
  const wanted = new Set<string>();
  const names = new Set<string>();
  const twice = new Set(files.map(({ path }) => folded(path)).filter((name) => names.size === names.add(name).size));
  for (const { path, base, ours, theirs } of files) {
    const both = !sameFile(base, ours) && !sameFile(base, theirs);
    // What came or went may be one entry that moved.
    const moved = !base || !ours || !theirs;
    if (both || moved || twice.has(folded(path)))
      for (const file of [base, ours, theirs]) if (file) wanted.add(file.oid);
  }
  return [...wanted];
}

/** A file that is to lie at a path; `side` is whose it is, undefined for what came of both. */
interface Want {
  readonly path: string;
  readonly file: TreeFile;
  readonly side: Side | undefined;
}

const OTHER = { ours: "theirs", theirs: "ours" } as const;

/** The three-way merge of two trees of entries (DESIGN 4.4), path by path, following entries that moved by their id. */
export async function mergeTrees(trees: TreesToMerge): Promise<MergedTrees> {
  return new Merge(trees).run();
}

class Merge {
  readonly #trees: TreesToMerge;
  readonly #made = new Map<string, Uint8Array>();
  readonly #ids = new Map<string, string | undefined>();
  readonly #wants: Want[] = [];
  readonly #records: ConflictRecord[] = [];
  #merged = 0;

  constructor(trees: TreesToMerge) {
    this.#trees = trees;
  }

  async run(): Promise<MergedTrees> {
    const { files } = this.#trees;
    for (const unit of unitsOf(files, (file) => this.#idOf(file))) this.#settle(unit);
    const placed = await this.#place();
    await this.#addRecords(placed);
    const before = new Map(files.map(({ path, ours }) => [path, ours]));
    const changes = new Map<string, TreeFile | undefined>();
    for (const path of new Set([...before.keys(), ...placed.keys()]))
      if (!sameFile(before.get(path), placed.get(path))) changes.set(path, placed.get(path));
    return { changes, merged: this.#merged, conflicts: this.#records };
  }

  /** The id that the front matter of a file names. */
  #idOf({ path, file }: At): string | undefined {
    if (!path.endsWith(".md") || !file.mode.startsWith("100")) return undefined;
    if (this.#ids.has(file.oid)) return this.#ids.get(file.oid);
    const decoded = decodeText(this.#made.get(file.oid) ?? this.#trees.read(file.oid));
    const front = decoded.kind === "text" ? readFrontMatter(decoded.text) : undefined;
    const id = front?.kind === "map" ? front.map.value.id : undefined;
    const found = typeof id === "string" && id !== "" ? id.toLowerCase() : undefined;
    this.#ids.set(file.oid, found);
    return found;
  }

  /** Decides what becomes of one file. */
  #settle(unit: Unit): void {
    const { base, ours, theirs } = unit;
    if (ours && theirs) this.#both(unit, ours, theirs);
    else if (base && (ours || theirs)) {
      const [left, side] = ours ? ([ours, "ours"] as const) : ([theirs!, "theirs"] as const);
      if (left.path === base.path && left.file.oid === base.file.oid) return;
      this.#wants.push({ ...left, side });
      this.#note(unit, "delete/edit", left.path, left.file.oid, undefined, []);
    } else if (ours || theirs) this.#wants.push({ ...(ours ?? theirs)!, side: ours ? "ours" : "theirs" });
  }

  #both({ base, ...unit }: Unit, ours: At, theirs: At): void {
    const prefer = this.#preferred(ours, theirs);
    const preferred = prefer === "ours" ? ours : theirs;
    const other = prefer === "ours" ? theirs : ours;
    let path = preferred.path;
    if (ours.path !== theirs.path) {
      if (base && other.path === base.path) path = preferred.path;
      else if (base && preferred.path === base.path) path = other.path;
      else {
        const values = [{ path: preferred.path }, { path: other.path }] as const;
        this.#note({ base, ...unit }, "rename/rename", path, preferred.file.oid, other.file.oid, values);
      }
    }
    const mode = ours.file.mode === base?.file.mode ? theirs.file.mode : ours.file.mode;
    for (const { oid, side } of this.#content({ base, ...unit }, ours, theirs, path))
      this.#wants.push({ path, file: { oid, mode }, side });
  }

  /** The blobs that are to lie at the path of a file that both sides have: one, or two that are no versions of each other. */
  #content(
    unit: Unit,
    ours: At,
    theirs: At,
    path: string,
  ): { readonly oid: string; readonly side: Side | undefined }[] {
    const [b, o, t] = [unit.base?.file.oid, ours.file.oid, theirs.file.oid];
    if (o === t) return [{ oid: o, side: undefined }];
    if (t === b) return [{ oid: o, side: "ours" }];
    if (o === b) return [{ oid: t, side: "theirs" }];
    const { read, add, quiet } = this.#trees;
    const prefer = this.#preferred(ours, theirs);
    const [stays, other] = prefer === "ours" ? [o, t] : [t, o];
    const sides = { base: b === undefined ? null : read(b), ours: read(o), theirs: read(t) };
    const merged = mergeFile(path, sides, prefer);
    if (merged.kind === "distinct")
      return [
        { oid: o, side: "ours" },
        { oid: t, side: "theirs" },
      ];
    this.#merged++;
    if (merged.kind === "conflict") {
      // The one who merges above this base finds that both sides changed it, and says so.
      if (quiet) return [{ oid: b ?? stays, side: undefined }];
      const values = [valuesOf(merged.contested, prefer), valuesOf(merged.contested, OTHER[prefer])] as const;
      const fields = merged.contested.map(({ field }) => field);
      this.#note(unit, merged.cause, path, stays, other, values, fields);
    }
    const oid = add(merged.bytes);
    this.#made.set(oid, merged.bytes);
    return [{ oid, side: undefined }];
  }

  #preferred(ours: At, theirs: At): Side {
    if (ours.file.oid !== theirs.file.oid || ours.path === theirs.path)
      return this.#trees.prefer(ours.file.oid, theirs.file.oid);
    // One content under two names: the names decide what the contents cannot.
    return this.#trees.prefer(ours.path, theirs.path);
  }

  #note(
    { base, ours, theirs }: Unit,
    cause: ConflictRecord["cause"],
    path: string,
    a: string,
    b: string | undefined,
    values: readonly [] | readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>],
    fields: readonly string[] = Object.keys(values[0] ?? {}),
  ): void {
    // A record of conflicts is no entry: what becomes of it is no conflict of its own.
    if (this.#trees.quiet || conflictIdAt(path) !== undefined) return;
    const stays = [ours, theirs].find((one) => one?.file.oid === a);
    const gone = [ours, theirs].find((one) => one !== undefined && one !== stays);
    const id = [base, stays, gone].map((one) => one && this.#idOf(one)).find((one) => one !== undefined);
    const record = newConflict({
      entry: id ?? base?.path ?? path,
      path,
      cause,
      base: base?.file.oid ?? null,
      a: { version: a, values: values[0] ?? {} },
      b: { version: b ?? null, values: values[1] ?? {} },
      fields,
      at: this.#trees.at,
    });
    this.#records.push(record);
  }

  /** Gives every file a path of its own: of two that want one the preferred one has it, the other is `name-2`. */
  async #place(): Promise<Map<string, TreeFile>> {
    const placed = new Map<string, TreeFile>();
    const claims = new Map<string, Want>();
    const second: { readonly want: Want; readonly first: Want }[] = [];
    for (const want of this.#wants) {
      const first = claims.get(folded(want.path));
      if (first && first.path === want.path && first.file.oid === want.file.oid) continue;
      const stays = first ? this.#first(first, want) : want;
      claims.set(folded(want.path), stays);
      if (first) second.push({ want: stays === first ? want : first, first: stays });
    }
    for (const { path, file } of claims.values()) placed.set(path, file);
    for (const { want, first } of second) {
      const path = await this.#freeName(want.path, claims);
      claims.set(folded(path), want);
      placed.set(path, want.file);
      const values = [{ path: first.path }, { path }] as const;
      const unit = { base: undefined, ours: first, theirs: want };
      this.#note(unit, "add/add", first.path, first.file.oid, want.file.oid, values);
    }
    return placed;
  }

  #first(one: Want, other: Want): Want {
    if (one.side === "ours" && other.side === "theirs")
      return this.#trees.prefer(one.file.oid, other.file.oid) === "ours" ? one : other;
    if (one.side === "theirs" && other.side === "ours")
      return this.#trees.prefer(other.file.oid, one.file.oid) === "ours" ? other : one;
    return one.file.oid + one.path > other.file.oid + other.path ? one : other;
  }

  async #freeName(path: string, claims: ReadonlyMap<string, unknown>): Promise<string> {
    const dot = path.lastIndexOf(".");
    const at = dot > path.lastIndexOf("/") + 1 ? dot : path.length;
    for (let number = 2; ; number++) {
      const name = `${path.slice(0, at)}-${number}${path.slice(at)}`;
      if (!claims.has(folded(name)) && !(await this.#trees.taken(name))) return name;
    }
  }

  /** Puts the records beside the entries, each once, and of one that is open here and resolved there the resolved one. */
  async #addRecords(placed: Map<string, TreeFile>): Promise<void> {
    const isThere = async (path: string) => placed.has(path) || (await this.#trees.taken(path));
    for (const record of this.#records) {
      const [open, closed] = [conflictPath(record), conflictPath({ ...record, resolved: true })];
      if ((await isThere(open)) || (await isThere(closed))) continue;
      placed.set(open, { oid: this.#trees.add(formatConflict(record)), mode: "100644" });
    }
    for (const path of [...placed.keys()]) {
      const id = conflictIdAt(path);
      const closed = id === undefined ? path : conflictPath({ id, resolved: true });
      if (closed !== path && placed.has(closed)) placed.delete(path);
    }
  }
}
