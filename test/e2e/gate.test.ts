import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LineClient, textOf } from "../support/client.js";
import { addFaults, commit, FAULTS, makeBranch } from "../support/gate.js";
import { entryText, SECRET } from "../support/memory.js";
import { type Ran, run, runJson } from "../support/program.js";
import { git, put, temporaryFolder } from "../support/repositories.js";
import { runHere } from "../support/run-here.js";

type Json = Record<string, unknown>;
const made: string[] = [];
const remember = (dir: string): string => {
  made.push(dir);
  return dir;
};
afterAll(() => {
  for (const dir of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

const places = (output: Json): unknown[] =>
  (output.findings as Json[]).map(({ path: file, line, rule }) => [file, line, rule]);

describe("a branch with six faults", () => {
  let dir: string;
  const check = (...args: string[]): Ran => run(dir, ["check", "--base", "main", ...args]);
  beforeAll(() => {
    dir = remember(makeBranch());
    addFaults(dir);
  });

  it("has exactly these findings in JSON, each with its place, and ends with 1", () => {
    const ran = check("--json");
    expect(ran).toMatchObject({ status: 1, stderr: "" });
    const output = JSON.parse(ran.stdout) as Json;
    expect(places(output)).toEqual(FAULTS);
    expect(output).not.toHaveProperty("report");
    expect(output.base).toEqual({ ref: "main", commit: git(dir, "rev-parse", "main").trim() });
    expect(ran.stdout).not.toContain(SECRET);
  });

  it("has the same in the json format", () => {
    const ran = check("--format", "json");
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.stdout)).toEqual(JSON.parse(check("--json").stdout));
  });

  it("has them as text", () => {
    for (const ran of [check(), check("--format", "text")]) {
      expect(ran.status).toBe(1);
      for (const [file, line, rule] of FAULTS)
        expect(ran.stdout).toMatch(new RegExp(`^${file}:${line}: .*\\(${rule}\\)$`, "m"));
      expect(ran.stdout).toContain("6 findings.");
      expect(ran.stdout).toContain('deleted guideline "Target" (guidelines/target.md');
      expect(ran.stdout).not.toContain(SECRET);
    }
  });

  it("has them as workflow commands for files of the repository", () => {
    const ran = check("--format", "github");
    expect(ran.status).toBe(1);
    const errors = ran.stdout.split("\n").filter((line) => line.startsWith("::error "));
    expect(errors.map((line) => line.slice(0, line.indexOf("::", 2)))).toEqual(
      FAULTS.map(([file, line, rule]) => `::error file=.memory/${file},line=${line},title=git-memory ${rule}`),
    );
    expect(ran.stdout).not.toContain(SECRET);
  });

  it("has them as Markdown that reads well, as the fixture shows", () => {
    const ran = check("--format", "markdown");
    expect(ran.status).toBe(1);
    const stable = ran.stdout.replaceAll(git(dir, "rev-parse", "main").trim().slice(0, 12), "0123456789ab");
    expect(stable.replaceAll(SECRET, "<secret>")).toBe(fs.readFileSync("fixtures/reports/six-findings.md", "utf8"));
    expect(ran.stdout).not.toContain(SECRET);
  });

  it("has them over MCP", async () => {
    const client = new LineClient(dir, ["--toolsets", "all"]);
    await client.initialize();
    const args = { action: "check", base: "main" };
    const output = await client.call("memory_admin", { ...args, response_format: "json" });
    expect(output).toEqual(JSON.parse(check("--json").stdout));
    const told = await client.send("tools/call", { name: "memory_admin", arguments: { ...args, format: "github" } });
    expect(`${textOf(told.result)}\n`).toBe(check("--format", "github").stdout);
    await client.close();
  });

  it("has one more without a base: the old one", () => {
    expect(places(runJson(dir, "check"))).toEqual(
      [...FAULTS, ["memories/old-fault.md", 4, "field"]].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  });
});

describe("a clean branch", () => {
  it("ends with 0 and tells what it changes, field by field", () => {
    const dir = remember(makeBranch());
    const file = (name: string): string => path.join(dir, ".memory", name);
    put(
      file("memories/new.md"),
      entryText("id: 0199aa3e-7c1b-7d10-9c55-0000000000ff\ntitle: New one\ntags: [x]", "New."),
    );
    const plain = fs.readFileSync(file("memories/plain.md"), "utf8");
    put(file("memories/plain.md"), plain.replace("[a]", "[a, b]").replace("Two.", "2."));
    git(dir, "mv", ".memory/memories/keep.md", ".memory/memories/kept.md");
    const target = fs.readFileSync(file("guidelines/target.md"), "utf8");
    put(file("guidelines/target.md"), target.replace("title:", "status: archived\ntitle:"));
    put(file("tags.yaml"), "billing:\n  description: Money\n");
    commit(dir, "clean");
    put(file("memories/old-fault.md"), fs.readFileSync(file("memories/old-fault.md"), "utf8").replace("high", "0.9"));
    const ran = run(dir, ["check", "--base", "main", "--json"]);
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      findings: [],
      changes: [
        {
          change: "archived",
          kind: "guideline",
          path: "guidelines/target.md",
          address: "guidelines/target",
          title: "Target",
          fields: [{ field: "status", after: "archived" }],
          added: 0,
          removed: 0,
        },
        { change: "moved", path: "memories/kept.md", from: "memories/keep.md", title: "Keep it", added: 0 },
        {
          change: "added",
          path: "memories/new.md",
          title: "New one",
          fields: [{ field: "tags", after: ["x"] }],
          added: 1,
        },
        // Not committed, and counted all the same.
        {
          change: "changed",
          path: "memories/old-fault.md",
          fields: [{ field: "importance", before: "high", after: 0.9 }],
        },
        {
          change: "changed",
          path: "memories/plain.md",
          fields: [{ field: "tags", before: ["a"], after: ["a", "b"] }],
          added: 1,
          removed: 1,
          excerpt: "@@ -1 +1 @@\n  One.\n- Two.\n+ 2.\n  Three.",
        },
        { change: "added", kind: "tags", path: "tags.yaml", added: 2, removed: 0 },
      ],
    });
    for (const format of ["text", "markdown", "github"]) {
      const told = run(dir, ["check", "--base", "main", "--format", format]);
      expect([format, told.status, told.stderr]).toEqual([format, 0, ""]);
      expect(told.stdout).toContain("New one");
      expect(told.stdout).toContain("1 archived, 1 moved, 2 added, 2 changed");
    }
  });

  it("changes nothing where nothing changed", () => {
    const dir = remember(makeBranch());
    expect(runJson(dir, "check", "--base", "main")).toMatchObject({ findings: [], changes: [] });
    expect(run(dir, ["check", "--base", "main"]).stdout).toContain(": nothing.");
  });
});

