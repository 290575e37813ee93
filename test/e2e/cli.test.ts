import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PROGRAM } from "../support/client.js";
import { type Ran, run, runJson } from "../support/program.js";
import { GIT_ENV, git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
beforeEach(() => {
  dir = makeRepository();
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

describe("the program in a shell", () => {
  it("goes the whole way in words", () => {
    const ok = (...args: string[]): string => {
      const ran = run(dir, args);
      expect([args, ran]).toMatchObject([args, { status: 0, stderr: "" }]);
      return ran.stdout;
    };
    expect(ok("init")).toContain("Made the store .memory");
    expect(ok("save", "Use Postgres for billing", "Invoices need transactions.", "--tags", "billing")).toMatch(
      /^Saved/,
    );
    expect(ok("search", "where do invoices live")).toContain("`memories/use-postgres-for-billing`");
    expect(ok("get", "use-postgres-for-billing")).toContain("Invoices need transactions.");
    expect(ok("update", "use-postgres-for-billing", "--append", "Backed up at 03:00.")).toMatch(/^Updated/);
    expect(ok("history", "use-postgres-for-billing")).toMatch(/- 2 .* updated by Ada Person[\s\S]*- 1 .* created/);
    expect(ok("diff", "use-postgres-for-billing")).toContain("+ Backed up at 03:00.");
    const { versions } = runJson(dir, "history", "use-postgres-for-billing") as { versions: { version: string }[] };
    expect(ok("restore", "use-postgres-for-billing", versions[1]?.version ?? "")).toMatch(/^Restored/);
    expect(ok("status")).toMatch(/1 memory, 1 guideline[\s\S]*Not in HEAD yet/);
    expect(ok("check")).toContain("2 entries checked, 0 findings.");
    expect(git(dir, "log", "--format=%s").trim()).toBe("code");
    expect(git(dir, "diff", "--cached", "--name-only")).toBe("");
    expect(ok("commit", "-m", "Add shared memory")).toMatch(/^Committed 4 files as [0-9a-f]{10}\.$/m);
    expect(git(dir, "log", "-1", "--format=%s %an").trim()).toBe("Add shared memory Ada Person");
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(ok("commit")).toContain("Nothing to commit");
    expect(ok("delete", "use-postgres-for-billing")).toMatch(/^Archived/);
    expect(ok("search", "invoices")).not.toContain("postgres");
    expect(ok("config", "list")).toContain("commit = journal (default)");
    expect(ok("config", "set", "response_format", "json")).toContain("response_format = json (store)");
    expect(ok("reindex")).toContain("2 entries");
    expect(git(dir, "fsck", "--strict", "--no-dangling")).toBe("");
  });

  it("goes the same way as JSON", () => {
    expect(runJson(dir, "init")).toEqual({
      kind: "checked-in",
      scope: expect.stringMatching(/^project\//),
      made: [".gitattributes", "guidelines/how-we-keep-memory.md", "memory.yaml"],
      merge_driver: true,
      warnings: [],
    });
    const saved = runJson(dir, "save", "A", "text");
    expect(saved).toMatchObject({ address: "memories/a", change: "created", committed: false });
    expect(runJson(dir, "search", "text")).toMatchObject({ total: 1, hits: [{ id: saved.id }] });
    expect(runJson(dir, "get", "a")).toMatchObject({ entries: [{ content: "text" }] });
    expect(runJson(dir, "update", "a", "--set", '{"title":"B"}')).toMatchObject({ change: "updated" });
    expect(runJson(dir, "history", "a")).toMatchObject({ total: 2 });
    expect(runJson(dir, "diff", "a")).toMatchObject({ fields: [{ field: "title" }] });
    expect(runJson(dir, "restore", "a", String(saved.version))).toMatchObject({ version: saved.version });
    expect(runJson(dir, "delete", "a", "--purge")).toMatchObject({ change: "deleted" });
    expect(runJson(dir, "status")).toMatchObject({ index: { state: "ready", done: 1 } });
    expect(runJson(dir, "check")).toEqual({ checked: 1, findings: [] });
    expect(runJson(dir, "commit", "--message", "m")).toMatchObject({ committed: true });
    expect(runJson(dir, "config", "get", "commit")).toMatchObject({ settings: [{ value: "journal" }] });
    expect(runJson(dir, "get", "none")).toMatchObject({ error: { code: "not_found" } });
  });

  it("ends with 1 where it is refused and 2 for misuse, with words on standard error", () => {
    const cases: [string[], number][] = [
      [["get", "none"], 1],
      [["search", "--limit", "x"], 2],
      [["frobnicate"], 2],
      [["init", "--commit", "sometimes"], 2],
      [["mcp", "--toolsets", "everything"], 2],
      [["status", "--root", "/nowhere/at/all"], 1],
    ];
    for (const [args, status] of cases) {
      const ran = run(dir, args);
      expect([args, ran.status, ran.stdout]).toEqual([args, status, ""]);
      expect(ran.stderr).toMatch(/\w/);
      expect(ran.stderr).not.toMatch(/\n\s+at /);
    }
    expect(run(dir, ["get", "none"]).stderr).toContain("`git memory init`");
    expect(JSON.parse(run(dir, ["get", "none", "--json"]).stdout)).toMatchObject({ error: { code: "not_found" } });
  });

  it("speaks of npx where it was started that way", () => {
    const ran = run(dir, ["status"], { env: { npm_command: "exec" } });
    expect(ran.stderr).toContain("npx -y git-memory init");
  });

  it("is a command of git when it is on the path", () => {
    const bin = temporaryFolder();
    fs.symlinkSync(PROGRAM, path.join(bin, "git-memory"));
    const { spawnSync } = process.getBuiltinModule("node:child_process");
    const env = { ...GIT_ENV, PATH: `${bin}:${process.env.PATH}` };
    const ran = spawnSync("git", ["memory", "--version"], { cwd: dir, env, encoding: "utf8" });
    expect(ran.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    fs.rmSync(bin, { recursive: true });
  });

  it("reads text from standard input and works from a folder inside the repository", () => {
    run(dir, ["init"]);
    put(path.join(dir, "src/deep/x.ts"), "");
    const inside = path.join(dir, "src/deep");
    expect(run(inside, ["save", "Piped", "-"], { input: "from a pipe\n" }).status).toBe(0);
    expect(fs.readFileSync(path.join(dir, ".memory/memories/piped.md"), "utf8")).toContain("from a pipe");
    expect(run("/", ["get", "piped", "--root", dir]).stdout).toContain("from a pipe");
    expect(run("/", ["--root", path.join(dir, ".memory"), "get", "piped"]).stdout).toContain("from a pipe");
    expect(run("/", ["get", "piped"], { env: { GIT_MEMORY_ROOT: dir } }).stdout).toContain("from a pipe");
    expect(run("/", ["get", "piped"], { env: { CLAUDE_PROJECT_DIR: inside } }).stdout).toContain("from a pipe");
    expect(run("/", ["get", "piped"]).status).toBe(1);
  });

  it("records session and agent of the environment", () => {
    run(dir, ["init"]);
    const env = { GIT_MEMORY_AGENT: "robot", GIT_MEMORY_SESSION: "night" };
    run(dir, ["save", "A", "text"], { env });
    run(dir, ["update", "a", "--append", "x", "--session", "day"], { env });
    expect(runJson(dir, "history", "a")).toMatchObject({
      versions: [
        { agent: "robot", session: "day" },
        { agent: "robot", session: "night" },
      ],
    });
  });

  it("ends quietly when its reader has enough", async () => {
    run(dir, ["init"]);
    const child = spawn(process.execPath, [PROGRAM, "get", "how-we-keep-memory"], { cwd: dir, env: GIT_ENV });
    child.stdout.destroy();
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString("utf8");
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, errors]).toEqual([0, ""]);
  });

  it("prints a long result whole into a pipe", () => {
    run(dir, ["init"]);
    run(dir, ["save", "Long", "-"], { input: "word ".repeat(19_000) });
    const { entries } = runJson(dir, "get", "long") as { entries: { content: string }[] };
    expect(entries[0]?.content.length).toBe(95_000);
  });

  it("writes nothing to a store that may not be written, and says so", () => {
    run(dir, ["init"]);
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "store");
    if (process.getuid?.() === 0) return;
    fs.chmodSync(path.join(dir, ".git"), 0o555);
    const ran: Ran = run(dir, ["save", "A", "text", "--json"]);
    fs.chmodSync(path.join(dir, ".git"), 0o755);
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: "forbidden" } });
  });
});
