import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { EmbedderLoan } from "../../src/memory/meaning.js";
import type { Embedder } from "../../src/search/embedder.js";
import { hashed } from "../../src/search/embedders/hashed.js";
import { Bench, type Json, SECRET } from "../support/memory.js";
import { entryText, makeCheckedInStore, put } from "../support/repositories.js";

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

/** Words as directions: two texts of which nine words in ten are the same have a cosine of about 0.9. */
function loan(embed: Embedder["embed"] = hashed(256).embed): EmbedderLoan {
  return {
    choose: () => ({
      driver: "hashed",
      embedder: { id: "hashed/256", dimensions: 256, embed, close: async () => undefined },
    }),
    pause: (_milliseconds, signal) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("over")), { once: true })),
  };
}

const TEXT =
  "Postgres backups run every night at two from the worker host, go to the cold bucket, and are kept for ninety days before the cleaner removes them.";
const NEARLY = TEXT.replace("night", "evening");
const LIKE = TEXT.replace("every night at two", "each Sunday around three").replace("ninety", "thirty");
const OTHER = "The login page shows a spinner until the token of the session has arrived.";

async function open(embedder: EmbedderLoan = loan(), given = {}): Promise<Bench> {
  const dir = makeCheckedInStore();
  put(path.join(dir, ".memory/memories/backups.md"), entryText("Backups", TEXT));
  put(path.join(dir, ".memory/memories/login.md"), entryText("Login", OTHER));
  const bench = await Bench.open({ dir, embedder, watch: true, ...given });
  benches.push(bench);
  await bench.embedded();
  return bench;
}

describe("a save of what is there in nearly the same words", () => {
  it("is refused with the entry, unless it is wanted all the same; then the answer tells of it", async () => {
    const bench = await open();
    const input = { title: "Backups", name: "copies", content: NEARLY };
    const error = await bench.refused("save", input, "already_exists");
    expect(error.message).toMatch(/memories\/backups says nearly the same \(similarity 0\.9\d\)\. Nothing was written/);
    expect(error.data).toMatchObject({ address: "memories/backups", title: "Backups" });
    const saved = await bench.call("save", { ...input, allow_similar: true });
    expect(saved).toMatchObject({ change: "created" });
    expect(saved.similar).toEqual([{ address: "memories/backups", title: "Backups", similarity: expect.any(Number) }]);
  });

  it("in another kind is saved, and told", async () => {
    const saved = await (await open()).call("save", { title: "Backups", kind: "guideline", content: NEARLY });
    expect(saved).toMatchObject({ change: "created", similar: [{ address: "memories/backups" }] });
  });

  it("that is only like it is saved, and told; one that is not says nothing", async () => {
    const bench = await open();
    const { similar } = await bench.call<{ similar: { similarity: number }[] }>("save", {
      title: "Backups",
      name: "weekly",
      content: LIKE,
    });
    expect(similar).toHaveLength(1);
    expect(similar[0]!.similarity).toBeGreaterThanOrEqual(0.8);
    expect(similar[0]!.similarity).toBeLessThan(0.95);
    expect(await bench.call("save", { title: "Colours", content: "The logo is green." })).not.toHaveProperty("similar");
  });

  it("an archived entry does not stand in its way", async () => {
    const bench = await open();
    await bench.call("delete", { ref: "memories/backups" });
    const saved = await bench.call("save", { title: "Backups", name: "copies", content: NEARLY });
    expect(saved).not.toHaveProperty("similar");
  });

  it("a text is not like an entry that it is a part of", async () => {
    const bench = await open();
    const words = (n: number) => Array.from({ length: 90 }, (_, k) => `word${n}of${k}`).join(" ");
    const long = [TEXT, ...Array.from({ length: 6 }, (_, n) => words(n))].join("\n\n");
    await bench.call("save", { title: "Everything", content: long });
    await bench.embedded();
    await bench.call("delete", { ref: "memories/backups" });
    const saved = await bench.call("save", { title: "Everything", name: "part", content: NEARLY });
    expect(saved).not.toHaveProperty("similar");
  });

  it("in a bulk is found at its position", async () => {
    const bench = await open();
    const items = [
      { op: "save", title: "Colours", content: "The logo is green." },
      { op: "save", title: "Backups", name: "copies", content: NEARLY },
    ];
    const error = await bench.refused("bulk", { items }, "already_exists");
    expect(error.data).toMatchObject({ errors: [{ position: 1, data: { address: "memories/backups" } }] });
    const allowed = [items[0], { ...items[1], allow_similar: true }];
    const { results } = await bench.call<{ results: Json[] }>("bulk", { items: allowed });
    expect(results[0]).not.toHaveProperty("similar");
    expect(results[1]).toHaveProperty("similar");
  });

  it("is found in a long text too, whose end is not looked at", async () => {
    const bench = await open();
    const part = (n: number) => Array.from({ length: 90 }, (_, k) => `word${n}of${k}`).join(" ");
    const parts = Array.from({ length: 14 }, (_, n) => part(n));
    await bench.call("save", { title: "A handbook", content: parts.join("\n\n") });
    await bench.embedded();
    const again = { title: "A handbook", name: "again", content: [...parts, part(99)].join("\n\n") };
    await bench.refused("save", again, "already_exists");
  });

  it("reaches no embedder when it will be refused for a secret, and is kept beside its own store", async () => {
    const asked: string[] = [];
    const bench = await open(
      loan((texts) => {
        asked.push(...texts);
        return hashed(256).embed(texts);
      }),
    );
    asked.length = 0;
    await bench.refused("save", { title: "A key", content: `The key is ${SECRET}.` }, "invalid_input");
    expect(asked).toEqual([]);
    const vectors = (folder: string) => path.join(folder, ".git/git-memory/vectors");
    const size = () =>
      fs.readdirSync(vectors(bench.dir)).map((name) => fs.statSync(path.join(vectors(bench.dir), name)).size);
    const before = size();
    await bench.call("save", { scope: "personal", title: "My own", content: "Only for me." });
    await bench.embedded();
    expect(asked.length).toBe(1);
    expect(size()).toEqual(before);
    expect(fs.existsSync(vectors(bench.personal))).toBe(true);
  });

  it("goes on without a word where vectors fail, come too late, or are not there", async () => {
    const save = { title: "Backups", name: "copies", content: NEARLY };
    let works = true;
    const bench = await open(loan((texts) => (works ? hashed(256).embed(texts) : Promise.reject(new Error("down")))));
    works = false;
    expect(await bench.call("save", save)).toMatchObject({ change: "created" });
    const never = loan((texts, signal) => {
      if (works) return hashed(256).embed(texts);
      return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("over"))));
    });
    works = true;
    const slow = await open({ ...never, pause: async () => undefined });
    works = false;
    expect(await slow.call("save", save)).toMatchObject({ change: "created" });
    expect(await (await open(undefined, { ci: true })).call("save", save)).not.toHaveProperty("similar");
  });
});
