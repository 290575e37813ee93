import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { CommitMode } from "../../src/store/context.js";
import {
  faults,
  GIT_ENV,
  git,
  historyOf,
  leftovers,
  makeCheckedInStore,
  makeOwnStore,
  openStore,
  put,
} from "./repositories.js";
import { journalOf, reasons, startWriter } from "./writers.js";

const PROCESSES = 8;

/** Lets the writers' output in. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A person at work on their own files, up to `commits` times: how often git refused, and what it took. */
async function person(
  dir: string,
  commits: number,
  working: () => boolean,
): Promise<{ tried: number; refused: string[] }> {
  const refused: string[] = [];
  let tried = 0;
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync("git", args, { cwd: dir, encoding: "utf8", env: GIT_ENV });
    if (status !== 0) refused.push(stderr.trim().split("\n")[0] ?? "");
    return status === 0;
  };
  for (; working() && tried < commits; tried++) {
    put(path.join(dir, "work.txt"), `${tried}\n`);
    while (!run("add", "work.txt")) await turn();
    while (!run("commit", "-qm", `work ${tried}`, "--", "work.txt")) await turn();
    await turn();
  }
  return { tried, refused };
}

/**
 * Eight processes write to one store, `writes` times each, while a person commits up to `commits` times: nothing is lost,
 * of theirs or of the person's.
 */
export async function writeTogether(mode: CommitMode, writes: number, commits: number): Promise<void> {
  const dir = mode === "each" ? makeOwnStore() : makeCheckedInStore();
  const root = mode === "each" ? dir : path.join(dir, ".memory");
  const writers = Array.from({ length: PROCESSES }, (_, at) => startWriter(dir, `w${at}`, writes, mode));
  let left = PROCESSES;
  for (const { ended } of writers) void ended.finally(() => left--).catch(() => undefined);
  const work = await person(dir, commits, () => left > 0);
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(Array(PROCESSES).fill(0));

  // What the person's own commits kept from the branch is published by whoever opens the store next.
  const store = await openStore(dir, { mode: () => mode });
  await store.settle();

  const titles = writers.flatMap(({ acknowledged }) => acknowledged);
  expect(titles).toHaveLength(PROCESSES * writes);
  expect(reasons(journalOf(dir), "main").sort()).toEqual([...titles].sort());
  const published = reasons(dir, "HEAD");
  expect(published.sort()).toEqual(mode === "each" ? [...titles].sort() : []);
  expect(git(dir, "log", "--format=%s", "--grep=^work ").trim().split("\n")).toHaveLength(work.tried);
  expect(git(dir, "show", "HEAD:work.txt")).toBe(`${work.tried - 1}\n`);
  expect(git(dir, "status", "--porcelain")).toBe(mode === "each" ? "" : "?? .memory/memories/\n");
  expect(faults(dir)).toBe("");
  expect(leftovers(path.join(dir, ".git"))).toEqual([]);
  expect(leftovers(root)).toEqual([]);
  if (mode === "journal") expect(work.refused).toEqual([]);
  const of = work.tried * 2 + work.refused.length;
  console.info(`${mode}: git refused the person ${work.refused.length} of ${of} commands`);

  const shared = await historyOf(store, "memories/shared.md");
  expect(shared.versions).toHaveLength(titles.filter((title) => Number(title.split("-")[1]) % 4 === 3).length);
  expect((await store.status()).dropped).toEqual([]);
  await store.close();
  fs.rmSync(dir, { recursive: true, force: true });
}
