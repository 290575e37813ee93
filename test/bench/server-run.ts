import fs from "node:fs";
import path from "node:path";
import { Client, type ServerCommand, withServer } from "./client.js";
import { type MadeEntry, seeded, Writing } from "./corpus.js";
import { pause, timeEach } from "./measure.js";
import { makeQueries, searchArguments, tellTale } from "./queries.js";
import { type BenchStore, commitsOf, emptyFiles, gitCommits, plainWrites } from "./stores.js";

export interface Rounds {
  readonly starts: number;
  readonly writes: number;
  readonly commits: number;
  /** Of every group. */
  readonly queries: number;
  readonly settleMs: number;
}

interface Status {
  readonly entries: Readonly<Record<string, number>>;
  readonly index: { readonly state: string; readonly embedded: number };
  readonly invalid: readonly { readonly path: string; readonly reason: string }[];
}

interface Written {
  readonly pending?: unknown;
}

/** Milliseconds from the start of a process, and of the index alone. */
export interface Starts {
  readonly initialize: number[];
  readonly firstHit: number[];
  readonly index: number[];
}

// Asked more often, the answers would take a good part of the time that indexing has.
const POLL_MS = 50;
/** The answer itself takes longer where there are more entries. */
const pollOf = (entries: number): number => Math.max(POLL_MS, entries / 100);
const GIVE_UP_MS = 300_000;

async function untilReady(client: Client, expected: number): Promise<void> {
  const last = performance.now() + GIVE_UP_MS;
  for (;;) {
    const { index, entries, invalid } = await client.json<Status>("memory_admin", { action: "status" });
    const count = Object.values(entries).reduce((sum, one) => sum + one, 0);
    // Right after indexing the state may already be newer than the counts beside it: then it is asked again.
    if (index.state === "ready" && count === expected && invalid.length === 0) return;
    if (performance.now() > last || (index.state !== "indexing" && index.state !== "ready"))
      throw new Error(`index ${index.state}: ${count} of ${expected} entries, ${invalid.length} cannot be read`);
    await pause(pollOf(expected));
  }
}

/** Forgets what earlier starts saved. */
export const forgetIndex = (store: BenchStore): void =>
  fs.rmSync(path.join(store.repository, ".git/git-memory/index"), { recursive: true, force: true });

/** How late a server's timers were (ms). */
export interface Delays {
  readonly p99: number;
  readonly max: number;
}

/** Has a server index and embed everything, and end; gives how late its timers were meanwhile. */
export async function embedAll(server: ServerCommand, store: BenchStore, count: number): Promise<Delays> {
  const delays = path.join(store.repository, ".git/bench-delays.json");
  forgetIndex(store);
  await withServer({ ...server, delays }, store.repository, async (client) => {
    await client.initialize();
    await untilReady(client, count);
    for (const last = performance.now() + GIVE_UP_MS; performance.now() < last; await pause(pollOf(count))) {
      const { index } = await client.json<Status>("memory_admin", { action: "status" });
      if (index.embedded === count) return;
    }
    throw new Error("embedding took too long");
  });
  return JSON.parse(fs.readFileSync(delays, "utf8")) as Delays;
}

/**
 * Starts servers one after the other: half of them are asked for an entry at once, half for their state. From nothing, or
 * from what the last one saved.
 */
export async function measureStarts(
  server: ServerCommand,
  store: BenchStore,
  entries: readonly MadeEntry[],
  times: number,
  from: "nothing" | "saved",
): Promise<Starts> {
  const { words, entry } = tellTale(entries);
  const name = path.basename(entry.path, ".md");
  const starts: Starts = { initialize: [], firstHit: [], index: [] };
  for (let time = 0; time < times; time++) {
    for (const asked of ["search", "status"]) {
      if (from === "nothing") forgetIndex(store);
      await withServer(server, store.repository, async (client) => {
        starts.initialize.push(await client.initialize());
        const begin = performance.now();
        if (asked === "status") {
          await untilReady(client, entries.length);
          starts.index.push(performance.now() - begin);
          return;
        }
        const answer = await client.call("memory_search", { query: words, mode: "text" });
        if (!answer.split("\n")[0]?.includes(name)) throw new Error(`a search for ${words} gave ${answer}`);
        starts.firstHit.push(performance.now() - client.startedAt);
      });
    }
  }
  return starts;
}

