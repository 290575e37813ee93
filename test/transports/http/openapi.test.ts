import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../src/errors.js";
import { ROUTES } from "../../../src/operations/routes.js";
import { openApi } from "../../../src/transports/http/openapi.js";
import type { ApiOperation } from "../../../src/transports/http/openapi-operation.js";
import { VERSION } from "../../../src/version.js";
import { Ajv2020 } from "../../support/ajv.js";
import { type Answered, HttpBench, type Sent } from "../../support/http.js";
import { Bench, type Json } from "../../support/memory.js";

const DOCUMENT = openApi(VERSION);
const ALL = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const TABLE = ALL.map(({ path, method, operation }) => [`${method.toUpperCase()} ${path}`, path, operation] as const);

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

/** Every object in a value, with the keys that lead to it. */
function* objects(value: unknown, keys: readonly string[] = []): Generator<[readonly string[], Json]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [keys, value as Json];
  for (const [key, inner] of Object.entries(value)) yield* objects(inner, [...keys, key]);
}

/** A JSON pointer into the document (RFC 6901), as part of a URL. */
const pointer = (keys: readonly string[]): string =>
  `api#${keys.map((key) => `/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("")}`;

function resolve(pointer: string): unknown {
  const parts = pointer.replace(/^#\//, "").split("/");
  return parts.reduce<unknown>((value, part) => (value as Json | undefined)?.[part], DOCUMENT);
}

describe("the OpenAPI document", () => {
  it("is OpenAPI 3.1, and served as it is generated", async () => {
    expect(DOCUMENT.openapi).toMatch(/^3\.1\.\d+$/);
    expect(Object.keys(DOCUMENT).sort()).toEqual(["components", "info", "openapi", "paths", "servers"]);
    const { json, headers } = await server.ask("/openapi.json");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(json).toEqual(JSON.parse(fs.readFileSync("schema/openapi.json", "utf8")));
    expect(json).toEqual(JSON.parse(JSON.stringify(DOCUMENT)));
  });

  it("has every route of the registry, and nothing else but the server's own", () => {
    const unnamed = (path: string) => path.replace(/\{\w+\}/g, "{}");
    const documented = ALL.map(({ path, method }) => `${method.toUpperCase()} ${unnamed(path)}`);
    const routes = ROUTES.map(({ path, method }) => `${method} /v1${unnamed(path)}`);
    expect(documented.sort()).toEqual([...routes, "GET /healthz"].sort());
    const shapes = Object.keys(DOCUMENT.paths).map(unnamed);
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  it("names every operation once, and every pointer leads somewhere", () => {
    const ids = ALL.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z_]*$/);
    for (const [at, { $ref }] of objects(DOCUMENT))
      if (typeof $ref === "string") expect([at, resolve($ref)]).toEqual([at, expect.any(Object)]);
  });

  it.each(TABLE)("%s is described as OpenAPI wants it", (_name, path, operation: ApiOperation) => {
    const { parameters = [], responses, requestBody } = operation;
    const keys = parameters.map((one) => `${one.in} ${one.name}`);
    expect(new Set(keys).size).toBe(keys.length);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(parameters.filter((one) => one.in === "path").map(({ name }) => name)).toEqual(named);
    for (const one of parameters) {
      expect(["path", "query", "header"]).toContain(one.in);
      if (one.in === "path") expect(one.required).toBe(true);
      expect([one.name, Number(one.schema !== undefined) + Number(one.content !== undefined)]).toEqual([one.name, 1]);
    }
    for (const [status, response] of Object.entries(responses)) {
      expect(status).toMatch(/^([1-5]\d\d|default)$/);
      const { description } = ("$ref" in response ? resolve(String(response.$ref)) : response) as Json;
      expect(description).toEqual(expect.any(String));
    }
    expect(operation.summary.length).toBeGreaterThan(3);
    expect(operation.tags).toHaveLength(1);
    if (requestBody) expect(requestBody).toHaveProperty(["content", "application/json", "schema", "type"], "object");
  });

  it("has schemas that compile, and the codes of every error", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(DOCUMENT, "api");
    let compiled = 0;
    for (const [keys] of objects(DOCUMENT)) {
      const component = keys[0] === "components" && keys[1] === "schemas" && keys.length === 3;
      if (keys.at(-1) !== "schema" && !component) continue;
      expect(() => ajv.compile({ $ref: pointer(keys) })).not.toThrow();
      compiled++;
    }
    expect(compiled).toBeGreaterThan(ALL.length);
    expect(resolve("#/components/schemas/Error/properties/error/properties/code/enum")).toEqual([...ERROR_CODES]);
  });

  it("promises what is answered", async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(DOCUMENT, "api");
    const check = async (operationId: string, path: string, sent: Sent = {}): Promise<Answered> => {
      const found = ALL.find(({ operation }) => operation.operationId === operationId);
      if (!found) throw new Error(operationId);
      const answer = await server.ask(path, { method: found.method.toUpperCase(), ...sent });
      const response = found.operation.responses[answer.status] as Json | undefined;
      const at = ["paths", found.path, found.method, "responses", String(answer.status), "content", "application/json"];
      const keys = response ? [...at, "schema"] : ["components", "schemas", "Error"];
      const validate = ajv.compile({ $ref: pointer(keys) });
      validate(answer.json);
      expect([operationId, validate.errors ?? []]).toEqual([operationId, []]);
      return answer;
    };
    const saved = await check("save", "/v1/entries", { body: { title: "A", content: "one" } });
    expect(saved.headers).toMatchObject({ etag: `"${saved.json.version}"`, location: "/v1/entries/memories%2Fa" });
    await check("save", "/v1/entries", { body: { title: "A", content: "two" } });
    await check("get", "/v1/entries/a");
    await check("get", "/v1/entries/none");
    await check("list_entries", "/v1/entries?limit=1");
    await check("search", "/v1/search", { body: { query: "one", explain: true } });
    await check("update", "/v1/entries/a", { body: { append: "more" } });
    await check("history_list", "/v1/entries/a/history");
    await check("history_diff", "/v1/entries/a/diff");
    await check("history_restore", "/v1/entries/a/restore", { body: { version: saved.json.version } });
    await check("get_several", "/v1/get", { body: { refs: ["a"], include: ["history"] } });
    await check("bulk", "/v1/bulk", { body: { items: [{ op: "delete", ref: "a" }] } });
    for (const name of ["status", "check"]) await check(`admin_${name}`, `/v1/admin/${name}`);
    for (const name of ["commit", "reindex"]) await check(`admin_${name}`, `/v1/admin/${name}`, { body: {} });
    await check("admin_config_list", "/v1/admin/config");
    await check("admin_config_get", "/v1/admin/config/commit");
    await check("admin_config_set", "/v1/admin/config/commit", { body: { value: "journal" } });
    await check("health", "/healthz");
  });

  it("has paths that all answer", async () => {
    for (const { path, method, operation } of ALL) {
      const filled = path.replace(/\{\w+\}/g, "none");
      const required = (operation.requestBody as Json | undefined)?.required === true;
      const { status, text } = await server.ask(filled, {
        method: method.toUpperCase(),
        ...(required ? { body: {} } : {}),
      });
      // A checked-in store is pulled and pushed with its repository: 409.
      expect([path, method, [200, 400, 404, 409].includes(status)]).toEqual([path, method, true]);
      expect(text).not.toContain("There is nothing at this path");
    }
  });
});

describe("the page for people", () => {
  it("is complete in itself: no script, nothing from elsewhere, its style named by the policy", async () => {
    const { text, headers, status } = await server.ask("/");
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(text).not.toMatch(/<script|javascript:|\son\w+=|\ssrc=|@import|url\(/i);
    const links = [...text.matchAll(/\shref="([^"]*)"/g)].map((match) => match[1]);
    expect(links).toEqual(["data:,", "/openapi.json"]);
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(text) ?? [];
    const digest = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(style))).toString("base64");
    expect(headers["content-security-policy"]).toContain(`style-src 'sha256-${digest}'`);
    expect(text).not.toContain(" style=");
  });

  it("shows every operation with its fields and an example, and how to connect", async () => {
    const { text } = await server.ask("/");
    for (const { path, operation } of ALL) {
      expect(text).toContain(`<details id="${operation.operationId}">`);
      expect(text).toContain(`<code>${path}</code>`);
      for (const { name } of operation.parameters ?? []) expect(text).toContain(`<code>${name}</code>`);
    }
    expect(text).toContain(`${server.url}/mcp`);
    expect(text).toContain(`curl &#39;${server.url}/healthz&#39;`);
    const tags = (name: string) =>
      [text.match(new RegExp(`<${name}[\\s>]`, "g")), text.match(new RegExp(`</${name}>`, "g"))].map(
        (all) => all?.length,
      );
    for (const name of ["details", "table", "pre", "tr", "td", "p"]) expect(tags(name)[0]).toBe(tags(name)[1]);
    expect(Buffer.byteLength(text)).toBeLessThan(100_000);
  });

  it("has examples that a shell takes, and that are answered", async () => {
    const signs: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
    const { text } = await server.ask("/");
    const examples = [...text.matchAll(/<pre>([\s\S]*?)<\/pre>/g)]
      .map(([, inner = ""]) => inner.replace(/&(lt|gt|quot|#39|amp);/g, (sign) => signs[sign] ?? sign))
      .filter((one) => one.startsWith("curl"));
    expect(examples).toHaveLength(ALL.length);
    for (const example of examples) {
      // The shell says what curl would be given.
      const args = execFileSync("sh", ["-c", `curl() { printf '%s\\0' "$@"; }; ${example}`], {
        encoding: "utf8",
      }).split("\0");
      const given = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
      const [method, body, url = ""] = [given("-X"), given("-d"), args.find((one) => one.startsWith("http"))];
      const path = url.slice(server.url.length);
      const { status } = await server.ask(path, { ...(method ? { method } : {}), ...(body ? { body } : {}) });
      expect([example, [200, 201, 404, 409].includes(status)]).toEqual([example, true]);
    }
  });
});
