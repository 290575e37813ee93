// Search by words and meaning in process, without the query's embedding: npx tsx test/bench/vector-search.ts [entries …]
import { performance } from "node:perf_hooks";
import { SearchIndex } from "../../src/search/search-index.js";
import { hashVector, hashVectors } from "../support/hash-vectors.js";
import { makeEntries } from "./corpus.js";
import { median, percentile } from "./measure.js";
import { makeQueries } from "./queries.js";

const DIMENSIONS = 384;
const ROUNDS = 3;

async function measure(count: number): Promise<void> {
  let passages = 0;
  const entries = makeEntries(count, false);
  const index = SearchIndex.create({ readBody: async () => "", placesOf: () => [], now: () => 0 });
  const scope = "project/bench";
  for (const { kind, path, title, tags, body } of entries) {
    const entry = { kind, scope, name: path, title, fields: { tags }, unknown: {}, problems: [], body };
    index.apply([{ store: "bench", path, before: null, after: { entry, version: path } }]);
    const vectors = hashVectors(entry, DIMENSIONS);
    index.setVectors("bench", path, path, vectors);
    passages += vectors.length;
  }
  index.settle();
  const queries = makeQueries(entries, 40).map(({ words }) => words.join(" "));
  const searches = ["text", "hybrid", "vector"] as const;
  for (const mode of searches) {
    const took: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      for (const query of queries) {
        const vector = hashVector(query, DIMENSIONS);
        const begin = performance.now();
        await index.search({ query, mode, vector, scopes: [scope], snippets: false });
        if (round > 0) took.push(performance.now() - begin);
      }
    }
    const [p50, p99] = [median(took), percentile(took, 0.99)].map((value) => value.toFixed(2));
    process.stdout.write(`${count} entries, ${mode}: p50 ${p50} ms, p99 ${p99} ms\n`);
  }
  global.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const mb = [rss, heapUsed, arrayBuffers].map((value) => Math.round(value / 1e6));
  process.stdout.write(`${count} entries, ${passages} passages: RSS ${mb[0]} MB, heap ${mb[1]}, buffers ${mb[2]}\n`);
}

for (const count of process.argv.slice(2).map(Number)) await measure(count);
