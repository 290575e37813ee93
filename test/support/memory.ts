import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { ERROR_CODES, type ErrorCode, MemoryError } from "../../src/errors.js";
import { findGit } from "../../src/git/git-binary.js";
import { bootId, processStart } from "../../src/git/lock.js";
import type { Caller } from "../../src/memory/caller.js";
import type { EmbedderLoan } from "../../src/memory/meaning.js";
import { Memory } from "../../src/memory/memory.js";
import type { Connection } from "../../src/memory/session/call-session.js";
import { invoke } from "../../src/operations/operation.js";
import { findOperation } from "../../src/operations/registry.js";
import { makePersonalStore } from "../../src/setup/init.js";
import { findingPersonal } from "../../src/store/find-again.js";
import { type FoundProject, namedStore } from "../../src/store/find-store.js";
import { GIT_ENV, git, makeCheckedInStore } from "./repositories.js";

/** The time at which a test's first write happens: before any commit that git makes while tests run. */
export const START = Date.parse("2024-03-05T06:07:08.000Z");

export type Json = Record<string, unknown>;

export interface Given {
  readonly dir?: string;
  readonly flags?: Json;
  readonly env?: Record<string, string>;
  /** Where the person's own store is, or will be: in `personal`. */
  readonly home?: string;
  /** The store is found when this is over. */
  readonly gate?: Promise<void>;
  /** Where one works; at no place when absent. */
  readonly from?: string;
  /** The project that one is in without a store of its own. */
  readonly project?: FoundProject;
  /** False for a machine without the git program; else its command. */
  readonly git?: boolean | string;
  /** As a server: watching, and waiting for the history no longer than that does. */
  readonly watch?: boolean;
  /** As in continuous integration. */
  readonly ci?: boolean;
  /** Gets what the memory logs. */
  readonly logged?: unknown[];
  /** Names the text of the program. */
  readonly build?: string;
  /** What makes vectors; nothing when absent. */
  readonly embedder?: EmbedderLoan;
}

/** A memory over a store on disk, with a clock that moves a millisecond whenever somebody looks, and ids that count. */
export class Bench {
  readonly dir: string;
  readonly root: string;
  readonly memory: Memory;
  /** The folder of the person's own store, which the first write to it makes. */
  readonly personal: string;
  readonly clock: { at: number };

  private constructor(dir: string, root: string, personal: string, memory: Memory, clock: { at: number }) {
    this.personal = personal;
    this.dir = dir;
    this.root = root;
    this.memory = memory;
    this.clock = clock;
  }

  static async open(given: Given = {}): Promise<Bench> {
    const bench = await Bench.opening(given);
    await bench.memory.fresh();
    return bench;
  }

  /** The same without waiting for the index. */
  static async opening({
    dir = makeCheckedInStore(),
    flags,
    env = {},
    gate,
    home = `${dir}.home`,
    git: program = true,
    watch = false,
    ci = false,
    logged = [],
    from,
    project,
    embedder,
    build = "tests",
  }: Given = {}): Promise<Bench> {
    const found = await namedStore(dir);
    const personal = path.join(home, "personal");
    const findPersonal = findingPersonal(personal);
    const clock = { at: START };
    let ids = 0;
    const gitProgram = program === false ? undefined : await findGit(program === true ? "git" : program, GIT_ENV);
    const memory = new Memory({
      find: async () => {
        await gate;
        return project ? undefined : namedStore(dir, from);
      },
      project: async () => project,
      personal: {
        home,
        find: findPersonal,
        make: async () => {
          await makePersonalStore(personal, gitProgram, { ...GIT_ENV, ...env });
          return (await findPersonal())!;
        },
      },
      flags,
      newId: (at) => uuidAt(at, ++ids),
      git: gitProgram,
      env: { ...GIT_ENV, ...env },
      writer: "test",
      owner: { host: "test", boot: await bootId(), pid: process.pid, started: await processStart(process.pid) },
      isAlive: async () => true,
      now: () => clock.at++,
      watch,
      publishes: !ci,
      log: (message, cause) => void logged.push([message, cause]),
      embedder,
      build,
    });
    memory.start();
    return new Bench(dir, found.root, personal, memory, clock);
  }

  /** Calls `save` or `history list` with an input; the answer is what JSON carries. */
  async call<T = Json>(
    verb: string,
    input: Json = {},
    caller: Caller = { agent: "tester", session: "s1" },
    connection?: Connection,
  ): Promise<T> {
    const [area = "", action] = verb.split(" ");
    const operation = findOperation(area, action);
    if (!operation) throw new Error(`there is no operation ${verb}`);
    const context = { memory: this.memory, caller, ...(connection ? { connection } : {}) };
    const output = await invoke(operation, context, input);
    return JSON.parse(JSON.stringify(output)) as T;
  }

  /** The error of a call that has to be refused; fails when it is not, or when it is an `internal` one. */
  async refused(verb: string, input: Json, code: ErrorCode): Promise<MemoryError> {
    const error = await this.call(verb, input).then(
      (output) => new Error(`${verb} was not refused: ${JSON.stringify(output)}`),
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof MemoryError)) throw error;
    expect({ code: error.code, message: error.message, cause: error.cause }).toMatchObject({ code });
    expect(ERROR_CODES).toContain(error.code);
    return error;
  }

  /** The text of a file of the store; undefined when there is none. */
  text(file: string): string | undefined {
    const full = path.join(this.root, file);
    return fs.existsSync(full) ? fs.readFileSync(full, "utf8") : undefined;
  }

  /** Writes a file of the store by hand and has it looked at. */
  async hand(file: string, content: string | Uint8Array): Promise<void> {
    const full = path.join(this.root, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, content);
    await this.rescan();
  }

  /** Has every file looked at again. */
  async rescan(): Promise<void> {
    (await this.memory.store()).rescan();
    await this.memory.fresh();
  }

  /** Everything that a refused call must not change: git's status, the journal, the files. */
  trace(): Json {
    const journal = path.join(this.dir, ".git/git-memory/journal.git");
    return {
      status: git(this.dir, "status", "--porcelain", "--untracked-files=all"),
      head: git(this.dir, "log", "--format=%H"),
      journal: fs.existsSync(journal) ? git(journal, "log", "--all", "--format=%H") : "",
    };
  }

  /** Subjects of the journal's commits, newest first. */
  journal(): string[] {
    return git(path.join(this.dir, ".git/git-memory/journal.git"), "log", "--all", "--format=%s").trim().split("\n");
  }

  /** Waits until no vectors are made any more. */
  async embedded(): Promise<void> {
    for (;;) {
      if (!this.memory.meaning.state.running) return;
      await new Promise<void>((resolve) => {
        const quiet = this.memory.meaning.onProgress(() => {
          quiet();
          resolve();
        });
      });
    }
  }

  async close(): Promise<void> {
    await this.memory.close();
    for (const folder of [this.dir, path.dirname(this.personal)]) fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A UUID v7 with a time in milliseconds and a number. */
export function uuidAt(at: number, number: number): string {
  const time = at.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** Text of which a token scanner would say that it is a secret; put together here so that no scanner takes tests for a leak. */
export const SECRET = `ghp_${Array.from({ length: 36 }, (_, at) => "abcdefghijklmnopqrstuvwxyz0123456789"[(at * 7 + 3) % 36]).join("")}`;

/** The bytes of a hand-written entry. */
export const entryText = (fields: string, body: string): string => `---\n${fields}\n---\n\n${body}\n`;
