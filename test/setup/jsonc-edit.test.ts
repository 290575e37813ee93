import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson, removeJson, setJson } from "../../src/setup/jsonc-edit.js";
import "../support/properties.js";
import { settingsTexts } from "./json-texts.js";

const ENTRY = { command: "npx", args: ["-y", "x", "mcp"] };
const valueIn = (text: string): unknown => {
  const read = readJson(text);
  if (read.kind === "fault") throw new Error(`${read.reason} in line ${read.line}: ${text}`);
  return read.value;
};

describe("a value in JSON with comments", () => {
  it("is added and taken away without another byte changed, however a person wrote the file", () => {
    fc.assert(
      fc.property(settingsTexts("mcpServers"), ({ value, text }) => {
        const added = setJson(text, ["mcpServers", "git-memory"], ENTRY)!;
        const theirs = value.mcpServers as Record<string, unknown> | undefined;
        expect(valueIn(added)).toEqual({ ...value, mcpServers: { ...theirs, "git-memory": ENTRY } });
        for (const comment of text.match(/\/\/.*/g) ?? []) expect(added).toContain(comment.trim());
        expect(removeJson(added, ["mcpServers", "git-memory"])).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it("is appended to a list and taken away again", () => {
    fc.assert(
      fc.property(settingsTexts("hooks"), ({ text }) => {
        const added = setJson(text, ["list", "SessionStart", "-"], { hooks: [ENTRY] });
        if (added === undefined) return;
        expect(valueIn(added)).toMatchObject({ list: { SessionStart: [{ hooks: [ENTRY] }] } });
        expect(removeJson(added, ["list", "SessionStart", 0])).toBe(text);
      }),
    );
  });

  it("keeps comments beside it where they are", () => {
    const text = '{\n\t"servers": {\n\t\t"a": {}, // first\n\t\t// last\n\t\t"b": {} /* b */\n\t\t// end\n\t}\n}\n';
    const added = setJson(text, ["servers", "c"], { x: [1, 2] })!;
    expect(added).toBe(
      '{\n\t"servers": {\n\t\t"a": {}, // first\n\t\t// last\n\t\t"b": {}, /* b */\n\t\t// end\n\t\t"c": {\n\t\t\t"x": [\n\t\t\t\t1,\n\t\t\t\t2\n\t\t\t]\n\t\t}\n\t}\n}\n',
    );
    expect(removeJson(added, ["servers", "c"])).toBe(text);
  });

  it("is replaced in place", () => {
    const text = '{ "a": 1, "b": { "c": ["x"] }, "d": 2 }';
    expect(setJson(text, ["b", "c"], ["y", "z"])).toBe('{ "a": 1, "b": { "c": ["y", "z"] }, "d": 2 }');
    expect(removeJson(text, ["b", "c"])).toBe('{ "a": 1, "d": 2 }');
    expect(removeJson(text, ["a"])).toBe('{ "b": { "c": ["x"] }, "d": 2 }');
  });

  it("makes a file of nothing, and nothing of a file that held nothing else", () => {
    const made = setJson("", ["a", "b"], ["x", "y"])!;
    expect(made).toBe('{\n  "a": {\n    "b": ["x", "y"]\n  }\n}\n');
    expect(removeJson(made, ["a", "b"])).toBe("");
    const kept = '// mine\n{\n  "a": {\n    "b": 1\n  }\n}\n';
    expect(valueIn(removeJson(kept, ["a", "b"])!)).toEqual({});
    expect(removeJson(kept, ["a", "b"])).toContain("// mine");
    expect(removeJson('{\n  "a": {\n    // why\n    "b": 1\n  }\n}\n', ["a", "b"])).toBe(
      '{\n  "a": {\n    // why\n  }\n}\n',
    );
  });

  it("is refused where the path leads through something else", () => {
    expect(setJson('{"a": []}', ["a", "b"], 1)).toBeUndefined();
    expect(setJson("[]", ["a"], 1)).toBeUndefined();
    expect(setJson('{"a": {}}', ["a", "-"], 1)).toBeUndefined();
    expect(setJson("{", ["a"], 1)).toBeUndefined();
    expect(removeJson('{"a": 1}', ["b"])).toBeUndefined();
    expect(readJson('{\n  "a": 1\n  "b": 2\n}')).toMatchObject({ kind: "fault", line: 3 });
  });
});
