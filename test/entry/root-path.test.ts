import { describe, expect, it } from "vitest";
import { holdsPath, normalRootPath, outsideProblem } from "../../src/entry/root-path.js";

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

describe("outsideProblem", () => {
  it.each(["src/a.ts#L10-L20", "src/**/*.ts", "**", "a..b/c", "src/{a,b}/..c", "https://example.org/x", "!src/**"])(
    "finds %s inside",
    (path) => expect(outsideProblem(path, false)).toBeUndefined(),
  );

  it.each(["..", "../x", "src/../../x", "..\\x", "src/..", "..#L1", "{../x,src}/**", "{src,..}/x", "!../x"])(
    "finds %s outside, wherever it stands",
    (path) =>
      expect([outsideProblem(path, false), outsideProblem(path, true)]).toEqual(Array(2).fill('must not hold ".."')),
  );

  it.each(["/etc/passwd", "C:\\x", "c:/x", "~/x", "\\\\host\\x"])(
    "finds %s outside but for the personal store",
    (path) => {
      expect(outsideProblem(path, false)).toMatch(/relative to the repository/);
      expect(outsideProblem(path, true)).toBeUndefined();
    },
  );
});
