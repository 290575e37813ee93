import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findGit } from "../../src/git/git-binary.js";
import { bootId, processStart } from "../../src/git/lock.js";
import { namedStore } from "../../src/store/find-store.js";
import { Store, type StoreOptions } from "../../src/store/store.js";

/** git without the settings of whoever runs the tests. */
export const GIT_ENV = {
  PATH: process.env.PATH,
  HOME: os.tmpdir(),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
};

/** Runs git in `cwd` and gives its output; throws with git's words when it fails. */
export const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd, encoding: "utf8", env: GIT_ENV, stdio: ["ignore", "pipe", "pipe"] });

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

/** A repository that is a store of its own. */
export function makeOwnStore(dir = temporaryFolder()): string {
  git(dir, "init", "-q", "-b", "main");
  git(dir, "config", "user.name", "Ada Person");
  git(dir, "config", "user.email", "ada@example.org");
  put(path.join(dir, "memory.yaml"), "format: 1\nscope: project\nname: demo\n");
  put(path.join(dir, ".gitattributes"), "* -text -ident -filter !working-tree-encoding\n");
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "store");
  return dir;
}

/** Opens the store in `dir` and gives everything it holds by path. */
export async function openStore(dir: string, options: Partial<StoreOptions> & { noGit?: boolean } = {}): Promise<Store> {
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
