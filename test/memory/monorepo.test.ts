import fs from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";
import { makeMonorepo } from "../support/monorepo.js";
import { put } from "../support/repositories.js";

const open: Bench[] = [];
afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

async function at(inner: string, dir = makeMonorepo()): Promise<Bench> {
  const from = path.join(dir, inner);
  fs.mkdirSync(from, { recursive: true });
  const bench = await Bench.open({ dir, from });
  open.push(bench);
  return bench;
}

describe("the current project of a monorepo", () => {
  it.each([
    ["apps/web", "project/acme/web"],
    ["apps/web/src/deep", "project/acme/web"],
    ["apps/website", "org/acme"],
    ["apps", "org/acme"],
    ["", "org/acme"],
  ])("at %s is %s", async (inner, scope) => {
    expect((await at(inner)).memory.scope).toBe(scope);
  });

  it("is the innermost of those that hold the place", async () => {
    const dir = makeMonorepo();
    put(path.join(dir, ".memory/projects/ui/project.md"), entryText("root_path: apps/web/ui", "x"));
    put(path.join(dir, ".memory/projects/all/project.md"), entryText("root_path: .", "x"));
    expect((await at("apps/web/ui/src", dir)).memory.scope).toBe("project/acme/ui");
    expect((await at("apps/web", dir)).memory.scope).toBe("project/acme/web");
    expect((await at("docs", dir)).memory.scope).toBe("project/acme/all");
  });

  it("gets what is saved without a scope, and reads what it lies in", async () => {
    const bench = await at("apps/web");
    expect(await bench.call("save", { title: "Pages", content: "They are static." })).toMatchObject({
      address: "memories/pages",
      scope: "project/acme/web",
      store: "project",
      path: "projects/web/memories/pages.md",
    });
    const found = await bench.call<{ hits: Json[] }>("search", { sort: "title" });
    expect(found.hits.map(({ address }) => address).sort()).toEqual([
      "memories/pages",
      "org/acme:guidelines/no-secrets",
    ]);
    const session = await bench.call("save", { title: "Now", content: "x", scope: "session/s" });
    expect(session).toMatchObject({ store: "personal", path: "orgs/acme/projects/web/sessions/s/memories/now.md" });
    expect(await bench.call("project get", {})).toMatchObject({
      scope: "project/acme/web",
      current: true,
      sessions: 1,
    });
    expect(await bench.call("save", { title: "O", content: "o", scope: "org/acme" })).toMatchObject({
      path: "memories/o.md",
    });
    const other = await bench.call("save", { title: "W", content: "w", scope: "project/api" });
    expect(other).toMatchObject({ scope: "project/acme/api", path: "projects/api/memories/w.md" });
  });

  it("is another one once a document says so, and the sessions are that one's", async () => {
    const bench = await at("packages/api");
    await bench.call("save", { title: "Now", content: "x", scope: "session/s" });
    await bench.call("project create", { name: "api", root_path: "packages/api" });
    expect((await bench.call("project get", {})).scope).toBe("project/acme/api");
    expect(await bench.call("get", { refs: ["org/acme:guidelines/no-secrets"] })).toHaveProperty("entries");
    await bench.refused("get", { refs: ["session/s:memories/now"] }, "not_found");
    await bench.hand("projects/api/project.md", entryText("root_path: packages/other", "x"));
    await bench.call("search", {});
    expect(bench.memory.scope).toBe("org/acme");
    expect(await bench.call("get", { refs: ["session/s:memories/now"] })).toHaveProperty("entries");
  });
});

describe("guidelines of every level", () => {
  it("arrive once each, the nearest wins and names what it takes the place of", async () => {
    const bench = await at("apps/web");
    const rule = (scope: string, name: string, content: string, store?: string) =>
      bench.call("save", { title: name, name, content, kind: "guideline", scope, ...(store ? { store } : {}) });
    for (const scope of ["session/s", "project", "org/acme", "personal"]) {
      await rule(scope, scope.replace("/", "-"), `Of ${scope} only.`);
      await rule(scope, "same", `The same of ${scope}.`);
    }
    const context = async (input: Json): Promise<[string, string | undefined][]> => {
      const { guidelines = [], unreviewed = [] } = await bench.call<Record<string, Json[]>>("context", input);
      const all = [...guidelines, ...unreviewed];
      return all.map((one) => [one.address as string, one.overrides as string | undefined] as const).sort() as never;
    };
    expect(await context({ scope: "session/s" })).toEqual([
      ["global:guidelines/personal", undefined],
      ["guidelines/project", undefined],
      ["org/acme:guidelines/no-secrets", undefined],
      ["org/acme:guidelines/org-acme", undefined],
      ["session/s:guidelines/same", "guidelines/same"],
      ["session/s:guidelines/session-s", undefined],
    ]);
    expect(await context({})).toContainEqual(["guidelines/same", "org/acme:guidelines/same"]);
    expect(await context({ scope: "org/acme" })).toContainEqual(["org/acme:guidelines/same", "global:guidelines/same"]);
    expect(await context({ inherit: false })).toEqual([
      ["guidelines/project", undefined],
      ["guidelines/same", undefined],
    ]);
    const searched = async (input: Json): Promise<unknown[]> =>
      (await bench.call<{ hits: Json[] }>("search", { kinds: ["guideline"], ...input })).hits
        .map((one) => one.address)
        .sort();
    expect(await searched({ scope: "org/acme", inherit: false })).toEqual([
      "org/acme:guidelines/no-secrets",
      "org/acme:guidelines/org-acme",
      "org/acme:guidelines/same",
    ]);
    expect(await searched({ scope: "session/s", limit: 50 })).toHaveLength(9);
  });
});

describe("a project that only the person's own store knows", () => {
  const scope = { level: "project", project: "shop" } as const;
  const opening = async (home: string, top: string, remote: string): Promise<Bench> => {
    const bench = await Bench.opening({ home, project: { scope, top, remote } });
    open.push(bench);
    await bench.memory.home("personal");
    return bench;
  };

  it("is known again by its remote under any name, and another repository of its name is another one", async () => {
    const dir = makeMonorepo();
    const home = `${dir}.home`;
    const one = await opening(home, "/work/shop", "git@example.org:acme/shop.git");
    expect(await one.call("save", { title: "A", content: "a" })).toMatchObject({
      scope: "project/shop",
      store: "personal",
      path: "projects/shop/memories/a.md",
    });
    const file = path.join(one.personal, "projects/shop/project.md");
    expect(fs.readFileSync(file, "utf8")).toContain("git_remote_url: git@example.org:acme/shop.git\n");
    const two = await opening(home, "/work/other/shop", "https://example.org/other/shop");
    expect(await two.call("project get", {})).toMatchObject({ scope: "project/shop-2", undocumented: true });
    await two.call("save", { title: "B", content: "b" });
    expect(await two.call("project get", { ref: "git@example.org:other/shop" })).toMatchObject({
      scope: "project/shop-2",
      entries: { memory: 1 },
    });
    const again = await opening(home, "/elsewhere/renamed", "ssh://git@example.org/acme/shop/");
    expect(await again.call("project get", {})).toMatchObject({ scope: "project/shop", entries: { memory: 1 } });
    await again.call("project update", { title: "The shop" });
    expect(await one.call("project get", {})).toMatchObject({ title: "The shop", scope: "project/shop" });
  });
});
