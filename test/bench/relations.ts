// Relations at 10,000 entries and 30,000 relations: `node --expose-gc --import tsx test/bench/relations.ts`.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Relation } from "../../src/entry/entry.js";
import { findOperation, invoke, openMemory } from "../../src/index.js";
import { addressOf } from "../../src/search/indexed.js";
import { RelationGraph } from "../../src/search/relation-graph.js";
import { GIT_ENV, temporaryFolder } from "../support/repositories.js";
import { makeEntries, seeded } from "./corpus.js";
import { median, percentile, timeEach } from "./measure.js";
import { makeStore } from "./stores.js";

const [ENTRIES, EACH, ROUNDS, DEPTH] = [10_000, 3, 400, 3];
const TYPES = ["depends_on", "related_to", "resolves", "builds_on", "supports"];

const random = seeded(7);
const made = makeEntries(ENTRIES, false);
const addressAt = (at: number): string => made[at]!.path.replace(/\.md$/, "");
/** A few entries are led to by many, as rules and decisions are: the target's place is skewed to the first. */
const target = (): number => Math.floor(random.next() ** 3 * ENTRIES);
const related = made.map((_, own): Relation[] =>
  Array.from({ length: EACH }, () => target())
    .filter((other) => other !== own)
    .map((other) => ({ type: random.pick(TYPES), target: addressAt(other) })),
);
const lines = (relations: readonly Relation[]): string =>
  `relations:\n${relations.map(({ type, target: to }) => `  - type: ${type}\n    target: ${to}\n`).join("")}`;
const files = made.map((one, at) => ({
  ...one,
  file: one.file.replace("\n---\n\n", `\n${lines(related[at]!)}---\n\n`),
}));

const folder = temporaryFolder();
try {
  const { root } = makeStore(path.join(folder, "store"), "journal", files);
  const memory = await openMemory(
    { root, directory: root, watch: true },
    {
      env: { ...GIT_ENV, GIT_MEMORY_HOME: path.join(folder, "personal") },
      pid: process.pid,
      host: os.hostname(),
      home: folder,
      runs: () => true,
    },
  );
  await memory.fresh();
  const total = [...memory.index.relations.all()].length;
  console.log(`${memory.index.size} entries, ${total} relations`);

  // The same graph once more, beside the index that is there.
  const inUse = (): number => {
    for (let time = 0; time < 3; time++) global.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const entries = [...memory.index.entries()];
  const byPath = new Map(made.map(({ path: file }, at) => [file, related[at]!]));
  const before = inUse();
  const begin = performance.now();
  const graph = new RelationGraph({
    addressAt: (store, file) => {
      const entry = memory.index.get(store, file);
      return entry && addressOf(entry);
    },
    placesOf: (store) => [{ store, folder: "" }],
  });
  for (const entry of entries) graph.put(entry, byPath.get(entry.path));
  const took = performance.now() - begin;
  const bytes = inUse() - before;
  console.log(`graph: ${Math.round(bytes / total)} bytes a relation, ${Math.round(bytes / ENTRIES)} an entry`);
  console.log(`built in ${took.toFixed(0)} ms; ${graph.size} pairs`);

  const picked = Array.from({ length: ROUNDS }, () => random.pick(entries));
  const pairs = picked.map((from) => ({ from, to: random.pick(entries) }));
  const call = (action: string, input: Record<string, unknown>) =>
    invoke(findOperation("relation", action)!, { memory, caller: {} }, input);

  // What a walk costs at least in this run: over lists of numbers, without types, directions or ways.
  const places = new Map(entries.map((entry, at) => [addressOf(entry), at]));
  const near: number[][] = entries.map(() => []);
  for (const { source, target: to } of memory.index.relations.all()) {
    const [a, b] = [places.get(source.address)!, places.get(to.address)!];
    near[a]!.push(b);
    near[b]!.push(a);
  }
  const plainWalk = (from: number): number => {
    const seen = new Set([from]);
    let level = [from];
    for (let distance = 0; distance < DEPTH; distance++) {
      const next: number[] = [];
      for (const at of level)
        for (const other of near[at]!)
          if (!seen.has(other)) {
            seen.add(other);
            next.push(other);
          }
      level = next;
    }
    return seen.size - 1;
  };

  const report = (what: string, samples: readonly number[], base?: number): void => {
    const ratio = base === undefined ? "" : `, ${(median(samples) / base).toFixed(1)} × a plain walk`;
    console.log(
      `${what}: p50 ${median(samples).toFixed(2)} ms, p99 ${percentile(samples, 0.99).toFixed(2)} ms${ratio}`,
    );
  };
  for (const direction of ["out", "in", "both"] as const) {
    const walk = { direction, depth: DEPTH, limit: 20 };
    const reached = picked.map((entry) => memory.index.relations.neighbors(entry, walk).total);
    console.log(
      `\n${direction}: ${median(reached)} entries within ${DEPTH} steps (p50), ${Math.max(...reached)} at most`,
    );
    const plain = await timeEach(picked, (entry) => plainWalk(places.get(addressOf(entry))!));
    const base = direction === "both" ? median(plain) : undefined;
    if (base !== undefined) report("plain walk", plain);
    report("graph, neighbors", await timeEach(picked, (one) => memory.index.relations.neighbors(one, walk)), base);
    const asked = await timeEach(picked, (one) => call("neighbors", { ref: addressOf(one), depth: DEPTH, direction }));
    report("relation neighbors", asked, base);
    const paths = await timeEach(pairs, ({ from, to }) =>
      call("path", { ref: addressOf(from), target: addressOf(to), direction }),
    );
    const found = pairs.filter(({ from, to }) => memory.index.relations.path(from, to, { direction })).length;
    report(`relation path (${found} of ${ROUNDS} lead there)`, paths);
  }
  await memory.close();
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
