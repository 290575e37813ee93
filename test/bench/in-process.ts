// A child of the bench, run with --expose-gc: memory and search of one store inside one process, FTS5 beside it.
import os from "node:os";
import { passagesOf } from "../../src/entry/passages.js";
import { findOperation, invoke, type Memory, openMemory } from "../../src/index.js";
import { hashed } from "../../src/search/embedders/hashed.js";
import { GIT_ENV } from "../support/repositories.js";
import { MODULES, makeEntries } from "./corpus.js";
import { openFts5 } from "./fts5.js";
import { pause, timeEach } from "./measure.js";
import { makeQueries, type Query, searchArguments } from "./queries.js";
import { openSqliteVec } from "./sqlite-vec.js";

/** What the child is told. */
export interface Task {
  readonly count: number;
  readonly flat: boolean;
  readonly root: string;
  /** A small store: what its memory has in use is the base that the large one's is compared with. */
  readonly baseRoot: string;
  readonly home: string;
  readonly rounds: number;
  readonly queriesEach: number;
  readonly lab: string | undefined;
}

/** What it found: milliseconds by group of queries, and bytes. */
export interface Found {
  readonly indexing: number;
  readonly bytesPerEntry: number;
  readonly heapPerEntry: number;
  readonly search: Readonly<Record<string, number[]>>;
  /** `memory_context` for a title as task and two files as paths. */
  readonly context: readonly number[];
  readonly fts5: Readonly<Record<string, number[]>> | undefined;
  /** By words and meaning, with vectors of the driver `hashed`, which takes no time for the query's. */
  readonly hybrid: readonly number[];
  /** The extension sqlite-vec: the ten nearest of as many vectors. */
  readonly sqliteVec: readonly number[] | undefined;
}

const operation = findOperation("search")!;
const contextOperation = findOperation("context")!;

const open = (root: string, home: string, embedder = "none"): Promise<Memory> =>
  openMemory(
    { root, directory: root, watch: true },
    {
      env: { ...GIT_ENV, GIT_MEMORY_HOME: `${home}/personal`, GIT_MEMORY_EMBEDDER: embedder },
      pid: process.pid,
      host: os.hostname(),
      home,
      runs: () => true,
    },
  );

interface Hits {
  readonly hits: readonly unknown[];
}

const ask = async (memory: Memory, args: Record<string, unknown>): Promise<Hits> =>
  (await invoke(operation, { memory, caller: {} }, args)) as Hits;

interface InUse {
  readonly heap: number;
  readonly all: number;
}

async function inUse(): Promise<InUse> {
  // Several times and apart: what the first leaves to finalizers goes with the next.
  for (let time = 0; time < 3; time++) {
    global.gc?.();
    await pause(100);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, all: heapUsed + arrayBuffers };
}

/** A memory that is ready, and what the process then has in use. */
async function ready(root: string, home: string): Promise<{ memory: Memory; took: number; bytes: InUse }> {
  const begin = performance.now();
  const memory = await open(root, home);
  await memory.fresh();
  const took = performance.now() - begin;
  await ask(memory, { query: "anything" });
  return { memory, took, bytes: await inUse() };
}

function note(samples: Record<string, number[]>, group: string, took: number): void {
  samples[group] ??= [];
  samples[group].push(took);
}

/** The same queries by words and meaning, and by sqlite-vec. */
async function byMeaning(task: Task, queries: readonly Query[]): Promise<Pick<Found, "hybrid" | "sqliteVec">> {
  const memory = await open(task.root, task.home, "hashed");
  await memory.fresh();
  const { embedded, total } = await memory.meaning.complete();
  if (embedded !== task.count) throw new Error(`${embedded} of ${total} entries are embedded`);
  const hybrid: number[] = [];
  for (let round = 0; round <= task.rounds; round++) {
    const took = await timeEach(queries, (query) => ask(memory, { ...searchArguments(query), mode: "hybrid" }));
    if (round > 0) hybrid.push(...took);
  }
  await memory.close();
  const embedder = hashed();
  const vectors: Float32Array[] = [];
  for (const entry of makeEntries(task.count, task.flat)) {
    const { title, body } = entry;
    vectors.push(...(await embedder.embed(passagesOf({ title, body, fields: {}, unknown: {} }))));
  }
  const sqlite = openSqliteVec(vectors, task.lab);
  if (!sqlite) return { hybrid, sqliteVec: undefined };
  const asked = await embedder.embed(queries.map(({ words }) => words.join(" ")));
  const sqliteVec = await timeEach(asked.slice(0, VEC_QUERIES), (vector) => sqlite.search(vector));
  sqlite.close();
  return { hybrid, sqliteVec };
}

/** It reads all vectors for each. */
const VEC_QUERIES = 60;

async function run(task: Task): Promise<Found> {
  // Not an empty one: it would not have loaded and compiled what reads, indexes and searches entries.
  const base = await ready(task.baseRoot, task.home);
  const full = await ready(task.root, task.home);
  const size = full.memory.index.size;
  if (size !== task.count) throw new Error(`${size} of ${task.count} entries are indexed`);

  // Made only now: the bench's own texts do not count as the index's.
  const entries = makeEntries(task.count, task.flat);
  const queries = makeQueries(entries, task.queriesEach);
  const fts5 = openFts5(entries, task.lab);
  const ours: Record<string, number[]> = {};
  const theirs: Record<string, number[]> = {};
  // The first round warms both up and is not counted.
  for (let round = 0; round <= task.rounds; round++) {
    for (const query of queries) {
      const args = searchArguments(query);
      const begin = performance.now();
      const { hits } = await ask(full.memory, args);
      const took = performance.now() - begin;
      if (hits.length === 0) throw new Error(`nothing was found for ${query.words.join(" ")}`);
      if (round > 0) note(ours, query.group, took);
    }
    for (const query of fts5 ? queries : []) {
      const begin = performance.now();
      fts5?.search(query);
      const took = performance.now() - begin;
      if (round > 0) note(theirs, query.group, took);
    }
  }
  fts5?.close();
  const context = await timeEach([...Array(task.rounds * task.queriesEach).keys()], async (number) => {
    const paths = [0, 7].map((step) => `src/${MODULES[(number + step) % MODULES.length]}/index.ts`);
    const { title } = entries[(number * 131) % entries.length]!;
    await invoke(contextOperation, { memory: full.memory, caller: {} }, { task: title, paths });
  });
  await full.memory.close();
  await base.memory.close();
  const meaning = await byMeaning(task, queries);
  return {
    ...meaning,
    indexing: full.took,
    bytesPerEntry: (full.bytes.all - base.bytes.all) / size,
    heapPerEntry: (full.bytes.heap - base.bytes.heap) / size,
    search: ours,
    context,
    fts5: fts5 && theirs,
  };
}

const task = JSON.parse(process.argv[2]!) as Task;
process.stdout.write(JSON.stringify(await run(task)));
