import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { processProgram } from "./process-program.js";
import { faults, GIT_ENV, git, leftovers, makeCheckedInStore, temporaryFolder, until } from "./repositories.js";
import { call, everythingIn, MINE, OURS, openWorkspace } from "./workspaces.js";
import { journalOf, reasons } from "./writers.js";

/** Writes of a process, besides those per turn, and per turn. */
const EACH_TURN = 8;

interface Writer {
  readonly child: ChildProcess;
  /** Reasons of the writes that it was told are done, by store. */
  readonly done: { readonly project: string[]; readonly personal: string[] };
  readonly ready: Promise<void>;
  readonly ended: Promise<number | string>;
}

function start(dir: string, home: string, name: string, turns: number, commit: string | undefined): Writer {
  const env = { ...GIT_ENV, ...(commit === undefined ? {} : { GIT_MEMORY_COMMIT: commit }) };
  const args = [processProgram("workspace-process"), dir, home, name, String(turns)];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], env });
  const done = { project: [] as string[], personal: [] as string[] };
  let [out, err] = ["", ""];
  let begin = (): void => undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    const lines = out.split("\n");
    out = lines.pop() ?? "";
    for (const line of lines) {
      const [store, reason] = line.split(" ");
      if (reason === undefined) begin();
      else done[store as "project" | "personal"].push(reason);
    }
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.on("close", (code, signal) => (code ? reject(new Error(err)) : resolve(signal ?? 0)));
  });
  const ready = new Promise<void>((resolve, reject) => {
    begin = resolve;
    ended.catch(reject);
  });
  return { child, done, ready, ended };
}

const go = ({ child }: Writer): void => void child.stdin?.write("go\n");

/** Nothing of one is in the other, and git finds nothing wrong with either. */
function assertApart(dir: string, home: string): void {
  expect([faults(dir), faults(home)]).toEqual(["", ""]);
  expect(everythingIn(dir)).not.toContain(MINE);
  expect(everythingIn(home)).not.toContain(OURS);
}

/**
 * Several processes begin at one moment to write to a project's store and to the person's own, which is not there yet: one
 * comes to be, nothing is lost, and everything is where it belongs.
 */
export async function writeBothTogether(processes: number, turns: number, commit?: "journal" | "each"): Promise<void> {
  const [dir, home] = [makeCheckedInStore(), path.join(temporaryFolder(), "personal")];
  const writers = Array.from({ length: processes }, (_, at) => start(dir, home, `w${at}`, turns, commit));
  await Promise.all(writers.map(({ ready }) => ready));
  writers.forEach(go);
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(Array(processes).fill(0));

  const memory = await openWorkspace(dir, home, { env: commit === undefined ? {} : { GIT_MEMORY_COMMIT: commit } });
  await memory.fresh();
  for (const store of [dir, home]) await (await memory.store(store === dir ? "project" : "personal")).settle();
  const written = (store: "project" | "personal") => writers.flatMap(({ done }) => done[store]).sort();
  expect(written("project").length + written("personal").length).toBe(processes * turns * EACH_TURN + 2);
  expect(reasons(journalOf(dir), "main").sort()).toEqual(written("project"));
  expect(reasons(journalOf(home), "main").sort()).toEqual(written("personal"));
  expect(reasons(home, "--branches").sort()).toEqual(commit === "journal" ? [] : written("personal"));
  expect(reasons(dir, "HEAD").sort()).toEqual(commit === "each" ? written("project") : []);
  for (const name of Array.from({ length: processes }, (_, at) => `w${at}`))
    for (let at = 0; at < turns; at++) {
      const refs = [
        `ours-${name}-${at}`,
        `global:memories/moved-${name}-${at}`,
        `session/work:memories/now-${name}-${at}`,
      ];
      const { entries } = await call<{ entries: { content?: string; store?: string }[] }>(memory, "get", { refs });
      expect(entries.map(({ content, store }) => [content, store])).toEqual([
        [`${OURS} ${name}-${at}`, undefined],
        [`${MINE} ${name}-${at}`, "personal"],
        [`${MINE} ${name}-${at}`, "personal"],
      ]);
    }
  for (const name of ["project", "personal"])
    expect(await (await memory.store(name)).status()).toMatchObject({ dropped: [], held: [], invalid: [] });
  await memory.close();
  assertApart(dir, home);
  expect([leftovers(dir), leftovers(home)]).toEqual([[], []]);
  for (const folder of [dir, path.dirname(home)]) fs.rmSync(folder, { recursive: true });
}

/**
 * Kills a process that writes to both stores `rounds` times, at first while it makes the person's own, and looks after each:
 * every acknowledged write is on record in its store, and the next process needs no help.
 */
export async function killWithBoth(rounds: number): Promise<void> {
  const dir = makeCheckedInStore();
  const homes = Array.from({ length: Math.ceil(rounds / 2) }, () => path.join(temporaryFolder(), "personal"));
  const done = { project: [] as string[], personal: [] as string[] };
  for (let round = 0; round < rounds; round++) {
    const home = homes[Math.min(round, homes.length - 1)] ?? "";
    const making = round < homes.length;
    const writer = start(dir, home, `k${round}`, 100_000, undefined);
    await writer.ready;
    go(writer);
    if (!making) await until(() => writer.done.personal.length > 0);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * (making ? 200 : 100)));
    writer.child.kill("SIGKILL");
    expect(await writer.ended).toBe("SIGKILL");
    done.project.push(...writer.done.project);
    done.personal = [...(making ? [] : done.personal), ...writer.done.personal];
    await look(dir, home, done, round);
  }
  for (const folder of [dir, ...homes.map((home) => path.dirname(home))]) fs.rmSync(folder, { recursive: true });
}

async function look(
  dir: string,
  home: string,
  done: { readonly project: readonly string[]; readonly personal: readonly string[] },
  round: number,
): Promise<void> {
  expect(faults(dir)).toBe("");
  const memory = await openWorkspace(dir, home);
  await call(memory, "save", { title: `Ours after ${round}`, content: `${OURS} after ${round}` });
  await call(memory, "save", { title: `Mine after ${round}`, content: `${MINE} after ${round}`, scope: "personal" });
  for (const name of ["project", "personal"])
    expect(await (await memory.store(name)).status()).toMatchObject({ dropped: [], held: [], invalid: [] });
  await memory.close();
  for (const [where, acknowledged] of [
    [dir, done.project],
    [home, done.personal],
  ] as const) {
    const recorded = reasons(journalOf(where), "main");
    expect(acknowledged.filter((reason) => !recorded.includes(reason))).toEqual([]);
    expect(new Set(recorded).size).toBe(recorded.length);
    expect(leftovers(path.join(where, ".git")).filter((name) => !name.includes("tmp"))).toEqual([]);
  }
  expect(reasons(home, "HEAD")).toEqual(reasons(journalOf(home), "main"));
  expect(git(home, "status", "--porcelain", "--", "**/*.md")).toBe("");
  assertApart(dir, home);
}
