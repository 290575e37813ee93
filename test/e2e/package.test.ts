import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../support/program.js";
import { GIT_ENV, git, makeRepository, temporaryFolder } from "../support/repositories.js";

describe("the demo", () => {
  it.each<[string, Record<string, string>]>([
    ["as usual", {}],
    ["without a git identity and with an empty home", { HOME: "/nonexistent", GIT_CONFIG_GLOBAL: "/dev/null" }],
    ["without a git program", { GIT_MEMORY_GIT: "/nonexistent/git" }],
  ])("shows the main job %s, and leaves nothing behind", (_what, env) => {
    const cwd = temporaryFolder();
    const ran = run(cwd, ["demo"], { env: { ...env, TMPDIR: cwd } });
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toMatch(/where do invoices live\?"\n\s+- \*\*Use Postgres for billing\*\*/);
    expect(ran.stdout).toContain("Merged with another change: `memories/use-postgres-for-billing`");
    expect(ran.stdout).toMatch(/concurrent: importance[\s\S]*~ importance: 0\.6 → 0\.9[\s\S]*Resolved: /);
    expect(ran.stdout).toMatch(/- 2 .* updated by .* with codex[\s\S]*- 1 .* created by .* with claude/);
    expect(ran.stdout).not.toContain("[[");
    expect(fs.readdirSync(cwd)).toEqual([]);
    fs.rmSync(cwd, { recursive: true });
  });
});

describe("the packed tarball", () => {
  it("installs in an empty folder and works there: program, library, schemas", () => {
    const folder = temporaryFolder();
    const npm = (...args: string[]): string =>
      execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    // Built already; npm would build once more.
    const packed = npm("pack", process.cwd(), "--ignore-scripts", "--silent").trim();
    const files = execFileSync("tar", ["-tzf", packed], { cwd: folder, encoding: "utf8" }).trim().split("\n");
    for (const file of [
      "dist/git-memory.js",
      "dist/index.js",
      "dist/types/index.d.ts",
      "schema/memory.schema.json",
      "README.md",
      "LICENSE",
      "package.json",
    ])
      expect(files).toContain(`package/${file}`);
    expect(
      files.filter((file) => !/^package\/(dist|schema)\/|^package\/(README\.md|LICENSE|package\.json)$/.test(file)),
    ).toEqual([]);
    fs.writeFileSync(path.join(folder, "package.json"), '{"name":"empty","private":true,"type":"module"}');
    // Without the packages that search by meaning comes with, it goes by words.
    npm("install", "--offline", "--omit=optional", "--no-audit", "--no-fund", `./${packed}`);
    expect(fs.readdirSync(path.join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([
      "git-memory",
    ]);
    const repository = makeRepository();
    const program = path.join(folder, "node_modules/.bin/git-memory");
    const installed = (...args: string[]): string =>
      execFileSync(program, args, { cwd: repository, encoding: "utf8", env: GIT_ENV });
    installed("init");
    installed("save", "A", "some words");
    expect(installed("search", "words")).toContain("memories/a");
    expect(git(repository, "status", "--porcelain")).toContain(".memory/");
    const script = `
      import { openMemory, invoke, findOperation } from "git-memory";
      import schema from "git-memory/schema/memory.schema.json" with { type: "json" };
      const facts = { env: process.env, pid: process.pid, host: "h", home: "/nonexistent", runs: () => true };
      const memory = await openMemory({ root: ${JSON.stringify(repository)}, directory: ".", watch: false }, facts);
      const found = await invoke(findOperation("search"), { memory, caller: {} }, { query: "words" });
      await memory.close();
      console.log(JSON.stringify([found.total, typeof schema.properties.title]));`;
    const ran = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: folder,
      encoding: "utf8",
      env: GIT_ENV,
    });
    expect(ran.stdout.trim()).toBe('[1,"object"]');
    fs.rmSync(folder, { recursive: true });
    fs.rmSync(repository, { recursive: true });
  });
});
