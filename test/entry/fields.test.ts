import { describe, expect, it } from "vitest";
import { checkContent, checkFields, FIELD_NAMES, normaliseFields, readFields } from "../../src/entry/fields.js";
import { KINDS, type Kind } from "../../src/entry/kinds.js";

const ID = "0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11";

describe("checkFields", () => {
  it.each<[Kind, Record<string, unknown>]>([
    [
      "memory",
      {
        id: ID,
        title: "x",
        category: "anything",
        tags: ["a"],
        importance: 0,
        valid_from: "2025-01-31",
        files: ["a.ts#L1-L2"],
      },
    ],
    [
      "memory",
      {
        valid_until: "2025-01-31T10:00:00+02:00",
        relations: [{ type: "depends_on", target: "memories/a", strength: 0.5 }],
      },
    ],
    ["memory", { title: "😀".repeat(200), topic: null, rationale: null }],
    ["guideline", { priority: 100, examples: { good: ["a"], bad: [] }, rationale: "because" }],
    [
      "tool",
      {
        category: "cli",
        parameters: { type: "object", properties: {} },
        examples: [{ description: "d", input: { a: 1 }, output: "x" }],
      },
    ],
    [
      "pattern",
      { data: { a: [1, null] }, outcomes: [{ result: "failure", project: "api", at: "2025-01-31T10:00:00.000Z" }] },
    ],
  ])("takes good fields of a %s", (kind, fields) => {
    expect(() => checkFields(kind, fields)).not.toThrow();
  });

  it.each<[Kind, Record<string, unknown>, string, Record<string, unknown>]>([
    ["memory", { title: "x".repeat(201) }, "title has 201 characters, the limit is 200", { limit: 200, size: 201 }],
    ["memory", { title: "" }, "title must not be empty", {}],
    ["memory", { title: "a\nb" }, "title must be one line", {}],
    ["memory", { title: "a\0" }, "title holds a character", {}],
    ["memory", { summary: "x".repeat(501) }, "summary has 501", { limit: 500, size: 501 }],
    [
      "memory",
      { tags: Array.from({ length: 51 }, (_, at) => `t${at}`) },
      "tags has 51 items, the limit is 50",
      { limit: 50, size: 51 },
    ],
    ["memory", { tags: ["x".repeat(65)] }, "tags at [0] has 65", { limit: 64, size: 65 }],
    ["memory", { importance: 1.1 }, "importance", {}],
    ["memory", { importance: Number.NaN }, "importance", {}],
    ["memory", { id: "550e8400-e29b-41d4-a716-446655440000" }, "id must be a UUID version 7", {}],
    ["memory", { status: "gone" }, "status must be archived", {}],
    ["memory", { valid_from: "soon" }, "valid_from must be an ISO 8601", {}],
    ["memory", { priority: 1 }, "belongs to guideline", {}],
    ["memory", { nonsense: 1 }, "known are id, title", {}],
    ["guideline", { priority: 1.5 }, "priority", {}],
    ["guideline", { rationale: "x".repeat(5001) }, "rationale has 5001", { limit: 5000, size: 5001 }],
    ["guideline", { examples: { good: ["x".repeat(100_000)] } }, "examples has", { limit: 100_000, size: 100_013 }],
    ["tool", { category: "other" }, "category must be one of mcp", {}],
    ["tool", { parameters: { a: "é".repeat(25_000) } }, "parameters has", { limit: 50_000, size: 50_008 }],
    ["tool", { parameters: [] }, "parameters", {}],
    ["pattern", { outcomes: [{ result: "maybe" }] }, "outcomes at [0].result", {}],
    ["pattern", { data: JSON.parse(`{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`) }, "data is nested deeper", {}],
  ])("refuses bad fields of a %s", (kind, fields, message, data) => {
    const field = Object.keys(fields)[0];
    expect(() => checkFields(kind, fields)).toThrow(
      expect.objectContaining({
        code: "invalid_input",
        message: expect.stringContaining(message),
        data: { field, ...data },
      }),
    );
  });

  it("bounds the body", () => {
    expect(() => checkContent("x".repeat(100_000))).not.toThrow();
    expect(() => checkContent("x".repeat(100_001))).toThrow(
      expect.objectContaining({ code: "invalid_input", data: { field: "content", limit: 100_000, size: 100_001 } }),
    );
    expect(() => checkContent("a\0")).toThrow(/content holds/);
  });
});

describe("normaliseFields", () => {
  it("writes tags and titles in one form and nothing that equals its default", () => {
    expect(
      normaliseFields({
        title: " a\n b ",
        tags: [" B", "b", "É", "E\u0301"],
        status: "active",
        importance: 0.5,
        confidence: 0.9,
        priority: 50,
        files: [],
        summary: "",
        topic: null,
        source: undefined,
      }),
    ).toEqual({
      title: "a b",
      tags: ["b", "é"],
      status: null,
      importance: null,
      confidence: 0.9,
      priority: null,
      files: null,
      summary: null,
      topic: null,
    });
  });
});

describe("readFields", () => {
  it("keeps what it does not understand, and says so for known fields", () => {
    const read = readFields("tool", {
      title: "x",
      tags: ["A", "a"],
      category: "weird",
      priority: 3,
      own: 1,
      summary: null,
    });
    expect(read.fields).toEqual({ title: "x", tags: ["a"] });
    expect(read.unknown).toEqual({ category: "weird", priority: 3, own: 1, summary: null });
    expect(read.problems).toEqual([{ field: "category", message: "must be one of mcp, cli, function, api" }]);
  });

  it("knows the same first fields for every kind", () => {
    for (const kind of KINDS)
      expect(FIELD_NAMES(kind).slice(0, 5)).toEqual(["id", "title", "topic", "category", "tags"]);
  });
});
