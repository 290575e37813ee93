import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json, uuidAt } from "../support/memory.js";
import { git, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const id = (number: number): string => uuidAt(1_700_000_000_000, number);
const write = (file: string, text: string): void => put(path.join(bench.root, file), text);
const ID = /^id: [0-9a-f-]{36}\n/m;

interface Told {
  readonly fixed: Json[];
  readonly findings: Json[];
}

async function fix(input: Json = {}): Promise<Told> {
  await bench.rescan();
  return bench.call<Told>("admin check", { fix: true, ...input });
}

const rules = ({ fixed }: Told): unknown[] => fixed.map(({ path: file, rule }) => [file, rule]);

function commit(): string {
  git(bench.dir, "add", "-A");
  git(bench.dir, "commit", "-qm", "x");
  return git(bench.dir, "rev-parse", "HEAD").trim();
}

describe("admin check with fix", () => {
  it.each<[string, string, string, string, string]>([
    ["a misspelt key", "memories/a.md", "# why\ncatgory: fact # sure", "# why\ncategory: fact # sure", "key"],
    ["tags as a text", "memories/a.md", 'tags: "B, a , #c"', "tags: [b, a, c]", "field"],
    ["tags in capitals", "memories/a.md", "tags: [Billing, 'billing', x] # t", "tags: ['billing', x] # t", "tags"],
    ["a number as a text", "memories/a.md", 'importance: "0.8"', "importance: 0.8", "field"],
    ["a whole number as a text", "guidelines/a.md", 'priority: "90.0"', "priority: 90", "field"],
    ["one path where a list belongs", "memories/a.md", "files: src/a.ts#L1", "files: [src/a.ts#L1]", "field"],
    ["one glob with braces", "memories/a.md", "applies_to: src/{a,b}/**", 'applies_to: ["src/{a,b}/**"]', "field"],
    ["one example", "guidelines/a.md", "examples:\n  good: do", "examples:\n  good:\n    - do", "field"],
  ])("mends %s", async (_name, file, before, after, rule) => {
    const text = (fields: string) => entryText(`id: ${id(1)}\n${fields}\nlast: here`, "Body  \n\n  stays");
    write(file, text(before));
    expect(rules(await fix())).toEqual([[file, rule]]);
    const now = bench.text(file) ?? "";
    const entry = (await bench.call<{ entries: Json[] }>("get", { refs: [file.replace(".md", "")] })).entries[0];
    expect(entry).not.toHaveProperty("problems");
    expect(now).toBe(text(after));
    expect(now.replace(/^---\n[\s\S]*?\n---\n/, "")).toBe(text(before).replace(/^---\n[\s\S]*?\n---\n/, ""));
    expect(now).toContain("\nlast: here\n---");
    expect((await fix()).fixed).toEqual([]);
  });

  it.each<[string, string]>([
    ["a number that is none", "importance: high"],
    ["a number out of range", 'importance: "8"'],
    ["paths with a comma between", "files: src/a.ts, src/b.ts"],
    ["a status nobody knows", "status: done"],
    ["an id that is none", "id: 7"],
    ["two keys that look like one", "catgory: a\ncategry: b"],
    ["a word that is near to two", "confidenc: maybe\nconfidence: maybe"],
    ["a category of its own", "category: [a]"],
  ])("leaves %s to a person", async (_name, fields) => {
    const text = entryText(fields.startsWith("id:") ? fields : `id: ${id(1)}\n${fields}`, "x");
    write("memories/a.md", text);
    expect((await fix()).fixed).toEqual([]);
    expect(bench.text("memories/a.md")).toBe(text);
  });

  it("gives an id to what has none, and one of its own to a copy", async () => {
    write("memories/first.md", entryText(`id: ${id(1)}`, "one"));
    commit();
    write("memories/a-copy.md", entryText(`# c\nid: ${id(1)} # mine\ntitle: c`, "two"));
    write("memories/plain.md", "\uFEFFJust text.\r\n\r\nMore.");
    const told = await fix();
    expect(rules(told)).toEqual([
      ["memories/a-copy.md", "duplicate-id"],
      ["memories/plain.md", "id"],
    ]);
    expect(told.findings).toEqual([]);
    expect(bench.text("memories/first.md")).toContain(id(1));
    expect(bench.text("memories/a-copy.md")).toMatch(/^---\n# c\nid: [0-9a-f-]{36} # mine\ntitle: c\n---\n\ntwo\n$/);
    expect(bench.text("memories/plain.md")).toMatch(
      /^\uFEFF---\r\nid: [0-9a-f-]{36}\r\n---\r\n\r\nJust text.\r\n\r\nMore.$/,
    );
    expect((await fix()).fixed).toEqual([]);
    expect(bench.journal()[0]).toBe("memory: mend 2 entries");
  });

  it("is a write in history, by whoever asked, that can be undone", async () => {
    write("memories/a.md", entryText(`id: ${id(1)}\ntags: X`, "one"));
    const base = commit();
    bench.clock.at = Date.now() + 60_000;
    await fix();
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "memories/a" });
    expect(versions).toMatchObject([
      { agent: "tester", session: "s1", reason: "check --fix", change_type: "updated", pending: true },
      { commit: base },
    ]);
    await bench.call("history restore", { ref: "memories/a", version: versions[1]?.version });
    expect(bench.text("memories/a.md")).toContain("tags: X");
    expect(git(bench.dir, "rev-parse", "HEAD").trim()).toBe(base);
  });

  it("points relations at where their targets went: by the journal, by the id in the base, by the last part of the name", async () => {
    write("guidelines/old.md", entryText(`id: ${id(1)}`, "by journal"));
    write("guidelines/other.md", entryText(`id: ${id(2)}`, "by id"));
    write("guidelines/deep/name.md", entryText(`id: ${id(3)}`, "by name"));
    const relations = ["guidelines/old", "project/demo:guidelines/other", "guidelines/name", "guidelines/nowhere"];
    const list = (targets: readonly string[]) =>
      targets.map((target) => `  - type: x # ${target}\n    target: ${target}\n    note: n\n`).join("");
    const source = (targets: readonly string[]) => entryText(`id: ${id(4)}\nrelations:\n${list(targets)}title: s`, "x");
    write("sessions/s/memories/s.md", source(relations));
    await bench.rescan();
    const base = commit();
    await bench.call("update", { ref: "guidelines/old", set: { name: "once" } });
    await bench.call("update", { ref: "guidelines/once", set: { name: "twice" } });
    fs.renameSync(`${bench.root}/guidelines/other.md`, `${bench.root}/guidelines/moved.md`);
    write("sessions/s/memories/s.md", source(relations));
    const told = await fix({ base });
    expect(rules(told)).toEqual(Array(3).fill(["sessions/s/memories/s.md", "dangling"]));
    const now = bench.text("sessions/s/memories/s.md") ?? "";
    for (const target of relations) expect(now).toContain(`# ${target}\n`);
    for (const target of ["twice", "moved", "deep/name"])
      expect(now).toContain(`target: project/demo:guidelines/${target}\n`);
    expect(now).toContain("target: guidelines/nowhere\n");
    expect(now).toContain("    note: n\n");
    expect(told.findings).toEqual([]);
    expect(await bench.call("admin check")).toMatchObject({ findings: [{ rule: "dangling", line: 14 }] });
    expect((await fix({ base })).fixed).toEqual([]);
  });

  it("guesses no target where several have the name, and makes no link to itself", async () => {
    write("guidelines/a/name.md", entryText(`id: ${id(1)}`, "one"));
    write("guidelines/b/name.md", entryText(`id: ${id(2)}\nrelations: [{type: x, target: tools/name}]`, "two"));
    write(
      "tools/deep/name.md",
      entryText(`id: ${id(3)}\nrelations: [{type: x, target: tools/name}, {type: x, target: guidelines/name}]`, "t"),
    );
    const told = await fix();
    expect(rules(told)).toEqual([["guidelines/b/name.md", "dangling"]]);
    expect(told.findings.map(({ path: file, rule }) => [file, rule])).toEqual([
      ["tools/deep/name.md", "dangling"],
      ["tools/deep/name.md", "dangling"],
    ]);
  });

  it("leaves files alone that are unmerged, hold markers or cannot be read", async () => {
    const markers = "<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n";
    const files = {
      "memories/m.md": `tags: X\n${markers}`,
      "memories/bad.md": "---\ntags: [\n---\n",
      "memories/bin.md": "\0",
    };
    for (const [file, text] of Object.entries(files)) write(file, text);
    expect((await fix()).fixed).toEqual([]);
    for (const [file, text] of Object.entries(files)) expect(bench.text(file)).toBe(text);
  });

  it("writes a hundred at a time", async () => {
    for (let at = 0; at < 205; at++) write(`memories/m${at}.md`, `# M${at}\n\nText ${at}.\n`);
    expect((await fix()).fixed).toHaveLength(205);
    expect(bench.journal().filter((subject) => subject.startsWith("memory: mend"))).toEqual([
      "memory: mend 5 entries",
      "memory: mend 100 entries",
      "memory: mend 100 entries",
    ]);
    for (let at = 0; at < 205; at++) expect(bench.text(`memories/m${at}.md`)).toMatch(ID);
    expect((await fix()).fixed).toEqual([]);
  });

  it("is refused where nothing can be written, and looks all the same without fix", async () => {
    if (process.getuid?.() === 0) return;
    write("memories/a.md", "tags\n");
    await bench.rescan();
    fs.chmodSync(`${bench.dir}/.git`, 0o555);
    const error = await bench.refused("admin check", { fix: true }, "forbidden");
    fs.chmodSync(`${bench.dir}/.git`, 0o755);
    expect(error.message).toContain("Nothing was written");
  });
});
