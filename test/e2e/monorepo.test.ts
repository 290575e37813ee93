import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { entryText, type Json } from "../support/memory.js";
import { makeMonorepo } from "../support/monorepo.js";
import { run, runJson } from "../support/program.js";
import { faults, git, put, tracesOf } from "../support/repositories.js";

let dir: string;
let home: string;
const clients: LineClient[] = [];

/** Three projects of one org, with a guideline of the same name each, and a person's own store. */
beforeEach(() => {
  dir = makeMonorepo();
  home = `${dir}.home`;
  for (const [name, place] of [
    ["api", "packages/api"],
    ["ui", "apps/web/ui"],
  ]) {
    put(path.join(dir, `.memory/projects/${name}/project.md`), entryText(`root_path: ${place}`, "x"));
    put(path.join(dir, place ?? "", "src/code.ts"), "export {};\n");
  }
  put(path.join(dir, "apps/web/page.ts"), "export {};\n");
  put(path.join(dir, ".memory/guidelines/errors.md"), entryText("title: Errors of all", "All."));
  for (const name of ["api", "ui", "web"])
    put(path.join(dir, `.memory/projects/${name}/guidelines/errors.md`), entryText(`title: Errors of ${name}`, name));
  put(path.join(home, "memory.yaml"), "format: 1\nscope: global\n");
  put(path.join(home, "guidelines/mine.md"), entryText("title: Mine", "Always."));
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "projects");
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  for (const folder of [dir, home]) fs.rmSync(folder, { recursive: true, force: true });
});

async function server(place: string, env: Record<string, string> = {}): Promise<LineClient> {
  const client = new LineClient(place, ["--toolsets", "scopes"], { GIT_MEMORY_HOME: home, ...env });
  clients.push(client);
  await client.initialize();
  return client;
}

const json = { response_format: "json" };
const current = async (client: LineClient): Promise<unknown> =>
  ((await client.call("memory_project", { action: "get", ...json })) as Json).scope;
async function titles(client: LineClient): Promise<string[]> {
  const { guidelines = [], unreviewed = [] } = (await client.call("memory_context", json)) as Record<string, Json[]>;
  return [...guidelines, ...unreviewed].map(({ title }) => String(title)).sort();
}

describe("servers in the projects of one monorepo", () => {
  it("each have the context of their own project, with one store of the person's", async () => {
    const [api, web, ui] = [
      await server(path.join(dir, "packages/api/src")),
      await server(path.join(dir, "apps/web")),
      await server(dir, { CLAUDE_PROJECT_DIR: path.join(dir, "apps/web/ui") }),
    ];
    expect([await current(api), await current(web), await current(ui)]).toEqual([
      "project/acme/api",
      "project/acme/web",
      "project/acme/ui",
    ]);
    expect(await titles(api)).toEqual(["Errors of api", "Mine", "No secrets"]);
    expect(await titles(web)).toEqual(["Errors of web", "Mine", "No secrets"]);
    expect(await titles(ui)).toEqual(["Errors of ui", "Mine", "No secrets"]);
    const rule = { kind: "guideline", content: "x" };
    await api.call("memory_save", { title: "Of api", ...rule });
    await web.call("memory_save", { title: "Of all", ...rule, scope: "org/acme" });
    await ui.call("memory_save", { title: "Of me", ...rule, scope: "personal" });
    expect(await titles(api)).toEqual(["Errors of api", "Mine", "No secrets", "Of all", "Of api", "Of me"]);
    expect(await titles(web)).toEqual(["Errors of web", "Mine", "No secrets", "Of all", "Of me"]);
    expect(fs.existsSync(path.join(dir, ".memory/projects/api/guidelines/of-api.md"))).toBe(true);
    expect(fs.existsSync(path.join(home, "guidelines/of-me.md"))).toBe(true);
  });

  it("keep what is private from every commit, journal and other project, whichever writes around it", async () => {
    git(home, "init", "-q", "-b", "main");
    git(home, "config", "user.name", "Ada Person");
    git(home, "config", "user.email", "ada@example.org");
    git(home, "add", ".");
    git(home, "commit", "-qm", "store");
    const [api, web] = [await server(path.join(dir, "packages/api")), await server(path.join(dir, "apps/web"))];
    const text = { content: "quincejelly of mine", private: true, reason: "quincejelly" };
    for (const scope of [undefined, "personal", "session", "org/acme"])
      await api.call("memory_save", { title: `Quince ${scope ?? "here"}`, ...text, ...(scope && { scope }) });
    await api.call("memory_update", { ref: "memories/quince-here", append: "More quincejelly.", ...json });
    await api.call("memory_save", { title: "Shared", content: "For all of api." });
    await web.call("memory_save", { title: "Mine too", content: "Everywhere.", scope: "personal" });
    const listed = async (client: LineClient): Promise<unknown[]> => {
      const { hits } = (await client.call("memory_search", { ...json, limit: 50 })) as { hits: Json[] };
      return hits.flatMap((hit) => (hit.private ? hit.address : [])).sort();
    };
    const wide = ["global:memories/quince-personal", "org/acme:memories/quince-org-acme"];
    const session = expect.stringMatching(/^session\/auto-\w+:memories\/quince-session$/);
    expect(await listed(api)).toEqual([wide[0], "memories/quince-here", wide[1], session]);
    expect(await listed(web)).toEqual(wide);
    const ran = run(dir, ["commit", "-m", "all of it"], { env: { GIT_MEMORY_HOME: home } });
    expect(ran.status, ran.stderr).toBe(0);
    git(dir, "add", "-A");
    git(home, "add", "-A");
    expect(git(dir, "ls-files")).toContain("projects/api/memories/shared.md");
    expect(git(home, "ls-files")).toContain("memories/mine-too.md");
    for (const repository of [dir, home]) {
      expect(tracesOf(repository, "quince", "Quince")).toEqual([]);
      expect(faults(repository)).toBe("");
    }
  });

  it("go along when another writes where a project lies, and outside of all are in the org", async () => {
    const [docs, web] = [await server(path.join(dir, ".memory")), await server(path.join(dir, "apps/web"))];
    const none = await docs.call("memory_project", { action: "get", ...json });
    expect(none).toMatchObject({ error: { code: "not_found" } });
    expect(await titles(docs)).toEqual(["Errors of all", "Mine", "No secrets"]);
    const made = { action: "create", name: "all", root_path: "." };
    expect(await web.call("memory_project", made)).toMatchObject({
      text: expect.stringMatching(/^Saved `project\/acme\/all:`/),
    });
    expect(await current(docs)).toBe("project/acme/all");
    expect(await current(web)).toBe("project/acme/web");
  });

  it("say the same as the command line does there", () => {
    const told = runJson(path.join(dir, "packages/api"), "project", "get");
    expect(told).toMatchObject({ scope: "project/acme/api", current: true, entries: { guideline: 1 } });
    const { projects } = runJson(dir, "project", "list") as { projects: Json[] };
    expect(projects.map(({ name, root_path }) => [name, root_path])).toEqual([
      ["api", "packages/api"],
      ["ui", "apps/web/ui"],
      ["web", "apps/web"],
    ]);
    expect(runJson(dir, "org", "get", "acme")).toMatchObject({
      children: ["project/acme/api", "project/acme/ui", "project/acme/web"],
    });
  });
});
