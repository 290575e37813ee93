import fs from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { textOf } from "../../support/client.js";
import { type Answered, HttpBench, type Sent, type ServerGiven } from "../../support/http.js";
import { Bench, type Json } from "../../support/memory.js";
import { until } from "../../support/repositories.js";

let bench: Bench;
let server: HttpBench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(async () => {
  await server.close();
  await bench.memory.close();
  fs.rmSync(bench.dir, { recursive: true, force: true });
});
const start = async (given: ServerGiven = {}): Promise<void> => {
  server = await HttpBench.open(bench, given);
};

const BOTH = "application/json, text/event-stream";
const request = (method: string, params: Json = {}, id: number | undefined = 1): Json => ({
  jsonrpc: "2.0",
  ...(id === undefined ? {} : { id }),
  method,
  params,
});
const INITIALIZE = request("initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "raw", version: "1" },
});
const post = (body: unknown, headers: Record<string, string> = {}): Promise<Answered> =>
  server.ask("/mcp", { body, headers: { Accept: BOTH, ...headers } });
const open = async (): Promise<string> => String((await post(INITIALIZE)).headers["mcp-session-id"]);
const inSession = (id: string, more: Record<string, string> = {}) => ({ "Mcp-Session-Id": id, ...more });
/** The messages of an event stream. */
const events = ({ text }: Answered): Json[] =>
  [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]) => JSON.parse(data) as Json);
const fault = ({ status, json }: Answered) => [status, (json.error as Json | undefined)?.code];

