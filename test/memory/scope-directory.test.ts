import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Change } from "../../src/entry/change.js";
import { locate } from "../../src/entry/entry-path.js";
import type { Scope } from "../../src/entry/scope.js";
import { parseDocument } from "../../src/entry/scope-document.js";
import { ScopeDirectory, type ScopeRecord } from "../../src/memory/scope-directory.js";
import "../support/properties.js";

const GLOBAL: Scope = { level: "global" };
const ID = "0199aa3e-7c1b-7d10-9c55-2f0f5d9a1b11";

function told(path: string, yaml: string, store = "s", root = GLOBAL): Change {
  const at = locate(path, root);
  if (at.type !== "scope-document") throw new Error(`${path} is no document`);
  const parsed = parseDocument(Buffer.from(`---\n${yaml}\n---\n`), at);
  if (parsed.kind !== "document") throw new Error(parsed.reason);
  return { store, path, before: null, after: { document: parsed.document, version: yaml } };
}
const gone = (path: string, store = "s"): Change => ({ store, path, before: "x", after: null });

function directory(...changes: Change[]): ScopeDirectory {
  const made = new ScopeDirectory();
  made.apply(changes);
  return made;
}
const paths = (records: Iterable<ScopeRecord>): string[] => [...records].map(({ store, path }) => `${store}:${path}`);

