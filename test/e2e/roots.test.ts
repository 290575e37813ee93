import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { makeCheckedInStore, makeRepository, put, temporaryFolder, until } from "../support/repositories.js";

const folders: string[] = [];
const folder = (dir = temporaryFolder()): string => {
  folders.push(dir);
  return dir;
};
/** A repository with a store of this name. */
const project = (name: string, dir = temporaryFolder()): string => {
  fs.mkdirSync(dir, { recursive: true });
  folder(makeCheckedInStore(makeRepository(dir)));
  put(path.join(dir, ".memory/memory.yaml"), `format: 1\nscope: project\nname: ${name}\n`);
  return dir;
};
const uri = (dir: string): string => pathToFileURL(dir).href;

let client: LineClient;
let empty: string;
beforeEach(() => {
  empty = folder();
});
afterEach(async () => {
  await client.close();
  for (const dir of folders.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

interface Given {
  readonly cwd?: string;
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
  /** What the client answers; undefined = nothing at all. */
  readonly roots?: unknown;
  readonly capabilities?: Record<string, unknown>;
}

async function connect({ cwd = empty, args = [], env = {}, roots, capabilities = { roots: {} } }: Given) {
  client = new LineClient(cwd, ["--toolsets", "admin", ...args], env);
  client.respond = () => (roots === undefined ? undefined : { roots });
  await client.initialize(capabilities);
}

/** The scope of the store that is served; `none` where there is none. */
async function served(): Promise<unknown> {
  const status = await client.call("memory_admin", { action: "status", response_format: "json" });
  const { error, stores } = status as { error?: { data: { missing?: string } }; stores?: { scope: string }[] };
  return error ? (error.data.missing === "store" ? "none" : error) : stores?.[0]?.scope;
}

const asked = (): number => client.heard.filter(({ method }) => method === "roots/list").length;

describe("the client's roots", () => {
  it("say where the project is, before the working directory", async () => {
    const dir = project("a");
    put(path.join(dir, "packages/x/y.ts"), "");
    await connect({ cwd: project("b"), roots: [{ uri: uri(path.join(dir, "packages/x")), name: "x" }] });
    expect(await served()).toBe("project/a");
    expect(asked()).toBe(1);
  });

  it("are decoded, and the first with a store counts; what is no folder here is passed over", async () => {
    const dir = project("c", path.join(folder(), "größe & 100%/with space"));
    await connect({
      roots: [
        null,
        { name: "no uri" },
        { uri: 7 },
        { uri: "https://example.org/project" },
        { uri: "file://another.host/project" },
        { uri: "file:///%2Fetc" },
        { uri: "file:///nul%00" },
        { uri: uri(path.join(empty, "is not there")) },
        { uri: uri(put0(path.join(empty, "a file"))) },
        { uri: "file:///" },
        { uri: uri(empty) },
        { uri: uri(dir) },
        { uri: uri(project("d")) },
      ],
    });
    expect(await served()).toBe("project/c");
  });

  it.each([
    ["none", []],
    ["nonsense", "nonsense"],
    ["folders without a store", [{ uri: "file:///" }]],
  ])("leave the working directory when they are %s", async (_what, roots) => {
    await connect({ cwd: project("b"), roots });
    expect(await served()).toBe("project/b");
  });

  it("do no harm when they are never told, or the client refuses or cannot", async () => {
    await connect({ cwd: project("b") });
    expect(await served()).toBe("project/b");
    expect(asked()).toBe(1);
    await client.close();
    await connect({ cwd: project("b"), capabilities: {} });
    expect([await served(), asked()]).toEqual(["project/b", 0]);
    await client.close();
    await connect({ cwd: project("b") });
    const request = (): unknown => client.heard.find(({ method }) => method === "roots/list")?.id;
    const scope = served();
    await until(() => request() !== undefined);
    client.raw(`${JSON.stringify({ jsonrpc: "2.0", id: request(), error: { code: -32601, message: "no" } })}\n`);
    expect(await scope).toBe("project/b");
  });

  it("are not waited for by the handshake and the lists, and are by the calls", async () => {
    const dir = project("a");
    await connect({ cwd: project("b") });
    expect((await client.send("tools/list")).result).toHaveProperty("tools");
    expect((await client.send("prompts/list")).result).toHaveProperty("prompts");
    const scope = served();
    await until(() => asked() === 1);
    const { id } = client.heard.find(({ method }) => method === "roots/list") ?? {};
    client.raw(`${JSON.stringify({ jsonrpc: "2.0", id, result: { roots: [{ uri: uri(dir) }] } })}\n`);
    expect(await scope).toBe("project/a");
  });

  it("come after a flag, GIT_MEMORY_ROOT and CLAUDE_PROJECT_DIR, which are not asked about then", async () => {
    const roots = [{ uri: uri(project("roots")) }];
    const [flag, variable, claude] = [project("flag"), project("variable"), project("claude")];
    const env = { GIT_MEMORY_ROOT: variable, CLAUDE_PROJECT_DIR: claude };
    await connect({ args: ["--root", flag], env, roots });
    expect([await served(), asked()]).toEqual(["project/flag", 0]);
    await client.close();
    await connect({ env, roots });
    expect([await served(), asked()]).toEqual(["project/variable", 0]);
    await client.close();
    await connect({ env: { CLAUDE_PROJECT_DIR: claude }, roots });
    expect([await served(), asked()]).toEqual(["project/claude", 0]);
    await client.close();
    await connect({ env: { CLAUDE_PROJECT_DIR: empty }, roots });
    expect([await served(), asked()]).toEqual(["project/roots", 1]);
  });

  it("are not asked for before the handshake is over, and a call does not wait for it for ever", async () => {
    client = new LineClient(project("b"), ["--toolsets", "admin"]);
    client.respond = () => ({ roots: [] });
    const clientInfo = { name: "test-client", version: "1.0" };
    await client.send("initialize", { protocolVersion: "2025-11-25", capabilities: { roots: {} }, clientInfo });
    expect([await served(), asked()]).toEqual(["project/b", 0]);
  });

  it("that lead to a store later are news to who listed the entries", async () => {
    let roots: unknown = [];
    await connect({ capabilities: { roots: { listChanged: true } } });
    client.respond = () => ({ roots });
    expect((await client.send("resources/list")).result).toEqual({ resources: [] });
    const dir = project("late");
    put(path.join(dir, ".memory/memories/one.md"), "# One\n\ntext\n");
    roots = [{ uri: uri(dir) }];
    client.notify("notifications/roots/list_changed");
    await until(() => client.told("notifications/resources/list_changed").length > 0);
    const { result } = await client.send("resources/list");
    expect(result).toMatchObject({ resources: [{ name: "memories/one" }] });
  });

  it("are looked at again when they change and no store was found, and not when one was", async () => {
    let roots: unknown = [{ uri: uri(empty) }];
    await connect({ capabilities: { roots: { listChanged: true } } });
    client.respond = () => ({ roots });
    expect(await served()).toBe("none");
    roots = [{ uri: uri(project("late")) }];
    client.notify("notifications/roots/list_changed");
    expect(await served()).toBe("project/late");
    const before = asked();
    roots = [{ uri: uri(project("other")) }];
    client.notify("notifications/roots/list_changed");
    expect([await served(), asked()]).toEqual(["project/late", before]);
  });
});

/** Makes a file and gives its path. */
function put0(file: string): string {
  put(file, "");
  return file;
}
