import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import type { Json } from "../support/memory.js";
import { type Ran, run } from "../support/program.js";
import { faults, git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

let folder: string;
let dir: string;
let env: { GIT_MEMORY_HOME: string; GIT_CONFIG_GLOBAL: string };
const tell = (...args: string[]): Ran => run(dir, args, { env });
const json = (...args: string[]): Json => JSON.parse(tell(...args, "--json").stdout) as Json;
const hits = (...args: string[]): string[] =>
  (json("search", ...args).hits as Json[]).map((hit) => `${hit.address}`).sort();

/** A repository that no store is in, and a person who has none either. */
beforeEach(() => {
  folder = temporaryFolder();
  dir = path.join(folder, "shop");
  fs.mkdirSync(dir);
  makeRepository(dir);
  git(dir, "remote", "add", "origin", "git@example.org:acme/shop.git");
  env = { GIT_MEMORY_HOME: path.join(folder, "own"), GIT_CONFIG_GLOBAL: path.join(folder, "gitconfig") };
  put(env.GIT_CONFIG_GLOBAL, "[user]\n\tname = Ada Person\n\temail = ada@example.org\n");
});
afterEach(() => {
  for (const where of [dir, env.GIT_MEMORY_HOME])
    if (fs.existsSync(path.join(where, ".git"))) expect(faults(where)).toBe("");
  fs.rmSync(folder, { recursive: true, force: true });
});

describe("a project without a store", () => {
  it("has what is saved in it kept by the person, which makes their store and says so", () => {
    expect(json("search")).toMatchObject({ error: { code: "not_found" } });
    expect(json("update", "none", "--append", "x")).toMatchObject({ error: { code: "not_found" } });
    expect(fs.existsSync(env.GIT_MEMORY_HOME)).toBe(false);
    expect(json("save", "First", "One.")).toMatchObject({
      address: "memories/first",
      scope: "project/shop",
      store: "personal",
      path: "projects/shop/memories/first.md",
      hint: "saved for you only; git memory init shares it",
    });
    expect(json("save", "Everywhere", "All.", "--scope", "personal")).not.toHaveProperty("hint");
    expect(hits()).toEqual(["global:memories/everywhere", "memories/first"]);
    expect(git(dir, "status", "--porcelain")).toBe("");
    expect(git(env.GIT_MEMORY_HOME, "status", "--porcelain")).toBe("");
    expect(git(env.GIT_MEMORY_HOME, "ls-files").split("\n")).toContain("memory.yaml");
  });

  it("has agents begin a session, or know a project, before anything is saved", async () => {
    const client = new LineClient(dir, ["--toolsets", "scopes"], env);
    await client.initialize();
    const call = (tool: string, args: Json) => client.call(`memory_${tool}`, { ...args, response_format: "json" });
    const none = await client.call("memory_session", { action: "start", parent: "none", response_format: "json" });
    expect(none).toMatchObject({ error: { code: "not_found" } });
    expect(fs.existsSync(env.GIT_MEMORY_HOME)).toBe(false);
    expect(await call("session", { action: "start", purpose: "Look around" })).toMatchObject({ change: "created" });
    expect(await call("session", { action: "list" })).toMatchObject({ total: 1 });
    expect(await call("project", { action: "get" })).toMatchObject({ scope: "project/shop", undocumented: true });
    expect(await client.close()).toBe(0);
  });

  it("gets them into its store when it is given one: with ids, relations and where they came from", () => {
    const first = json("save", "First", "One.", "--reason", "seen");
    json("save", "Second", "Two.", "--fields", '{"relations": [{"type": "depends_on", "target": "memories/first"}]}');
    json("delete", json("save", "Third", "Three.").address as string);
    json("save", "Everywhere", "All.", "--scope", "personal");
    json("save", "Hidden", "Mine alone.", "--private");
    json("save", "Now", "At work.", "--scope", "session/s");
    expect(tell("init", "--client", "claude", "--dry-run").stdout).toContain("Would move 3 entries that you had kept");
    expect(hits("--scope", "project/shop")).toHaveLength(4);
    const made = tell("init");
    expect(made).toMatchObject({ status: 0, stderr: "" });
    expect(made.stdout).toContain("into it: memories/first, memories/second, memories/third\n");
    expect(json("get", "memories/first")).toMatchObject({ entries: [{ id: first.id, content: "One." }] });
    expect(json("relation", "list", "memories/second")).toMatchObject({
      relations: [{ source: "memories/second", type: "depends_on", target: "memories/first" }],
    });
    expect(json("history", "memories/first")).toMatchObject({
      versions: [{ from: "personal:project/shop:memories/first", reason: "the project has a store now" }],
    });
    expect(hits("--include", "archived", "--scope", "project")).toEqual([
      "global:memories/everywhere",
      "guidelines/how-we-keep-memory",
      "memories/first",
      "memories/hidden",
      "memories/second",
      "memories/third",
    ]);
    expect(hits("--scope", "session/s")).toContain("session/s:memories/now");
    const own = git(env.GIT_MEMORY_HOME, "ls-files");
    expect(own).not.toMatch(/first|second|third/);
    expect(own).toMatch(/everywhere/);
    expect(json("init")).not.toHaveProperty("moved");
  });

  it("leaves them where they are with --no-move, and where one of them may not be shared", () => {
    json("save", "First", "One.");
    json("save", "Second", "Two.", "--fields", '{"files": ["/srv/x"]}');
    const refused = json("init");
    expect(refused).toMatchObject({ moved: [], stayed: expect.stringMatching(/files\[0\] must be relative/) });
    expect(hits()).toEqual(["guidelines/how-we-keep-memory", "memories/first", "memories/second"]);
    fs.rmSync(path.join(dir, ".memory"), { recursive: true });
    expect(json("init", "--no-move")).not.toHaveProperty("stayed");
    expect(git(env.GIT_MEMORY_HOME, "ls-files")).toMatch(/memories\/first\.md\n.*memories\/second\.md/);
    expect(git(dir, "status", "--porcelain", "-uall")).not.toMatch(/first|second/);
  });
});

describe("init --personal", () => {
  it("makes the person's own store, once, and goes with nothing that is about a project", () => {
    expect(json("init", "--personal")).toMatchObject({ kind: "own", scope: "global" });
    expect(git(env.GIT_MEMORY_HOME, "ls-files").trim().split("\n")).toEqual([
      ".gitattributes",
      ".gitignore",
      "memory.yaml",
    ]);
    expect(json("init", "--personal")).toMatchObject({ made: [] });
    for (const more of [["--own"], ["--client", "claude"], ["--scope", "org/x"], ["elsewhere"]])
      expect(tell("init", "--personal", ...more)).toMatchObject({ status: 2, stdout: "" });
    expect(git(dir, "status", "--porcelain")).toBe("");
  });
});
