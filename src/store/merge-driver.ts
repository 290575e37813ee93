import fs from "node:fs";
import path from "node:path";
import { MANIFEST_FILE } from "../entry/manifest-file.js";
import { mergeFile, mergeKindOf } from "../entry/merge-file.js";
import { MARKS, type Marks, markConflict } from "../entry/merge-markers.js";
import { writeAtomic } from "../git/git-fs.js";

/** Merged, and nothing to decide. */
const CLEAN = 0;
/** Merged but for what is marked in the file. */
const CONTESTED = 10;
/** Nothing was written: the caller merges by other means. */
const NOT_DONE = 3;

const USAGE =
  "git calls it, as `git memory doctor` sets it up: merge-driver BASE OURS THEIRS PATH [--marker-size=N] [--ours=LABEL] [--base=LABEL] [--theirs=LABEL]";

interface Task {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
  /** Path in the repository. */
  readonly path: string;
  readonly marks: Marks;
}

function parseTask(args: readonly string[]): Task | undefined {
  const words: string[] = [];
  let marks = MARKS;
  for (const arg of args) {
    const [, key, value = ""] = /^--(marker-size|ours|base|theirs)=(.*)$/s.exec(arg) ?? [];
    if (key === undefined && arg.startsWith("--")) return undefined;
    if (key === undefined) words.push(arg);
    else if (key !== "marker-size") marks = { ...marks, [key]: value.replace(/\s+/g, " ").trim() };
    else if (/^[1-9]\d{0,3}$/.test(value)) marks = { ...marks, size: Number(value) };
    else return undefined;
  }
  const [base, ours, theirs, file] = words;
  if (base === undefined || ours === undefined || theirs === undefined || file === undefined || words.length > 4)
    return undefined;
  return { base, ours, theirs, path: file, marks };
}

/** The path below the nearest folder with a manifest; where the working tree has none, below the last `.memory`. */
function storePathOf(name: string, cwd: string): string {
  const segments = name.split("/");
  for (let depth = segments.length - 1; depth >= 0; depth--)
    if (fs.existsSync(path.join(cwd, ...segments.slice(0, depth), MANIFEST_FILE)))
      return segments.slice(depth).join("/");
  return segments.slice(segments.lastIndexOf(".memory") + 1).join("/");
}

/**
 * The merge of one file for git (gitattributes, "Defining a custom merge driver"): the result takes the place of `OURS`, at
 * the end and whole; nothing else is touched. Gives the exit status: 0 merged, 10 merged but for what is marked,
 * anything else: nothing was done.
 */
export async function mergeDriver(args: readonly string[], cwd: string, err: (text: string) => void): Promise<number> {
  const task = parseTask(args);
  if (!task) {
    err(`git-memory: ${USAGE}\n`);
    return NOT_DONE;
  }
  const [base, ours, theirs] = [task.base, task.ours, task.theirs].map((file) =>
    fs.readFileSync(path.resolve(cwd, file)),
  );
  // git has an empty file for a side that does not exist.
  const sides = { base: base!.length === 0 ? null : base!, ours: ours!, theirs: theirs! };
  const file = storePathOf(task.path, cwd);
  const merged = mergeFile(file, sides, "ours");
  const bytes =
    merged.kind === "clean" ? merged.bytes : markConflict(merged, sides, mergeKindOf(file) === "yaml", task.marks);
  if (!bytes) {
    err(`git-memory: ${task.path} is no text that can be merged here\n`);
    return NOT_DONE;
  }
  await writeAtomic(path.resolve(cwd, task.ours), bytes, { durable: false, mode: 0o600 });
  return merged.kind === "clean" ? CLEAN : CONTESTED;
}
