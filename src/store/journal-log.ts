import { isErrno, readIfThere, writeAtomic } from "../git/git-fs.js";
import type { Journal, JournalCommit } from "../git/journal.js";

/** When and by whom a path was last written. */
export interface LastWrite {
  readonly version: string | null;
  readonly at: number;
  readonly author: string;
}

/** So many commits may be missing from the file before it is written anew. */
const LAG = 64;

const parse = (line: string): JournalCommit | undefined => {
  try {
    return JSON.parse(line) as JournalCommit;
  } catch {
    // A line that a kill cut off: the journal itself has the commit.
    return undefined;
  }
};

/** The journal's commits in order, from a derived file that spares reading thousands of objects; never the truth itself. */
export class JournalLog {
  readonly #journal: Journal;
  readonly #file: string;

  constructor(journal: Journal, file: string) {
    this.#journal = journal;
    this.#file = file;
  }

  /** Every commit up to `tip`, oldest first; with `path`, only those that may have changed it. */
  async commits(tip: string | undefined, wanted?: string): Promise<JournalCommit[]> {
    if (tip === undefined) return [];
    const text = (await readIfThere(this.#file))?.toString("utf8") ?? "";
    const lines = text.split("\n").slice(0, -1);
    const last = lines.length > 0 ? parse(lines.at(-1)!) : undefined;
    const missing = await this.#journal.since(last?.oid, tip);
    const known = last !== undefined && !(await this.#rewound(last.oid, missing));
    if (missing.length > LAG || (!known && lines.length > 0)) await this.#extend(known ? lines : [], missing);
    const needle = wanted === undefined ? "" : JSON.stringify(wanted);
    const read = known ? lines.filter((line) => line.includes(needle)).map(parse) : [];
    return [...read.filter((commit) => commit !== undefined), ...missing];
  }

  /** True when the file ends with a commit that is not on the line to `tip`: it belongs to another journal. */
  async #rewound(last: string, missing: readonly JournalCommit[]): Promise<boolean> {
    if (missing.length === 0) return false;
    const first = await this.#journal.objects.commit(missing[0]!.oid);
    return first?.parents[0] !== last;
  }

  async #extend(lines: readonly string[], missing: readonly JournalCommit[]): Promise<void> {
    const added = missing.map((commit) => JSON.stringify(commit));
    try {
      await writeAtomic(this.#file, `${[...lines, ...added].join("\n")}\n`);
    } catch (error) {
      // Where nothing can be written the journal itself is read each time.
      if (!isErrno(error, "EACCES", "EPERM", "EROFS", "ENOSPC")) throw error;
    }
  }

  /** The last write of every path up to `tip`. */
  async lastWrites(tip: string | undefined): Promise<Map<string, LastWrite>> {
    const last = new Map<string, LastWrite>();
    for (const commit of await this.commits(tip)) noteWrites(last, commit);
    return last;
  }
}

/** Enters what one commit wrote. */
export function noteWrites(last: Map<string, LastWrite>, commit: JournalCommit): void {
  for (const { path: file, after } of commit.changes)
    last.set(file, { version: after, at: commit.at, author: commit.author.name });
}
