import fs from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { faults, makeCheckedInStore } from "../support/repositories.js";

type Json = Record<string, unknown>;

const BODY = "First line.\n\nSecond line.\n\nThird line.";
let dir: string;
let servers: LineClient[];
beforeAll(async () => {
  dir = makeCheckedInStore();
  servers = [new LineClient(dir), new LineClient(dir)];
  await Promise.all(servers.map((server) => server.initialize()));
  await ask(servers[0], "save", { title: "A", content: BODY });
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  fs.rmSync(dir, { recursive: true, force: true });
});

const ask = (server: LineClient | undefined, tool: string, args: Json): Promise<Json> =>
  server!.call(`memory_${tool}`, { ...args, response_format: "json" });
const everywhere = (tool: string, args: Json): Promise<Json[]> =>
  Promise.all(servers.map((server) => ask(server, tool, args)));
const entries = async (): Promise<Json[]> =>
  (await everywhere("get", { refs: ["a"] })).map((one) => (one.entries as Json[])[0] ?? {});
/** Both agents update the entry at one moment. */
const together = (...inputs: readonly Json[]): Promise<Json[]> =>
  Promise.all(inputs.map((input, at) => ask(servers[at], "update", { ref: "a", ...input })));

it("two agents that change different things at one moment are merged silently", async () => {
  await entries();
  const results = await together({ set: { importance: 0.9 } }, { content: BODY.replace("Third", "3rd") });
  for (const result of results) expect(result).not.toHaveProperty("conflict");
  expect(results.filter(({ merged }) => merged)).toHaveLength(1);
  for (const entry of await entries())
    expect(entry).toMatchObject({ content: BODY.replace("Third", "3rd"), fields: { importance: 0.9 } });
});

it("two that change the same are one conflict with both values, which both see until one of them decides", async () => {
  await entries();
  const results = await together({ set: { importance: 0.1 } }, { set: { importance: 0.2 } });
  const ids = results.flatMap(({ conflict }) => (conflict === undefined ? [] : [conflict]));
  expect(ids).toHaveLength(1);
  const [id] = ids;
  const later = results.findIndex(({ conflict }) => conflict !== undefined);
  const [mine, theirs] = later === 0 ? [0.1, 0.2] : [0.2, 0.1];
  for (const entry of await entries()) expect(entry).toMatchObject({ conflict: id, fields: { importance: mine } });
  for (const found of await everywhere("search", { query: "first line" }))
    expect(found.hits).toMatchObject([{ conflict: id }]);
  for (const told of await everywhere("context", { task: "first line" }))
    expect(told).toMatchObject({
      conflicts: [{ id, address: "memories/a", fields: ["importance"] }],
      memories: [{ conflict: id }],
    });
  for (const shown of await everywhere("conflict", { action: "show", id }))
    expect(shown).toMatchObject({ a: { values: { importance: mine } }, b: { values: { importance: theirs } } });
  expect(await ask(servers[1 - later], "conflict", { action: "resolve", id, take: "b" })).toMatchObject({ id });
  for (const entry of await entries()) {
    expect(entry).toMatchObject({ fields: { importance: theirs } });
    expect(entry).not.toHaveProperty("conflict");
  }
  for (const listed of await everywhere("conflict", { action: "list" })) expect(listed).toMatchObject({ total: 0 });
});

it("an agent that read long ago and writes back the whole text takes nothing back", async () => {
  const [first] = await entries();
  await ask(servers[1], "update", { ref: "a", edits: [{ old: "First", new: "1st" }] });
  await ask(servers[1], "update", { ref: "a", append: "A fourth." });
  const content = String(first?.content).replace("Second", "2nd");
  expect(await ask(servers[0], "update", { ref: "a", content })).toMatchObject({ merged: true });
  for (const entry of await entries()) expect(entry.content).toBe(`${content.replace("First", "1st")}\n\nA fourth.`);
  expect(faults(dir)).toBe("");
});

it("a resource that was read is a text that was read", async () => {
  await ask(servers[0], "save", { title: "B", content: "one\n\ntwo" });
  const update = () => ask(servers[1], "update", { ref: "b", content: "1\n\ntwo" });
  expect(await update()).toMatchObject({ error: { code: "stale_version" } });
  await servers[1]!.send("resources/read", { uri: "memory://entry/memories/b" });
  await ask(servers[0], "update", { ref: "b", append: "three" });
  expect(await update()).toMatchObject({ merged: true });
  expect(await ask(servers[0], "get", { refs: ["b"] })).toMatchObject({ entries: [{ content: "1\n\ntwo\n\nthree" }] });
});
