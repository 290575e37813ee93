import { describe, expect, it } from "vitest";
import { formatManifest, parseManifest } from "../../src/entry/manifest.js";
import { parseScope } from "../../src/entry/scope.js";
import { bytesOf } from "./fixtures.js";

describe("parseManifest", () => {
  it.each(["global", "org/acme", "project/api", "project/acme/api"])("reads the new manifest of %s", (scope) => {
    const root = parseScope(scope);
    expect(parseManifest(bytesOf(formatManifest({ root })))).toEqual({ format: 1, root, settings: {} });
    expect(parseManifest(bytesOf(formatManifest({ root, commit: "each" }))).settings).toEqual({ commit: "each" });
  });

  it("keeps unknown keys and takes a byte order mark and CRLF", () => {
    const text = "\uFEFFformat: 1\r\nscope: project\r\nname: api\r\nlater: {a: 1}\r\n";
    expect(parseManifest(bytesOf(text))).toEqual({
      format: 1,
      root: { level: "project", project: "api" },
      settings: { later: { a: 1 } },
    });
  });

  it.each([
    ["format: 2\nscope: moon\n", /format 2.*Update git-memory/],
    ["scope: global\n", /format/],
    ["format: 1\nscope: session\n", /scope/],
    ["format: 1\nscope: project\n", /name is missing/],
    ["format: 1\nscope: project\nname: a/b\n", /name must be one name/],
    ["format: 1\nscope: project\nname: 7\n", /name/],
    ["- a\n", /not a mapping/],
    ["format: [\n", /cannot be used: line/],
    ["", /format/],
  ])("refuses %j", (text, message) => {
    expect(() => parseManifest(bytesOf(text))).toThrow(
      expect.objectContaining({ code: "invalid_input", message: expect.stringMatching(message) }),
    );
  });

  it("explains itself and stands for no session", () => {
    expect(formatManifest({ root: { level: "global" } }).match(/^#/gm)?.length).toBeGreaterThan(3);
    expect(() => formatManifest({ root: { level: "session", session: "s" } })).toThrow(/not for a session/);
  });
});
