import { statSync } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { MANIFEST_FILE } from "../entry/manifest.js";
import { stamp } from "../git/git-fs.js";
import { type FoundStore, firstStore, type Place, personalStore, STORE_FOLDER } from "./find-store.js";

/** What makes a folder, or one above it, a store or a repository, as it is now. */
async function marksOf(directory: string): Promise<string> {
  const real = await fs.realpath(directory).catch(() => undefined);
  if (real === undefined) return "";
  const marks = [real];
  for (let at = real; ; at = path.dirname(at)) {
    for (const mark of [path.join(STORE_FOLDER, MANIFEST_FILE), MANIFEST_FILE, ".git"])
      marks.push(await stamp(path.join(at, mark)));
    if (at === path.dirname(at)) return marks.join("\n");
  }
}

/** Finds a project's store as `firstStore` does, time and again: where there was none, something has to have changed. */
export function findingProject(places: readonly Place[], home: string): () => Promise<FoundStore | undefined> {
  const without = new Map<string, string>();
  return async () => {
    for (const place of places)
      for (const directory of typeof place === "string" ? [place] : await place()) {
        // Taken before the look: what is made meanwhile is seen by the next.
        const marks = await marksOf(directory);
        if (without.get(directory) === marks) continue;
        const found = await firstStore([directory], home);
        if (found) return found;
        without.set(directory, marks);
      }
    return undefined;
  };
}

/** What a folder is, whatever is done in it; undefined while there is none. */
export function identity(folder: string): string | undefined {
  const stat = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}

/** Finds the person's own store as `personalStore` does: the same object for as long as it is the same store. */
export function findingPersonal(folder: string): () => Promise<FoundStore | undefined> {
  let last: { readonly identity: string; readonly found: FoundStore } | undefined;
  return async () => {
    const [now, manifest] = [identity(folder), await stamp(path.join(folder, MANIFEST_FILE))];
    if (now === undefined || manifest === "-") return undefined;
    if (last?.identity === now) return last.found;
    const found = await personalStore(folder);
    last = found && { identity: now, found };
    return found;
  };
}
