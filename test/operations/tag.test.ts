import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json, SECRET } from "../support/memory.js";
import { faults, git, makeOwnStore } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const save = (title: string, tags: string[], more: Json = {}) =>
  bench.call("save", { title, content: `${title} text`, tags, ...more });
const listed = async (input: Json = {}): Promise<Json[]> =>
  (await bench.call<{ tags: Json[] }>("tag list", input)).tags;
const tagsOf = async (ref: string): Promise<string[]> =>
  (await bench.call<{ tags: { name: string }[] }>("tag for_entry", { ref })).tags.map(({ name }) => name);
const tagLine = (file: string): string | undefined => /^tags:.*$/m.exec(bench.text(file) ?? "")?.[0];
const BROKEN = "billing: {category: meta}\nother: a: b\n";

describe("tag list", () => {
  it("counts current entries, most used first, then by name, and tells what each tag is", async () => {
    await save("A", ["python", "Billing", "zeta"]);
    await save("B", ["billing", "alpha"]);
    await save("C", ["billing"]);
    await save("D", ["zeta", "gone"]);
    await bench.call("delete", { ref: "c" });
    await bench.call("delete", { ref: "d" });
    await bench.call("tag create", { name: "billing", description: "Invoices", category: "domain" });
    await bench.call("tag create", { name: "kotlin", category: "language" });
    expect(await bench.call("tag list")).toEqual({
      tags: [
        { name: "billing", category: "domain", type: "custom", description: "Invoices", entries: 2, archived: 1 },
        { name: "alpha", category: "custom", type: "custom", entries: 1 },
        { name: "python", category: "language", type: "predefined", entries: 1 },
        { name: "zeta", category: "custom", type: "custom", entries: 1, archived: 1 },
        { name: "gone", category: "custom", type: "custom", entries: 0, archived: 1 },
      ],
      total: 5,
      unused: 23,
    });
    expect((await listed({ category: "language" })).map(({ name }) => name)).toEqual(["python"]);
    expect((await listed({ category: "language", unused: true })).map(({ name }) => name)).toEqual([
      "python",
      "bash",
      "go",
      "java",
      "javascript",
      "kotlin",
      "markdown",
      "rust",
      "sql",
      "typescript",
    ]);
    expect(await bench.call("tag list", { limit: 1 })).toMatchObject({ tags: [{ name: "billing" }], total: 5 });
    expect(await bench.call("tag list", { category: "meta" })).toEqual({ tags: [], total: 0, unused: 5 });
  });

  it("sees a hand edit of tags.yaml at the next call", async () => {
    fs.writeFileSync(`${bench.root}/tags.yaml`, "Mine:\n  description: By hand\n");
    expect((await listed({ unused: true })).find(({ name }) => name === "mine")).toMatchObject({
      description: "By hand",
    });
    fs.rmSync(`${bench.root}/tags.yaml`);
    expect((await listed({ unused: true })).find(({ name }) => name === "mine")).toBeUndefined();
  });

  it.each([{ category: "colour" }, { limit: 0 }, { unused: "yes" }])("refuses %j", async (input) => {
    await bench.refused("tag list", input, "invalid_input");
  });
});

