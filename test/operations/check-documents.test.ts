import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json, SECRET, uuidAt } from "../support/memory.js";
import { git, put } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const id = (number: number): string => uuidAt(1_700_000_000_000, number);
const SESSION = "sessions/fix/session.md";
const write = (file: string, text: string): void => put(path.join(bench.root, file), text);

async function check(input: Json = {}): Promise<{ findings: Json[]; fixed?: Json[]; changes?: Json[] }> {
  await bench.rescan();
  return bench.call("admin check", input);
}
const found = async (input?: Json): Promise<unknown[]> =>
  (await check(input)).findings.map(({ path: file, line, rule }) => [file, line, rule]);

function commit(): void {
  git(bench.dir, "add", "-A");
  git(bench.dir, "commit", "-qm", "x");
}

describe("admin check of the documents of scopes", () => {
  it.each<[string, string, string, unknown[]]>([
    ["that cannot be read", "project.md", "---\na: [\n---\n", [3, "unreadable"]],
    ["with markers", "project.md", "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n", [1, "markers"]],
    ["with a value of a wrong type", "project.md", entryText("title: a\nlanguage: [go]", "x"), [3, "field"]],
    ["with an absolute path", "project.md", entryText("root_path: /srv/api", "x"), [2, "field"]],
    ["with a misspelt key", SESSION, entryText("title: a\npurpse: mend", "x"), [3, "key"]],
    ["over a limit", SESSION, entryText(`purpose: ${"x".repeat(501)}`, "x"), [2, "limit"]],
    ["with a body over its limit", SESSION, entryText("title: a", "x".repeat(100_001)), [4, "limit"]],
    ["with a secret", SESSION, entryText("title: a", SECRET), [5, "secret"]],
    ["that continues nothing", SESSION, entryText("title: a\nparent: before", "x"), [3, "dangling"]],
    ["that continues itself", SESSION, entryText("parent: fix", "x"), [2, "self-link"]],
    [
      "whose working set leads nowhere",
      SESSION,
      entryText("working_set:\n  - working: true\n    entry: memories/a\n  - entry: project/demo:memories/b", "x"),
      [4, "dangling"],
    ],
    [
      "with a relation that leads nowhere",
      "project.md",
      entryText("relations:\n  - {type: x, target: memories/a}", "x"),
      [3, "dangling"],
    ],
    ["in a project below a project", "projects/web/project.md", entryText("title: a", "x"), [1, "misplaced"]],
  ])("finds one %s", async (_what, file, text, [line, rule]) => {
    write("memories/b.md", "Text\n");
    write(file, text);
    expect(await found()).toEqual([[file, line, rule]]);
  });

  it("finds no fault with what is fine, with a document or without", async () => {
    write(
      "project.md",
      entryText(`id: ${id(1)}\nroot_path: .\nmine: 1\nrelations: [{type: x, target: "session/fix:"}]`, "x"),
    );
    write("sessions/before/memories/a.md", "A text of a session without a document.\n");
    write(
      SESSION,
      entryText("parent: before\nworking_set: [{entry: 'project/demo:memories/b'}, {entry: memories/c}]", "x"),
    );
    write("memories/b.md", "Text\n");
    write("sessions/fix/memories/c.md", "Other\n");
    expect(await check()).toMatchObject({ findings: [], checked: 3 });
  });

  it("takes the one that is committed for the one that has the name", async () => {
    write("sessions/s/session.md", "One\n");
    commit();
    write("sessions/S/session.md", "Two\n");
    expect(await found()).toEqual([["sessions/S/session.md", 1, "duplicate-name"]]);
  });

  it("finds two of one name, and an id that another file had first", async () => {
    write("memory.yaml", "format: 1\nscope: org\nname: acme\n");
    write("projects/api/project.md", entryText(`id: ${id(1)}`, "x"));
    commit();
    await bench.memory.store().then((store) => store.reload());
    write("projects/API/project.md", entryText(`id: ${id(2)}`, "x"));
    write("projects/web/project.md", entryText(`title: web\nid: ${id(1)}`, "x"));
    expect(await found()).toEqual([
      ["projects/API/project.md", 1, "duplicate-name"],
      ["projects/web/project.md", 3, "duplicate-id"],
    ]);
  });

  it("--fix leaves documents to people", async () => {
    const texts = {
      "project.md": entryText("title: a\nlangage: go\ntags: [A]", "x"),
      [SESSION]: entryText("parent: gone\nworking_set: [{entry: memories/gone}]", "x"),
    };
    for (const [file, text] of Object.entries(texts)) write(file, text);
    write("memories/a.md", entryText("title: a", "x"));
    expect(await check({ fix: true })).toMatchObject({
      fixed: [{ path: "memories/a.md", rule: "id" }],
      findings: [{ rule: "key" }, { rule: "dangling" }, { rule: "dangling" }],
    });
    for (const [file, text] of Object.entries(texts)) expect(bench.text(file)).toBe(text);
  });

  it("tells against a base what a branch changed in them, field by field", async () => {
    write("project.md", entryText("title: Demo\nlanguage: go", "One"));
    commit();
    git(bench.dir, "switch", "-qc", "side");
    write("project.md", entryText("title: Demo\nlanguage: rust", "One"));
    write(SESSION, entryText("title: Fix", "Two"));
    const { changes, findings } = await check({ base: "main" });
    expect(findings).toEqual([]);
    expect(changes).toMatchObject([
      {
        change: "changed",
        kind: "scope",
        path: "project.md",
        fields: [{ field: "language", before: "go", after: "rust" }],
      },
      { change: "added", kind: "scope", path: SESSION, title: "Fix", added: 1 },
    ]);
  });
});

