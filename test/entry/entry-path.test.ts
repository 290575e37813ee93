import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { documentPath, entryPath, isPrivate, locate, otherPath } from "../../src/entry/entry-path.js";
import { parseScope, type Scope } from "../../src/entry/scope.js";

const PROJECT: Scope = { level: "project", project: "api" };
const GLOBAL: Scope = { level: "global" };
const ORG: Scope = { level: "org", org: "acme" };

describe("locate", () => {
  it.each([
    ["memories/a.md", PROJECT, { type: "entry", kind: "memory", scope: "project/api", folder: "", name: "a" }],
    [
      "tools/db/tools/a.b.md",
      PROJECT,
      { type: "entry", kind: "tool", scope: "project/api", folder: "", name: "db/tools/a.b" },
    ],
    [
      "sessions/s/memories/a.md",
      PROJECT,
      { type: "entry", kind: "memory", scope: "session/s", folder: "sessions/s", name: "a" },
    ],
    [
      "orgs/acme/projects/api/guidelines/a.md",
      GLOBAL,
      { type: "entry", kind: "guideline", scope: "project/acme/api", folder: "orgs/acme/projects/api", name: "a" },
    ],
    [
      "projects/web/sessions/s/memories/a.md",
      ORG,
      { type: "entry", kind: "memory", scope: "session/s", folder: "projects/web/sessions/s", name: "a" },
    ],
    [
      "projects/web/patterns/a.md",
      ORG,
      { type: "entry", kind: "pattern", scope: "project/acme/web", folder: "projects/web", name: "a" },
    ],
    [
      "sessions/s/session.md",
      PROJECT,
      {
        type: "scope-document",
        level: "session",
        scope: "session/s",
        folder: "sessions/s",
        parent: "project/api",
        name: "s",
      },
    ],
    [
      "orgs/acme/projects/api/sessions/s/session.md",
      GLOBAL,
      {
        type: "scope-document",
        level: "session",
        scope: "session/s",
        folder: "orgs/acme/projects/api/sessions/s",
        parent: "project/acme/api",
        name: "s",
      },
    ],
    [
      "orgs/acme/org.md",
      GLOBAL,
      { type: "scope-document", level: "org", scope: "org/acme", folder: "orgs/acme", parent: "global", name: "acme" },
    ],
    [
      "projects/web/project.md",
      ORG,
      {
        type: "scope-document",
        level: "project",
        scope: "project/acme/web",
        folder: "projects/web",
        parent: "org/acme",
        name: "web",
      },
    ],
    [
      "project.md",
      PROJECT,
      { type: "scope-document", level: "project", scope: "project/api", folder: "", parent: "global", name: "api" },
    ],
    [
      "project.md",
      { level: "project", org: "acme", project: "api" } as Scope,
      {
        type: "scope-document",
        level: "project",
        scope: "project/acme/api",
        folder: "",
        parent: "org/acme",
        name: "api",
      },
    ],
    ["memory.yaml", PROJECT, { type: "ignored", what: "manifest" }],
    ["tags.yaml", PROJECT, { type: "ignored", what: "tags" }],
    [".gitattributes", PROJECT, { type: "ignored", what: "hidden" }],
    ["memories/.trash/a.md", PROJECT, { type: "ignored", what: "hidden" }],
    ["conflicts/resolved/x.md", PROJECT, { type: "ignored", what: "conflict" }],
    ["private/memories/a.md", PROJECT, { type: "ignored", what: "private" }],
    ["private/memories/a.md", ORG, { type: "ignored", what: "private" }],
    ["private/.gitignore", GLOBAL, { type: "ignored", what: "hidden" }],
    [
      "private/memories/a.md",
      GLOBAL,
      { type: "entry", kind: "memory", scope: "global", folder: "", name: "a", private: true },
    ],
    [
      "private/orgs/acme/projects/api/sessions/s/tools/db/a.md",
      GLOBAL,
      {
        type: "entry",
        kind: "tool",
        scope: "session/s",
        folder: "orgs/acme/projects/api/sessions/s",
        name: "db/a",
        private: true,
      },
    ],
    [
      "memories/private/a.md",
      GLOBAL,
      { type: "entry", kind: "memory", scope: "global", folder: "", name: "private/a" },
    ],
  ] as const)("knows %s", (path, root, location) => {
    expect(locate(path, root)).toEqual(location);
  });

  it.each([
    ["README.md", PROJECT],
    ["memories", PROJECT],
    ["memories/a.txt", PROJECT],
    ["memories/a\\b.md", PROJECT],
    ["memories/../a.md", PROJECT],
    ["orgs/acme/memories/a.md", PROJECT],
    ["projects/x.md", GLOBAL],
    ["projects/a:b/memories/x.md", GLOBAL],
    ["sessions/s/memory.yaml", PROJECT],
    ["Memories/a.md", PROJECT],
    ["notes/a.md", PROJECT],
    ["private", GLOBAL],
    ["private/a.md", GLOBAL],
    ["private/memory.yaml", GLOBAL],
    ["private/projects/api/project.md", GLOBAL],
    ["private/conflicts/x.md", GLOBAL],
    ["private/private/memories/a.md", GLOBAL],
    ["sessions/s/sessions/t/memories/a.md", PROJECT],
  ])("reports %s", (path, root) => {
    expect(locate(path, root)).toEqual({ type: "other", reason: expect.any(String) });
  });

  it("never throws", () => {
    const path = fc.array(
      fc.constantFrom(
        "orgs",
        "projects",
        "sessions",
        "memories",
        "a",
        "..",
        "",
        "a.md",
        ".md",
        "private",
        "\0",
        "org.md",
      ),
    );
    fc.assert(
      fc.property(
        path,
        fc.constantFrom(PROJECT, GLOBAL, ORG),
        (segments, root) => void locate(segments.join("/"), root),
      ),
    );
  });
});

