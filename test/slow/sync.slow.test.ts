import { describe, expect, it } from "vitest";
import { pullAtRandom } from "../support/pull-chaos.js";
import { killPulls } from "../support/pull-killing.js";
import { syncAtRandom } from "../support/sync-chaos.js";

describe("two clones that write at random and sync in random order", () => {
  it("end equal after 500 rounds, and nothing is lost", { timeout: 1_800_000 }, async () => {
    await expect(syncAtRandom(500, 1)).resolves.toBeUndefined();
  });

  it("end equal without the git program, over HTTP", { timeout: 900_000 }, async () => {
    await expect(syncAtRandom(100, 6, true)).resolves.toBeUndefined();
  });

  it.each([2, 3, 4, 5])("end equal whatever they do (%i)", { timeout: 600_000 }, async (seed) => {
    await expect(syncAtRandom(60, seed)).resolves.toBeUndefined();
  });
});

describe("a pull that is killed at every instant there is", () => {
  it.each([false, true])("is completed or never was (merge: %s)", { timeout: 600_000 }, async (merge) => {
    await expect(
      killPulls(merge, (count) => Array.from({ length: count }, (_, at) => at + 1)),
    ).resolves.toBeUndefined();
  });
});

describe("two clones of a checked-in store, with git's own pull and our driver", () => {
  it.each([
    ["merge", 1],
    ["rebase", 2],
  ] as const)("end equal after 250 rounds, and nothing is lost (%s)", { timeout: 1_800_000 }, async (how, seed) => {
    expect(await pullAtRandom(250, seed, how)).toBeGreaterThan(0);
  });
});
