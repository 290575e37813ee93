import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { attend, invoke, type OperationContext } from "../../src/operations/operation.js";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, type Json } from "../support/memory.js";
import { entryText, makeCheckedInStore, put, until } from "../support/repositories.js";

let bench: Bench;
afterEach(() => bench.close());

/** Something to wait for, and its end. */
function gate() {
  let open: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { closed, open };
}

const CALLER = { session: "s1" };
const call = (verb: string, input: Json, more: Partial<OperationContext> = {}) => {
  const [area = "", action] = verb.split(" ");
  return invoke(findOperation(area, action)!, { memory: bench.memory, caller: CALLER, ...more }, input);
};
const filled = (count: number): string => {
  const dir = makeCheckedInStore();
  for (let at = 0; at < count; at++) put(path.join(dir, `.memory/memories/n-${at}.md`), entryText(`N ${at}`));
  return dir;
};

describe("a call that waits for the index", () => {
  it("ends when it is cancelled, and never writes then", async () => {
    const { closed, open } = gate();
    bench = await Bench.opening({ gate: closed });
    const caller = new AbortController();
    const saving = call("save", { title: "Too late", content: "text" }, { signal: caller.signal });
    caller.abort();
    await expect(saving).rejects.toMatchObject({ code: "unavailable" });
    await expect(call("search", {}, { signal: caller.signal })).rejects.toMatchObject({ code: "unavailable" });
    open();
    expect(await call("search", {})).toMatchObject({ total: 0 });
    expect(bench.trace()).toMatchObject({ status: "", journal: "" });
  });

  it("tells how far the index is, and the state does too, without waiting", async () => {
    const { closed, open } = gate();
    bench = await Bench.opening({ dir: filled(30), gate: closed });
    const told: [number, number | undefined, string][] = [];
    const searching = call("search", {}, { progress: (...one) => told.push(one) });
    expect(bench.memory.expected).toBeUndefined();
    open();
    expect(await searching).toMatchObject({ total: 30 });
    expect(told[0]).toEqual([0, 30, "Reading the entries"]);
    expect(told.at(-1)).toEqual([30, 30, "Reading the entries"]);
    expect(await call("admin status", {})).toMatchObject({ index: { state: "ready", done: 30, total: 30 } });
  });
});

describe("a long call", () => {
  it("that looks at every file again tells how far it is, and nothing once it is over", async () => {
    bench = await Bench.open({ dir: filled(20) });
    const told: [number, number | undefined, string][] = [];
    await call("admin reindex", {}, { progress: (...one) => told.push(one) });
    expect(told.at(-1)).toEqual([20, 20, "Reading the entries"]);
    const count = told.length;
    await bench.rescan();
    expect(told.length).toBe(count);
  });

  it("that has no count says now and then that it goes on", async () => {
    bench = await Bench.open();
    const told: unknown[] = [];
    const { closed, open } = gate();
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const context = { memory: bench.memory, caller: CALLER, progress: (...one: unknown[]) => void told.push(one) };
      const working = attend(context, () => closed);
      vi.advanceTimersByTime(11_000);
      open();
      await working;
      vi.advanceTimersByTime(60_000);
    } finally {
      vi.useRealTimers();
    }
    expect(told).toEqual([1, 2].map((beats) => [beats, undefined, "Still at work"]));
  });

  it("that writes many entries tells which it is at", async () => {
    bench = await Bench.open();
    const told: unknown[] = [];
    const items = Array.from({ length: 3 }, (_, at) => ({ op: "save", title: `N ${at}`, content: `text ${at}` }));
    await call("bulk", { items }, { progress: (...one) => told.push(one) });
    expect(told).toEqual([0, 1, 2].map((at) => [at, 3, "Deciding item by item"]));
  });
});

describe("a call that waits for the write lock", () => {
  it.each([
    ["save", { title: "Too late", content: "text" }],
    ["update", { ref: "kept", append: "more" }],
    ["delete", { ref: "kept" }],
    ["bulk", { items: [{ op: "save", title: "A", content: "a" }] }],
    ["history restore", { ref: "kept", version: "first" }],
  ])("%s writes nothing when it is cancelled meanwhile", async (verb, input: Json) => {
    bench = await Bench.open();
    const { version } = await bench.call("save", { title: "Kept", content: "text" });
    await bench.call("update", { ref: "kept", append: "second" });
    const before = bench.trace();
    const store = await bench.memory.store();
    const [held, holding] = [gate(), gate()];
    const other = store.exclusive(async () => {
      holding.open();
      await held.closed;
    });
    await holding.closed;
    const caller = new AbortController();
    const given = input.version === "first" ? { ...input, version } : input;
    let over = false;
    const waiting = call(verb, given, { signal: caller.signal }).finally(() => {
      over = true;
    });
    const refused = expect(waiting).rejects.toMatchObject({ code: "unavailable" });
    caller.abort();
    expect(over).toBe(false);
    held.open();
    await Promise.all([other, refused]);
    await until(() => over);
    expect(bench.trace()).toEqual(before);
  });
});
