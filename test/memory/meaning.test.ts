import fs from "node:fs";
import path from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { bootId, WriteLock } from "../../src/git/lock.js";
import type { EmbedderLoan, Meant } from "../../src/memory/meaning.js";
import type { Embedder } from "../../src/search/embedder.js";
import type { Chosen } from "../../src/search/embedders/choose-embedder.js";
import { EmbedderFailure } from "../../src/search/embedders/embedder-failure.js";
import { hashed } from "../../src/search/embedders/hashed.js";
import { none } from "../../src/search/embedders/none.js";
import { Bench, type Given, type Json } from "../support/memory.js";
import { entryText, makeCheckedInStore, put } from "../support/repositories.js";

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0).reverse()) await bench.close();
});

type Embed = Embedder["embed"];
/** Pauses that a test ends: those of a search that waits for its query's vector, and others. */
const PATIENCE = [300, 1_500, 2_000];

/** An embedder that keeps what it was asked, does as it is told, and lends a clock on which only what is told to ends. */
class Loan implements EmbedderLoan {
  readonly asked: string[][] = [];
  readonly pauses: number[] = [];
  readonly inner = hashed(16);
  closed = 0;
  /** Replaces what it does. */
  does: Embed = (texts, signal) => this.inner.embed(texts, signal);
  /** A search that waits is told at once that it is too late. */
  late = false;
  id = "hashed/16";
  driver: Chosen["driver"] = "hashed";

  choose = (): Chosen => {
    if (this.driver === "none") return { driver: "none", embedder: none("nothing is here"), reason: "nothing is here" };
    return {
      driver: this.driver,
      embedder: {
        id: this.id,
        dimensions: 16,
        embed: (texts, signal) => {
          this.asked.push([...texts]);
          return this.does(texts, signal);
        },
        close: async () => void this.closed++,
      },
    };
  };

  pause = (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    const patience = PATIENCE.includes(milliseconds);
    if (!patience) this.pauses.push(milliseconds);
    // Others get their turn, as they do in any pause.
    if (patience ? this.late : milliseconds < 200_000 && milliseconds !== 60_000) return breathe();
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(new Error("over")), { once: true }),
    );
  };

  get texts(): string[] {
    return this.asked.flat();
  }
}

const server = { watch: true };
async function open(loan: Loan | undefined, given: Given = {}): Promise<Bench> {
  const bench = await Bench.open({ ...given, ...(loan && { embedder: loan }) });
  benches.push(bench);
  await bench.embedded();
  return bench;
}

function storeWith(entries: Readonly<Record<string, string>>): string {
  const dir = makeCheckedInStore();
  for (const [name, body] of Object.entries(entries))
    put(path.join(dir, `.memory/memories/${name}.md`), entryText(name, body));
  return dir;
}
const THREE = { apples: "Apples are red.", pears: "Pears are green.", plums: "Plums are blue." };
const meant = (bench: Bench, query: string, mode?: "hybrid" | "text" | "vector"): Promise<Meant> =>
  bench.memory.meaning.of({ query, ...(mode && { mode }) }, bench.memory);
const search = (bench: Bench, query: string): Promise<Json> => bench.call("search", { query });
const stateOf = async (bench: Bench) => {
  const { index, embedder } = await bench.call<{ index: Json; embedder: { reason?: string } }>("admin status");
  return { embedded: index.embedded, ...embedder };
};

