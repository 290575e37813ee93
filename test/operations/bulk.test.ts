import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, type Json, SECRET } from "../support/memory.js";
import { git, makeOwnStore } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

interface Results {
  results: Json[];
}
const save = (title: string, more: Json = {}): Json => ({ op: "save", title, content: `${title} text`, ...more });

describe("bulk", () => {
  it("does several writes as one commit of the journal", async () => {
    const old = await bench.call("save", { title: "Old", content: "one" });
    await bench.call("update", { ref: "old", content: "two" });
    await bench.call("save", { title: "Gone", content: "gone" });
    const before = bench.journal().length;
    const { results } = await bench.call<Results>("bulk", {
      items: [
        save("New"),
        { op: "restore", ref: "old", version: old.version },
        { op: "delete", ref: "gone", purge: true },
      ],
      reason: "tidy up",
    });
    expect(results).toMatchObject([
      { address: "memories/new", change: "created" },
      { address: "memories/old", change: "restored", version: old.version },
      { address: "memories/gone", change: "deleted" },
    ]);
    expect(bench.journal()).toHaveLength(before + 1);
    expect(bench.journal()[0]).toBe("memory: change 3 entries");
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "new" });
    expect(versions).toMatchObject([{ change_type: "created", reason: "tidy up" }]);
  });

  it("is one commit on the branch of an own store", async () => {
    const own = await Bench.open({ dir: makeOwnStore() });
    const before = git(own.dir, "rev-list", "--count", "HEAD").trim();
    const { results } = await own.call<Results>("bulk", { items: [save("A"), save("B")] });
    expect(new Set(results.map(({ commit }) => commit)).size).toBe(1);
    expect(git(own.dir, "rev-list", "--count", "HEAD").trim()).toBe(String(Number(before) + 1));
    await own.close();
  });

  it("lets later items see what earlier ones wrote", async () => {
    const { results } = await bench.call<Results>("bulk", {
      items: [
        save("A"),
        { op: "update", ref: "memories/a", append: "more" },
        { op: "update", ref: "a", set: { name: "b" } },
        { op: "update", ref: "memories/b", add_tags: ["x"] },
        save("A", { content: "another" }),
        save("C"),
        { op: "delete", ref: "c", purge: true },
      ],
    });
    expect(results.map(({ address, change }) => [address, change])).toEqual([
      ["memories/a", "created"],
      ["memories/a", "updated"],
      ["memories/b", "renamed"],
      ["memories/b", "updated"],
      ["memories/a", "created"],
      ["memories/c", "created"],
      ["memories/c", "deleted"],
    ]);
    expect(new Set(results.slice(0, 4).map(({ id }) => id)).size).toBe(1);
    expect(bench.text("memories/b.md")).toBe(
      `---\nid: ${results[0]?.id}\ntitle: A\ntags: [x]\n---\n\nA text\n\nmore\n`,
    );
    expect(bench.text("memories/a.md")).toContain("another");
    expect(bench.text("memories/c.md")).toBeUndefined();
  });

  it.each<[string, Json[], string]>([
    ["the same address", [save("A"), save("A", { content: "other" })], "already_exists"],
    ["one in other letters", [save("x", { name: "É" }), save("y", { name: "e\u0301" })], "already_exists"],
    ["the same text", [save("A"), save("B", { content: "A  text" })], "already_exists"],
    [
      "an entry that is gone by then",
      [save("A"), { op: "delete", ref: "a", purge: true }, { op: "delete", ref: "a" }],
      "not_found",
    ],
    [
      "a name that moved on",
      [save("A"), { op: "update", ref: "a", set: { name: "b" } }, { op: "delete", ref: "memories/a" }],
      "not_found",
    ],
  ])("refuses %s twice within one", async (_what, items, code) => {
    const before = bench.trace();
    const error = await bench.refused("bulk", { items }, code as "not_found");
    expect(error.data).toMatchObject({ errors: [{ position: items.length - 1, code }] });
    expect(bench.trace()).toEqual(before);
  });

  it("is all or nothing, and names every error by its position", async () => {
    await bench.call("save", { title: "There", content: "there" });
    const before = bench.trace();
    const error = await bench.refused(
      "bulk",
      {
        items: [
          save("Fine"),
          save("There"),
          { op: "update", ref: "none", append: "x" },
          save("Big", { content: "x".repeat(100_001) }),
        ],
      },
      "already_exists",
    );
    expect(error.message).toContain("3 of 4");
    expect(error.message).toContain("position 1");
    expect(error.data).toMatchObject({
      errors: [
        { position: 1, code: "already_exists", data: { address: "memories/there" } },
        { position: 2, code: "not_found" },
        { position: 3, code: "invalid_input", data: { field: "content", limit: 100_000, size: 100_001 } },
      ],
    });
    expect(bench.trace()).toEqual(before);
    expect(bench.text("memories/fine.md")).toBeUndefined();
  });

  it("names the position also of a single item and of a secret", async () => {
    const one = await bench.refused("bulk", { items: [{ op: "delete", ref: "none" }] }, "not_found");
    expect(one.data).toMatchObject({ errors: [{ position: 0 }] });
    const before = bench.trace();
    const secret = await bench.refused("bulk", { items: [save("A"), save("B", { content: SECRET })] }, "invalid_input");
    expect(secret.data).toMatchObject({ errors: [{ position: 1, data: { rule: "github", path: "memories/b.md" } }] });
    expect(JSON.stringify([secret.message, secret.data])).not.toContain(SECRET);
    expect(bench.trace()).toEqual(before);
    await bench.call("bulk", { items: [save("B", { content: SECRET })], allow_secrets: ["github"] });
  });

  it("checks the shape of each item, up to a hundred", async () => {
    for (const items of [[], [{ op: "rename" }], [{ op: "save", title: "x" }], [save("x", { nonsense: 1 })], "x"])
      await bench.refused("bulk", { items }, "invalid_input");
    const many = Array.from({ length: 101 }, (_, at) => save(`N${at}`));
    await bench.refused("bulk", { items: many }, "invalid_input");
    expect((await bench.call<Results>("bulk", { items: many.slice(0, 100) })).results).toHaveLength(100);
  });

  it("writes nothing when nothing changes", async () => {
    await bench.call("save", { title: "A", content: "a" });
    const before = bench.trace();
    const { results } = await bench.call<Results>("bulk", { items: [{ op: "update", ref: "a", set: { title: "A" } }] });
    expect(results).toMatchObject([{ change: "unchanged" }]);
    expect(bench.trace()).toEqual(before);
  });
});
