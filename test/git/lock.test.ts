import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bootId, type IsAlive, type Owner, processStart, WriteLock } from "../../src/git/lock.js";
import { temporaryFolder } from "../support/repositories.js";

let dir: string;
let file: string;
const owner = (more: Partial<Owner> = {}): Owner => ({ host: "here", boot: "b1", pid: 1, started: "s", ...more });
const lock = (more: Partial<Owner> = {}, isAlive: IsAlive = async () => true) =>
  new WriteLock(file, owner(more), isAlive);
const leave = (more: Partial<Owner> = {}) =>
  fs.writeFileSync(file, JSON.stringify({ ...owner({ pid: 99, ...more }), nonce: "n" }));
const dead: IsAlive = async ({ pid }) => pid !== 99;

beforeEach(() => {
  dir = temporaryFolder();
  file = path.join(dir, "write.lock");
});
afterEach(() => {
  expect(fs.readdirSync(dir).filter((name) => name !== "write.lock")).toEqual([]);
  fs.rmSync(dir, { recursive: true });
});

describe("the write lock", () => {
  it("lets one at a time work, in this process and beside others", async () => {
    let [inside, most, done] = [0, 0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      done++;
    };
    const locks = [lock(), lock({ pid: 2 }), lock({ pid: 3 })];
    await Promise.all(Array.from({ length: 60 }, (_, at) => locks[at % 3]!.hold(work)));
    expect([most, done, fs.existsSync(file)]).toEqual([1, 60, false]);
  });

  it("is free again after work that throws", async () => {
    const one = lock();
    await expect(one.hold(async () => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(await one.hold(async () => 1)).toBe(1);
  });

  it("names the holder when it does not become free", async () => {
    leave();
    await expect(lock().hold(async () => 1, 30)).rejects.toMatchObject({
      code: "locked",
      message: /process 99 on here/,
      data: { pid: 99, host: "here" },
    });
    expect(fs.existsSync(file)).toBe(true);
  });

  it.each([
    ["a process that is gone", "b1", dead],
    ["another boot of this machine", "b0", async () => true],
  ])("takes over from %s", async (_name, boot, isAlive) => {
    leave({ boot });
    expect(await lock({}, isAlive).hold(async () => 1)).toBe(1);
    expect(fs.existsSync(file)).toBe(false);
  });

  it("takes another machine's holder, or a damaged file, for dead only when its heartbeat is old", async () => {
    for (const text of [JSON.stringify({ ...owner({ host: "there" }), nonce: "n" }), "", "{"]) {
      fs.writeFileSync(file, text);
      await expect(lock().hold(async () => 1, 30)).rejects.toMatchObject({ code: "locked" });
      fs.utimesSync(file, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
      expect(await lock().hold(async () => 1)).toBe(1);
    }
  });

  it("has one winner when many take over at once", async () => {
    for (let round = 0; round < 20; round++) {
      leave();
      let [inside, most] = [0, 0];
      const takers = Array.from({ length: 8 }, (_, at) =>
        lock({ pid: at + 1 }, dead).hold(async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside--;
        }),
      );
      await Promise.all(takers);
      expect(most).toBe(1);
    }
  });

  it("passes over a taker that died in the middle of taking over", async () => {
    leave();
    const mine = JSON.stringify({ ...owner({ pid: 99 }), nonce: "m" });
    let claim = "";
    // The claim's name as a living taker sees it: made, and then left behind.
    const spy = lock({ pid: 5 }, async (who) => {
      claim ||= fs.readdirSync(dir).find((name) => name !== "write.lock") ?? "";
      return who.pid !== 99;
    });
    const { createHash } = await import("node:crypto");
    const seen = fs.readFileSync(file);
    const id = createHash("sha1").update(`blob ${seen.length}\0`).update(seen).digest("hex").slice(0, 16);
    fs.writeFileSync(`${file}.${id}.0`, mine);
    expect(await spy.hold(async () => 1)).toBe(1);
    expect(claim).toBe(`write.lock.${id}.0`);
  });

  it("knows this process by boot and start time", async () => {
    expect(await bootId()).not.toBe("");
    expect(await processStart(process.pid)).toMatch(/^\d+$/);
    expect(await processStart(2 ** 22 + 1)).toBe("");
  });
});
