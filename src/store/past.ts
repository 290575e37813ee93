import { setImmediate as pause } from "node:timers/promises";
import type { Change } from "../entry/change.js";
import { isPrivate } from "../entry/entry-path.js";
import { MemoryError } from "../errors.js";
import type { CommitGraph } from "../git/commit-graph.js";
import { Mainline } from "../git/mainline.js";
import { isRevision, resolveRevision } from "../git/revision.js";
import { blame, type Origins, type PendingText } from "./blame.js";
import { type CodeChange, changeSince, type Since } from "./code-changes.js";
import { repoPath, type StoreContext, storePath } from "./context.js";
import type { SideWriter } from "./derive-conflicts.js";
import { EntryTimes, type LastCommit } from "./entry-times.js";
import { type History, history, historyAt, readVersion } from "./history.js";
import type { HistoryState } from "./history-index.js";
import { type KnownMergeConflicts, MergeConflicts } from "./merge-conflicts.js";
import type { Observer } from "./observer.js";
import { unmarkedBy } from "./unmarked-by.js";

/** Work that nothing else of the store interrupts. */
export type InTurn = (work: () => void) => Promise<void>;

const DAY_MS = 86_400_000;
const INSTANT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const isInstant = (text: string): boolean => INSTANT.test(text) && !Number.isNaN(Date.parse(text));

const counted = (change: CodeChange): number => ("commits" in change ? change.commits : 0);

const noPast = (): MemoryError =>
  new MemoryError(
    "invalid_input",
    "as_of needs commits, and this store is in no git repository that can be read. Leave as_of out, or run `git init` around the store and commit it.",
    { field: "as_of" },
  );

const notRevision = (): MemoryError =>
  new MemoryError(
    "invalid_input",
    "as_of has to be a commit (7 hex digits or more), a branch, a tag, such as HEAD~2, or an ISO date or time.",
    { field: "as_of" },
  );

/** The versions of an entry, newest first, and for lines and fields a commit's id or the position of a pending version. */
export interface Blamed extends History {
  readonly origins: Origins;
}

/** What the store's past tells, and how it reaches the index while more of it becomes known. */
export class Past {
  readonly #context: StoreContext;
  readonly #observer: Observer;
  readonly #inTurn: InTurn;
  readonly #sink: (changes: readonly Change[]) => void;
  readonly #merges: MergeConflicts;
  #retiming: Promise<unknown> = Promise.resolve();
  #line: { graph: CommitGraph; head: string; revision: number; line: Mainline } | undefined;

  constructor(context: StoreContext, observer: Observer, inTurn: InTurn, sink: (changes: readonly Change[]) => void) {
    this.#context = context;
    this.#merges = new MergeConflicts(context);
    this.#observer = observer;
    this.#inTurn = inTurn;
    this.#sink = sink;
  }

  /** More is known of the history: entries may have another time and author now. */
  note(): Promise<void> {
    const turn = this.#retiming.then(() => this.#retime());
    // What fails here is told by whoever asks next.
    this.#retiming = turn.catch(() => undefined);
    return turn;
  }

