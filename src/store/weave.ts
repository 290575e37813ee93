import type { Commit } from "../git/commit-text.js";
import type { JournalChange, JournalCommit } from "../git/journal.js";
import { type Message, parseMessage, trailer } from "../git/trailers.js";

/** One commit that changed a path: the blob in its first parent, and the one after it; null = no file. */
export interface PathCommit {
  readonly commit: Commit;
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** One state of an entry in history. */
export interface Version {
  /** For people: 1 is the oldest; absent when the walk did not reach the beginning, and on states set aside. */
  readonly number?: number;
  /** Blob id of the file's bytes; null = the entry was gone. */
  readonly version: string | null;
  /** A commit of the person's repository. */
  readonly commit?: string;
  readonly change_type: string;
  readonly author: string;
  readonly agent?: string;
  readonly session?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly reason?: string;
  /** Store path at that time. */
  readonly path: string;
  /** `<store>:<address>` in another store that the entry came from. */
  readonly from?: string;
  /** `<store>:<address>` in another store where the entry went. */
  readonly to?: string;
  readonly pending?: true;
  /** The branch on which a state was written that this line of history does not have. */
  readonly aside?: string;
}

/** What the journal knows of one write to one path. */
export interface JournalVersion extends JournalChange {
  readonly commit: JournalCommit;
}

export interface Threads {
  /** HEAD's history of the path, newest first, blob ids as version tokens. */
  readonly head: readonly PathCommit[];
  readonly truncated: boolean;
  /** This worktree's journal, oldest first. */
  readonly journal: readonly JournalVersion[];
  /** Journals of other worktrees: they only lend author, agent and reason. */
  readonly others: readonly JournalVersion[];
  /** The working file now; undefined `at` when the journal or HEAD has it. */
  readonly work: {
    readonly version: string | null;
    readonly path: string;
    readonly at: number;
    readonly author: string;
    /** What a hand edit that nobody recorded was made on top of, when that is a write of ours. */
    readonly base?: string | null;
    /** HEAD has the same: then nothing of it waits for a commit, however little of HEAD's history is known. */
    readonly committed?: boolean;
  };
}

const optional = <K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, string>);

const VERSION = / [0-9a-f]{40}$/;

/** What a version says of another store. */
const across = (source: string | undefined, destination: string | undefined) => ({
  ...optional("from", source?.replace(VERSION, "")),
  ...optional("to", destination),
});

/** The one of a commit's trailers that is about a file: of several the one that ends in the same kind and name. */
function trailerAt({ trailers }: Message, key: string, path: string): string | undefined {
  const found = trailers.filter(([name]) => name === key).map(([, value]) => value);
  if (found.length < 2) return found[0];
  return found.find((text) => path.endsWith(`${text.replace(VERSION, "").replace(/^.*:/, "")}.md`));
}

function fromJournal({ commit, path, after, op, source, destination }: JournalVersion): Version {
  return {
    version: after,
    change_type: op,
    author: commit.author.name,
    ...optional("agent", commit.agent),
    ...optional("session", commit.session),
    at: commit.at,
    ...optional("reason", commit.reason),
    path,
    ...across(source, destination),
  };
}

function changeType({ commit, before, after }: PathCommit, op: string | undefined, renamed: boolean): string {
  if (commit.parents.length > 1) return "merged";
  if (op !== undefined && op !== "bulk") return op;
  if (after === null) return "deleted";
  if (renamed) return "renamed";
  return before === null ? "created" : "updated";
}

