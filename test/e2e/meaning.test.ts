import fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { run, runJson } from "../support/program.js";
import { entryText, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
beforeEach(() => {
  dir = makeCheckedInStore();
  for (let at = 0; at < 40; at++)
    put(path.join(dir, `.memory/memories/n-${at}.md`), entryText(`Entry ${at}`, `number ${at}`));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const HASHED = { GIT_MEMORY_EMBEDDER: "hashed" };

describe("the program", () => {
  it("embeds while an agent works, tells how far it is, and commands use what it made", async () => {
    const client = new LineClient(dir, ["--toolsets", "all"], HASHED);
    try {
      await client.initialize();
      const embedding = await client.send("tools/call", {
        name: "memory_admin",
        arguments: { action: "embed", response_format: "json" },
        _meta: { progressToken: "p" },
      });
      expect(embedding.result?.structuredContent).toEqual({ driver: "hashed", embedded: 40, total: 40 });
      const told = client.told("notifications/progress").filter(({ progressToken }) => progressToken === "p");
      for (const { progress } of told) expect(progress).toEqual(expect.any(Number));
      const asked = { name: "memory_search", arguments: { query: "number 7", response_format: "json" } };
      const { result } = await client.send("tools/call", asked);
      expect(result?.structuredContent).toMatchObject({ hits: expect.any(Array) });
      expect(result?.structuredContent).not.toHaveProperty("degraded");
    } finally {
      await client.close();
    }
    const ran = run(dir, ["status", "--json"], { env: HASHED });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      index: { embedded: 40 },
      embedder: { driver: "hashed", state: "ready" },
    });
    const searched = run(dir, ["search", "number 7", "--json"], { env: HASHED });
    expect(JSON.parse(searched.stdout)).not.toHaveProperty("degraded");
  });

  it("ends when its client goes away, in the middle of embedding", async () => {
    // A service that never answers.
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const asked = new Promise((resolve) => silent.once("request", resolve));
    const { port } = silent.address() as AddressInfo;
    const env = { GIT_MEMORY_EMBEDDER: "openai", GIT_MEMORY_EMBEDDER_URL: `http://127.0.0.1:${port}/v1` };
    const client = new LineClient(dir, [], { ...env, GIT_MEMORY_EMBEDDER_MODEL: "m" });
    await client.initialize();
    await client.call("memory_search", { query: "number" });
    await asked;
    client.child.stdin.end();
    expect(await client.exit).toBe(0);
    silent.closeAllConnections();
    silent.close();
    expect(fs.existsSync(path.join(dir, ".git/git-memory/embed.lock"))).toBe(false);
  });

  it("lists, tries and installs embedders, in a project or none, and says what is wrong", () => {
    const folder = temporaryFolder();
    const env = { XDG_CACHE_HOME: folder };
    const { drivers } = runJson(dir, "embedder", "list") as { drivers: { driver: string; chosen: boolean }[] };
    expect(drivers.filter(({ chosen }) => chosen).map(({ driver }) => driver)).toEqual(["none"]);
    expect(run(folder, ["embedder", "list"], { env }).stdout).toMatch(/\* none/);
    expect(runJson(dir, "embedder", "test", "hashed")).toMatchObject({ driver: "hashed", dimensions: 256 });
    expect(run(dir, ["embedder", "test"])).toMatchObject({ status: 1, stderr: expect.stringContaining("is none") });
    expect(run(dir, ["embedder", "test", "magic"])).toMatchObject({ status: 2 });
    expect(run(dir, ["embedder", "list", "--from", "x"])).toMatchObject({ status: 2 });
    expect(run(dir, ["embedder", "dance"])).toMatchObject({ status: 2 });
    const refused = run(dir, ["embedder", "install", "--from", folder], { env });
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("There is no tokenizer.json at") });
    expect(fs.readdirSync(folder)).toEqual([]);
    fs.rmSync(folder, { recursive: true });
  });

  it("sends nothing anywhere because of a project's own manifest", () => {
    const manifest = path.join(dir, ".memory/memory.yaml");
    fs.appendFileSync(manifest, "embedder: openai\nembedder_url: http://127.0.0.1:9/v1\nembedder_model: m\n");
    const env = { GIT_MEMORY_EMBEDDER: "", GIT_MEMORY_EMBEDDER_KEY: "test-key-that-nobody-may-see" };
    const ran = run(dir, ["config", "get", "embedder", "--json"], { env });
    expect(JSON.parse(ran.stdout)).toMatchObject({ settings: [{ value: "auto", source: "default" }] });
    const status = JSON.parse(run(dir, ["status", "--json"], { env }).stdout) as { embedder: { driver: string } };
    expect(status.embedder.driver).not.toBe("openai");
  });
});
