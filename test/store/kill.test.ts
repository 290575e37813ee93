import { describe, expect, it } from "vitest";
import type { CommitMode } from "../../src/store/context.js";
import { killRepeatedly } from "../support/killing.js";

describe.each<CommitMode>(["journal", "each"])("a writer that is killed, in %s mode", (mode) => {
  it.each([false, true])("leaves every acknowledged write, whole (bulk: %s)", { timeout: 60_000 }, async (bulk) => {
    await expect(killRepeatedly(mode, bulk, 5)).resolves.toBeUndefined();
  });
});
