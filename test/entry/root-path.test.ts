import { describe, expect, it } from "vitest";
import { holdsPath, normalRootPath } from "../../src/entry/root-path.js";

describe("normalRootPath", () => {
  it.each([
    ["packages/api", "packages/api"],
    ["./packages//api/", "packages/api"],
    [".", "."],
    ["./", "."],
    ["/", "/"],
    ["/srv//api/", "/srv/api"],
    ["e\u0301", "é"],
  ])("writes %j as %j, and that as itself", (path, normal) => {
    expect(normalRootPath(path)).toBe(normal);
    expect(normalRootPath(normal)).toBe(normal);
  });
});

describe("holdsPath", () => {
  it.each([
    [".", "packages/api", true],
    [".", "/srv/api", false],
    ["packages/api", "packages/api", true],
    ["packages/api", "packages/api/src", true],
    ["packages/api", "packages/api2", false],
    ["packages/api", "packages", false],
    ["/srv", "/srv/api", true],
    ["/", "/srv", true],
    [undefined, ".", false],
  ])("%s holds %s: %s", (outer, inner, holds) => {
    expect(holdsPath(outer, inner)).toBe(holds);
  });
});
