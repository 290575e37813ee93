import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findOperation } from "../../src/operations/registry.js";
import { Bench, entryText, type Json, SECRET, uuidAt } from "../support/memory.js";
import { git, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const id = (number: number): string => uuidAt(1_700_000_000_000, number);
const write = (file: string, text: string | Uint8Array): void => put(path.join(bench.root, file), text);

async function check(input: Json = {}): Promise<{ findings: Json[]; fixed?: Json[]; changes?: Json[]; base?: Json }> {
  await bench.rescan();
  return bench.call("admin check", input);
}

const found = async (input?: Json): Promise<unknown[]> =>
  (await check(input)).findings.map(({ path: file, line, rule }) => [file, line, rule]);

function commit(message = "x"): string {
  git(bench.dir, "add", "-A");
  git(bench.dir, "commit", "-qm", message, "--allow-empty");
  return git(bench.dir, "rev-parse", "HEAD").trim();
}

const words = (from: number, count = 60): string =>
  Array.from({ length: count }, (_, at) => `word${from + at}`).join(" ");

describe("admin check", () => {
  it.each<[string, string, string, unknown[]]>([
    ["a misspelt key", "memories/a.md", entryText("title: a\ncatgory: fact", "x"), [3, "key"]],
    [
      "a misspelt key with two letters changed",
      "memories/a.md",
      entryText("title: a\nimprotanse: 0.9", "x"),
      [3, "key"],
    ],
    ["a short one whose value fits", "memories/a.md", entryText("title: a\ntag: [x]", "x"), [3, "key"]],
    ["a value of a wrong type", "memories/a.md", entryText("title: a\nconfidence: sure", "x"), [3, "field"]],
    ["a body over its limit", "memories/a.md", entryText("title: a", "x".repeat(100_001)), [4, "limit"]],
    ["a rationale over its limit", "guidelines/a.md", entryText(`rationale: ${"x".repeat(5_001)}`, "x"), [2, "limit"]],
    [
      "parameters over their limit",
      "tools/a.md",
      entryText(`parameters: {a: ${"x".repeat(50_001)}}`, "x"),
      [2, "limit"],
    ],
    ["data over its limit", "patterns/a.md", entryText(`data: {a: ${"x".repeat(50_001)}}`, "x"), [2, "limit"]],
    [
      "examples over their limit",
      "guidelines/a.md",
      entryText(`examples: {good: [${"x".repeat(100_001)}]}`, "x"),
      [2, "limit"],
    ],
    ["a file over 1 MiB", "memories/a.md", "x".repeat(1_048_577), [1, "limit"]],
    ["a file that is no UTF-8", "memories/a.md", "\u0000", [1, "unreadable"]],
    [
      "markers that make the front matter unreadable",
      "memories/a.md",
      "---\n<<<<<<< a\nx: 1\n=======\nx: 2\n>>>>>>> b\n---\n",
      [2, "markers"],
    ],
    ["markers in tags.yaml", "tags.yaml", "<<<<<<< a\nx: 1\n=======\nx: 2\n>>>>>>> b\n", [1, "markers"]],
    ["a tags.yaml that cannot be read", "tags.yaml", "a: 1\nb: [\n", [3, "unreadable"]],
    ["a secret in the front matter", "memories/a.md", entryText(`title: a\nsource: ${SECRET}`, "x"), [3, "secret"]],
    [
      "a secret in a conflict record",
      `conflicts/resolved/${id(1)}.md`,
      entryText("resolved: true", SECRET),
      [5, "secret"],
    ],
    ["an open conflict", `conflicts/${id(1)}.md`, entryText("resolved: false", "x"), [1, "conflict"]],
    ["a conflict record that cannot be read", `conflicts/${id(1)}.md`, "text", [1, "unreadable"]],
    [
      "a link to itself",
      "memories/a.md",
      entryText("relations: [{type: x, target: memories/a}]", "x"),
      [2, "self-link"],
    ],
    [
      "a link to nothing, in flow style",
      "memories/a.md",
      entryText("relations:\n  - {type: x,\n     target: memories/b}", "x"),
      [4, "dangling"],
    ],
    [
      "a link that is no address",
      "memories/a.md",
      entryText("relations:\n- target: 'x: y'\n  type: x", "x"),
      [3, "dangling"],
    ],
    [
      "a link to a session that has no such entry",
      "memories/a.md",
      entryText("relations: [{type: x, target: 'session/s:memories/b'}]", "x"),
      [2, "dangling"],
    ],
    ["a file that does not belong", "memories/a.txt", "x", [1, "misplaced"]],
  ])("finds %s", async (_name, file, text, [line, rule]) => {
    write(file, text);
    expect(await found()).toEqual([[file, line, rule]]);
    expect(JSON.stringify(await check())).not.toContain(SECRET);
  });

  it("finds no fault with what is fine", async () => {
    write("memories/a.md", "Just text, with a date and a title underlined\n=======\n");
    write("patterns/b.md", entryText("date: 2024-01-01\nauthor: x\nversion: 3\nname: y\nstate: open", "x"));
    write("memories/up.md", entryText("tags: [Billing]\nexamples: x", "x"));
    write(`conflicts/${id(3)}.md`, entryText("resolved: true", "<<<<<<< a\n=======\n>>>>>>> b"));
    write(`conflicts/resolved/${id(4)}.md`, entryText("resolved: false", "x"));
    write("private/memories/p.md", "---\n[\n---\n");
    write("sessions/s/session.md", "# s\n");
    write("sessions/s/memories/d.md", "Another text.\n");
    write(
      "sessions/s/memories/c.md",
      entryText(
        "relations:\n" +
          [
            "memories/d",
            "memory/d",
            "project/demo:memories/a",
            "project/demo:patterns/b",
            "personal:memories/x",
            "org/acme:tools/y",
            "session/s:",
          ]
            .map((target) => `  - {type: x, target: "${target}"}`)
            .join("\n"),
        "x",
      ),
    );
    expect(await found()).toEqual([]);
  });

  it("takes the entry that was committed first for the one that keeps its id", async () => {
    write("memories/z-first.md", entryText(`id: ${id(1)}`, "x"));
    commit();
    write("memories/a-copy.md", entryText(`title: a\nid: ${id(1)}`, "x"));
    expect(await found()).toEqual([["memories/a-copy.md", 3, "duplicate-id"]]);
  });

  it("finds an unmerged path once, at its markers", async () => {
    write("memories/a.md", "one\n");
    commit();
    git(bench.dir, "checkout", "-q", "-b", "other");
    write("memories/a.md", "two\n");
    commit();
    git(bench.dir, "checkout", "-q", "main");
    write("memories/a.md", "three\n");
    commit();
    expect(() => git(bench.dir, "merge", "other")).toThrow();
    expect(await found()).toEqual([["memories/a.md", 1, "conflict"]]);
    const before = bench.text("memories/a.md");
    expect(await check({ fix: true })).toMatchObject({ fixed: [], findings: [{ rule: "conflict" }] });
    expect(bench.text("memories/a.md")).toBe(before);
  });

  it("finds near-duplicates of one kind and scope, as the setting says", async () => {
    write("memories/a.md", words(0));
    write("memories/b.md", `${words(0)} and two`);
    write("guidelines/b.md", words(0));
    write("sessions/s/memories/b.md", words(0));
    write("memories/archived.md", entryText("status: archived", words(0)));
    write("memories/next.md", entryText("relations: [{type: supersedes, target: memories/a}]", `${words(0)} three`));
    write("memories/short.md", "only a few words");
    write("memories/short2.md", "only a few words");
    write("memories/far.md", words(20));
    const output = await check();
    expect(output.findings).toEqual([
      {
        path: "memories/b.md",
        line: 1,
        rule: "near-duplicate",
        message: expect.stringMatching(/^says nearly the same as memories\/a\.md \(9\d % alike\)/),
      },
      expect.objectContaining({ path: "memories/next.md", message: expect.stringContaining("memories/b.md") }),
    ]);
    await bench.call("admin config_set", { key: "check_similarity", value: "1" });
    expect(await found()).toEqual([]);
    write("memories/same.md", `Title\n\n${words(0)}`.replace("Title\n\n", ""));
    expect(await found()).toEqual([["memories/same.md", 1, "near-duplicate"]]);
  });
});

describe("admin check with base", () => {
  it("repeats nothing that the base has, also of files that moved, and counts what is there more often", async () => {
    const line = `the token ${SECRET}`;
    write("memories/old.md", entryText(`id: ${id(1)}\nimportance: high`, `${line}\nx`));
    write("memories/moves.md", entryText(`id: ${id(2)}\nimportance: high`, "y"));
    write("memories/a.md", words(0));
    write("memories/b.md", words(0));
    const base = commit();
    expect(await found()).toHaveLength(4);
    expect(await found({ base })).toEqual([]);
    fs.renameSync(`${bench.root}/memories/moves.md`, `${bench.root}/memories/moved.md`);
    write("memories/old.md", entryText(`id: ${id(1)}\nimportance: high\nconfidence: x`, `new\n${line}\n${line}!\nx`));
    expect(await found({ base })).toEqual([
      ["memories/old.md", 4, "field"],
      ["memories/old.md", 9, "secret"],
    ]);
  });

  it("finds a copy of what the base has, and too many new entries", async () => {
    write("memories/z.md", entryText(`id: ${id(1)}`, words(0)));
    const base = commit();
    write("memories/a.md", entryText(`id: ${id(2)}`, words(0)));
    await bench.call("admin config_set", { key: "check_max_new", value: "1" });
    expect(await found({ base })).toEqual([["memories/a.md", 1, "near-duplicate"]]);
    write("memories/b.md", entryText(`id: ${id(3)}`, "x"));
    expect(await found({ base })).toEqual([
      ["memories/a.md", 1, "near-duplicate"],
      ["memory.yaml", 1, "too-many"],
    ]);
    expect(await found()).toEqual([["memories/a.md", 1, "near-duplicate"]]);
  });

  it("tells each sort of change once, and what a symbolic link, a rename by content and a tag are", async () => {
    write("memories/by-id.md", entryText(`id: ${id(1)}\nstatus: archived`, "x\ny"));
    write("memories/by-blob.md", "# Same\n\ntext\n");
    write("memories/gone.md", entryText("title: Gone", "a\nb"));
    write("guidelines/back.md", entryText("status: archived", "x"));
    write("memories/bad.md", "---\n[\n---\nline\n");
    fs.symlinkSync("by-id.md", `${bench.root}/memories/link.md`);
    commit();
    git(bench.dir, "tag", "-a", "-m", "v1", "v1");
    expect((await check({ base: "v1" })).changes).toEqual([]);
    fs.rmSync(`${bench.root}/memories/by-id.md`);
    write("memories/deep/id.md", entryText(`id: ${id(1)}`, "x\nz"));
    fs.renameSync(`${bench.root}/memories/by-blob.md`, `${bench.root}/memories/blob.md`);
    fs.rmSync(`${bench.root}/memories/gone.md`);
    write("guidelines/back.md", entryText("title: Back", "x"));
    write("memories/bad.md", "---\n[\n---\nother\n");
    write("memory.yaml", `${bench.text("memory.yaml")}check_max_new: 3\n`);
    const { changes, base } = await check({ base: "v1" });
    expect(base).toEqual({ ref: "v1", commit: git(bench.dir, "rev-parse", "v1^{commit}").trim() });
    expect(
      changes?.map(({ change, kind, path: file, from, added, removed }) => [change, kind, file, from, added, removed]),
    ).toEqual([
      ["restored", "guideline", "guidelines/back.md", undefined, 0, 0],
      ["changed", "memory", "memories/bad.md", undefined, 1, 1],
      ["moved", "memory", "memories/blob.md", "memories/by-blob.md", 0, 0],
      ["moved", "memory", "memories/deep/id.md", "memories/by-id.md", 1, 1],
      ["deleted", "memory", "memories/gone.md", undefined, 0, 2],
      ["changed", "manifest", "memory.yaml", undefined, 1, 0],
    ]);
    expect(changes?.[3]).toMatchObject({
      address: "memories/deep/id",
      fields: [{ field: "status", before: "archived" }],
    });
    expect(changes?.[2]).toMatchObject({ title: "Same" });
    expect(changes?.[2]).not.toHaveProperty("fields");
  });

  it("shows no secret of what changes: not in the title, the fields, nor the text", async () => {
    const base = commit();
    write("memories/a.md", entryText(`title: ${SECRET}\nsource: ${SECRET}\ntopic: x`, `one\n${SECRET}`));
    const output = await check({ base, format: "markdown" });
    expect(JSON.stringify(output)).not.toContain(SECRET);
    expect(output.changes?.[0]?.fields).toEqual([
      { field: "source", after: expect.stringContaining("left out") },
      { field: "topic", after: "x" },
    ]);
  });

  it("refuses hostile names and knows what is missing", async () => {
    for (const base of ["--output=x", "a\u0000b", "main..x", "main...x", " ", "HEAD@{1}", "x.lock", "@"])
      await bench.refused("admin check", { base }, "invalid_input");
    const error = await bench.refused("admin check", { base: "origin/main" }, "not_found");
    expect(error.message).toContain("git fetch origin main");
    expect(fs.existsSync(`${bench.dir}/x`)).toBe(false);
  });

  it("finds every usual name of a commit", async () => {
    const first = commit("one");
    commit("two");
    git(bench.dir, "branch", "feature/x", first);
    git(bench.dir, "update-ref", "refs/remotes/origin/main", first);
    git(bench.dir, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
    git(bench.dir, "tag", "light", first);
    git(bench.dir, "tag", "-a", "-m", "x", "heavy", first);
    git(bench.dir, "tag", "-a", "-m", "x", "nested", "heavy");
    git(bench.dir, "fetch", "-q", ".", "feature/x");
    for (const packed of [false, true]) {
      if (packed) git(bench.dir, "pack-refs", "--all");
      for (const base of [
        "feature/x",
        "origin/main",
        "origin",
        "light",
        "heavy",
        "nested",
        "HEAD~1",
        "HEAD^",
        "main~1^0",
        "refs/tags/heavy",
        first,
        first.slice(0, 10),
        "FETCH_HEAD",
      ])
        expect([base, (await check({ base })).base]).toEqual([base, { ref: base, commit: first }]);
    }
  });
});

describe("the format", () => {
  it("adds the report and changes nothing else", async () => {
    write("memories/a.md", entryText("title: a\ncatgory: fact", "x"));
    const plain = await check();
    for (const format of ["text", "json", "markdown", "github"]) {
      const { report, ...rest } = (await check({ format })) as Json;
      expect(rest).toEqual(plain);
      expect(report).toContain("memories/a.md");
    }
    await bench.refused("admin check", { format: "xml" }, "invalid_input");
  });

  it("is what bounds a text that nobody asked to have whole", async () => {
    const base = commit();
    const lines = Array.from({ length: 30 }, (_, at) => `line ${at} ${"x".repeat(150)}`).join("\n");
    for (let at = 0; at < 20; at++) write(`memories/m${at}.md`, `${at}\n${lines}`);
    const { render } = findOperation("admin", "check")!;
    const short = render(await check({ base }), "concise", String);
    expect(short.length).toBeLessThan(41_000);
    expect(short).toMatch(/… \d+ more lines; with format text all of them are given\.$/);
    const whole = render(await check({ base, format: "text" }), "concise", String);
    expect(whole.startsWith(short.slice(0, short.lastIndexOf("\n")))).toBe(true);
    expect(whole).toContain("memories/m9.md");
  });
});
