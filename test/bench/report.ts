import fs from "node:fs";
import os from "node:os";
import { median, percentile, type Samples } from "./measure.js";

/** A column of the table: one size, and its figures by the name of their row. */
export interface Column {
  readonly name: string;
  readonly figures: ReadonlyMap<string, number>;
}

type Unit = "ms" | "s" | "MB" | "bytes" | "×";

/** What a row has to reach; in which columns, when not in all. */
interface Target {
  readonly most: number;
  readonly columns?: readonly string[];
  /** Another one where there are a hundred thousand. */
  readonly huge?: number;
  readonly words?: string;
}

interface Row {
  readonly name: string;
  readonly unit: Unit;
  readonly target?: Target;
}

/** An empty file takes 0.01 to 0.05 ms otherwise. */
const SLOW_CREATE_MS = 0.2;

const AT_LARGE: readonly string[] = ["10,000"];
const HUGE = "100,000";

/** Every row in its order, with what it has to reach. */
const ROWS: readonly Row[] = [
  { name: "Node itself (`node -e 0`), start to end", unit: "ms" },
  { name: "Process start to `initialize`, median", unit: "ms", target: { most: 300 } },
  { name: "Process start to the first right answer, nothing saved, median", unit: "ms" },
  { name: "Process start to the first right answer, index saved, median", unit: "ms", target: at(600, 4_000) },
  { name: "Cold index: `initialize` answered to `status` ready, median", unit: "ms", target: at(3_000) },
  { name: "Event loop while indexing and embedding, delay p99", unit: "ms", target: at(50, 50) },
  { name: "Event loop while indexing and embedding, delay max", unit: "ms", target: at(150, 150) },
  { name: "All entries saved, a hundred a call", unit: "s", target: at(15) },
  { name: "Save p50, `journal`", unit: "ms", target: at(15, 20) },
  { name: "Save p99, `journal`", unit: "ms" },
  { name: "Update p50, `journal`", unit: "ms" },
  { name: "Update p99, `journal`", unit: "ms" },
  { name: "Save p50, `each`", unit: "ms", target: at(25, 40) },
  { name: "Save p99, `each`", unit: "ms" },
  { name: "Update p50, `each`", unit: "ms" },
  { name: "Update p99, `each`", unit: "ms" },
  { name: "Baseline: empty file created, p50", unit: "ms" },
  { name: "Baseline: file written, synced, renamed, p50", unit: "ms" },
  { name: "Baseline: `git add` + `git commit`, p50", unit: "ms" },
  { name: "Save `journal` / file written", unit: "×" },
  { name: "Save `each` / `git add` + `git commit`", unit: "×" },
  { name: "Text search in process, p50", unit: "ms", target: at(2) },
  { name: "Text search in process, p99", unit: "ms" },
  { name: "Text search in process, mean", unit: "ms" },
  { name: "Search by words and meaning in process, p50", unit: "ms", target: at(3, 10) },
  { name: "Search by words and meaning in process, p99", unit: "ms", target: at(10, 30) },
  { name: "Search by words and meaning over stdio, p50", unit: "ms" },
  { name: "Search by words and meaning over stdio, p99", unit: "ms" },
  { name: "List of the newest over stdio, p50", unit: "ms" },
  { name: "History of an entry over stdio, p50", unit: "ms" },
  { name: "sqlite-vec, ten nearest, p50", unit: "ms" },
  { name: "Reference memory server: save p50", unit: "ms" },
  { name: "Reference memory server: search p50", unit: "ms" },
  { name: "SQLite FTS5, p50", unit: "ms" },
  { name: "SQLite FTS5, p99", unit: "ms" },
  { name: "SQLite FTS5, mean", unit: "ms" },
  {
    name: "Text search in process / FTS5, p50",
    unit: "×",
    target: { most: 1, columns: AT_LARGE, words: "below 1 at 10,000" },
  },
  {
    name: "Text search in process / FTS5, mean",
    unit: "×",
    target: { most: 1, columns: AT_LARGE, words: "below 1 at 10,000" },
  },
  { name: "Context for a task and two paths, in process, p50", unit: "ms" },
  { name: "Context for a task and two paths, in process, p99", unit: "ms" },
  { name: "RSS of the server, idle, with vectors", unit: "MB", target: at(180, 900) },
  { name: "RSS of each of eight servers on one store", unit: "MB" },
  { name: "Eight servers at once: start to an answer, slowest", unit: "ms" },
  {
    name: "Heap and array buffers an entry, above a store of 100",
    unit: "bytes",
    target: { most: 4_096, words: "≤ 4 KB" },
  },
  { name: "of which heap", unit: "bytes" },
];

function at(most: number, huge?: number): Target {
  return { most, columns: AT_LARGE, ...(huge === undefined ? {} : { huge }) };
}

