import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { Bench, entryText } from "../support/memory.js";
import { faults, git, makeCheckedInStore, makeOwnStore, put } from "../support/repositories.js";

const ENTRIES = 10_000;

describe.each(["journal", "each"])("a tag of 10,000 entries, in %s mode", (mode) => {
  it("is renamed in one write, and back to the same bytes", { timeout: 1_800_000 }, async () => {
    const dir = mode === "each" ? makeOwnStore() : makeCheckedInStore();
    const root = mode === "each" ? dir : path.join(dir, ".memory");
    for (let at = 0; at < ENTRIES; at++)
      put(
        path.join(root, `memories/d${at % 20}/m${at}.md`),
        entryText(`title: M${at}\ntags: [x, bill, y${at % 7}]`, `Text number ${at} `.repeat(20)),
      );
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "all");
    const tree = git(dir, "rev-parse", "HEAD:").trim();
    const bench = await Bench.open({ dir });
    let [stall, last] = [0, performance.now()];
    const clock = setInterval(() => {
      const now = performance.now();
      stall = Math.max(stall, now - last);
      last = now;
    }, 10);
    const since = performance.now();
    const used = process.cpuUsage();
    expect(await bench.call("tag rename", { name: "bill", to: "money" })).toMatchObject({ entries: ENTRIES });
    const { user, system } = process.cpuUsage(used);
    clearInterval(clock);
    const seconds = (milliseconds: number) => (milliseconds / 1_000).toFixed(1);
    console.info(
      `${mode}: ${ENTRIES} entries in ${seconds(performance.now() - since)} s, ${seconds((user + system) / 1_000)} s of them computing; longest pause ${seconds(stall)} s`,
    );
    expect(bench.journal()).toEqual([`memory: rename tag bill to money in ${ENTRIES} entries`]);
    expect(await bench.call("tag list", { limit: 1 })).toMatchObject({ tags: [{ name: "money", entries: ENTRIES }] });
    await bench.call("tag rename", { name: "money", to: "bill" });
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(git(dir, "rev-parse", "HEAD:").trim()).toBe(tree);
    expect(faults(dir)).toBe("");
    await bench.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });
});
