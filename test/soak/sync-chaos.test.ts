import { describe, expect, it } from "vitest";
import { syncAtRandom } from "../support/sync-chaos.js";

describe("two clones that write at random and sync in random order", () => {
  it("end equal, and nothing is lost", { timeout: 120_000 }, async () => {
    await expect(syncAtRandom(20, 5)).resolves.toBeUndefined();
  });

  it("end equal without the git program, over HTTP", { timeout: 120_000 }, async () => {
    await expect(syncAtRandom(10, 6, true)).resolves.toBeUndefined();
  });
});