function fromHead(step: PathCommit, older: PathCommit | undefined, lent: JournalVersion | undefined): Version {
  const { commit, path, after } = step;
  const message = parseMessage(commit.message);
  const source = lent?.commit;
  const renamed = older !== undefined && older.path !== path;
  return {
    version: after,
    commit: commit.oid,
    change_type: lent?.op ?? changeType(step, trailer(message, "Memory-Op"), renamed),
    author: source?.author.name ?? commit.author.name,
    ...optional("agent", source?.agent ?? trailer(message, "Memory-Agent")),
    ...optional("session", source?.session ?? trailer(message, "Memory-Session")),
    at: source?.at ?? commit.committer.seconds * 1000,
    ...optional(
      "reason",
      source?.reason ?? message.body ?? (trailer(message, "Memory-Op") ? undefined : message.subject),
    ),
    path,
    ...(lent
      ? across(lent.source, lent.destination)
      : across(trailerAt(message, "Memory-From", path), trailerAt(message, "Memory-To", path))),
  };
}

/** Pairs HEAD's versions, oldest first, with the journal's: the newest with the same path and blob, not later, after the last pair. */
function pair(head: readonly PathCommit[], journal: readonly JournalVersion[]): Map<number, number> {
  const taken = new Map<number, number>();
  let after = -1;
  head.forEach((step, position) => {
    for (let at = journal.length - 1; at > after; at--) {
      const written = journal[at]!;
      // A move leaves the blob as it was.
      if (written.path !== step.path || written.after !== step.after) continue;
      if (Math.floor(written.commit.at / 1000) > step.commit.committer.seconds) continue;
      taken.set(position, at);
      after = at;
      break;
    }
  });
  return taken;
}

/** The journal versions that lead to what is there now: taken, the working file's, or built upon by a later one. */
function onLine(
  journal: readonly JournalVersion[],
  taken: ReadonlySet<number>,
  { version, base }: Threads["work"],
): boolean[] {
  const wanted = new Set<string | null>(base === undefined ? [version] : [version, base]);
  const line = journal.map(() => false);
  for (let at = journal.length - 1; at >= 0; at--) {
    const { before, after } = journal[at]!;
    if (!taken.has(at) && !wanted.has(after)) continue;
    line[at] = true;
    wanted.delete(after);
    wanted.add(before);
  }
  return line;
}

/** Joins HEAD's history and the journal into one list of versions, newest first, each state once. */
export function weave({ head, truncated, journal, others, work }: Threads): Version[] {
  const oldest = [...head].reverse();
  const taken = pair(oldest, journal);
  const line = onLine(journal, new Set(taken.values()), work);
  const versions: Version[] = [];
  const asides: Version[] = [];
  let next = 0;
  const pass = (until: number, before: number): void => {
    for (; next < until && (line[next] !== true || journal[next]!.commit.at < before); next++)
      if (line[next]) versions.push(fromJournal(journal[next]!));
  };
  oldest.forEach((step, position) => {
    const at = taken.get(position);
    const limit = at ?? [...taken].find(([other]) => other > position)?.[1] ?? journal.length;
    pass(limit, at === undefined ? step.commit.committer.seconds * 1000 : Number.POSITIVE_INFINITY);
    const lent = at === undefined ? others.find((other) => other.after === step.after) : journal[at];
    versions.push(fromHead(step, oldest[position - 1], lent));
    if (at !== undefined) next = at + 1;
  });
  const unreached = truncated && head.length === 0 && work.committed === true;
  const inHead = unreached ? Number.POSITIVE_INFINITY : versions.length;
  pass(journal.length, Number.POSITIVE_INFINITY);
  if (!unreached && versions.at(-1)?.version !== work.version && (versions.length > 0 || work.version !== null)) {
    const change_type = work.version === null ? "deleted" : versions.length === 0 ? "created" : "updated";
    versions.push({ version: work.version, change_type, author: work.author, at: work.at, path: work.path });
  }
  const numbered = versions.map((version, position) => ({
    ...(truncated ? {} : { number: position + 1 }),
    ...version,
    ...(position >= inHead ? { pending: true as const } : {}),
  }));
  journal.forEach((written, position) => {
    if (!line[position]) asides.push({ ...fromJournal(written), aside: written.commit.branch ?? "detached" });
  });
  return [...numbered.reverse(), ...asides.reverse()];
}
