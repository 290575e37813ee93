import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, entryText, type Json } from "../support/memory.js";
import { makeMonorepo } from "../support/monorepo.js";
import { git } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open({ dir: makeMonorepo() });
  // Later than the commit that git made.
  bench.clock.at = Date.parse("2100-01-01T00:00:00.000Z");
});
afterEach(() => bench.close());

const WEB = "project/acme/web:";
const commit = (): void => {
  git(bench.dir, "add", "-A");
  git(bench.dir, "commit", "-qm", "x");
};

describe("the address of a scope's document", () => {
  it("is read, as it is and as it was", async () => {
    await bench.call("project update", { ref: "web", description: "New pages.", tags: ["ui"] });
    const { entries } = await bench.call<{ entries: Json[] }>("get", {
      refs: [WEB, "project/web:"],
      include: ["history"],
    });
    expect(entries).toHaveLength(2);
    expect(entries[0]).toMatchObject({
      address: WEB,
      kind: "project",
      scope: "project/acme/web",
      title: "The site",
      content: "New pages.",
      tags: ["ui"],
      pending: true,
      fields: { root_path: "apps/web", tags: ["ui"] },
      history: [{ number: 2 }, { number: 1 }],
    });
    expect(entries[1]).toEqual(entries[0]);
    const [, { version: first } = {}] = (entries[0]?.history ?? []) as Json[];
    for (const at of [{ version: first }, { as_of: "HEAD" }]) {
      const { entries: old } = await bench.call<{ entries: Json[] }>("get", { refs: [WEB], ...at });
      expect(old).toEqual([expect.objectContaining({ content: "Pages.", version: first })]);
    }
    const byId = await bench.call<{ entries: Json[] }>("get", { refs: [entries[0]?.id as string] });
    expect(byId.entries[0]).toMatchObject({ address: WEB });
  });

  it("has versions that are told, compared, blamed and restored", async () => {
    await bench.call("project update", { ref: "web", description: "New pages.", reason: "they moved" });
    const { versions, address } = await bench.call<{ versions: Json[]; address: string }>("history list", { ref: WEB });
    expect([address, versions.map(({ reason }) => reason)]).toEqual([WEB, ["they moved", "store"]]);
    const { body } = await bench.call<{ body: Json[] }>("history diff", { ref: WEB });
    expect(body).toMatchObject([
      { type: "removed", lines: ["Pages."] },
      { type: "added", lines: ["New pages."] },
    ]);
    const blame = await bench.call<{ address: string; lines: Json[]; fields: Json[] }>("history blame", { ref: WEB });
    expect(blame).toMatchObject({ address: WEB, lines: [{ text: "New pages.", origin: 0 }] });
    expect(blame.fields.map(({ field }) => field)).toEqual(expect.arrayContaining(["title", "root_path"]));
    const back = await bench.call("history restore", { ref: WEB, version: versions[1]?.version });
    expect(back).toMatchObject({ address: WEB, change: "restored", path: "projects/web/project.md" });
    expect(bench.text("projects/web/project.md")).toContain("\nPages.\n");
  });

  it("comes back when the file was deleted", async () => {
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: WEB });
    fs.rmSync(path.join(bench.root, "projects/web/project.md"));
    commit();
    await bench.rescan();
    await bench.refused("get", { refs: [WEB] }, "not_found");
    expect(await bench.call("history restore", { ref: WEB, version: versions[0]?.version })).toMatchObject({
      change: "restored",
    });
    expect((await bench.call<{ entries: Json[] }>("get", { refs: [WEB] })).entries).toHaveLength(1);
  });

  it.each<[string, Json]>([
    ["delete", { ref: WEB }],
    ["delete", { ref: WEB, purge: true }],
    ["update", { ref: WEB, append: "x" }],
  ])("is refused by %s, with the way out, and nothing is written", async (verb, input) => {
    const before = bench.trace();
    const { message } = await bench.refused(verb, input, "invalid_input");
    expect(message).toContain("[[project update]]");
    expect(message).toContain("status archived");
    expect(bench.trace()).toEqual(before);
  });

  it.each(["project/none:", "org/none:", "session/none:", "org/acme:"])("leads nowhere for %s", async (ref) => {
    for (const [verb, input] of [
      ["get", { refs: [ref] }],
      ["delete", { ref }],
      ["history list", { ref }],
      ["tag attach", { refs: [ref], tags: ["x"] }],
    ] as const)
      expect((await bench.refused(verb, input, "not_found")).message).toContain("There is no document of");
  });
});

