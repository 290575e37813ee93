import { afterEach, beforeEach, expect, it } from "vitest";
import { Bench, type Json } from "../support/memory.js";

const ONE = { agent: "claude", session: "one" };
const TWO = { agent: "cursor", session: "two" };

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

/** When the newest version was recorded (ms). */
async function writtenAt(): Promise<number> {
  const { versions } = await bench.call<{ versions: { at: string }[] }>("history list", { ref: "a" });
  return Date.parse(versions[0]?.at ?? "");
}

/** Two sessions append, the second so long after the first; what the second is told. */
async function appendAfter(milliseconds: number): Promise<unknown> {
  const append = (caller: typeof ONE) => bench.call("update", { ref: "a", append: "x" }, caller);
  const start = bench.clock.at;
  await append(ONE);
  // A write looks at the clock some times before it is recorded, always as often.
  const looks = (await writtenAt()) - start;
  bench.clock.at = start + milliseconds;
  const result = await append(TWO);
  expect((await writtenAt()) - start - looks).toBe(milliseconds);
  return result.hint;
}

it("tells a writer without base of another one less than five seconds before, to the millisecond", async () => {
  const first = await bench.call("save", { title: "A", content: "a" }, ONE);
  bench.clock.at += 60_000;
  expect(await appendAfter(5_000)).toBeUndefined();
  bench.clock.at += 60_000;
  const hint = String(await appendAfter(4_999));
  expect(hint).toMatch(/^another writer \(claude\) changed this entry 5\.0 s before, as version [0-9a-f]{12}; both/);
  const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "a" });
  expect(hint).toContain(String(versions[1]?.version).slice(0, 12));
  expect(versions.map(({ version }) => version)).toContain(first.version);
});

it("follows conflict_window_ms, from the next call", async () => {
  await bench.call("save", { title: "A", content: "a" }, ONE);
  await bench.call("admin config_set", { key: "conflict_window_ms", value: "100" });
  bench.clock.at += 60_000;
  expect(await appendAfter(100)).toBeUndefined();
  bench.clock.at += 60_000;
  expect(await appendAfter(99)).toContain("0.1 s before");
  await bench.call("admin config_set", { key: "conflict_window_ms", value: "0" });
  expect(await appendAfter(80)).toBeUndefined();
});

it("says nothing of one's own write, of a version that was read, of other entries, of hand edits", async () => {
  const { version } = await bench.call("save", { title: "A", content: "a" }, ONE);
  const quiet = async (input: Json, caller = TWO) =>
    expect(await bench.call("update", { ref: "a", append: "x", ...input }, caller)).not.toHaveProperty("hint");
  await quiet({}, ONE);
  await quiet({
    base_version: (await bench.call<{ version: string }>("update", { ref: "a", append: "y" }, ONE)).version,
  });
  await bench.call("save", { title: "B", content: "b" }, ONE);
  bench.clock.at += 10_000;
  await bench.call("update", { ref: "b", append: "x" }, ONE);
  await quiet({});
  await bench.call("update", { ref: "a", append: "z" }, ONE);
  await bench.hand("memories/a.md", `${bench.text("memories/a.md")}\nby hand\n`);
  await quiet({});
  expect(version).toMatch(/^[0-9a-f]{40}$/);
});

it("tells those who archive, restore and write many too", async () => {
  const { version } = await bench.call("save", { title: "A", content: "a" }, ONE);
  const told = async (verb: string, input: Json) => {
    await bench.call("update", { ref: "a", append: "x", set: { status: null } }, ONE);
    return bench.call(verb, input, TWO);
  };
  const hint = expect.stringContaining("another writer");
  expect(await told("delete", { ref: "a" })).toMatchObject({ hint });
  expect(await told("history restore", { ref: "a", version })).toMatchObject({ hint });
  const items = [
    { op: "update", ref: "a", append: "x" },
    { op: "save", title: "C", content: "c" },
  ];
  const { results } = (await told("bulk", { items })) as { results: Json[] };
  expect(results.map((one) => "hint" in one)).toEqual([true, false]);
});
