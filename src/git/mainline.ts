import type { CommitGraph } from "./commit-graph.js";

/** The first-parent line of a commit, and for every commit behind it the place on that line where it came in. */
export class Mainline {
  readonly #graph: CommitGraph;
  /** Newest first. */
  readonly #line: number[] = [];
  /** By commit: how many of the line, from its end, there are up to the one that brought it in; 0 = not behind it. */
  readonly #entered: Int32Array;

  /** Walks everything behind `head` (a number) once: some milliseconds for 100,000 commits. */
  constructor(graph: CommitGraph, head: number) {
    this.#graph = graph;
    for (let at = head; graph.isKnown(at); at = graph.parent(at, 0)) {
      this.#line.push(at);
      if (graph.parentCount(at) === 0) break;
    }
    this.#entered = new Int32Array(graph.columns.commits.size);
    for (let at = this.#line.length - 1; at >= 0; at--) this.#enter(this.#line[at]!, this.#line.length - at);
  }

  #enter(commit: number, place: number): void {
    const stack = [commit];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (this.#entered[at] !== 0 || !this.#graph.isKnown(at)) continue;
      this.#entered[at] = place;
      for (let parent = 0; parent < this.#graph.parentCount(at); parent++) stack.push(this.#graph.parent(at, parent));
    }
  }

  /** Where a commit came into the line, 1 = the oldest; 0 = it is not behind the head. */
  entered(commit: number): number {
    return this.#entered[commit] ?? 0;
  }

  /** True for a commit of the line itself. */
  isOn(commit: number): boolean {
    const place = this.entered(commit);
    return place > 0 && this.#line[this.#line.length - place] === commit;
  }

  /** The newest commit of the line at or before a time in seconds. */
  at(seconds: number): number | undefined {
    return this.#line.find((commit) => this.#graph.seconds(commit) <= seconds);
  }

  /** Tells of commits behind the head whether they are also behind `commit`, or it itself. */
  behind(commit: number): (other: number) => boolean {
    const own = new Set<number>();
    let reached = 0;
    const stack = [commit];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (own.has(at) || !this.#graph.isKnown(at)) continue;
      if (this.isOn(at)) {
        // Everything that came in up to here is behind it.
        reached = Math.max(reached, this.entered(at));
        continue;
      }
      own.add(at);
      for (let parent = 0; parent < this.#graph.parentCount(at); parent++) stack.push(this.#graph.parent(at, parent));
    }
    return (other) => own.has(other) || (this.entered(other) > 0 && this.entered(other) <= reached);
  }
}
