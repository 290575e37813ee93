import fs from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, type Json } from "../support/memory.js";
import { makeMonorepo } from "../support/monorepo.js";

let bench: Bench;
afterEach(() => bench.close());

describe("projects of an org's store", () => {
  beforeEach(async () => {
    bench = await Bench.open({ dir: makeMonorepo() });
  });

  it("are made, listed, read, changed and archived", async () => {
    const made = await bench.call("project create", {
      name: "api",
      title: "The API",
      description: "Serves all.",
      root_path: "./packages/api/",
      git_remote_url: "git@example.org:acme/api.git",
      language: "go",
      tags: ["Backend"],
      metadata: { goals: ["fast"], team: { lead: "Ada" } },
      reason: "begins",
    });
    expect(made).toMatchObject({
      address: "project/acme/api:",
      scope: "project/acme/api",
      store: "project",
      path: "projects/api/project.md",
      change: "created",
      committed: false,
    });
    expect(bench.text("projects/api/project.md")).toContain("root_path: packages/api\n");
    expect(bench.journal()[0]).toBe("memory: add project api");
    await bench.call("save", { title: "One", content: "1", scope: "project/acme/api" });
    await bench.call("save", { title: "Rule", content: "r", kind: "guideline", scope: "project/api" });
    const got = await bench.call("project get", { ref: "API" });
    expect(got).toMatchObject({
      scope: "project/acme/api",
      name: "api",
      org: "acme",
      title: "The API",
      description: "Serves all.",
      version: made.version,
      id: made.id,
      store: "project",
      tags: ["backend"],
      entries: { memory: 1, guideline: 1 },
      sessions: 0,
      fields: { language: "go", metadata: { goals: ["fast"], team: { lead: "Ada" } } },
    });
    for (const ref of [
      "project/acme/api",
      "project/api:",
      "acme/api",
      "packages/api",
      "https://example.org/acme/api",
      made.id,
    ])
      expect([ref, (await bench.call("project get", { ref })).scope]).toEqual([ref, "project/acme/api"]);
    const changed = await bench.call("project update", {
      ref: "api",
      clear: ["language"],
      framework: "none",
      status: "archived",
      base_version: made.version,
    });
    expect(changed).toMatchObject({ change: "archived", id: made.id });
    expect((await bench.call("project list", {})).projects).toEqual([
      expect.objectContaining({ name: "web", title: "The site" }),
    ]);
    const all = await bench.call<{ projects: Json[] }>("project list", { archived: true, org: "ACME" });
    expect(all.projects.map(({ name, archived }) => [name, archived])).toEqual([
      ["api", true],
      ["web", undefined],
    ]);
    expect((await bench.call("project update", { ref: "api", status: "active" })).change).toBe("restored");
    expect((await bench.call("project update", { ref: "api", framework: "none" })).change).toBe("unchanged");
    await bench.refused("project update", { ref: "api", title: "x", base_version: made.version }, "stale_version");
    expect(await bench.call("org get", {})).toMatchObject({
      scope: "org/acme",
      undocumented: true,
      current: true,
      entries: { guideline: 1 },
      children: ["project/acme/api", "project/acme/web"],
    });
    expect(await bench.call("org update", { description: "Us.", tags: ["all"] })).toMatchObject({
      change: "created",
      path: "org.md",
    });
  });

  it.each<[string, string, Json, string, RegExp]>([
    ["a name with a slash", "project create", { name: "api/sub" }, "invalid_input", /never in another project/],
    ["a name with a colon", "project create", { name: "a:b" }, "invalid_input", /"a-b" would do/],
    ["a name that Windows has not", "org create", { name: "con" }, "invalid_input", /device/],
    [
      "an absolute place",
      "project create",
      { name: "api", root_path: "/srv/api" },
      "invalid_input",
      /relative to the repo/,
    ],
    ["a place above", "project create", { name: "api", root_path: "../api" }, "invalid_input", /without \.\./],
    [
      "another's place",
      "project create",
      { name: "api", root_path: "apps/web/" },
      "invalid_input",
      /project\/acme\/web/,
    ],
    [
      "a password",
      "project create",
      { name: "api", git_remote_url: "https://a:b@x.org/c" },
      "invalid_input",
      /password/,
    ],
    ["a project that is there", "project create", { name: "WEB" }, "already_exists", /project update/],
    [
      "a project below a project",
      "project create",
      { name: "api", org: "acme/web" },
      "invalid_input",
      /never in another/,
    ],
    ["an org that nobody knows", "project create", { name: "api", org: "none" }, "not_found", /org create/],
    ["an org in an org's store", "org create", { name: "other", store: "project" }, "invalid_input", /cannot hold/],
    ["a store that is not open", "project create", { name: "api", store: "none" }, "invalid_input", /No store/],
    [
      "a field both given and cleared",
      "project update",
      { ref: "web", title: "x", clear: ["title"] },
      "invalid_input",
      /both/,
    ],
    ["a project that is not there", "project update", { ref: "none", title: "x" }, "not_found", /project create/],
    ["an id", "project update", { ref: "web", id: "x" }, "invalid_input", /no field/],
    ["a current project where there is none", "project get", {}, "not_found", /project list/],
  ])("refuse %s and write nothing", async (_name, verb, input, code, words) => {
    const before = bench.trace();
    const error = await bench.refused(verb, input, code as "invalid_input");
    expect(error.message).toMatch(words);
    expect(bench.trace()).toEqual(before);
    expect(fs.existsSync(bench.personal)).toBe(false);
  });
});

describe("projects of a project's store and of a person's own", () => {
  beforeEach(async () => {
    bench = await Bench.open();
  });

  it("the current one is known without a document, which update makes", async () => {
    expect(await bench.call("project get", {})).toMatchObject({
      scope: "project/demo",
      undocumented: true,
      current: true,
    });
    expect(await bench.call("project update", { description: "A demo." })).toMatchObject({
      change: "created",
      path: "project.md",
      store: "project",
    });
    expect(await bench.call("project get", {})).toMatchObject({ description: "A demo.", current: true });
    await bench.refused("project create", { name: "Demo" }, "already_exists");
    await bench.refused("org create", { name: "x", store: "project" }, "invalid_input");
  });

  it("others go to the person's store, and saves follow", async () => {
    await bench
      .refused("save", { title: "A", content: "a", scope: "project/side" }, "invalid_input")
      .then((error) => expect(error.message).toContain("[[project create]]"));
    expect(await bench.call("org create", { name: "acme" })).toMatchObject({
      store: "personal",
      path: "orgs/acme/org.md",
    });
    const made = await bench.call("project create", { name: "side", org: "ACME", root_path: "/srv/side" });
    expect(made).toMatchObject({ store: "personal", path: "orgs/acme/projects/side/project.md", committed: true });
    const saved = await bench.call("save", { title: "A", content: "a", scope: "project/acme/side" });
    expect(saved).toMatchObject({ store: "personal", path: "orgs/acme/projects/side/memories/a.md" });
    const { orgs } = await bench.call<{ orgs: Json[] }>("org list", {});
    expect(orgs).toEqual([expect.objectContaining({ name: "acme", children: ["project/acme/side"] })]);
  });
});
