import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { findGit } from "../../src/git/git-binary.js";
import { findOperation, invoke, type Memory, type OpenOptions, openMemory } from "../../src/index.js";
import { makePersonalStore } from "../../src/setup/init.js";
import { GIT_ENV, git } from "./repositories.js";

/** A word that is in everything that tests write to the project's store. */
export const OURS = "aprikose";
/** A word that is in everything that they write to the person's own. */
export const MINE = "bergamotte";

type Json = Record<string, unknown>;

/** Opens the stores of a working directory and the person's own in `home` as the program does: the latter is made when needed. */
export async function openWorkspace(
  directory: string,
  home: string,
  {
    watch = false,
    env = {},
    places,
  }: { watch?: boolean; env?: Record<string, string>; places?: OpenOptions["places"] } = {},
): Promise<Memory> {
  const all = { ...GIT_ENV, GIT_MEMORY_HOME: home, ...env };
  const program = await findGit("git", all);
  const makePersonal = async (folder: string) => void (await makePersonalStore(folder, program, all));
  const runs = (pid: number) => fs.existsSync(`/proc/${pid}`) || pid === process.pid;
  const facts = { env: all, pid: process.pid, host: os.hostname(), home: os.tmpdir(), runs };
  return openMemory({ directory, watch, makePersonal, places, ...(program ? { git: program } : {}) }, facts);
}

/** Calls an operation as a door does. */
export async function call<T = Json>(memory: Memory, verb: string, input: Json = {}, session = "s"): Promise<T> {
  const [area = "", action] = verb.split(" ");
  const operation = findOperation(area, action);
  if (!operation) throw new Error(`there is no operation ${verb}`);
  return (await invoke(operation, { memory, caller: { session } }, input)) as T;
}

/** Everything that a repository keeps: its objects and its journal's, its references, its local state, its working tree. */
export function everythingIn(dir: string): string {
  const journal = path.join(dir, ".git/git-memory/journal.git");
  const parts = [dir, ...(fs.existsSync(journal) ? [journal] : [])].flatMap((where) => [
    git(where, "cat-file", "--batch-all-objects", "--batch", "--buffer"),
    git(where, "for-each-ref"),
  ]);
  const files = fs
    .readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((name) => !/(?:^|\/)objects\//.test(name))
    .map((name) => path.join(dir, name))
    .map((file) =>
      fs.statSync(file).isFile()
        ? `${file.slice(dir.length)}\n${fs.readFileSync(file, "latin1")}`
        : file.slice(dir.length),
    );
  return [...parts, ...files].join("\n");
}
