import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as library from "../src/index.js";
import { OPERATIONS } from "../src/operations/registry.js";
import { ROUTES } from "../src/operations/routes.js";
import { INSTRUCTIONS } from "../src/setup/instructions.js";
import { inputSchema, offered, toolsOf } from "../src/transports/mcp/tools.js";
import { parseToolsets } from "../src/transports/mcp/toolsets.js";

const ALL = toolsOf(OPERATIONS);
const DEFAULT = toolsOf(offered(OPERATIONS, parseToolsets(undefined)));
const operationsOf = (tool: string) => OPERATIONS.filter(({ area }) => `memory_${area}` === tool);

describe("the tools", () => {
  it("are these, by toolset", () => {
    expect(DEFAULT.map(({ name }) => name)).toEqual([
      "memory_context",
      "memory_search",
      "memory_get",
      "memory_save",
      "memory_update",
      "memory_delete",
      "memory_history",
      "memory_conflict",
    ]);
    const names = (text: string) => toolsOf(offered(OPERATIONS, parseToolsets(text))).map(({ name }) => name);
    expect(names("more")).toEqual([...DEFAULT.map(({ name }) => name), "memory_bulk", "memory_tag", "memory_pattern"]);
    expect(names("graph")).toEqual([...DEFAULT.map(({ name }) => name), "memory_relation"]);
    expect(names("scopes")).toEqual([
      ...DEFAULT.map(({ name }) => name),
      "memory_session",
      "memory_promote",
      "memory_org",
      "memory_project",
    ]);
    expect(names("review")).toEqual([...DEFAULT.map(({ name }) => name), "memory_sync"]);
    expect(names("admin")).toEqual([...DEFAULT.map(({ name }) => name), "memory_admin"]);
    expect(names("all")).toEqual(ALL.map(({ name }) => name));
    expect(names(" more , graph, scopes, review, admin ")).toEqual(names("all"));
    expect(() => parseToolsets("everything")).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });

  it("cost less than 10 KB in the default set", () => {
    expect(Buffer.byteLength(JSON.stringify({ tools: DEFAULT }))).toBeLessThan(10_000);
  });

  it.each(ALL.map((tool) => [tool.name, tool] as const))(
    "%s is named, described and hinted as hosts want it",
    (name, tool) => {
      expect(name).toMatch(/^[a-z0-9_]{1,64}$/);
      expect(tool.title.length).toBeGreaterThan(3);
      expect(tool.description.length).toBeGreaterThan(20);
      expect(tool.description.length).toBeLessThan(1_024);
      expect(tool.description).not.toContain("[[");
      const own = operationsOf(name);
      expect(tool.annotations).toEqual({
        readOnlyHint: own.every(({ effect }) => effect === "read"),
        destructiveHint: own.some(({ effect }) => effect === "delete"),
        idempotentHint: own.every(({ idempotent }) => idempotent),
        openWorldHint: false,
      });
      expect(tool).not.toHaveProperty("outputSchema");
    },
  );

  it("say which are safe: reading ones read, deleting ones warn", () => {
    const hints = Object.fromEntries(
      ALL.map(({ name, annotations: { readOnlyHint, destructiveHint } }) => [name, [readOnlyHint, destructiveHint]]),
    );
    expect(hints).toEqual({
      memory_context: [true, false],
      memory_search: [true, false],
      memory_get: [true, false],
      memory_save: [false, false],
      memory_update: [false, false],
      memory_delete: [false, true],
      memory_history: [false, false],
      memory_conflict: [false, true],
      memory_bulk: [false, true],
      memory_relation: [false, true],
      memory_tag: [false, true],
      memory_pattern: [false, false],
      memory_session: [false, true],
      memory_promote: [false, false],
      memory_org: [false, false],
      memory_project: [false, false],
      memory_sync: [false, false],
      memory_admin: [false, false],
    });
  });

  it.each(ALL.map((tool) => [tool.name, tool] as const))(
    "%s advertises the union of its verbs' fields",
    (name, tool) => {
      const own = operationsOf(name);
      const { properties, required = [] } = tool.inputSchema;
      const { action, response_format, filter, ...fields } = properties;
      const inFilter = (filter?.properties ?? {}) as Record<string, unknown>;
      expect(Object.keys({ ...fields, ...inFilter }).sort()).toEqual(
        [...new Set(own.flatMap(({ input }) => Object.keys(input.shape)))].sort(),
      );
      expect(action?.enum).toEqual(own.length > 1 ? own.map((one) => one.action) : undefined);
      expect(Boolean(response_format)).toBe(own.some(({ effect }) => effect === "read"));
      const needed = own.map((one) => inputSchema(one).required ?? []);
      const everywhere = (needed[0] ?? []).filter((field) => needed.every((list) => list.includes(field)));
      expect([...required].sort()).toEqual([...everywhere, ...(own.length > 1 ? ["action"] : [])].sort());
      expect(tool.inputSchema.additionalProperties).toBe(false);
    },
  );

  it.each(ALL.map(({ name }) => name))("%s has one schema for one field name", (name) => {
    const seen = new Map<string, unknown>();
    for (const one of operationsOf(name))
      for (const [field, schema] of Object.entries(inputSchema(one).properties)) {
        expect([field, schema]).toEqual([field, seen.get(field) ?? schema]);
        seen.set(field, schema);
      }
  });

  it("hide no field name of their own among the verbs'", () => {
    for (const { input } of OPERATIONS)
      for (const field of ["action", "filter", "response_format"]) expect(input.shape).not.toHaveProperty(field);
  });

  it("are plain JSON Schema that strict hosts take", () => {
    const walk = (value: unknown, at: string): void => {
      if (typeof value !== "object" || value === null) return;
      for (const word of ["$ref", "$schema", "allOf", "not"])
        expect([at, value]).not.toEqual([at, expect.objectContaining({ [word]: expect.anything() })]);
      for (const [key, inner] of Object.entries(value)) walk(inner, `${at}.${key}`);
    };
    for (const tool of ALL) walk(tool.inputSchema, tool.name);
  });
});

