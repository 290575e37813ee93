import fs from "node:fs";
import path from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Change } from "../../src/entry/change.js";
import type { EmbedderLoan } from "../../src/memory/meaning.js";
import { hashed } from "../../src/search/embedders/hashed.js";
import { seeded } from "../bench/corpus.js";
import { Bench, type Given, type Json } from "../support/memory.js";
import { git, makeCheckedInStore, makeRepository, put, temporaryFolder } from "../support/repositories.js";

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0).reverse()) await bench.close();
});

const loan = (id = "hashed/64", dimensions = 64): EmbedderLoan => ({
  choose: () => ({ driver: "hashed", embedder: { ...hashed(dimensions), id } }),
  // Whoever follows another process looks again at once; all else is waited for.
  pause: (milliseconds, signal) =>
    milliseconds === 3_000
      ? breathe()
      : new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("over")), { once: true })),
});

const WORDS = "alpha beta gamma delta cache retry token queue index branch merge worker".split(" ");
const textOf = (number: number, salt = 0): string => {
  const words = Array.from(
    { length: 6 },
    (_, at) => WORDS[(number * 7 + at * (3 + (number % 4)) + salt) % WORDS.length],
  );
  const relations =
    number % 5 === 0 ? `relations:\n  - {type: depends_on, target: memories/n-${(number * 3) % 80}}\n` : "";
  const id = number % 4 === 0 ? `id: 0190a1b2-0000-7000-8000-${String(number).padStart(12, "0")}\n` : "";
  return `---\n${id}title: Entry ${number}\ntags: [t${number % 3}]\n${relations}---\n\n${words.join(" ")} ${number}\n`;
};

/** A store of 80 entries whose files are older than what a clock may not tell apart. */
function makeStore(dir = makeRepository()): string {
  makeCheckedInStore(dir);
  for (let number = 0; number < 80; number++) put(path.join(dir, `.memory/memories/n-${number}.md`), textOf(number));
  put(path.join(dir, ".memory/project.md"), "---\ntitle: A part\n---\n\nOf it.\n");
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "entries");
  return dir;
}

const server: Given = { watch: true, embedder: loan() };

async function open(given: Given): Promise<Bench> {
  const bench = await Bench.open(given);
  benches.push(bench);
  await bench.embedded();
  return bench;
}

/** The same, with what it told on the way. */
async function told(given: Given): Promise<{ bench: Bench; changes: Change[] }> {
  const changes: Change[] = [];
  const bench = await Bench.opening(given);
  benches.push(bench);
  bench.memory.onChange((some) => changes.push(...some));
  await bench.memory.fresh();
  await bench.embedded();
  return { bench, changes };
}

const snapshotsIn = (folder: string): string[] =>
  fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [];
const snapshots = (dir: string): string[] => snapshotsIn(path.join(dir, ".git/git-memory/index"));

/** What a memory knows and finds, in no order that its past could show in. */
async function state(bench: Bench): Promise<Json> {
  const { memory } = bench;
  const found: Json = {};
  for (const query of ["alpha retry", "gamma token 17", '"index branch"', "queue -merge", "n-4"]) {
    for (const mode of ["hybrid", "text", "vector"]) {
      const answer = await bench.call("search", { query, mode, explain: true, limit: 20 });
      const hits = answer.hits as Json[];
      found[`${query} ${mode}`] = {
        ...answer,
        hits: hits.map(({ address, score }) => [address, Number(score).toFixed(6)]),
      };
    }
  }
  const sorted = (all: Iterable<unknown>): string[] => [...all].map((one) => JSON.stringify(one)).sort();
  return {
    entries: sorted([...memory.index.entries()].map((entry) => Object.entries(entry).sort())),
    relations: sorted(memory.index.relations.all()),
    vectors: memory.index.vectors,
    missing: sorted(memory.index.withoutVectors()),
    ids: sorted(memory.catalog("project").duplicateIds()),
    names: sorted(memory.catalog("project").namesIn("")),
    scopes: await bench.call("project list"),
    filtered: (await bench.call("search", { tags: ["t1"], limit: 50 })).total,
    found,
  };
}

