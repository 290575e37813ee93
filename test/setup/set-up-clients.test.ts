import fs from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { MemoryError } from "../../src/errors.js";
import { CLIENTS, type Client } from "../../src/setup/clients.js";
import { setJson } from "../../src/setup/jsonc-edit.js";
import { parseClients, setUpClients } from "../../src/setup/set-up-clients.js";
import "../support/properties.js";
import { put, temporaryFolder } from "../support/repositories.js";
import { settingsTexts } from "./json-texts.js";

const made: string[] = [];
const folder = (): string => {
  const dir = temporaryFolder();
  made.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

/** Every file and folder below one, with the text of files. */
const tree = (dir: string): Record<string, string> =>
  Object.fromEntries(
    fs
      .readdirSync(dir, { recursive: true, encoding: "utf8" })
      .sort()
      .map((name) => [
        name,
        fs.statSync(path.join(dir, name)).isFile() ? fs.readFileSync(path.join(dir, name), "utf8") : "/",
      ]),
  );

const named = (...names: string[]): Client[] => parseClients(names, "0.1.0");
const add = (root: string, clients: readonly Client[], version = "0.1.0") =>
  setUpClients({ root, clients, version, remove: false, dryRun: false });
const remove = (root: string, clients: readonly Client[]) =>
  setUpClients({ root, clients, version: "0.1.0", remove: true, dryRun: false });
const changes = (outcomes: { file: string; change: string }[]) =>
  outcomes.map(({ file, change }) => `${change} ${file}`);

describe("setting up hosts", () => {
  it.each(CLIENTS)("$name: adds, changes nothing the second time, and leaves nothing behind", async (client) => {
    const dir = folder();
    const told = await setUpClients({ root: dir, clients: [client], version: "0.1.0", remove: false, dryRun: true });
    expect(tree(dir)).toEqual({});
    const added = await add(dir, [client]);
    expect(added).toEqual(told);
    expect(new Set(added.map(({ change }) => change))).toEqual(new Set(["added"]));
    expect(added.map(({ part }) => part)).toEqual(["server", ...(client.hook ? ["hook"] : []), "instructions"]);
    const before = tree(dir);
    expect(new Set((await add(dir, [client])).map(({ change }) => change))).toEqual(new Set(["kept"]));
    expect(tree(dir)).toEqual(before);
    await remove(dir, [client]);
    expect(tree(dir)).toEqual({});
    expect(await remove(dir, [client])).toEqual([]);
  });

  it.each(CLIENTS.filter(({ format }) => format === "json"))(
    "$name: gives a person's file back byte for byte",
    async (client) => {
      const dir = folder();
      await fc.assert(
        fc.asyncProperty(
          settingsTexts(client.servers),
          fc.constantFrom("# Mine", "# Mine\n", "\uFEFF# Mine\r\n\r\nx\r\n"),
          settingsTexts("hooks"),
          async ({ text }, notes, hooks) => {
            put(path.join(dir, client.files[0]!), text);
            const { hook } = client;
            const preset = Object.entries(hook?.preset ?? {});
            if (hook && hook.file !== client.files[0])
              put(
                path.join(dir, hook.file),
                preset.reduce((rest, [key, value]) => setJson(rest, [key], value)!, hooks.text),
              );
            for (const name of [...client.ownInstructions.slice(0, 1), "AGENTS.md"]) put(path.join(dir, name), notes);
            const before = tree(dir);
            expect(changes(await add(dir, [client])).filter((one) => one.startsWith("left"))).toEqual([]);
            expect(tree(dir)).not.toEqual(before);
            await remove(dir, [client]);
            expect(tree(dir)).toEqual(before);
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  it("keeps a person's hooks and brings only ours up to date", async () => {
    const dir = folder();
    const theirs =
      '{\n  "hooks": {\n    "SessionStart": [\n      { "hooks": [{ "type": "command", "command": "echo hi" }] }\n    ],\n    "Stop": []\n  }\n}\n';
    put(path.join(dir, ".claude/settings.json"), theirs);
    await add(dir, named("claude"));
    const file = path.join(dir, ".claude/settings.json");
    const hooks = () =>
      (JSON.parse(fs.readFileSync(file, "utf8")) as { hooks: { SessionStart: unknown[] } }).hooks.SessionStart;
    expect(hooks()).toEqual([
      { hooks: [{ type: "command", command: "echo hi" }] },
      {
        matcher: "startup|clear|compact",
        hooks: [{ type: "command", command: "npx -y git-memory@0 context --hook; exit 0", timeout: 15 }],
      },
    ]);
    expect(changes(await add(dir, named("claude"), "1.0.0"))).toEqual([
      "changed .mcp.json",
      "changed .claude/settings.json",
      "kept CLAUDE.md",
    ]);
    expect(hooks()).toMatchObject([{}, { hooks: [{ command: "npx -y git-memory@1 context --hook; exit 0" }] }]);
    expect(fs.readFileSync(path.join(dir, ".mcp.json"), "utf8")).toContain("git-memory@1");
    await remove(dir, named("claude"));
    expect(tree(dir)).toEqual({ ".claude": "/", ".claude/settings.json": theirs });
  });

  it("writes hooks in the form that each host documents", async () => {
    const dir = folder();
    await add(dir, named("cursor", "gemini", "codex"));
    const json = (file: string): unknown => JSON.parse(fs.readFileSync(path.join(dir, file), "utf8"));
    expect(json(".cursor/hooks.json")).toEqual({
      version: 1,
      hooks: { sessionStart: [{ timeout: 15, command: "npx -y git-memory@0 context --hook=cursor; exit 0" }] },
    });
    expect(json(".gemini/settings.json")).toMatchObject({
      hooks: {
        SessionStart: [{ hooks: [{ type: "command", command: "npx -y git-memory@0 context --hook=gemini; exit 0" }] }],
      },
    });
    expect(json(".codex/hooks.json")).toMatchObject({
      hooks: { SessionStart: [{ matcher: "startup|clear|compact" }] },
    });
    const mine = '{ "version": 1, "hooks": { "stop": [{ "command": "mine" }] } }\n';
    put(path.join(dir, ".cursor/hooks.json"), mine);
    await add(dir, named("cursor"));
    await remove(dir, named("cursor"));
    expect(fs.readFileSync(path.join(dir, ".cursor/hooks.json"), "utf8")).toBe(mine);
  });

  it("takes our hook out of a group that a person added to", async () => {
    const dir = folder();
    put(
      path.join(dir, ".codex/hooks.json"),
      '{"hooks": {"SessionStart": [{"matcher": "startup", "hooks": [{"type": "command", "command": "npx git-memory context --hook"}, {"type": "command", "command": "mine"}]}]}}',
    );
    await remove(dir, named("codex"));
    expect(fs.readFileSync(path.join(dir, ".codex/hooks.json"), "utf8")).toBe(
      '{"hooks": {"SessionStart": [{"matcher": "startup", "hooks": [{"type": "command", "command": "mine"}]}]}}',
    );
  });

  it("says what stays switched off after it is taken out", async () => {
    const dir = folder();
    const settings = '{\n  "autoMemoryEnabled": false\n}\n';
    put(path.join(dir, ".claude/settings.json"), settings);
    await add(dir, named("claude"));
    expect(await remove(dir, named("claude"))).toContainEqual({
      client: "claude",
      file: ".claude/settings.json",
      change: "kept",
      note: expect.stringContaining("autoMemoryEnabled stays false"),
    });
    expect(tree(dir)).toEqual({ ".claude": "/", ".claude/settings.json": settings });
  });

  it("chooses the instruction file that a host reads", async () => {
    const cases: [string[], Record<string, string>, string[]][] = [
      [["claude"], {}, ["CLAUDE.md"]],
      [["claude"], { "AGENTS.md": "x\n" }, ["AGENTS.md"]],
      [["claude"], { "AGENTS.md": "x\n", "CLAUDE.md": "y\n" }, ["CLAUDE.md"]],
      [["claude"], { "CLAUDE.md": "see\n@AGENTS.md\n" }, ["AGENTS.md"]],
      [["claude"], { ".claude/CLAUDE.md": "y\n" }, [".claude/CLAUDE.md"]],
      [["claude", "cursor"], {}, ["AGENTS.md"]],
      [["cursor", "gemini"], { "GEMINI.md": "z\n" }, ["AGENTS.md", "GEMINI.md"]],
    ];
    for (const [clients, files, expected] of cases) {
      const dir = folder();
      for (const [name, text] of Object.entries(files)) put(path.join(dir, name), text);
      await add(dir, named(...clients));
      const marked = Object.entries(tree(dir)).flatMap(([name, text]) =>
        text.includes("<!-- git-memory -->") ? [name] : [],
      );
      expect([clients, files, marked]).toEqual([clients, files, expected]);
    }
  });

  it("leaves AGENTS.md its block while another host reads it", async () => {
    const dir = folder();
    await add(dir, named("cursor,codex"));
    const notes = fs.readFileSync(path.join(dir, "AGENTS.md"), "utf8");
    expect(changes(await remove(dir, named("codex")))).toContain("kept AGENTS.md");
    expect(tree(dir)).toMatchObject({ "AGENTS.md": notes });
    await remove(dir, named("cursor"));
    expect(tree(dir)).toEqual({});
  });

  it("leaves a host whole or not at all, and goes on with the others", async () => {
    const dir = folder();
    const broken = '{\n  "mcpServers": {\n    "a": 1\n    "b": 2\n  }\n}\n';
    put(path.join(dir, ".mcp.json"), broken);
    put(path.join(dir, ".codex/hooks.json"), '{ "hooks": { "SessionStart": {} } }');
    const outcomes = await add(dir, named("claude,codex,cursor"));
    expect(outcomes).toMatchObject([
      { client: "claude", file: ".mcp.json", change: "left alone", note: expect.stringContaining("line 4") },
      { client: "codex", file: ".codex/hooks.json", change: "left alone" },
      { client: "cursor", file: ".cursor/mcp.json", change: "added" },
      { client: "cursor", file: ".cursor/hooks.json", change: "added" },
      { client: "cursor", file: "AGENTS.md", change: "added" },
    ]);
    expect(Object.keys(tree(dir))).toEqual([
      ".codex",
      ".codex/hooks.json",
      ".cursor",
      ".cursor/hooks.json",
      ".cursor/mcp.json",
      ".mcp.json",
      "AGENTS.md",
    ]);
    expect(tree(dir)[".mcp.json"]).toBe(broken);
    put(path.join(dir, ".gemini/settings.json"), Buffer.from([0x7b, 0xff, 0x7d]));
    put(path.join(dir, ".zed/settings.json"), '{ "context_servers": [] }');
    expect(await add(dir, named("gemini,zed"))).toMatchObject([
      { change: "left alone", note: "it is not UTF-8 text" },
      { change: "left alone", file: ".zed/settings.json" },
    ]);
  });

  it("keeps what somebody else put under our key, and mends a path that is gone", async () => {
    const dir = folder();
    const foreign = '{"mcpServers": {"git-memory": {"command": "docker", "args": ["run", "x"]}}}';
    put(path.join(dir, ".cursor/mcp.json"), foreign);
    expect(await add(dir, named("cursor"))).toMatchObject([
      { change: "left alone", note: expect.stringContaining("docker run x") },
      {},
      {},
    ]);
    expect(await remove(dir, named("cursor"))).toMatchObject([
      { change: "kept" },
      { change: "removed" },
      { change: "removed" },
    ]);
    expect(tree(dir)[".cursor/mcp.json"]).toBe(foreign);
    const here = path.join(dir, "git-memory.js");
    put(here, "");
    const text = JSON.stringify({
      mcpServers: { "git-memory": { command: "node", args: [here, "mcp"], env: { A: "b" } } },
    });
    put(path.join(dir, ".mcp.json"), text);
    expect(await add(dir, named("claude"))).toMatchObject([
      { change: "kept", note: expect.stringContaining("only this machine") },
      {},
      {},
    ]);
    fs.rmSync(here);
    expect(await add(dir, named("claude"))).toMatchObject([{ change: "changed" }, {}, {}]);
    expect(JSON.parse(fs.readFileSync(path.join(dir, ".mcp.json"), "utf8"))).toEqual({
      mcpServers: { "git-memory": { command: "npx", args: ["-y", "git-memory@0", "mcp"], env: { A: "b" } } },
    });
  });

  it("follows a link inside the folder and writes through none that leads out", async () => {
    const [dir, outside] = [folder(), folder()];
    put(path.join(dir, "AGENTS.md"), "# Mine\n");
    fs.symlinkSync("AGENTS.md", path.join(dir, "CLAUDE.md"));
    await add(dir, named("claude,cursor"));
    expect(fs.lstatSync(path.join(dir, "CLAUDE.md")).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(path.join(dir, "AGENTS.md"), "utf8").match(/<!-- git-memory -->/g)).toHaveLength(1);
    fs.symlinkSync(outside, path.join(dir, ".zed"));
    expect(await add(dir, named("zed"))).toMatchObject([
      { change: "left alone", note: expect.stringContaining("leads out") },
    ]);
    expect(fs.readdirSync(outside)).toEqual([]);
    put(path.join(dir, ".git/config"), "[core]\n");
    fs.symlinkSync(".git/config", path.join(dir, "GEMINI.md"));
    expect(await add(dir, named("gemini"))).toMatchObject([{ change: "left alone", file: "GEMINI.md" }]);
    expect(fs.readFileSync(path.join(dir, ".git/config"), "utf8")).toBe("[core]\n");
  });

  it("knows its hosts by name, and says which there are", () => {
    expect(named("Claude, cursor", "claude").map(({ name }) => name)).toEqual(["claude", "cursor"]);
    for (const wrong of ["emacs", "windsurf", ","])
      expect(() => parseClients([wrong], "0.1.0")).toThrow(
        expect.objectContaining({
          code: "invalid_input",
          message: expect.stringContaining("Known: claude, cursor"),
        }) as MemoryError,
      );
    expect(() => parseClients(["windsurf"], "3.1.0")).toThrow("git-memory@3 mcp");
  });
});