describe("documents of scopes in a memory", () => {
  it("are in the directory and nowhere else", async () => {
    write("memories/a.md", entryText("title: A", "needle"));
    write("project.md", entryText("title: Demo\ngit_remote_url: git@example.org:a/b.git", "needle"));
    const listener: string[] = [];
    bench.memory.onChange((changes) => listener.push(...changes.map((one) => one.path)));
    await bench.rescan();
    expect(listener).toEqual(["project.md", "memories/a.md"]);
    const [record] = bench.memory.scopes.withRemote("https://example.org/a/b");
    expect(record).toMatchObject({ path: "project.md", pending: true, document: { title: "Demo", body: "needle" } });
    expect(bench.memory.index.size).toBe(1);
    expect(await bench.call("search", { query: "needle" })).toMatchObject({ total: 1 });
    expect(bench.memory.catalog("project").withName("project.md")).toEqual([]);
    commit();
    await bench.rescan();
    expect(bench.memory.scopes.inScope("project/demo")[0]?.pending).toBeUndefined();
    expect(bench.memory.index.size).toBe(1);
    fs.rmSync(path.join(bench.root, "project.md"));
    await bench.rescan();
    expect(bench.memory.scopes.size).toBe(0);
  });

  it("are known of every store that is open", async () => {
    await bench.call("save", { title: "Mine", content: "A note of my own.", scope: "personal" });
    put(path.join(bench.personal, "projects/demo/project.md"), entryText("root_path: /srv/demo", "Mine"));
    (await bench.memory.store("personal")).rescan();
    await bench.hand("project.md", entryText("title: Ours", "Ours"));
    const both = bench.memory.scopes.inScope("project/demo");
    expect(both.map(({ store, path: file }) => `${store}:${file}`).sort()).toEqual([
      "personal:projects/demo/project.md",
      "project:project.md",
    ]);
    expect(bench.memory.scopes.withRootPath("/srv/demo/")).toEqual(both.filter(({ store }) => store === "personal"));
    expect([...bench.memory.scopes.duplicates()]).toEqual([]);
  });

  it("are committed, and have versions that come back by their path", async () => {
    await bench.hand("project.md", entryText("title: One", "x"));
    expect(await bench.call("admin status")).toMatchObject({ pending: ["project.md"] });
    await bench.call("admin commit");
    expect(git(bench.dir, "status", "--porcelain")).toBe("");
    await bench.hand("project.md", entryText("title: Two", "x"));
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "project.md" });
    expect(versions).toHaveLength(2);
    const restored = await bench.call("history restore", { ref: "project.md", version: versions[1]!.version });
    expect(restored).toMatchObject({ change: "restored", path: "project.md", scope: "project/demo" });
    expect(bench.text("project.md")).toBe(entryText("title: One", "x"));
    await bench.refused("history list", { ref: "sessions/no/session.md" }, "not_found");
  });
});