describe("in a server", () => {
  it("every entry gets its vectors in the background, and what is saved or changed after that too", async () => {
    const loan = new Loan();
    const bench = await open(loan, { dir: storeWith(THREE), ...server });
    expect(loan.texts.sort()).toEqual([
      "apples\n\nApples are red.",
      "pears\n\nPears are green.",
      "plums\n\nPlums are blue.",
    ]);
    expect(await stateOf(bench)).toEqual({ embedded: 3, driver: "hashed", state: "ready" });
    loan.asked.length = 0;
    await bench.call("save", { title: "Figs", content: "Figs are sweet." });
    await bench.call("update", { ref: "memories/pears", append: "Or yellow." });
    await bench.embedded();
    expect(loan.texts.sort()).toEqual(["Figs are sweet.", "pears\n\nPears are green.\n\nOr yellow."]);
    expect(await stateOf(bench)).toEqual({ embedded: 4, driver: "hashed", state: "ready" });
    expect((await search(bench, "figs")).degraded).toBeUndefined();
  });

  it("the newest come first, and what is read often before them", async () => {
    const dir = storeWith({ old: "o", older: "p", newest: "n" });
    for (const [name, at] of Object.entries({ older: 1_000, old: 2_000, newest: 3_000 }))
      fs.utimesSync(path.join(dir, `.memory/memories/${name}.md`), at, at);
    const reads = { r: [".memory/memories/older.md"], t: 1_000_000 };
    put(path.join(dir, ".git/git-memory/usage.jsonl"), `${JSON.stringify(reads)}\n${JSON.stringify(reads)}\n`);
    const loan = new Loan();
    await open(loan, { dir, ...server });
    expect(loan.texts).toEqual(["older\n\np", "newest\n\nn", "old\n\no"]);
  });

  it("nothing is embedded twice: not at the next start, on another branch, or where two entries say the same", async () => {
    const dir = storeWith(THREE);
    const loan = new Loan();
    const first = await open(loan, { dir, ...server });
    await first.memory.close();
    expect(loan.closed).toBe(1);
    const again = new Loan();
    const second = await open(again, { dir, ...server });
    expect(again.asked).toEqual([]);
    expect(await stateOf(second)).toMatchObject({ embedded: 3 });
    await second.hand("memories/apples.md", entryText("apples", "Apples are yellow."));
    await second.embedded();
    await second.hand("memories/apples.md", entryText("apples", THREE.apples));
    await second.hand("memories/sub/apples.md", entryText("apples", THREE.apples));
    await second.embedded();
    expect(again.texts).toEqual(["apples\n\nApples are yellow."]);
    expect(await stateOf(second)).toMatchObject({ embedded: 4 });
    const other = new Loan();
    other.id = "another";
    const third = await open(other, { dir, ...server });
    expect(third.memory.meaning.state.embedded).toBe(4);
    expect(other.texts).toHaveLength(3);
  });

  it("a search never waits: without vectors it says so, and with some too", async () => {
    const loan = new Loan();
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    loan.does = async (texts, signal) => {
      await gate;
      return loan.inner.embed(texts, signal);
    };
    const bench = await Bench.open({ dir: storeWith(THREE), ...server, embedder: loan });
    benches.push(bench);
    expect(await search(bench, "apples")).toMatchObject({ total: 1, degraded: "vectors: no entry embedded so far" });
    expect(await meant(bench, "apples", "text")).toEqual({});
    expect(await stateOf(bench)).toEqual({ embedded: 0, driver: "hashed", state: "embedding" });
    go();
    await bench.embedded();
    expect((await search(bench, "apples")).degraded).toBeUndefined();
    expect((await meant(bench, "apples")).vector).toEqual((await loan.inner.embed(["apples"]))[0]);
    expect(
      await bench.memory.meaning.of({ query: "apples" }, { ...bench.memory, commit: "0".repeat(40) } as never),
    ).toEqual({});
  });

  it("a query is embedded once, and one that comes too late is there for the next search", async () => {
    const dir = storeWith(THREE);
    const loan = new Loan();
    const bench = await open(loan, { dir, ...server });
    loan.asked.length = 0;
    await Promise.all([meant(bench, "red fruit"), meant(bench, " red fruit ")]);
    await meant(bench, "red fruit");
    expect(loan.asked).toEqual([["red fruit"]]);
    let go = (): void => undefined;
    loan.does = async (texts, signal) => {
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      return loan.inner.embed(texts, signal);
    };
    loan.late = true;
    expect((await search(bench, "blue fruit")).degraded).toMatch(/^vectors: the query's vector was not there in time/);
    go();
    loan.late = false;
    expect((await meant(bench, "blue fruit")).vector).toHaveLength(16);
    await bench.memory.close();
    // Others know it too.
    const other = new Loan();
    const second = await open(other, { dir, ...server });
    expect((await meant(second, "red fruit")).vector).toHaveLength(16);
    expect(other.asked).toEqual([]);
  });

  it("one process embeds, the others take what it made", async () => {
    const dir = storeWith(THREE);
    const loan = new Loan();
    const holder = new WriteLock(
      path.join(dir, ".git/git-memory/embed.lock"),
      { host: "test", boot: await bootId(), pid: 1, started: "1" },
      async () => true,
    );
    let release = (): void => undefined;
    let taken = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      taken = resolve;
    });
    const holding = holder.hold(async () => {
      taken();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await held;
    const following = new Promise<void>((resolve) => {
      const { pause } = loan;
      loan.pause = (milliseconds, signal) => {
        if (milliseconds === 3_000) resolve();
        return pause(milliseconds, signal);
      };
    });
    const bench = await Bench.open({ dir, ...server, embedder: loan });
    benches.push(bench);
    await following;
    expect(loan.asked).toEqual([]);
    expect(bench.memory.meaning.state).toMatchObject({ embedded: 0, running: true });
    release();
    await holding;
    await bench.embedded();
    expect(bench.memory.meaning.state).toMatchObject({ embedded: 3, running: false });
  });

  it("two at once make each vector once", async () => {
    const dir = storeWith(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`n${i}`, `number ${i}`])));
    const loans = [new Loan(), new Loan()];
    const both = await Promise.all(loans.map((loan) => Bench.open({ dir, ...server, embedder: loan })));
    benches.push(...both);
    await Promise.all(both.map((bench) => bench.embedded()));
    expect(both.map(({ memory }) => memory.meaning.state.embedded)).toEqual([40, 40]);
    expect(loans.flatMap(({ texts }) => texts).sort()).toEqual(
      Array.from({ length: 40 }, (_, i) => `n${i}\n\nnumber ${i}`).sort(),
    );
  });
});

