import { foldName } from "../entry/name.js";
import { MemoryError } from "../errors.js";
import {
  type FoundFurther,
  type Further,
  findingFurther,
  NO_FURTHER,
  reasonOf,
  UNEXPECTED,
  type Unopened,
} from "../store/find-further.js";
import type { FoundStore } from "../store/find-store.js";
import type { Store } from "../store/store.js";

type Log = (message: string, cause: unknown) => void;

/** The further stores that a person's configuration names: which of them are open, and why the others are not. */
export class FurtherStores {
  readonly #find: (personal: FoundStore | undefined) => Promise<Further>;
  readonly #log: Log;
  #opened = NO_FURTHER;
  #refused: Unopened[] = [];
  /** Open, and what went wrong with them last. */
  readonly #failing = new Map<string, Unopened>();
  /** Open, and not told from the beginning yet. */
  readonly #unread = new WeakSet<Store>();
  readonly #starting = new WeakMap<Store, Promise<void>>();
  /** As they are written in the manifest, by name. */
  readonly #paths = new Map<string, string>();

  constructor(home: string, log: Log) {
    this.#find = findingFurther(home, log);
    this.#log = log;
  }

  /** True when the list, or one of the stores in it, is not what was opened. */
  async changed(personal: FoundStore | undefined): Promise<boolean> {
    return (await this.#find(personal)) !== this.#opened;
  }

  /** Opens all that can be opened; `taken` are the stores that are open already, by name. */
  async open(
    personal: FoundStore | undefined,
    taken: ReadonlyMap<string, FoundStore>,
    open: (one: FoundFurther) => Promise<unknown>,
  ): Promise<void> {
    const further = await this.#find(personal);
    this.#opened = further;
    this.#refused = [];
    this.#failing.clear();
    this.#paths.clear();
    const roots = new Map([...taken].map(([name, { root }]) => [name, root]));
    for (const one of further.stores)
      try {
        refuseTaken(one, roots);
        await open(one);
        roots.set(one.name, one.found.root);
        this.#paths.set(one.name, one.path);
      } catch (error) {
        this.#refused.push({ path: one.path, reason: this.#reason(one.name, error) });
      }
  }

  /** Has an open store told from the beginning; a further one that cannot be is told so, and stops nothing else. */
  async start(store: Store): Promise<void> {
    const path = this.#paths.get(store.name);
    if (path === undefined) return store.start();
    // Calls that come together share one start.
    const running = this.#starting.get(store) ?? store.start();
    this.#starting.set(store, running);
    this.#unread.add(store);
    await this.#attempt(store.name, path, async () => {
      await running.finally(() => this.#starting.delete(store));
      this.#unread.delete(store);
    });
  }

  /** The same for what changed since; one that could not be told from the beginning begins again. */
  async refresh(store: Store): Promise<void> {
    const path = this.#paths.get(store.name);
    if (path === undefined) return store.refresh();
    return this.#unread.has(store) ? this.start(store) : this.#attempt(store.name, path, () => store.refresh());
  }

  async #attempt(name: string, path: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing.delete(name);
    } catch (error) {
      this.#failing.set(name, { path, reason: this.#reason(name, error) });
    }
  }

  #reason(name: string, error: unknown): string {
    const reason = reasonOf(error);
    if (reason === undefined) this.#log(`the further store ${name} cannot be used`, error);
    return reason ?? UNEXPECTED;
  }

  /** Stores that are named and cannot be used, and why. */
  get problems(): readonly Unopened[] {
    return [...this.#opened.unopened, ...this.#refused, ...this.#failing.values()];
  }
}

/** Refuses a store that is open already, and a name that another one has. */
function refuseTaken({ name, found }: FoundFurther, open: ReadonlyMap<string, string>): void {
  for (const [other, root] of open) {
    if (root === found.root)
      throw new MemoryError("already_exists", `It is open already, as the store ${other}.`, { store: other });
  }
  const key = foldName(name);
  const reserved = ["project", "personal", ...open.keys()].find((other) => foldName(other) === key);
  if (reserved !== undefined)
    throw new MemoryError("already_exists", `The name ${reserved} is taken; give this store another one with name.`, {
      store: reserved,
    });
}
