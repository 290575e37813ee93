import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { AuditRecord } from "../../src/store/audit-log.js";
import { Bench, type Given, type Json } from "../support/memory.js";
import { put } from "../support/repositories.js";

let bench: Bench;
afterEach(() => bench.close());

const logged: unknown[] = [];
async function open(given: Given = {}): Promise<Bench> {
  logged.length = 0;
  bench = await Bench.open({ ...given, logged });
  return bench;
}

const file = () => path.join(bench.dir, ".git/git-memory/audit.jsonl");
const record = (minute: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  time: `2024-05-06T07:0${minute}:00.000Z`,
  operation: "save",
  effect: "write",
  status: 201,
  ms: 2,
  ...more,
});
const ask = (input: Json = {}) =>
  bench.call<{ calls: AuditRecord[]; total: number; hint?: string }>("admin audit", input);

describe("calls on record", () => {
  it("are found by time, operation and session, newest first", async () => {
    await open();
    const all = [
      record(0, { session: "a", resource: ["memories/x"] }),
      record(1, { operation: "history list", effect: "read", status: 200 }),
      record(2, { operation: "history restore", session: "b", error: "not_found", status: 404 }),
      record(3, { operation: "savepoint" }),
    ];
    for (const one of all) bench.memory.audit.note(one);
    const [first, list, restore, last] = all;
    expect(await ask()).toEqual({ calls: [last, restore, list, first], total: 4 });
    expect(await ask({ limit: 1 })).toEqual({ calls: [last], total: 4 });
    expect(await ask({ since: "2024-05-06T07:02:00Z" })).toMatchObject({ calls: [last, restore] });
    expect(await ask({ operation: "history" })).toMatchObject({ calls: [restore, list] });
    expect(await ask({ operation: "history list" })).toMatchObject({ calls: [list] });
    expect(await ask({ operation: "save" })).toMatchObject({ calls: [first] });
    expect(await ask({ session: "b" })).toMatchObject({ calls: [restore] });
    expect(await ask({ session: "b", operation: "save" })).toEqual({ calls: [], total: 0 });
    for (const input of [{ limit: 201 }, { limit: 0 }, { since: "soon" }, { operation: "" }, { agent: "x" }])
      await bench.refused("admin audit", input, "invalid_input");
    expect(logged).toEqual([]);
  });

  it("show words of strangers as words", async () => {
    await open();
    put(file(), `${JSON.stringify(record(1, { agent: "`x`\u001b[2J](http://e)", operation: "save\nnow" }))}\n`);
    const { findOperation } = await import("../../src/operations/registry.js");
    const text = findOperation("admin", "audit")?.render(await ask(), "detailed", (said) => said);
    expect(text).toBe("- 2024-05-06T07:01:00.000Z save\uFFFDnow 201 · `` `x`\uFFFD[2J](http://e) `` · 2 ms");
  });

  it("wait for the store, and are written when the memory closes", async () => {
    let begin = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      begin = resolve;
    });
    bench = await Bench.opening({ gate, logged });
    bench.memory.audit.note(record(1));
    await bench.memory.audit.flush();
    begin();
    await bench.memory.fresh();
    bench.memory.audit.note(record(2));
    await bench.memory.close();
    expect(fs.readFileSync(file(), "utf8").trim().split("\n")).toHaveLength(2);
    bench.memory.audit.note(record(3));
    expect((await ask()).total).toBe(2);
  });

  it("are not kept when the person says so, whatever the project's manifest says", async () => {
    await open({ env: { GIT_MEMORY_AUDIT: "off" } });
    bench.memory.audit.note(record(1));
    expect(await ask()).toEqual({ calls: [], total: 0, hint: expect.stringContaining("audit is off") as string });
    expect(fs.existsSync(file())).toBe(false);
    await bench.close();

    await open();
    await bench.hand("memory.yaml", "format: 1\nscope: project\nname: demo\naudit: off\n");
    await (await bench.memory.store()).reload();
    bench.memory.audit.note(record(1));
    expect((await ask()).total).toBe(1);
    put(path.join(bench.personal, "memory.yaml"), "format: 1\nscope: global\naudit: off\n");
    await bench.memory.fresh();
    bench.memory.audit.note(record(2));
    expect(await ask()).toMatchObject({ total: 1, hint: expect.stringContaining("audit is off") as string });
    expect(logged).toEqual([]);
  });

  it("are not kept in continuous integration, which is said once", async () => {
    await open({ ci: true });
    for (const minute of [1, 2]) {
      bench.memory.audit.note(record(minute));
      await bench.memory.audit.flush();
    }
    expect(logged).toEqual([["audit", expect.stringContaining("continuous integration")]]);
    expect(fs.existsSync(file())).toBe(false);
  });

  it("are given up with one word when the disk fails, and taken again when it does not", async () => {
    await open();
    put(path.join(file(), "in the way"), "");
    for (const minute of [1, 2]) {
      expect(() => bench.memory.audit.note(record(minute))).not.toThrow();
      await expect(bench.memory.audit.flush()).resolves.toBeUndefined();
    }
    expect(logged).toEqual([["audit", expect.objectContaining({ code: "EISDIR" })]]);
    fs.rmSync(file(), { recursive: true });
    bench.memory.audit.note(record(3));
    expect((await ask()).calls).toEqual([record(3)]);
    expect(logged).toHaveLength(1);
  });
});
