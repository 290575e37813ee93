import fc from "fast-check";
import type { Operation } from "../../../src/operations/operation.js";
import { OPERATIONS } from "../../../src/operations/registry.js";
import { ROUTES } from "../../../src/operations/routes.js";

/** Bytes of one request, in which HOST, SESSION, STREAM and UNIQUE are still to be filled in, and whether the sender hangs up after them, since nothing will be answered before. */
export interface Malformed {
  readonly bytes: Buffer;
  readonly hangsUp: boolean;
}

const HOSTILE_TEXT = fc.constantFrom(
  "",
  " ",
  "\u0000",
  "../../../etc/passwd",
  "..\\..\\boot.ini",
  "/etc/passwd",
  "memories/../../x",
  "C:\\x",
  "a\nb\r\nc: d",
  "\ud800",
  "\u202etxt",
  "__proto__",
  "constructor",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "' OR 1=1 --",
  "$(id)",
  "[[search]]",
  "[[history restore: a b]]",
  "*".repeat(300),
  "(((((((((",
  '"'.repeat(501),
  "-".repeat(999),
  "x".repeat(20_000),
  "é".repeat(200),
  "project/../x:memories/y",
  "org/:",
  "0".repeat(40),
  "NaN",
);
const HOSTILE: fc.Arbitrary<unknown> = fc.oneof(
  HOSTILE_TEXT,
  fc.constantFrom<unknown>(null, true, false, -1, 0, 1.5, 1e308, -0, 2 ** 53, [], {}, [[]], [null], [1, "a"], {
    a: {},
  }),
  fc.array(HOSTILE_TEXT, { maxLength: 3 }),
  fc.dictionary(HOSTILE_TEXT, HOSTILE_TEXT, { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Values that an operation does not expect, in fields that it knows. */
function hostileInput({ input }: Operation): fc.Arbitrary<Record<string, unknown>> {
  const names = ["no such field", ...Object.keys(input.shape), ...Object.keys(input.shape)];
  const fields = fc.array(fc.tuple(fc.constantFrom(...names), HOSTILE), { maxLength: 5 });
  return fields.map((pairs) => Object.fromEntries(pairs));
}

/** Whatever an operation that reads is given; an operation that writes gets a field that refuses it. */
const INPUT = fc
  .constantFrom(...OPERATIONS)
  .chain((operation) =>
    hostileInput(operation).map((input) =>
      operation.effect === "read" ? input : { ...input, reason: 5, "no such field": 1 },
    ),
  );

const inJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const truncated = fc.tuple(INPUT, fc.nat()).map(([value, cut]) => {
  const whole = inJson(value);
  return whole.subarray(0, cut % whole.length);
});
const BODY: fc.Arbitrary<Buffer> = fc.oneof(
  INPUT.map(inJson),
  truncated,
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom(
      "",
      "null",
      "[]",
      "1",
      '"x"',
      "{",
      "{}}",
      "[[[",
      "NaN",
      "{'a':1}",
      '{"a":1,}',
      '{"a":01}',
      '{"limit":1e999}',
      '{"limit":-1e999}',
      '{"limit":123456789012345678901234567890}',
      '{"__proto__":{"polluted":true}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      '{"query":"a","__proto__":{"limit":"x"}}',
      '{"query":{"__proto__":{"polluted":1}}}',
      '{"title":1,"title":2}',
      '{"query":"\\ud800"}',
      '{"refs":["\\u0000"]}',
      '\ufeff{"query":"x"}',
      "{\u0000}",
      `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
      `${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}`,
      `{"query":"${"a ".repeat(30_000)}"}`,
      `{"refs":[${"1,".repeat(20_000)}1]}`,
      "a=1&b=2",
      "------x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n------x--",
    )
    .map((text) => Buffer.from(text)),
  fc
    .record({
      jsonrpc: fc.constantFrom("2.0", "1.0", 2),
      id: HOSTILE,
      method: fc.constantFrom("tools/call", "initialize", "ping", "no/such", ""),
      params: HOSTILE,
    })
    .map(inJson),
);

const SEGMENT = fc.oneof(
  fc.constantFrom(
    "%zz",
    "%",
    "%0",
    "%00",
    "%c0%af",
    "%c0%ae%c0%ae",
    "%ff%fe",
    "%ed%a0%80",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e",
    "..",
    ".",
    "%252e%252e",
    "memories%2F..%2F..%2Fx",
    "%0d%0aSet-Cookie:%20a=b",
    "a;b=c",
    "\u00e9",
    "__proto__",
    "constructor",
    "{ref}",
    ":ref",
    "*",
    "[[search]]",
    "%5B%5Bsearch%5D%5D",
    "x".repeat(2_000),
    "%41".repeat(400),
  ),
  HOSTILE_TEXT.map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, "\ufffd"))),
);
const QUERY = fc.oneof(
  fc.constantFrom(
    "",
    "?",
    "?&&&",
    "?=",
    "?=x",
    "?a",
    "?%zz",
    "?limit",
    "?limit=%00",
    "?kinds[]=a",
    "?query[a]=b",
    "?__proto__=1",
    "?__proto__[x]=1",
    "?limit=1e9&limit=2",
    "?a=b#c",
  ),
  fc
    .tuple(
      fc.constantFrom(
        "limit",
        "kinds",
        "query",
        "cursor",
        "created_after",
        "version",
        "include",
        "from",
        "sort",
        "paths",
        "min_score",
        "explain",
      ),
      SEGMENT,
    )
    .map(([name, value]) => `?${name}=${value}`),
);
const READS = ROUTES.filter(({ method }) => method === "GET");
const PATH = fc.oneof(
  fc.tuple(fc.constantFrom(...ROUTES), SEGMENT).map(([{ path }, segment]) => `/v1${path.replace(/\{\w+\}/, segment)}`),
  fc
    .tuple(
      fc.constantFrom(
        "/",
        "/v1/",
        "/v1/entries/",
        "/mcp/",
        "/mcp",
        "/openapi.json",
        "/healthz",
        "/%2e%2e/",
        "//",
        "/v1//entries/",
        "/V1/entries/",
      ),
      fc.oneof(SEGMENT, fc.constant("")),
    )
    .map((parts) => parts.join("")),
);

const HEADER = fc.constantFrom(
  "Content-Type: text/plain",
  "Content-Type: application/json; charset=utf-16",
  "Content-Type: multipart/form-data",
  "Content-Type: ",
  "Content-Type: application/json\r\nContent-Type: text/html",
  "Content-Encoding: gzip",
  "Content-Encoding: nonsense",
  "Accept: text/html",
  "Accept: */*",
  "Accept: application/json, text/event-stream",
  "Accept: ,;q=x",
  "If-Match: *",
  'If-Match: W/"x"',
  'If-Match: "',
  "If-None-Match: *",
  "X-Memory-Agent: \u00ff\u00fe",
  `X-Memory-Agent: ${"a".repeat(5_000)}`,
  "X-Memory-Session: a\tb",
  "X-Memory-Session: a\r\nX-Memory-Session: b",
  "Mcp-Session-Id: unknown",
  "Mcp-Session-Id: SESSION",
  "Mcp-Session-Id: ../../x",
  "MCP-Protocol-Version: 1",
  "Last-Event-ID: 5",
  "Origin: https://evil.example",
  "Origin: null",
  "Upgrade: websocket\r\nConnection: Upgrade",
  "Expect: 100-continue",
  "Expect: nonsense",
  "X-Forwarded-Host: evil.example",
  "X-HTTP-Method-Override: DELETE",
  "Range: bytes=0-1",
  "Cookie: a=b",
  "X-Folded: a\r\n b",
  `X-Big: ${"a".repeat(20_000)}`,
  "Bad Header: x",
  "no colon at all",
  "X-Nul: a\u0000b",
  ": nameless",
);

const KNOWN = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE"];
const request = fc
  .record({
    method: fc.constantFrom(...KNOWN),
    path: PATH,
    query: QUERY,
    headers: fc.array(HEADER, { maxLength: 3 }),
    body: BODY,
  })
  // An entry that is there is only read: a well-formed request to delete it would do so.
  .map(({ method, path, query, headers, body }) => {
    const type = headers.some((header) => header.startsWith("Content-Type")) ? [] : ["Content-Type: application/json"];
    const lines = ["Host: HOST", "Connection: close", ...type, ...headers, `Content-Length: ${body.length}`];
    const head = Buffer.from(`${method} ${path}${query} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, "latin1");
    return { bytes: Buffer.concat([head, body]), hangsUp: false };
  });
const read = fc
  .record({ route: fc.constantFrom(...READS), segment: fc.constantFrom("kept", "memories%2Fkept"), query: QUERY })
  .map(({ route, segment, query }) => ({
    bytes: Buffer.from(
      `GET /v1${route.path.replace(/\{\w+\}/, segment)}${query} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`,
      "latin1",
    ),
    hangsUp: false,
  }));

const posted = (method: string, path: string, headers: string, body: unknown): Malformed => {
  const bytes = inJson(body);
  const head = `${method} ${path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nContent-Type: application/json\r\n${headers}Content-Length: ${bytes.length}\r\n\r\n`;
  return { bytes: Buffer.concat([Buffer.from(head, "latin1"), bytes]), hangsUp: false };
};

/** Good HTTP and good JSON for operations, with odd values; refs of what is written lead nowhere. */
const odd = fc.oneof(
  fc
    .constantFrom(...ROUTES.filter(({ operation, method }) => operation.effect === "read" && method === "POST"))
    .chain(({ operation, path }) => hostileInput(operation).map((input) => posted("POST", `/v1${path}`, "", input))),
  fc
    .tuple(
      fc.constantFrom(["PATCH", "", { append: "x" }], ["DELETE", "", {}], ["POST", "/restore", { version: "abcdef0" }]),
      SEGMENT,
    )
    .map(([[method, path, body], segment]) => posted(String(method), `/v1/entries/${segment}${path}`, "", body)),
  HOSTILE.map((ref) => posted("POST", "/v1/bulk", "", { items: [{ op: "delete", ref }] })),
);

const inSession = (name: string): string =>
  `Accept: application/json, text/event-stream\r\nMcp-Session-Id: ${name}\r\n`;
/** Calls of tools in a session, with odd arguments. */
const tool = fc.constantFrom(...OPERATIONS).chain((operation) =>
  hostileInput(operation).map((input) => {
    const { area, action, effect } = operation;
    const args = {
      ...input,
      ...(action ? { action } : {}),
      ...(effect === "read" ? {} : { reason: 5, "no such field": 1 }),
    };
    const params = { name: `memory_${area}`, arguments: args };
    return posted("POST", "/mcp", inSession("SESSION"), { jsonrpc: "2.0", id: "UNIQUE", method: "tools/call", params });
  }),
);
const message = fc
  .record({
    jsonrpc: fc.constantFrom("2.0", "2.0", "1.0", 2),
    id: HOSTILE,
    method: fc.constantFrom("tools/call", "tools/list", "initialize", "ping", "no/such", "", "notifications/cancelled"),
    params: HOSTILE,
  })
  .map((body) => posted("POST", "/mcp", inSession("STREAM"), body));

/** What is no HTTP, or says something wrong of its own length. */
const invalid = fc
  .oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        "",
        "\r\n\r\n",
        "GET",
        "GET /",
        "GET / HTTP/1.1",
        "GET / HTTP/1.1\r\nHost: HOST",
        "GET / HTTP/9.9\r\nHost: HOST\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "get /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "FOO /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET  /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "GET /\u0000 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000",
        `GET /${"a".repeat(40_000)} HTTP/1.1\r\nHost: HOST\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: HOST\r\n${"X-A: b\r\n".repeat(3_000)}\r\n`,
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Length: x\r\n\r\n{}",
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: nonsense\r\n\r\n{}",
        "POST /v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{}",
        'POST /mcp HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"',
        "GET /healthz HTTP/1.1\r\nHost: HOST\r\n\r\nGARBAGE BEHIND\r\n\r\n",
      )
      .map((text) => Buffer.from(text, "latin1")),
  )
  .map((bytes) => ({ bytes, hangsUp: true }));

/** Requests that no well-meaning client sends, the same ones for the same seed. None of them is a write that could succeed. */
export const malformedRequests = (count: number, seed: number): Malformed[] =>
  fc.sample(
    fc.oneof(
      { weight: 8, arbitrary: request },
      { weight: 2, arbitrary: read },
      { weight: 4, arbitrary: odd },
      { weight: 4, arbitrary: fc.oneof(tool, message) },
      { weight: 3, arbitrary: invalid },
    ),
    { numRuns: count, seed },
  );
