import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import build from "../support/build.js";
import { GIT_ENV, git, temporaryFolder } from "../support/repositories.js";
import type { ServerCommand } from "./client.js";
import { type MadeEntry, makeEntries } from "./corpus.js";
import type { Found, Task } from "./in-process.js";
import { mean, median, percentile, type Samples, timeEach } from "./measure.js";
import { measureReference } from "./reference-server.js";
import {
  assertNamed,
  type Column,
  fileSystemWarning,
  machine,
  machineLine,
  mainTable,
  type QueryGroup,
  queryTable,
} from "./report.js";
import { embedAll, measureBulk, measureServed, measureStarts, measureTogether, type Rounds } from "./server-run.js";
import { makeStore, makeStoreWithHistory } from "./stores.js";

const HELP = `npm run bench -- [options]
  --quick         fewer rounds, memory after 3 s instead of 30 s
  --sizes LIST    of 1000, 10000, 100000 (with 300,000 versions), flat (10,000 in one folder); all when absent
  --json FILE     the same with all samples
  --profile DIR   CPU profiles of every process go there; figures are then slower
BENCH_LAB names a folder with better-sqlite3, sqlite-vec and @modelcontextprotocol/server-memory installed, for the
comparison; TMPDIR the disk to measure.
`;

const BASE_ENTRIES = 100;
/** Above so many entries what takes long is measured once or twice, or not at all. */
const MANY = 10_000;
const SERVERS = 8;

interface Size {
  readonly key: string;
  readonly column: string;
  readonly count: number;
  readonly flat: boolean;
  /** Of each entry in the history; in one commit when absent. */
  readonly versions?: number;
}

const SIZES: readonly Size[] = [
  { key: "1000", column: "1,000", count: 1_000, flat: false },
  { key: "10000", column: "10,000", count: 10_000, flat: false },
  { key: "100000", column: "100,000", count: 100_000, flat: false, versions: 3 },
  { key: "flat", column: "10,000 in one folder", count: 10_000, flat: true },
];

interface Options {
  readonly sizes: readonly Size[];
  readonly quick: boolean;
  readonly json: string | undefined;
  readonly profile: string | undefined;
}

function readOptions(argv: readonly string[]): Options {
  const value = (flag: string): string | undefined => {
    const place = argv.indexOf(flag);
    return place < 0 ? undefined : argv[place + 1];
  };
  const wanted = value("--sizes")?.split(",");
  const sizes = SIZES.filter(({ key }) => !wanted || wanted.includes(key));
  if (argv.includes("--help") || sizes.length !== (wanted ?? SIZES).length) {
    process.stdout.write(HELP);
    process.exit(argv.includes("--help") ? 0 : 2);
  }
  return { sizes, quick: argv.includes("--quick"), json: value("--json"), profile: value("--profile") };
}

