// What a merge costs: the pure function by what two sides changed, and the driver as git runs it, one process for each file:
// `npx tsx test/bench/merge.ts`, after `npm run build`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { editEntry } from "../../src/entry/markdown.js";
import { mergeFile } from "../../src/entry/merge-file.js";
import type { Sides } from "../../src/entry/merge-texts.js";
import { PROGRAM } from "../support/client.js";
import { GIT_ENV, put, temporaryFolder } from "../support/repositories.js";
import { type MadeEntry, makeEntries, seeded } from "./corpus.js";
import { mean, median, percentile, timeEach } from "./measure.js";

const [ENTRIES, PROCESSES] = [4_000, 41];
const random = seeded(5);

type Change = (text: string, entry: MadeEntry) => string;

const edit =
  (set: Record<string, unknown>): Change =>
  (text, { kind }) =>
    Buffer.from(editEntry(Buffer.from(text), { set }, { kind })).toString("utf8");
const paragraph =
  (at: "first" | "last", words: string): Change =>
  (text) => {
    const lines = text.trimEnd().split("\n");
    const last = lines.length - 1;
    const line = at === "last" ? last : lines.indexOf("---", 1) + 2;
    lines[line] = `${lines[line]} ${words}`;
    return `${lines.join("\n")}\n`;
  };
const append =
  (words: string): Change =>
  (text) =>
    `${text}\n${words}\n`;

/** What two people did to one entry, and how many of a hundred merges are of that sort. */
const SORTS: readonly {
  readonly name: string;
  readonly share: number;
  readonly ours: Change;
  readonly theirs: Change;
}[] = [
  { name: "two places of the body", share: 25, ours: paragraph("first", "More."), theirs: paragraph("last", "Less.") },
  { name: "a field and the body", share: 25, ours: edit({ summary: "In short." }), theirs: paragraph("last", "Less.") },
  { name: "two fields", share: 15, ours: edit({ summary: "In short." }), theirs: edit({ topic: "billing" }) },
  {
    name: "tags on both sides",
    share: 10,
    ours: edit({ tags: ["one", "two"] }),
    theirs: edit({ tags: ["two", "three"] }),
  },
  {
    name: "relations on both sides",
    share: 10,
    ours: edit({ relations: [{ type: "depends_on", target: "memories/a" }] }),
    theirs: edit({ relations: [{ type: "related_to", target: "memories/b" }] }),
  },
  { name: "the body's end twice", share: 10, ours: append("Ours."), theirs: append("Theirs.") },
  { name: "one field twice", share: 5, ours: edit({ topic: "billing" }), theirs: edit({ topic: "payment" }) },
];

const made = makeEntries(ENTRIES, false);
const sortOf = SORTS.flatMap((sort) => Array.from({ length: sort.share }, () => sort));
const tasks = made.map((entry) => {
  const sort = random.pick(sortOf);
  const [base, ours, theirs] = [entry.file, sort.ours(entry.file, entry), sort.theirs(entry.file, entry)].map((text) =>
    Buffer.from(text),
  );
  const sides: Sides = { base: base!, ours: ours!, theirs: theirs! };
  return { name: sort.name, path: entry.path, sides };
});

const run = () => timeEach(tasks, (task) => mergeFile(task.path, task.sides, "ours"));
await run();
const samples = await run();
const line = (name: string, of: readonly number[]): string =>
  `${name.padEnd(36)} mean ${mean(of).toFixed(3)} ms, least ${Math.min(...of).toFixed(3)}, p50 ${median(of).toFixed(3)}, p99 ${percentile(of, 0.99).toFixed(3)}`;
console.log(`${os.cpus()[0]?.model}, load ${os.loadavg()[0]!.toFixed(1)}; ${ENTRIES} merges of entries\n`);
console.log(line("all", samples));
for (const { name, share } of SORTS)
  console.log(
    line(
      `${share} %: ${name}`,
      samples.filter((_, at) => tasks[at]!.name === name),
    ),
  );

const folder = temporaryFolder();
try {
  put(path.join(folder, "memory.yaml"), "format: 1\nscope: project\nname: bench\n");
  const start = (args: readonly string[]): number => {
    const begin = performance.now();
    const { status } = spawnSync(process.execPath, args, { cwd: folder, env: GIT_ENV });
    if (status !== 0 && status !== 10) throw new Error(`status ${status}`);
    return performance.now() - begin;
  };
  const [node, driver]: [number[], number[]] = [[], []];
  for (const task of tasks.slice(0, PROCESSES)) {
    for (const side of ["base", "ours", "theirs"] as const)
      fs.writeFileSync(path.join(folder, side), task.sides[side]!);
    // Turn by turn, so that both have the same of what else the machine does.
    node.push(start(["-e", "0"]));
    driver.push(start([PROGRAM, "merge-driver", "base", "ours", "theirs", task.path, "--marker-size=7"]));
  }
  console.log(`\n${line("node -e 0", node)}\n${line("merge-driver", driver)}`);
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
