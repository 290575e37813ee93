import { createHash } from "node:crypto";
import { setImmediate as pause } from "node:timers/promises";
import type { CommitGraph } from "../git/commit-graph.js";
import { readIfThere } from "../git/git-fs.js";
import type { StoreContext } from "./context.js";
import {
  blobsIn,
  type Derivation,
  deriveConflicts,
  type Meeting,
  type MergeConflict,
  meetingsOf,
} from "./derive-conflicts.js";
import { keepDerived, waitFor } from "./derived-file.js";
import { MergeReader } from "./merge-sides.js";

/** Another number whenever the same commits may give other records. */
const FORMAT = 1;
/** The blobs of so many merges are read together. */
const PIECE = 200;
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
    const derivation = { context: this.#context, graph, reader };
    const wanted = commits.filter((commit) => !known.has(graph.id(commit)));
    for (let at = 0; at < wanted.length && !this.#stop.signal.aborted; at += PIECE)
      await this.#derivePiece(derivation, wanted.slice(at, at + PIECE), known);
    this.#context.host?.release();
    if (wanted.length > 0) await this.#save(known);
  }

  async #derivePiece(
    derivation: Derivation,
    commits: readonly number[],
    known: Map<string, readonly MergeConflict[]>,
  ): Promise<void> {
    const { graph } = derivation;
    const breathe = breather(this.#stop.signal);
    const all: { readonly oid: string; readonly meetings: readonly Meeting[] }[] = [];
    for (const commit of commits) {
      if (!(await breathe())) return;
      const oid = graph.id(commit);
      all.push({ oid, meetings: await this.#readable(oid, () => meetingsOf(derivation, commit), []) });
    }
    const blobs = await this.#blobs(blobsIn(all.flatMap(({ meetings }) => meetings)));
    for (const { oid, meetings } of all) {
      if (!(await breathe())) return;
      const none = { conflicts: [], whole: false };
      const { conflicts, whole } = await this.#readable(oid, () => deriveConflicts(derivation, meetings, blobs), none);
      if (!whole) this.#partly.add(oid);
      known.set(oid, conflicts);
    }
  }

  /** Does something for a merge; an object that is damaged is as good as none, and for `git fsck` to tell of. */
  async #readable<T>(oid: string, work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch {
      this.#partly.add(oid);
      return otherwise;
    }
  }

  async #blobs(oids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const host = this.#context.host!;
    try {
      return await host.blobs(oids);
    } catch {
      // One of them is damaged: the others are read without it.
      const found = new Map<string, Uint8Array>();
      for (const oid of oids) {
        const bytes = await host.objects.blob(oid).catch(() => undefined);
        if (bytes) found.set(oid, bytes);
      }
      return found;
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

/** Lets others have the event loop now and then; false when it is over. */
function breather(over: AbortSignal): () => Promise<boolean> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE_MS) return true;
    await pause();
    since = performance.now();
    return !over.aborted;
  };
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
