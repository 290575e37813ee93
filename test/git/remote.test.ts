import { describe, expect, it } from "vitest";
import { isPlainPath } from "../../src/git/plain-path.js";
import { shownUrl } from "../../src/git/remote.js";

describe("isPlainPath", () => {
  it.each(["a", "a/b.md", ".gitattributes", "a/.gitignore", "memories/git.md", "...", "a/.github/x"])(
    "takes %s",
    (path) => expect(isPlainPath(path)).toBe(true),
  );

  it.each([
    "",
    "/a",
    "a//b",
    "a/",
    ".",
    "a/../b",
    "..",
    ".git",
    ".git/config",
    "a/.GIT/hooks/x",
    ".git ./x",
    "git~1/config",
    ".git::$INDEX_ALLOCATION/x",
    ".g\u200cit/config",
    "a\\..\\b",
    "a\0b",
    "a\uFFFDb",
  ])("does not take %j", (path) => expect(isPlainPath(path)).toBe(false));
});

describe("shownUrl", () => {
  it.each([
    ["https://me:secret@example.org/store.git", "https://example.org/store.git"],
    ["https://token@example.org/a@b.git", "https://example.org/a@b.git"],
    ["ssh://git@example.org/store.git", "ssh://example.org/store.git"],
    ["https://example.org/a@b.git", "https://example.org/a@b.git"],
    ["git@example.org:store.git", "git@example.org:store.git"],
    ["/srv/store.git", "/srv/store.git"],
  ])("of %s is %s", (url, shown) => expect(shownUrl(url)).toBe(shown));
});