async function connect(name: string): Promise<Client> {
  const client = new Client({ name, version: "3.1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`));
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  return client;
}

describe("an MCP client over HTTP", () => {
  it.each([false, true])("lists, saves, finds and ends its session (JSON answers: %s)", async (json) => {
    await start({ json });
    const client = await connect("http-client");
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("memory_search");
    const call = async (name: string, args: Json) => textOf((await client.callTool({ name, arguments: args })) as Json);
    expect(await call("memory_save", { title: "Over HTTP", content: "marmalade" })).toContain("Saved");
    expect(await call("memory_search", { query: "marmalade" })).toContain("memories/over-http");
    const { sessionId } = client.transport as StreamableHTTPClientTransport;
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "over-http" });
    expect(versions[0]).toMatchObject({ agent: "http-client/3.1", session: sessionId });
    expect(server.sessions.size).toBe(1);
    await (client.transport as StreamableHTTPClientTransport).terminateSession();
    await until(() => server.sessions.size === 0);
    await client.close();
  });

  it("answers in both ways, as the server is told and as Accept allows", async () => {
    await start();
    const stream = await post(INITIALIZE);
    expect([stream.status, stream.headers["content-type"]]).toEqual([200, "text/event-stream"]);
    expect(events(stream)).toMatchObject([{ id: 1, result: { protocolVersion: "2025-11-25" } }]);
    const json = await server.ask("/mcp", { body: INITIALIZE, headers: { Accept: "application/json" } });
    expect([json.status, json.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(json.json).toMatchObject({ result: { serverInfo: { name: "git-memory" } } });
    const headers = inSession(String(json.headers["mcp-session-id"]), { Accept: "application/json" });
    expect((await server.ask("/mcp", { body: request("ping"), headers })).json).toMatchObject({ result: {} });
    for (const accept of ["*/*", undefined]) {
      const any = await server.ask("/mcp", { body: INITIALIZE, headers: accept ? { Accept: accept } : {} });
      expect([accept, any.status, any.headers["content-type"]]).toEqual([accept, 200, "text/event-stream"]);
    }
    const neither = await server.ask("/mcp", { body: INITIALIZE, headers: { Accept: "text/html" } });
    expect(neither.status).toBe(406);
  });

  it("gets the event stream with GET, once for a session", async () => {
    await start();
    const id = await open();
    const control = new AbortController();
    const headers = inSession(id, { Accept: "text/event-stream" });
    const stream = await fetch(`${server.url}/mcp`, { headers, signal: control.signal });
    expect([stream.status, stream.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    expect((await server.ask("/mcp", { headers })).status).toBe(409);
    control.abort();
  });
});

describe("a session", () => {
  it("is needed, has to be known, and ends with DELETE", async () => {
    await start();
    expect(fault(await post(request("tools/list")))).toEqual([400, -32_000]);
    expect(fault(await server.ask("/mcp"))).toEqual([400, -32_000]);
    expect(fault(await server.ask("/mcp", { method: "DELETE" }))).toEqual([400, -32_000]);
    for (const sent of [{ body: request("ping") }, {}, { method: "DELETE" }] satisfies Sent[])
      expect(fault(await server.ask("/mcp", { ...sent, headers: inSession("unknown", { Accept: BOTH }) }))).toEqual([
        404, -32_001,
      ]);
    const id = await open();
    expect(events(await post(request("ping"), inSession(id)))).toMatchObject([{ id: 1, result: {} }]);
    expect((await server.ask("/mcp", { method: "DELETE", headers: inSession(id) })).status).toBe(200);
    expect(fault(await post(request("ping"), inSession(id)))).toEqual([404, -32_001]);
    expect(server.sessions.size).toBe(0);
  });

  it("has an id that nobody guesses, and its protocol version is checked", async () => {
    await start();
    const ids = new Set([await open(), await open(), await open()]);
    expect(ids.size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    const [id = ""] = ids;
    const old = await post(request("ping"), inSession(id, { "MCP-Protocol-Version": "1999-01-01" }));
    expect(fault(old)).toEqual([400, -32_000]);
    const good = await post(request("ping"), inSession(id, { "MCP-Protocol-Version": "2025-11-25" }));
    expect(good.status).toBe(200);
  });

  it("does not begin with a handshake that is refused", async () => {
    await start();
    for (const body of [
      request("initialize", {}),
      { ...INITIALIZE, params: "x" },
      [INITIALIZE, INITIALIZE],
      { method: "initialize" },
      { ...INITIALIZE, jsonrpc: "1.0" },
      "null",
    ])
      expect([body, (await post(body)).status]).toEqual([body, 400]);
    expect(fault(await post("{"))).toEqual([400, -32_700]);
    expect(
      (await server.ask("/mcp", { body: INITIALIZE, headers: { Accept: BOTH, "Content-Type": "text/plain" } })).status,
    ).toBe(415);
    expect((await server.ask("/mcp", { method: "PUT", body: INITIALIZE })).headers.allow).toBe("GET, POST, DELETE");
    expect(server.sessions.size).toBe(0);
  });

  it("ends when nobody used it for a while, but not while a stream is open", async () => {
    await start({ idle: 1_000 });
    const [idle, used, streaming] = [await open(), await open(), await open()];
    const control = new AbortController();
    const headers = inSession(streaming, { Accept: "text/event-stream" });
    await fetch(`${server.url}/mcp`, { headers, signal: control.signal });
    server.clock.advance(600);
    await post(request("ping"), inSession(used));
    server.clock.advance(600);
    await until(() => server.sessions.size === 2);
    expect((await post(request("ping"), inSession(idle))).status).toBe(404);
    expect((await post(request("ping"), inSession(used))).status).toBe(200);
    expect((await post(request("ping"), inSession(streaming))).status).toBe(200);
    control.abort();
    await until(() => {
      server.clock.advance(1_001);
      return server.sessions.size === 0;
    });
  });

  it("is refused with 503 when there are too many, until one ends", async () => {
    await start({ limit: 3 });
    const begun = await Promise.all(Array.from({ length: 8 }, () => post(INITIALIZE)));
    expect(begun.filter(({ status }) => status === 200)).toHaveLength(3);
    const refused = begun.filter(({ status }) => status === 503);
    expect(refused).toHaveLength(5);
    expect(refused[0]?.json).toMatchObject({ error: { code: -32_000, data: { code: "unavailable", limit: 3 } } });
    const id = String(begun.find(({ status }) => status === 200)?.headers["mcp-session-id"]);
    await server.ask("/mcp", { method: "DELETE", headers: inSession(id) });
    expect((await post(INITIALIZE)).status).toBe(200);
  });

  it("gives way when there are too many and it was silent for a minute, the most silent one first", async () => {
    await start({ limit: 3, idle: 3_600_000 });
    const first = await open();
    server.clock.advance(30_000);
    const [second, third] = [await open(), await open()];
    server.clock.advance(29_999);
    expect((await post(INITIALIZE)).status).toBe(503);
    server.clock.advance(1);
    expect((await post(INITIALIZE)).status).toBe(200);
    expect((await post(request("ping"), inSession(first))).status).toBe(404);
    for (const id of [second, third]) expect((await post(request("ping"), inSession(id))).status).toBe(200);
    expect((await post(INITIALIZE)).status).toBe(503);
    expect(server.sessions.size).toBe(3);
  });

  it("sees what another session and a REST caller wrote", async () => {
    await start();
    const [left, right] = [await connect("left"), await connect("right")];
    await left.callTool({ name: "memory_save", arguments: { title: "From left", content: "quincejelly" } });
    await server.ask("/v1/entries", { body: { title: "From REST", content: "quincejelly too" } });
    const found = textOf(
      (await right.callTool({ name: "memory_search", arguments: { query: "quincejelly" } })) as Json,
    );
    expect(found).toContain("memories/from-left");
    expect(found).toContain("memories/from-rest");
    await Promise.all([left.close(), right.close()]);
  });
});
