import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findGit } from "../../src/git/git-binary.js";
import { bootId, processStart } from "../../src/git/lock.js";
import { namedStore } from "../../src/store/find-store.js";
import type { History } from "../../src/store/history.js";
import { Store } from "../../src/store/store.js";
import type { StoreOptions } from "../../src/store/store-options.js";

/** git without the settings of whoever runs the tests. */
export const GIT_ENV = {
  PATH: process.env.PATH,
  HOME: os.tmpdir(),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  // Where a test is not about it, no model is loaded.
  GIT_MEMORY_EMBEDDER: "none",
  // Nothing is there, and a test that has something made there names a folder of its own.
  GIT_MEMORY_HOME: path.join(os.tmpdir(), `git-memory-nobody-${process.pid}`),
};

/** Runs git in `cwd` and gives its output; throws with git's words when it fails. */
export const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", args, {
    cwd,
    encoding: "utf8",
    env: GIT_ENV,
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
  });

/** A fresh folder below the system's temporary one. */
export const temporaryFolder = (): string => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "git-memory-")));

/** Writes a file, with its folders. */
export function put(file: string, content: string | Uint8Array): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

/** A repository with a commit, as a person has it. */
export function makeRepository(dir = temporaryFolder(), ...init: string[]): string {
  git(dir, "init", "-q", "-b", "main", ...init);
  git(dir, "config", "user.name", "Ada Person");
  git(dir, "config", "user.email", "ada@example.org");
  put(path.join(dir, "code.ts"), "export const answer = 42;\n");
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "code");
  return dir;
}

/** The same with a checked-in store that is committed. */
export function makeCheckedInStore(dir = makeRepository()): string {
  put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: demo\n");
  put(path.join(dir, ".memory/.gitattributes"), "* -text -ident -filter !working-tree-encoding\n");
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "store");
  return dir;
}

/** A person's own store, which keeps private entries too. */
export function makePersonalStore(): string {
  const dir = path.join(temporaryFolder(), "personal");
  fs.mkdirSync(dir);
  return makeOwnStore(dir, "scope: global");
}

/** A repository that is a store of its own. */
export function makeOwnStore(dir = temporaryFolder(), scope = "scope: project\nname: demo"): string {
  git(dir, "init", "-q", "-b", "main");
  git(dir, "config", "user.name", "Ada Person");
  git(dir, "config", "user.email", "ada@example.org");
  put(path.join(dir, "memory.yaml"), `format: 1\n${scope}\n`);
  put(path.join(dir, ".gitattributes"), "* -text -ident -filter !working-tree-encoding\n");
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "store");
  return dir;
}

/** Opens the store in `dir` and gives everything it holds by path. */
export async function openStore(
  dir: string,
  options: Partial<StoreOptions> & { noGit?: boolean } = {},
): Promise<Store> {
  const { noGit, ...rest } = options;
  const store = await Store.open(await namedStore(dir), {
    name: "project",
    git: noGit ? undefined : await findGit("git", GIT_ENV),
    env: GIT_ENV,
    owner: { host: "test", boot: await bootId(), pid: process.pid, started: await processStart(process.pid) },
    isAlive: async () => true,
    now: Date.now,
    watch: false,
    publishes: true,
    sink: () => undefined,
    ...rest,
  });
  await store.start();
  return store;
}

/** Writes one file through the store, as an operation would. */
export const write = (store: Store, file: string, text: string | null, op = "updated") =>
  store.exclusive(async (session) => {
    await session.read(file);
    return session.write([{ path: file, after: text === null ? null : Buffer.from(text), op }], {
      op,
      subject: `memory: ${op} ${file}`,
      entry: file,
    });
  });

/** Every version of the entry at a store path, once all of the history is known. */
export async function historyOf(store: Store, file: string): Promise<History> {
  await store.refresh();
  await store.past.known(Number.POSITIVE_INFINITY);
  return store.history(file);
}

/** An entry's text. */
export const entryText = (title: string, body = "A body."): string => `---\ntitle: ${title}\n---\n\n${body}\n`;

/** What git has of some words anywhere: in objects, names, messages, index or reflogs of a repository or its journal, and in local state. */
export function tracesOf(dir: string, ...words: readonly string[]): string[] {
  const journal = path.join(dir, ".git/git-memory/journal.git");
  const found: string[] = [];
  const look = (where: string, text: string) => {
    for (const word of words) if (text.includes(word)) found.push(`${word} in ${where}`);
  };
  for (const where of [dir, ...(fs.existsSync(journal) ? [journal] : [])]) {
    const batch = execFileSync("git", ["cat-file", "--batch-all-objects", "--batch"], {
      cwd: where,
      env: { ...GIT_ENV, GIT_DIR: where === dir ? undefined : where },
      maxBuffer: 1 << 28,
    });
    look(`objects of ${path.basename(where)}`, batch.toString("latin1"));
  }
  look("status", git(dir, "status", "--porcelain", "--untracked-files=all"));
  for (const name of fs.readdirSync(path.join(dir, ".git"), { recursive: true, encoding: "utf8" })) {
    look("names below .git", name);
    const file = path.join(dir, ".git", name);
    if (fs.statSync(file).isFile()) look(`.git/${name}`, fs.readFileSync(file, "latin1"));
  }
  return found;
}

/** Everything that `git fsck` complains about in a repository and in its journal; empty = clean. */
export function faults(dir: string): string {
  const journal = path.join(
    git(dir, "rev-parse", "--path-format=absolute", "--git-common-dir").trim(),
    "git-memory/journal.git",
  );
  // What a killed process only began to make holds nothing yet; the next write completes it.
  const made = fs.existsSync(path.join(journal, "HEAD"));
  return [dir, ...(made ? [journal] : [])]
    .map((where) => {
      const { stdout, stderr, status } = spawnSync("git", ["fsck", "--strict", "--no-dangling"], {
        cwd: where,
        encoding: "utf8",
        env: { ...GIT_ENV, GIT_DIR: where === dir ? undefined : where },
      });
      // A branch without commits is no fault.
      const said = `${stdout}${stderr}`.replace(/^notice:.*\n?/gm, "").replace(/^Checking.*\n?/gm, "");
      return status === 0 ? said : `${said} status ${status}`;
    })
    .join("");
}

/** Lock files and temporary files that somebody left behind, below a folder. */
export const leftovers = (dir: string): string[] =>
  fs
    .readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.lock$|git-memory-tmp|tmp_obj_|publish\.json/.test(name));

/** Asks again until it is true; fails when it does not become so in ten seconds. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error("it did not happen in ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