function shown(value: number, unit: Unit): string {
  if (unit === "bytes") return Math.round(value).toLocaleString("en");
  if (unit === "×") return value.toFixed(2);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

function targetWords({ most, columns, huge, words }: Target, unit: Unit): string {
  const limit = (value: number, where: string): string => `≤ ${value.toLocaleString("en")} ${unit}${where}`;
  const usual = limit(most, columns ? ` at ${columns.join(", ")}` : "");
  return words ?? (huge === undefined ? usual : `${usual}, ${limit(huge, ` at ${HUGE}`)}`);
}

function verdict(target: Target, name: string, columns: readonly Column[]): string {
  const asked = columns.flatMap((column) => {
    const most =
      column.name === HUGE
        ? target.huge
        : !target.columns || target.columns.includes(column.name)
          ? target.most
          : undefined;
    const value = column.figures.get(name);
    return most === undefined || value === undefined ? [] : [{ where: column.name, met: value <= most }];
  });
  if (asked.length === 0) return "not measured";
  const missed = asked.filter(({ met }) => !met).map(({ where }) => where);
  if (missed.length === 0) return "yes";
  return missed.length === asked.length ? "**no**" : `**not at ${missed.join(", ")}**`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The figures as a Markdown table, target and verdict beside them. */
export function mainTable(columns: readonly Column[], missing: string): string {
  const rows = ROWS.map(({ name, unit, target }) => {
    const values = columns.map(({ figures }) => {
      const value = figures.get(name);
      return value === undefined ? missing : shown(value, unit);
    });
    const ends = target ? [targetWords(target, unit), verdict(target, name, columns)] : ["", ""];
    return line([`${name}${unit === "×" ? "" : ` (${unit})`}`, ...values, ...ends]);
  });
  const heads = ["", ...columns.map(({ name }) => name), "Target", "Met"];
  const rule = ["---", ...columns.map(() => "---:"), "---", "---"];
  return [line(heads), line(rule), ...rows].join("\n");
}

/** Names that no row has would be dropped in silence. */
export function assertNamed(figures: ReadonlyMap<string, number>): void {
  for (const name of figures.keys())
    if (!ROWS.some((row) => row.name === name)) throw new Error(`the report has no row ${name}`);
}

/** One sort of query: who needed how long for it. */
export interface QueryGroup {
  readonly column: string;
  readonly group: string;
  readonly search: Samples;
  readonly fts5: Samples | undefined;
  readonly stdio: Samples | undefined;
}

const pair = (samples: Samples | undefined): string =>
  samples ? `${median(samples).toFixed(2)} / ${percentile(samples, 0.99).toFixed(2)}` : "not installed";

/** Search by the sort of query: p50 / p99 in milliseconds. */
export function queryTable(groups: readonly QueryGroup[]): string {
  const rows = groups.map(({ column, group, search, fts5, stdio }) =>
    line([column, group, pair(search), pair(stdio), pair(fts5)]),
  );
  const heads = ["Entries", "Query", "In process, p50 / p99 (ms)", "Over stdio", "SQLite FTS5"];
  return [line(heads), line(["---", "---", "---:", "---:", "---:"]), ...rows].join("\n");
}

/** What it was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly platform: string;
  readonly node: string;
  readonly git: string;
  readonly fileSystem: string;
  readonly load: readonly number[];
  readonly at: string;
}

export function machine(folder: string, git: string): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.cpus().length,
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.release()}`,
    node: process.version,
    git: git.trim(),
    fileSystem: fileSystemOf(folder),
    load: os.loadavg().map((value) => Math.round(value * 100) / 100),
    at: new Date().toISOString(),
  };
}

function fileSystemOf(folder: string): string {
  if (!fs.existsSync("/proc/mounts")) return "unknown";
  const mounts = fs
    .readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((mount) => mount.split(" "))
    .filter(([, place]) => place === "/" || folder === place || folder.startsWith(`${place}/`))
    .sort((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0));
  return mounts[0]?.[2] ?? "unknown";
}

/** What makes the figures of writes unfit to be shown, if something does. */
export function fileSystemWarning(columns: readonly Column[]): string | undefined {
  const slowest = Math.max(...columns.map(({ figures }) => figures.get("Baseline: empty file created, p50") ?? 0));
  if (slowest < SLOW_CREATE_MS) return undefined;
  return `**Writes were slowed down:** creating an empty file took ${slowest.toFixed(2)} ms. ext4 does so for up to five minutes after thousands of files were deleted (\`recently_deleted\` in its inode allocator), by an earlier run or somebody's tests. Wait and run again.`;
}

export const machineLine = (one: Machine): string =>
  `${one.cores} cores (${one.cpu}), ${one.memoryGb} GB, ${one.platform}, ${one.fileSystem}; Node ${one.node}, ${one.git}; load ${one.load.join(" ")} at the start; ${one.at.slice(0, 10)}.`;