  async #retime(): Promise<void> {
    if (!(await this.#observer.updateTimes())) return;
    const slices = this.#observer.retimed();
    for (let more = true; more; await pause()) {
      // One slice at a time, so that calls have their turn between two.
      await this.#inTurn(() => {
        const { value, done } = slices.next();
        if (done) more = false;
        else this.#sink(value);
      });
    }
  }

  /** How far the history is known; undefined where there is none that we can read. */
  get state(): HistoryState | undefined {
    return this.#context.history?.state(this.#observer.headCommit);
  }

  /**
   * Waits until everything behind HEAD is known and told, but not longer than until the build of that is `patience`
   * milliseconds old; false when it is not known by then.
   */
  async known(patience: number): Promise<boolean> {
    const { history } = this.#context;
    if (!history) return true;
    const known = await history.reached(this.#observer.headCommit, patience);
    if (known) await this.note();
    return known;
  }

  /**
   * The commit that `as_of` names: a revision, or a date or time (a date counts whole, in UTC): then the last first-parent
   * commit of HEAD at or before it. Waits as `known` does. Throws `invalid_input`, `not_found`, `unavailable`.
   */
  async commit(asOf: string, patience: number): Promise<string> {
    const { host, history } = this.#context;
    if (!host || !history) throw noPast();
    if (isInstant(asOf)) return this.#commitAt(asOf, patience);
    if (!isRevision(asOf)) throw notRevision();
    const commit = await resolveRevision(host, asOf, history.graph.columns.commits.all());
    if (commit !== undefined) return commit;
    throw new MemoryError(
      "not_found",
      `This repository has no commit ${JSON.stringify(asOf)}, or several that begin so. \`git log\` and \`git branch -a\` list what there is.`,
      { as_of: asOf },
    );
  }

  async #commitAt(asOf: string, patience: number): Promise<string> {
    if (!(await this.known(patience)))
      throw new MemoryError(
        "unavailable",
        "The history of this repository is still being read, so no commit can be found by its date. Try again in a moment, or name a commit.",
      );
    const day = /^\d{4}-\d{2}-\d{2}$/.test(asOf) ? DAY_MS - 1 : 0;
    const line = this.mainline();
    const found = line?.at(Math.floor((Date.parse(asOf) + day) / 1000));
    if (found !== undefined) return this.#context.history!.graph.id(found);
    throw new MemoryError("not_found", `There is no commit at or before ${asOf} on this branch.`, { as_of: asOf });
  }

  /** The line behind HEAD; undefined where there is none that is known. */
  mainline(): Mainline | undefined {
    const { history } = this.#context;
    const head = this.#observer.headCommit;
    if (!history || head === undefined || !history.isComplete(head)) return undefined;
    const { graph } = history;
    const { revision } = graph;
    const kept = this.#line;
    if (kept?.graph === graph && kept.head === head && kept.revision === revision) return kept.line;
    const line = new Mainline(graph, graph.find(head)!);
    this.#line = { graph, head, revision, line };
    return line;
  }

  /** The store's files in a commit: store path → blob id. */
  async files(commit: string): Promise<Map<string, string>> {
    const { host, prefix } = this.#context;
    const files = (await host?.filesBelow(commit, prefix.slice(0, -1))) ?? new Map<string, string>();
    return new Map([...files].map(([file, oid]) => [storePath(this.#context, file), oid]));
  }

  /** Blobs of the repository by id, those that are there. */
  async blobs(oids: readonly string[]): Promise<Map<string, Uint8Array>> {
    return (await this.#context.host?.blobs(oids)) ?? new Map();
  }

  /** When and by whom the store's files were last committed as seen from a commit; `complete` = all of them are known. */
  async times(
    commit: string,
    patience: number,
  ): Promise<{ readonly of: (file: string) => LastCommit | undefined; readonly complete: boolean }> {
    const history = this.#context.history!;
    const complete = await history.reached(commit, patience);
    const times = new EntryTimes();
    await times.update(history.graph, commit, complete);
    return { of: (file) => times.of(repoPath(this.#context, file), commit), complete };
  }

  /** What changed in the repository at the first of some paths since an entry was last committed, or since a time (ms). */
  changes(
    names: readonly string[],
    since: { readonly entry: string } | { readonly at: number },
  ): CodeChange | undefined {
    const line = this.mainline();
    if (!line) return undefined;
    const { graph } = this.#context.history!;
    const last = "entry" in since ? this.#observer.lastCommit(since.entry) : undefined;
    const commit = last && graph.find(last.oid);
    if ("entry" in since && commit === undefined) return undefined;
    const from: Since = "at" in since ? since : { commit: commit! };
    const found = names.flatMap((name) => changeSince(graph, line, name, from) ?? []);
    return found.find((change) => "missing" in change) ?? found.sort((a, b) => counted(b) - counted(a))[0];
  }

  /** Where every line and field of the entry at a store path comes from, as it is now or as `commit` has it. */
  async blame(file: string, commit: string | undefined): Promise<Blamed> {
    const context = this.#context;
    if (commit !== undefined) {
      const { versions, truncated } = await historyAt(context, file, commit);
      return { versions, truncated, origins: await blame(context, [], commit, repoPath(context, file)) };
    }
    const current = await this.#observer.current(file);
    const { versions, truncated, headPath } = await history(context, file, current, this.#observer);
    const pending: PendingText[] = [];
    const apart = isPrivate(file);
    for (const [at, { pending: waits, aside, version, path }] of versions.entries()) {
      if (!(waits || apart) || aside !== undefined) continue;
      const bytes =
        version === null
          ? undefined
          : version === current?.version
            ? current.bytes
            : await readVersion(context, version, path);
      pending.push({ origin: String(at), path, bytes: bytes ?? new Uint8Array() });
    }
    const head = apart ? undefined : this.#observer.headCommit;
    return { versions, truncated, origins: await blame(context, pending, head, headPath) };
  }

  /** The conflicts that merges behind HEAD ended, as far as they are known by then. Waits as `known` does. */
  async mergeConflicts(patience: number): Promise<KnownMergeConflicts> {
    const known = await this.known(patience);
    const head = this.#observer.headCommit;
    if (!this.#context.history || head === undefined) return { conflicts: [], complete: true };
    if (!known) return { conflicts: [], complete: false };
    return this.#merges.behind(head, patience);
  }

  /** Who took conflict markers out of a file; undefined while they are there. */
  unmarked(file: string): Promise<Partial<SideWriter> | undefined> {
    return unmarkedBy(this.#context, this.#observer, file);
  }

  /** Stops what goes on in the background. */
  async close(): Promise<void> {
    await this.#merges.close();
    await this.#context.history?.close();
    await this.#retiming;
  }
}
