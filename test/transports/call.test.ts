import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryError } from "../../src/errors.js";
import type { Memory } from "../../src/memory/memory.js";
import { OPERATIONS } from "../../src/operations/registry.js";
import { speak } from "../../src/operations/speech.js";
import { callTool, decodeCall, type ToolResult } from "../../src/transports/mcp/call.js";
import { Bench, type Json } from "../support/memory.js";
import { put } from "../support/repositories.js";

const of = (area: string) => OPERATIONS.filter((one) => one.area === area);
const refused = (area: string, args: Json): MemoryError => {
  try {
    decodeCall(of(area), args);
  } catch (error) {
    if (error instanceof MemoryError) return error;
    throw error;
  }
  throw new Error("it was not refused");
};

describe("decodeCall", () => {
  it("finds the verb and hands over a flat input", () => {
    const call = decodeCall(of("history"), { action: "diff", ref: "a", response_format: "json" });
    expect([call.operation.command, call.input, call.format]).toEqual(["diff", { ref: "a" }, "json"]);
    const search = decodeCall(of("search"), { query: "x", filter: { category: "fact", author: "Ada" } });
    expect([search.input, search.format]).toEqual([{ query: "x", category: "fact", author: "Ada" }, undefined]);
  });

  it.each<[string, Json, string, RegExp]>([
    ["history", { ref: "a" }, "action", /list, diff, restore/],
    ["history", { action: "undo", ref: "a" }, "action", /list, diff, restore/],
    ["history", { action: 3 }, "action", /list, diff, restore/],
    ["save", { action: "save" }, "action", /no actions/],
    [
      "history",
      { action: "list", ref: "a", from: "1234567" },
      "from",
      /from belongs to action diff, not to action list/,
    ],
    ["admin", { action: "status", message: "x" }, "message", /message belongs to action commit, not to action status/],
    ["get", { refs: ["a"], filter: {} }, "filter", /no filter/],
    ["search", { filter: "fact" }, "filter", /object/],
    ["search", { filter: [] }, "filter", /object/],
    ["search", { response_format: "xml" }, "response_format", /concise, detailed or json/],
  ])("refuses %s %j", (area, args, field, message) => {
    const error = refused(area, args);
    expect(error).toMatchObject({ code: "invalid_input", data: { field } });
    expect(error.message).toMatch(message);
  });
});

