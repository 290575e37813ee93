import { type StoreContext, storePath } from "./context.js";
import { type LastWrite, noteWrites } from "./journal-log.js";

/** The last write of every path that the journal has, in step with its tip. */
export class LastWrites {
  readonly #context: Pick<StoreContext, "journal" | "log" | "prefix">;
  #tip: string | undefined;
  #last = new Map<string, LastWrite>();

  constructor(context: Pick<StoreContext, "journal" | "log" | "prefix">) {
    this.#context = context;
  }

  /** Reads all of them. */
  async start(): Promise<void> {
    this.#tip = await this.#context.journal.tip();
    this.#last = await this.#context.log.lastWrites(this.#tip);
  }

  /** Of a repository path. */
  of(name: string): LastWrite | undefined {
    return this.#last.get(name);
  }

  /** Takes in what was written since; gives the store paths. */
  async follow(): Promise<string[]> {
    const { journal } = this.#context;
    const tip = await journal.tip();
    if (tip === this.#tip) return [];
    const written: string[] = [];
    for (const commit of await journal.since(this.#tip, tip)) {
      noteWrites(this.#last, commit);
      for (const change of commit.changes) written.push(storePath(this.#context, change.path));
    }
    this.#tip = tip;
    return written;
  }
}
