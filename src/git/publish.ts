import fs from "node:fs";
import path from "node:path";
import type { Signature } from "./commit-text.js";
import type { Repository } from "./discover.js";
import type { FileStat, IndexUpdate } from "./index-file.js";
import { moveBranch, NO_STAT } from "./move-branch.js";
import { ObjectBatch } from "./object-batch.js";
import { type ObjectStore, objectId } from "./objects.js";
import { lookup, spliceTree, type TreeFile } from "./tree.js";

/** One commit to make on the checked-out branch; null removes the path. Paths are relative to the work tree's top. */
export interface PublishStep {
  readonly files: ReadonlyMap<string, Uint8Array | null>;
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export type PublishOutcome =
  | { readonly kind: "published"; readonly commits: readonly string[] }
  /** Nothing was done; `reason` is a sentence part such as "a rebase is in progress". */
  | { readonly kind: "busy"; readonly reason: string }
  /** Nothing was done, because HEAD is not what the steps were planned on: plan anew. */
  | { readonly kind: "moved" };

export interface PublishRequest {
  readonly repository: Repository;
  /** The commit (undefined = unborn) that the steps were planned on. */
  readonly base: string | undefined;
  readonly steps: readonly PublishStep[];
  /** Where the intent is kept while branch and index are between two states. */
  readonly intentFile: string;
}

/** The stat that git's index may remember for a file with these bytes: none when the file holds something else. */
function statOf(file: string, bytes: Uint8Array): FileStat {
  if (!fs.lstatSync(file, { throwIfNoEntry: false })?.isFile()) return NO_STAT;
  const before = fs.lstatSync(file, { bigint: true });
  const same = before.size === BigInt(bytes.length) && Buffer.compare(fs.readFileSync(file), bytes) === 0;
  const after = fs.lstatSync(file, { bigint: true });
  return same && before.mtimeNs === after.mtimeNs && before.ino === after.ino ? after : NO_STAT;
}

function updates(built: Built, steps: readonly PublishStep[], top: string): IndexUpdate[] {
  const final = new Map(steps.flatMap((step) => [...step.files]));
  return [...final].map(([file, bytes]) => {
    if (bytes === null) return { path: file, file: undefined };
    const mode = built.modes.get(file) ?? "100644";
    return { path: file, file: { oid: objectId("blob", bytes), stat: statOf(path.join(top, file), bytes), mode } };
  });
}

interface Built {
  /** One for each step; the last is the branch's new value. */
  readonly commits: readonly string[];
  readonly modes: ReadonlyMap<string, string>;
}

/** Makes the commits' objects on top of `base`. A file that HEAD has as executable stays so. */
async function build(objects: ObjectStore, base: string | undefined, steps: readonly PublishStep[]): Promise<Built> {
  const batch = new ObjectBatch(objects);
  let parent = base;
  let tree = base === undefined ? undefined : (await objects.commit(base))?.tree;
  const commits: string[] = [];
  const modes = new Map<string, string>();
  for (const { files, author, committer, message } of steps) {
    const changes = new Map<string, TreeFile | undefined>();
    for (const [file, bytes] of files) {
      const old = tree === undefined ? undefined : await lookup(batch, tree, file);
      const mode = old?.mode === "100755" ? old.mode : "100644";
      modes.set(file, mode);
      changes.set(file, bytes === null ? undefined : { oid: batch.add("blob", bytes), mode });
    }
    tree = (await spliceTree(batch, tree, changes)) ?? batch.add("tree", new Uint8Array());
    parent = batch.addCommit({ tree, parents: parent === undefined ? [] : [parent], author, committer, message });
    commits.push(parent);
  }
  await batch.flush();
  return { commits, modes };
}

/**
 * Commits `steps` on the checked-out branch as git would: under `index.lock` and the branch's lock, with everything
 * computed before and re-checked under them. A crash at any point is mended by `recoverMove`.
 */
export async function publish(request: PublishRequest, objects: ObjectStore): Promise<PublishOutcome> {
  const { repository, base, steps, intentFile } = request;
  const built = await build(objects, base, steps);
  const { commits } = built;
  const outcome = await moveBranch(
    {
      repository,
      base,
      intentFile,
      paths: [...new Set(steps.flatMap(({ files }) => [...files.keys()]))],
      updates: () => updates(built, steps, repository.top),
      log: commits.map((commit, at) => ({ commit, who: steps[at]!.committer, text: subject(steps[at]!, base, at) })),
    },
    objects,
  );
  return outcome.kind === "done" ? { kind: "published", commits } : outcome;
}

const subject = ({ message }: PublishStep, base: string | undefined, at: number): string =>
  `commit${base === undefined && at === 0 ? " (initial)" : ""}: ${message.split("\n", 1)[0]}`;
