import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Caller } from "../../src/memory/caller.js";
import { KnownTexts } from "../../src/memory/known-texts.js";
import { Bench, type Json } from "../support/memory.js";

const [ONE, TWO] = [
  { agent: "claude", session: "one" },
  { agent: "cursor", session: "two" },
];
const BODY = "First line.\n\nSecond line.\n\nThird line.";

let bench: Bench;
let version: string;
beforeEach(async () => {
  bench = await Bench.open();
  ({ version } = await bench.call<{ version: string }>("save", { title: "A", content: BODY, tags: ["x"] }, ONE));
  bench.clock.at += 60_000;
});
afterEach(() => bench.close());

const current = async (): Promise<Json> =>
  (await bench.call<{ entries: Json[] }>("get", { refs: ["a"] })).entries[0] ?? {};

/** A client over MCP: what it reads and writes is remembered. */
function connected(caller: Caller) {
  const connection = { texts: new KnownTexts() };
  return (verb: string, input: Json) => bench.call(verb, input, caller, connection);
}

describe("a change made on an older version", () => {
  it("merges with what came since where the two are apart", async () => {
    await bench.call("update", { ref: "a", set: { importance: 0.9 }, add_tags: ["y"], base_version: version }, ONE);
    const content = BODY.replace("Third", "3rd");
    const input = { ref: "a", content, set: { summary: "S" }, add_tags: ["z"], base_version: version };
    const result = await bench.call("update", input, TWO);
    expect(result).toMatchObject({ change: "merged", merged: true });
    expect(result).not.toHaveProperty("conflict");
    expect(await current()).toMatchObject({
      content,
      fields: { importance: 0.9, summary: "S", tags: ["x", "z", "y"] },
    });
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "a" });
    expect(versions.map(({ change_type }) => change_type)).toEqual(["merged", "updated", "created"]);
  });

  it("merges the maps of a field key by key", async () => {
    const tool = await bench.call("save", { title: "T", content: "How to.", kind: "tool" }, ONE);
    const set = (parameters: Json, caller: Caller) =>
      bench.call("update", { ref: "t", set: { parameters }, base_version: tool.version }, caller);
    await set({ eu: { type: "string" } }, ONE);
    const result = await set({ us: { type: "number" } }, TWO);
    expect(result).toMatchObject({ change: "merged", merged: true });
    expect(result).not.toHaveProperty("conflict");
    const text = bench.text("tools/t.md") ?? "";
    for (const word of ["eu:", "us:"]) expect(text).toContain(word);
  });

  it("keeps both sides where they are not: the later writer's stays, the earlier one's is on record", async () => {
    const theirs = BODY.replace("Second", "2nd").replace("First", "1st");
    const earlier = await bench.call("update", { ref: "a", content: theirs, base_version: version }, ONE);
    const ours = BODY.replace("Second", "Zweite");
    const result = await bench.call("update", { ref: "a", content: ours, base_version: version }, TWO);
    expect(result).toMatchObject({ merged: true, contested: ["body"], conflict: expect.stringMatching(/-8...-/) });
    expect(await current()).toMatchObject({
      content: BODY.replace("First", "1st").replace("Second", "Zweite"),
      conflict: result.conflict,
    });
    const text = bench.text(`conflicts/${result.conflict}.md`) ?? "";
    for (const word of ["Zweite", "2nd", String(earlier.version), version]) expect(text).toContain(word);
    const { hits } = await bench.call<{ hits: Json[] }>("search", { query: "zweite" });
    expect(hits[0]).toMatchObject({ conflict: result.conflict });
    expect(await bench.call("context", {})).toMatchObject({
      conflicts: [{ id: result.conflict, address: "memories/a", fields: ["body"] }],
    });
    expect(bench.journal()[0]).toBe("memory: merge memory a");
  });

  it("is refused when nobody has that version, and when it would move or delete", async () => {
    const { version: now } = await bench.call("update", { ref: "a", append: "x" }, ONE);
    const before = bench.trace();
    for (const [verb, input] of [
      ["update", { base_version: "0".repeat(40), content: "y" }],
      ["update", { base_version: version, set: { name: "b" } }],
      ["delete", { base_version: version }],
    ] as const) {
      const error = await bench.refused(verb, { ref: "a", ...input }, "stale_version");
      expect(error.data).toMatchObject({ version: now, current: bench.text("memories/a.md") });
    }
    expect(bench.trace()).toEqual(before);
  });

  it("adds to whatever is current", async () => {
    await bench.call("update", { ref: "a", append: "One." }, ONE);
    const result = await bench.call("update", { ref: "a", append: "Two.", base_version: version }, TWO);
    expect(result).not.toHaveProperty("conflict");
    expect((await current()).content).toBe(`${BODY}\n\nOne.\n\nTwo.`);
  });

  it("of one's own session is nobody else's", async () => {
    await bench.call("update", { ref: "a", set: { importance: 0.9 }, base_version: version }, ONE);
    const result = await bench.call("update", { ref: "a", set: { importance: 0.1 }, base_version: version }, ONE);
    expect(result).not.toHaveProperty("conflict");
    expect((await current()).fields).toMatchObject({ importance: 0.1 });
    await bench.hand("memories/a.md", (bench.text("memories/a.md") ?? "").replace("0.1", "0.5"));
    const third = await bench.call("update", { ref: "a", set: { importance: 0.7 }, base_version: version }, ONE);
    expect(third).toMatchObject({ contested: ["importance"] });
  });
});