/** Several servers on one store at once, each with what the last one saved: until each answers, and its memory then (bytes). */
export async function measureTogether(
  server: ServerCommand,
  store: BenchStore,
  { servers, settleMs }: { readonly servers: number; readonly settleMs: number },
): Promise<{ readonly firstHit: number[]; readonly rss: number[] }> {
  const clients = Array.from({ length: servers }, () => new Client(server, store.repository));
  try {
    const firstHit = await Promise.all(
      clients.map(async (client) => {
        await client.initialize();
        await client.call("memory_search", { query: "anything", mode: "text" });
        return performance.now() - client.startedAt;
      }),
    );
    await pause(settleMs);
    return { firstHit, rss: clients.map((client) => client.rss()) };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

const BULK = 100;

/** Seconds until so many entries are saved in an empty store, a hundred a call. */
export async function measureBulk(
  server: ServerCommand,
  store: BenchStore,
  entries: readonly MadeEntry[],
): Promise<number> {
  return withServer(server, store.repository, async (client) => {
    await client.initialize();
    const begin = performance.now();
    for (let from = 0; from < entries.length; from += BULK) {
      const items = entries.slice(from, from + BULK).map(({ kind, title, tags, body }, number) => {
        const name = `entry-${from + number}`;
        return { op: "save", kind, title, tags, content: body, name };
      });
      await client.call("memory_bulk", { items });
    }
    return (performance.now() - begin) / 1_000;
  });
}

/** Lists and histories that are asked for. */
const LISTS = 100;

/** Milliseconds of each call to one server, and of the same writes without it. */
export interface Served {
  readonly rss: number;
  readonly search: Readonly<Record<string, number[]>>;
  /** The newest entries, and the versions of one. */
  readonly list: number[];
  readonly history: number[];
  readonly save: number[];
  readonly update: number[];
  readonly empty: number[];
  readonly plain: number[];
  readonly commit: number[];
}

async function searches(
  client: Client,
  entries: readonly MadeEntry[],
  each: number,
): Promise<Record<string, number[]>> {
  const samples: Record<string, number[]> = {};
  const queries = makeQueries(entries, each);
  // The first quarter is asked twice: to warm up, and then to count.
  for (const query of queries.slice(0, queries.length / 4)) await client.call("memory_search", searchArguments(query));
  for (const query of queries) {
    const [took] = await timeEach([query], (one) => client.call("memory_search", searchArguments(one)));
    samples[query.group] ??= [];
    samples[query.group]?.push(took!);
  }
  return samples;
}

function updateOf(number: number, entry: MadeEntry, writing: Writing): Record<string, unknown> {
  const ref = entry.id;
  if (number % 2 === 0) return { ref, append: `\n\n${writing.body()}` };
  return { ref, add_tags: [`seen-${number}`], set: { summary: writing.title() } };
}

/** Memory at rest, searches, saves and updates over stdio; then the same writes by other means. */
export async function measureServed(
  server: ServerCommand,
  store: BenchStore,
  entries: readonly MadeEntry[],
  rounds: Rounds,
): Promise<Served> {
  const served = await withServer(server, store.repository, async (client) => {
    await client.initialize();
    await untilReady(client, entries.length);
    await pause(rounds.settleMs);
    const rss = client.rss();
    const search = await searches(client, entries, rounds.queries);
    // The first one waits for what the store's whole history is.
    await client.call("memory_history", { action: "list", ref: entries[0]!.id });
    const some = Array.from({ length: LISTS }, (_, number) => entries[(number * 997) % entries.length]!);
    const list = await timeEach(some, ({ kind }) => client.call("memory_search", { kinds: [kind], sort: "updated" }));
    const history = await timeEach(some, ({ id }) => client.call("memory_history", { action: "list", ref: id }));
    return { rss, search, list, history, ...(await writes(client, store, entries, rounds.writes)) };
  });
  const texts = entries.slice(0, rounds.writes).map(({ file }) => file);
  const empty = await emptyFiles(path.join(store.repository, ".git", "bench-empty"));
  const plain = await plainWrites(store, texts);
  const commit = await gitCommits(store, texts.slice(0, rounds.commits));
  return { ...served, empty, plain, commit };
}

async function writes(
  client: Client,
  store: BenchStore,
  entries: readonly MadeEntry[],
  times: number,
): Promise<{ save: number[]; update: number[] }> {
  const writing = new Writing(99);
  const random = seeded(5);
  const numbers = Array.from({ length: times }, (_, number) => number);
  const saves = numbers.map((number) => ({
    title: `${writing.title()} ${number}`,
    content: writing.body(),
    tags: writing.tags(),
    category: "decision",
  }));
  const updates = numbers.map((number) => updateOf(number, random.pick(entries), writing));
  const write = async (tool: string, args: Record<string, unknown>): Promise<void> => {
    const { pending } = await client.json<Written>(tool, args);
    if (pending !== undefined && store.mode === "each") throw new Error(`a write was not published: ${pending}`);
  };
  const before = store.mode === "each" ? commitsOf(store) : 0;
  await write("memory_save", { title: "The first one", content: "It loads what only writes need." });
  const save = await timeEach(saves, (args) => write("memory_save", args));
  const update = await timeEach(updates, (args) => write("memory_update", args));
  const made = commitsOf(store) - before;
  if (made < 2 * times) throw new Error(`${made} versions of ${2 * times} are on record`);
  return { save, update };
}
