import { describe, expect, it } from "vitest";
import { pullAtRandom } from "../support/pull-chaos.js";

describe("two clones of a checked-in store, with git's own pull and our driver", () => {
  it.each(["merge", "rebase"] as const)("end equal, and nothing is lost (%s)", { timeout: 120_000 }, async (how) => {
    expect(await pullAtRandom(20, 3, how)).toBeGreaterThan(0);
  });
});