describe("an embedder that does not work", () => {
  const failing = async (failure: EmbedderFailure | Error, logged: unknown[] = []) => {
    const loan = new Loan();
    loan.does = async () => {
      throw failure;
    };
    const bench = await open(loan, { dir: storeWith(THREE), ...server, logged });
    return { loan, bench };
  };

  it("is given up after a few tries that are further and further apart, and asked no more", async () => {
    const logged: unknown[] = [];
    const { loan, bench } = await failing(new EmbedderFailure("the service is busy"), logged);
    expect(loan.pauses).toEqual([5_000, 30_000, 120_000]);
    expect(loan.asked).toHaveLength(4);
    expect(await stateOf(bench)).toEqual({
      embedded: 0,
      driver: "hashed",
      state: "waiting",
      reason: "the service is busy",
    });
    expect(await search(bench, "apples")).toMatchObject({
      total: 1,
      degraded: "vectors: no entry embedded so far; the service is busy",
    });
    await bench.call("save", { title: "Figs", content: "Figs are sweet." });
    await bench.embedded();
    expect(loan.asked).toHaveLength(4);
    expect(logged).toHaveLength(1);
    // Asked for, it is tried again.
    loan.does = (texts, signal) => loan.inner.embed(texts, signal);
    expect(await bench.call("admin embed")).toEqual({ driver: "hashed", embedded: 4, total: 4 });
  });

  it("and never will is asked once, and what it says of this machine is not told", async () => {
    const { loan, bench } = await failing(new EmbedderFailure("refused the key (401)", { lasting: true }));
    expect(loan.asked).toHaveLength(1);
    expect((await stateOf(bench)).reason).toBe("refused the key (401)");
    const other = await failing(new Error("/a/path of this machine"));
    expect((await stateOf(other.bench)).reason).toBe("the embedder failed");
  });

  it("for one text leaves that entry to its words and goes on", async () => {
    const loan = new Loan();
    loan.does = async (texts, signal) => {
      if (texts.some((text) => text.includes("green"))) throw new EmbedderFailure("no number", { ofText: true });
      return loan.inner.embed(texts, signal);
    };
    const bench = await open(loan, { dir: storeWith(THREE), ...server });
    expect(bench.memory.meaning.state).toMatchObject({ embedded: 2, total: 3, running: false });
    const calls = loan.asked.length;
    expect((await search(bench, "pears")).degraded).toBeUndefined();
    await bench.call("save", { title: "Figs", content: "Figs are sweet." });
    await bench.embedded();
    expect(loan.texts.slice(0).filter((text) => text.includes("green")).length).toBe(2);
    expect(loan.asked.length).toBe(calls + 2);
  });

  it("for queries leaves them to their words, and is not asked again for a while", async () => {
    const loan = new Loan();
    const bench = await open(loan, { dir: storeWith(THREE), ...server });
    loan.does = async () => {
      throw new EmbedderFailure("the service is busy");
    };
    loan.asked.length = 0;
    expect(await search(bench, "apples")).toMatchObject({ total: 1, degraded: "vectors: the service is busy" });
    expect(await search(bench, "pears")).toMatchObject({ total: 1, degraded: "vectors: the service is busy" });
    expect(loan.asked).toHaveLength(1);
    expect(loan.pauses).toEqual([60_000]);
    expect(await bench.memory.meaning.now(["figs"], "project")).toBeUndefined();
    const text = (await import("../../src/operations/registry.js"))
      .findOperation("search")
      ?.render(await search(bench, "apples"), "concise", (said) => said);
    expect(text).toMatch(/Found by words more than by meaning: the service is busy\.$/);
  });

  it("of another dimension than what is kept is given up", async () => {
    const dir = storeWith(THREE);
    const first = await open(new Loan(), { dir, ...server });
    await first.memory.close();
    const loan = new Loan();
    loan.does = async (texts) => texts.map(() => Float32Array.from([1, 0]));
    const logged: unknown[] = [];
    const bench = await open(loan, { dir, ...server, logged });
    await bench.call("save", { title: "Figs", content: "Figs are sweet." });
    await bench.embedded();
    expect(bench.memory.meaning.state).toMatchObject({
      embedded: 3,
      total: 4,
      running: false,
      reason: expect.any(String),
    });
    expect((await search(bench, "figs")).total).toBe(1);
  });

  it("or is not there is none: nothing is said where nobody asked for vectors", async () => {
    const loan = new Loan();
    loan.driver = "none";
    for (const given of [{}, server]) {
      const bench = await open(loan, { dir: storeWith(THREE), ...given });
      expect((await search(bench, "apples")).degraded).toBeUndefined();
      expect(await meant(bench, "apples", "vector")).toEqual({ degraded: "vectors: there are none; nothing is here" });
      expect(await stateOf(bench)).toEqual({ embedded: 0, driver: "none", state: "none", reason: "nothing is here" });
      const done = await bench.call("admin embed");
      expect(done).toEqual({ driver: "none", embedded: 0, total: 3, reason: "nothing is here" });
    }
    expect(loan.asked).toEqual([]);
  });
});

