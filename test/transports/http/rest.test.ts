import fs from "node:fs";
import zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS } from "../../../src/operations/registry.js";
import { createApp } from "../../../src/transports/http/app.js";
import { listen } from "../../../src/transports/http/listen.js";
import { ask, HttpBench, sendBytes } from "../../support/http.js";
import { Bench, type Json } from "../../support/memory.js";

let bench: Bench;
let server: HttpBench;
beforeAll(async () => {
  bench = await Bench.open();
  server = await HttpBench.open(bench);
});
afterAll(async () => {
  await server.close();
  await bench.memory.close();
  fs.rmSync(bench.dir, { recursive: true, force: true });
});

const ref = (address: string): string => `/v1/entries/${encodeURIComponent(address)}`;
const code = (json: Json): unknown => (json.error as Json | undefined)?.code;
const message = (json: Json): string => String((json.error as Json | undefined)?.message);
let titles = 0;
async function save(fields: Json = {}): Promise<Json & { address: string; version: string }> {
  const { status, json } = await server.ask("/v1/entries", {
    body: { title: `Entry ${++titles}`, content: `text ${titles}`, ...fields },
  });
  expect(status).toBe(201);
  return json as Json & { address: string; version: string };
}

describe("an entry over REST", () => {
  it("is saved with 201 and a Location that leads to it, read, changed and archived", async () => {
    const saved = await server.ask("/v1/entries", {
      body: { title: "A first one", content: "words", scope: "session/s" },
    });
    expect(saved.status).toBe(201);
    expect(saved.headers.location).toBe("/v1/entries/session%2Fs%3Amemories%2Fa-first-one");
    expect(saved.headers["content-type"]).toBe("application/json; charset=utf-8");
    const read = await server.ask(String(saved.headers.location));
    expect(read.status).toBe(200);
    expect(read.json).toMatchObject({
      entries: [{ address: saved.json.address, content: expect.stringContaining("words") }],
    });
    expect(read.headers.etag).toBe(saved.headers.etag);
    const changed = await server.ask(String(saved.headers.location), { method: "PATCH", body: { append: "more" } });
    expect([changed.status, changed.json.change]).toEqual([200, "updated"]);
    expect(changed.headers.etag).toBe(`"${changed.json.version}"`);
    const archived = await server.ask(String(saved.headers.location), { method: "DELETE" });
    expect([archived.status, archived.json.change]).toEqual([200, "archived"]);
    const gone = await server.ask(`${String(saved.headers.location)}?purge=true`, { method: "DELETE" });
    expect([gone.status, gone.json.change, gone.headers.etag]).toEqual([200, "deleted", undefined]);
    expect((await server.ask(String(saved.headers.location))).status).toBe(404);
    const back = await server.ask(`${String(saved.headers.location)}/restore`, {
      body: { version: saved.json.version },
    });
    expect([back.status, back.json.change]).toEqual([200, "restored"]);
  });

  it("is recorded with the agent and the session of the headers", async () => {
    const { address } = await save();
    const headers = { "X-Memory-Agent": "codex 3", "X-Memory-Session": "s-42" };
    await server.ask(ref(address), { method: "PATCH", headers, body: { append: "x" } });
    const { json } = await server.ask(`${ref(address)}/history`);
    const [newest, oldest] = json.versions as Json[];
    expect(newest).toMatchObject({ agent: "codex 3", session: "s-42" });
    expect(oldest).not.toHaveProperty("agent");
    expect(oldest).not.toHaveProperty("session");
  });

  it.each(["x".repeat(201), "tab\there", "caf\u00e9", "", " "])("refuses the agent %j", async (agent) => {
    const { status, json } = await server.ask("/v1/search", { headers: { "X-Memory-Agent": agent }, body: {} });
    expect([status, code(json)]).toEqual([400, "invalid_input"]);
  });

  it("is found and listed, with filters in the query", async () => {
    await save({
      title: "Listed guideline",
      content: "marmalade",
      kind: "guideline",
      tags: ["x,y", "z"],
      applies_to: ["src/**"],
    });
    await save({ title: "Listed pattern", content: "marmalade", kind: "pattern", tags: ["z"] });
    const list = async (query: string) => {
      const { status, json } = await server.ask(`/v1/entries?sort=title&${query}`);
      expect([query, status]).toEqual([query, 200]);
      return (json.hits as Json[]).map(({ title }) => title);
    };
    expect(await list("kinds=guideline,pattern")).toEqual(["Listed guideline", "Listed pattern"]);
    expect(await list("kinds=guideline&kinds=pattern")).toEqual(["Listed guideline", "Listed pattern"]);
    expect(await list("tags=x%2Cy")).toEqual(["Listed guideline"]);
    expect(await list("tags=x,y")).toEqual(["Listed guideline"]);
    expect(await list("tags_all=z&tags_none=x%2Cy")).toEqual(["Listed pattern"]);
    expect(await list("query=marmalade&kinds=pattern&limit=1&explain=true")).toEqual(["Listed pattern"]);
    expect(await list("paths=src/a.ts&kinds=guideline")).toEqual(["Listed guideline"]);
    expect(await list("query=mar+%2Bmalade&kinds=tool")).toEqual([]);
    const posted = await server.ask("/v1/search?limit=1&kinds=tool", { body: { kinds: ["pattern"] } });
    expect((posted.json.hits as Json[]).map(({ kind }) => kind)).toEqual(["pattern"]);
  });

  it("is read with others in one request", async () => {
    const [a, b] = [await save(), await save()];
    const { status, json, headers } = await server.ask("/v1/get", {
      body: { refs: [a.address, b.address, "memories/none"] },
    });
    expect([status, headers.etag]).toEqual([200, undefined]);
    expect(json).toMatchObject({
      entries: [{ address: a.address }, { address: b.address }],
      missing: ["memories/none"],
    });
  });

  it("takes the path before the body, and the body before the query", async () => {
    const [a, b, c] = [await save(), await save(), await save()];
    const { json } = await server.ask(`${ref(a.address)}?ref=${b.address}&append=query`, {
      method: "PATCH",
      body: { ref: c.address, append: "body" },
    });
    expect(json).toMatchObject({ address: a.address, change: "updated" });
    expect(bench.text(String(json.path))).toMatch(/body\s*$/);
  });
});

