import path from "node:path";
import { MANIFEST_FILE, parseManifest } from "../entry/manifest.js";
import { readIfThere, stamp } from "../git/git-fs.js";
import type { StoreContext } from "./context.js";
import type { Observer } from "./observer.js";
import type { StoreOptions } from "./store-options.js";
import { watchFolders } from "./watcher.js";

const RESCAN_MS = 60_000;
const UNWATCHED_RESCAN_MS = 1_000;

/** Keeps an observer in step with what others do to a store: by watching, by looking when asked, by scanning now and then. */
export class Follower {
  readonly #context: StoreContext;
  readonly #observer: Observer;
  readonly #options: StoreOptions;
  readonly #touched = new Set<string>();
  #scanDue = false;
  #scannedAt = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #watching: boolean | string = false;
  #unwatch: (() => void) | undefined;
  #manifestStamp: string | undefined;

  constructor(context: StoreContext, observer: Observer, options: StoreOptions) {
    this.#context = context;
    this.#observer = observer;
    this.#options = options;
  }

  /** Does something when the look that goes on is over, and before the next. */
  inTurn(work: () => void): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Begins to notice what happens in the store's folders; `obstacle` is why it cannot. */
  watch(obstacle: string | undefined): void {
    this.#watching = obstacle ?? true;
    if (obstacle !== undefined) return;
    this.#unwatch?.();
    this.#unwatch = watchFolders(this.#context.root, {
      touched: (file) => this.touch(file),
      unknown: () => this.rescan(),
      failed: (reason) => {
        this.#watching = reason;
      },
    });
  }

  /** Looks at everything for the first time. */
  start(): Promise<void> {
    this.#scannedAt = performance.now();
    const scan = this.#observer.start(this.#options.sink, this.#options.scanned);
    this.#turn = scan.catch(() => undefined);
    return scan;
  }

  /** Tells what changed since the last look, whoever did it: up to the last acknowledged write on this machine. */
  refresh(): Promise<void> {
    const turn = this.#turn.then(() => this.#look());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #look(): Promise<void> {
    const touched = [...this.#touched];
    this.#touched.clear();
    try {
      // A manifest that cannot be read while somebody edits it leaves the one we have.
      if ((await stamp(this.#manifestFile)) !== this.#manifestStamp) await this.reload().catch(() => undefined);
      this.#options.sink(await this.#observer.refresh(touched));
      const age = performance.now() - this.#scannedAt;
      if (!this.#scanDue && age < (this.#watching === true ? RESCAN_MS : UNWATCHED_RESCAN_MS)) return;
      this.#scanDue = false;
      await this.#observer.scan(this.#options.sink, this.#options.scanned);
    } catch (error) {
      this.#scanDue = true;
      throw error;
    }
    this.#scannedAt = performance.now();
  }

  get #manifestFile(): string {
    return path.join(this.#context.root, MANIFEST_FILE);
  }

  /** Reads the manifest again: settings apply from here on. */
  async reload(): Promise<void> {
    this.#manifestStamp = await stamp(this.#manifestFile);
    const bytes = await readIfThere(this.#manifestFile);
    if (!bytes) return;
    const manifest = parseManifest(bytes);
    // One that sets what cannot be leaves all as it was.
    this.#context.mode = this.#options.mode?.(manifest, this.#context.usual) ?? this.#context.usual;
    this.#context.manifest = manifest;
  }

  /** Has a store path looked at by the next refresh. */
  touch(file: string): void {
    this.#touched.add(file);
  }

  /** Compares every file anew at the next refresh. */
  rescan(): void {
    this.#scanDue = true;
  }

  /** Whether hand edits are noticed as they happen, or why not. */
  get watching(): boolean | string {
    return this.#watching;
  }

  /** Something happened that the next refresh will look at. */
  get noticed(): boolean {
    return this.#touched.size > 0 || this.#scanDue;
  }

  /** Stops watching. */
  unwatch(): void {
    this.#unwatch?.();
  }

  /** Over when nothing is looked at any more. */
  async idle(): Promise<void> {
    await this.#turn;
  }
}