/** What the memory would be if nothing had been saved. */
async function rebuilt(dir: string): Promise<Json> {
  const kept = snapshots(dir).map((file) => [file, fs.readFileSync(file)] as const);
  for (const [file] of kept) fs.rmSync(file);
  const bench = await Bench.open({ dir, ...server });
  await bench.embedded();
  const found = await state(bench);
  await bench.memory.close();
  for (const [file, bytes] of kept) fs.writeFileSync(file, bytes);
  return found;
}

describe("the saved index", () => {
  it("spares the next start everything but what changed, and gives the same", async () => {
    const dir = makeStore();
    const first = await open({ dir, ...server });
    await first.memory.close();
    expect(snapshots(dir)).toHaveLength(1);
    const { bench, changes } = await told({ dir, ...server });
    // Documents are few and are read every time.
    expect(changes.map(({ path: file }) => file)).toEqual(["project.md"]);
    expect(bench.memory.index.vectors).toEqual({ embedded: 80, total: 80, dimensions: 64 });
    expect(await state(bench)).toEqual(await rebuilt(dir));
  });

  it("costs nothing where little changed, and is written anew where much did", async () => {
    const dir = makeStore();
    await (await open({ dir, ...server })).memory.close();
    const [file = ""] = snapshots(dir);
    const stamp = () => fs.statSync(file, { bigint: true }).ino;
    const before = stamp();
    const second = await open({ dir, ...server });
    await second.call("save", { title: "One more", content: "A single one." });
    await second.memory.close();
    expect(stamp()).toBe(before);
    const third = await open({ dir, ...server });
    for (let number = 0; number < 40; number++)
      put(path.join(dir, `.memory/memories/n-${number}.md`), textOf(number, 5));
    await third.rescan();
    await third.embedded();
    await third.memory.close();
    expect(stamp()).not.toBe(before);
  });

  it("is the same as rebuilt, whatever happened while it was off or on", { timeout: 120_000 }, async () => {
    const dir = makeStore();
    const random = seeded(11);
    const file = (number: number): string => path.join(dir, `.memory/memories/n-${number}.md`);
    const offline: (() => void)[] = [
      () => put(file(random.below(90)), textOf(random.below(500), random.below(9))),
      () => fs.rmSync(file(random.below(80)), { force: true }),
      () => {
        const from = file(random.below(80));
        if (fs.existsSync(from)) fs.renameSync(from, file(100 + random.below(50)));
      },
      () => fs.utimesSync(path.join(dir, ".memory/memories"), 1, 1),
      () => {
        for (let number = 0; number < 80; number += 9)
          if (fs.existsSync(file(number))) fs.utimesSync(file(number), 5, 5);
      },
      () => {
        git(dir, "add", "-A");
        git(dir, "commit", "-qm", "by hand", "--allow-empty");
      },
      () => {
        git(dir, "stash", "-u");
        git(dir, "checkout", "-q", git(dir, "branch", "--show-current").trim() === "main" ? "side" : "main");
      },
      () => put(path.join(dir, ".memory/memories/broken.md"), random.below(2) === 0 ? "---\n: [\n" : textOf(3)),
      () => put(path.join(dir, ".memory/project.md"), `---\ntitle: Part ${random.below(9)}\n---\n\nX.\n`),
    ];
    git(dir, "branch", "side");
    for (let round = 0; round < 8; round++) {
      const { bench } = await told({ dir, ...server });
      if (round > 0) expect(await state(bench)).toEqual(await rebuilt(dir));
      const refs = [...bench.memory.index.entries()].map(({ name }) => `memories/${name}`);
      await bench.call("save", { title: `Saved ${round}`, content: `alpha queue ${round}`, allow_similar: true });
      await bench.call("update", { ref: random.pick(refs), append: "delta retry" });
      await bench.call("delete", { ref: random.pick(refs), purge: round % 2 === 0 });
      await bench.call("update", { ref: `memories/saved-${round}`, set: { name: `moved-${round}` } });
      await bench.embedded();
      await bench.memory.close();
      expect(snapshots(dir)).toHaveLength(1);
      for (let steps = 1 + random.below(4); steps > 0; steps--) random.pick(offline)();
    }
  });

  it("is not trusted where it is damaged, cut off, of another program, or of other stores", {
    timeout: 60_000,
  }, async () => {
    const dir = makeStore();
    await (await open({ dir, ...server })).memory.close();
    const [file = ""] = snapshots(dir);
    const whole = fs.readFileSync(file);
    const expected = await rebuilt(dir);
    const random = seeded(3);
    const flipped = (at: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << random.below(8);
      return bytes;
    };
    const damaged: Buffer[] = [
      Buffer.alloc(0),
      whole.subarray(0, whole.length >> 1),
      whole.subarray(0, whole.length - 1),
      Buffer.concat([whole, whole.subarray(-9)]),
      flipped(whole.length - 5),
      flipped(whole.length - 10),
      ...Array.from({ length: 8 }, () => flipped(random.below(whole.length))),
    ];
    for (const bytes of damaged) {
      fs.writeFileSync(file, bytes);
      const logged: unknown[] = [];
      const { bench } = await told({ dir, ...server, logged });
      expect(await state(bench)).toEqual(expected);
      expect(logged).toEqual([]);
      await bench.memory.close();
      expect(snapshots(dir)).toEqual([file]);
    }
    // What was built instead is saved again.
    const { changes } = await told({ dir, ...server });
    expect(changes).toHaveLength(1);
  });

  it("of another version of the program is left alone, and the oldest of three goes", async () => {
    const dir = makeStore();
    await (await open({ dir, ...server, build: "one" })).memory.close();
    const [first] = snapshots(dir);
    const { bench, changes } = await told({ dir, ...server, build: "two" });
    expect(changes.length).toBeGreaterThan(80);
    await bench.memory.close();
    expect(snapshots(dir)).toHaveLength(2);
    expect((await told({ dir, ...server, build: "one" })).changes).toHaveLength(1);
    fs.utimesSync(first!, 1, 1);
    await (await open({ dir, ...server, build: "three" })).memory.close();
    expect(snapshots(dir)).toHaveLength(2);
    expect(snapshots(dir)).not.toContain(first);
  });

  it("that cannot even be opened is no hindrance", async () => {
    const dir = makeStore();
    await (await open({ dir, ...server })).memory.close();
    const [file = ""] = snapshots(dir);
    fs.rmSync(file);
    fs.mkdirSync(file);
    const { bench } = await told({ dir, ...server });
    expect(await state(bench)).toMatchObject({ vectors: { embedded: 80 } });
  });

  it("of another embedder lends its words, not its vectors", async () => {
    const dir = makeStore();
    await (await open({ dir, ...server })).memory.close();
    const { bench, changes } = await told({ dir, watch: true, embedder: loan("other/32", 32) });
    expect(changes).toHaveLength(1);
    expect(bench.memory.index.vectors).toEqual({ embedded: 80, total: 80, dimensions: 32 });
    await bench.memory.close();
    const { bench: none } = await told({ dir, watch: true });
    expect(none.memory.index.vectors).toEqual({ embedded: 0, total: 80 });
  });

  it("written by two processes at once is one of theirs", async () => {
    const dir = makeStore();
    const [one, other] = await Promise.all([open({ dir, ...server }), open({ dir, ...server })]);
    await Promise.all([one.memory.close(), other.memory.close()]);
    expect(snapshots(dir)).toHaveLength(1);
    const { bench, changes } = await told({ dir, ...server });
    expect(changes).toHaveLength(1);
    expect(await state(bench)).toEqual(await rebuilt(dir));
  });

  it("reads again what was changed so lately that its times may not tell", async () => {
    const dir = makeStore();
    const bench = await open({ dir, ...server });
    const file = path.join(dir, ".memory/memories/n-7.md");
    // In step with the save, of the same size, with the old time: only the time of the change tells.
    const { mtime } = fs.statSync(file);
    await bench.memory.close();
    fs.writeFileSync(file, textOf(7).replace("7\n", "8\n"));
    fs.utimesSync(file, mtime, mtime);
    const { bench: again } = await told({ dir, ...server });
    expect(await state(again)).toEqual(await rebuilt(dir));
  });

  it("lies in the person's own store where there is one, and nothing of theirs in the project's", async () => {
    const dir = makeStore();
    const first = await open({ dir, ...server });
    await first.call("save", { scope: "personal", title: "My own", content: "unmistakable" });
    await first.memory.close();
    const own = snapshotsIn(path.join(first.personal, ".git/git-memory/index"));
    expect(own).toHaveLength(1);
    expect(fs.readFileSync(own[0]!, "utf8")).toContain("My own");
    for (const file of snapshots(dir)) expect(fs.readFileSync(file, "utf8")).not.toContain("My own");
    const { bench, changes } = await told({ dir, ...server });
    expect(changes.map(({ path: file }) => file).sort()).toEqual(["project.md"]);
    expect((await bench.call("search", { query: "unmistakable" })).total).toBe(1);
  });

  it("keeps nothing of a private entry that is gone", async () => {
    const dir = makeStore();
    const first = await open({ dir, ...server });
    await first.call("save", { title: "My secret plan", content: "unmistakable words", private: true });
    await first.memory.close();
    const folder = path.join(first.personal, ".git/git-memory/index");
    const words = () => snapshotsIn(folder).map((file) => fs.readFileSync(file, "latin1"));
    expect(words().some((text) => text.includes("secret plan"))).toBe(true);
    expect(words().some((text) => text.includes(Buffer.from("unmistak", "utf16le").toString("latin1")))).toBe(true);
    const second = await open({ dir, ...server });
    await second.call("delete", { ref: "memories/my-secret-plan", purge: true });
    expect(words()).toEqual([]);
    await second.memory.close();
    expect(words()).toHaveLength(1);
    const stem = Buffer.from("unmistak", "utf16le").toString("latin1");
    expect(words().some((text) => text.includes("secret plan") || text.includes(stem))).toBe(false);
  });

  it("is not written in continuous integration, where nothing may be written, or for a repository that is gone", async () => {
    const dir = makeStore();
    await (await open({ dir, ci: true })).memory.close();
    expect(snapshots(dir)).toEqual([]);
    const bench = await open({ dir, ...server });
    fs.renameSync(dir, `${dir}.away`);
    await bench.memory.close();
    expect(fs.existsSync(dir)).toBe(false);
    fs.renameSync(`${dir}.away`, dir);
  });

  it("is as rebuilt where git's ids are not ours", async () => {
    const dir = makeStore(makeRepository(temporaryFolder(), "--object-format=sha256"));
    await (await open({ dir, ...server })).memory.close();
    expect(snapshots(dir)).toHaveLength(1);
    fs.rmSync(path.join(dir, ".memory/memories/n-7.md"));
    put(path.join(dir, ".memory/memories/n-8.md"), textOf(8, 3));
    const { bench } = await told({ dir, ...server });
    expect(bench.memory.index.size).toBe(79);
    expect(await state(bench)).toEqual(await rebuilt(dir));
  });

  it("works without git too", async () => {
    const dir = makeStore();
    fs.rmSync(path.join(dir, ".git"), { recursive: true });
    await (await open({ dir, ...server })).memory.close();
    const folder = path.join(dir, ".memory/.state/index");
    expect(snapshotsIn(folder)).toHaveLength(1);
    const { bench, changes } = await told({ dir, ...server });
    expect(changes).toHaveLength(1);
    expect(bench.memory.index.size).toBe(80);
  });
});