describe("what is refused over REST", () => {
  it.each<[string, number, string, RegExp]>([
    ["/v1/entries?limit=ten", 400, "invalid_input", /limit has to be a number/],
    ["/v1/entries?limit=", 400, "invalid_input", /limit has to be a number/],
    ["/v1/entries?limit=0x10", 400, "invalid_input", /limit has to be a number/],
    ["/v1/entries?limit=500", 400, "invalid_input", /limit/],
    ["/v1/entries?limit=1&limit=2", 400, "invalid_input", /limit is given more than once/],
    ["/v1/entries?explain=yes", 400, "invalid_input", /explain has to be true or false/],
    ["/v1/entries?kinds=recipe", 400, "invalid_input", /kinds/],
    ["/v1/entries?colour=red", 400, "invalid_input", /has no field "colour"/],
    ["/v1/entries?constructor=1", 400, "invalid_input", /has no field "constructor"/],
    ["/v1/entries?__proto__=1", 400, "invalid_input", /has no field "__proto__"/],
    ["/v1/entries?query=%zz", 400, "invalid_input", /query is not well-formed/],
    ["/v1/entries?query=%ff", 400, "invalid_input", /query is not well-formed/],
    ["/v1/entries/%ff", 400, "invalid_input", /not well-formed/],
    ["/v1/entries/none", 404, "not_found", /`POST \/v1\/search`/],
    ["/v1/entries/", 404, "not_found", /openapi\.json/],
    ["/v1/Entries", 404, "not_found", /openapi\.json/],
    ["/v1", 404, "not_found", /openapi\.json/],
    ["/v2/entries", 404, "not_found", /openapi\.json/],
    ["//v1/entries", 404, "not_found", /openapi\.json/],
  ])("GET %s", async (path, status, expected, says) => {
    const answer = await server.ask(path);
    expect([answer.status, code(answer.json)]).toEqual([status, expected]);
    expect(message(answer.json)).toMatch(says);
    expect(answer.json).toEqual({ error: { code: expected, message: expect.any(String), data: expect.any(Object) } });
  });

  it.each<[string, string, number, RegExp, Json]>([
    ["{", "application/json", 400, /ends too early, at line 1, column 2/, { position: 1 }],
    ['{"title": secret-text}', "application/json", 400, /is not JSON, at line 1, column 11/, { position: 10 }],
    [
      '{\n  "a": 1,\n}',
      "application/json; charset=utf-8",
      400,
      /is not JSON, at line 3, column 1/,
      { line: 3, column: 1 },
    ],
    ["[]", "application/json", 400, /has to be a JSON object/, {}],
    ["null", "application/json", 400, /has to be a JSON object/, {}],
    ["{}", "text/plain", 400, /Content-Type: application\/json/, {}],
    ["{}", "application/jsonp", 400, /Content-Type: application\/json/, {}],
    ["{}", "application/json; charset=latin1", 400, /Content-Type: application\/json/, {}],
    ["a=1", "application/x-www-form-urlencoded", 400, /Content-Type: application\/json/, {}],
    [`{"a":${"[".repeat(100)}${"]".repeat(100)}}`, "application/json", 400, /deeper than 64/, {}],
  ])("the body %j as %s", async (body, type, status, says, data) => {
    const { status: got, json } = await server.ask("/v1/search", { headers: { "Content-Type": type }, body });
    expect([got, code(json)]).toEqual([status, "invalid_input"]);
    expect(message(json)).toMatch(says);
    expect(message(json)).not.toContain("secret-text");
    expect((json.error as Json).data).toMatchObject({ field: "body", ...data });
  });

  it("a body that is no UTF-8, or packed in an unknown way", async () => {
    const broken = await server.ask("/v1/search", { body: Buffer.from([0x7b, 0xff, 0x7d]) });
    expect([broken.status, message(broken.json)]).toEqual([400, "The body is not valid UTF-8. Nothing was done."]);
    const packed = await server.ask("/v1/search", { headers: { "Content-Encoding": "compress" }, body: "{}" });
    expect([packed.status, code(packed.json)]).toEqual([400, "invalid_input"]);
    const gzip = await server.ask("/v1/search", { headers: { "Content-Encoding": "gzip" }, body: zlib.gzipSync("{}") });
    expect(gzip.status).toBe(200);
  });

  it("a body over 10 MiB, also one that only unpacks to it", async () => {
    const big = Buffer.alloc(10 * 1024 * 1024 + 1, " ");
    const plain = await server.ask("/v1/search", { body: big });
    expect([plain.status, code(plain.json)]).toEqual([413, "too_large"]);
    const headers = { "Content-Encoding": "gzip" };
    const packed = await server.ask("/v1/search", {
      headers,
      body: zlib.gzipSync(Buffer.alloc(10 * 1024 * 1024 + 1, " ")),
    });
    expect([packed.status, code(packed.json)]).toEqual([413, "too_large"]);
  });

  it("a GET with a body", async () => {
    const { status, json } = await server.ask("/v1/entries", { method: "GET", body: { limit: 1 } });
    expect([status, code(json)]).toEqual([400, "invalid_input"]);
  });

  it.each<[string, string, string]>([
    ["PUT", "/v1/entries/x", "GET, HEAD, PATCH, DELETE"],
    ["OPTIONS", "/v1/entries/x", "GET, HEAD, PATCH, DELETE"],
    ["GET", "/v1/search", "POST"],
    ["DELETE", "/v1/entries", "GET, HEAD, POST"],
    ["POST", "/healthz", "GET, HEAD"],
    ["POST", "/", "GET, HEAD"],
    ["DELETE", "/openapi.json", "GET, HEAD"],
    ["PROPFIND", "/v1/entries", "GET, HEAD, POST"],
  ])("%s %s, with what is allowed", async (method, path, allow) => {
    const { status, headers, json } = await server.ask(path, { method });
    expect([status, code(json)]).toEqual([405, "invalid_input"]);
    expect(String(headers.allow).split(", ").sort()).toEqual(allow.split(", ").sort());
  });

  it("in the same words as everywhere, with the status that belongs to the code", async () => {
    const { address, version } = await save({ title: "Taken", content: "taken" });
    const again = await server.ask("/v1/entries", { body: { title: "Taken", content: "other" } });
    expect([again.status, code(again.json)]).toEqual([409, "already_exists"]);
    expect(message(again.json)).toContain("`PATCH /v1/entries/{ref}` changes it");
    const secret = await server.ask("/v1/entries", {
      body: { title: "S", content: `key: ghp_${"a1B2c3D4".repeat(5).slice(0, 36)}` },
    });
    expect([secret.status, code(secret.json)]).toEqual([400, "invalid_input"]);
    await server.ask(ref(address), { method: "PATCH", body: { append: "x" } });
    const stale = await server.ask(`${ref(address)}?base_version=${version}`, { method: "DELETE" });
    expect([stale.status, code(stale.json)]).toEqual([412, "stale_version"]);
  });
});

