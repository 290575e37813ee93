import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type MadeCommit, makeHistory } from "../support/histories.js";
import { Bench, entryText, type Json } from "../support/memory.js";
import { git, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";

const FILE = "memories/logo.md";
const BODY = "Line one.\n\nLine two.\n\nLine three.";

/** An entry whose parts lie apart, so that git merges what this design does. */
const logo = ({ title = "Logo", importance = 0.5, body = BODY, id = "" }) =>
  entryText(
    [id && `id: ${id}`, `title: ${title}`, "category: fact", `importance: ${importance}`].filter(Boolean).join("\n"),
    body,
  );

const ID = "01890a5d-ac96-7000-8000-0123456789ab";

/** A person at work in a repository with a checked-in store, without any of our tools. */
class Person {
  readonly dir: string;

  constructor(dir = makeCheckedInStore()) {
    this.dir = dir;
  }

  run(...args: string[]): string {
    return git(this.dir, ...args);
  }

  write(file: string, text: string | null): void {
    const full = path.join(this.dir, ".memory", file);
    if (text === null) fs.rmSync(full);
    else put(full, text);
  }

  /** Commits everything. */
  commit(message = "step"): void {
    this.run("add", "-A", ".");
    this.run("commit", "-q", "--allow-empty", "-m", message);
  }

  change(file: string, text: string | null, message?: string): void {
    this.write(file, text);
    this.commit(message);
  }

  /** Merges branches that are in conflict, as a person decides it. */
  merge(branches: readonly string[], decide: () => void): string {
    try {
      this.run("merge", "-q", "--no-ff", "--no-commit", ...branches);
    } catch {
      // In conflict, as it should be.
    }
    decide();
    this.run("add", "-A", ".");
    this.run("-c", "user.name=Mia Merger", "commit", "-q", "-m", "merge");
    return this.run("rev-parse", "HEAD").trim();
  }

  /** Two branches that changed the file: `main`, checked out, and `theirs`. */
  fork(base: string, ours: string | null, theirs: string | null, file = FILE): void {
    this.change(file, base);
    this.run("switch", "-qc", "theirs");
    this.change(file, theirs, "theirs");
    this.run("switch", "-q", "main");
    this.change(file, ours, "ours");
  }
}

const open: Bench[] = [];
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

async function bench(dir: string, given: { git?: boolean } = {}): Promise<Bench> {
  const opened = await Bench.open({ dir, ...given });
  open.push(opened);
  return opened;
}

const list = async (where: Bench, all = true) =>
  (await where.call<{ conflicts: Json[] }>("conflict list", { all })).conflicts;

/** Everything that is told of the conflicts of a repository. */
async function told(where: Bench): Promise<string> {
  const shown = [];
  for (const { id } of await list(where)) shown.push(await where.call("conflict show", { id: String(id) }));
  return JSON.stringify(shown);
}

const cacheOf = (dir: string): string[] => {
  const folder = path.join(dir, ".git/git-memory/history");
  return fs.readdirSync(folder).map((name) => path.join(folder, name));
};

describe("a merge that a person made with git alone", () => {
  it("is in the log of every clone, told alike to the byte", async () => {
    const person = new Person();
    person.fork(logo({}), logo({ title: "Green", importance: 0.1 }), logo({ title: "Red" }));
    const bare = temporaryFolder();
    git(bare, "init", "-q", "--bare", "-b", "main");
    person.run("remote", "add", "origin", bare);
    const merge = person.merge(["theirs"], () => person.write(FILE, logo({ title: "Red and green", importance: 0.1 })));
    person.run("push", "-q", "origin", "main");
    const second = path.join(temporaryFolder(), "clone");
    git(bare, "clone", "-q", bare, second);

    const one = await bench(person.dir);
    const two = await bench(second);
    expect(await list(one, false)).toEqual([]);
    const time = new Date(Number(person.run("log", "-1", "--format=%ct").trim()) * 1000).toISOString();
    expect(await list(one)).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        address: "memories/logo",
        path: FILE,
        cause: "merge",
        fields: ["title"],
        detected_at: time,
        merge_commit: merge,
        resolved: true,
        resolution: "merged",
        resolved_at: time,
        resolved_by: "Mia Merger",
      },
    ]);
    expect(JSON.parse(await told(one))).toMatchObject([
      {
        a: { values: { title: "Green" }, author: "Ada Person" },
        b: { values: { title: "Red" }, author: "Ada Person" },
        base: expect.any(String),
        diff: '~ title: "Green" → "Red"',
      },
    ]);
    expect(await told(two)).toBe(await told(one));
    const [{ id } = {}] = await list(two);
    const error = await two.refused("conflict resolve", { id: String(id), take: "a" }, "conflict");
    expect(error.message).toContain("resolved already");
    expect(two.trace().status).toBe("");
  });

  it("has the id that the conflict had while git had the path unmerged", async () => {
    const person = new Person();
    person.fork(logo({}), logo({ title: "Green" }), logo({ title: "Red" }));
    expect(() => person.run("merge", "-q", "theirs")).toThrow();
    const one = await bench(person.dir);
    const [unmerged] = await list(one, false);
    expect(unmerged).toMatchObject({ unmerged: true });
    await one.call("conflict resolve", { id: String(unmerged?.id), take: "b" });
    person.run("commit", "-q", "--no-edit");
    await one.rescan();
    expect(await list(one)).toMatchObject([{ id: unmerged?.id, resolved: true, resolution: "b", cause: "merge" }]);
  });

  it.each([
    ["a", logo({ title: "Green", body: BODY.replace("one", "1") })],
    ["b", logo({ title: "Red", importance: 0.9 })],
    // What was contested is the first side's, though the file is nobody's.
    ["a", logo({ title: "Green", importance: 0.9, body: BODY.replace("one", "1") })],
    ["b", logo({ title: "Red", importance: 0.9, body: `${BODY.replace("one", "1")}\n\nAnd more.` })],
    ["merged", logo({ title: "Blue", importance: 0.9 })],
  ])("tells whose side holds: %s", async (resolution, result) => {
    const person = new Person();
    person.fork(
      logo({}),
      logo({ title: "Green", body: BODY.replace("one", "1") }),
      logo({ title: "Red", importance: 0.9 }),
    );
    person.merge(["theirs"], () => person.write(FILE, result));
    expect(await list(await bench(person.dir))).toMatchObject([{ resolution, fields: ["title"] }]);
  });

  it("says nothing where nothing was contested, or one side left the file alone", async () => {
    const person = new Person();
    person.fork(logo({}), logo({ title: "Green" }), logo({ importance: 0.9 }));
    person.merge(["theirs"], () => person.write(FILE, logo({ title: "Green", importance: 0.9 })));
    person.run("switch", "-qc", "alone");
    person.change(FILE, logo({ title: "Pink" }));
    person.run("switch", "-q", "main");
    person.change("memories/other.md", logo({ title: "Other" }));
    person.merge(["alone"], () => undefined);
    expect(await list(await bench(person.dir))).toEqual([]);
  });

  it("of a file that one side deleted, and of one that both made", async () => {
    const person = new Person();
    person.fork(logo({}), logo({ title: "Green" }), null);
    person.merge(["theirs"], () => fs.rmSync(path.join(person.dir, ".memory", FILE), { force: true }));
    person.run("switch", "-qc", "more");
    person.change("memories/new.md", logo({ title: "Mine", id: ID }));
    person.run("switch", "-q", "main");
    person.change("memories/new.md", logo({ title: "Yours", id: ID.replace("ab", "cd") }));
    person.merge(["more"], () => person.write("memories/new.md", logo({ title: "Mine", id: ID })));
    const found = await list(await bench(person.dir));
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(expect.objectContaining({ path: FILE, cause: "delete/edit", resolution: "b" }));
    expect(found).toContainEqual(
      expect.objectContaining({ path: "memories/new.md", cause: "add/add", resolution: "b" }),
    );
  });

  it("follows an entry that one side moved, and tells of one that both moved apart", async () => {
    const person = new Person();
    person.fork(logo({ id: ID }), logo({ id: ID, title: "Green" }), logo({ id: ID }));
    person.run("switch", "-q", "theirs");
    person.write(FILE, null);
    person.change("memories/sign.md", logo({ id: ID, title: "Red" }));
    person.run("switch", "-q", "main");
    person.merge(["theirs"], () => {
      fs.rmSync(path.join(person.dir, ".memory", FILE), { force: true });
      person.write("memories/sign.md", logo({ id: ID, title: "Red" }));
    });
    const first = await bench(person.dir);
    expect(await list(first)).toMatchObject([
      { path: "memories/sign.md", cause: "merge", fields: ["title"], resolution: "b" },
    ]);
    person.run("switch", "-qc", "apart");
    person.run("mv", ".memory/memories/sign.md", ".memory/memories/mark.md");
    person.commit();
    person.run("switch", "-q", "main");
    person.run("mv", ".memory/memories/sign.md", ".memory/memories/emblem.md");
    person.commit();
    person.merge(["apart"], () => {
      for (const gone of ["sign", "mark"])
        fs.rmSync(path.join(person.dir, `.memory/memories/${gone}.md`), { force: true });
      person.write("memories/emblem.md", logo({ id: ID, title: "Red" }));
    });
    await first.rescan();
    const found = await list(first);
    expect(found).toHaveLength(2);
    expect(found).toContainEqual(
      expect.objectContaining({
        cause: "rename/rename",
        fields: ["path"],
        resolution: "a",
        address: "memories/emblem",
      }),
    );
    // The entry of the older one lies elsewhere now.
    expect(found.map(({ path: file }) => file)).toEqual(["memories/emblem.md", "memories/emblem.md"]);
  });

  it("of more than two branches, the first against each other one", async () => {
    const person = new Person();
    person.change(FILE, logo({}));
    for (const [branch, title] of [
      ["x", "Red"],
      ["y", "Blue"],
    ] as const) {
      person.run("switch", "-qc", branch, "main");
      person.change(FILE, logo({ title }), branch);
    }
    person.run("switch", "-q", "main");
    person.change(FILE, logo({ title: "Green" }));
    person.write(FILE, logo({ title: "Grey" }));
    person.run("add", "-A");
    // git merges no more than two sides that are in conflict, but other tools make such commits.
    const tree = person.run("write-tree").trim();
    const parents = ["main", "x", "y"].flatMap((branch) => ["-p", person.run("rev-parse", branch).trim()]);
    const commit = person.run("commit-tree", tree, ...parents, "-m", "octopus").trim();
    person.run("reset", "-q", "--hard", commit);
    const found = await list(await bench(person.dir));
    expect(found.map(({ fields, merge_commit }) => [fields, merge_commit])).toEqual([
      [["title"], commit],
      [["title"], commit],
    ]);
  });

  it("of branches that merged each other is told once", async () => {
    const person = new Person();
    person.fork(logo({}), logo({ title: "Green" }), logo({ title: "Red" }));
    const [ours, theirs] = [person.run("rev-parse", "main").trim(), person.run("rev-parse", "theirs").trim()];
    person.merge([theirs], () => person.write(FILE, logo({ title: "Green" })));
    person.run("switch", "-q", "theirs");
    person.merge([ours], () => person.write(FILE, logo({ title: "Red" })));
    person.run("switch", "-q", "main");
    const last = person.merge(["theirs"], () => person.write(FILE, logo({ title: "Brown" })));
    const one = await bench(person.dir);
    const found = await list(one);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    // Against either of the two bases one side of the last merge is unchanged.
    expect(found.map(({ merge_commit }) => merge_commit)).not.toContain(last);
    expect(found).toHaveLength(1);
  });

  it("of branches that crossed, both changed since: against the base that git names, with and without git", async () => {
    const person = new Person();
    person.fork(logo({}), logo({ title: "Green" }), logo({ title: "Red" }));
    const [ours, theirs] = [person.run("rev-parse", "main").trim(), person.run("rev-parse", "theirs").trim()];
    person.merge([theirs], () => person.write(FILE, logo({ title: "Grey" })));
    person.run("switch", "-q", "theirs");
    person.merge([ours], () => person.write(FILE, logo({ title: "Brown" })));
    person.run("switch", "-q", "main");
    const base = person.run("merge-base", "main", "theirs").trim();
    const last = person.merge(["theirs"], () => person.write(FILE, logo({ title: "Black" })));
    const one = await bench(person.dir);
    const [found] = (await list(one)).filter(({ merge_commit }) => merge_commit === last);
    expect(await one.call("conflict show", { id: String(found?.id) })).toMatchObject({
      base: person.run("rev-parse", `${base}:.memory/${FILE}`).trim(),
      a: { values: { title: "Grey" }, author: "Mia Merger" },
      b: { values: { title: "Brown" }, author: "Mia Merger" },
    });
    expect(await told(await bench(person.dir, { git: false }))).toBe(await told(one));
  });
});

