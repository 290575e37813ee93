import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { GIT_ENV, git, put } from "../support/repositories.js";
import type { MadeEntry } from "./corpus.js";
import { timeEach } from "./measure.js";

export type Mode = "journal" | "each";

/** A store made for the bench: the repository, and the folder with the entries. */
export interface BenchStore {
  readonly mode: Mode;
  readonly repository: string;
  readonly root: string;
}

/**
 * A repository with the entries in one commit of the git binary, packed as a clone is: checked in for `journal`, a store
 * of its own for `each`, which are the defaults of the two.
 */
export function makeStore(repository: string, mode: Mode, entries: readonly MadeEntry[]): BenchStore {
  const root = mode === "journal" ? path.join(repository, ".memory") : repository;
  fs.mkdirSync(repository, { recursive: true });
  git(repository, "init", "-q", "-b", "main");
  // A repack that git starts in the background would be measured as ours.
  for (const setting of ["gc.auto=0", "user.name=Ada Person", "user.email=ada@example.org"])
    git(repository, "config", ...(setting.split("=") as [string, string]));
  put(path.join(root, "memory.yaml"), "format: 1\nscope: project\nname: bench\n");
  put(
    path.join(root, ".gitattributes"),
    "* -text -ident -filter !working-tree-encoding\n*.md merge=git-memory\n*.yaml merge=git-memory\n",
  );
  for (const { path: file, file: text } of entries) put(path.join(root, file), text);
  // Straight into a pack: ext4 is slow to create files for minutes after thousands, such as loose objects, were deleted.
  git(repository, "-c", "core.bigFileThreshold=1", "add", ".");
  git(repository, "commit", "-qm", "entries");
  git(repository, "repack", "-adq");
  return { mode, repository, root };
}

const BATCH = 100;

/**
 * The same, checked in, with a history: every entry in so many versions, a hundred entries a commit, by `git fast-import`.
 */
export function makeStoreWithHistory(repository: string, entries: readonly MadeEntry[], versions: number): BenchStore {
  makeStore(repository, "journal", []);
  const input = path.join(repository, ".git", "stream");
  const stream = fs.openSync(input, "w");
  let at = 1_700_000_000;
  let from = `from ${git(repository, "rev-parse", "HEAD").trim()}\n`;
  for (let version = 1; version <= versions; version++) {
    for (let first = 0; first < entries.length; first += BATCH) {
      const batch = [
        `commit refs/heads/main\ncommitter Ada Person <ada@example.org> ${at++} +0000\ndata 1\nv\n${from}`,
      ];
      from = "";
      for (const { path: file, file: text } of entries.slice(first, first + BATCH)) {
        const content = version === versions ? text : `${text}\nAs of version ${version}.\n`;
        batch.push(`M 100644 inline .memory/${file}\ndata ${Buffer.byteLength(content)}\n${content}\n`);
      }
      fs.writeSync(stream, batch.join(""));
    }
  }
  fs.closeSync(stream);
  execFileSync("git", ["fast-import", "--quiet"], { cwd: repository, env: GIT_ENV, stdio: [fs.openSync(input, "r")] });
  fs.rmSync(input);
  git(repository, "reset", "-q", "--hard", "main");
  return { mode: "journal", repository, root: path.join(repository, ".memory") };
}

/** What creating an empty file costs: whether the file system is at its usual speed. */
export function emptyFiles(folder: string): Promise<number[]> {
  fs.mkdirSync(folder, { recursive: true });
  return timeEach([...Array(200).keys()], (number) => {
    fs.closeSync(fs.openSync(path.join(folder, String(number)), "wx"));
  });
}

/** What a save costs without us: the file alone, written safely. */
export function plainWrites(store: BenchStore, texts: readonly string[]): Promise<number[]> {
  const folder = path.join(store.repository, ".git", "bench-plain");
  fs.mkdirSync(folder, { recursive: true });
  return timeEach([...texts.entries()], async ([number, text]) => {
    const file = path.join(folder, `${number}.md`);
    const handle = await fs.promises.open(`${file}.tmp`, "wx");
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await fs.promises.rename(`${file}.tmp`, file);
  });
}

/** What a save costs with the git binary: the file, `git add` and `git commit`. */
export function gitCommits(store: BenchStore, texts: readonly string[]): Promise<number[]> {
  return timeEach([...texts.entries()], ([number, text]) => {
    const file = path.join(store.root, "memories", `bench-plain-${number}.md`);
    put(file, text);
    git(store.repository, "add", file);
    git(store.repository, "commit", "-qm", "memory: plain", "--", file);
  });
}

/** Versions that a store's writes left: commits of the branch, or of the journal. */
export function commitsOf(store: BenchStore): number {
  if (store.mode === "each") return Number(git(store.repository, "rev-list", "--count", "HEAD"));
  const journal = path.join(store.repository, ".git/git-memory/journal.git");
  return Number(git(journal, "rev-list", "--count", "--all"));
}