describe("HEAD", () => {
  it("answers as GET does, without a body", async () => {
    const { address } = await save();
    const [get, head] = [await server.ask(ref(address)), await server.ask(ref(address), { method: "HEAD" })];
    expect([head.status, head.text, head.headers.etag]).toEqual([200, "", get.headers.etag]);
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
    expect((await server.ask("/v1/entries/none", { method: "HEAD" })).status).toBe(404);
    expect((await server.ask("/healthz", { method: "HEAD" })).status).toBe(200);
  });
});

describe("ETag", () => {
  it("answers 304 to who knows the version, until it changes", async () => {
    const { address, version } = await save();
    const get = (tag: string, query = "") => server.ask(ref(address) + query, { headers: { "If-None-Match": tag } });
    for (const tag of [`"${version}"`, `W/"${version}"`, `"other", "${version}"`, "*"]) {
      const { status, text, headers } = await get(tag);
      expect([tag, status, text, headers.etag]).toEqual([tag, 304, "", `"${version}"`]);
    }
    for (const tag of ['"other"', version, ""]) expect([tag, (await get(tag)).status]).toEqual([tag, 200]);
    // The history grows and others come to lead there while the version stays.
    for (const part of ["history", "relations"]) {
      const full = await get(`"${version}"`, `?include=${part}`);
      expect([part, full.status, full.headers.etag]).toEqual([part, 200, undefined]);
    }
    await server.ask(ref(address), { method: "PATCH", body: { append: "x" } });
    expect((await get(`"${version}"`)).status).toBe(200);
  });

  it("guards a change, a deletion and a restoration with If-Match", async () => {
    const { address, version } = await save();
    const ask = (tag: string, method: string, path = "", body?: Json) =>
      server.ask(ref(address) + path, { method, headers: { "If-Match": tag }, ...(body ? { body } : {}) });
    const changed = await ask(`"${version}"`, "PATCH", "", { append: "one" });
    expect(changed.status).toBe(200);
    const merged = await ask(`"${version}"`, "PATCH", "", { set: { summary: "S" } });
    expect([merged.status, merged.json]).toMatchObject([200, { merged: true }]);
    const now = String(merged.json.version);
    for (const [method, path, body] of [
      ["PATCH", "", { set: { name: "moved" } }],
      ["DELETE", "", undefined],
      ["POST", "/restore", { version }],
    ] as const) {
      const stale = await ask(`"${version}"`, method, path, body);
      expect([method, stale.status, code(stale.json)]).toEqual([method, 412, "stale_version"]);
      for (const tag of [`W/"${now}"`, now, '"abc"', `"${now}", "${version}"`, ""]) {
        const odd = await ask(tag, method, path, body);
        expect([method, tag, odd.status, code(odd.json)]).toEqual([method, tag, 400, "invalid_input"]);
      }
    }
    const both = await ask(`"${now}"`, "PATCH", "", { append: "x", base_version: version });
    expect([both.status, code(both.json)]).toEqual([400, "invalid_input"]);
    expect((await ask(`"${now}"`, "PATCH", "", { append: "x", base_version: now })).status).toBe(200);
    expect((await ask("*", "DELETE", "?purge=true")).status).toBe(200);
    const missing = await ask("*", "POST", "/restore", { version: now });
    expect([missing.status, code(missing.json)]).toEqual([412, "stale_version"]);
    expect((await server.ask(`${ref(address)}/restore`, { body: { version: now } })).status).toBe(200);
  });

  it("is refused where nothing has a version", async () => {
    const { status, json } = await server.ask("/v1/search", { headers: { "If-Match": "*" }, body: {} });
    expect([status, code(json)]).toEqual([400, "invalid_input"]);
  });
});

