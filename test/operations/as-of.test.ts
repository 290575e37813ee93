import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { logOf, makeHistory } from "../support/histories.js";
import { Bench, entryText, type Json, uuidAt } from "../support/memory.js";
import { git, put, temporaryFolder } from "../support/repositories.js";

const MANIFEST = "format: 1\nscope: project\nname: demo\n";
const DAY = 86_400;
const START_DAY = Date.parse("2023-03-01T12:00:00Z") / 1000;
const ID = uuidAt(Date.parse("2023-03-01T00:00:00Z"), 7);

let bench: Bench;
beforeEach(async () => {
  const old = entryText(`id: ${ID}\ntitle: Old name`, "written first");
  const dir = makeHistory([
    {
      parents: [],
      files: {
        ".memory/memory.yaml": MANIFEST,
        ".memory/memories/old.md": old,
        ".memory/memories/gone.md": entryText("title: Gone", "deleted later"),
      },
      at: START_DAY,
      author: "Bob Person",
    },
    {
      parents: [0],
      files: { ".memory/memories/side.md": entryText("title: Side", "on a branch") },
      at: START_DAY + DAY,
    },
    {
      parents: [0],
      files: {
        ".memory/memories/old.md": null,
        ".memory/memories/new.md": old.replace("written first", "written second"),
        ".memory/memories/gone.md": null,
      },
      at: START_DAY + 2 * DAY,
    },
    {
      parents: [2, 1],
      files: { ".memory/memories/side.md": entryText("title: Side", "on a branch") },
      at: START_DAY + 3 * DAY,
    },
  ]);
  git(dir, "checkout", "-q", "-f", "main");
  git(dir, "branch", "topic/side", "HEAD^2");
  git(dir, "tag", "-a", "-m", "a tag", "v1", "HEAD~2");
  bench = await Bench.open({ dir });
});
afterEach(() => bench.close());

const titles = async (input: Json): Promise<string[]> =>
  (await bench.call<{ hits: { title: string }[] }>("search", input)).hits.map(({ title }) => title).sort();
const read = async (ref: string, as_of: string): Promise<Json> =>
  (await bench.call<{ entries: Json[] }>("get", { refs: [ref], as_of })).entries[0]!;

describe("as_of", () => {
  it("reads and searches the state of a commit, a branch, a tag, an older one, a date and a time", async () => {
    const ids = logOf(bench.dir, "main");
    const [head = "", , , root = ""] = ids;
    for (const as_of of [root, root.slice(0, 7), "v1", "HEAD~2", "main~1^", "2023-03-01", "2023-03-02T23:00:00Z"]) {
      expect([as_of, await titles({ as_of })]).toEqual([as_of, ["Gone", "Old name"]]);
      expect(await read("old", as_of)).toMatchObject({
        address: "memories/old",
        content: "written first",
        author: "Bob Person",
        updated_at: "2023-03-01T12:00:00.000Z",
        version: git(bench.dir, "rev-parse", `${root}:.memory/memories/old.md`).trim(),
      });
    }
    for (const as_of of [head, "HEAD", "main", "2023-03-04", "2030-01-01"])
      expect([as_of, await titles({ as_of })]).toEqual([as_of, ["Old name", "Side"]]);
    expect(await titles({ as_of: "topic/side" })).toEqual(["Gone", "Old name", "Side"]);
    expect(await titles({ as_of: "2023-03-03", query: "second" })).toEqual(["Old name"]);
    expect(await titles({ as_of: "v1", query: "second" })).toEqual([]);
  });

  it("resolves refs in that state: older names, entries that are gone, ids", async () => {
    expect((await read("gone", "v1")).content).toBe("deleted later");
    expect((await read(ID, "v1")).address).toBe("memories/old");
    expect((await read(ID, "HEAD")).address).toBe("memories/new");
    await bench.refused("get", { refs: ["new"], as_of: "v1" }, "not_found");
    const error = await bench.refused("get", { refs: ["memories/old-thing"], as_of: "v1" }, "not_found");
    expect(error.data.nearest).toContain("memories/old");
    await bench.refused("get", { refs: ["gone"], as_of: "HEAD" }, "not_found");
  });

  it("does not show what is not committed, and no filter is lost", async () => {
    await bench.call("save", { title: "Pending", content: "not yet" });
    expect(await titles({ as_of: "HEAD" })).toEqual(["Old name", "Side"]);
    expect(await titles({})).toEqual(["Old name", "Pending", "Side"]);
    expect(await titles({ as_of: "HEAD", updated_after: "2023-03-03", author: "Ada Person" })).toEqual(["Old name"]);
    expect(await titles({ as_of: "HEAD", author: "Nobody" })).toEqual([]);
    const { hits } = await bench.call<{ hits: Json[] }>("search", { as_of: "HEAD" });
    expect(hits.every((hit) => hit.pending === undefined)).toBe(true);
  });

  it("gives the same through kept states, however many are asked for in turn", async () => {
    const asked = ["v1", "HEAD", "HEAD~1", "topic/side"];
    const once = await Promise.all(asked.map((as_of) => titles({ as_of })));
    for (let turn = 0; turn < 3; turn++)
      for (const [at, as_of] of asked.entries()) expect(await titles({ as_of })).toEqual(once[at]);
  });

  it("works without the git program, and in a branch that is not checked out", async () => {
    const other = await Bench.open({ dir: bench.dir, git: false });
    const root = logOf(bench.dir, "main").at(-1)!;
    for (const as_of of [root.slice(0, 9), "v1", "HEAD~2", "main^^", "2023-03-01"]) {
      const { hits } = await other.call<{ hits: { title: string }[] }>("search", { as_of });
      expect([as_of, hits.map(({ title }) => title).sort()]).toEqual([as_of, ["Gone", "Old name"]]);
    }
    await other.refused("search", { as_of: "HEAD~9" }, "not_found");
    await other.refused("search", { as_of: "none" }, "not_found");
    await other.memory.close();
  });

  it("refuses what names nothing, and what is no name", async () => {
    for (const as_of of ["none", "abcdef0", "HEAD~9", "v1^9", "2020-01-01", "0".repeat(40), "refs/heads/none"])
      expect((await bench.refused("search", { as_of }, "not_found")).message).toMatch(/commit/);
    for (const as_of of [
      "--output=x",
      "-1",
      "HEAD@{1}",
      "@{upstream}",
      "main..HEAD",
      "main...v1",
      "^HEAD",
      ":/second",
      "HEAD:.memory",
      "HEAD^{tree}",
      "a b",
      "a\0b",
      "a\nb",
      "*",
      "a".repeat(251),
    ])
      await bench.refused("get", { refs: ["new"], as_of }, "invalid_input");
    await bench.refused("get", { refs: ["new"], as_of: "HEAD", version: "abcdef0" }, "invalid_input");
    await bench.refused("get", { refs: ["new"], as_of: "HEAD", include: ["history"] }, "invalid_input");
    expect(fs.existsSync(path.join(bench.dir, "x"))).toBe(false);
  });

  it("is refused in a folder without git", async () => {
    const dir = temporaryFolder();
    put(path.join(dir, ".memory/memory.yaml"), MANIFEST);
    const plain = await Bench.open({ dir });
    expect((await plain.refused("search", { as_of: "HEAD" }, "invalid_input")).message).toContain("git init");
    await plain.close();
  });
});
