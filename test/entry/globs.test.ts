import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesAny } from "../../src/entry/globs.js";

test.each<[string, string, boolean]>([
  ["src/**/*.ts", "src/a/b.ts", true],
  ["src/**/*.ts", "src/b.ts", true],
  ["src/*.ts", "src/a/b.ts", false],
  ["**", ".github/workflows/ci.yml", true],
  ["*.{js,ts}", "a.ts", true],
  ["./src/a.ts", "src/a.ts", true],
  ["src/[", "src/[", true],
  ["src/[", "src/a", false],
  ["!src/a.ts", "src/b.ts", false],
  ["", "a", false],
  ["app/(auth)/*.tsx", "app/(auth)/page.tsx", true],
  ["**/src/**/*.test.{ts,tsx}", "packages/a/src/x/y.test.tsx", true],
  ["(a|b)", "a", false],
])("%s covers %s: %s", (glob, path, expected) => {
  expect(matchesAny([glob], path)).toBe(expected);
});

test("any of several is enough", () => {
  expect(matchesAny(["docs/**", "src/**"], "src/a.ts")).toBe(true);
  expect(matchesAny([], "src/a.ts")).toBe(false);
});

test("odd and pathological patterns neither throw nor hang", () => {
  const globs = [
    "(a+)+$",
    "+(+(a))",
    "*a".repeat(100),
    "*a*a*a*a*a*a*b",
    `${"**/".repeat(20)}b`,
    "{a,aa}{a,aa}{a,aa}b",
    "**/*a*a/**/*a*a/**/*b",
    "{a,".repeat(50),
    "*".repeat(10_000),
  ];
  for (const path of ["a".repeat(400), "a/".repeat(200), "aaa/".repeat(100), "a".repeat(5000)]) {
    for (const glob of globs) expect(matchesAny([glob], path)).toBe(false);
  }
  const piece = fc.constantFrom("*", "**", "/", "?", "[", "]", "{", "}", ",", "!", "(", ")", "+", "@", "\\", "a", ".");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.string({ maxLength: 40 }), (pieces, path) => {
      matchesAny([pieces.join("")], path);
    }),
  );
});