describe("what is derived", () => {
  async function contested(): Promise<Person> {
    const person = new Person();
    person.fork(logo({}), logo({ title: "Green" }), logo({ title: "Red", body: `${BODY}\n\nMore.` }));
    person.merge(["theirs"], () => person.write(FILE, logo({ title: "Blue" })));
    return person;
  }

  it("is the same without the git program, and when what was kept is gone, or damaged", async () => {
    const { dir } = await contested();
    const expected = await told(await bench(dir));
    expect(JSON.parse(expected)).toHaveLength(1);
    const kept = cacheOf(dir).filter((file) => file.endsWith(".merges.json"));
    expect(kept).toHaveLength(1);
    const bytes = fs.readFileSync(kept[0]!, "utf8");
    expect(await told(await bench(dir))).toBe(expected);
    expect(await told(await bench(dir, { git: false }))).toBe(expected);
    fs.writeFileSync(kept[0]!, bytes.replace("Green", "Grean"));
    expect(await told(await bench(dir))).toBe(expected);
    expect(fs.readFileSync(kept[0]!, "utf8")).toBe(bytes);
    for (const file of cacheOf(dir)) fs.rmSync(file);
    expect(await told(await bench(dir, { git: false }))).toBe(expected);
    expect(fs.readFileSync(kept[0]!, "utf8")).toBe(bytes);
  });

  it("is read from what was kept", async () => {
    const { dir } = await contested();
    await told(await bench(dir));
    const bare = path.join(dir, ".git/objects");
    const [merge] = cacheOf(dir).filter((file) => file.endsWith(".merges.json"));
    expect(JSON.parse(fs.readFileSync(merge!, "utf8").slice(41)).merges).toHaveLength(1);
    const again = await bench(dir);
    const red = git(dir, "rev-parse", "theirs:.memory/memories/logo.md").trim();
    fs.rmSync(path.join(bare, red.slice(0, 2), red.slice(2)));
    expect(await list(again)).toHaveLength(1);
    // Without both nobody can tell.
    fs.rmSync(merge!);
    expect(await list(await bench(dir))).toEqual([]);
  });

  it("passes over what is damaged", async () => {
    const { dir } = await contested();
    const red = git(dir, "rev-parse", "theirs:.memory/memories/logo.md").trim();
    const file = path.join(dir, ".git/objects", red.slice(0, 2), red.slice(2));
    fs.chmodSync(file, 0o644);
    fs.writeFileSync(file, "no object");
    for (const program of [true, false]) expect(await list(await bench(dir, { git: program }))).toEqual([]);
  });

  it("of many merges is all of them, with and without git", async () => {
    const text = (title: string): string => logo({ title });
    const commits: MadeCommit[] = [
      { parents: [], files: { ".memory/memory.yaml": "format: 1\nscope: project\nname: demo\n" }, at: 1_600_000_000 },
    ];
    const add = (parents: number[], file: string, title: string): number =>
      commits.push({
        parents,
        files: { [`.memory/memories/${file}.md`]: text(title) },
        at: 1_600_000_000 + commits.length,
      }) - 1;
    let main = 0;
    for (let at = 0; at < 230; at++) {
      const side = add([main], `e${at}`, "Red");
      main = add([add([main], `e${at}`, "Green"), side], `e${at}`, at % 2 ? "Red" : "Green");
    }
    const dir = makeHistory(commits);
    git(dir, "checkout", "-q", "-f", "main");
    const told = async (program: boolean) => {
      const one = await bench(dir, { git: program });
      return one.call<{ conflicts: Json[]; total: number }>("conflict list", { all: true, limit: 500 });
    };
    const all = await told(true);
    expect(all.total).toBe(230);
    expect(all.conflicts.filter(({ resolution }) => resolution === "a")).toHaveLength(115);
    for (const file of cacheOf(dir)) fs.rmSync(file);
    expect(await told(false)).toEqual(all);
  });

  it("grows with the branch, and goes with what is checked out", async () => {
    const person = await contested();
    const one = await bench(person.dir);
    const [first] = await list(one);
    person.run("switch", "-qc", "next");
    person.change(FILE, logo({ title: "Pink" }));
    person.run("switch", "-q", "main");
    person.change(FILE, logo({ title: "Black" }));
    person.merge(["next"], () => person.write(FILE, logo({ title: "Rose" })));
    await one.rescan();
    expect(await list(one)).toHaveLength(2);
    person.run("switch", "-q", "next");
    await one.rescan();
    expect(await list(one)).toEqual([first]);
    person.run("switch", "-q", "theirs");
    await one.rescan();
    expect(await list(one)).toEqual([]);
  });

  it("passes over what a shallow clone lacks, until it is there", async () => {
    const { dir } = await contested();
    const shallow = path.join(temporaryFolder(), "clone");
    git(dir, "clone", "-q", "--depth", "2", `file://${dir}`, shallow);
    expect(await list(await bench(shallow))).toEqual([]);
    git(shallow, "fetch", "-q", "--unshallow");
    expect(await told(await bench(shallow))).toBe(await told(await bench(dir)));
  });

  it("is no second word on what the merge has a record of, or a person put into the log", async () => {
    const person = await contested();
    const one = await bench(person.dir);
    const [{ id } = {}] = await list(one);
    const { a, b, base } = await one.call<{ a: Json; b: Json; base: string }>("conflict show", { id: String(id) });
    const versions = [base, a.version, b.version].map(String);
    const record = (name: string) =>
      `---\nid: ${name}\nentry: ${ID}\npath: ${FILE}\ncause: merge\nbase: "${versions[0]}"\nversion_a: "${versions[2]}"\nversion_b: "${versions[1]}"\nfields: [title]\ndetected_at: "2024-02-03T04:05:06.000Z"\nresolved: false\na: {title: Red}\nb: {title: Green}\n---\n`;
    const mine = "5f0e0b64-6a5c-8d3e-9b1a-0123456789ab";
    await one.hand(`conflicts/${mine}.md`, record(mine));
    expect((await list(one)).map((each) => each.id)).toEqual([mine]);
    await one.hand(`conflicts/${id}.md`, record(String(id)));
    expect((await list(one)).map((each) => each.id).sort()).toEqual([mine, id].sort());
    for (const name of [mine, String(id)]) fs.rmSync(path.join(one.root, `conflicts/${name}.md`));
    // The merge brings a record, which is pruned later.
    person.write(`conflicts/${mine}.md`, record(mine));
    person.run("add", "-A");
    person.run("commit", "-q", "--amend", "--no-edit");
    person.change(`conflicts/${mine}.md`, null);
    await one.rescan();
    expect(await list(one)).toEqual([]);
  });
});

