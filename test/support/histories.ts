import { execFileSync } from "node:child_process";
import { GIT_ENV, git, temporaryFolder } from "./repositories.js";

/** One commit of a made history: parents by position among the commits before it (-1 = it is a root). */
export interface MadeCommit {
  readonly parents: readonly number[];
  /** Path → content, null removes; on top of the first parent's files. */
  readonly files: Readonly<Record<string, string | null>>;
  /** Seconds since 1970. */
  readonly at: number;
  readonly author?: string;
  readonly message?: string;
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;

/** The stream for `git fast-import` of a history whose last commit is `main`. */
export function importStream(commits: readonly MadeCommit[]): string {
  const parts: string[] = [];
  commits.forEach(({ parents, files, at, author = "Ada Person", message = "work" }, position) => {
    parts.push(`commit refs/made/${position}\nmark :${position + 1}\n`);
    parts.push(`author ${author} <ada@example.org> ${at} +0000\ncommitter ${author} <ada@example.org> ${at} +0000\n`);
    parts.push(data(message));
    parents
      .filter((parent) => parent >= 0)
      .forEach((parent, first) => {
        parts.push(`${first === 0 ? "from" : "merge"} :${parent + 1}\n`);
      });
    for (const [path, content] of Object.entries(files))
      parts.push(content === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(content)}`);
    parts.push("\n");
  });
  parts.push(`reset refs/heads/main\nfrom :${commits.length}\n\n`);
  return parts.join("");
}

/** A repository with a made history, its `main` not checked out. */
export function makeHistory(commits: readonly MadeCommit[], dir = temporaryFolder()): string {
  git(dir, "init", "-q", "-b", "main");
  git(dir, "config", "user.name", "Ada Person");
  git(dir, "config", "user.email", "ada@example.org");
  execFileSync("git", ["fast-import", "--quiet", "--force", "--date-format=raw"], {
    cwd: dir,
    env: GIT_ENV,
    input: importStream(commits),
    maxBuffer: 2 ** 28,
  });
  return dir;
}

/** Ids of the commits that git lists, in its order. */
export const logOf = (dir: string, ...args: string[]): string[] =>
  git(dir, "log", "--format=%H", ...args)
    .split("\n")
    .filter(Boolean);

/** Numbers from 0 to below `bound` that look random and are always the same: a linear congruential generator. */
export function dice(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

interface Line {
  readonly tip: number;
  readonly files: Map<string, string>;
}

/**
 * A project's history as people make it: entries of `.memory/` that are written, edited line by line, moved and deleted,
 * code beside them, and branches of a few commits that are merged with what both sides did. Every line is its own.
 */
export function projectHistory(count: number, entries: number, seed = 1): MadeCommit[] {
  const roll = dice(seed);
  const commits: MadeCommit[] = [];
  let fresh = 0;
  const line = (): string => `line ${fresh++} about ${["caches", "queues", "retries", "billing", "tests"][roll(5)]}`;
  const fileOf = (number: number, moves: number): string =>
    `.memory/memories/d${number % 16}/e${number}${moves > 0 ? `-${moves}` : ""}.md`;
  const moves = new Map<number, number>();
  const add = (
    parents: number[],
    files: Record<string, string | null>,
    from: ReadonlyMap<string, string>,
    author: string,
  ) => {
    commits.push({
      parents,
      files,
      at: 1_500_000_000 + commits.length * 60,
      author,
      message: `work ${commits.length}`,
    });
    const next = new Map(from);
    for (const [file, text] of Object.entries(files)) {
      if (text === null) next.delete(file);
      else next.set(file, text);
    }
    return { tip: commits.length - 1, files: next };
  };
  const edit = (on: Line): Line => {
    const files: Record<string, string | null> = { [`src/f${roll(200)}.ts`]: `${fresh++}\n` };
    for (let left = 1 + roll(2); left > 0; left--) {
      const number = roll(entries);
      const file = fileOf(number, moves.get(number) ?? 0);
      const old = on.files.get(file);
      if (old === undefined) {
        const id = `01890000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;
        files[file] = `---\nid: ${id}\ntitle: Entry ${number}\n---\n\n${[line(), line(), line()].join("\n")}\n`;
      } else if (roll(60) === 0) {
        files[file] = null;
        const moved = (moves.get(number) ?? 0) + 1;
        moves.set(number, moved);
        // Half of them are moved, the others deleted; a new one comes under a new name.
        if (roll(2) === 0) files[fileOf(number, moved)] = old;
      } else {
        const lines = old.split("\n");
        const at = 5 + roll(lines.length - 5);
        lines.splice(at, roll(2), line());
        files[file] = lines.join("\n");
      }
    }
    return add([on.tip], files, on.files, `Person ${roll(5)}`);
  };
  const root = { ".memory/memory.yaml": "format: 1\nscope: project\nname: made\n", "src/f0.ts": "0\n" };
  let main: Line = add([], root, new Map(), "Person 0");
  while (commits.length < count) {
    if (roll(8) > 0) {
      main = edit(main);
      continue;
    }
    let side = main;
    for (let left = 1 + roll(4); left > 0; left--) side = edit(side);
    const base = main.files;
    for (let left = roll(3); left > 0; left--) main = edit(main);
    // What only the side changed is taken over; where both did, main's stays.
    const taken: Record<string, string | null> = {};
    for (const file of new Set([...side.files.keys(), ...base.keys()])) {
      const theirs = side.files.get(file);
      if (theirs !== base.get(file) && main.files.get(file) === base.get(file)) taken[file] = theirs ?? null;
    }
    main = add([main.tip, side.tip], taken, main.files, "Person 1");
  }
  // The last commit is the tip of `main`, whatever came last.
  if (main.tip !== commits.length - 1) add([main.tip, commits.length - 1], {}, main.files, "Person 2");
  return commits;
}