describe("relations to scopes", () => {
  const save = (title: string) => bench.call("save", { title, content: title, scope: "org/acme" });
  const links = async (ref: string): Promise<unknown[]> =>
    (await bench.call<{ relations: Json[] }>("relation list", { ref })).relations;

  it("are made, listed, walked and taken away", async () => {
    await save("One");
    await save("Two");
    const made = await bench.call("relation create", {
      ref: "memories/one",
      type: "applies_to",
      target: "project/web:",
    });
    expect(made).toMatchObject({
      relation: { source: "memories/one", type: "applies_to", target: WEB },
      store: "project",
    });
    expect(made.relation).not.toHaveProperty("missing");
    const from = await bench.call("relation create", {
      ref: WEB,
      type: "depends_on",
      target: "memories/two",
      note: "so",
    });
    expect(from).toMatchObject({ address: WEB, path: "projects/web/project.md", change: "updated" });
    expect(bench.text("projects/web/project.md")).toContain("target: org/acme:memories/two");
    expect(await links(WEB)).toEqual([
      { source: "memories/one", type: "applies_to", target: WEB },
      { source: WEB, type: "depends_on", target: "memories/two", note: "so" },
    ]);
    const near = await bench.call<{ neighbors: Json[] }>("relation neighbors", { ref: "memories/one", depth: 2 });
    expect(near.neighbors.map(({ address, kind, distance }) => [address, kind, distance])).toEqual([
      [WEB, "project", 1],
      ["memories/two", "memory", 2],
    ]);
    expect(await bench.call("relation path", { ref: "memories/two", target: "memories/one" })).toMatchObject({
      found: true,
      steps: [{ to: WEB }, { to: "memories/one" }],
    });
    const hits = await bench.call<{ hits: Json[] }>("search", { related_to: "memories/one", depth: 2 });
    expect(hits.hits.map(({ address }) => address)).toEqual(["memories/two"]);
    const { entries } = await bench.call<{ entries: Json[] }>("get", { refs: [WEB], include: ["relations"] });
    expect(entries[0]?.relations).toHaveLength(2);
    await bench.call("update", { ref: "memories/two", set: { name: "three" } });
    expect(bench.text("projects/web/project.md")).toContain("target: org/acme:memories/three");
    expect((await bench.call<{ findings: Json[] }>("admin check", {})).findings).toEqual([]);
    const gone = await bench.call<{ removed: Json[] }>("relation delete", {
      ref: WEB,
      type: "depends_on",
      target: "three",
    });
    expect(gone.removed).toHaveLength(1);
    expect(bench.text("projects/web/project.md")).not.toContain("relations");
  });

  it("lead also to a scope that nobody wrote about, and nowhere to one that is not", async () => {
    const one = { title: "One", content: "1", scope: "org/acme" };
    const to = (target: string) => ({ ...one, fields: { relations: [{ type: "applies_to", target }] } });
    await bench.refused("save", to("project/none:"), "invalid_input");
    await bench.refused("save", to("org/other:"), "invalid_input");
    await bench.call("save", to("org/acme:"));
    expect(await links("memories/one")).toEqual([{ source: "memories/one", type: "applies_to", target: "org/acme:" }]);
    await bench.refused(
      "relation create",
      { ref: "memories/one", type: "validates", target: "project/none:" },
      "not_found",
    );
    await bench.refused("relation create", { ref: "org/acme:", type: "validates", target: "one" }, "not_found");
    await bench.hand(
      "memories/two.md",
      entryText("title: Two\nrelations:\n  - type: applies_to\n    target: 'project/acme/gone:'", "2"),
    );
    expect(await links("memories/two")).toEqual([expect.objectContaining({ missing: true })]);
    const { findings } = await bench.call<{ findings: Json[] }>("admin check", {});
    expect(findings.map(({ path: file, rule }) => [file, rule])).toEqual([["memories/two.md", "dangling"]]);
    await bench.hand("projects/gone/project.md", entryText("title: Here", "x"));
    expect(await links("memories/two")).toEqual([
      { source: "memories/two", type: "applies_to", target: "project/acme/gone:" },
    ]);
    expect((await bench.call<{ findings: Json[] }>("admin check", {})).findings).toEqual([]);
  });

  it("of what is shared never lead to a project that only the person knows", async () => {
    await save("One");
    await bench.call("org create", { name: "other" });
    for (const target of ["org/other:"]) {
      await bench.refused("relation create", { ref: "memories/one", type: "related_to", target }, "invalid_input");
      const relations = [{ type: "related_to", target }];
      await bench.refused("update", { ref: "memories/one", set: { relations } }, "invalid_input");
    }
    expect(await bench.call("relation create", { ref: "org/other:", type: "related_to", target: "one" })).toMatchObject(
      {
        store: "personal",
      },
    );
  });
});

describe("tags of projects", () => {
  it("are put on, counted, renamed, taken off and deleted with those of entries", async () => {
    await bench.call("save", { title: "One", content: "1", tags: ["billing"], scope: "org/acme" });
    const done = await bench.call<{ results: Json[]; created: string[] }>("tag attach", {
      refs: ["memories/one", WEB],
      tags: ["Billing", "fresh"],
    });
    expect(done.results).toMatchObject([
      { address: "memories/one", tags: ["billing", "fresh"] },
      { address: WEB, change: "updated", tags: ["billing", "fresh"] },
    ]);
    const { tags } = await bench.call<{ tags: Json[] }>("tag list", {});
    expect(tags).toEqual([
      expect.objectContaining({ name: "billing", entries: 1, projects: 1 }),
      expect.objectContaining({ name: "fresh", entries: 1, projects: 1 }),
    ]);
    expect((await bench.call<{ tags: Json[] }>("tag for_entry", { ref: WEB })).tags.map(({ name }) => name)).toEqual([
      "billing",
      "fresh",
    ]);
    const before = bench.journal().length;
    expect(await bench.call("tag rename", { name: "billing", to: "money" })).toMatchObject({
      entries: 1,
      documents: 1,
    });
    expect(bench.journal()).toHaveLength(before + 1);
    expect(bench.text("projects/web/project.md")).toContain("tags: [money, fresh]");
    expect((await bench.call<{ projects: Json[] }>("project list", { tag: "Money" })).projects).toHaveLength(1);
    await bench.call("tag detach", { refs: ["memories/one"], tags: ["money"] });
    const { message } = await bench.refused("tag delete", { name: "money" }, "conflict");
    expect(message).toContain("1 document of scopes");
    expect(await bench.call("tag delete", { name: "money", detach: true })).toMatchObject({ entries: 0, documents: 1 });
    expect((await bench.call("project get", { ref: "web" })).tags).toEqual(["fresh"]);
    expect(await bench.call("tag detach", { refs: [WEB], tags: ["none"] })).toMatchObject({
      results: [{ change: "unchanged" }],
    });
  });
});
