import fs from "node:fs";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  type Progress,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, expect, it } from "vitest";
import { entryText, makeCheckedInStore, put, until } from "../support/repositories.js";
import { ServeProcess } from "../support/serve.js";

const ENTRIES = 600;
let dir: string;
let server: ServeProcess;
let client: Client;
beforeEach(async () => {
  dir = makeCheckedInStore();
  for (let at = 0; at < ENTRIES; at++)
    put(path.join(dir, `.memory/memories/n-${String(at).padStart(4, "0")}.md`), entryText(`Entry ${at}`, "marmalade"));
  server = await ServeProcess.start(dir, ["--toolsets", "all"]);
  client = new Client({ name: "sdk-client", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`));
  await client.connect(transport as Parameters<Client["connect"]>[0]);
});
afterEach(async () => {
  await client.close();
  await server.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

it("the SDK's client over HTTP gets resources, prompts, completion, progress and news", async () => {
  const told: Progress[] = [];
  await client.callTool({ name: "memory_admin", arguments: { action: "reindex" } }, undefined, {
    onprogress: (one) => void told.push(one),
  });
  expect(told.at(-1)).toMatchObject({ total: ENTRIES, message: "Reading the entries" });

  const first = await client.listResources();
  expect([first.resources.length, first.resources[0]?.uri]).toEqual([100, "memory://entry/memories/n-0000"]);
  const second = await client.listResources({ cursor: first.nextCursor });
  expect(second.resources[0]?.name).toBe("memories/n-0100");
  const uri = "memory://entry/memories/n-0007";
  const { contents } = await client.readResource({ uri });
  expect(contents).toEqual([{ uri, mimeType: "text/markdown", text: entryText("Entry 7", "marmalade") }]);
  await expect(client.readResource({ uri: "memory://entry/memories/none" })).rejects.toMatchObject({ code: -32002 });

  const { messages } = await client.getPrompt({ name: "recall-decision", arguments: { topic: "marmalade" } });
  expect(JSON.stringify(messages)).toContain("> marmalade");
  const ref = { type: "ref/resource" as const, uri: "memory://entry/{+address}" };
  const { completion } = await client.complete({ ref, argument: { name: "address", value: "memories/n-00" } });
  expect(completion).toMatchObject({ total: 100, hasMore: false });

  const news: string[] = [];
  client.setNotificationHandler(ResourceListChangedNotificationSchema, () => void news.push("list"));
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void news.push(params.uri));
  await client.subscribeResource({ uri });
  put(path.join(dir, ".memory/memories/n-0007.md"), entryText("Entry 7", "quincejelly"));
  await until(() => news.includes(uri));
  put(path.join(dir, ".memory/memories/by-hand.md"), entryText("By hand"));
  await until(() => news.includes("list"));
});
