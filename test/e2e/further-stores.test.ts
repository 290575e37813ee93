import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { entryText, type Json } from "../support/memory.js";
import { run } from "../support/program.js";
import { faults, git, makeOwnStore, makeRepository, put, temporaryFolder } from "../support/repositories.js";

let top: string;
const at = (...parts: string[]): string => path.join(top, ...parts);
const json = { response_format: "json" };

/** A project of acme in a repository that names no user, acme's store, a read-only one of everything, and the person's. */
beforeAll(() => {
  top = temporaryFolder();
  for (const folder of ["api", "acme", "rules", "home"]) fs.mkdirSync(at(folder));
  makeRepository(at("api"));
  git(at("api"), "config", "--remove-section", "user");
  put(at("api/.memory/memory.yaml"), "format: 1\nscope: project\nname: api\norg: acme\n");
  put(at("acme/guidelines/errors.md"), entryText("title: Errors of acme", "Say what went wrong."));
  makeOwnStore(at("acme"), "scope: org\nname: acme");
  put(at("rules/guidelines/rules.md"), entryText("title: Rules of everybody", "Be kind."));
  makeOwnStore(at("rules"), "scope: global");
  put(
    at("home/memory.yaml"),
    [
      "format: 1\nscope: global",
      "person: {name: Grace, email: grace@example.org, display_name: Gracie, preferences: {tone: short}}",
      "stores:\n  - path: ../acme\n  - {path: ../rules, name: everybody, read_only: true}\n  - path: ../none\n",
    ].join("\n"),
  );
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

/** What a command of the program prints, on either stream, and how it ends. */
function cli(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = run(at("api"), args, { env: { GIT_MEMORY_HOME: at("home") } });
  return { status, said: stdout + stderr };
}

it("stores of the person's configuration are open in the program, over MCP and on the command line", async () => {
  const client = new LineClient(at("api"), ["--toolsets", "all"], { GIT_MEMORY_HOME: at("home") });
  try {
    await client.initialize();
    const { guidelines } = (await client.call("memory_context", { task: "errors", ...json })) as { guidelines: Json[] };
    expect(guidelines.map(({ title }) => title).sort()).toEqual(["Errors of acme", "Rules of everybody"]);
    const saved = { title: "Ledger", content: "The ledger is append-only.", scope: "org/acme", ...json };
    expect(await client.call("memory_save", saved)).toMatchObject({ store: "acme", committed: true });
    const refused = await client.call("memory_update", { ref: "global:guidelines/rules", append: "Or not.", ...json });
    expect(refused).toMatchObject({ error: { code: "forbidden", data: { store: "everybody" } } });
    expect(await client.call("memory_save", { title: "Here", content: "Of the api.", ...json })).toMatchObject({
      store: "project",
    });
  } finally {
    await client.close();
  }
  const status = cli("status");
  expect(status.status).toBe(0);
  expect(status.said).toContain("Store acme: org/acme, commit mode each\n");
  expect(status.said).toContain("Store everybody: global, for reading only\n");
  expect(status.said).toContain("Store ../none cannot be used: There is no store in none");
  expect(status.said).toContain('You: Gracie Grace <grace@example.org>, preferences {"tone":"short"}\n');
  expect(cli("search", "ledger").said).toContain("org/acme:memories/ledger");
  expect(cli("save", "No", "Never.", "--scope", "global")).toMatchObject({
    status: 1,
    said: expect.stringContaining("The store everybody is open for reading only. Nothing was written."),
  });
  const journal = git(at("api/.git/git-memory/journal.git"), "log", "--all", "--format=%an <%ae>");
  expect(journal.trim()).toBe("Grace <grace@example.org>");
  expect(git(at("acme"), "log", "-1", "--format=%s").trim()).toBe("memory: add memory ledger");
  expect(git(at("rules"), "log", "--format=%s").trim()).toBe("store");
  expect(git(at("rules"), "status", "--porcelain")).toBe("");
  expect([faults(at("api")), faults(at("acme")), faults(at("rules"))]).toEqual(["", "", ""]);
});
