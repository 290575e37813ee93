import { createHash } from "node:crypto";
import { setImmediate as pause } from "node:timers/promises";
import type { CommitGraph } from "../git/commit-graph.js";
import { readIfThere } from "../git/git-fs.js";
import type { StoreContext } from "./context.js";
import { type Derived, deriveConflicts, type MergeConflict } from "./derive-conflicts.js";
import { keepDerived, waitFor } from "./derived-file.js";
import { MergeReader } from "./merge-sides.js";

/** Another number whenever the same commits may give other records. */
const FORMAT = 1;
const SLICE_MS = 8;

/** What is known of the conflicts that merges ended; `complete` = all of them. */
export interface KnownMergeConflicts {
  readonly conflicts: readonly MergeConflict[];
  readonly complete: boolean;
}

interface Merges {
  readonly graph: CommitGraph;
  readonly revision: number;
  readonly head: string;
  readonly reader: MergeReader;
  /** Their numbers. */
  readonly commits: readonly number[];
}

/**
 * The conflicts that the merge commits behind a head ended, whoever made them: derived from the commits alone, merge by
 * merge, when somebody asks. Kept in local state; whatever happens to the file, they are derived again.
 */
export class MergeConflicts {
  readonly #context: StoreContext;
  readonly #stop = new AbortController();
  /** By commit: also those that ended none. */
  #known: Map<string, readonly MergeConflict[]> | undefined;
  #key = "";
  /** Those that want blobs which this clone does not have. */
  readonly #partly = new Set<string>();
  #merges: Merges | undefined;
  #run: Promise<void> | undefined;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Those of everything behind a head whose history is known; waits for them not longer than `patience` milliseconds. */
  async behind(head: string, patience: number): Promise<KnownMergeConflicts> {
    const { graph, commits } = this.#mergesOf(head);
    const missing = (): boolean => commits.some((commit) => !this.#known?.has(graph.id(commit)));
    if (commits.length > 0) await this.#load();
    if (missing() && !this.#stop.signal.aborted) {
      this.#run ??= this.#derive(head).finally(() => {
        this.#run = undefined;
      });
      // Who waits is told of a failure; whoever went on before is not there any more.
      this.#run.catch(() => undefined);
      await waitFor(this.#run, patience);
    }
    const conflicts = new Map<string, MergeConflict>();
    for (const commit of commits)
      for (const one of this.#known?.get(graph.id(commit)) ?? []) {
        const other = conflicts.get(one.record.id);
        if (!other || comesFirst(one, other)) conflicts.set(one.record.id, one);
      }
    return { conflicts: [...conflicts.values()], complete: !missing() };
  }

  #mergesOf(head: string): Merges {
    const { graph } = this.#context.history!;
    const kept = this.#merges;
    if (kept?.graph === graph && kept.revision === graph.revision && kept.head === head) return kept;
    const reader = new MergeReader(graph);
    const number = graph.find(head);
    const commits = number === undefined ? [] : reader.merges(number);
    this.#merges = { graph, revision: graph.revision, head, reader, commits };
    return this.#merges;
  }

  async #derive(head: string): Promise<void> {
    const known = await this.#load();
    const { graph, reader, commits } = this.#mergesOf(head);
    const size = known.size;
    let since = performance.now();
    for (const commit of commits) {
      const oid = graph.id(commit);
      if (known.has(oid)) continue;
      const { conflicts, whole } = await this.#ended(graph, reader, commit);
      if (!whole) this.#partly.add(oid);
      known.set(oid, conflicts);
      if (performance.now() - since < SLICE_MS) continue;
      await pause();
      if (this.#stop.signal.aborted) break;
      since = performance.now();
    }
    this.#context.host?.release();
    if (known.size > size) await this.#save(known);
  }

  async #ended(graph: CommitGraph, reader: MergeReader, commit: number): Promise<Derived> {
    try {
      return await deriveConflicts({ context: this.#context, graph, reader }, commit);
    } catch {
      // An object that cannot be read is as good as none, and for `git fsck` to tell of.
      return { conflicts: [], whole: false };
    }
  }

  /** What an earlier process derived from the same commits. */
  async #load(): Promise<Map<string, readonly MergeConflict[]>> {
    const { prefix, host, manifest } = this.#context;
    const key = JSON.stringify([FORMAT, prefix, manifest.root, (await host?.shallow()) ?? []]);
    if (this.#known && this.#key === key) return this.#known;
    const kept = await readIfThere(this.#file);
    this.#key = key;
    this.#known = new Map((kept && decode(kept, key)) ?? []);
    this.#partly.clear();
    return this.#known;
  }

  get #file(): string {
    return this.#context.local.merges(this.#context.prefix);
  }

  async #save(known: ReadonlyMap<string, readonly MergeConflict[]>): Promise<void> {
    const { host } = this.#context;
    const whole = [...known].filter(([oid]) => !this.#partly.has(oid));
    if (host) await keepDerived(host.repository, this.#file, encode(whole, this.#key));
  }

  /** Stops at once and keeps what is known. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#run?.catch(() => undefined);
  }
}

/** One conflict may have been ended more than once, on two branches: what is resolved counts, then what came first. */
function comesFirst(one: MergeConflict, other: MergeConflict): boolean {
  const key = ({ record, commit }: MergeConflict): string =>
    JSON.stringify([record.resolved ? 0 : 1, record.detected_at, commit]);
  return key(one) < key(other);
}

type Kept = [string, readonly MergeConflict[]][];

const checksum = (text: string): string => createHash("sha1").update(text).digest("hex");

function encode(all: Kept, key: string): string {
  const text = JSON.stringify({ key, merges: all });
  return `${checksum(text)}\n${text}`;
}

function decode(bytes: Buffer, key: string): Kept | undefined {
  const kept = bytes.toString("utf8");
  const text = kept.slice(41);
  if (kept.slice(0, 40) !== checksum(text)) return undefined;
  const read = JSON.parse(text) as { readonly key: string; readonly merges: Kept };
  return read.key === key ? read.merges : undefined;
}
