import fs from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Bench, type Json } from "../support/memory.js";
import { git } from "../support/repositories.js";

const DAY = 86_400_000;

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const usageOf = async (at: Bench, ref: string): Promise<unknown> => {
  const { entries } = await at.call<{ entries: Json[] }>("get", { refs: [ref], include: ["usage"] });
  const { read_count, last_read } = entries[0] ?? {};
  return { read_count, last_read };
};
const log = (): string => `${bench.dir}/.git/git-memory/usage.jsonl`;

it("counts reads by get and context, not search hits, and not what is of the past", async () => {
  await bench.call("save", { title: "Alpha", content: "alpha words" });
  await bench.call("save", { title: "Beta", content: "beta words" });
  expect(await usageOf(bench, "alpha")).toEqual({ read_count: 0 });
  await bench.call("search", { query: "alpha" });
  await bench.call("context", { task: "alpha" });
  const at = bench.clock.at;
  await bench.call("get", { refs: ["alpha"] });
  const { versions } = await bench.call<{ versions: { version: string }[] }>("history list", { ref: "alpha" });
  await bench.call("get", { refs: ["alpha"], version: versions[0]?.version });
  const used = (await usageOf(bench, "alpha")) as { read_count: number; last_read: string };
  expect(used.read_count).toBe(3);
  expect(Date.parse(used.last_read)).toBeGreaterThanOrEqual(at);
  expect(await usageOf(bench, "beta")).toEqual({ read_count: 0 });
  expect(await bench.call("admin status")).toMatchObject({ usage: true });
});

it("keeps its counts for the next process, in local state and out of git", async () => {
  await bench.call("save", { title: "Alpha", content: "alpha words" });
  await bench.hand("memories/no-id.md", "# No id\n");
  await bench.call("get", { refs: ["alpha", "no-id"] });
  await bench.call("search", { query: "Alpha  words" });
  await bench.memory.close();
  expect(fs.readFileSync(log(), "utf8")).toContain('"q":"alpha words"');
  expect(fs.readFileSync(log(), "utf8")).toContain(".memory/memories/no-id.md");
  expect(git(bench.dir, "status", "--porcelain", "--ignored")).not.toContain("usage");
  const next = await Bench.open({ dir: bench.dir });
  expect(await usageOf(next, "alpha")).toMatchObject({ read_count: 1 });
  expect(await usageOf(next, "no-id")).toMatchObject({ read_count: 1 });
  await next.call("update", { ref: "alpha", set: { name: "renamed" } });
  expect(await usageOf(next, "renamed")).toMatchObject({ read_count: 2 });
  await next.memory.close();
});

it("counts nothing when it is off, and says so", async () => {
  const off = await Bench.open({ dir: bench.dir, env: { GIT_MEMORY_USAGE: "off" } });
  await off.call("save", { title: "Alpha", content: "alpha words" });
  await off.call("get", { refs: ["alpha"] });
  await off.call("search", { query: "alpha" });
  const answer = await off.call<{ entries: Json[]; hint: string }>("get", { refs: ["alpha"], include: ["usage"] });
  expect(answer.entries[0]).not.toHaveProperty("read_count");
  expect(answer.hint).toBe("Reads are not counted: the setting usage is off.");
  expect(await off.call("admin status")).toMatchObject({ usage: "the setting usage is off" });
  await off.memory.close();
  expect(fs.existsSync(log())).toBe(false);
});

it("has reads keep importance up: in the scores of search, and in what context gives first", async () => {
  await bench.call("save", { title: "Words one", content: "words" });
  await bench.call("save", { title: "Words two", content: "words of two", fields: { importance: 0.6 } });
  bench.clock.at += 20 * DAY;
  const days = (factor: Json | undefined) => (factor?.decay as { days: number } | undefined)?.days;
  const factors = async (): Promise<Record<string, Json>> => {
    const { hits } = await bench.call<{ hits: { title: string; explain: { adjustments: Json[] } }[] }>("search", {
      query: "words",
      explain: true,
    });
    return Object.fromEntries(hits.map(({ title, explain }) => [title, explain.adjustments[0] as Json]));
  };
  const first = async () =>
    (await bench.call<{ memories: { title: string }[] }>("context", { max_tokens: 200 })).memories[0]?.title;
  const before = await factors();
  expect(before["Words one"]).toMatchObject({ name: "importance", decay: { rate: 0.1, importance: 0.5 } });
  expect(days(before["Words one"])).toBeCloseTo(20, 3);
  await bench.call("get", { refs: ["words-one"] });
  const after = await factors();
  expect(days(after["Words one"])).toBeCloseTo(0, 3);
  expect(days(after["Words two"])).toBeCloseTo(20, 3);
  expect(await first()).toBe("Words one");
  await bench.call("admin config_set", { key: "memory_decay_enabled", value: "false" });
  expect(await first()).toBe("Words two");
  expect((await factors())["Words one"]).toEqual({ name: "importance", factor: 1 });
  await bench.call("admin config_set", { key: "memory_decay_enabled", unset: true });
  await bench.call("admin config_set", { key: "default_decay_rate", value: "0.5" });
  expect((await factors())["Words two"]).toMatchObject({ decay: { rate: 0.5 } });
});

it("loses counts and nothing else when its file is deleted", async () => {
  await bench.call("save", { title: "Alpha", content: "alpha words" });
  await bench.call("get", { refs: ["alpha"] });
  await bench.memory.close();
  fs.rmSync(log());
  const next = await Bench.open({ dir: bench.dir });
  expect(await usageOf(next, "alpha")).toEqual({ read_count: 0 });
  expect(await next.call("search", { query: "alpha" })).toMatchObject({ total: 1 });
  await next.memory.close();
});
