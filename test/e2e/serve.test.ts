import fs from "node:fs";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient, textOf } from "../support/client.js";
import { ask } from "../support/http.js";
import { run } from "../support/program.js";
import { faults, git, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";
import { ServeProcess } from "../support/serve.js";

let dir: string;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  dir = makeCheckedInStore();
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
  fs.rmSync(dir, { recursive: true, force: true });
});

async function serve(...given: Parameters<typeof ServeProcess.start>): Promise<ServeProcess> {
  const server = await ServeProcess.start(...given);
  ends.push(() => server.stop("SIGKILL"));
  return server;
}

async function connect({ url }: ServeProcess, name: string): Promise<Client> {
  const client = new Client({ name, version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)) as Parameters<Client["connect"]>[0]);
  ends.push(() => client.close());
  return client;
}

const call = async (client: Client, name: string, args: Record<string, unknown>): Promise<string> =>
  textOf((await client.callTool({ name, arguments: args })) as Record<string, unknown>);

describe("git memory serve", () => {
  it("says in one line where it is, and answers REST, MCP, its description and its health there", async () => {
    const server = await serve(dir);
    expect(server.said.out).toBe(
      `Serving ${server.url}/v1 (REST), ${server.url}/mcp (MCP) and ${server.url}/ (what there is)\n`,
    );
    const health = await ask(server.port, "/healthz");
    expect([health.status, health.json]).toEqual([
      200,
      {
        status: "ok",
        version: expect.stringMatching(/^\d+\./),
        index: { state: expect.any(String), done: expect.any(Number) },
      },
    ]);
    const saved = await ask(server.port, "/v1/entries", { body: { title: "Served", content: "marmalade" } });
    expect(saved.status).toBe(201);
    expect(run(dir, ["search", "marmalade"]).stdout).toContain("memories/served");
    const { tools } = await (await connect(server, "one")).listTools();
    expect(tools.map(({ name }) => name)).toContain("memory_search");
    expect((await ask(server.port, "/openapi.json")).json).toHaveProperty("openapi");
    expect((await ask(server.port, "/")).text).toContain(`${server.url}/mcp`);
    expect(await server.stop()).toBe(0);
    expect(server.said.err).toBe("");
  });

  it("shows two sessions and a stdio server beside it what each of them wrote", async () => {
    const server = await serve(dir);
    const beside = new LineClient(dir);
    ends.push(() => beside.close());
    const [left, right] = await Promise.all([connect(server, "left"), connect(server, "right"), beside.initialize()]);
    await call(left, "memory_save", { title: "From left", content: "quincejelly" });
    await call(right, "memory_save", { title: "From right", content: "quincejelly too" });
    await beside.call("memory_save", { title: "From stdio", content: "quincejelly as well" });
    const search = { query: "quincejelly" };
    const seen = [
      await call(left, "memory_search", search),
      await call(right, "memory_search", search),
      String((await beside.call("memory_search", search)).text),
      (await ask(server.port, "/v1/entries?query=quincejelly")).text,
    ];
    for (const text of seen)
      for (const name of ["from-left", "from-right", "from-stdio"]) expect(text).toContain(`memories/${name}`);
    expect(await call(right, "memory_history", { action: "list", ref: "from-left" })).toContain("with left/1");
    // Many at once, from every side, and none is lost.
    await Promise.all(
      [0, 1, 2, 3, 4].flatMap((at) => [
        call(left, "memory_save", { title: `L ${at}`, content: `left ${at}` }),
        call(right, "memory_save", { title: `R ${at}`, content: `right ${at}` }),
        beside.call("memory_save", { title: `S ${at}`, content: `stdio ${at}` }),
        ask(server.port, "/v1/entries", { body: { title: `H ${at}`, content: `rest ${at}` } }),
      ]),
    );
    expect((await ask(server.port, "/v1/entries?limit=1")).json).toMatchObject({ total: 23 });
    expect(await server.stop()).toBe(0);
    expect(faults(dir)).toBe("");
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends cleanly on %s while event streams are open", async (signal) => {
    const server = await serve(dir);
    const client = await connect(server, "streaming");
    const { sessionId } = client.transport as StreamableHTTPClientTransport;
    expect(sessionId).toBeDefined();
    await call(client, "memory_save", { title: "Kept", content: "text" });
    const idle = await fetch(`${server.url}/healthz`);
    await idle.text();
    expect(await server.stop(signal)).toBe(0);
    expect(fs.existsSync(path.join(dir, ".memory/memories/kept.md"))).toBe(true);
    expect(fs.existsSync(path.join(dir, ".git/git-memory/write.lock"))).toBe(false);
    expect(server.said.err).toBe("");
  });

  it("refuses a taken port, an address that others reach, and a port that is none", async () => {
    const server = await serve(dir);
    const taken = run(dir, ["serve", "--port", String(server.port)]);
    expect([taken.status, taken.stdout]).toEqual([1, ""]);
    expect(taken.stderr).toMatch(new RegExp(`Port ${server.port} is taken[\\s\\S]*--port`));
    for (const host of ["0.0.0.0", "::", "192.168.1.1", "example.org"]) {
      const refused = run(dir, ["serve", "--port", "0", "--host", host]);
      expect([host, refused.status, refused.stdout]).toEqual([host, 1, ""]);
      expect(refused.stderr).toContain("authentication does not exist yet");
    }
    for (const port of ["x", "65536", "-1", "1.5", ""]) {
      const refused = run(dir, ["serve", `--port=${port}`]);
      expect([port, refused.status]).toEqual([port, 2]);
      expect(refused.stderr).toContain("--port has to be a number");
    }
    expect(run(dir, ["serve", "--port", "0", "--toolsets", "nothing"]).status).toBe(2);
  });

  it("offers the toolsets, the store, the session and the answers that its flags name", async () => {
    const elsewhere = temporaryFolder();
    const server = await serve(
      elsewhere,
      ["--root", dir, "--toolsets", "admin", "--json-response", "--session", "team", "--json"],
      {
        GIT_MEMORY_AGENT: "nightly",
      },
    );
    expect(JSON.parse(server.said.out)).toEqual({
      url: server.url,
      mcp: `${server.url}/mcp`,
      rest: `${server.url}/v1`,
    });
    const { tools } = await (await connect(server, "one")).listTools();
    expect(tools.map(({ name }) => name)).toContain("memory_admin");
    expect(tools.map(({ name }) => name)).not.toContain("memory_bulk");
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } };
    const headers = { Accept: "application/json, text/event-stream" };
    const body = { jsonrpc: "2.0", id: 1, method: "initialize", params };
    expect((await ask(server.port, "/mcp", { body, headers })).headers["content-type"]).toBe("application/json");
    await ask(server.port, "/v1/entries", { body: { title: "Elsewhere", content: "x" } });
    const { json } = await ask(server.port, "/v1/entries/elsewhere/history");
    expect(json).toMatchObject({ versions: [{ session: "team", agent: "nightly" }] });
    fs.rmSync(elsewhere, { recursive: true });
  });

  it("answers without a store too, says what to do, and finds one that is made meanwhile", async () => {
    const empty = temporaryFolder();
    git(empty, "init", "-q");
    const server = await serve(empty);
    const before = await ask(server.port, "/v1/entries");
    expect([before.status, before.json]).toMatchObject([
      404,
      { error: { code: "not_found", data: { missing: "store" } } },
    ]);
    expect(before.text).toContain("`git memory init`");
    expect((await ask(server.port, "/healthz")).json).toMatchObject({ status: "ok", index: { state: "absent" } });
    put(path.join(empty, ".memory/memory.yaml"), "format: 1\nscope: project\nname: late\n");
    expect((await ask(server.port, "/v1/entries")).json).toMatchObject({ hits: [], total: 0 });
    expect(await server.stop()).toBe(0);
    fs.rmSync(empty, { recursive: true });
  });
});