describe("ScopeDirectory", () => {
  it("finds documents by scope, id, name, root path and remote", () => {
    const api = "orgs/acme/projects/Api/project.md";
    const scopes = directory(
      told(api, `id: ${ID}\nroot_path: ./packages/api/\ngit_remote_url: git@example.org:acme/api.git`),
      told("project.md", "title: mine", "shared", { level: "project", org: "acme", project: "Api" }),
      told("orgs/acme/org.md", "title: Acme"),
    );
    expect(paths(scopes.inScope("project/acme/Api"))).toEqual([`s:${api}`, "shared:project.md"]);
    expect(paths(scopes.withId(ID.toUpperCase()))).toEqual([`s:${api}`]);
    expect(paths(scopes.named("project", "aPI"))).toEqual([`s:${api}`, "shared:project.md"]);
    expect(paths(scopes.named("org", "api"))).toEqual([]);
    expect(paths(scopes.withRootPath("packages/api"))).toEqual([`s:${api}`]);
    expect(paths(scopes.withRemote("https://example.org/acme/api"))).toEqual([`s:${api}`]);
    expect(scopes.get("s", api)?.document.title).toBe("Api");
    expect(scopes.get("shared", api)).toBeUndefined();
    expect([scopes.size, paths(scopes.all()).length]).toEqual([3, 3]);
  });

  it("knows what lies below a scope, in every store or in one", () => {
    const scopes = directory(
      told("orgs/acme/org.md", "a: 1"),
      told("orgs/acme/projects/api/project.md", "a: 1"),
      told("orgs/acme/projects/api/sessions/one/session.md", "a: 1"),
      told("sessions/two/session.md", "a: 1"),
      told("sessions/three/session.md", "a: 1", "shared", { level: "project", org: "acme", project: "api" }),
    );
    expect(paths(scopes.children("global"))).toEqual(["s:orgs/acme/org.md", "s:sessions/two/session.md"]);
    expect(paths(scopes.children("org/acme"))).toEqual(["s:orgs/acme/projects/api/project.md"]);
    expect(paths(scopes.children("project/acme/api"))).toEqual([
      "s:orgs/acme/projects/api/sessions/one/session.md",
      "shared:sessions/three/session.md",
    ]);
    expect(paths(scopes.children("project/acme/api", "shared"))).toEqual(["shared:sessions/three/session.md"]);
  });

  it("finds the projects that hold a place, the innermost first", () => {
    const org: Scope = { level: "org", org: "acme" };
    const scopes = directory(
      told("projects/all/project.md", "root_path: .", "s", org),
      told("projects/web/project.md", "root_path: packages/web", "s", org),
      told("projects/none/project.md", "title: x", "s", org),
      told("projects/other/project.md", "root_path: packages", "other", org),
    );
    const holding = (path: string) => paths(scopes.holding("s", path));
    expect(holding("packages/web/src/")).toEqual(["s:projects/web/project.md", "s:projects/all/project.md"]);
    expect(holding("packages/website")).toEqual(["s:projects/all/project.md"]);
    expect(holding("/packages/web")).toEqual([]);
  });

  it("tells which documents of a store say one scope but for letter case and Unicode form", () => {
    const scopes = directory(
      told("projects/café/project.md", "a: 1"),
      told("projects/CAFE\u0301/project.md", "a: 1"),
      told("orgs/acme/projects/café/project.md", "a: 1"),
      told("projects/Café/project.md", "a: 1", "other"),
      told("projects/a/sessions/s/session.md", "a: 1"),
      told("projects/b/sessions/s/session.md", "a: 1"),
      told("projects/b/sessions/S/session.md", "a: 1"),
    );
    expect([...scopes.duplicates()].map(paths)).toEqual([
      ["s:projects/café/project.md", "s:projects/CAFE\u0301/project.md"],
      ["s:projects/b/sessions/s/session.md", "s:projects/b/sessions/S/session.md"],
    ]);
    scopes.apply([gone("projects/café/project.md"), gone("projects/b/sessions/s/session.md")]);
    expect([...scopes.duplicates()]).toEqual([]);
  });

  it("follows what changes, keeps the first in front, and takes facts for the text that it has", () => {
    const scopes = directory(
      told("projects/a/project.md", `id: ${ID}\nroot_path: a`),
      told("projects/copy/project.md", `id: ${ID}`),
    );
    scopes.apply([told("projects/a/project.md", `id: ${ID}\nroot_path: b`)]);
    expect(paths(scopes.withId(ID))).toEqual(["s:projects/a/project.md", "s:projects/copy/project.md"]);
    expect([paths(scopes.withRootPath("a")), paths(scopes.withRootPath("b"))]).toEqual([
      [],
      ["s:projects/a/project.md"],
    ]);
    const facts = (version: string, pending: boolean): Change => ({
      store: "s",
      path: "projects/copy/project.md",
      before: version,
      after: { version, ...(pending ? { pending } : {}) },
    });
    const record = () => scopes.get("s", "projects/copy/project.md");
    scopes.apply([facts(`id: ${ID}`, true)]);
    expect(record()).toMatchObject({ pending: true, document: { scope: "project/copy" } });
    scopes.apply([facts("another", false)]);
    expect(record()).toMatchObject({ pending: true });
    scopes.apply([facts(`id: ${ID}`, false)]);
    expect(record()?.pending).toBeUndefined();
  });

  it("is the same, step by step, as one that is told the last state of each path alone", () => {
    const path = fc.constantFrom(
      "orgs/A/org.md",
      "orgs/a/org.md",
      "orgs/a/projects/p/project.md",
      "sessions/p/session.md",
    );
    const yaml = fc.constantFrom(`id: ${ID}`, "git_remote_url: git@h.org:a/b", "root_path: x", "title: t", null);
    const store = fc.constantFrom("s", "t");
    const seen = (scopes: ScopeDirectory) => {
      const all = [
        scopes.all(),
        scopes.withId(ID),
        scopes.withRemote("https://h.org/a/b"),
        scopes.withRootPath("x"),
        scopes.named("org", "a"),
        scopes.inScope("org/a"),
        scopes.children("global"),
        [...scopes.duplicates()].flat(),
      ];
      return all.map((records) => paths(records).sort());
    };
    fc.assert(
      fc.property(fc.array(fc.tuple(path, yaml, store), { maxLength: 20 }), (steps) => {
        const changes = steps.map(([file, text, name]) => (text === null ? gone(file, name) : told(file, text, name)));
        const last = new Map(changes.map((change) => [`${change.store}:${change.path}`, change]));
        const stepped = directory(...changes);
        expect(seen(stepped)).toEqual(seen(directory(...last.values())));
        stepped.apply([...last.values()]);
        expect(seen(stepped)).toEqual(seen(directory(...last.values())));
      }),
    );
  });

  it("has nothing to do with entries, and forgets a document in whose place there is one", () => {
    const scopes = directory(told("projects/a/project.md", `id: ${ID}`));
    const entry = { kind: "memory", scope: "global", name: "a", title: "a", fields: { id: ID } } as const;
    const after = { entry: { ...entry, unknown: {}, problems: [], body: "" }, version: "v" };
    scopes.apply([{ store: "s", path: "memories/a.md", before: null, after }]);
    expect(scopes.size).toBe(1);
    scopes.apply([{ store: "s", path: "projects/a/project.md", before: null, after }]);
    expect([scopes.size, scopes.withId(ID)]).toEqual([0, []]);
  });
});
