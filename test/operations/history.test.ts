import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json, START } from "../support/memory.js";
import { git } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

interface Listed {
  address: string;
  versions: Json[];
  total: number;
}

describe("history list", () => {
  it("tells who, with what, when and why, newest first", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", reason: "first" });
    bench.clock.at = START + 60_000;
    const updated = await bench.call("update", { ref: "a", append: "two" }, { agent: "other", session: "s2" });
    const listed = await bench.call<Listed>("history list", { ref: "a" });
    expect(listed).toEqual({
      address: "memories/a",
      total: 2,
      versions: [
        {
          number: 2,
          version: updated.version,
          change_type: "updated",
          author: "Ada Person",
          agent: "other",
          session: "s2",
          at: expect.stringMatching(/^2024-03-05T06:08:08\.\d{3}Z$/),
          pending: true,
        },
        {
          number: 1,
          version: saved.version,
          change_type: "created",
          author: "Ada Person",
          agent: "tester",
          session: "s1",
          at: expect.stringMatching(/^2024-03-05T06:07:08\.\d{3}Z$/),
          reason: "first",
          pending: true,
        },
      ],
    });
  });

  it("shows each version once before and after a person commits it, and what the person did", async () => {
    await bench.call("save", { title: "A", content: "one", reason: "first" });
    await bench.call("update", { ref: "a", append: "two" });
    git(bench.dir, "add", ".");
    git(bench.dir, "commit", "-qm", "mine");
    const head = git(bench.dir, "rev-parse", "HEAD").trim();
    await bench.rescan();
    const after = await bench.call<Listed>("history list", { ref: "a" });
    expect(after.versions).toMatchObject([
      { change_type: "updated", commit: head, agent: "tester" },
      { change_type: "created", reason: "first" },
    ]);
    await bench.hand("memories/a.md", `${bench.text("memories/a.md")}\nby hand\n`);
    expect((await bench.call<Listed>("history list", { ref: "a" })).versions[0]).toMatchObject({
      change_type: "updated",
      author: "Ada Person",
      pending: true,
      number: 3,
    });
  });

  it("has a history for entries that only people wrote", async () => {
    await bench.hand("memories/hand.md", entryText("title: Hand", "one"));
    expect(await bench.call("history list", { ref: "hand" })).toMatchObject({
      versions: [{ change_type: "created", author: "Ada Person", pending: true }],
    });
    git(bench.dir, "add", ".");
    git(bench.dir, "commit", "-qm", "mine");
    await bench.rescan();
    const { versions } = await bench.call<Listed>("history list", { ref: "hand" });
    expect(versions).toHaveLength(1);
    expect(versions[0]).not.toHaveProperty("pending");
  });

  it("gives as many as asked for and says how many there are", async () => {
    await bench.call("save", { title: "A", content: "0" });
    for (let i = 1; i < 5; i++) await bench.call("update", { ref: "a", content: String(i) });
    const listed = await bench.call<Listed>("history list", { ref: "a", limit: 2 });
    expect(listed).toMatchObject({ total: 5, versions: [{ number: 5 }, { number: 4 }] });
    await bench.refused("history list", { ref: "a", limit: 0 }, "invalid_input");
    await bench.refused("history list", { ref: "memories/none" }, "not_found");
    await bench.refused("history list", { ref: "none" }, "not_found");
  });
});

describe("history diff", () => {
  it("shows the last change, field by field and line by line", async () => {
    const saved = await bench.call("save", { title: "A", content: "one\ntwo\nthree", tags: ["x"] });
    const updated = await bench.call("update", {
      ref: "a",
      set: { title: "B" },
      add_tags: ["y"],
      edits: [{ old: "two", new: "2" }],
    });
    expect(await bench.call("history diff", { ref: "a" })).toEqual({
      address: "memories/a",
      from: saved.version,
      to: updated.version,
      fields: [
        { field: "title", before: "A", after: "B" },
        { field: "tags", before: ["x"], after: ["x", "y"] },
      ],
      body: [
        { type: "same", lines: ["one"], oldStart: 1, newStart: 1 },
        { type: "removed", lines: ["two"], oldStart: 2, newStart: 2 },
        { type: "added", lines: ["2"], oldStart: 3, newStart: 2 },
        { type: "same", lines: ["three"], oldStart: 3, newStart: 3 },
      ],
    });
  });

  it("compares any two versions, and the first with nothing", async () => {
    const versions: string[] = [String((await bench.call("save", { title: "A", content: "0" })).version)];
    for (const content of ["1", "2"])
      versions.push(String((await bench.call("update", { ref: "a", content })).version));
    const [first = "", second = "", third = ""] = versions;
    expect(await bench.call("history diff", { ref: "a", from: first, to: third })).toMatchObject({
      body: [
        { type: "removed", lines: ["0"] },
        { type: "added", lines: ["2"] },
      ],
    });
    expect(await bench.call("history diff", { ref: "a", from: third, to: first })).toMatchObject({
      body: [
        { type: "removed", lines: ["2"] },
        { type: "added", lines: ["0"] },
      ],
    });
    expect(await bench.call("history diff", { ref: "a", to: second })).toMatchObject({ from: first, to: second });
    const begun = await bench.call("history diff", { ref: "a", to: first });
    expect(begun).not.toHaveProperty("from");
    expect(begun).toMatchObject({ to: first, body: [{ type: "added", lines: ["0"] }] });
    await bench.refused("history diff", { ref: "a", from: "0000000" }, "not_found");
  });

  it("shows a deletion as everything taken away", async () => {
    await bench.call("save", { title: "A", content: "0" });
    await bench.call("delete", { ref: "a", purge: true });
    const difference = await bench.call("history diff", { ref: "memories/a" });
    expect(difference).toMatchObject({ body: [{ type: "removed", lines: ["0"] }] });
    expect(difference).not.toHaveProperty("to");
  });
});
