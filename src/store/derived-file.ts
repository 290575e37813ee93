import path from "node:path";
import type { Repository } from "../git/discover.js";
import { isErrno, stamp, writeAtomic } from "../git/git-fs.js";

/** Keeps what was derived for the next process; false where that is not possible: it will be derived again. */
export async function keepDerived(repository: Repository, file: string, bytes: Uint8Array | string): Promise<boolean> {
  // A repository that was moved away, or deleted, must not be half there again.
  if ((await stamp(path.join(repository.commonDir, "HEAD"))) === "-") return false;
  try {
    // A power cut or a kill does no harm: what cannot be read is derived again.
    await writeAtomic(file, bytes, { durable: false });
    return true;
  } catch (error) {
    if (isErrno(error, "EACCES", "EPERM", "EROFS", "ENOSPC", "ENOENT", "ENOTDIR")) return false;
    throw error;
  }
}

/** Waits until work is over, but not longer than so many milliseconds. */
export async function waitFor(work: Promise<unknown>, patience: number): Promise<void> {
  if (patience === Number.POSITIVE_INFINITY) await work;
  else if (patience > 0) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([work, late]);
    clearTimeout(timer);
  }
}
