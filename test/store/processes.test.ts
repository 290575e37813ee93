import { describe, expect, it } from "vitest";
import type { CommitMode } from "../../src/store/context.js";
import { writeTogether } from "../support/write-together.js";

describe.each<CommitMode>(["journal", "each"])("eight processes at once, in %s mode", (mode) => {
  it("lose nothing, of theirs or of the person's", { timeout: 120_000 }, async () => {
    await expect(writeTogether(mode, 15, 40)).resolves.toBeUndefined();
  });
});
