import { describe, expect, it } from "vitest";
import { hasPassword, remoteKey } from "../../src/entry/git-remote.js";

describe("remoteKey", () => {
  it.each([
    "git@example.org:Acme/api.git",
    "example.org:acme/api",
    "git@example.org:/acme/api/",
    "ssh://git@example.org/acme/api.git",
    "ssh://git@example.org:2222/acme/api",
    "git+ssh://example.org/acme/api.git/",
    "git://example.org/acme/api",
    "https://example.org/acme/api",
    "https://ada:word@EXAMPLE.org:443/acme/api.git",
    "http://example.org:80/acme/api",
  ])("knows %s as one repository", (url) => {
    expect(remoteKey(url)).toBe("example.org/acme/api");
  });

  it.each([
    ["https://example.org/acme/api", "https://example.org/acme/web"],
    ["https://example.org/acme/api", "https://example.net/acme/api"],
    ["http://localhost:3000/a/b", "http://localhost:4000/a/b"],
    ["/srv/git/Api.git", "/srv/git/api.git"],
    ["C:/git/api", "c.example:git/api"],
  ])("tells %s from %s", (one, other) => {
    expect(remoteKey(one)).not.toBe(remoteKey(other));
  });

  it("takes a file's address for its path", () => {
    expect(remoteKey("file:///srv/git/api.git")).toBe(remoteKey("/srv/git/api"));
  });
});

describe("hasPassword", () => {
  it.each([
    ["https://ada:word@example.org/a", true],
    ["https://ada@example.org/a", false],
    ["git@example.org:a/b", false],
    ["ssh://git@example.org:22/a@b:c", false],
  ])("%s: %s", (url, has) => {
    expect(hasPassword(url)).toBe(has);
  });
});