describe("tag create", () => {
  it("puts a tag into tags.yaml as one write, and answers existed the next time", async () => {
    const made = await bench.call("tag create", { name: " Billing ", description: "Invoices", reason: "so we agree" });
    expect(made).toEqual({
      name: "billing",
      category: "custom",
      type: "custom",
      description: "Invoices",
      existed: false,
      change: "created",
      store: "project",
      committed: false,
    });
    expect(bench.text("tags.yaml")).toMatch(/^# .*\n\nbilling:\n {2}category: custom\n {2}description: Invoices\n$/);
    expect(bench.journal()).toEqual(["memory: add tag billing"]);
    const before = bench.trace();
    expect(await bench.call("tag create", { name: "BILLING" })).toMatchObject({ existed: true, change: "unchanged" });
    expect(await bench.call("tag create", { name: "billing", description: "Invoices" })).toMatchObject({
      change: "unchanged",
    });
    expect(bench.trace()).toEqual(before);
    expect(await bench.call("tag create", { name: "billing", category: "domain" })).toMatchObject({
      existed: true,
      change: "updated",
      category: "domain",
      description: "Invoices",
    });
    expect(bench.text("tags.yaml")).toContain("billing:\n  category: domain\n  description: Invoices\n");
  });

  it("describes a tag that only entries have, and a predefined one", async () => {
    await save("A", ["used"]);
    expect(await bench.call("tag create", { name: "used" })).toMatchObject({ existed: true, change: "updated" });
    expect(await bench.call("tag create", { name: "python" })).toMatchObject({ existed: true, change: "unchanged" });
    const own = await bench.call("tag create", { name: "python", category: "language", description: "Services only" });
    expect(own).toMatchObject({ type: "predefined", category: "language", description: "Services only" });
    expect(bench.text("tags.yaml")).toContain("python:\n  description: Services only\nused:\n  category: custom\n");
    expect(await bench.call("admin check")).toMatchObject({ findings: [] });
  });

  it.each<[string, Json]>([
    ["no name", {}],
    ["an empty name", { name: " " }],
    ["a name over two lines", { name: "a\nb" }],
    ["a long name", { name: "x".repeat(65) }],
    ["another category of a predefined tag", { name: "python", category: "domain" }],
    ["a category that is none", { name: "a", category: "colour" }],
    ["a long description", { name: "a", description: "x".repeat(501) }],
    ["an empty description", { name: "a", description: "" }],
    ["a secret as description", { name: "a", description: `key ${SECRET}` }],
    ["a secret as name", { name: SECRET }],
  ])("refuses %s and writes nothing", async (_, input) => {
    const before = bench.trace();
    const error = await bench.refused("tag create", input, "invalid_input");
    expect(error.message).not.toContain(SECRET);
    expect(bench.trace()).toEqual(before);
  });

  it("takes what looks like a secret when told that it is none", async () => {
    const error = await bench.refused("tag create", { name: "a", description: SECRET }, "invalid_input");
    await bench.call("tag create", { name: "a", description: SECRET, allow_secrets: [error.data.rule] });
    expect(bench.text("tags.yaml")).toContain(SECRET);
  });

  it("writes nothing into a tags.yaml that cannot be read, or over what a person put there", async () => {
    await bench.hand("tags.yaml", BROKEN);
    const error = await bench.refused("tag create", { name: "a" }, "invalid_input");
    expect(error.message).toMatch(/line 2: .*Mend the file/);
    await bench.hand("tags.yaml", "a: Invoices\n");
    await bench.refused("tag create", { name: "a", description: "x" }, "invalid_input");
    expect(bench.text("tags.yaml")).toBe("a: Invoices\n");
  });
});

describe("tag attach and detach", () => {
  it("puts tags on several entries in one write, and makes the unknown ones custom", async () => {
    await save("A", ["x"]);
    await save("B", []);
    const count = bench.journal().length;
    const done = await bench.call("tag attach", {
      refs: ["a", "memories/b", "a"],
      tags: ["New", "python", " new"],
      reason: "sort",
    });
    expect(done).toMatchObject({
      results: [
        { address: "memories/a", change: "updated", tags: ["x", "new", "python"], committed: false },
        { address: "memories/b", change: "updated", tags: ["new", "python"] },
      ],
      created: ["new"],
      store: "project",
      committed: false,
    });
    expect((done.results as Json[]).length).toBe(2);
    expect(bench.journal()).toHaveLength(count + 1);
    expect(bench.text("tags.yaml")).toContain("\nnew:\n  category: custom\n");
    expect(tagLine("memories/a.md")).toBe("tags: [x, new, python]");
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "a" });
    expect(versions[0]).toMatchObject({ change_type: "updated", reason: "sort", agent: "tester", session: "s1" });
    const before = bench.trace();
    const again = await bench.call("tag attach", { refs: ["a", "b"], tags: ["new"] });
    expect(again).toMatchObject({ results: [{ change: "unchanged" }, { change: "unchanged" }] });
    expect(again).not.toHaveProperty("created");
    expect(bench.trace()).toEqual(before);
  });

  it("leaves every other byte of the files", async () => {
    const text =
      "---\n# top\ntitle: X   # t\ntags: [ 'One' ,Two ] # why\nid: 0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11\n---\nBody \n";
    await bench.hand("memories/x.md", text);
    await bench.call("tag attach", { refs: ["x"], tags: ["one", "three"] });
    expect(bench.text("memories/x.md")).toBe(text.replace(",Two ]", ",Two ,three ]"));
    await bench.call("tag detach", { refs: ["x"], tags: ["three", "none"] });
    expect(bench.text("memories/x.md")).toBe(text);
    await bench.call("tag detach", { refs: ["x"], tags: ["ONE"] });
    expect(bench.text("memories/x.md")).toBe(text.replace("'One' ,", ""));
  });

  it("applies to whatever is current: a hand edit, another's write", async () => {
    await save("A", ["x"]);
    const file = `${bench.root}/memories/a.md`;
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("[x]", "[x, hand]").replace("A text", "edited"));
    await bench.call("tag attach", { refs: ["a"], tags: ["y"] }, { session: "other" });
    await bench.call("tag detach", { refs: ["a"], tags: ["x"] }, { session: "third" });
    expect(await tagsOf("a")).toEqual(["hand", "y"]);
    expect(bench.text("memories/a.md")).toContain("edited");
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "a" });
    expect(versions.map(({ author, session }) => session ?? author)).toEqual(["third", "other", "Ada Person", "s1"]);
  });

  it("takes the last tag away with the field, and gives an entry without an id one", async () => {
    await bench.hand("memories/x.md", "# X\n");
    await bench.call("tag detach", { refs: ["x"], tags: ["a"] });
    expect(bench.text("memories/x.md")).toBe("# X\n");
    await bench.call("tag attach", { refs: ["x"], tags: ["a"] });
    expect(bench.text("memories/x.md")).toMatch(/^---\nid: .*\ntags: \[a\]\n---\n\n# X\n$/);
    await bench.call("tag detach", { refs: ["x"], tags: ["a"] });
    expect(bench.text("memories/x.md")).toMatch(/^---\nid: .*\n---\n\n# X\n$/);
    expect(await tagsOf("x")).toEqual([]);
  });

  it("keeps going with a broken tags.yaml, and says so", async () => {
    await save("A", []);
    await bench.hand("tags.yaml", BROKEN);
    const done = await bench.call("tag attach", { refs: ["a"], tags: ["new", "python"] });
    expect(done).toMatchObject({
      results: [{ tags: ["new", "python"] }],
      hint: expect.stringMatching(/tags\.yaml cannot be read \(line 2: .*so new was not added/),
    });
    expect(done).not.toHaveProperty("created");
    expect(bench.text("tags.yaml")).toBe(BROKEN);
    expect(await bench.call("tag detach", { refs: ["a"], tags: ["new"] })).not.toHaveProperty("hint");
    expect(await bench.call("tag list")).toMatchObject({
      tags: [{ name: "python" }],
      hint: expect.stringContaining("line 2"),
    });
    expect(await bench.call("tag for_entry", { ref: "a" })).toMatchObject({ hint: expect.stringContaining("line 2") });
  });

  it.each<[string, string, Json, "invalid_input" | "not_found"]>([
    ["attach", "no tags", { refs: ["a"] }, "invalid_input"],
    ["attach", "an empty list", { refs: ["a"], tags: [] }, "invalid_input"],
    ["detach", "an empty tag", { refs: ["a"], tags: [""] }, "invalid_input"],
    ["attach", "no refs", { refs: [], tags: ["x"] }, "invalid_input"],
    ["attach", "an entry that is not there, all or nothing", { refs: ["b", "zzz"], tags: ["x"] }, "not_found"],
    ["detach", "an entry that is not there", { refs: ["zzz"], tags: ["x"] }, "not_found"],
    ["attach", "too many for one entry", { refs: ["b", "a"], tags: ["x"] }, "invalid_input"],
    ["attach", "a file whose tags are no list", { refs: ["b", "odd"], tags: ["x"] }, "invalid_input"],
    ["detach", "a file whose tags are no list", { refs: ["odd"], tags: ["x"] }, "invalid_input"],
    ["attach", "a secret", { refs: ["b"], tags: [SECRET] }, "invalid_input"],
    ["detach", "a base version", { refs: ["b"], tags: ["x"], base_version: "0".repeat(40) }, "invalid_input"],
  ])("%s refuses %s", async (verb, _, input, code) => {
    await save(
      "A",
      Array.from({ length: 50 }, (_each, at) => `t${at}`),
    );
    await save("B", []);
    await bench.hand("memories/odd.md", entryText("title: Odd\ntags: a, b", "odd"));
    const before = bench.trace();
    await bench.refused(`tag ${verb}`, input, code);
    expect(bench.trace()).toEqual(before);
  });

  it("names the entry that is in the way", async () => {
    await save(
      "A",
      Array.from({ length: 50 }, (_each, at) => `t${at}`),
    );
    const error = await bench.refused("tag attach", { refs: ["a"], tags: ["x"] }, "invalid_input");
    expect(error.message).toMatch(/^memories\/a: .*limit is 50/);
    expect(error.data).toMatchObject({ address: "memories/a", limit: 50, size: 51 });
  });
});

describe("tag rename", () => {
  const FILES: Readonly<Record<string, string>> = {
    "memories/a.md": "---\ntitle: A # t\ntags: [ x,  'Bill' , y ] # why\n---\r\nbill\n",
    "guidelines/deep/b.md": "\uFEFF---\r\ntags:\r\n  - bill # one\r\n---\r\n\r\nB",
    "sessions/s/memories/c.md": "---\ntags: [bill]\nstatus: archived\n---\n",
    "memories/d.md": "---\ntags: [billing, x]\n---\nbill\n",
    "tags.yaml": "# ours\nbill: # b\n  description: 'Money'   # d\n\nx: {category: meta}\n",
  };
  const lay = async () => {
    for (const [file, text] of Object.entries(FILES)) await bench.hand(file, text);
  };

  it("changes every entry and tags.yaml in one write and no other byte, and back again", async () => {
    await lay();
    expect(await bench.call("tag rename", { name: "Bill", to: "Money", reason: "clearer" })).toEqual({
      name: "bill",
      to: "money",
      entries: 3,
      store: "project",
      committed: false,
    });
    expect(bench.journal()[0]).toBe("memory: rename tag bill to money in 3 entries");
    expect(Object.fromEntries(Object.keys(FILES).map((file) => [file, bench.text(file)]))).toEqual({
      "memories/a.md": FILES["memories/a.md"]?.replace("'Bill'", "'money'"),
      "guidelines/deep/b.md": FILES["guidelines/deep/b.md"]?.replace("- bill", "- money"),
      "sessions/s/memories/c.md": FILES["sessions/s/memories/c.md"]?.replace("[bill]", "[money]"),
      "memories/d.md": FILES["memories/d.md"],
      "tags.yaml": FILES["tags.yaml"]?.replace("bill:", "money:"),
    });
    expect((await listed()).find(({ name }) => name === "money")).toMatchObject({
      entries: 2,
      archived: 1,
      description: "Money",
    });
    await bench.call("tag rename", { name: "money", to: "bill" });
    for (const [file, text] of Object.entries(FILES)) expect(bench.text(file)).toBe(text.replace("'Bill'", "'bill'"));
    expect(faults(bench.dir)).toBe("");
  });

  it("merges into a tag that is there already", async () => {
    await lay();
    expect(await bench.call("tag rename", { name: "bill", to: "x" })).toMatchObject({ entries: 3, merged: true });
    expect(tagLine("memories/a.md")).toBe("tags: [ x , y ] # why");
    expect(bench.text("tags.yaml")).toBe("# ours\n\nx: {category: meta}\n");
    expect(bench.journal()[0]).toBe("memory: merge tag bill to x in 3 entries");
    expect(await bench.call("tag rename", { name: "x", to: "testing" })).toMatchObject({ entries: 4, merged: true });
    expect(await listed({ category: "custom" })).toEqual([
      expect.objectContaining({ name: "billing" }),
      expect.objectContaining({ name: "y" }),
    ]);
  });

  it("moves the entries of a predefined tag and leaves it in the taxonomy", async () => {
    await save("A", ["ml"]);
    await bench.call("tag create", { name: "ml", description: "Ours" });
    const text = bench.text("tags.yaml");
    expect(await bench.call("tag rename", { name: "ml", to: "models" })).toMatchObject({ entries: 1 });
    expect(await tagsOf("a")).toEqual(["models"]);
    expect(bench.text("tags.yaml")).toBe(text);
    expect((await listed({ unused: true })).find(({ name }) => name === "ml")).toMatchObject({
      entries: 0,
      type: "predefined",
    });
    const before = bench.trace();
    expect(await bench.call("tag rename", { name: "ml", to: "models" })).toMatchObject({ entries: 0, merged: true });
    expect(bench.trace()).toEqual(before);
  });

  it("says what it could not look at", async () => {
    await lay();
    await bench.hand("memories/bad.md", "---\ntags: [bill\n---\n");
    expect(await bench.call("tag rename", { name: "bill", to: "money" })).toMatchObject({
      entries: 3,
      hint: expect.stringMatching(/^1 of the store's files cannot be read/),
    });
  });

  it("keeps what a person did to one of many entries as a version of theirs", async () => {
    const items = Array.from({ length: 40 }, (_, at) => ({
      op: "save",
      title: `M${at}`,
      content: `m${at}`,
      tags: ["bill"],
    }));
    await bench.call("bulk", { items });
    const mine = (bench.text("memories/m7.md") ?? "").replace("m7\n", "by hand\n");
    await bench.hand("memories/m7.md", mine);
    fs.rmSync(`${bench.root}/memories/m9.md`);
    expect(await bench.call("tag rename", { name: "bill", to: "money" })).toMatchObject({ entries: 39 });
    expect(bench.text("memories/m7.md")).toBe(mine.replace("bill", "money"));
    const changes = async (ref: string) => {
      const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref });
      return versions.map(({ change_type, session, author }) => `${change_type} by ${session ?? author}`);
    };
    expect(await changes("m7")).toEqual(["updated by s1", "updated by Ada Person", "created by s1"]);
    expect(await changes("m8")).toEqual(["updated by s1", "created by s1"]);
    expect(faults(bench.dir)).toBe("");
  });

  it("is one commit on the branch of an own store", async () => {
    const own = await Bench.open({ dir: makeOwnStore() });
    await own.call("save", { title: "A", content: "a", tags: ["bill"] });
    await own.call("tag create", { name: "bill" });
    const done = await own.call("tag rename", { name: "bill", to: "money" });
    expect(done).toMatchObject({ commit: git(own.dir, "rev-parse", "HEAD").trim(), committed: true });
    expect(git(own.dir, "show", "--format=%s", "--name-only", "HEAD").trim().split("\n")).toEqual([
      "memory: rename tag bill to money in 1 entry",
      "",
      "memories/a.md",
      "tags.yaml",
    ]);
    expect(git(own.dir, "status", "--porcelain")).toBe("");
    await own.close();
  });

  it.each<[string, Json, "invalid_input" | "not_found"]>([
    ["the same name", { name: "bill", to: " BILL " }, "invalid_input"],
    ["a name that is none", { name: "bill", to: "a\nb" }, "invalid_input"],
    ["no new name", { name: "bill" }, "invalid_input"],
    ["a tag that is not there", { name: "bil", to: "x" }, "not_found"],
    ["a secret", { name: "bill", to: SECRET }, "invalid_input"],
  ])("refuses %s and writes nothing", async (_, input, code) => {
    await lay();
    const before = bench.trace();
    const error = await bench.refused("tag rename", input, code);
    if (code === "not_found") expect(error.data).toMatchObject({ nearest: ["bill", "billing"] });
    expect(bench.trace()).toEqual(before);
  });

  it("changes nothing at all while tags.yaml cannot be read", async () => {
    await lay();
    await bench.hand("tags.yaml", BROKEN);
    const before = bench.trace();
    const error = await bench.refused("tag rename", { name: "bill", to: "money" }, "invalid_input");
    expect(error.message).toMatch(/line 2: /);
    expect(bench.trace()).toEqual(before);
  });
});

