import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS } from "../../src/operations/registry.js";
import { LineClient, PROGRAM } from "../support/client.js";
import { ask } from "../support/http.js";
import { faults, GIT_ENV, git, makeCheckedInStore, temporaryFolder } from "../support/repositories.js";
import { asText, findVerb, restDoor } from "../support/rest-door.js";
import { runHere } from "../support/run-here.js";
import { ServeProcess } from "../support/serve.js";

type Json = Record<string, unknown>;
type Step = readonly [operation: string, input: Json];

/** What every door has to answer alike; `$A` is the version that the first save gave. */
const STEPS: readonly Step[] = [
  [
    "save",
    { title: "A", content: "one\ntwo", tags: ["x", "y"], category: "fact", fields: { importance: 0.9 }, reason: "why" },
  ],
  ["save", { title: "A", content: "other" }],
  ["save", { title: "", content: "x" }],
  ["save", { title: "B", content: "x", fields: { priority: 3 } }],
  ["save", { title: "B", content: "b", kind: "guideline", scope: "session/s", name: "deep/b", applies_to: ["src/**"] }],
  ["save", { title: "C", content: `key: ghp_${"a1B2c3D4".repeat(5).slice(0, 36)}` }],
  ["save", { title: "P", content: "p", private: true, scope: "nowhere/x" }],
  ["update", { ref: "a", set: { private: true } }],
  ["context", { task: "one", paths: ["src/a.ts"], scope: "session/s" }],
  ["context", { max_tokens: 5 }],
  ["search", { query: "one", kinds: ["memory"], limit: 5 }],
  ["search", { sort: "title", include: ["archived"] }],
  ["search", { limit: 500 }],
  ["get", { refs: ["a", "session/s:guidelines/deep/b", "memories/none"], include: ["history"] }],
  ["get", { refs: ["none"] }],
  ["get", { refs: ["a"], as_of: "HEAD" }],
  ["get", { refs: ["a"], as_of: "none" }],
  ["get", { refs: ["a"], as_of: "HEAD", version: "$A" }],
  ["search", { as_of: "main" }],
  ["search", { query: "one", as_of: "2000-01-01" }],
  ["get", { refs: ["a"], version: "$A" }],
  [
    "update",
    { ref: "a", edits: [{ old: "two", new: "2" }], add_tags: ["z"], set: { title: "A2" }, base_version: "$A" },
  ],
  ["update", { ref: "a", append: "x", base_version: "$A" }],
  ["update", { ref: "a", append: "x", base_version: "0".repeat(40) }],
  ["update", { ref: "none", append: "x" }],
  ["history list", { ref: "a", limit: 1 }],
  ["history blame", { ref: "a" }],
  ["history blame", { ref: "a", as_of: "HEAD" }],
  ["history blame", { ref: "a", as_of: "--output=x" }],
  ["history diff", { ref: "a" }],
  ["history diff", { ref: "a", from: "0000000" }],
  ["history restore", { ref: "a", version: "$A" }],
  ["delete", { ref: "a" }],
  ["delete", { ref: "none" }],
  [
    "bulk",
    {
      items: [
        { op: "save", title: "D", content: "d" },
        { op: "update", ref: "a", set: { status: null } },
      ],
    },
  ],
  [
    "bulk",
    {
      items: [
        { op: "save", title: "D", content: "d" },
        { op: "delete", ref: "none" },
      ],
    },
  ],
  ["save", { title: "P", content: "Retry failed calls with a growing delay.", kind: "pattern", category: "api" }],
  ["pattern record", { ref: "patterns/p", result: "success", at: "2024-05-06" }],
  [
    "pattern record",
    { ref: "p", result: "failure", project: "web", reason: "It took too long.", at: "2024-05-07T08:00Z" },
  ],
  ["pattern record", { ref: "p", result: "maybe" }],
  ["pattern record", { ref: "a", result: "success" }],
  ["pattern similar", { text: "calls fail, how do we retry", limit: 3 }],
  ["pattern similar", { ref: "p", min_score: 0.5 }],
  ["pattern similar", {}],
  ["pattern insights", { category: "api", tags: ["none"] }],
  ["pattern insights", { project: "web", limit: 1 }],
  ["get", { refs: ["p"] }],
  ["tag create", { name: "Billing", description: "Invoices", category: "domain", reason: "so we agree" }],
  ["tag create", { name: "python", category: "domain" }],
  ["tag attach", { refs: ["a", "memories/d"], tags: ["billing", "fresh"], reason: "sort" }],
  ["tag attach", { refs: ["none"], tags: ["x"] }],
  ["tag detach", { refs: ["d"], tags: ["fresh"] }],
  ["tag detach", { refs: ["d"], tags: [" "] }],
  ["tag rename", { name: "billing", to: "money" }],
  ["tag rename", { name: "none", to: "money" }],
  ["tag rename", { name: "money", to: "MONEY" }],
  ["tag for_entry", { ref: "a" }],
  ["tag for_entry", { ref: "none" }],
  ["tag list", {}],
  ["tag list", { category: "language", unused: true, limit: 3 }],
  ["tag list", { category: "colour" }],
  ["tag delete", { name: "fresh", detach: true }],
  ["tag delete", { name: "fresh" }],
  ["tag delete", { name: "python" }],
  ["save", { title: "E", content: "e", fields: { relations: [{ type: "builds_on", target: "memories/none" }] } }],
  ["save", { title: "E", content: "e", fields: { relations: [{ type: "builds_on", target: "memories/d" }] } }],
  ["relation create", { ref: "d", type: "resolved_by", target: "a", strength: 0.5, note: "why", reason: "asked" }],
  ["relation create", { ref: "a", type: "resolves", target: "d", strength: 0.7 }],
  ["relation create", { ref: "a", type: "resolves", target: "nowhere" }],
  ["relation create", { ref: "a", type: "resolves", target: "a" }],
  ["relation list", { ref: "d", direction: "in", types: ["resolved_by", "builds_on"] }],
  ["relation list", { limit: 1 }],
  ["relation neighbors", { ref: "e", depth: 2 }],
  ["relation path", { ref: "e", target: "a" }],
  ["relation suggest", { ref: "a", limit: 5 }],
  ["search", { query: "d", related_to: "e", depth: 2, direction: "both" }],
  ["get", { refs: ["d"], include: ["relations"] }],
  ["relation delete", { ref: "d", type: "resolved_by", target: "a" }],
  ["relation delete", { ref: "d", type: "resolved_by", target: "a" }],
  ["save", { title: "A", content: "of my own", scope: "personal", tags: ["mine"], reason: "for me" }],
  ["save", { title: "A", content: "again", scope: "personal", name: "a" }],
  ["get", { refs: ["a", "global:memories/a"], include: ["history"] }],
  ["search", { query: "own", limit: 2 }],
  ["search", { scope: "personal", sort: "title" }],
  ["update", { ref: "global:memories/a", append: "more", add_tags: ["x"] }],
  ["relation create", { ref: "global:memories/a", type: "relates_to", target: "d" }],
  ["relation create", { ref: "d", type: "relates_to", target: "global:memories/a" }],
  [
    "bulk",
    {
      items: [
        { op: "update", ref: "d", append: "x" },
        { op: "update", ref: "global:memories/a", append: "x" },
      ],
    },
  ],
  ["delete", { ref: "global:memories/a" }],
  ["delete", { ref: "d", purge: true }],
  ["search", { layers: ["project", "global"], sort: "title" }],
  ["search", { layers: ["temporal"] }],
  ["promote", { ref: "a", to: "session/s" }],
  ["promote", { ref: "none" }],
  ["promote", { ref: "session/s:guidelines/deep/b", copy: true, name: "b-for-all", reason: "it holds" }],
  ["promote", { ref: "session/s:guidelines/deep/b" }],
  ["history list", { ref: "guidelines/b-for-all" }],
  [
    "project update",
    { title: "The demo", description: "All of it.", root_path: ".", tags: ["own"], metadata: { team: ["Ada"] } },
  ],
  ["project get", {}],
  ["project get", { ref: "DEMO" }],
  ["project get", { ref: "none" }],
  ["project update", { ref: "demo", language: "go", clear: ["root_path"], reason: "moved" }],
  ["project update", { ref: "demo", root_path: "/srv" }],
  ["project create", { name: "demo" }],
  ["project create", { name: "a/b" }],
  ["project list", { tag: "own", limit: 5 }],
  ["org create", { name: "acme", store: "project" }],
  ["org get", {}],
  ["org update", { ref: "none", title: "x" }],
  ["org list", {}],
  ["get", { refs: ["project/demo:"] }],
  ["delete", { ref: "project/demo:" }],
  ["history list", { ref: "project/demo:", limit: 1 }],
  ["relation create", { ref: "a", type: "applies_to", target: "project/demo:" }],
  ["relation neighbors", { ref: "project/demo:" }],
  ["tag attach", { refs: ["project/demo:"], tags: ["fresh"] }],
  ["tag for_entry", { ref: "project/demo:" }],
  ["session start", { name: "first", purpose: "Try it", tags: ["X"], metadata: { goal: "done" }, reason: "asked" }],
  ["session start", { purpose: "Go on with it", parent: "first" }],
  ["session update", { ref: "first", title: "The first", content: "More of it." }],
  ["save", { title: "Noted", content: "in the session", scope: "session/first", fields: { importance: 0.1 } }],
  ["session attach", { refs: ["a", "session/first:memories/noted"], ref: "first", working: true, position: 1 }],
  ["session get", { ref: "first" }],
  ["context", { task: "the session", scope: "session/first" }],
  ["session pause", { ref: "first" }],
  ["session pause", { ref: "first" }],
  ["session resume", { ref: "first" }],
  ["session resume", { ref: "none" }],
  ["session end", { ref: "first", promote: ["a/b:c"] }],
  ["session end", { ref: "first", promote: ["session/first:memories/noted"], reason: "kept" }],
  ["session list", {}],
  ["session list", { status: "none" }],
  ["context", { scope: "session/s", inherit: false }],
  ["search", { scope: "session/s", inherit: false }],
  ["admin check", {}],
  ["admin check", { base: "HEAD" }],
  ["admin check", { base: "HEAD", format: "markdown" }],
  ["admin check", { base: "nowhere", format: "github" }],
  ["admin check", { base: "--output=x" }],
  ["admin check", { fix: true, format: "text" }],
  ["get", { refs: ["a"], include: ["usage"] }],
  ["update", { ref: "a", content: "one\n2\nthree", base_version: "$A" }],
  ["conflict list", {}],
  ["conflict show", { id: "memories/a" }],
  ["conflict show", { id: "none" }],
  ["conflict resolve", { id: "memories/a", take: "both", values: { title: "x" } }],
  ["conflict resolve", { id: "memories/a", take: "b", reason: "asked" }],
  ["conflict resolve", { id: "none", take: "a" }],
  ["conflict list", { all: true, limit: 5 }],
  ["conflict prune", { older_than_days: 0 }],
  ["admin config_list", {}],
  ["admin config_get", { key: "commit" }],
  ["admin config_set", { key: "memory_decay_enabled", value: "false" }],
  ["admin config_set", { key: "memory_decay_enabled", unset: true }],
  ["admin config_set", { key: "usage", value: "off" }],
  ["admin config_set", { key: "usage" }],
  ["admin config_get", { key: "colour" }],
  ["save", { title: "We chose esbuild rather than webpack", content: "It is faster." }],
  ["admin config_set", { key: "commit", value: "maybe" }],
  ["admin reindex", {}],
  ["admin embed", {}],
  ["admin audit", { operation: "save", session: "nobody", since: "2024-01-01" }],
  ["admin audit", { limit: 500 }],
  ["admin status", {}],
  ["sync status", {}],
  ["sync status", { store: "personal" }],
  ["sync status", { store: "nobody" }],
  ["sync pull", {}],
  ["sync pull", { store: "personal" }],
  ["sync push", {}],
  ["sync push", { store: "personal" }],
  ["admin commit", { message: "all of it" }],
  ["admin commit", {}],
];

