import { type BlamedText, blamedText, type Claims, claimAll, isEmpty, joinClaims, passOn } from "../entry/blame.js";
import { oursSide } from "../entry/conflict-markers.js";
import { locate } from "../entry/entry-path.js";
import type { CommitGraph } from "../git/commit-graph.js";
import { type Differences, differencesOf, type PathStep, sourceOf, stepAt } from "../git/path-history.js";
import { type StoreContext, storePath } from "./context.js";
import { movedFrom } from "./moved-from.js";
import { isServed, readServed } from "./served.js";

/** Where lines and fields come from: the id of a commit, or of a state that waits for one. */
export interface Origins {
  /** By line of the file, from 0; undefined = older than what is known. */
  readonly lines: ReadonlyMap<number, string | undefined>;
  readonly fields: ReadonlyMap<string, string | undefined>;
}

/** A state that is not committed yet: its name among the origins, its store path, and its bytes. */
export interface PendingText {
  readonly origin: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

const NOTHING: BlamedText = { lines: [], fields: new Map() };

/** Reads the bytes of a file at a repository path for blame. */
function textOf(context: StoreContext, file: string, bytes: Uint8Array | undefined): BlamedText {
  if (!bytes) return NOTHING;
  const located = locate(storePath(context, file), context.manifest.root);
  const read = isServed(located) ? readServed(bytes, located) : undefined;
  const content = read?.kind === "entry" ? read.entry : read?.kind === "document" ? read.document : undefined;
  return blamedText(oursSide(Buffer.from(bytes).toString("utf8")), content);
}

class Collector {
  readonly lines = new Map<number, string | undefined>();
  readonly fields = new Map<string, string | undefined>();

  take(claims: Claims, origin: string | undefined): void {
    for (const line of claims.lines.keys()) this.lines.set(line, origin);
    for (const field of claims.fields) this.fields.set(field, origin);
  }
}

/**
 * Tells for every line and field where it comes from. `pending` are the states on top of a commit, newest first; below
 * them lines pass from each commit that changed the file to the first of its parents that has them, as git blame does.
 * `head` is the commit to begin with and `path` the file's repository path there.
 */
export async function blame(
  context: StoreContext,
  pending: readonly PendingText[],
  head: string | undefined,
  path: string,
): Promise<Origins> {
  const found = new Collector();
  const graph = context.history?.graph;
  const start = head === undefined ? undefined : graph?.find(head);
  const walk = graph && start !== undefined ? new Walk(context, graph, found) : undefined;
  const committed = walk && start !== undefined ? await walk.textAt(start, path) : NOTHING;
  const texts = pending.map((state) => textOf(context, context.prefix + state.path, state.bytes));
  let claims = claimAll(texts[0] ?? committed);
  for (const [at, { origin }] of pending.entries()) {
    const { passed, rest } = passOn(texts[at]!, texts[at + 1] ?? committed, claims);
    found.take(rest, origin);
    claims = passed;
  }
  if (walk && start !== undefined) await walk.run(start, path, claims);
  return found;
}

interface Suspect {
  readonly step: PathStep;
  readonly claims: Claims;
}

class Walk {
  readonly #context: StoreContext;
  readonly #graph: CommitGraph;
  readonly #found: Collector;
  readonly #differences = new Map<string, Differences>();
  readonly #texts = new Map<string, BlamedText>();
  readonly #suspects = new Map<string, Suspect>();

  constructor(context: StoreContext, graph: CommitGraph, found: Collector) {
    this.#context = context;
    this.#graph = graph;
    this.#found = found;
  }

  #of(path: string): Differences {
    const known = this.#differences.get(path) ?? differencesOf(this.#graph, path);
    this.#differences.set(path, known);
    return known;
  }

  async #text(path: string, oid: string | null): Promise<BlamedText> {
    if (oid === null) return NOTHING;
    const known = this.#texts.get(oid);
    if (known) return known;
    const text = textOf(this.#context, path, await this.#context.host?.objects.blob(oid));
    this.#texts.set(oid, text);
    return text;
  }

  /** The file as a commit has it. */
  async textAt(commit: number, path: string): Promise<BlamedText> {
    const source = sourceOf(this.#graph, commit, this.#of(path));
    if (source.kind !== "changed") return NOTHING;
    return this.#text(path, stepAt(this.#graph, source.commit, path, this.#of(path)).after);
  }

  /** Follows claims from a commit to where they end. */
  async run(commit: number, path: string, claims: Claims): Promise<void> {
    await this.#readAhead(commit, path);
    this.#suspect(commit, path, claims);
    for (let next = this.#newest(); next; next = this.#newest()) await this.#judge(next);
  }

  /** Reads the texts of a path at once: one by one each would cost a trip to the repository. */
  async #readAhead(commit: number, path: string): Promise<void> {
    const oids = new Set<string>();
    for (const [number] of this.#of(path)) {
      const { befores, after } = stepAt(this.#graph, number, path, this.#of(path));
      for (const oid of [...befores, after]) if (oid !== null) oids.add(oid);
    }
    if (!this.#graph.isKnown(commit) || oids.size === 0) return;
    for (const [oid, bytes] of await this.#context.host!.blobs([...oids]))
      this.#texts.set(oid, textOf(this.#context, path, bytes));
  }

  #suspect(commit: number, path: string, claims: Claims): void {
    if (isEmpty(claims)) return;
    const source = sourceOf(this.#graph, commit, this.#of(path));
    if (source.kind !== "changed") {
      this.#found.take(claims, undefined);
      return;
    }
    const key = `${source.commit} ${path}`;
    const there = this.#suspects.get(key);
    const step = there?.step ?? stepAt(this.#graph, source.commit, path, this.#of(path));
    this.#suspects.set(key, { step, claims: there ? joinClaims(there.claims, claims) : claims });
  }

  #newest(): Suspect | undefined {
    let found: readonly [string, Suspect] | undefined;
    for (const one of this.#suspects)
      if (!found || this.#graph.seconds(one[1].step.commit) > this.#graph.seconds(found[1].step.commit)) found = one;
    if (found) this.#suspects.delete(found[0]);
    return found?.[1];
  }

  async #judge({ step, claims }: Suspect): Promise<void> {
    const { commit, path, befores, after } = step;
    const text = await this.#text(path, after);
    const moved = befores.length > 0 && after !== null && befores.every((blob) => blob === null);
    const older = moved ? await movedFrom(this.#context, this.#graph)(step) : undefined;
    let rest = claims;
    for (const [position, before] of befores.entries()) {
      if (isEmpty(rest)) return;
      const from = older ?? path;
      const oid = older === undefined ? before : this.#removedBlob(commit, position, older);
      const split = passOn(text, await this.#text(from, oid), rest);
      this.#suspect(this.#graph.parent(commit, position), from, split.passed);
      rest = split.rest;
    }
    this.#found.take(rest, this.#graph.id(commit));
  }

  #removedBlob(commit: number, parent: number, path: string): string | null {
    const number = this.#graph.findPath(path);
    for (const change of this.#graph.changes(commit))
      if (change.path === number && change.parent === parent) return this.#graph.blob(change.before);
    return null;
  }
}
