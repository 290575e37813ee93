import { isPrivate, locate } from "../entry/entry-path.js";
import type { Host } from "../git/host.js";
import { type StoreContext, storePath } from "./context.js";
import type { HeadApart } from "./observed.js";
import { isServed } from "./served.js";
import { slices } from "./slices.js";

/** Paths between two looks at the clock. */
const SLICE = 500;

/** What HEAD has of a store: blob ids by store path. */
export class HeadBlobs {
  readonly #context: Pick<StoreContext, "prefix" | "manifest">;
  readonly #blobs = new Map<string, string>();
  #commit: string | undefined;

  constructor(context: Pick<StoreContext, "prefix" | "manifest">) {
    this.#context = context;
  }

  /** The commit that it is as of. */
  get commit(): string | undefined {
    return this.#commit;
  }

  of(file: string): string | undefined {
    return this.#blobs.get(file);
  }

  paths(): Iterable<string> {
    return this.#blobs.keys();
  }

  /** What it has to be served and the store has not; what is in `private/` is none of git's. */
  missing(isThere: (file: string) => boolean): string[] {
    const { root } = this.#context.manifest;
    const found: string[] = [];
    for (const file of this.#blobs.keys())
      if (!isThere(file) && !isPrivate(file) && isServed(locate(file, root))) found.push(file);
    return found;
  }

  /** Goes to another commit; gives the store paths at which that has something else. Only folders that differ are read. */
  async follow(host: Host, commit: string | undefined): Promise<string[]> {
    const folder = this.#context.prefix.slice(0, -1);
    if (commit === this.#commit) return [];
    const known = this.#commit !== undefined && (await host.objects.commit(this.#commit)) !== undefined;
    // A commit that was recalled may be gone by now.
    if (!known) this.#blobs.clear();
    const changes = known
      ? await host.blobsChanged(this.#commit, commit, folder)
      : await host.blobsBelow(commit, folder);
    const touched: string[] = [];
    const rest = slices();
    for (const [name, blob] of changes) {
      // Nobody asks before the first look is over; later ones are short.
      if (!known && touched.length % SLICE === 0) await rest();
      const file = storePath(this.#context, name);
      if (blob === null) this.#blobs.delete(file);
      else this.#blobs.set(file, blob);
      touched.push(file);
    }
    this.#commit = commit;
    return touched;
  }

  /** Takes as known what HEAD was: these versions by store path, but for what was apart. */
  recall(versions: Iterable<readonly [file: string, version: string]>, { commit, apart }: HeadApart): void {
    for (const [file, version] of versions) this.#blobs.set(file, version);
    for (const [file, blob] of apart) {
      if (blob === null) this.#blobs.delete(file);
      else this.#blobs.set(file, blob);
    }
    this.#commit = commit;
  }

  /** HEAD as far as it is not these versions (by store path), for `recall`; undefined = there is none. */
  apartFrom(versions: ReadonlyMap<string, string>): HeadApart | undefined {
    if (this.#commit === undefined) return undefined;
    const apart: [string, string | null][] = [...this.#blobs].filter(([file, blob]) => versions.get(file) !== blob);
    for (const file of versions.keys()) if (!this.#blobs.has(file)) apart.push([file, null]);
    return { commit: this.#commit, apart };
  }
}