describe("entryPath", () => {
  it.each([
    ["project/api", PROJECT, "memories/a/b.md"],
    ["session/s", PROJECT, "sessions/s/memories/a/b.md"],
    ["project/acme/api", GLOBAL, "orgs/acme/projects/api/memories/a/b.md"],
  ] as const)("%s in its store", (scope, root, path) => {
    expect(entryPath({ kind: "memory", scope, name: "a/b" }, root)).toBe(path);
    expect(locate(path, root)).toMatchObject({ type: "entry", scope: scope, name: "a/b" });
  });

  it("keeps a folder that locate gave", () => {
    const at = { kind: "memory", scope: "session/s", name: "a", folder: "projects/web/sessions/s" } as const;
    expect(entryPath(at, ORG)).toBe("projects/web/sessions/s/memories/a.md");
  });

  it.each([
    ["global", "private/memories/a.md"],
    ["project/api", "private/projects/api/memories/a.md"],
    ["org/acme", "private/orgs/acme/memories/a.md"],
    ["session/s", "private/sessions/s/memories/a.md"],
  ])("%s in private/", (scope, path) => {
    const at = { kind: "memory", scope, name: "a", private: true } as const;
    expect(entryPath(at, GLOBAL)).toBe(path);
    const located = locate(path, GLOBAL);
    expect(located).toMatchObject({ type: "entry", scope, private: true });
    if (located.type === "entry") expect(entryPath(located, GLOBAL)).toBe(path);
    expect(isPrivate(path)).toBe(true);
    expect(isPrivate(otherPath(path))).toBe(false);
    expect(otherPath(otherPath(path))).toBe(path);
  });

  it("refuses a scope that the store cannot hold", () => {
    expect(() => entryPath({ kind: "memory", scope: "org/acme", name: "a" }, parseScope("project/api"))).toThrow(
      /cannot hold/,
    );
  });
});

describe("documentPath", () => {
  it.each([
    ["project/api", PROJECT, "project.md"],
    ["session/s", PROJECT, "sessions/s/session.md"],
    ["org/acme", ORG, "org.md"],
    ["project/acme/api", GLOBAL, "orgs/acme/projects/api/project.md"],
  ] as const)("%s in its store", (scope, root, path) => {
    expect(documentPath({ scope }, root)).toBe(path);
    expect(locate(path, root)).toMatchObject({ type: "scope-document", scope });
  });

  it("keeps a folder that locate gave", () => {
    const at = { scope: "session/s", folder: "projects/web/sessions/s" };
    expect(documentPath(at, ORG)).toBe("projects/web/sessions/s/session.md");
  });

  it("refuses what the store cannot hold, and global", () => {
    expect(() => documentPath({ scope: "org/acme" }, PROJECT)).toThrow(/holds no document/);
    expect(() => documentPath({ scope: "global" }, GLOBAL)).toThrow(/holds no document/);
  });
});
