import { setImmediate as pause } from "node:timers/promises";
import { CommitGraph, type LoggedCommit } from "../git/commit-graph.js";
import { readIfThere, stamp } from "../git/git-fs.js";
import { decodeGraph, encodeGraph, type GraphKey } from "../git/graph-file.js";
import type { Host } from "../git/host.js";
import { readLog } from "../git/log-reader.js";
import { walkObjects } from "../git/object-log.js";
import { keepDerived, waitFor } from "./derived-file.js";

/** How far the history is known: `building` until every commit behind HEAD is. */
export interface HistoryState {
  readonly state: "building" | "ready" | "failed";
  /** Commits that are known. */
  readonly commits: number;
}

/** So many new commits are read one by one before the git program is started. */
const FEW = 8;
/** So many heads are remembered as done. */
const TIPS = 32;
/** A graph with so many commits more than the file is written when it is whole; else at the end. */
const LAG = 64;
const SLICE_MS = 8;
const SAVE_MS = 5_000;
const RETRY_MS = 60_000;
/** The first news of a long build; each later one takes as long again. */
const NEWS_MS = 500;

/**
 * The commits of the person's repository and the paths that they changed, derived and kept in local state. Grows in the
 * background, newest commits first; what is asked for never walks the repository. Whatever happens to the file, it is
 * built again.
 */
export class HistoryIndex {
  readonly #host: Host;
  readonly #prefix: string;
  readonly #file: string;
  readonly #news: () => void;
  readonly #stop = new AbortController();
  readonly #wanted = new Set<string>();
  readonly #failed = new Map<string, number>();
  #graph: CommitGraph;
  #key: GraphKey;
  #tips: string[] = [];
  #run: Promise<void> | undefined;
  #startedAt = 0;
  #saved = { size: 0, stamp: "-", at: performance.now() };

  /** `prefix` leads from the repository's top to the store; `news` is called when more is known. */
  constructor(host: Host, prefix: string, file: string, news: () => void) {
    this.#host = host;
    this.#prefix = prefix;
    this.#file = file;
    this.#news = news;
    this.#key = { prefix, cut: [] };
    this.#graph = new CommitGraph(prefix);
  }

  get graph(): CommitGraph {
    return this.#graph;
  }

