import { describe, expect, it } from "vitest";
import type { CommitMode } from "../../src/store/context.js";
import { updateTogether } from "../support/update-together.js";
import { writeBothTogether } from "../support/workspace-writers.js";
import { writeTogether } from "../support/write-together.js";

describe.each<CommitMode>(["journal", "each"])("eight processes at once, in %s mode", (mode) => {
  it("lose nothing, of theirs or of the person's", { timeout: 120_000 }, async () => {
    await expect(writeTogether(mode, 15, 40)).resolves.toBeUndefined();
  });
});

describe("processes that write to a project's store and the person's own", () => {
  it("make one of their own between them, and put everything where it belongs", { timeout: 120_000 }, async () => {
    await expect(writeBothTogether(3, 2)).resolves.toBeUndefined();
  });
});

describe("eight processes that change the same entries on texts read before", () => {
  it("lose no change: each is a version, merged or in a conflict on record", { timeout: 120_000 }, async () => {
    await expect(updateTogether(13, 10)).resolves.toBeUndefined();
  });
});
