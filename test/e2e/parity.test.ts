import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS } from "../../src/operations/registry.js";
import { LineClient } from "../support/client.js";
import { run } from "../support/program.js";
import { git, makeCheckedInStore } from "../support/repositories.js";

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
  ["context", { task: "one", paths: ["src/a.ts"], scope: "session/s" }],
  ["context", { max_tokens: 5 }],
  ["search", { query: "one", kinds: ["memory"], limit: 5 }],
  ["search", { sort: "title", include: ["archived"] }],
  ["search", { limit: 500 }],
  ["get", { refs: ["a", "session/s:guidelines/deep/b", "memories/none"], include: ["history"] }],
  ["get", { refs: ["none"] }],
  ["get", { refs: ["a"], version: "$A" }],
  [
    "update",
    { ref: "a", edits: [{ old: "two", new: "2" }], add_tags: ["z"], set: { title: "A2" }, base_version: "$A" },
  ],
  ["update", { ref: "a", append: "x", base_version: "$A" }],
  ["update", { ref: "none", append: "x" }],
  ["history list", { ref: "a", limit: 1 }],
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
  ["admin check", {}],
  ["admin config", { key: "commit" }],
  ["admin config", { key: "commit", value: "maybe" }],
  ["admin reindex", {}],
  ["admin status", {}],
  ["admin commit", { message: "all of it" }],
  ["admin commit", {}],
];

interface Door {
  readonly call: (operation: string, input: Json) => Promise<unknown>;
}

/** Both doors write at their own time, under their own ids: what depends on that is made the same. */
function plain(value: unknown): unknown {
  const names = new Map<string, string>();
  const name = (kind: string, text: string): string => {
    if (!names.has(text)) names.set(text, `<${kind} ${names.size}>`);
    return names.get(text) ?? "";
  };
  const text = JSON.stringify(value)
    .replace(/"agent":"[^"]*",|"session":"[^"]*",/g, "")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => name("id", id))
    .replace(/\b[0-9a-f]{40}\b/g, (hash) => name("version", hash))
    .replace(/\b[0-9a-f]{12}\b/g, "<short>")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/"score":[\d.]+/g, '"score":0')
    .replace(/`git memory (\w+)`|memory_(\w+)( \(action \w+\))?/g, "<call>");
  return JSON.parse(text.replace(/"watching":\w+/, '"watching":0'));
}

function cliArguments(operation: string, input: Json): string[] {
  const one = OPERATIONS.find(({ area, action }) => (action ? `${area} ${action}` : area) === operation);
  if (!one) throw new Error(operation);
  const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const flags = Object.entries(input)
    .filter(([field]) => !one.args.includes(field))
    .flatMap(([field, value]) => {
      const flag = `--${field.replaceAll("_", "-")}`;
      return Array.isArray(value) ? value.flatMap((item) => [flag, text(item)]) : [flag, text(value)];
    });
  const places = one.args.flatMap((field) => {
    const value = input[field];
    if (value === undefined) return [];
    return Array.isArray(value) && field === "refs" ? value.map(text) : [text(value)];
  });
  return [...one.command.split(" "), ...flags, "--json", "--", ...places];
}

function cli(dir: string): Door {
  return {
    call: async (operation, input) => JSON.parse(run(dir, cliArguments(operation, input)).stdout) as unknown,
  };
}

function mcp(client: LineClient): Door {
  return {
    call: (operation, input) => {
      const [area = "", action] = operation.split(" ");
      const { query, kinds, scope, tags, paths, limit, cursor, ...rest } = input;
      const top = Object.fromEntries(
        Object.entries({ query, kinds, scope, tags, paths, limit, cursor }).filter(([, value]) => value !== undefined),
      );
      const args = area === "search" ? { ...top, ...(Object.keys(rest).length > 0 ? { filter: rest } : {}) } : input;
      return client.call(`memory_${area}`, { ...args, ...(action ? { action } : {}), response_format: "json" });
    },
  };
}

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

const results = new Map<string, [Step, unknown][]>();
const dirs: string[] = [];
beforeAll(async () => {
  const [left, right] = [makeCheckedInStore(), makeCheckedInStore()];
  dirs.push(left, right);
  const client = new LineClient(right, ["--toolsets", "all"]);
  await client.initialize();
  results.set("cli", await play(cli(left)));
  results.set("mcp", await play(mcp(client)));
  await client.close();
});
afterAll(() => {
  for (const dir of dirs) fs.rmSync(dir, { recursive: true, force: true });
});

describe("the command line and MCP", () => {
  it.each(STEPS.map(([operation, input], at) => [at, operation, JSON.stringify(input)] as const))(
    "%i: answer %s %s alike",
    (at) => {
      const [step, fromCli] = results.get("cli")?.[at] ?? [];
      const [, fromMcp] = results.get("mcp")?.[at] ?? [];
      expect([step, fromMcp]).toEqual([step, fromCli]);
      expect(fromCli).not.toHaveProperty("error.code", "internal");
    },
  );

  it("meet every operation, and both what is done and what is refused", () => {
    const met = new Set(STEPS.map(([operation]) => operation));
    for (const { area, action } of OPERATIONS) expect([...met]).toContain(action ? `${area} ${action}` : area);
    const codes = new Set(
      results.get("cli")?.map(([, answer]) => (answer as { error?: { code: string } }).error?.code),
    );
    expect([...codes].sort()).toEqual(["already_exists", "invalid_input", "not_found", "stale_version", undefined]);
  });

  it("leave the same files behind", () => {
    const [left = "", right = ""] = dirs;
    const files = (dir: string) => git(dir, "ls-tree", "-r", "--name-only", "HEAD");
    expect(files(right)).toBe(files(left));
    expect(git(right, "status", "--porcelain")).toBe("");
  });
});