describe("a connection", () => {
  it("that read, slept and writes back the whole text merges with what came between", async () => {
    const agent = connected(TWO);
    await agent("get", { refs: ["a"] });
    bench.clock.at += 3_600_000;
    await bench.call("update", { ref: "a", edits: [{ old: "First", new: "1st" }] }, ONE);
    bench.clock.at += 3_600_000;
    const result = await agent("update", { ref: "a", content: BODY.replace("Third", "3rd") });
    expect(result).toMatchObject({ merged: true });
    expect((await current()).content).toBe(BODY.replace("Third", "3rd").replace("First", "1st"));
    // It knows its own text, not the merged one: writing that again takes nothing back.
    await agent("update", { ref: "a", content: BODY.replace("Third", "3rd").replace("Second", "2nd") });
    expect((await current()).content).toBe(
      BODY.replace("Third", "3rd").replace("First", "1st").replace("Second", "2nd"),
    );
  });

  it("that never read the entry may set, append and edit, but not replace the text", async () => {
    const agent = connected(TWO);
    const input = { ref: "a", content: "Something else." };
    await expect(agent("update", input)).rejects.toMatchObject({
      code: "stale_version",
      data: { version, current: bench.text("memories/a.md") },
    });
    await agent("update", { ref: "a", set: { importance: 0.9 } });
    await agent("update", { ref: "a", edits: [{ old: "Second", new: "2nd" }] });
    await agent("update", { ref: "a", append: "Fourth." });
    await expect(agent("update", input)).rejects.toMatchObject({ code: "stale_version" });
    await agent("get", { refs: ["a"] });
    expect(await agent("update", input)).toMatchObject({ change: "updated" });
    await agent("save", { title: "B", content: "b" });
    expect(await agent("update", { ref: "b", content: "c" })).toMatchObject({ change: "updated" });
  });

  it("has read what a context gave it whole", async () => {
    const agent = connected(TWO);
    await agent("context", { task: "first line" });
    expect(await agent("update", { ref: "a", content: "Shorter." })).toMatchObject({ change: "updated" });
    await bench.call("update", { ref: "a", content: "long ".repeat(2_000), base_version: (await current()).version });
    const other = connected(ONE);
    await other("context", { task: "long" });
    await expect(other("update", { ref: "a", content: "x" })).rejects.toMatchObject({ code: "stale_version" });
  });

  it("does not delete or move what it has not seen", async () => {
    const agent = connected(TWO);
    await agent("get", { refs: ["a"] });
    await bench.call("update", { ref: "a", append: "x" }, ONE);
    await expect(agent("delete", { ref: "a" })).rejects.toMatchObject({ code: "stale_version" });
    await expect(agent("update", { ref: "a", set: { name: "b" } })).rejects.toMatchObject({ code: "stale_version" });
    await expect(agent("update", { ref: "a", set: { scope: "personal" } })).rejects.toMatchObject({
      code: "stale_version",
    });
    await agent("get", { refs: ["a"] });
    expect(await agent("update", { ref: "a", set: { name: "b" } })).toMatchObject({ address: "memories/b" });
    await bench.call("update", { ref: "b", append: "y" }, ONE);
    await expect(agent("delete", { ref: "b" })).rejects.toMatchObject({ code: "stale_version" });
  });
});

describe("the five seconds of callers without a base", () => {
  /** A clock that stands still. */
  function stop(at: number): void {
    Object.defineProperty(bench.clock, "at", { configurable: true, get: () => at, set: () => undefined });
  }

  /** Two writers set one field, the second so long after the first. */
  async function setAfter(milliseconds: number, one: Caller, two: Caller): Promise<Json> {
    const start = bench.clock.at;
    stop(start);
    await bench.call("update", { ref: "a", set: { importance: 0.9 } }, one);
    stop(start + milliseconds);
    return bench.call("update", { ref: "a", set: { importance: 0.1 } }, two);
  }

  it.each([
    ["another session", ONE, TWO],
    ["no session after one", ONE, {}],
    ["another agent", { agent: "a" }, { agent: "b" }],
    ["another author", {}, { author: { name: "Grace", email: "g@example.com" } }],
  ] as const)("%s: both are kept, and it is on record", async (_what, one, two) => {
    expect(await setAfter(4_999, one, two)).toMatchObject({ merged: true, contested: ["importance"] });
    expect((await current()).fields).toMatchObject({ importance: 0.1 });
  });

  it.each([
    ["the same session", ONE, { agent: "other", session: "one" }],
    ["the same process, agent and person", {}, {}],
  ] as const)("%s is one writer", async (_what, one, two) => {
    const result = await setAfter(1_000, one, two);
    expect(result).not.toHaveProperty("conflict");
    expect(result).not.toHaveProperty("merged");
  });

  it("a field that is set is set, also to what it was before", async () => {
    await bench.call("delete", { ref: "a" }, ONE);
    const result = await bench.call("update", { ref: "a", set: { status: null } }, TWO);
    expect(result).toMatchObject({ change: "restored", merged: true, contested: ["status"] });
    expect((await current()).fields).not.toHaveProperty("status");
    expect(await bench.call("conflict show", { id: result.conflict })).toMatchObject({
      b: { values: { status: "archived" } },
    });
  });

  it("are over after five: nobody is asked any more", async () => {
    expect(await setAfter(5_000, ONE, TWO)).not.toHaveProperty("conflict");
  });

  it("do not count for a hand edit, and fields apart merge silently", async () => {
    await bench.hand("memories/a.md", (bench.text("memories/a.md") ?? "").replace("First", "1st"));
    expect(await bench.call("update", { ref: "a", set: { summary: "S" } }, TWO)).not.toHaveProperty("merged");
    const result = await bench.call("update", { ref: "a", content: BODY.replace("Third", "3rd") }, ONE);
    expect(result).toMatchObject({ merged: true });
    expect(result).not.toHaveProperty("conflict");
    expect((await current()).fields).toMatchObject({ summary: "S" });
  });
});
