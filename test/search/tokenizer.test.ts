import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_TERM_LENGTH, tokenize } from "../../src/search/tokenizer.js";

describe("tokenize", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["The databases are running", ["databas", "run"]],
    ["getUserName", ["getusernam", "get", "user", "name"]],
    ["HTTPServer", ["httpserver", "http", "server"]],
    ["APIs and URLs", ["api", "url"]],
    ["max_retry_count", ["max_retry_count", "max", "retri", "count"]],
    ["__init__", ["init"]],
    ["error-handling", ["error-handling", "error", "handl"]],
    ["1.2.3", ["1.2.3", "1", "2", "3"]],
    ["src/a/userService.ts", ["src/a/userservice.ts", "src", "userservic", "user", "servic", "ts"]],
    ["std::vector", ["std::vector", "std", "vector"]],
    ["C++ and C#", ["c++", "c", "c#", "c"]],
    ["sha256", ["sha256", "sha", "256"]],
    ["don't stop the user's session", ["stop", "user", "session"]],
    ["user’s", ["user"]],
    ["naïve Ärger Ｆｕｌｌ", ["naiv", "arger", "full"]],
    ["--flag -> x", ["flag", "x"]],
    ["Ελληνικά йод", ["ελληνικα", "иод"]],
  ])("%j", (text, expected) => {
    expect(tokenize(text)).toEqual(expected);
  });

  test("keeps stop words when asked", () => {
    expect(tokenize("The Who", true)).toEqual(["the", "who"]);
  });

  test("splits scripts without spaces into words and pairs", () => {
    const found = tokenize("使用Postgres数据库");
    expect(found).toEqual(expect.arrayContaining(["使用", "postgr", "数据", "据库", "库"]));
    expect(tokenize("ภาษาไทย").length).toBeGreaterThan(2);
  });

  test("a run of any length gives what a short one does", () => {
    expect(new Set(tokenize("数据库".repeat(2_000)))).toEqual(new Set(tokenize("数据库".repeat(20))));
    expect(tokenize("ก".repeat(2_000)).every((term) => term.length <= MAX_TERM_LENGTH)).toBe(true);
  });

  test("cuts blobs", () => {
    const blob = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo".repeat(500);
    expect(tokenize(blob)).toEqual([blob.slice(0, MAX_TERM_LENGTH).toLowerCase()]);
  });

  test("any text gives short, non-empty terms without capitals", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        for (const term of tokenize(text)) {
          expect(term.length).toBeGreaterThan(0);
          expect(term.length).toBeLessThanOrEqual(MAX_TERM_LENGTH);
        }
      }),
    );
  });
});
