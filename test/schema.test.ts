import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { DOCUMENT_LEVELS } from "../src/entry/document.js";
import { KINDS } from "../src/entry/kinds.js";
import { OPERATIONS } from "../src/operations/registry.js";
import { Ajv2020, type Validate } from "./support/ajv.js";

const read = (name: string): Record<string, unknown> =>
  JSON.parse(fs.readFileSync(path.resolve("schema", `${name}.schema.json`), "utf8")) as Record<string, unknown>;
const validator = (name: string): Validate =>
  new Ajv2020({ strict: false, validateFormats: false }).compile(read(name));

describe("schema/", () => {
  it("is what the code makes", () => {
    const run = () => execFileSync(process.execPath, ["node_modules/tsx/dist/cli.mjs", "build/generate.ts", "--check"]);
    expect(run).not.toThrow();
  });

  it("has a file for each kind, each level of document, the manifest, the tags and the operations", () => {
    const names = [...KINDS, ...DOCUMENT_LEVELS, "manifest", "operations", "tags"].map((name) => `${name}.schema.json`);
    expect(fs.readdirSync(path.resolve("schema")).sort()).toEqual([...names, "openapi.json"].sort());
    expect(Object.keys(read("operations").operations as object)).toEqual(
      OPERATIONS.map(({ area, action }) => (action ? `${area}.${action}` : area)),
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["memory", {}],
    [
      "memory",
      {
        id: "0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11",
        title: "Use Postgres",
        category: "decision",
        tags: ["billing"],
        importance: 0.8,
        valid_until: "2025-01-31",
        relations: [{ type: "depends_on", target: "guidelines/x" }],
        mine: { kept: true },
      },
    ],
    ["guideline", { priority: 80, rationale: "because", examples: { good: ["a"], bad: ["b"] } }],
    ["tool", { category: "cli", parameters: { type: "object" }, examples: [{ input: { a: 1 } }] }],
    ["pattern", { data: { a: [1] }, outcomes: [{ result: "success", at: "2025-01-31T12:00:00Z" }] }],
    ["manifest", { format: 1, scope: "project", name: "demo", commit: "each", other: 1 }],
    ["manifest", { format: 1, scope: "global", check_max_new: 7, check_similarity: 0.9 }],
    [
      "manifest",
      {
        format: 1,
        scope: "global",
        person: { name: "Ada", email: "ada@example.org", display_name: "A", preferences: { tone: "short" }, mine: 1 },
        stores: [{ path: "../acme", name: "acme", scope: "org/acme", read_only: true }, { path: "~/notes" }],
      },
    ],
    ["org", { title: "Acme", metadata: { goals: ["one"] }, mine: 1 }],
    ["project", { root_path: "packages/api", git_remote_url: "git@example.org:a/b.git", language: "go" }],
    ["session", { status: "paused", working_set: [{ entry: "memories/a", working: true }] }],
    ["tags", { billing: { category: "domain", description: "Invoices", owner: "ada" }, bare: null }],
  ])("takes good front matter of a %s: %j", (name, value) => {
    const validate = validator(name);
    validate(value);
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["tags", { billing: "Invoices" }, "/billing"],
    ["tags", { billing: { category: "colour" } }, "/billing"],
    ["memory", { title: "" }, "/title"],
    ["memory", { title: "x".repeat(201) }, "/title"],
    ["memory", { importance: 2 }, "/importance"],
    ["memory", { tags: "billing" }, "/tags"],
    ["memory", { status: "active" }, "/status"],
    ["memory", { relations: [{ type: "x" }] }, "/relations/0"],
    ["guideline", { priority: 1.5 }, "/priority"],
    ["tool", { category: "decision" }, "/category"],
    ["pattern", { outcomes: [{ result: "maybe" }] }, "/outcomes/0/result"],
    ["org", { status: "paused" }, "/status"],
    ["project", { metadata: "text" }, "/metadata"],
    ["session", { working_set: ["memories/a"] }, "/working_set/0"],
    ["session", { git_commit: "HEAD" }, "/git_commit"],
    ["manifest", { format: 2, scope: "project", name: "x" }, "/format"],
    ["manifest", { format: 1, scope: "session", name: "x" }, "/scope"],
    ["manifest", { format: 1, scope: "project", name: "a/b" }, "/name"],
    ["manifest", { format: 1, scope: "project", name: "x", commit: "never" }, "/commit"],
    ["manifest", { format: 1, scope: "global", check_max_new: "7" }, "/check_max_new"],
    ["manifest", { format: 1, scope: "global", check_similarity: 2 }, "/check_similarity"],
    ["manifest", { format: 1, scope: "global", person: { email: "a\nb" } }, "/person/email"],
    ["manifest", { format: 1, scope: "global", person: { preferences: [] } }, "/person/preferences"],
    ["manifest", { format: 1, scope: "global", stores: [{ name: "acme" }] }, "/stores/0"],
    ["manifest", { format: 1, scope: "global", stores: [{ path: "a", name: "a/b" }] }, "/stores/0/name"],
    ["manifest", { format: 1, scope: "global", stores: [{ path: "a", scope: "session/s" }] }, "/stores/0/scope"],
    ["manifest", { format: 1, scope: "global", stores: [{ path: "a", readonly: true }] }, "/stores/0"],
  ])("refuses wrong front matter of a %s: %j", (name, value, at) => {
    const validate = validator(name);
    expect(validate(value)).toBe(false);
    expect(validate.errors?.map(({ instancePath }) => instancePath)).toContain(at);
  });
});
