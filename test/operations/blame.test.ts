import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git, makeCheckedInStore, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

interface Blamed {
  address: string;
  origins: Json[];
  fields: { field: string; origin?: number }[];
  lines: { text: string; origin?: number }[];
}

const blame = (ref: string, more: Json = {}) => bench.call<Blamed>("history blame", { ref, ...more });
const commit = async (message: string): Promise<string> => {
  git(bench.dir, "add", ".");
  git(bench.dir, "commit", "-qm", message);
  await bench.rescan();
  return git(bench.dir, "rev-parse", "HEAD").trim();
};
/** Each line with the reason of what it came from. */
const reasons = ({ lines, origins }: Blamed) =>
  lines.map(({ text, origin }) => [text, origin === undefined ? undefined : origins[origin]?.reason]);

describe("history blame", () => {
  it("names the commit or the pending version of every line and field, with who and why", async () => {
    await bench.call("save", { title: "A", content: "one\ntwo\n\nthree", tags: ["x"], reason: "first" });
    const head = await commit("mine");
    await bench.call(
      "update",
      { ref: "a", edits: [{ old: "two", new: "2" }], reason: "second" },
      { agent: "other", session: "s2" },
    );
    await bench.call("update", { ref: "a", set: { category: "fact" }, append: "four", reason: "third" });
    const found = await blame("a");
    expect(reasons(found)).toEqual([
      ["one", "first"],
      ["2", "second"],
      ["", "first"],
      ["three", "first"],
      ["", "third"],
      ["four", "third"],
    ]);
    const origin = (field: string) => found.origins[found.fields.find((one) => one.field === field)?.origin ?? -1];
    expect(origin("title")).toMatchObject({ commit: head, author: "Ada Person", reason: "first" });
    expect(origin("tags")).toEqual(origin("title"));
    expect(origin("category")).toMatchObject({ pending: true, reason: "third" });
    expect(found.origins.find(({ reason }) => reason === "second")).toMatchObject({ agent: "other", pending: true });
    const operation = findOperation("history", "blame")!;
    const shown = operation.render(found, "concise", (text) => text);
    expect(shown).toContain(`${head.slice(0, 8)} | one`);
    expect(shown).toMatch(/^[0-9a-f]{8} 2024-\S+ Ada Person with tester · pending — third$/m);
  });

  it("counts a hand edit as the person's, and follows a move", async () => {
    await bench.call("save", { title: "A", content: "one\ntwo", reason: "first" });
    const head = await commit("mine");
    await bench.call("update", { ref: "a", set: { name: "b" }, reason: "moved" });
    await bench.hand("memories/b.md", (bench.text("memories/b.md") ?? "").replace("two", "zwei"));
    const found = await blame("b");
    expect(found.address).toBe("memories/b");
    expect(reasons(found)).toEqual([
      ["one", "first"],
      ["zwei", undefined],
    ]);
    expect(found.origins[found.lines[1]!.origin!]).toMatchObject({ author: "Ada Person", pending: true });
    expect(
      (await bench.call<{ versions: Json[] }>("history list", { ref: "b" })).versions.map((one) => one.commit),
    ).toEqual([undefined, undefined, head]);
    const moved = await commit("all of it");
    const after = await blame("b");
    expect(after.origins.map((one) => one.commit).sort()).toEqual([head, moved].sort());
    expect(reasons(after)[0]).toEqual(["one", "first"]);
  });

  it("is that of a commit with as_of", async () => {
    await bench.hand("memories/h.md", entryText("title: H", "one"));
    const first = await commit("one");
    await bench.hand("memories/h.md", entryText("title: H", "one\ntwo"));
    const second = await commit("two");
    const then = await blame("h", { as_of: first });
    expect(then.lines).toEqual([{ text: "one", origin: expect.any(Number) }]);
    expect(then.origins.map((one) => one.commit)).toEqual([first]);
    expect((await blame("h")).origins.map((one) => one.commit).sort()).toEqual([first, second].sort());
    await bench.refused("history blame", { ref: "h", as_of: "--help" }, "invalid_input");
    await bench.refused("history blame", { ref: "h", as_of: `${first}~1` }, "not_found");
    await bench.refused("history blame", { ref: "none" }, "not_found");
  });

  it("says what git blame says of a file with front matter, CRLF line ends and no last line end", async () => {
    const dir = makeCheckedInStore();
    const other = await Bench.open({ dir });
    const texts = [
      "---\r\ntitle: A\r\n---\r\n\r\none\r\ntwo\r\n",
      "---\r\ntitle: B\r\n---\r\n\r\none\r\n2\r\n\r\nthree",
      "---\r\ntitle: B\r\ntags: [x]\r\n---\r\n\r\none\r\n2\r\n\r\nthree\r\nfour",
    ];
    for (const text of texts) {
      put(`${dir}/.memory/memories/a.md`, text);
      git(dir, "add", ".");
      git(dir, "commit", "-qm", "x");
    }
    await other.rescan();
    const found = await other.call<Blamed>("history blame", { ref: "a" });
    const wanted = git(dir, "blame", "-l", "-s", "--root", "--", ".memory/memories/a.md").split("\n");
    const bodies = wanted.filter(Boolean).slice(5);
    expect(found.lines.map(({ origin }) => found.origins[origin!]!.commit)).toEqual(
      bodies.map((line) => line.slice(0, 40)),
    );
    expect(found.lines.map(({ text }) => text)).toEqual(["one", "2", "", "three", "four"]);
    await other.close();
  });
});