interface Door {
  readonly call: (operation: string, input: Json) => Promise<unknown>;
}

/** Every door writes at its own time, under their own ids: what depends on that is made the same. */
function plain(value: unknown): unknown {
  const names = new Map<string, string>();
  const name = (kind: string, text: string): string => {
    if (!names.has(text)) names.set(text, `<${kind} ${names.size}>`);
    return names.get(text) ?? "";
  };
  const text = JSON.stringify(value)
    .replace(/"agent":"[^"]*",|"session":"[^"]*",/g, "")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => name("conflict", id))
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => name("id", id))
    .replace(/\b[0-9a-f]{40}\b/g, (hash) => name("version", hash))
    .replace(/\b[0-9a-f]{12}\b/g, "<short>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/"score":[\d.]+/g, '"score":0')
    // A connection is in the session that it began; a command line is in the one that --session names.
    .replace(/,"current":true/g, "")
    // A server is one session; a command line without --session has none.
    .replace(/"written in the same session",/g, "")
    .replace(/`git memory [\w-]+( [\w-]+)?`|`[A-Z]+ \/v1[^`]*`|memory_(\w+)( \(action \w+\))?/g, "<call>");
  // One command has read less of the history than a server that ran for a while.
  const still = text.replace(/"history":\{"state":"\w+","commits":\d+\}/, '"history":0');
  return JSON.parse(still.replace(/"watching":\w+/, '"watching":0'));
}

function cliArguments(operation: string, input: Json): string[] {
  const one = findVerb(operation);
  const flags = Object.entries(input)
    .filter(([field]) => !one.args.includes(field))
    .flatMap(([field, value]) => {
      const flag = `--${field.replaceAll("_", "-")}`;
      if (value === true) return [flag];
      if (value === false) return [flag.replace("--", "--no-")];
      return Array.isArray(value) ? value.flatMap((item) => [flag, asText(item)]) : [flag, asText(value)];
    });
  const places = one.args.flatMap((field) => {
    const value = input[field];
    if (value === undefined) return [];
    return Array.isArray(value) && typeof value[0] === "string" ? value.map(asText) : [asText(value)];
  });
  return [...one.command.split(" "), ...flags, "--json", "--", ...places];
}

/** Runs the program as a shell does, while the other doors are at work. */
const runProgram = (dir: string, home: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const options = {
      cwd: dir,
      env: { ...GIT_ENV, GIT_MEMORY_HOME: home },
      timeout: 30_000,
      maxBuffer: 2 ** 27,
    };
    // A refusal ends with 1, and its JSON is on standard output too.
    const child = execFile(process.execPath, [PROGRAM, ...args], options, (error, out, err) => {
      if (out === "") reject(error ?? new Error(err));
      else resolve(out);
    });
    child.stdin?.end();
  });

/** The command line: the program itself for the first call of each operation, without its start for the others. */
function cli(dir: string, home: string): Door {
  const met = new Set<string>();
  return {
    call: async (operation, input) => {
      const args = cliArguments(operation, input);
      if (met.has(operation)) return JSON.parse((await runHere(dir, home, args)).stdout);
      met.add(operation);
      return JSON.parse(await runProgram(dir, home, args));
    },
  };
}

/** A tool's name and arguments: what it does not advertise at the top goes into its filter. */
function toolCall(operation: string, input: Json): [tool: string, args: Json] {
  const { area, action, advertised } = findVerb(operation);
  const top = Object.entries(input).filter(([field]) => advertised?.includes(field) ?? true);
  const rest = Object.entries(input).filter(([field]) => advertised && !advertised.includes(field));
  const filter = rest.length > 0 ? { filter: Object.fromEntries(rest) } : {};
  const args = { ...Object.fromEntries(top), ...filter, ...(action ? { action } : {}) };
  return [`memory_${area}`, { ...args, response_format: "json" }];
}

const stdio = (client: LineClient): Door => ({
  call: (operation, input) => client.call(...toolCall(operation, input)),
});

async function mcpOverHttp({ port }: ServeProcess): Promise<Door> {
  const accept = { Accept: "application/json, text/event-stream" };
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "test-client", version: "1.0" },
  };
  const body = { jsonrpc: "2.0", id: 0, method: "initialize", params };
  const { headers } = await ask(port, "/mcp", { body, headers: accept });
  const session = { ...accept, "Mcp-Session-Id": String(headers["mcp-session-id"]) };
  let id = 0;
  return {
    call: async (operation, input) => {
      const [name, args] = toolCall(operation, input);
      const call = { jsonrpc: "2.0", id: ++id, method: "tools/call", params: { name, arguments: args } };
      const answer = await ask(port, "/mcp", { body: call, headers: session });
      const [, data = ""] = /^data: (.+)$/m.exec(answer.text) ?? [];
      return (JSON.parse(data) as { result: Json }).result.structuredContent;
    },
  };
}

const rest = (server: ServeProcess): Door => ({ call: restDoor(server) });

async function play(door: Door): Promise<[Step, unknown][]> {
  const answers: [Step, unknown][] = [];
  let first = "";
  for (const [operation, input] of STEPS) {
    const filled = JSON.parse(JSON.stringify(input).replaceAll("$A", first)) as Json;
    const answer = await door.call(operation, filled);
    if (first === "") first = String((answer as Json).version);
    answers.push([[operation, input], plain(answer)]);
  }
  return answers;
}

const DOORS = ["cli", "MCP over stdio", "MCP over HTTP", "REST"] as const;
const results = new Map<string, [Step, unknown][]>();
const dirs: string[] = [];
const homes: string[] = [];
beforeAll(async () => {
  const [one = "", two = "", three = "", four = ""] = DOORS.map(() => makeCheckedInStore());
  dirs.push(one, two, three, four);
  // Everybody has a store of their own besides, which their first write to it makes.
  homes.push(...DOORS.map(() => path.join(temporaryFolder(), "personal")));
  const envs = homes.map((home) => ({ GIT_MEMORY_HOME: home }));
  const all = ["--toolsets", "all"];
  const client = new LineClient(two, all, envs[1]);
  await client.initialize();
  const servers = await Promise.all([ServeProcess.start(three, all, envs[2]), ServeProcess.start(four, [], envs[3])]);
  const doors = [cli(one, homes[0] ?? ""), stdio(client), await mcpOverHttp(servers[0]), rest(servers[1])];
  const played = await Promise.all(doors.map(play));
  for (const [at, answers] of played.entries()) results.set(DOORS[at] ?? "", answers);
  await Promise.all([client.close(), ...servers.map((server) => server.stop())]);
}, 180_000);
afterAll(() => {
  for (const dir of [...dirs, ...homes.map((home) => path.dirname(home))])
    fs.rmSync(dir, { recursive: true, force: true });
});

describe("every door", () => {
  it.each(STEPS.map(([operation, input], at) => [at, operation, JSON.stringify(input)] as const))(
    "%i: answers %s %s alike",
    (at) => {
      const [step, expected] = results.get("cli")?.[at] ?? [];
      for (const door of DOORS) expect([door, step, results.get(door)?.[at]?.[1]]).toEqual([door, step, expected]);
      expect(expected).not.toHaveProperty("error.code", "internal");
    },
  );

  it("meets every operation, and both what is done and what is refused", () => {
    const met = new Set(STEPS.map(([operation]) => operation));
    for (const { area, action } of OPERATIONS) expect([...met]).toContain(action ? `${area} ${action}` : area);
    const codes = new Set(
      results.get("cli")?.map(([, answer]) => (answer as { error?: { code: string } }).error?.code),
    );
    expect([...codes].sort()).toEqual([
      "already_exists",
      "conflict",
      "forbidden",
      "invalid_input",
      "not_found",
      "stale_version",
      undefined,
    ]);
  });

  it.each([["project", dirs] as const, ["person", homes] as const])(
    "leaves the same files behind in the store of the %s",
    (_whose, stores) => {
      const files = (dir: string) => git(dir, "ls-tree", "-r", "--name-only", "HEAD");
      expect(stores).toHaveLength(DOORS.length);
      for (const dir of stores) {
        expect(files(dir)).toBe(files(stores[0] ?? ""));
        expect(git(dir, "status", "--porcelain", "--", "**/*.md")).toBe("");
        expect(faults(dir)).toBe("");
      }
    },
  );
});
