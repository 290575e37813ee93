import type { Host } from "../git/host.js";
import { type JournalCommit, publicMessage } from "../git/journal.js";
import { blobId } from "../git/objects.js";
import type { PublishStep } from "../git/publish.js";
import type { Head } from "../git/refs.js";
import { diskPath, type StoreContext } from "./context.js";
import { type PlannedStep, planPublication } from "./publish-plan.js";
import { holdReason } from "./recovery.js";
import { readWorkingFile } from "./working-files.js";

/** How far the branch has followed the journal: commit by journal commit, and why not further. */
export interface Publication {
  /** Journal commit → commit of the branch. */
  readonly commits: ReadonlyMap<string, string>;
  /** A sentence part, when something stays pending. */
  readonly pending?: string;
}

const NOTHING: Publication = { commits: new Map() };

/** HEAD's and the working tree's blob ids (SHA-1, null = none) at the paths of `commits`. */
async function view(context: StoreContext, head: Head, commits: readonly JournalCommit[]) {
  const host = context.host!;
  const seen = new Map<string, { head: string | null; work: string | null }>();
  // A held write is not in the working tree yet: what is there says nothing about it.
  const held = new Set((await context.local.read()).held.map((one) => one.path));
  const last = new Map(commits.flatMap(({ changes }) => changes.map(({ path, after }) => [path, after])));
  for (const file of new Set(commits.flatMap(({ changes }) => changes.map((change) => change.path)))) {
    const oid = await host.blobAt(head.commit, file);
    const bytes = oid !== null && host.objects.format !== "sha1" ? await host.objects.blob(oid) : undefined;
    const read = readWorkingFile(diskPath(context, file));
    seen.set(file, {
      head: bytes ? blobId(bytes) : oid,
      work: held.has(file) ? last.get(file)! : read.kind === "file" ? blobId(read.bytes) : null,
    });
  }
  return {
    head: (file: string) => seen.get(file)?.head ?? null,
    work: (file: string) => seen.get(file)?.work ?? null,
  };
}

async function toStep(context: StoreContext, { commit, files }: PlannedStep): Promise<PublishStep> {
  const contents = new Map<string, Uint8Array | null>();
  for (const [file, oid] of files) {
    const bytes = oid === null ? null : await context.journal.objects.blob(oid);
    if (bytes === undefined) throw new Error(`journal object ${oid} is not there`);
    contents.set(file, bytes);
  }
  return {
    files: contents,
    author: { ...commit.author, seconds: commit.at / 1000, offset: 0 },
    committer: { ...(await context.user()), seconds: context.now() / 1000, offset: 0 },
    message: publicMessage(commit),
  };
}

/** So often a person may commit between our look at the branch and our commit before it stays pending. */
const ATTEMPTS = 20;

/**
 * Commits on the branch what the journal has and the branch lacks, in order, as far as that is safe. Called with the
 * write lock held. `unsigned` is false where the person's commits must be signed.
 */
export async function publishPending(context: StoreContext, unsigned: boolean): Promise<Publication> {
  const { host, journal } = context;
  if (context.mode !== "each" || !host || !context.publishes) return NOTHING;
  const [tip, published] = [await journal.tip(), await journal.mark("published")];
  if (tip === undefined || tip === published) return NOTHING;
  const commits = await journal.since(published, tip);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const outcome = await publishOnce(context, host, commits, unsigned);
    if (outcome === "moved") continue;
    const { done, ...publication } = outcome;
    if (done !== undefined) await journal.setMark("published", published, done);
    return publication;
  }
  return { ...NOTHING, pending: "the branch kept moving" };
}

/** One attempt; `done` is the last journal commit that the branch now has, with all before it. */
async function publishOnce(
  context: StoreContext,
  host: Host,
  commits: readonly JournalCommit[],
  unsigned: boolean,
): Promise<"moved" | (Publication & { done: string | undefined })> {
  const head = await host.head();
  const steps = planPublication(commits, await view(context, head, commits));
  const ready: PlannedStep[] = [];
  let pending = unsigned ? undefined : "commit.gpgsign is on, and only your own git commit can sign";
  for (const step of pending ? [] : steps) {
    const files = [...step.files.keys()];
    pending = (await holdReason(context, files)) ?? (await host.blocked(head, files));
    if (pending) break;
    ready.push(step);
  }
  const made = new Map<string, string>();
  if (ready.length > 0) {
    const outcome = await host.publish({
      repository: host.repository,
      base: head.commit,
      steps: await Promise.all(ready.map((step) => toStep(context, step))),
      intentFile: context.local.intent,
    });
    if (outcome.kind === "moved") return "moved";
    if (outcome.kind === "busy") return { ...NOTHING, done: undefined, pending: outcome.reason };
    for (const [position, { commit }] of ready.entries()) made.set(commit.oid, outcome.commits[position]!);
  }
  const waiting = pending && steps[ready.length] ? commits.indexOf(steps[ready.length]!.commit) : commits.length;
  const done = commits[waiting - 1]?.oid;
  return { commits: made, done, ...(pending && waiting < commits.length ? { pending } : {}) };
}