describe("a command", () => {
  it("embeds nothing by itself, and searches with what the cache has", async () => {
    const dir = storeWith(THREE);
    const loan = new Loan();
    const bench = await open(loan, { dir });
    expect((await search(bench, "apples")).degraded).toBe("vectors: no entry embedded so far");
    expect(loan.asked).toEqual([]);
    expect(await bench.call("admin embed")).toEqual({ driver: "hashed", embedded: 3, total: 3 });
    await bench.memory.close();
    const again = new Loan();
    const second = await open(again, { dir });
    expect((await stateOf(second)).embedded).toBe(3);
    expect((await meant(second, "apples")).vector).toHaveLength(16);
    expect(again.asked).toEqual([["apples"]]);
  });

  it("tells how far embedding is", async () => {
    const dir = storeWith(Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`n${i}`, `number ${i}`])));
    const bench = await open(new Loan(), { dir });
    const told: unknown[] = [];
    const { invoke } = await import("../../src/operations/operation.js");
    const { findOperation } = await import("../../src/operations/registry.js");
    await invoke(
      findOperation("admin", "embed")!,
      { memory: bench.memory, caller: {}, progress: (...one) => void told.push(one) },
      {},
    );
    expect(told).toContainEqual([32, 70, "Embedding the entries"]);
    expect(told.at(-1)).toEqual([70, 70, "Embedding the entries"]);
  });

  it("in continuous integration embeds only when asked", async () => {
    const dir = storeWith(THREE);
    const loan = new Loan();
    const bench = await open(loan, { dir, ci: true });
    expect(await stateOf(bench)).toEqual({
      embedded: 0,
      driver: "hashed",
      state: "waiting",
      reason: "nothing is embedded in continuous integration unless asked",
    });
    expect(loan.asked).toEqual([]);
    expect(fs.existsSync(path.join(dir, ".git/git-memory/vectors"))).toBe(false);
    expect(await bench.call("admin embed")).toEqual({ driver: "hashed", embedded: 3, total: 3 });
  });
});

describe("two stores", () => {
  it("keep each its own vectors beside it", async () => {
    const loan = new Loan();
    const bench = await open(loan, { dir: storeWith(THREE), ...server });
    await bench.call("save", { title: "Mine", content: "For me.", scope: "personal" });
    await bench.embedded();
    expect(bench.memory.meaning.state).toMatchObject({ embedded: 4, total: 4 });
    for (const folder of [path.join(bench.dir, ".git"), path.join(bench.personal, ".git")])
      expect(fs.readdirSync(path.join(folder, "git-memory/vectors"))).toHaveLength(1);
  });
});
