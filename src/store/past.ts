import { setImmediate as pause } from "node:timers/promises";
import type { Change } from "../entry/change.js";
import type { StoreContext } from "./context.js";
import type { HistoryState } from "./history-index.js";
import type { Observer } from "./observer.js";

/** Work that nothing else of the store interrupts. */
export type InTurn = (work: () => void) => Promise<void>;

/** What the store's past tells, and how it reaches the index while more of it becomes known. */
export class Past {
  readonly #context: StoreContext;
  readonly #observer: Observer;
  readonly #inTurn: InTurn;
  readonly #sink: (changes: readonly Change[]) => void;
  #retiming: Promise<unknown> = Promise.resolve();

  constructor(context: StoreContext, observer: Observer, inTurn: InTurn, sink: (changes: readonly Change[]) => void) {
    this.#context = context;
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

  /** Stops what goes on in the background. */
  async close(): Promise<void> {
    await this.#context.history?.close();
    await this.#retiming;
  }
}