describe("--base", () => {
  it("works in a checkout as CI makes it: detached, two commits deep, with and without a git program", () => {
    const dir = remember(makeBranch());
    addFaults(dir);
    git(dir, "checkout", "-q", "main");
    put(path.join(dir, "more.ts"), "more\n");
    commit(dir, "main goes on");
    git(dir, "checkout", "-q", "--detach");
    git(dir, "merge", "-q", "--no-ff", "-m", "merge", "topic");
    git(dir, "branch", "merged");
    const clone = remember(path.join(temporaryFolder(), "clone"));
    git("/", "clone", "-q", "--depth", "2", "--branch", "merged", `file://${dir}`, clone);
    git(clone, "checkout", "-q", "--detach");
    const missing = run(clone, ["check", "--base", "origin/main"]);
    expect(missing).toMatchObject({ status: 1, stdout: "" });
    expect(missing.stderr).toContain("git fetch origin main");
    git(clone, "fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main");
    const none = { GIT_MEMORY_GIT: "/nowhere/git" };
    for (const env of [{}, none])
      for (const base of ["origin/main", "HEAD^1", "refs/remotes/origin/main", git(dir, "rev-parse", "main").trim()]) {
        const ran = run(clone, ["check", "--base", base, "--json"], { env });
        expect([base, places(JSON.parse(ran.stdout) as Json)]).toEqual([base, FAULTS]);
      }
  });

  it("says when there is no common ancestor, and compares with the ref itself", () => {
    const dir = remember(makeBranch());
    git(dir, "checkout", "-q", "--orphan", "other");
    commit(dir, "unrelated");
    const { base, findings } = runJson(dir, "check", "--base", "main") as { base: Json; findings: Json[] };
    expect(base).toMatchObject({
      commit: git(dir, "rev-parse", "main").trim(),
      note: expect.stringContaining("ancestor"),
    });
    expect(findings).toEqual([]);
    expect(run(dir, ["check", "--base", "main"]).stdout).toContain("no common ancestor");
  });

  it("refuses what is no name of a commit, and knows what is not there", async () => {
    const dir = remember(makeBranch());
    const home = path.join(dir, ".git/nobody");
    const refused = run(dir, ["check", "--base=--output=x", "--json"]);
    expect([refused.status, JSON.parse(refused.stdout)]).toMatchObject([2, { error: { code: "invalid_input" } }]);
    for (const base of [
      "--output=x",
      "-x",
      "main..topic",
      "a b",
      "@{u}",
      "main:code.ts",
      "^main",
      "x\u0001",
      "..",
      "a//b",
    ]) {
      const ran = await runHere(dir, home, ["check", `--base=${base}`, "--json"]);
      expect([base, ran.status, JSON.parse(ran.stdout)]).toMatchObject([base, 2, { error: { code: "invalid_input" } }]);
    }
    for (const base of ["nothing", "origin/nothing", "0".repeat(40), "HEAD~99"]) {
      const { stdout } = await runHere(dir, home, ["check", "--base", base, "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: "not_found" } });
    }
    expect(fs.existsSync(path.join(dir, "x"))).toBe(false);
  });

  it("says that a plain folder has no base", () => {
    const dir = remember(temporaryFolder());
    put(path.join(dir, "memory.yaml"), "format: 1\nscope: project\nname: demo\n");
    expect(runJson(dir, "check", "--base", "main")).toMatchObject({ error: { code: "invalid_input" } });
  });
});

describe("check --fix at the command line", () => {
  it("mends, says what and what is left, and has nothing to do the second time", () => {
    const dir = remember(makeBranch());
    addFaults(dir);
    put(path.join(dir, ".memory/memories/loose.md"), "---\ncatgory: fact # why\ntags: A, b\n---\nText.\n");
    const first = run(dir, ["check", "--fix", "--base", "main", "--json"]);
    expect(first.status).toBe(1);
    const { fixed, findings } = JSON.parse(first.stdout) as { fixed: Json[]; findings: Json[] };
    expect(fixed.map(({ path: file, rule }) => [file, rule])).toEqual([
      ["memories/copy.md", "duplicate-id"],
      ["memories/loose.md", "key"],
      ["memories/loose.md", "field"],
      ["memories/loose.md", "id"],
    ]);
    expect(findings.map(({ rule }) => rule)).toEqual(["conflict", "limit", "secret", "dangling", "markers"]);
    expect(fs.readFileSync(path.join(dir, ".memory/memories/loose.md"), "utf8")).toMatch(
      /^---\n(?:id: .*\n)?category: fact # why\n(?:.*\n)*?tags: \[a, b\]\n(?:.*\n)*?---\nText\.\n$/,
    );
    const second = run(dir, ["check", "--fix", "--base", "main", "--json"]);
    expect(JSON.parse(second.stdout)).toMatchObject({ fixed: [] });
    expect(run(dir, ["history", "copy"]).stdout).toContain("check --fix");
    expect(git(dir, "fsck", "--strict", "--no-dangling")).toBe("");
  });
});