describe("the server", () => {
  it("tells its health at once, also while the store is not open yet", async () => {
    const never = new Promise<never>(() => undefined);
    const { sessions } = server;
    const index = () => ({ state: "indexing" as const, done: 7 });
    const given = { version: "1.2.3", shell: "git memory", caller: {}, sessions, index, log: () => undefined };
    const waiting = await listen(createApp({ ...given, memory: () => never }), "127.0.0.1", 0);
    const { status, json } = await ask(waiting.port, "/healthz");
    expect([status, json]).toEqual([200, { status: "ok", version: "1.2.3", index: { state: "indexing", done: 7 } }]);
    expect((await ask(waiting.port, "/openapi.json")).status).toBe(200);
    await waiting.close();
  });

  it("does not wait for ever for a request that never comes to its end", async () => {
    const limits = { headersTimeout: 50, requestTimeout: 50, keepAliveTimeout: 50, connectionsCheckingInterval: 10 };
    const impatient = await listen(server.app, "127.0.0.1", 0, limits);
    const begun = [
      "GET /healthz HTTP/1.1\r\nHost: local",
      `POST /v1/search HTTP/1.1\r\nHost: localhost:${impatient.port}\r\nContent-Length: 5\r\n\r\n{`,
    ];
    for (const text of begun)
      expect(await sendBytes(impatient.port, text, { hangUp: false })).toMatch(/^HTTP\/1\.1 408 /);
    await impatient.close();
  });

  it("answers what is no HTTP in the shape of every other error", async () => {
    for (const [bytes, status] of [
      ["nonsense\r\n\r\n", "400"],
      [`GET /${"a".repeat(20_000)} HTTP/1.1\r\n\r\n`, "431"],
    ] as const) {
      const [head = "", body = ""] = (await sendBytes(server.port, bytes)).split("\r\n\r\n");
      expect(head.split(" ")[1]).toBe(status);
      expect(JSON.parse(body)).toEqual({ error: { code: expect.any(String), message: expect.any(String), data: {} } });
    }
  });

  it("tells who asks nothing of a failure inside, and the log all of it", async () => {
    const logged: unknown[] = [];
    const { sessions } = server;
    const index = () => ({ state: "ready" as const, done: 0 });
    const memory = async () => Promise.reject(new Error(`broke at ${bench.dir}`));
    const app = createApp({
      version: "1",
      shell: "git memory",
      caller: {},
      sessions,
      index,
      memory,
      log: (...all) => void logged.push(all),
    });
    const broken = await listen(app, "127.0.0.1", 0);
    const { status, json, text } = await ask(broken.port, "/v1/entries");
    expect([status, code(json)]).toEqual([500, "internal"]);
    expect(text).not.toContain("broke");
    expect(logged).toEqual([["a request failed", expect.objectContaining({ message: `broke at ${bench.dir}` })]]);
    await broken.close();
  });
});

describe("every answer", () => {
  it("says nothing of the machine, and keeps browsers from more than showing it", async () => {
    for (const path of ["/", "/healthz", "/openapi.json", "/v1/admin/status", "/v1/entries/none", "/nothing"]) {
      const { headers, text } = await server.ask(path);
      expect(headers).not.toHaveProperty("x-powered-by");
      expect(headers).not.toHaveProperty("access-control-allow-origin");
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["cache-control"]).toBe("no-cache");
      expect(text).not.toContain(bench.dir);
    }
  });

  it("comes from the registry: an area without a route would have no door", async () => {
    for (const { route } of OPERATIONS) {
      const { status } = await server.ask(`/v1${route.path.replace(/\{\w+\}/g, "none")}`, { method: "TRACE" });
      expect([route.path, status]).toEqual([route.path, 405]);
    }
    expect(server.logged).toEqual([]);
  });
});
