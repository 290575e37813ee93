import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ask, sendBytes } from "../support/http.js";
import { type Json, SECRET } from "../support/memory.js";
import { run, runJson } from "../support/program.js";
import { makeReadOnly } from "../support/read-only.js";
import { git, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";
import { ServeProcess } from "../support/serve.js";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function folder(dir = makeCheckedInStore()): string {
  ends.push(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function serve(...given: Parameters<typeof ServeProcess.start>): Promise<ServeProcess> {
  const server = await ServeProcess.start(...given);
  ends.push(() => server.stop("SIGKILL"));
  return server;
}

const logOf = (dir: string): string => path.join(dir, ".git/git-memory/audit.jsonl");
const textOf = (dir: string): string => fs.readFileSync(logOf(dir), "utf8");
/** Every line as it is in the file; throws for one that is no JSON. */
const linesOf = (dir: string): Json[] =>
  textOf(dir)
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Json);

const ACCEPT = { Accept: "application/json, text/event-stream" };

/** A session over MCP of a client with this name: what sends requests in it. */
async function session({ port }: ServeProcess, name: string, headers: Record<string, string> = {}) {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name, version: "1" } };
  const begun = await ask(port, "/mcp", {
    body: { jsonrpc: "2.0", id: 0, method: "initialize", params },
    headers: ACCEPT,
  });
  const id = String(begun.headers["mcp-session-id"]);
  const send = async (method: string, args: Json) =>
    ask(port, "/mcp", {
      body: { jsonrpc: "2.0", id: 1, method, params: args },
      headers: { ...ACCEPT, ...headers, "Mcp-Session-Id": id },
    });
  return {
    id,
    send,
    call: (tool: string, args: Json) => send("tools/call", { name: `memory_${tool}`, arguments: args }),
  };
}

