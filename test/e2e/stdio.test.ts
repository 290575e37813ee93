import fs from "node:fs";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient, PROGRAM, textOf } from "../support/client.js";
import { GIT_ENV, git, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
const open: LineClient[] = [];
const connect = (...args: ConstructorParameters<typeof LineClient>): LineClient => {
  const client = new LineClient(...args);
  open.push(client);
  return client;
};

beforeEach(() => {
  dir = makeCheckedInStore();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("an MCP client over stdio", () => {
  it("lists, saves, searches, updates, deletes and reads history through the SDK's client", async () => {
    const client = new Client({ name: "sdk-client", version: "2.0" });
    const env = Object.fromEntries(Object.entries(GIT_ENV).map(([key, value]) => [key, value ?? ""]));
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [PROGRAM, "mcp"], cwd: dir, env }),
    );
    const call = async (name: string, args: Record<string, unknown>) => {
      const result = await client.callTool({ name, arguments: args });
      return textOf(result as Record<string, unknown>);
    };
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual([
      "memory_context",
      "memory_search",
      "memory_get",
      "memory_save",
      "memory_update",
      "memory_delete",
      "memory_history",
      "memory_conflict",
    ]);
    expect(JSON.stringify({ tools }).length).toBeLessThan(10_000);
    expect(client.getInstructions()).toContain("memory_context");
    const title = "Use Postgres for billing";
    expect(await call("memory_save", { title, content: "Invoices need transactions." })).toContain("Saved");
    expect(await call("memory_search", { query: "invoices" })).toContain("memories/use-postgres-for-billing");
    expect(await call("memory_update", { ref: "use-postgres-for-billing", append: "Backed up." })).toContain("Updated");
    expect(await call("memory_get", { refs: ["use-postgres-for-billing"] })).toContain("Backed up.");
    const history = await call("memory_history", { action: "list", ref: "use-postgres-for-billing" });
    expect(history).toMatch(/2 .* updated by Ada Person with sdk-client\/2\.0[\s\S]*1 .* created/);
    expect(await call("memory_delete", { ref: "use-postgres-for-billing" })).toContain("Archived");
    expect(await call("memory_search", { query: "invoices" })).not.toContain("memories/");
    await client.close();
  });

  it("keeps standard output to the protocol, whatever it is sent", async () => {
    const client = connect(dir);
    client.raw("this is no JSON\n");
    client.raw(`${JSON.stringify({ hello: "x".repeat(100_000) })}\n`);
    await client.initialize();
    expect((await client.send("no/such/method")).error?.code).toBe(-32601);
    expect((await client.send("tools/call", { name: "memory_nothing", arguments: {} })).error?.code).toBe(-32602);
    await client.call("memory_save", { title: "a", content: "b" });
    for (const line of client.lines) expect(JSON.parse(line)).toHaveProperty("jsonrpc", "2.0");
    expect(await client.close()).toBe(0);
  });

  it("answers with our codes and sentences, naming only what this client has", async () => {
    const client = connect(dir);
    await client.initialize();
    const unknown = await client.call("memory_save", { title: "a", content: "b", colour: "red" });
    expect(unknown).toMatchObject({ error: { code: "invalid_input", data: { field: "colour" } } });
    const foreign = await client.call("memory_history", { action: "list", ref: "x", version: "1234567" });
    expect((foreign.error as { message: string }).message).toMatch(/version belongs to action restore/);
    const missing = await client.call("memory_get", { refs: ["nothing-like-it"] });
    expect(missing).toMatchObject({ error: { code: "not_found" } });
    expect((missing.error as { message: string }).message).toContain("memory_search");
    expect((missing.error as { message: string }).message).not.toContain("git memory");
  });

  it("takes the format of its results from a flag, before every other setting, and refuses a wrong one", async () => {
    const client = connect(dir, ["--response-format", "json"], { GIT_MEMORY_RESPONSE_FORMAT: "detailed" });
    await client.initialize();
    expect(await client.call("memory_search", { query: "nothing like it" })).toMatchObject({ hits: [], total: 0 });
    const wrong = connect(dir, ["--response-format", "xml"]);
    await wrong.initialize();
    const { error } = await wrong.call("memory_search", {});
    expect(error).toMatchObject({ code: "invalid_input" });
    expect((error as { message: string }).message).toContain("--response-format");
  });

  it("ends cleanly when its input closes and when it is told to", async () => {
    const first = connect(dir);
    await first.initialize();
    await first.call("memory_save", { title: "kept", content: "text" });
    expect(await first.close()).toBe(0);
    const second = connect(dir);
    await second.initialize();
    second.child.kill("SIGTERM");
    expect(await second.exit).toBe(0);
    expect(fs.existsSync(path.join(dir, ".git/git-memory/write.lock"))).toBe(false);
  });

  it("sees what another server and a person wrote, at the next call", async () => {
    const [first, second] = [connect(dir), connect(dir)];
    await Promise.all([first.initialize(), second.initialize()]);
    await second.call("memory_search", { query: "warm up" });
    await first.call("memory_save", { title: "Shared at once", content: "marmalade" });
    expect((await second.call("memory_search", { query: "marmalade" })).text).toContain("memories/shared-at-once");
    put(path.join(dir, ".memory/memories/by-hand.md"), "# By hand\n\nquincejelly\n");
    git(dir, "add", ".");
    git(dir, "commit", "-qm", "by hand");
    expect((await second.call("memory_search", { query: "quincejelly" })).text).toContain("memories/by-hand");
  });
});

describe("without a usable store", () => {
  it("answers the handshake, says what to do, and finds a store made meanwhile", async () => {
    const empty = temporaryFolder();
    git(empty, "init", "-q");
    const client = connect(empty);
    expect(await client.initialize()).toHaveProperty("serverInfo.name", "git-memory");
    const answer = await client.call("memory_search", { query: "x" });
    expect(answer).toMatchObject({ error: { code: "not_found", data: { missing: "store" } } });
    expect((answer.error as { message: string }).message).toContain("git memory init");
    put(path.join(empty, ".memory/memory.yaml"), "format: 1\nscope: project\nname: late\n");
    expect(await client.call("memory_save", { title: "late", content: "now" })).toHaveProperty("text");
    fs.rmSync(empty, { recursive: true, force: true });
  });

  it("tells what is wrong with a manifest, and goes on when it is mended", async () => {
    const manifest = path.join(dir, ".memory/memory.yaml");
    const good = fs.readFileSync(manifest);
    fs.writeFileSync(manifest, "format: 99\nscope: project\nname: demo\n");
    const client = connect(dir);
    await client.initialize();
    expect(await client.call("memory_search", { query: "x" })).toMatchObject({
      error: { code: "invalid_input", data: { format: 99 } },
    });
    fs.writeFileSync(manifest, good);
    expect(await client.call("memory_search", { query: "x" })).toHaveProperty("text");
  });
});
