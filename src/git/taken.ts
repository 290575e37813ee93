import path from "node:path";
import { readIfThere } from "./git-fs.js";
import type { Host } from "./host.js";
import { indexEntries, indexFacts } from "./index-file.js";
import { ignoredByEngine } from "./objects.js";

/** Those of some files (from the work tree's top) that git tracks, or does not ignore, so that a commit may carry them. */
export async function takenByGit({ repository, git }: Host, files: readonly string[]): Promise<string[]> {
  const { top, gitDir, format } = repository;
  if (git) {
    // What is tracked counts as not ignored, whatever the rules say; a path behind a link is an error, and then not ignored either.
    const args = ["check-ignore", "-z", "--stdin"];
    const input = files.map((file) => `${file}\0`).join("");
    const { stdout } = await git.run(args, { cwd: top, input });
    const ignored = new Set(stdout.toString("utf8").split("\0"));
    return files.filter((file) => !ignored.has(file));
  }
  const index = (await readIfThere(path.join(gitDir, "index"))) ?? Buffer.alloc(0);
  // Where nobody can tell what is tracked, anything may be.
  if (index.length > 0 && (format !== "sha1" || indexFacts(index).obstacle !== undefined)) return [...files];
  const tracked = index.length > 0 ? new Set([...indexEntries(index)].map((entry) => entry.path)) : new Set<string>();
  const taken: string[] = [];
  for (const file of files) if (tracked.has(file) || !(await ignoredByEngine(top, file))) taken.push(file);
  return taken;
}