interface Bench {
  readonly folder: string;
  readonly server: ServerCommand;
  readonly rounds: Rounds;
  readonly options: Options;
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function inProcess(bench: Bench, size: Size, root: string, baseRoot: string): Promise<Found> {
  const task: Task = {
    count: size.count,
    flat: size.flat,
    root,
    baseRoot,
    home: bench.folder,
    rounds: bench.options.quick ? 2 : 5,
    queriesEach: bench.options.quick ? 20 : 40,
    lab: process.env.BENCH_LAB,
  };
  const flags = [...bench.server.nodeFlags, "--expose-gc", "--import", "tsx"];
  const script = path.join(import.meta.dirname, "in-process.ts");
  const child = await promisify(execFile)(process.execPath, [...flags, script, JSON.stringify(task)], {
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(child.stdout) as Found;
}

/** What one size gave: its column, its searches, and every sample. */
interface Measured {
  readonly column: Column;
  readonly groups: readonly QueryGroup[];
  readonly samples: unknown;
}

const all = (groups: Readonly<Record<string, number[]>>): Samples => Object.values(groups).flat();

async function measure(bench: Bench, size: Size, entries: readonly MadeEntry[]): Promise<Measured> {
  const { rounds } = bench;
  const server: ServerCommand = { ...bench.server, embedder: "hashed" };
  const folder = path.join(bench.folder, size.key);
  say(`${size.column}: making the stores`);
  const checkedIn = size.versions
    ? makeStoreWithHistory(path.join(folder, "checked-in"), entries, size.versions)
    : makeStore(path.join(folder, "checked-in"), "journal", entries);
  const own = makeStore(path.join(folder, "own"), "each", entries);
  const base = makeStore(path.join(folder, "base"), "journal", entries.slice(0, BASE_ENTRIES));
  const empty = makeStore(path.join(folder, "empty"), "journal", []);
  const node = await timeEach(Array(rounds.starts), () => execFileSync(process.execPath, ["-e", "0"]));
  say(`${size.column}: starting from nothing`);
  const few = size.count > MANY ? 1 : rounds.starts;
  const cold = await measureStarts(bench.server, checkedIn, entries, few, "nothing");
  say(`${size.column}: embedding`);
  const delays = await embedAll(server, checkedIn, size.count);
  say(`${size.column}: starting from what was saved`);
  const warm = await measureStarts(server, checkedIn, entries, rounds.starts, "saved");
  say(`${size.column}: eight servers at once`);
  const together = await measureTogether(server, checkedIn, { servers: SERVERS, settleMs: rounds.settleMs });
  say(`${size.column}: memory and search in process`);
  const found = await inProcess(bench, size, checkedIn.root, base.root);
  say(`${size.column}: a server in journal mode`);
  const journal = await measureServed(server, checkedIn, entries, rounds);
  say(`${size.column}: a server in each mode`);
  const each = await measureServed(server, own, entries, { ...rounds, settleMs: 0, queries: 1 });
  say(`${size.column}: saving in bulk`);
  const bulk = size.count > MANY ? undefined : await measureBulk(bench.server, empty, entries);
  say(`${size.column}: the reference server`);
  const reference =
    size.count > MANY ? undefined : await measureReference(bench.server, entries, process.env.BENCH_LAB);

  const figures = new Map<string, number>([
    ["Node itself (`node -e 0`), start to end", median(node)],
    ["Process start to `initialize`, median", median([...cold.initialize, ...warm.initialize])],
    ["Process start to the first right answer, nothing saved, median", median(cold.firstHit)],
    ["Process start to the first right answer, index saved, median", median(warm.firstHit)],
    ["Cold index: `initialize` answered to `status` ready, median", median(cold.index)],
    ["Event loop while indexing and embedding, delay p99", delays.p99],
    ["Event loop while indexing and embedding, delay max", delays.max],
    ...both("Save", "`journal`", journal.save),
    ...both("Update", "`journal`", journal.update),
    ...both("Save", "`each`", each.save),
    ...both("Update", "`each`", each.update),
    ["Baseline: empty file created, p50", Math.max(median(journal.empty), median(each.empty))],
    ["Baseline: file written, synced, renamed, p50", median([...journal.plain, ...each.plain])],
    ["Baseline: `git add` + `git commit`, p50", median(each.commit)],
    ["Save `journal` / file written", median(journal.save) / median(journal.plain)],
    ["Save `each` / `git add` + `git commit`", median(each.save) / median(each.commit)],
    ...both("Text search in process,", "", all(found.search)),
    ["Text search in process, mean", mean(all(found.search))],
    ...both("Search by words and meaning in process,", "", found.hybrid),
    ...both("Search by words and meaning over stdio,", "", all(journal.search)),
    ["List of the newest over stdio, p50", median(journal.list)],
    ["History of an entry over stdio, p50", median(journal.history)],
    ...both("Context for a task and two paths, in process,", "", found.context),
    ["RSS of the server, idle, with vectors", journal.rss / 1e6],
    ["RSS of each of eight servers on one store", mean(together.rss) / 1e6],
    ["Eight servers at once: start to an answer, slowest", Math.max(...together.firstHit)],
    ["Heap and array buffers an entry, above a store of 100", found.bytesPerEntry],
    ["of which heap", found.heapPerEntry],
  ]);
  if (bulk !== undefined) figures.set("All entries saved, a hundred a call", bulk);
  if (reference) {
    figures.set("Reference memory server: save p50", median(reference.save));
    figures.set("Reference memory server: search p50", median(reference.search));
  }
  if (found.sqliteVec) figures.set("sqlite-vec, ten nearest, p50", median(found.sqliteVec));
  if (found.fts5) {
    for (const [name, value] of both("SQLite FTS5,", "", all(found.fts5))) figures.set(name, value);
    figures.set("SQLite FTS5, mean", mean(all(found.fts5)));
    figures.set("Text search in process / FTS5, p50", median(all(found.search)) / median(all(found.fts5)));
    figures.set("Text search in process / FTS5, mean", mean(all(found.search)) / mean(all(found.fts5)));
  }
  assertNamed(figures);
  const groups = Object.entries(found.search).map(([group, search]) => {
    const fts5 = found.fts5?.[group];
    return { column: size.column, group, search, fts5, stdio: journal.search[group] };
  });
  groups.sort((a, b) => a.group.localeCompare(b.group));
  const samples = { node, cold, warm, together, delays, found, journal, each, bulk, reference };
  return { column: { name: size.column, figures }, groups, samples };
}

function both(what: string, where: string, samples: Samples): [string, number][] {
  const end = where === "" ? "" : `, ${where}`;
  return [
    [`${what} p50${end}`, median(samples)],
    [`${what} p99${end}`, percentile(samples, 0.99)],
  ];
}

async function run(options: Options): Promise<void> {
  build();
  const folder = temporaryFolder();
  try {
    // A copy: whoever builds meanwhile does not change what is measured.
    const program = path.join(folder, "git-memory.js");
    fs.copyFileSync("dist/git-memory.js", program);
    fs.cpSync("dist/parts", path.join(folder, "parts"), { recursive: true });
    fs.copyFileSync("dist/embedder-worker.js", path.join(folder, "embedder-worker.js"));
    fs.writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
    const { profile, quick } = options;
    const nodeFlags = profile ? ["--cpu-prof", "--cpu-prof-dir", path.resolve(profile)] : [];
    const rounds: Rounds = quick
      ? { starts: 3, writes: 100, commits: 10, queries: 5, settleMs: 3_000 }
      : { starts: 7, writes: 200, commits: 40, queries: 40, settleMs: 30_000 };
    const bench: Bench = { folder, server: { program, nodeFlags, home: folder }, rounds, options };
    const on = machine(folder, git(folder, "--version"));
    const measured: Measured[] = [];
    const sizes: string[] = [];
    for (const size of options.sizes) {
      const entries = makeEntries(size.count, size.flat);
      sizes.push(describe(size, entries));
      measured.push(await measure(bench, size, entries));
    }
    const columns = measured.map(({ column }) => column);
    const tables = [
      machineLine(on),
      sizes.join(" "),
      mainTable(columns, "not measured"),
      fileSystemWarning(columns) ?? [],
      queryTable(measured.flatMap(({ groups }) => groups)),
    ].flat();
    process.stdout.write(`${tables.join("\n\n")}\n`);
    if (options.json) {
      const figures = columns.map(({ name, figures: map }) => ({ name, figures: Object.fromEntries(map) }));
      const samples = measured.map((one) => ({ column: one.column.name, samples: one.samples }));
      fs.writeFileSync(options.json, `${JSON.stringify({ machine: on, sizes, figures, samples })}\n`);
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function describe({ column }: Size, entries: readonly MadeEntry[]): string {
  const bytes = entries.reduce((sum, { file }) => sum + file.length, 0);
  const words = entries.reduce((sum, { body }) => sum + body.split(/\s+/).length, 0);
  return `${column}: ${(bytes / 1e6).toFixed(1)} MB, ${Math.round(words / entries.length)} words a body.`;
}

// The bench's own children see nothing of whoever runs it.
process.env.CI = "";
process.env.GIT_CONFIG_GLOBAL = GIT_ENV.GIT_CONFIG_GLOBAL;
await run(readOptions(process.argv.slice(2)));