describe("callTool", () => {
  let bench: Bench;
  const logged: unknown[] = [];
  beforeAll(async () => {
    bench = await Bench.open();
    await bench.call("save", { title: "Known", content: "See [[search]] and [[billing]].", tags: ["x"] });
  });
  afterAll(() => bench.close());

  const speech = { tools: new Set(["search", "get", "save", "update", "delete", "history"]), shell: "git memory" };
  const call = (area: string, args: Json, memory: Memory = bench.memory): Promise<ToolResult> =>
    callTool(of(area), args, { memory, caller: {} }, speech, (_message, cause) => logged.push(cause));
  const textOf = (result: ToolResult): string => result.content.map(({ text }) => text).join("");

  it("gives Markdown by default and everything as JSON when asked", async () => {
    const concise = await call("search", { query: "known" });
    expect(textOf(concise)).toMatch(/^- \*\*Known\*\* · `memories\/known` · #x · 2024-03-05 · pending/);
    expect(concise).not.toHaveProperty("structuredContent");
    expect(textOf(concise).length).toBeLessThan(250);
    const detailed = textOf(await call("search", { query: "known", response_format: "detailed" }));
    expect(detailed).toMatch(/id [0-9a-f-]{36} · version [0-9a-f]{40}/);
    const json = await call("search", { query: "known", response_format: "json" });
    expect(JSON.parse(textOf(json))).toEqual(json.structuredContent);
    expect(json.structuredContent).toMatchObject({ total: 1 });
  });

  it("leaves the text of entries alone", async () => {
    for (const [area, args] of [
      ["get", { refs: ["known"] }],
      ["search", { query: "billing" }],
    ] as const)
      expect(textOf(await call(area, args))).toContain("See [[search]] and [[billing]].");
  });

  it("takes the format from the store's settings, also for the first call of all", async () => {
    put(`${bench.root}/memory.yaml`, "format: 1\nscope: project\nname: demo\nresponse_format: json\n");
    const { Memory } = await import("../../src/memory/memory.js");
    const { namedStore } = await import("../../src/store/find-store.js");
    const memory = new Memory({
      find: () => namedStore(bench.dir),
      project: async () => undefined,
      personal: { find: async () => undefined, make: undefined, home: "/" },
      flags: undefined,
      newId: () => "",
      git: undefined,
      env: {},
      writer: "test",
      owner: { host: "test", boot: "b", pid: 1, started: "" },
      isAlive: async () => true,
      now: Date.now,
      watch: false,
      publishes: false,
    });
    expect(await call("search", {}, memory)).toHaveProperty("structuredContent.total", 1);
    expect(await call("search", { response_format: "concise" }, memory)).not.toHaveProperty("structuredContent");
    await memory.close();
  });

  it("puts an error as text and data, naming tools that are offered", async () => {
    const missing = await call("get", { refs: ["zzz-nothing"] });
    expect(missing).toMatchObject({ isError: true, structuredContent: { error: { code: "not_found" } } });
    expect(textOf(missing)).toMatch(/^not_found: .*memory_search lists what there is\./);
    const bad = await call("save", { title: "a", content: "b", colour: "red" });
    expect(bad.structuredContent).toMatchObject({ error: { code: "invalid_input", data: { field: "colour" } } });
    expect(textOf(bad)).toContain("It takes title, content, kind");
    const filter = await call("search", { filter: { nonsense: 1 } });
    expect(filter.structuredContent).toMatchObject({ error: { code: "invalid_input", data: { field: "nonsense" } } });
  });

  it("tells the log what went wrong inside, and the caller nothing of it", async () => {
    const broken = { settings: bench.memory.settings, fresh: () => Promise.reject(new Error("/secret/path broke")) };
    const result = await call("search", {}, broken as unknown as Memory);
    expect(result).toMatchObject({ isError: true, structuredContent: { error: { code: "internal" } } });
    expect(JSON.stringify(result)).not.toContain("secret");
    expect(logged).toEqual([expect.objectContaining({ message: "/secret/path broke" })]);
  });
});

describe("speak", () => {
  const tools = new Set(["search", "history"]);
  it.each([
    ["Use [[search]].", "Use memory_search."],
    ["[[history restore]] it", "memory_history (action restore) it"],
    ["[[history]] lists", "memory_history lists"],
    ["[[delete]] or [[init]]", "`npx -y git-memory delete` or `npx -y git-memory init`"],
    ["[[admin commit]]", "`npx -y git-memory commit`"],
    ["[[ not ours ]] [x]", "[[ not ours ]] [x]"],
  ])("%j becomes %j", (text, spoken) => {
    expect(speak(text, { tools, shell: "npx -y git-memory" })).toBe(spoken);
  });

  it.each([
    ["Use [[search]].", "Use `POST /v1/search`."],
    ["[[history]] lists", "`GET /v1/entries/{ref}/history` lists"],
    [
      "[[history restore: org/acme:guidelines/x 0123abc]]",
      "`POST /v1/entries/org%2Facme%3Aguidelines%2Fx/restore` with version 0123abc",
    ],
    ["[[init]] makes one", "`git memory init` makes one"],
    ["[[admin commit]]", "`POST /v1/admin/commit`"],
  ])("%j becomes %j over REST", (text, spoken) => {
    expect(speak(text, { tools: new Set(), rest: "/v1", shell: "git memory" })).toBe(spoken);
  });

  it("names the command where no tool is offered", () => {
    expect(speak("[[history restore]]", { tools: new Set(), shell: "git memory" })).toBe("`git memory restore`");
  });
});