describe("the operations", () => {
  it("have a command, a route and arguments of their own", () => {
    const unique = (list: readonly string[]) => expect(new Set(list).size).toBe(list.length);
    unique(OPERATIONS.map(({ command }) => command));
    unique(ROUTES.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`));
    unique(ROUTES.map(({ name }) => name));
    for (const { args, input, advertised = [] } of OPERATIONS)
      for (const field of [...args, ...advertised]) expect(Object.keys(input.shape)).toContain(field);
    for (const { path, operation } of ROUTES) {
      expect(path).toMatch(/^(\/(\w+|\{\w+\}))+$/);
      for (const [, field = ""] of path.matchAll(/\{(\w+)\}/g))
        expect(Object.keys(operation.input.shape)).toContain(field);
    }
  });

  it("take strict objects without transforms, so that a URL and a shell can fill them", () => {
    for (const { input } of OPERATIONS) {
      expect(input.safeParse({ "no such field": 1 }).success).toBe(false);
      expect(z.toJSONSchema(input, { io: "input" })).toEqual(z.toJSONSchema(input, { io: "output" }));
    }
  });
});

describe("the instructions", () => {
  it("are short enough for every host and name only tools that are there", () => {
    expect(INSTRUCTIONS.length).toBeLessThanOrEqual(1_000);
    for (const [tool] of INSTRUCTIONS.matchAll(/memory_\w+/g)) expect(DEFAULT.map(({ name }) => name)).toContain(tool);
  });
});

describe("the library", () => {
  it("exports these names", () => {
    expect(Object.keys(library).sort()).toEqual([
      "ERROR_CODES",
      "KINDS",
      "KIND_FOLDERS",
      "MemoryError",
      "OPERATIONS",
      "editEntry",
      "findOperation",
      "formatAddress",
      "formatScope",
      "invoke",
      "openMemory",
      "parseEntry",
      "parseRef",
      "parseScope",
    ]);
  });

  it("needs nothing installed beside it", () => {
    const manifest = JSON.parse(fs.readFileSync(path.resolve("package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).not.toHaveProperty("dependencies");
  });
});
