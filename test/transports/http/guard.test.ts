import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLoopback, loopbackAddress } from "../../../src/transports/http/guard.js";
import { HttpBench, sendBytes } from "../../support/http.js";
import { Bench } from "../../support/memory.js";

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

const DOORS = [
  ["GET", "/"],
  ["GET", "/healthz"],
  ["GET", "/openapi.json"],
  ["GET", "/v1/entries"],
  ["POST", "/v1/search"],
  ["POST", "/mcp"],
  ["GET", "/nothing"],
  ["OPTIONS", "/mcp"],
] as const;
const FOREIGN_HOSTS = [
  "evil.example",
  "evil.example:PORT",
  "localhost.evil.example:PORT",
  "127.0.0.1.evil.example:PORT",
  "127.0.0.1",
  "localhost:1",
  "localhost:PORT0",
  "10.0.0.1:PORT",
  "0.0.0.0:PORT",
  "[::]:PORT",
  "[::2]:PORT",
  "[::ffff:10.0.0.1]:PORT",
  "user@localhost:PORT",
  "localhost:PORT@evil.example",
  "localhost :PORT",
  "127.1:PORT",
  "2130706433:PORT",
  "",
];
const FOREIGN_ORIGINS = [
  "https://evil.example",
  "http://evil.example:PORT",
  "http://localhost.evil.example",
  "http://127.0.0.1.evil.example",
  "http://user@localhost",
  "http://localhost@evil.example",
  "http://localhost/path",
  "http://localhost, https://evil.example",
  "ftp://localhost",
  "file://",
  "null",
  "localhost",
  "http://10.0.0.1",
  "http://[::2]",
  "",
];

const raw = (method: string, path: string, headers: string): Promise<string> =>
  sendBytes(server.port, `${method} ${path} HTTP/1.1\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`);
const statusOf = (answer: string): string => answer.split(" ", 2)[1] ?? "";

describe("a foreign Host or Origin", () => {
  it.each(DOORS)("is refused for %s %s", async (method, path) => {
    const port = String(server.port);
    for (const host of FOREIGN_HOSTS) {
      const answer = await raw(method, path, `Host: ${host.replace("PORT", port)}\r\n`);
      expect([host, statusOf(answer), answer.includes('"code":"forbidden"')]).toEqual([host, "403", true]);
      expect(answer).not.toMatch(/access-control/i);
    }
    for (const origin of FOREIGN_ORIGINS) {
      const answer = await raw(method, path, `Host: localhost:${port}\r\nOrigin: ${origin.replace("PORT", port)}\r\n`);
      expect([origin, statusOf(answer), answer.includes('"code":"forbidden"')]).toEqual([origin, "403", true]);
      expect(answer).not.toMatch(/access-control/i);
    }
  });

  it("is refused when there are two hosts, and a request without any is no HTTP/1.1", async () => {
    const two = `Host: localhost:${server.port}\r\nHost: localhost:${server.port}\r\n`;
    expect(["400", "403"]).toContain(statusOf(await raw("GET", "/healthz", two)));
    expect(statusOf(await raw("GET", "/healthz", ""))).toBe("400");
    const old = await sendBytes(server.port, "GET /healthz HTTP/1.0\r\n\r\n");
    expect(statusOf(old)).toBe("403");
  });

  it("is refused when the target itself names another place, or no path", async () => {
    const host = `Host: localhost:${server.port}\r\n`;
    for (const target of ["http://evil.example/healthz", `http://localhost:${server.port}/healthz`, "*", "evil"])
      expect([target, statusOf(await raw("GET", target, host))]).toEqual([target, "400"]);
  });
});

describe("our own Host and a local Origin", () => {
  it("are answered, and get no leave for foreign pages", async () => {
    const port = server.port;
    for (const name of ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "[::1]"])
      for (const origin of ["", "http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080"]) {
        const headers = `Host: ${name}:${port}\r\n${origin === "" ? "" : `Origin: ${origin}\r\n`}`;
        const answer = await raw("GET", "/healthz", headers);
        expect([name, origin, statusOf(answer)]).toEqual([name, origin, "200"]);
        expect(answer).not.toMatch(/access-control/i);
      }
  });

  it("work on the address of IPv6 too", async () => {
    const six = await HttpBench.open(bench, { host: "::1" }).catch(() => undefined);
    // A machine without IPv6 has nothing to show here.
    if (!six) return;
    const request = `GET /healthz HTTP/1.1\r\nHost: [::1]:${six.port}\r\nConnection: close\r\n\r\n`;
    expect(statusOf(await sendBytes(six.port, request, { host: "::1" }))).toBe("200");
    await six.close();
  });
});

describe("--host", () => {
  it.each([
    ["127.0.0.1", "127.0.0.1"],
    ["127.1.2.3", "127.1.2.3"],
    ["::1", "::1"],
    ["[::1]", "::1"],
    ["0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:1"],
    ["localhost", "127.0.0.1"],
    ["LocalHost", "127.0.0.1"],
  ])("takes %s", (host, address) => {
    expect(loopbackAddress(host)).toBe(address);
  });

  it.each([
    "0.0.0.0",
    "::",
    "[::]",
    "10.0.0.7",
    "192.168.1.2",
    "fe80::1",
    "example.org",
    "localhost.",
    "",
    "127.1",
    "::ffff:10.0.0.1",
    "*",
  ])("refuses %s, since nobody could be asked who calls", (host) => {
    expect(() => loopbackAddress(host)).toThrow(
      expect.objectContaining({
        code: "forbidden",
        message: expect.stringContaining("authentication does not exist yet"),
      }),
    );
  });

  it("knows what loopback is", () => {
    expect(["127.255.255.254", "::1", "128.0.0.1", "::", "x"].map(isLoopback)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
