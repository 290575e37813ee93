import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
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

/** Every file below a folder with its text, without git's. */
function snapshot(dir: string): Record<string, string> {
  const files = fs.readdirSync(dir, { recursive: true, encoding: "utf8" });
  const plain = files.filter((file) => !file.startsWith(".git/") && fs.statSync(path.join(dir, file)).isFile());
  return Object.fromEntries(plain.map((file) => [file, fs.readFileSync(path.join(dir, file), "utf8")]));
}

describe("init", () => {
  it("writes the workflow for GitHub at the top, also from a folder below, and only where asked", () => {
    const dir = remember(makeRepository());
    const file = path.join(dir, ".github/workflows/memory.yml");
    put(path.join(dir, "src/x.ts"), "");
    expect(run(dir, ["init"]).status).toBe(0);
    expect(fs.existsSync(file)).toBe(false);
    const made = run(path.join(dir, "src"), ["init", "--ci", "github"]);
    expect(made).toMatchObject({ status: 0, stderr: "" });
    expect(made.stdout).toContain("Made .github/workflows/memory.yml");
    const text = fs.readFileSync(file, "utf8");
    expect(text).toContain('"$BASE" --format github');
    expect(runJson(dir, "init", "--ci", "github")).toMatchObject({ made: [], workflow: "complete" });
    fs.appendFileSync(file, "# ours\n");
    for (const how of [[], ["--remove"]]) {
      const left = run(dir, ["init", "--ci", "github", ...how]);
      expect(left.status).toBe(1);
      expect(left.stdout).toContain("left alone");
    }
    expect(fs.readFileSync(file, "utf8")).toBe(`${text}# ours\n`);
    fs.writeFileSync(file, text);
    expect(run(dir, ["init", "--ci", "github", "--remove", "--dry-run"]).stdout).toContain("Would remove .github");
    expect(fs.existsSync(file)).toBe(true);
    expect(runJson(path.join(dir, "src"), "init", "--ci", "github", "--remove")).toEqual({ workflow: "removed" });
    expect(fs.existsSync(file)).toBe(false);
    expect(run(dir, ["init", "--ci", "github", "--dry-run"]).stdout).toContain("Would make .github");
    expect(fs.existsSync(file)).toBe(false);
    expect(run(dir, ["init", "--ci", "jenkins"])).toMatchObject({ status: 2, stdout: "" });
    const plain = remember(temporaryFolder());
    expect(runJson(plain, "init", "--ci", "github")).toMatchObject({ error: { code: "invalid_input" } });
  });

  it("writes a workflow whose commands do what they are for", () => {
    const dir = remember(makeRepository());
    run(dir, ["init", "--ci", "github"]);
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "store");
    git(dir, "update-ref", "refs/remotes/origin/main", "HEAD");
    git(dir, "checkout", "-q", "-b", "topic");
    run(dir, ["save", "A", "text"]);
    const text = fs.readFileSync(path.join(dir, ".github/workflows/memory.yml"), "utf8");
    const commands = [...text.matchAll(/run: npx -y git-memory@\d+ (check .*)/g)].map(([, command = ""]) => command);
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const args = (command.split(" >>")[0] ?? "").replace('"$BASE"', "origin/main").split(" ");
      expect(run(dir, args, { env: { CI: "true" } })).toMatchObject({ status: 0, stderr: "" });
    }
  });

  it("makes a checked-in store that explains itself, and nothing else", () => {
    const dir = remember(makeRepository());
    git(dir, "remote", "add", "origin", "git@example.org:acme/payments.git");
    const config = fs.readFileSync(path.join(dir, ".git/config"), "utf8");
    expect(runJson(dir, "init")).toMatchObject({ kind: "checked-in", scope: "project/payments", warnings: [] });
    expect(git(dir, "status", "--porcelain", "--untracked-files=all").trim().split("\n").sort()).toEqual([
      "?? .memory/.gitattributes",
      "?? .memory/guidelines/how-we-keep-memory.md",
      "?? .memory/memory.yaml",
    ]);
    const driver = fs.readFileSync(path.join(dir, ".git/config"), "utf8").slice(config.length);
    expect(driver.match(/^\s*\[?\w+/gm)?.map((word) => word.trim())).toEqual(["[merge", "name", "driver", "recursive"]);
    const manifest = fs.readFileSync(path.join(dir, ".memory/memory.yaml"), "utf8");
    expect(manifest).toMatch(/^format: 1$/m);
    expect(manifest).toMatch(/^scope: project\nname: payments$/m);
    expect(runJson(dir, "check")).toEqual({ checked: 1, findings: [] });
  });

  it("changes nothing the second time, and completes what is missing", () => {
    const dir = remember(makeRepository());
    run(dir, ["init"]);
    fs.rmSync(path.join(dir, ".memory/guidelines"), { recursive: true });
    put(path.join(dir, ".memory/memory.yaml"), "# mine\nformat: 1\nscope: org\nname: acme\n");
    const before = snapshot(dir);
    const again = run(dir, ["init"]);
    expect(again).toMatchObject({ status: 0, stdout: expect.stringContaining("nothing changed") });
    expect(snapshot(dir)).toEqual(before);
    fs.rmSync(path.join(dir, ".memory/.gitattributes"));
    expect(runJson(dir, "init")).toMatchObject({ made: [".gitattributes"], scope: "org/acme" });
  });

  it("makes the store at the top, also from a folder inside", () => {
    const dir = remember(makeRepository());
    put(path.join(dir, "a/b/c.ts"), "");
    run(path.join(dir, "a/b"), ["init"]);
    expect(fs.existsSync(path.join(dir, ".memory/memory.yaml"))).toBe(true);
    expect(fs.existsSync(path.join(dir, "a/b/.memory"))).toBe(false);
  });

  it("makes a store that is a repository of its own, with a first commit", () => {
    const base = remember(temporaryFolder());
    const env = {
      GIT_AUTHOR_NAME: "Ada",
      GIT_AUTHOR_EMAIL: "ada@example.org",
      GIT_COMMITTER_NAME: "Ada",
      GIT_COMMITTER_EMAIL: "ada@example.org",
    };
    const ran = run(base, ["init", "--own", "notes/ours"], { env });
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    const dir = path.join(base, "notes/ours");
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(git(dir, "log", "--format=%s|%an").trim()).toBe("memory: begin this store|Ada");
    expect(git(dir, "ls-files").trim().split("\n")).toEqual([
      ".gitattributes",
      "guidelines/how-we-keep-memory.md",
      "memory.yaml",
    ]);
    const saved = JSON.parse(run(dir, ["save", "A", "text", "--json"], { env }).stdout) as Record<string, unknown>;
    expect(saved).toMatchObject({ committed: true, scope: "project/ours", path: "memories/a.md" });
    expect(git(dir, "log", "-1", "--format=%H").trim()).toBe(saved.commit);
    expect(run(dir, ["init", "--own"], { env }).stdout).toContain("nothing changed");
    expect(git(dir, "rev-list", "--count", "HEAD").trim()).toBe("2");
    expect(git(dir, "fsck", "--strict", "--no-dangling")).toBe("");
  });

  it("takes the scope and the commit mode that it is told", () => {
    const dir = remember(makeRepository());
    run(dir, ["init", "--scope", "org/acme", "--commit", "each"]);
    expect(runJson(dir, "status")).toMatchObject({ stores: [{ scope: "org/acme", commit: "each" }] });
    expect(runJson(dir, "save", "A", "text")).toMatchObject({ committed: true });
    const other = remember(makeRepository());
    for (const scope of ["session/x", "nonsense", "org/"]) {
      const refused = runJson(other, "init", "--scope", scope);
      expect([scope, refused]).toMatchObject([scope, { error: { code: "invalid_input", data: { field: "scope" } } }]);
    }
    expect(fs.existsSync(path.join(other, ".memory"))).toBe(false);
  });

  it("makes a store in a plain folder, with versions, and says what is missing", () => {
    const dir = remember(temporaryFolder());
    expect(runJson(dir, "init")).toMatchObject({
      kind: "plain",
      warnings: [expect.stringContaining("not in a git repository")],
    });
    runJson(dir, "save", "A", "one");
    runJson(dir, "update", "a", "--content", "two");
    expect(runJson(dir, "history", "a")).toMatchObject({
      versions: [{ change_type: "updated" }, { change_type: "created" }],
    });
    expect(runJson(dir, "status")).toMatchObject({ pending: [] });
    git(dir, "init", "-q");
    expect(git(dir, "status", "--porcelain", "--untracked-files=all")).not.toContain(".state");
  });

  it("warns where git would not carry the folder", () => {
    const dir = remember(makeRepository());
    put(path.join(dir, ".gitignore"), ".memory/\n");
    expect(runJson(dir, "init")).toMatchObject({ warnings: [expect.stringContaining("git-ignored")] });
  });

  it("makes the store where git's configuration cannot be written, and says so", () => {
    const dir = remember(makeRepository());
    put(path.join(dir, ".git/config.lock"), "");
    expect(runJson(dir, "init")).toMatchObject({
      merge_driver: false,
      made: expect.arrayContaining(["memory.yaml"]),
      warnings: [expect.stringMatching(/could not be told how to merge.*`git memory doctor --fix` tries again/)],
    });
    fs.rmSync(path.join(dir, ".git/config.lock"));
    expect(run(dir, ["init"]).stdout).toContain("Told git how to merge");
    expect(run(dir, ["init"]).stdout).toContain("nothing changed");
    const bare = remember(makeRepository());
    const ran = run(bare, ["init"], { env: { GIT_MEMORY_GIT: "/nowhere/git" } });
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringContaining("git was not found") });
  });

  it("refuses to commit at once where commits are signed", () => {
    const dir = remember(makeRepository());
    git(dir, "config", "commit.gpgsign", "true");
    expect(runJson(dir, "init", "--commit", "each")).toMatchObject({ error: { code: "forbidden" } });
    expect(fs.existsSync(path.join(dir, ".memory"))).toBe(false);
    expect(runJson(dir, "init")).toMatchObject({ kind: "checked-in" });
    expect(runJson(dir, "save", "A", "text")).toMatchObject({ change: "created" });
  });

  it("refuses an own store inside another repository", () => {
    const dir = remember(makeRepository());
    expect(runJson(dir, "init", "--own", "inside")).toMatchObject({ error: { code: "conflict" } });
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(fs.existsSync(path.join(dir, "inside"))).toBe(false);
    expect(runJson(dir, "init", "nowhere")).toMatchObject({ error: { code: "invalid_input" } });
  });

  it("works in a linked worktree, beside the first", () => {
    const dir = remember(makeRepository());
    run(dir, ["init"]);
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "store");
    const linked = path.join(remember(temporaryFolder()), "linked");
    git(dir, "worktree", "add", "-q", "-b", "side", linked);
    expect(run(linked, ["init"]).stdout).toContain("nothing changed");
    runJson(linked, "save", "Side", "marmalade");
    runJson(dir, "save", "Main", "quince");
    expect(runJson(linked, "search", "marmalade")).toMatchObject({ total: 1 });
    expect(runJson(dir, "search", "marmalade")).toMatchObject({ total: 0 });
    expect(runJson(linked, "commit")).toMatchObject({ committed: true, files: ["memories/side.md"] });
    expect(git(dir, "log", "-1", "--format=%s", "side").trim()).toBe("memory: commit entries");
    expect(git(dir, "log", "-1", "--format=%s", "main").trim()).toBe("store");
  });

  it("works in a submodule, and finds the superproject's store from there", () => {
    const [outer, inner] = [remember(makeRepository()), remember(makeRepository())];
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner, "libs/inner");
    git(outer, "commit", "-qm", "with inner");
    const sub = path.join(outer, "libs/inner");
    run(outer, ["init"]);
    runJson(outer, "save", "Outer", "marmalade");
    expect(runJson(sub, "search", "marmalade")).toMatchObject({ total: 1 });
    run(sub, ["init"]);
    expect(fs.existsSync(path.join(sub, ".memory/memory.yaml"))).toBe(true);
    runJson(sub, "save", "Inner", "quince");
    expect(runJson(sub, "search", "marmalade")).toMatchObject({ total: 0 });
    expect(runJson(outer, "search", "quince")).toMatchObject({ total: 0 });
  });

  it("works before the first commit of a repository", () => {
    const dir = remember(temporaryFolder());
    git(dir, "init", "-q", "-b", "main");
    git(dir, "config", "user.name", "Ada");
    git(dir, "config", "user.email", "ada@example.org");
    run(dir, ["init"]);
    put(path.join(dir, "code.ts"), "");
    runJson(dir, "save", "A", "text");
    expect(runJson(dir, "history", "a")).toMatchObject({ versions: [{ change_type: "created" }] });
    expect(runJson(dir, "commit", "-m", "first")).toMatchObject({ committed: true });
    expect(git(dir, "log", "--format=%s").trim()).toBe("first");
    expect(git(dir, "status", "--porcelain")).toBe("?? code.ts\n");
  });

  it("is never done uninvited", () => {
    const dir = remember(makeRepository());
    const env = { GIT_MEMORY_HOME: path.join(remember(temporaryFolder()), "own") };
    for (const args of [["search", "x"], ["update", "a", "--append", "b"], ["status"], ["commit"]])
      expect([args, run(dir, args, { env }).status]).toEqual([args, 1]);
    expect(fs.existsSync(env.GIT_MEMORY_HOME)).toBe(false);
    expect(run(dir, ["save", "a", "b"], { env }).status).toBe(0);
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(fs.existsSync(path.join(dir, ".git/git-memory"))).toBe(false);
  });
});
