import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const ID = "01900000-0000-7000-8000-00000000000a";
const HAND = `\uFEFF---\r\n# why: a person's comment\r\ntitle:   "Quoted  title"\r\ntags: [ b, a ]   # two\r\nid: ${ID}\r\ncustom: {x: 1}\r\n---\r\n\r\n\r\nFirst line.  \r\nSecond line.\r\n\r\n\r\n`;

describe("update", () => {
  it("sets fields, clears them with null, and says what it wrote", async () => {
    const saved = await bench.call("save", { title: "A", content: "text", tags: ["x"], category: "fact" });
    const updated = await bench.call("update", {
      ref: saved.address,
      set: { title: "B", category: null, importance: 0.9, importance_note: undefined },
      reason: "more was known",
    });
    expect(updated).toMatchObject({ address: "memories/a", id: saved.id, change: "updated", committed: false });
    expect(updated.version).not.toBe(saved.version);
    expect(bench.text("memories/a.md")).toBe(
      `---\nid: ${saved.id}\ntitle: B\ntags: [x]\nimportance: 0.9\n---\n\ntext\n`,
    );
    await bench.call("update", { ref: "a", set: { importance: 0.5 } });
    expect(bench.text("memories/a.md")).toBe(`---\nid: ${saved.id}\ntitle: B\ntags: [x]\n---\n\ntext\n`);
  });

  it.each<[string, Json, (text: string) => string]>([
    ["a field", { set: { category: "fact" } }, (text) => text.replace(/(title: .*\r\n)/, "$1category: fact\r\n")],
    ["the title", { set: { title: "New" } }, (text) => text.replace('"Quoted  title"', '"New"')],
    ["a tag", { add_tags: ["C"] }, (text) => text.replace("[ b, a ]", "[ b, a, c ]")],
    ["the text", { edits: [{ old: "Second line.", new: "2nd line." }] }, (text) => text.replace("Second", "2nd")],
    ["more text", { append: "Third." }, (text) => text.replace("Second line.\r\n", "Second line.\r\n\r\nThird.\r\n")],
  ])("changes %s and no other byte of a hand-written file", async (_what, input, expected) => {
    await bench.hand("memories/hand.md", HAND);
    await bench.call("update", { ref: "memories/hand", ...input });
    expect(bench.text("memories/hand.md")).toBe(expected(HAND));
  });

  it("gives an entry without an id one with its first write", async () => {
    await bench.hand("memories/plain.md", "# A heading\n\nJust text.\n");
    const updated = await bench.call("update", { ref: "plain", add_tags: ["x"] });
    expect(updated.id).toMatch(/-7/);
    expect(bench.text("memories/plain.md")).toBe(
      `---\nid: ${updated.id}\ntags: [x]\n---\n\n# A heading\n\nJust text.\n`,
    );
  });

  it("writes nothing when nothing changes", async () => {
    const saved = await bench.call("save", { title: "A", content: "text", tags: ["x"] });
    const before = bench.trace();
    for (const input of [
      { set: { title: "A" } },
      { content: "\ntext\n\n" },
      { add_tags: ["X"] },
      {},
      { set: { name: "a" } },
    ])
      expect(await bench.call("update", { ref: "a", ...input })).toMatchObject({
        change: "unchanged",
        version: saved.version,
      });
    expect(bench.trace()).toEqual(before);
  });

  it("adds and removes tags, over what set says", async () => {
    await bench.call("save", { title: "A", content: "text", tags: ["x", "y"] });
    const tags = async (input: Json) => {
      await bench.call("update", { ref: "a", ...input });
      return (await bench.call<{ entries: { tags?: string[] }[] }>("get", { refs: ["a"] })).entries[0]?.tags;
    };
    expect(await tags({ add_tags: ["Z", "x"], remove_tags: ["Y", "none"] })).toEqual(["x", "z"]);
    expect(await tags({ set: { tags: ["n"] }, add_tags: ["m"] })).toEqual(["n", "m"]);
    expect(await tags({ set: { tags: null }, add_tags: ["only"] })).toEqual(["only"]);
    expect(await tags({ remove_tags: ["only"] })).toBeUndefined();
  });

  it("applies each edit exactly once, in their order", async () => {
    await bench.call("save", { title: "A", content: "one two two three $& $1" });
    const cases: [{ old: string; new: string }[], string][] = [
      [[{ old: "four", new: "4" }], "is not in the text"],
      [[{ old: "two", new: "2" }], "is in the text 2 times"],
      [[{ old: "", new: "2" }], "is empty"],
      [
        [
          { old: "one", new: "1" },
          { old: "one", new: "1" },
        ],
        "edits[1].old is not in the text",
      ],
    ];
    for (const [edits, message] of cases) {
      const before = bench.trace();
      const error = await bench.refused("update", { ref: "a", edits }, "invalid_input");
      expect(error.message).toContain(message);
      expect(error.data).toMatchObject({ field: "edits" });
      expect(bench.trace()).toEqual(before);
    }
    await bench.call("update", {
      ref: "a",
      edits: [
        { old: "one", new: "$& 1" },
        { old: "two two", new: "2" },
      ],
    });
    expect(bench.text("memories/a.md")).toMatch(/\n\$& 1 2 three \$& \$1\n$/);
    const error = await bench.refused("update", { ref: "a", content: "x", append: "y" }, "invalid_input");
    expect(error.data).toMatchObject({ field: "content" });
  });

  it("refuses what must not be set: an id, no title, a foreign field, a wrong value", async () => {
    await bench.call("save", { title: "A", content: "text" });
    const before = bench.trace();
    const cases: [Json, Json, RegExp][] = [
      [{ id: ID }, { field: "set.id" }, /once/],
      [{ title: null }, { field: "set.title" }, /title/],
      [{ title: "  " }, { field: "title" }, /empty/],
      [{ priority: 3 }, { field: "priority" }, /belongs to guideline/],
      [{ nonsense: 3 }, { field: "nonsense" }, /no field "nonsense"/],
      [{ importance: 2 }, { field: "importance" }, /importance/],
      [{ status: "gone" }, { field: "status" }, /archived/],
      [{ kind: "note" }, { field: "set.kind" }, /memory, guideline/],
      [{ name: "../x" }, { field: "name" }, /name/],
      [{ name: 3 }, { field: "set.name" }, /text/],
      [{ scope: "nowhere" }, { field: "scope" }, /scope/],
    ];
    for (const [set, data, message] of cases) {
      const error = await bench.refused("update", { ref: "a", set }, "invalid_input");
      expect(error.data).toMatchObject(data);
      expect(error.message).toMatch(message);
    }
    expect(bench.trace()).toEqual(before);
  });

  it("archives and restores with status, and calls it so", async () => {
    await bench.call("save", { title: "A", content: "text" });
    expect((await bench.call("update", { ref: "a", set: { status: "archived" } })).change).toBe("archived");
    expect((await bench.call("update", { ref: "a", set: { status: null } })).change).toBe("restored");
  });

  it("refuses a base that nobody has, and hands over the current text", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    const second = await bench.call("update", { ref: "a", content: "two", base_version: saved.version });
    const before = bench.trace();
    const input = { ref: "a", append: "three", base_version: "f".repeat(40) };
    const error = await bench.refused("update", input, "stale_version");
    expect(error.data).toEqual({
      address: "memories/a",
      version: second.version,
      current: bench.text("memories/a.md"),
    });
    await bench.refused("delete", { ref: "a", base_version: saved.version }, "stale_version");
    await bench.refused("update", { ref: "a", set: { name: "b" }, base_version: saved.version }, "stale_version");
    await bench.refused("update", { ref: "a", append: "x", base_version: "abc" }, "invalid_input");
    expect(bench.trace()).toEqual(before);
  });

  it("applies on top of a hand edit and keeps the person's state as a version", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    await bench.hand("memories/a.md", `---\nid: ${saved.id}\ntitle: A\n---\n\none and by hand\n`);
    await bench.call("update", { ref: "a", append: "and by us" });
    expect(bench.text("memories/a.md")).toContain("one and by hand\n\nand by us\n");
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "a" });
    expect(versions.map(({ agent, author }) => [author, agent])).toEqual([
      ["Ada Person", "tester"],
      ["Ada Person", undefined],
      ["Ada Person", "tester"],
    ]);
  });

  it("gives the copy of an entry an id of its own and leaves the first one's alone", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    fs.copyFileSync(`${bench.root}/memories/a.md`, `${bench.root}/memories/copy.md`);
    await bench.rescan();
    const error = await bench.refused("get", { refs: [String(saved.id)] }, "invalid_input");
    expect(error.data).toEqual({ ref: saved.id, matches: ["memories/a", "memories/copy"] });
    await bench.refused("update", { ref: String(saved.id), append: "x" }, "invalid_input");
    const copy = await bench.call("update", { ref: "memories/copy", append: "two" });
    expect(copy.id).not.toBe(saved.id);
    expect((await bench.call("update", { ref: "memories/a", append: "three" })).id).toBe(saved.id);
    expect((await bench.call<{ findings: Json[] }>("admin check")).findings).toEqual([]);
  });

  it("gives an archived copy an id of its own too", async () => {
    const saved = await bench.call("save", { title: "A", content: "one" });
    await bench.hand("memories/copy.md", bench.text("memories/a.md") ?? "");
    const archived = await bench.call("delete", { ref: "memories/copy" });
    expect(archived.id).not.toBe(saved.id);
  });

  it("keeps unknown fields and reports what it cannot read, without touching it", async () => {
    await bench.hand("memories/odd.md", entryText("mine: 1\nimportance: high", "text"));
    await bench.call("update", { ref: "odd", set: { category: "fact" } });
    expect(bench.text("memories/odd.md")).toMatch(/mine: 1\n/);
    expect(bench.text("memories/odd.md")).toMatch(/importance: high\n/);
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: ["odd"] });
    expect(entries[0]).toMatchObject({ unknown: { mine: 1, importance: "high" }, problems: [{ field: "importance" }] });
  });
});