describe("the audit log of git memory serve", () => {
  it("has a line for every call over REST and MCP, also a refused one, and nothing of what was said", async () => {
    const dir = folder();
    const server = await serve(dir, ["--toolsets", "all"], { GIT_MEMORY_AGENT: "nightly" });
    const { port } = server;
    const headers = { "X-Memory-Session": "rest-1", "X-Memory-Agent": "curl", "User-Agent": "tester/2" };
    const save = { title: "Plums", content: "marmalade of plums" };
    await ask(port, "/v1/entries", { body: save, headers: { ...headers, Authorization: `Bearer ${SECRET}` } });
    await ask(port, "/v1/entries", { body: save });
    await ask(port, "/v1/entries", { body: { title: "Key", content: SECRET } });
    await ask(port, `/v1/entries?query=${SECRET}%20marmalade`);
    await ask(port, "/v1/entries/memories%2Fplums", { headers });
    await ask(port, "/v1/entries/memories%2Fnone/history");
    await ask(port, `/v1/entries/${SECRET}`);
    await ask(port, "/v1/entries", { body: "{", headers: { "X-Memory-Session": "ü\n".trim() } });
    await ask(port, "/v1/entries/plums", { headers: { Host: "evil.example" } });
    // What is no operation is nobody's call.
    for (const path of ["/", "/healthz", "/openapi.json", "/nowhere"]) await ask(port, path);
    const mcp = await session(server, "bot", { "User-Agent": "bot-http/3" });
    await mcp.call("get", { refs: ["plums"] });
    await mcp.call("history", { action: "list", ref: "memories/none" });
    await mcp.call("history", { action: "rewrite", ref: SECRET });
    await mcp.call("nothing", { query: SECRET });
    await mcp.send("resources/read", { uri: "memory://entry/memories/plums" });
    await mcp.send("resources/read", { uri: "memory://entry/memories/none" });
    await mcp.send("prompts/get", { name: "recall-decision", arguments: { topic: "marmalade" } });
    const read = await ask(port, "/v1/admin/audit?limit=200");
    expect(await server.stop()).toBe(0);
    expect(server.said.err).toBe("");

    const rest = { agent: "nightly", ip: "127.0.0.1" };
    const bot = { agent: "bot/1", session: mcp.id, ip: "127.0.0.1", user_agent: "bot-http/3" };
    const plums = ["memories/plums"];
    const lines = linesOf(dir);
    expect(lines.map(({ time: _time, ms: _ms, ...told }) => told)).toEqual([
      {
        operation: "save",
        effect: "write",
        resource: plums,
        session: "rest-1",
        agent: "curl",
        ip: "127.0.0.1",
        user_agent: "tester/2",
        status: 201,
      },
      { operation: "save", effect: "write", ...rest, status: 409, error: "already_exists" },
      { operation: "save", effect: "write", ...rest, status: 400, error: "invalid_input" },
      { operation: "search", effect: "read", resource: plums, ...rest, status: 200 },
      {
        operation: "get",
        effect: "read",
        resource: plums,
        session: "rest-1",
        agent: "curl",
        ip: "127.0.0.1",
        user_agent: "tester/2",
        status: 200,
      },
      {
        operation: "history list",
        effect: "read",
        resource: ["memories/none"],
        ...rest,
        status: 404,
        error: "not_found",
      },
      { operation: "get", effect: "read", ...rest, status: 404, error: "not_found" },
      { operation: "save", effect: "write", ...rest, status: 400, error: "invalid_input" },
      { operation: "unknown request", ...rest, status: 403, error: "forbidden" },
      { operation: "get", effect: "read", resource: plums, ...bot, status: 200 },
      {
        operation: "history list",
        effect: "read",
        resource: ["memories/none"],
        ...bot,
        status: 404,
        error: "not_found",
      },
      { operation: "history", ...bot, status: 400, error: "invalid_input" },
      { operation: "unknown tool", ...bot, status: 400, error: "invalid_input" },
      { operation: "resource read", resource: plums, ...bot, status: 200 },
      { operation: "resource read", resource: ["memories/none"], ...bot, status: 404, error: "not_found" },
      { operation: "prompt get", ...bot, status: 200 },
      { operation: "admin audit", effect: "read", ...rest, status: 200 },
    ]);
    for (const { time, ms } of lines) {
      expect(time).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
      expect(ms).toBeGreaterThanOrEqual(0);
    }
    for (const word of [SECRET, "marmalade", "Bearer", "evil.example"]) expect(textOf(dir)).not.toContain(word);
    // A call is on record when it has ended, so the last one did not see itself.
    expect(read.json).toEqual({ calls: lines.slice(0, -1).reverse(), total: 16 });

    expect(runJson(dir, "audit", "--session", "rest-1", "--operation", "save")).toEqual({
      calls: [lines[0]],
      total: 1,
    });
    expect(run(dir, ["--session", mcp.id, "audit", "--limit", "1"]).stdout).toMatch(
      /^- \S+Z prompt get 200 · `bot\/1` · `session [0-9a-f-]+` · [\d.]+ ms\n7 calls in all; limit shows more\.\n$/,
    );
    expect(git(dir, "status", "--porcelain", "--untracked-files=all")).not.toContain("audit");
  });

  it("has every line of two servers that are called at once, and none is torn", async () => {
    const dir = folder();
    const servers = await Promise.all([serve(dir), serve(dir)]);
    const names = servers.flatMap((_, server) => Array.from({ length: 60 }, (_, one) => `s-${server}-${one}`));
    await Promise.all(
      names.map((name) =>
        ask(servers[Number(name[2])]?.port ?? 0, "/v1/entries?limit=1", { headers: { "X-Memory-Session": name } }),
      ),
    );
    expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0]);
    expect(
      linesOf(dir)
        .map((line) => line.session)
        .sort(),
    ).toEqual(names.sort());
  });

  it("survives a kill at any byte", async () => {
    const dir = folder();
    const first = await serve(dir);
    await ask(first.port, "/v1/entries", { headers: { "X-Memory-Session": "before" } });
    // Whoever asks sees what was recorded until then, so that is on disk.
    expect((await ask(first.port, "/v1/admin/audit")).json).toMatchObject({ total: 1 });
    await ask(first.port, "/v1/entries");
    await first.stop("SIGKILL");
    fs.appendFileSync(logOf(dir), '{"time":"2024-05-06T07:08:09.123Z","operation":"sa');
    const second = await serve(dir);
    await ask(second.port, "/v1/entries", { headers: { "X-Memory-Session": "after" } });
    const { calls } = (await ask(second.port, "/v1/admin/audit?limit=200")).json as { calls: Json[] };
    expect([calls[0]?.session, calls.at(-1)?.session]).toEqual(["after", "before"]);
    expect(await second.stop()).toBe(0);
    expect(runJson(dir, "audit", "--limit", "200").total).toBe(calls.length + 1);
  });

  it("bears what strangers call themselves", async () => {
    const dir = folder();
    const server = await serve(dir);
    const raw = (agent: string) =>
      sendBytes(
        server.port,
        `GET /v1/entries HTTP/1.1\r\nHost: localhost:${server.port}\r\nConnection: close\r\nUser-Agent: ${agent}\r\n\r\n`,
        { hangUp: false },
      );
    expect(await raw(`x${"y".repeat(100_000)}`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(`x${"y".repeat(10_000)}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await raw('a\n{"time":"2024-05-06T07:08:09Z","operation":"save"}')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw('"}\\n{"\u009b2J')).toMatch(/^HTTP\/1\.1 200 /);
    const mcp = await session(server, `evil\n\u001b[2J${"z".repeat(100_000)}`);
    await mcp.call("search", {});
    expect(await server.stop()).toBe(0);
    const [long, odd, client, ...more] = linesOf(dir);
    expect([long?.user_agent, more]).toEqual([`x${"y".repeat(199)}`, []]);
    expect(odd?.user_agent).toBe('"}\\n{"Â\uFFFD2J');
    expect(client?.agent).toBe(`evil\uFFFD\uFFFD[2J${"z".repeat(191)}`);
    expect(textOf(dir)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(server.said.err).toBe("");
  });

  it("is left alone where the person, continuous integration or the file system says so", async () => {
    const plain = folder(temporaryFolder());
    put(path.join(plain, ".memory/memory.yaml"), "format: 1\nscope: project\nname: plain\n");
    const cases: readonly [string, readonly string[], Record<string, string>, string][] = [
      [folder(), ["--audit", "off"], {}, ""],
      [folder(), [], { CI: "true" }, "git-memory: audit: calls are not recorded in continuous integration\n"],
      [plain, [], {}, "git-memory: audit: calls are not recorded: this checkout is read-only\n"],
    ];
    const tried = cases.map(async ([dir, args, env, said]) => {
      const { user, undo } = dir === plain ? makeReadOnly(dir) : {};
      if (undo) ends.push(undo);
      const server = await serve(dir, args, env, user);
      for (const _ of [1, 2]) {
        expect((await ask(server.port, "/v1/entries")).json).toMatchObject({ total: 0 });
        expect((await ask(server.port, "/v1/admin/audit")).json).toMatchObject({ calls: [], total: 0 });
      }
      expect([await server.stop(), server.said.err]).toEqual([0, said]);
      const names = fs.readdirSync(dir, { recursive: true, encoding: "utf8" });
      expect(names.filter((name) => /audit/.test(name))).toEqual([]);
    });
    await Promise.all(tried);
    expect(run(plain, ["serve", "--audit", "maybe"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--audit has to be on or off"),
    });
  });

  it("is kept beside a plain folder's store, out of any git that is made around it", async () => {
    const dir = folder(temporaryFolder());
    put(path.join(dir, ".memory/memory.yaml"), "format: 1\nscope: project\nname: plain\n");
    // What is said last counts.
    const server = await serve(dir, ["--audit", "on"], { GIT_MEMORY_AUDIT: "off" });
    await ask(server.port, "/v1/entries");
    expect(await server.stop()).toBe(0);
    expect(fs.readdirSync(path.join(dir, ".memory/.state")).sort()).toEqual([".gitignore", "audit.jsonl"]);
    expect(runJson(dir, "audit")).toMatchObject({ total: 1 });
    git(dir, "init", "-q");
    expect(git(dir, "status", "--porcelain", "--untracked-files=all")).toBe("?? .memory/memory.yaml\n");
  });
});