describe("conflict markers that a merge commit left", () => {
  /** The same with markers committed; gives the conflict's id. */
  async function marked(
    ours: string,
    theirs: string,
    base = logo({}),
    style = "merge",
  ): Promise<[Bench, string, Person]> {
    const person = new Person();
    person.run("config", "merge.conflictStyle", style);
    person.fork(base, ours, theirs);
    person.merge(["theirs"], () => undefined);
    const one = await bench(person.dir);
    const [found] = await list(one, false);
    expect(found).toMatchObject({ cause: "markers", resolved: false, path: FILE });
    return [one, String(found?.id), person];
  }

  const [OURS, THEIRS] = [BODY.replace("two", "zwei"), BODY.replace("two", "deux")];

  it("are an open conflict until a commit is without them, alike in every clone", async () => {
    const [one, id, person] = await marked(logo({ body: OURS }), logo({ body: THEIRS }));
    expect(await one.call("admin status")).toMatchObject({ conflicts: 1 });
    expect(await one.call("conflict show", { id: "memories/logo" })).toMatchObject({
      id,
      fields: ["body"],
      a: { values: { body: OURS } },
    });
    const second = path.join(temporaryFolder(), "clone");
    git(person.dir, "clone", "-q", person.dir, second);
    expect(await told(await bench(second))).toBe(await told(one));
    // In the working tree it is over; who commits it will be the one.
    await one.hand(FILE, logo({ body: "Settled." }));
    expect(await list(one, false)).toEqual([]);
    expect(await list(one)).toMatchObject([{ id, cause: "merge", resolved: true, resolution: "merged" }]);
    person.run("add", "-A");
    person.run("-c", "user.name=Sam Settler", "commit", "-qm", "settle");
    person.change(FILE, logo({ body: "Later." }));
    await one.rescan();
    expect(await list(one)).toMatchObject([{ id, resolved: true, resolved_by: "Sam Settler" }]);
    git(second, "pull", "-q");
    expect(await told(await bench(second))).toBe(await told(one));
    expect(await one.call("admin status")).toMatchObject({ conflicts: 0 });
  });

  it.each(["merge", "diff3"])("are resolved by side, with git's style %s", async (style) => {
    for (const [take, body] of [
      ["a", OURS],
      ["b", THEIRS],
      ["both", BODY.replace("Line two.", "Line zwei.\nLine deux.")],
    ] as const) {
      const [one, id] = await marked(logo({ body: OURS }), logo({ body: THEIRS }), logo({}), style);
      const before = one.trace();
      await one.refused("conflict resolve", { id }, "invalid_input");
      await one.refused("conflict resolve", { id, values: { title: "x" } }, "invalid_input");
      expect(one.trace()).toEqual(before);
      expect(await one.call("conflict resolve", { id, take })).toMatchObject({ change: "updated", path: FILE });
      expect(one.text(FILE)).toBe(logo({ body }));
      expect(await list(one, false)).toEqual([]);
      expect(await list(one)).toMatchObject([{ id, resolved: true, resolved_by: "Ada Person" }]);
      await one.refused("conflict resolve", { id, take }, "conflict");
    }
  });

  it("around fields are resolved by value; what one side alone changed between them stays", async () => {
    const fields = (title: string, importance: number) => entryText(`title: ${title}\nimportance: ${importance}`, BODY);
    for (const [input, title] of [
      [{ take: "a" }, "Green"],
      [{ take: "b" }, "Red"],
      [{ values: { title: "Blue" } }, "Blue"],
    ] as const) {
      const [one, id] = await marked(fields("Green", 0.5), fields("Red", 0.9), fields("Logo", 0.5));
      expect(one.text(FILE)).toContain("<<<<<<<");
      await one.refused("conflict resolve", { id, take: "both" }, "invalid_input");
      await one.call("conflict resolve", { id, ...input });
      expect(one.text(FILE)).toBe(fields(title, 0.9));
    }
  });
});