  /** How it stands with everything behind a commit. */
  state(commit: string | undefined): HistoryState {
    const state = this.isComplete(commit) ? "ready" : this.#run ? "building" : "failed";
    return { state, commits: this.#graph.size };
  }

  /** Reads what was kept. */
  async load(): Promise<void> {
    this.#key = { prefix: this.#prefix, cut: await this.#host.shallow() };
    const kept = await this.#read();
    if (!kept) return;
    this.#graph = kept.graph;
    this.#tips = [...kept.tips];
  }

  async #read() {
    const now = await stamp(this.#file);
    const bytes = await readIfThere(this.#file);
    const kept = bytes && (await decodeGraph(bytes, this.#key));
    this.#saved = { size: kept?.graph.size ?? 0, stamp: now, at: performance.now() };
    return kept;
  }

  /** True when everything behind a commit is known; of an unborn branch it always is. */
  isComplete(commit: string | undefined): boolean {
    if (commit === undefined) return true;
    return this.#graph.knows(commit) && (this.#graph.whole || this.#tips.includes(commit));
  }

  /** Sees to it that everything behind a commit becomes known, in the background. */
  follow(commit: string | undefined): void {
    if (commit === undefined || this.#stop.signal.aborted) return;
    if (this.isComplete(commit)) {
      queueMicrotask(this.#news);
      return;
    }
    if (performance.now() < (this.#failed.get(commit) ?? 0)) return;
    this.#wanted.add(commit);
    if (this.#run) return;
    this.#startedAt = performance.now();
    this.#run = this.#build().finally(() => {
      this.#run = undefined;
    });
  }

  /**
   * Waits until everything behind a commit is known, and tells whether it is; not longer than until the build under way
   * is `patience` milliseconds old.
   */
  async reached(commit: string | undefined, patience: number): Promise<boolean> {
    if (!this.isComplete(commit)) this.follow(commit);
    if (!this.#run || this.isComplete(commit)) return this.isComplete(commit);
    const left = this.#startedAt + patience - performance.now();
    await waitFor(this.#run, left);
    return this.isComplete(commit);
  }

  async #build(): Promise<void> {
    while (this.#wanted.size > 0 && !this.#stop.signal.aborted) {
      const heads = [...this.#wanted];
      try {
        await this.#checkKey();
        await this.#extend(heads);
        if (!this.#stop.signal.aborted) this.#done(heads);
      } catch {
        // Status says that it failed. Tried again later: a repository that cannot be read now may be mended then.
        for (const head of heads) this.#failed.set(head, performance.now() + RETRY_MS);
      }
      for (const head of heads) this.#wanted.delete(head);
      this.#host.release();
      this.#news();
    }
    const first = this.#saved.size === 0;
    if (this.#graph.size - this.#saved.size >= LAG || first) await this.#save();
  }

  /** A clone that was deepened, or made shallow, has another history: all is read anew. */
  async #checkKey(): Promise<void> {
    const cut = await this.#host.shallow();
    if (JSON.stringify(cut) === JSON.stringify(this.#key.cut)) return;
    this.#key = { prefix: this.#prefix, cut };
    this.#graph = new CommitGraph(this.#prefix);
    this.#tips = [];
    this.#saved = { ...this.#saved, size: 0 };
  }

  #done(heads: readonly string[]): void {
    const found = heads.filter((head) => this.#graph.knows(head));
    this.#tips = [...new Set([...found, ...this.#tips])].slice(0, TIPS);
  }

  async #extend(heads: readonly string[]): Promise<void> {
    await this.#absorb();
    const gaps = this.#graph.whole ? [] : this.#graph.unknown();
    const starts = [...new Set([...heads.filter((head) => !this.#graph.knows(head)), ...gaps])];
    if (starts.length === 0) return;
    if (!(await this.#readFew(starts))) await this.#readAll(starts);
    if (this.#stop.signal.aborted) return;
    // What is named as a parent and not there will not come: history ends before it.
    for (const oid of gaps) this.#graph.add({ oid, parents: [], seconds: 0, author: "", changes: [], cut: true });
    if (!this.#graph.whole) throw new Error("the history was told in part only");
  }

  /** Takes over what another process has found out meanwhile. */
  async #absorb(): Promise<void> {
    if ((await stamp(this.#file)) === this.#saved.stamp) return;
    const own = { graph: this.#graph, tips: this.#tips };
    const kept = await this.#read();
    if (!kept) return;
    const [more, less] = kept.graph.size > own.graph.size ? [kept, own] : [own, kept];
    for (const commit of less.graph.all()) more.graph.add(commit);
    this.#graph = more.graph;
    this.#tips = [...new Set([...more.tips, ...less.tips])].slice(0, TIPS);
  }

  /** A person's commit, or ours, is read faster than a process starts. False when there are more. */
  async #readFew(starts: readonly string[]): Promise<boolean> {
    const { git, plainObjects } = this.#host;
    if (!plainObjects || (git && this.#graph.size === 0)) return false;
    let left = git ? FEW : Number.POSITIVE_INFINITY;
    let since = performance.now();
    const cut = new Set(this.#key.cut);
    try {
      for await (const commit of this.#walk(starts, cut)) {
        if (left-- === 0) return false;
        this.#take(commit);
        if (performance.now() - since < SLICE_MS) continue;
        await pause();
        if (this.#stop.signal.aborted) return true;
        await this.#saveNowAndThen();
        since = performance.now();
      }
      return true;
    } catch (error) {
      if (git) return false;
      throw error;
    }
  }

  #walk(starts: readonly string[], cut: ReadonlySet<string>): AsyncGenerator<LoggedCommit> {
    return walkObjects(
      this.#host.objects,
      starts,
      (oid) => this.#graph.knows(oid),
      (oid) => cut.has(oid),
    );
  }

  async #readAll(starts: readonly string[]): Promise<void> {
    const { git, repository } = this.#host;
    if (!git) throw new Error("there is no git program to read this history");
    const range = { starts, known: this.#tips, cut: new Set(this.#key.cut) };
    await readLog(git, repository.top, range, (commit) => this.#take(commit), this.#stop.signal);
  }

  #newsDue = NEWS_MS;

  #take(commit: LoggedCommit): void {
    this.#graph.add(commit);
    const age = performance.now() - this.#startedAt;
    if (age < this.#newsDue) return;
    this.#newsDue = age * 2;
    this.#news();
  }

  async #saveNowAndThen(): Promise<void> {
    if (performance.now() - this.#saved.at > SAVE_MS) await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#graph.size === this.#saved.size) return;
    const { size } = this.#graph;
    const bytes = await encodeGraph({ graph: this.#graph, tips: this.#tips }, this.#key);
    const kept = await keepDerived(this.#host.repository, this.#file, bytes);
    if (kept) this.#saved = { size, stamp: await stamp(this.#file), at: performance.now() };
    else this.#saved = { ...this.#saved, at: performance.now() };
  }

  /** Stops at once and keeps what is known. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#run;
    await this.#save();
  }
}
