import fs from "node:fs";
import path from "node:path";
import type { Repository } from "./discover.js";
import type { GitBinary } from "./git-binary.js";
import { createExclusive, readIfThere, removeFile } from "./git-fs.js";
import { spliceIndex } from "./index-file.js";
import { ObjectBatch } from "./object-batch.js";
import type { ObjectStore } from "./objects.js";

/** What a path is to be in git's index, with all its stages gone; null takes it out. */
export interface Staged {
  /** From the work tree's top. */
  readonly path: string;
  readonly bytes: Uint8Array | null;
}

/** The file in git's index never has the stat of ours: git then looks at the file itself. */
const NO_STAT = { ctimeNs: 0n, mtimeNs: 0n, dev: 0n, ino: 0n, uid: 0n, gid: 0n, size: 0n };

/** Resolves an unmerged path as `git add` or `git rm --cached` would, without filters and hooks. Throws when git's index is locked. */
export async function stageWithBinary(git: GitBinary, repository: Repository, staged: Staged): Promise<void> {
  const cwd = repository.top;
  const quiet = await git.withoutFilters(cwd);
  const zero = "0".repeat(repository.format === "sha256" ? 64 : 40);
  const gone = `0 ${zero}\t${staged.path}\0`;
  const hash = ["hash-object", "-w", "--no-filters", "--stdin"];
  const oid = staged.bytes && (await git.output(hash, { cwd, input: staged.bytes })).toString().trim();
  const input = oid === null ? gone : `${gone}100644 ${oid}\t${staged.path}\0`;
  await git.output(["update-index", "-z", "--index-info"], { cwd, input, ...quiet });
}

/** The same by our own means, under git's own lock; false when somebody else holds it or changed the index meanwhile. */
export async function stage(repository: Repository, objects: ObjectStore, staged: Staged): Promise<boolean> {
  const indexFile = path.join(repository.gitDir, "index");
  const lock = `${indexFile}.lock`;
  const batch = new ObjectBatch(objects);
  const oid = staged.bytes && batch.add("blob", staged.bytes);
  await batch.flush();
  const index = (await readIfThere(indexFile)) ?? Buffer.alloc(0);
  const update = { path: staged.path, file: oid ? { oid, stat: NO_STAT, mode: "100644" } : undefined };
  if (!(await createExclusive(lock, spliceIndex(index, [update]), { durable: false }))) return false;
  // Between these two nothing waits: a kill leaves git's index as it was, or as it will be.
  const now = fs.readFileSync(indexFile);
  if (Buffer.compare(now, index) === 0) fs.renameSync(lock, indexFile);
  else removeFile(lock);
  return Buffer.compare(now, index) === 0;
}
