import type { CommitGraph } from "../git/commit-graph.js";
import { type LatestCommits, latestCommits } from "../git/latest-commits.js";

/** The last commit of a path. */
export interface LastCommit {
  readonly oid: string;
  /** Seconds since 1970. */
  readonly seconds: number;
  readonly author: string;
}

interface Known {
  readonly graph: CommitGraph;
  readonly head: number;
  readonly commit: string;
  readonly latest: LatestCommits;
  readonly complete: boolean;
  readonly revision: number;
}

/** When and by whom every path of the store was last committed, as of one head. */
export class EntryTimes {
  #known: Known | undefined;
  #changed: Set<string> | "all" = "all";

  /** The repository paths whose last commit became another one since `settle`. */
  get changed(): ReadonlySet<string> | "all" {
    return this.#changed;
  }

  /** What changed until now has been told. */
  settle(): void {
    this.#changed = new Set();
  }

  /** Brings it up to a head; false when there is nothing new. */
  async update(graph: CommitGraph, commit: string, complete: boolean): Promise<boolean> {
    const old = this.#known;
    if (old?.graph === graph && old.commit === commit && (old.complete || old.revision === graph.revision))
      return false;
    const head = graph.find(commit);
    if (head === undefined || !graph.isKnown(head)) return false;
    const revision = graph.revision;
    const base = old?.complete && old.graph === graph ? old : undefined;
    const touched: string[] = [];
    const latest = await latestCommits(graph, head, base, (path) => touched.push(graph.path(path)));
    if (latest !== base?.latest) this.#changed = "all";
    else if (this.#changed !== "all") for (const path of touched) this.#changed.add(path);
    this.#known = { graph, head, commit, latest, complete, revision };
    return true;
  }

  /** True when it is as of this head. */
  isAbout(head: string | undefined): boolean {
    return this.#known?.commit === head;
  }

  /** The last commit of a repository path as seen from `head`; undefined = not known. */
  of(path: string, head: string | undefined): LastCommit | undefined {
    const known = this.#known;
    if (!known || known.commit !== head) return undefined;
    const number = known.graph.findPath(path);
    const commit = number === undefined ? undefined : known.latest.get(number);
    if (commit === undefined) return undefined;
    const { graph } = known;
    return { oid: graph.id(commit), seconds: graph.seconds(commit), author: graph.author(commit) };
  }
}
