import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Bench, type Json } from "../support/memory.js";
import { makeOwnStore } from "../support/repositories.js";

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const own = (file: string): string => path.join(bench.personal, file);

describe("promote", () => {
  it("takes an entry from a session to the project, and from there to all of one's projects", async () => {
    const saved = await bench.call("save", { title: "A", content: "one", scope: "session/s", kind: "guideline" });
    expect(saved).toMatchObject({ store: "personal", address: "session/s:guidelines/a" });
    const first = await bench.call("promote", { ref: "a", reason: "holds in general" });
    expect(first).toMatchObject({ id: saved.id, store: "project", address: "guidelines/a", change: "renamed" });
    expect(first.from).toBe("personal:session/s:guidelines/a");
    const { versions } = await bench.call<{ versions: Json[] }>("history list", { ref: "guidelines/a" });
    expect(versions).toMatchObject([{ change_type: "created", from: first.from, reason: "holds in general" }]);
    const second = await bench.call("promote", { ref: "a" });
    expect(second).toMatchObject({ id: saved.id, store: "personal", address: "global:guidelines/a" });
    const error = await bench.refused("promote", { ref: "a" }, "invalid_input");
    expect(error.message).toContain("applies everywhere already");
    expect(await bench.call("promote", { ref: "a", to: "project" })).toMatchObject({ id: saved.id, store: "project" });
  });

  it("shares what a person has of the project for themselves", async () => {
    const { id } = await bench.call("save", { title: "A", content: "one", scope: "personal" });
    const file = own(`projects/${bench.memory.scope.split("/")[1]}/memories/b.md`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `---\nid: ${id}\ntitle: B\n---\n\nfor me\n`);
    fs.rmSync(own("memories/a.md"));
    (await bench.memory.store("personal")).rescan();
    await bench.memory.fresh();
    expect(await bench.call("promote", { ref: "memories/b" })).toMatchObject({
      id,
      store: "project",
      address: "memories/b",
      from: `personal:${bench.memory.scope}:memories/b`,
    });
    expect(fs.existsSync(file)).toBe(false);
  });

  it("goes from a project to the org whose store it is in", async () => {
    const org = await Bench.open({ dir: makeOwnStore(undefined, "scope: org\nname: acme") });
    const saved = await org.call("save", { title: "A", content: "one", scope: "project/acme/api" });
    const promoted = await org.call("promote", { ref: String(saved.id) });
    expect(promoted).toMatchObject({ id: saved.id, address: "memories/a", scope: "org/acme", path: "memories/a.md" });
    expect(promoted.from).toBe("project:project/acme/api:memories/a");
    expect((await org.call<{ versions: Json[] }>("history list", { ref: "a" })).versions).toHaveLength(2);
    expect(await org.call("promote", { ref: "a" })).toMatchObject({ id: saved.id, scope: "global", store: "personal" });
    await org.close();
  });

  it("can leave the original, and take another name", async () => {
    const saved = await bench.call("save", { title: "A", content: "mine", scope: "personal" });
    await bench.call("save", { title: "A", content: "the project's" });
    await bench.refused("promote", { ref: "global:memories/a", to: "project" }, "already_exists");
    const copy = await bench.call("promote", { ref: "global:memories/a", to: "project", name: "a-too", copy: true });
    expect(copy).toMatchObject({ change: "created", address: "memories/a-too", from: "personal:global:memories/a" });
    expect(copy.id).not.toBe(saved.id);
    expect(fs.existsSync(own("memories/a.md"))).toBe(true);
  });

  it("goes to a broader scope only, and on the version that was read", async () => {
    await bench.call("save", { title: "A", content: "one" });
    const before = bench.trace();
    for (const to of ["session/s", "project"]) await bench.refused("promote", { ref: "a", to }, "invalid_input");
    await bench.refused("promote", { ref: "a", to: "org/none" }, "invalid_input");
    await bench.refused("promote", { ref: "none" }, "not_found");
    await bench.refused("promote", { ref: "a", base_version: "0".repeat(40) }, "stale_version");
    expect(bench.trace()).toEqual(before);
    await bench.call("save", { title: "P", content: "p", private: true });
    await bench.refused("promote", { ref: "p" }, "forbidden");
  });
});

describe("search by layers", () => {
  const titles = async (input: Json): Promise<unknown[]> => {
    const { hits } = await bench.call<{ hits: Json[] }>("search", { sort: "title", ...input });
    return hits.map(({ title }) => title);
  };

  it("keeps to some levels of what applies", async () => {
    for (const [title, scope] of [
      ["G", "personal"],
      ["P", "project"],
      ["S", "session/s"],
    ])
      await bench.call("save", { title, content: String(title), scope });
    await bench.call("save", { title: "O", content: "o", scope: "session/s" });
    expect(await titles({ layers: ["global"] })).toEqual(["G"]);
    expect(await titles({ layers: ["project", "global"] })).toEqual(["G", "P"]);
    expect(await titles({ scope: "session/s", layers: ["session", "global"] })).toEqual(["G", "O", "S"]);
    expect(await titles({ scope: "session/s", inherit: false, layers: ["global"] })).toEqual([]);
    const none = await bench.call("search", { layers: ["session"] });
    expect(none).toMatchObject({ total: 0, hint: expect.stringContaining("session/NAME") });
    await bench.refused("search", { layers: ["temporal"] }, "invalid_input");
  });
});