describe("tag delete", () => {
  it("deletes a custom tag that no entry has", async () => {
    await bench.call("tag create", { name: "a" });
    await bench.call("tag create", { name: "b" });
    expect(await bench.call("tag delete", { name: "A" })).toEqual({
      name: "a",
      entries: 0,
      store: "project",
      committed: false,
    });
    expect(bench.text("tags.yaml")).toMatch(/^# .*\n\nb:\n {2}category: custom\n$/);
  });

  it("takes it off entries only when told to, archived ones too", async () => {
    await save("A", ["a", "x"]);
    await save("B", ["a"]);
    await bench.call("delete", { ref: "b" });
    await bench.call("tag create", { name: "a" });
    const before = bench.trace();
    const error = await bench.refused("tag delete", { name: "a" }, "conflict");
    expect(error.message).toBe(
      "2 entries have the tag a, 1 of them archived. Nothing was deleted. Pass detach: true to take it off them, or move them to another tag with [[tag rename]].",
    );
    expect(error.data).toEqual({ name: "a", entries: 1, archived: 1 });
    expect(bench.trace()).toEqual(before);
    expect(await bench.call("tag delete", { name: "a", detach: true })).toMatchObject({ entries: 2 });
    expect(tagLine("memories/a.md")).toBe("tags: [x]");
    expect(tagLine("memories/b.md")).toBeUndefined();
    expect(bench.journal()[0]).toBe("memory: delete tag a, which 2 entries had");
    await bench.refused("tag delete", { name: "a", detach: true }, "not_found");
  });

  it("refuses predefined and unknown ones", async () => {
    const before = bench.trace();
    await bench.refused("tag delete", { name: "python" }, "invalid_input");
    await bench.refused("tag delete", { name: "pythn" }, "not_found");
    await bench.hand("tags.yaml", BROKEN);
    await bench.refused("tag delete", { name: "billing" }, "invalid_input");
    fs.rmSync(`${bench.root}/tags.yaml`);
    expect(bench.trace()).toEqual(before);
  });
});

describe("tag for_entry", () => {
  it("tells what each tag of an entry is", async () => {
    await save("A", ["python", "own"]);
    expect(await bench.call("tag for_entry", { ref: "a" })).toEqual({
      address: "memories/a",
      tags: [
        { name: "python", category: "language", type: "predefined" },
        { name: "own", category: "custom", type: "custom" },
      ],
    });
    await bench.refused("tag for_entry", { ref: "none" }, "not_found");
  });
});

describe("tags.yaml", () => {
  it("is reported when it is broken, with the line, and stops nothing else", async () => {
    await bench.hand("tags.yaml", BROKEN);
    expect(await bench.call("admin check")).toMatchObject({
      findings: [{ path: "tags.yaml", line: 2, rule: "unreadable", message: expect.stringMatching(/\w/) }],
    });
    expect(await bench.call("admin status")).toMatchObject({
      invalid: [{ path: "tags.yaml", reason: expect.stringMatching(/^line 2: /) }],
    });
    await save("A", ["x"]);
    expect(await bench.call("search", { query: "text" })).toMatchObject({ total: 1 });
    await bench.hand("tags.yaml", "a: {category: no}\nb: c\n");
    expect(await bench.call("admin check")).toMatchObject({
      findings: [
        { path: "tags.yaml", line: 1, rule: "tag" },
        { path: "tags.yaml", line: 2, rule: "tag" },
      ],
    });
    expect(await bench.call("admin status")).toMatchObject({ invalid: [] });
  });

  it("is not followed when it is a link", async () => {
    fs.writeFileSync(`${bench.dir}/elsewhere.yaml`, "stolen: {}\n");
    fs.symlinkSync("../elsewhere.yaml", `${bench.root}/tags.yaml`);
    expect(await bench.call("admin check")).toMatchObject({
      findings: [{ path: "tags.yaml", rule: "unreadable", message: expect.stringContaining("symbolic link") }],
    });
    expect((await listed({ unused: true })).map(({ name }) => name)).not.toContain("stolen");
    await bench.refused("tag create", { name: "a" }, "forbidden");
    await save("A", []);
    expect(await bench.call("tag attach", { refs: ["a"], tags: ["x"] })).toMatchObject({
      results: [{ tags: ["x"] }],
      hint: expect.stringContaining("symbolic link"),
    });
    expect(await bench.call("tag detach", { refs: ["a"], tags: ["x"] })).toMatchObject({ results: [{ tags: [] }] });
    expect(fs.readFileSync(`${bench.dir}/elsewhere.yaml`, "utf8")).toBe("stolen: {}\n");
  });

  it("is pending until it is committed, and committed with the store", async () => {
    await bench.call("tag create", { name: "a" });
    expect(await bench.call("admin status")).toMatchObject({ pending: ["tags.yaml"] });
    expect(await bench.call("admin commit")).toMatchObject({ committed: true, files: ["tags.yaml"] });
    expect(await bench.call("admin status")).toMatchObject({ pending: [] });
    fs.rmSync(`${bench.root}/tags.yaml`);
    expect(await bench.call("admin status")).toMatchObject({ pending: ["tags.yaml"] });
  });

  it("has versions, and comes back when it was thrown away before git had it", async () => {
    await bench.call("tag create", { name: "a" });
    await bench.call("tag create", { name: "b" });
    const text = bench.text("tags.yaml");
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "tags.yaml" });
    expect(versions.map(({ change_type, session }) => [change_type, session])).toEqual([
      ["updated", "s1"],
      ["created", "s1"],
    ]);
    git(bench.dir, "clean", "-qfd");
    const { dropped } = await bench.call<{ dropped: Json[] }>("admin status");
    expect(dropped).toEqual([{ address: "tags.yaml", version: versions[0]?.version }]);
    const back = await bench.call("history restore", { ref: "tags.yaml", version: versions[0]?.version });
    expect(back).toMatchObject({ address: "tags.yaml", change: "restored", version: versions[0]?.version });
    expect(bench.text("tags.yaml")).toBe(text);
    expect(await bench.call("history restore", { ref: "tags.yaml", version: versions[0]?.version })).toMatchObject({
      change: "unchanged",
    });
    await bench.refused(
      "history restore",
      { ref: "tags.yaml", version: versions[1]?.version, base_version: "0".repeat(40) },
      "stale_version",
    );
    await bench.refused("history restore", { ref: "tags.yaml", version: "0000000" }, "not_found");
  });

  it("keeps a hand edit as a version of the person's before a write of ours", async () => {
    await bench.call("tag create", { name: "a" });
    await bench.hand("tags.yaml", `${bench.text("tags.yaml")}# mine\n`);
    await bench.call("tag create", { name: "b" });
    expect(bench.text("tags.yaml")).toMatch(/a:\n {2}category: custom\nb:\n {2}category: custom\n# mine\n$/);
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "tags.yaml" });
    expect(versions).toHaveLength(3);
    expect(versions[1]).not.toHaveProperty("session");
  });
});
