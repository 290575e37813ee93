import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { run } from "../support/program.js";
import { git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

const made: string[] = [];
const remember = (dir: string): string => {
  made.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

interface Check {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly fix?: string;
}

/** What the doctor finds wrong, by id, with its exit status. */
function examine(dir: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const home = remember(temporaryFolder());
  const { status, stdout, stderr } = run(dir, ["doctor", "--json", ...args], { env: { HOME: home, ...env } });
  if (stderr !== "") throw new Error(stderr);
  const { checks, fixed } = JSON.parse(stdout) as { checks: Check[]; fixed?: string[] };
  const wrong = Object.fromEntries(checks.filter((check) => check.status !== "ok").map((check) => [check.id, check]));
  return { status, checks, wrong, fixed };
}

const ids = (found: { wrong: Record<string, unknown> }): string[] => Object.keys(found.wrong);

function withStore(...clients: string[]): string {
  const dir = remember(makeRepository());
  run(dir, ["init", ...clients.flatMap((client) => ["--client", client])]);
  return dir;
}

const edit = (file: string, change: (text: string) => string): void =>
  fs.writeFileSync(file, change(fs.readFileSync(file, "utf8")));

describe("doctor", () => {
  it("finds nothing wrong with what init made", () => {
    const found = examine(withStore("cursor", "codex"));
    expect(found).toMatchObject({ status: 0, wrong: {} });
    expect(found.checks.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        "node",
        "git",
        "store",
        "ignored",
        "attributes",
        "merge-driver",
        "lock",
        "cursor",
        "codex",
      ]),
    );
  });

  it("names what is broken, mends it when asked, and then finds it clean", () => {
    const dir = withStore("claude", "codex", "opencode");
    git(dir, "config", "--remove-section", "merge.git-memory");
    put(path.join(dir, ".memory/.gitattributes"), "# mine\n*.yaml  merge=git-memory");
    edit(path.join(dir, ".mcp.json"), (text) => text.replace("git-memory@0", "git-memory@7"));
    edit(path.join(dir, ".codex/config.toml"), (text) => text.replace('"npx"', '"/gone/git-memory"'));
    edit(path.join(dir, "opencode.json"), (text) => text.replace("git-memory@0", "git-memory"));
    edit(path.join(dir, "AGENTS.md"), (text) => text.replace("Shared memory", "Older words"));
    fs.rmSync(path.join(dir, ".codex/hooks.json"));
    const broken = examine(dir);
    expect(broken.status).toBe(1);
    expect(ids(broken).sort()).toEqual([
      "attributes",
      "claude.instructions",
      "claude.memory",
      "claude.server",
      "codex.hook",
      "codex.server",
      "merge-driver",
      "opencode.server",
    ]);
    for (const { fix } of Object.values(broken.wrong)) expect(fix).toContain("--fix");
    const mended = examine(dir, ["--fix"]);
    expect(mended).toMatchObject({ status: 0, wrong: {} });
    expect(mended.fixed).toHaveLength(6);
    expect(fs.readFileSync(path.join(dir, ".memory/.gitattributes"), "utf8")).toBe(
      "# mine\n*.yaml  merge=git-memory\n* -text -ident -filter !working-tree-encoding\n*.md merge=git-memory\n",
    );
    expect(JSON.parse(fs.readFileSync(path.join(dir, ".claude/settings.json"), "utf8"))).toMatchObject({
      autoMemoryEnabled: false,
    });
    const before = git(dir, "status", "--porcelain", "--untracked-files=all");
    expect(examine(dir, ["--fix"])).toMatchObject({ status: 0, wrong: {}, fixed: [] });
    expect(git(dir, "status", "--porcelain", "--untracked-files=all")).toBe(before);
  });

  it("prints for a person what to do, and changes nothing without --fix", () => {
    const dir = withStore("claude");
    put(path.join(dir, ".gitignore"), ".memory/\n");
    git(dir, "config", "--unset", "merge.git-memory.driver");
    const config = fs.readFileSync(path.join(dir, ".git/config"), "utf8");
    const { status, stdout } = run(dir, ["doctor"], { env: { HOME: remember(temporaryFolder()) } });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^PROBLEM \.memory is git-ignored.*\n +→ take it out of \.gitignore/m);
    expect(stdout).toMatch(/^2 problems, 1 warnings\.$/m);
    expect(fs.readFileSync(path.join(dir, ".git/config"), "utf8")).toBe(config);
    expect(examine(dir, ["--fix"])).toMatchObject({ status: 1, wrong: { ignored: { status: "problem" } } });
  });

  it("tells what is wrong with the store, or that there is none", () => {
    const none = examine(remember(makeRepository()));
    expect(none).toMatchObject({
      status: 1,
      wrong: { store: { message: expect.stringContaining("git memory init") } },
    });
    const dir = withStore();
    put(path.join(dir, ".memory/memory.yaml"), "format: 99\nscope: project\nname: x\n");
    expect(examine(dir)).toMatchObject({
      status: 1,
      wrong: { store: { message: expect.stringContaining("format 99") } },
    });
    const plain = remember(temporaryFolder());
    run(plain, ["init"]);
    expect(examine(plain)).toMatchObject({ status: 0, wrong: { repository: { status: "warning" } } });
    expect(examine(os.tmpdir(), ["--root", plain])).toMatchObject({ status: 0 });
  });

  it("frees the lock of a writer that died", () => {
    const dir = withStore();
    const lock = path.join(dir, ".git/git-memory/write.lock");
    const owner = { host: os.hostname(), boot: "another boot", pid: 1, started: "1", nonce: "x" };
    put(lock, JSON.stringify(owner));
    expect(examine(dir)).toMatchObject({
      status: 0,
      wrong: { lock: { message: expect.stringContaining("process 1") } },
    });
    expect(fs.existsSync(lock)).toBe(true);
    expect(examine(dir, ["--fix"])).toMatchObject({ wrong: {}, fixed: [expect.stringContaining("freed")] });
    expect(fs.existsSync(lock)).toBe(false);
  });

  it("tells of writes that wait, or were thrown away", () => {
    const dir = withStore();
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "store");
    run(dir, ["save", "Lost", "text"]);
    fs.rmSync(path.join(dir, ".memory/memories/lost.md"));
    expect(examine(dir).wrong.dropped).toMatchObject({
      status: "warning",
      fix: expect.stringMatching(/^`git memory restore memories\/lost [0-9a-f]{40}`$/),
    });
    git(dir, "bisect", "start");
    run(dir, ["save", "Later", "text"]);
    expect(examine(dir, ["--fix"]).wrong.held).toMatchObject({ message: expect.stringContaining("bisect") });
    git(dir, "bisect", "reset");
    expect(ids(examine(dir))).toEqual(["dropped"]);
  });

  it("publishes what was waiting for the branch", () => {
    const dir = withStore();
    edit(path.join(dir, ".memory/memory.yaml"), (text) => `${text}\ncommit: each\n`);
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "store");
    git(dir, "checkout", "-q", "--detach");
    run(dir, ["save", "Waiting", "text"]);
    git(dir, "checkout", "-q", "main");
    expect(examine(dir)).toMatchObject({
      status: 0,
      wrong: { unpublished: { fix: expect.stringContaining("--fix") } },
    });
    expect(examine(dir, ["--fix"])).toMatchObject({ status: 0, wrong: {} });
    expect(git(dir, "log", "-1", "--format=%s").trim()).toBe("memory: add memory waiting");
  });

  it("tells of a repository in which writes cannot become commits", () => {
    const dir = withStore();
    edit(path.join(dir, ".memory/memory.yaml"), (text) => `${text}\ncommit: each\n`);
    git(dir, "config", "commit.gpgsign", "true");
    expect(examine(dir)).toMatchObject({
      status: 1,
      wrong: { signing: { fix: expect.stringContaining("config set commit journal") } },
    });
    run(dir, ["config", "set", "commit", "journal"]);
    expect(ids(examine(dir))).toEqual([]);
  });

  it("tells what a repository has that needs the git program", () => {
    const dir = remember(makeRepository(undefined, "--object-format=sha256"));
    run(dir, ["init"]);
    expect(examine(dir)).toMatchObject({
      status: 0,
      wrong: { repository: { message: expect.stringContaining("SHA-256") } },
    });
    const without = examine(dir, [], { GIT_MEMORY_GIT: "/nowhere/git" });
    expect(without).toMatchObject({
      status: 1,
      wrong: { git: { status: "warning" }, repository: { status: "problem" } },
    });
    const other = withStore();
    put(path.join(other, ".git/info/attributes"), "*.md text eol=crlf\n");
    expect(examine(other)).toMatchObject({
      status: 1,
      wrong: {
        attributes: { message: expect.stringContaining("text: set") },
        repository: { message: expect.stringContaining("info/attributes") },
      },
    });
  });

  it("tells that nothing can be written", () => {
    const dir = withStore();
    fs.rmSync(path.join(dir, ".git/git-memory"), { recursive: true, force: true });
    put(path.join(dir, ".git/git-memory"), "not a folder");
    expect(examine(dir)).toMatchObject({
      status: 1,
      wrong: { writable: { message: expect.stringContaining(".git/git-memory") } },
    });
  });

  it("respects what a person said of a host's own memory, wherever they said it", () => {
    const dir = withStore("claude", "codex");
    const local = path.join(dir, ".claude/settings.local.json");
    put(local, '{ "autoMemoryEnabled": true }');
    expect(examine(dir, ["--fix"])).toMatchObject({
      status: 0,
      wrong: { "claude.memory": { fix: expect.stringContaining("local") } },
      fixed: [],
    });
    put(local, '{ "env": { "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1" } }');
    expect(ids(examine(dir))).toEqual([]);
    fs.rmSync(local);
    expect(ids(examine(dir, [], { CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1" }))).toEqual([]);
    const home = remember(temporaryFolder());
    put(path.join(home, ".claude/settings.json"), '{ "autoMemoryEnabled": false }');
    put(path.join(home, ".codex/config.toml"), "[features]\nmemories = true\n");
    expect(ids(examine(dir, [], { HOME: home }))).toEqual(["codex.memory"]);
  });

  it("leaves alone what is not ours", () => {
    const dir = withStore();
    put(path.join(dir, ".cursor/mcp.json"), '{"mcpServers": {"git-memory": {"command": "docker", "args": ["run"]}}}');
    put(path.join(dir, ".mcp.json"), "{ broken");
    const before = git(dir, "status", "--porcelain", "--untracked-files=all");
    expect(examine(dir, ["--fix"])).toMatchObject({
      status: 1,
      fixed: [],
      wrong: {
        "cursor.server": { message: expect.stringContaining("docker run") },
        "claude.file": { status: "warning" },
      },
    });
    expect(git(dir, "status", "--porcelain", "--untracked-files=all")).toBe(before);
    expect(fs.readFileSync(path.join(dir, ".mcp.json"), "utf8")).toBe("{ broken");
  });

  it("configures nothing in continuous integration", () => {
    const dir = remember(makeRepository());
    run(dir, ["init"], { env: { CI: "true" } });
    expect(examine(dir, ["--fix"], { CI: "true" })).toMatchObject({ status: 0, wrong: {}, fixed: [] });
    expect(git(dir, "config", "--local", "--list")).not.toContain("merge.git-memory");
    expect(ids(examine(dir))).toEqual(["merge-driver"]);
  });
});
