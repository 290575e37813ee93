import fs from "node:fs";
import net from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpBench } from "../../support/http.js";
import { Bench, type Json } from "../../support/memory.js";
import { git } from "../../support/repositories.js";
import { type Malformed, malformedRequests } from "./fuzz-requests.js";

const COUNT = 5_000;
const SEED = Number(process.env.FC_SEED ?? 20_261_121);

let bench: Bench;
let server: HttpBench;
/** A session that answers with JSON, and one that answers with event streams. */
let session = "";
let stream = "";
const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "fuzz", version: "1" } },
};
const initialize = async (Accept: string): Promise<string> =>
  String((await server.ask("/mcp", { body: INITIALIZE, headers: { Accept } })).headers["mcp-session-id"]);

beforeAll(async () => {
  bench = await Bench.open();
  await bench.call("save", { title: "Kept", content: "marmalade" });
  await bench.call("admin commit", {});
  server = await HttpBench.open(bench, { limit: 20, idle: 1_000 });
  session = await initialize("application/json");
  stream = await initialize("application/json, text/event-stream");
});
afterAll(async () => {
  await server.close();
  await bench.memory.close();
  fs.rmSync(bench.dir, { recursive: true, force: true });
});

/** Sends the bytes and gives what comes back until the connection ends, or begins a stream without an end. */
function send({ bytes, hangsUp }: Malformed, at: number): Promise<string> {
  const text = bytes
    .toString("latin1")
    .replaceAll("HOST", `127.0.0.1:${server.port}`)
    .replaceAll("SESSION", session)
    .replaceAll("STREAM", stream)
    .replaceAll("UNIQUE", String(at).padStart(6, "0"));
  return new Promise((resolve) => {
    let answer = "";
    const socket = net.connect(server.port, "127.0.0.1", () => {
      socket.write(text, "latin1");
      if (hangsUp) socket.end();
    });
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      answer += chunk;
      // The stream of a session lives as long as the session.
      if (/^content-type: text\/event-stream\r$/im.test(answer) && answer.startsWith("HTTP/1.1 200")) socket.end();
    });
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
  });
}

/** What is wrong with an answer; undefined when it is as it should be. */
function wrongWith(answer: string, method: string): string | undefined {
  if (answer === "") return undefined;
  const statuses = [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, code = ""]) => code);
  const [status = ""] = statuses.filter((code) => code !== "100");
  if (!answer.startsWith("HTTP/1.1 ")) return "no status line";
  if (statuses.some((code) => /^5/.test(code) && code !== "503")) return `status ${statuses}`;
  if (answer.includes('"code":"internal"')) return "an internal error";
  for (const secret of [bench.dir, process.cwd(), "node_modules", "node:internal"])
    if (answer.includes(secret)) return `it tells ${secret}`;
  if (/\n\s+at .+:\d+:\d+/.test(answer)) return "it shows a stack";
  if (/^set-cookie|^access-control|^x-powered-by/im.test(answer)) return "a header that is not ours";
  const bare = method === "HEAD" || status === "417" || /^content-length: 0\r$/im.test(answer);
  if (/^4/.test(status) && !bare && !answer.includes('"error"'))
    return `an error in another shape: ${answer.slice(-200)}`;
  return undefined;
}

describe(`${COUNT} malformed requests (seed ${SEED})`, () => {
  it("bring no crash, no 500, no path of this machine, and change nothing", async () => {
    const before = bench.trace();
    const requests = malformedRequests(COUNT, SEED);
    const wrong: string[] = [];
    const statuses = new Map<string, number>();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < requests.length; at = next++) {
        const one = requests[at] as Malformed;
        const answer = await send(one, at);
        const fault = wrongWith(answer, one.bytes.toString("latin1").split(" ", 1)[0] ?? "");
        if (fault) wrong.push(`${at}: ${fault}: ${one.bytes.toString("latin1").slice(0, 300)}`);
        const status = answer.slice(9, 12) || "none";
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (at % 500 === 499) server.clock.advance(1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    expect(wrong).toEqual([]);
    expect(server.logged).toEqual([]);
    // The requests reach every part: what is answered, refused by us, and refused by the parser.
    expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining(["200", "400", "403", "404", "405", "431"]));
    expect(({} as Json).polluted).toBeUndefined();
    expect(bench.trace()).toEqual(before);
    expect(git(bench.dir, "status", "--porcelain")).toBe("");
  });

  it("leave a server that answers", async () => {
    expect((await server.ask("/healthz")).json).toMatchObject({ status: "ok" });
    expect((await server.ask("/v1/entries/kept")).json).toMatchObject({ entries: [{ address: "memories/kept" }] });
    const saved = await server.ask("/v1/entries", { body: { title: "After", content: "quincejelly" } });
    expect(saved.status).toBe(201);
    const headers = { Accept: "application/json", "Mcp-Session-Id": await initialize("application/json") };
    const call = { name: "memory_search", arguments: { query: "quincejelly", response_format: "json" } };
    const found = await server.ask("/mcp", {
      body: { jsonrpc: "2.0", id: 2, method: "tools/call", params: call },
      headers,
    });
    expect(found.json).toMatchObject({ result: { structuredContent: { total: 1 } } });
  });
});
