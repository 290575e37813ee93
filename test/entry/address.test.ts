import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, parseRef } from "../../src/entry/address.js";
import { formatScope, parseScope, type Scope, scopeFolder } from "../../src/entry/scope.js";

const ID = "0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11";

describe("parseRef", () => {
  it.each([
    ["guidelines/handle-rejections", { type: "address", kind: "guideline", name: "handle-rejections" }],
    ["guideline/db/x", { type: "address", kind: "guideline", name: "db/x" }],
    ["memories/a:b", { type: "address", kind: "memory", name: "a:b" }],
    ["org/acme:tools/x", { type: "address", scope: "org/acme", kind: "tool", name: "x" }],
    ["personal:patterns/x", { type: "address", scope: "global", kind: "pattern", name: "x" }],
    ["project/acme/api:memories/x", { type: "address", scope: "project/acme/api", kind: "memory", name: "x" }],
    ["project/acme/api:", { type: "scope-document", scope: "project/acme/api" }],
    ["session/s 1:", { type: "scope-document", scope: "session/s 1" }],
    [ID, { type: "id", id: ID }],
    [ID.toUpperCase(), { type: "id", id: ID }],
    [ID.replaceAll("-", ""), { type: "id", id: ID }],
    ["0199aa3e", { type: "id-part", hex: "0199aa3e", name: "0199aa3e" }],
    ["2f0f5d9a1b11", { type: "id-part", hex: "2f0f5d9a1b11", name: "2f0f5d9a1b11" }],
    ["0199AA3E-7c1b", { type: "id-part", hex: "0199aa3e7c1b", name: "0199AA3E-7c1b" }],
    ["0199aa3", { type: "name", name: "0199aa3" }],
    ["use-postgres", { type: "name", name: "use-postgres" }],
    ["db/use-postgres", { type: "name", name: "db/use-postgres" }],
  ])("reads %j", (text, ref) => {
    expect(parseRef(text)).toEqual(ref);
  });

  it.each([
    "",
    ":",
    "nowhere:",
    "projct/api:memories/x",
    "org/acme:x",
    "org/acme:rules/x",
    "org/a/b:tools/x",
    "a:b",
    "memories/",
    "memories/../x",
    "../x",
    "/x",
    "a\0b",
    "global/x:tools/y",
  ])("refuses %j and tells the grammar", (text) => {
    expect(() => parseRef(text)).toThrow(
      expect.objectContaining({
        code: "invalid_input",
        message: expect.stringContaining("guidelines/handle-rejections"),
      }),
    );
  });

  it("reads back what formatAddress writes", () => {
    const at = { kind: "tool", scope: "org/acme", name: "a/b" } as const;
    expect(formatAddress(at, "org/acme")).toBe("tools/a/b");
    expect(formatAddress(at, "project/api")).toBe("org/acme:tools/a/b");
    expect(parseRef(formatAddress(at, "project/api"))).toEqual({ type: "address", ...at });
  });

  it("throws nothing but MemoryError", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab/:-. \\0", "memories/", "org/", "\0") }), (text) => {
        try {
          parseRef(text);
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_input" });
        }
      }),
    );
  });
});

describe("scopes", () => {
  const GLOBAL: Scope = { level: "global" };
  const ORG: Scope = { level: "org", org: "acme" };
  const PROJECT: Scope = { level: "project", project: "api" };
  const ORG_PROJECT: Scope = { level: "project", org: "acme", project: "api" };

  it.each(["global", "org/acme", "project/api", "project/acme/api", "session/s"])("reads %j back", (text) => {
    expect(formatScope(parseScope(text))).toBe(text);
  });

  it.each(["", "org", "org/", "org/a/b", "project/a/b/c", "project/..", "session/.x", "team/x", "org/a:b", "global/x"])(
    "refuses %j",
    (text) => {
      expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: "invalid_input" }));
    },
  );

  it.each([
    ["global", GLOBAL, undefined, ""],
    ["global", PROJECT, undefined, undefined],
    ["org/acme", GLOBAL, undefined, "orgs/acme"],
    ["org/acme", ORG, undefined, ""],
    ["org/other", ORG, undefined, undefined],
    ["project/api", GLOBAL, undefined, "projects/api"],
    ["project/acme/api", GLOBAL, undefined, "orgs/acme/projects/api"],
    ["project/api", ORG, undefined, "projects/api"],
    ["project/acme/api", ORG, undefined, "projects/api"],
    ["project/other/api", ORG, undefined, undefined],
    ["project/api", PROJECT, undefined, ""],
    ["project/api", ORG_PROJECT, undefined, ""],
    ["project/other/api", ORG_PROJECT, undefined, undefined],
    ["project/web", PROJECT, undefined, undefined],
    ["session/s", PROJECT, undefined, "sessions/s"],
    ["session/s", ORG, "project/acme/api", "projects/api/sessions/s"],
    ["session/s", GLOBAL, "project/acme/api", "orgs/acme/projects/api/sessions/s"],
  ] as const)("%s in a store for %j lies in its folder", (scope, root, project, folder) => {
    expect(scopeFolder(parseScope(scope), root, project === undefined ? undefined : parseScope(project))).toBe(folder);
  });
});
