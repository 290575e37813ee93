import { describe, expect, it } from "vitest";
import type { CommitMode } from "../../src/store/context.js";
import { killRepeatedly } from "../support/killing.js";
import { killWithBoth } from "../support/workspace-writers.js";

describe.each<CommitMode>(["journal", "each"])("a writer that is killed, in %s mode", (mode) => {
  it.each([false, true])("leaves every acknowledged write, whole (bulk: %s)", { timeout: 60_000 }, async (bulk) => {
    await expect(killRepeatedly(mode, bulk, 5)).resolves.toBeUndefined();
  });
});

describe("a writer to a project's store and the person's own that is killed", () => {
  it("leaves every acknowledged write in its store, and none half made", { timeout: 120_000 }, async () => {
    await expect(killWithBoth(2)).resolves.toBeUndefined();
  });
});
