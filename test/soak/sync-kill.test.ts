import { describe, expect, it } from "vitest";
import { killPulls } from "../support/pull-killing.js";

describe("a pull that is killed", () => {
  it.each([false, true])("is completed or never was (merge: %s)", { timeout: 120_000 }, async (merge) => {
    // From the twentieth before the end on branch, index and files move.
    await expect(
      killPulls(merge, (count) => [1, ...[20, 15, 12, 8, 5, 2].map((back) => count - back)]),
    ).resolves.toBeUndefined();
  });
});
