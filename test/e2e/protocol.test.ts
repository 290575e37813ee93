import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient, PROGRAM, type Reply, textOf } from "../support/client.js";
import { GIT_ENV, git, makeCheckedInStore, put } from "../support/repositories.js";

let dir: string;
const open: LineClient[] = [];
const connect = (...args: ConstructorParameters<typeof LineClient>): LineClient => {
  const client = new LineClient(...args);
  open.push(client);
  return client;
};
beforeEach(() => {
  dir = makeCheckedInStore();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
  fs.rmSync(dir, { recursive: true, force: true });
});

const lines = (...messages: unknown[]): string => messages.map((one) => `${JSON.stringify(one)}\n`).join("");
const request = (id: number, method: string, params: unknown = {}) => ({ jsonrpc: "2.0", id, method, params });
const INITIALIZE = request(1, "initialize", {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "pipe", version: "1" },
});
const call = (id: number, name: string, args: unknown) => request(id, "tools/call", { name, arguments: args });

describe("the protocol", () => {
  it("answers everything that was piped in before it ends", () => {
    const input = lines(
      INITIALIZE,
      { jsonrpc: "2.0", method: "notifications/initialized" },
      call(2, "memory_save", { title: "Piped", content: "marmalade", response_format: "json" }),
      request(3, "tools/list"),
      request(4, "ping"),
    );
    const ran = spawnSync(process.execPath, [PROGRAM, "mcp"], {
      cwd: dir,
      env: GIT_ENV,
      input,
      encoding: "utf8",
      timeout: 30_000,
    });
    const replies = ran.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Reply & { id: number });
    expect(replies.map(({ id }) => id).sort()).toEqual([1, 2, 3, 4]);
    expect(replies.find(({ id }) => id === 2)?.result).toMatchObject({
      structuredContent: { address: "memories/piped" },
    });
    expect([ran.status, ran.stderr]).toEqual([0, ""]);
    expect(fs.existsSync(path.join(dir, ".memory/memories/piped.md"))).toBe(true);
  });

  it("answers calls that come before or without a handshake", async () => {
    const client = connect(dir);
    const early = await client.send("tools/list");
    expect(early.result ?? early.error).toBeDefined();
    expect(await client.call("memory_save", { title: "Early", content: "text" })).toHaveProperty("text");
    expect(await client.initialize()).toHaveProperty("serverInfo.name", "git-memory");
  });

  it("goes on after lines that are no message", async () => {
    const client = connect(dir);
    await client.initialize();
    for (const line of [
      "",
      "garbage",
      "[]",
      "null",
      "1",
      '"x"',
      "{}",
      '{"jsonrpc":"1.0","id":1,"method":"ping"}',
      '{"jsonrpc":"2.0","id":{},"method":"ping"}',
      "\u0000\u0001",
      '{"a":',
      "x".repeat(1_000_000),
    ])
      client.raw(`${line}\n`);
    client.raw(`${JSON.stringify(request(900, "ping"))}\r\n`);
    expect((await client.send("ping")).result).toEqual({});
    const answered = client.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const one of answered) expect(one.jsonrpc).toBe("2.0");
    expect(answered.some(({ id }) => id === 900)).toBe(true);
  });

  it("ends cleanly when a line is longer than any message may be", async () => {
    const client = connect(dir);
    await client.initialize();
    client.child.stdin.on("error", () => undefined);
    client.raw("x".repeat(11 * 1024 * 1024));
    expect(await client.exit).toBe(0);
  });

  it("refuses parameters of a wrong shape as the protocol says", async () => {
    const client = connect(dir);
    await client.initialize();
    for (const params of [
      {},
      { name: 3 },
      { name: "memory_search", arguments: "x" },
      { name: "memory_search", arguments: [] },
    ])
      expect([params, (await client.send("tools/call", params)).error?.code]).toEqual([params, expect.any(Number)]);
    expect((await client.send("tools/call", { name: "memory_search" })).result).toBeDefined();
    expect(
      (await client.send("tools/call", { name: "memory_admin", arguments: { action: "status" } })).error?.code,
    ).toBe(-32602);
    expect((await client.send("tasks/list")).error?.code).toBe(-32601);
  });

  it("offers more tools when it is asked to, by flag or environment", async () => {
    const names = async (client: LineClient) =>
      ((await client.send("tools/list")).result as { tools: { name: string }[] }).tools.map(({ name }) => name);
    const all = connect(dir, ["--toolsets", "all"]);
    const admin = connect(dir, [], { GIT_MEMORY_TOOLSETS: "admin" });
    await Promise.all([all.initialize(), admin.initialize()]);
    expect(await names(all)).toEqual(expect.arrayContaining(["memory_bulk", "memory_admin"]));
    expect(await names(admin)).not.toContain("memory_bulk");
    expect(await admin.call("memory_admin", { action: "status", response_format: "json" })).toMatchObject({
      index: {},
    });
  });

  it("keeps many calls at once apart, and loses none", async () => {
    const client = connect(dir);
    await client.initialize();
    const saved = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        client.call("memory_save", { title: `N ${at}`, content: `text ${at}`, response_format: "json" }),
      ),
    );
    expect(new Set(saved.map(({ address }) => address)).size).toBe(40);
    expect(await client.call("memory_search", { limit: 1, response_format: "json" })).toMatchObject({ total: 40 });
  });

  it("ends cleanly on SIGINT, and what was acknowledged is there", async () => {
    const client = connect(dir);
    await client.initialize();
    await client.call("memory_save", { title: "Kept", content: "text" });
    client.child.kill("SIGINT");
    expect(await client.exit).toBe(0);
    expect(fs.existsSync(path.join(dir, ".memory/memories/kept.md"))).toBe(true);
    expect(git(dir, "fsck", "--strict", "--no-dangling")).toBe("");
  });

  it("says what is wrong when the manifest breaks while it runs, or serves on, and recovers", async () => {
    const client = connect(dir);
    await client.initialize();
    await client.call("memory_save", { title: "A", content: "marmalade" });
    const manifest = path.join(dir, ".memory/memory.yaml");
    const good = fs.readFileSync(manifest);
    for (const broken of [
      "format: [",
      "",
      "format: 1\nscope: project\n",
      "format: 1\nscope: project\nname: demo\ncommit: maybe\n",
    ]) {
      put(manifest, broken);
      const answer = await client.call("memory_search", { query: "marmalade" });
      expect(JSON.stringify(answer)).toMatch(/memories\/a|invalid_input/);
      expect(JSON.stringify(answer)).not.toContain("internal");
    }
    put(manifest, good);
    expect((await client.call("memory_search", { query: "marmalade" })).text).toContain("memories/a");
    const fresh = connect(dir);
    put(manifest, "format: 1\nscope: project\nname: demo\ncommit: maybe\n");
    await fresh.initialize();
    expect(await fresh.call("memory_search", {})).toMatchObject({ error: { code: "invalid_input" } });
    put(manifest, good);
    expect((await fresh.call("memory_search", { query: "marmalade" })).text).toContain("memories/a");
  });

  it("gives no result that hosts would cut without a word", async () => {
    const client = connect(dir);
    await client.initialize();
    for (const at of [1, 2, 3])
      await client.call("memory_save", { title: `Big ${at}`, content: `${at} ${"word ".repeat(15_000)}` });
    const { result } = await client.send("tools/call", {
      name: "memory_get",
      arguments: { refs: ["big-1", "big-2", "big-3"] },
    });
    expect(textOf(result).length).toBeLessThan(50_000);
    expect(textOf(result)).toMatch(/cut: \d+ more characters/);
  });
});
