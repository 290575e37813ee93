import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CLIENTS, hookCommand } from "../../src/setup/clients.js";
import { VERSION } from "../../src/version.js";
import { run, runJson } from "../support/program.js";
import { git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

const made: string[] = [];
const remember = (dir: string): string => {
  made.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

/** Every file that git would see, with its text. */
const seen = (dir: string): Record<string, string> =>
  Object.fromEntries(
    git(dir, "ls-files", "-co")
      .trim()
      .split("\n")
      .filter((file) => fs.existsSync(path.join(dir, file)))
      .map((file) => [file, fs.readFileSync(path.join(dir, file), "utf8")]),
  );

const THEIRS = `{
  // Everything that the team uses.
  "mcpServers": {
    "tickets": { "command": "tickets-mcp", "args": ["--read-only"] }, // ask Ada
  },
}
`;

describe("init --client", () => {
  it("makes the store and sets up a host beside a person's servers, from any folder, once", () => {
    const dir = remember(makeRepository());
    put(path.join(dir, ".mcp.json"), THEIRS);
    put(path.join(dir, "src/deep/x.ts"), "");
    const first = run(path.join(dir, "src/deep"), ["init", "--client", "claude"]);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toContain("Made the store");
    expect(first.stdout).toContain("approve the server");
    expect(first.stdout).toContain("git add .memory .mcp.json .claude/settings.json CLAUDE.md and commit");
    const files = seen(dir);
    expect(Object.keys(files).sort()).toEqual([
      ".claude/settings.json",
      ".mcp.json",
      ".memory/.gitattributes",
      ".memory/guidelines/how-we-keep-memory.md",
      ".memory/memory.yaml",
      "CLAUDE.md",
      "code.ts",
      "src/deep/x.ts",
    ]);
    expect(files[".mcp.json"]).toBe(
      THEIRS.replace(
        "// ask Ada\n",
        '// ask Ada\n    "git-memory": {\n      "command": "npx",\n      "args": ["-y", "git-memory@0", "mcp"]\n    },\n',
      ),
    );
    const again = run(dir, ["init", "--client", "claude"]);
    expect(again.stdout).toContain("Nothing changed.");
    expect(again.stdout).not.toContain("Next:");
    expect(seen(dir)).toEqual(files);
    expect(run(dir, ["init", "--client", "claude", "--remove"]).status).toBe(0);
    expect(seen(dir)[".mcp.json"]).toBe(THEIRS);
    expect(Object.keys(seen(dir)).filter((file) => /laude|CLAUDE/.test(file))).toEqual([]);
    expect(runJson(dir, "check")).toEqual({ checked: 1, findings: [] });
  });

  it("tells as data what it did to every host, or would do", () => {
    const dir = remember(makeRepository());
    const names = CLIENTS.map(({ name }) => name);
    const told = runJson(dir, "init", "--client", names.join(","), "--dry-run") as { clients: unknown[] };
    expect(told).toMatchObject({ dry_run: true, made: expect.arrayContaining(["memory.yaml"]), merge_driver: false });
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(git(dir, "config", "--local", "--list")).not.toContain("merge.git-memory");
    const done = runJson(dir, "init", ...names.flatMap((name) => ["--client", name]));
    expect(done).toMatchObject({
      merge_driver: true,
      clients: told.clients,
      next: { codex: expect.stringContaining("trust") },
    });
    expect(runJson(dir, "init", "--client", names.join(","))).toMatchObject({ made: [], merge_driver: false });
    const gone = runJson(dir, "init", "--remove", "--client", names.join(","));
    expect(gone).toEqual({ clients: expect.arrayContaining([expect.objectContaining({ change: "removed" })]) });
    expect(git(dir, "status", "--porcelain")).toBe("?? .memory/\n");
  });

  it("ends with 1 where a file had to be left alone, and with 2 for misuse", () => {
    const dir = remember(makeRepository());
    put(path.join(dir, ".cursor/mcp.json"), "{ broken");
    const ran = run(dir, ["init", "--client", "cursor,zed"]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/left alone \.cursor\/mcp\.json {2}line 1: /);
    expect(ran.stdout).toMatch(/added +\.zed\/settings\.json/);
    expect(fs.readFileSync(path.join(dir, ".cursor/mcp.json"), "utf8")).toBe("{ broken");
    const other = remember(makeRepository());
    for (const args of [["--client", "emacs"], ["--remove"], ["--dry-run"], ["--own", "--client", "zed"]])
      expect([args, run(other, ["init", ...args]).status]).toEqual([args, 2]);
    expect(git(other, "status", "--porcelain")).toBe("");
  });

  it("works outside git", () => {
    const plain = remember(temporaryFolder());
    expect(runJson(plain, "init", "--client", "cursor")).toMatchObject({ kind: "plain" });
    expect(fs.existsSync(path.join(plain, ".cursor/mcp.json"))).toBe(true);
  });

  it("writes hooks that say nothing and fail nothing where the program is missing", () => {
    const dir = remember(temporaryFolder());
    for (const { name, hook } of CLIENTS) {
      if (!hook) continue;
      const { status, stdout } = spawnSync("/bin/sh", ["-c", hookCommand(VERSION, hook)], {
        cwd: dir,
        encoding: "utf8",
        env: { PATH: dir },
      });
      expect([name, status, stdout]).toEqual([name, 0, ""]);
    }
  });
});
