import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { entryText, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
let client: LineClient;
beforeEach(async () => {
  dir = makeCheckedInStore();
  put(path.join(dir, ".memory/memories/use-postgres.md"), entryText("Use Postgres", "Invoices need transactions."));
  put(path.join(dir, ".memory/memories/tagged.md"), "---\ntitle: Tagged\ntags: [billing, budget]\n---\n\ntext\n");
  client = new LineClient(dir);
  await client.initialize();
});
afterEach(async () => {
  await client.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

const get = (name: string, args?: Record<string, unknown>) =>
  client.send("prompts/get", { name, ...(args ? { arguments: args } : {}) });
const complete = async (name: string, argument: string, value: string) =>
  (await client.send("completion/complete", { ref: { type: "ref/prompt", name }, argument: { name: argument, value } }))
    .result?.completion;

describe("prompts over the protocol", () => {
  it("are listed with what they need", async () => {
    const { prompts } = (await client.send("prompts/list")).result as { prompts: Record<string, unknown>[] };
    expect(prompts.map(({ name }) => name)).toEqual([
      "remember-this",
      "recall-decision",
      "review-learnings",
      "consolidate-knowledge",
    ]);
    expect(prompts[1]).toEqual({
      name: "recall-decision",
      title: "Recall a decision",
      description: expect.any(String),
      arguments: [{ name: "topic", title: "Topic", description: expect.any(String), required: true }],
    });
  });

  it("are messages of the user with entries as data", async () => {
    const { result } = await get("recall-decision", { topic: "postgres" });
    expect(result).toMatchObject({
      messages: [{ role: "user", content: { type: "text", text: expect.stringContaining("> Invoices need") } }],
    });
    expect((await get("review-learnings")).result).toHaveProperty("messages");
  });

  it.each([
    ["unknown", undefined],
    ["recall-decision", undefined],
    ["recall-decision", { topic: " " }],
    ["recall-decision", { topic: "x", colour: "red" }],
    ["recall-decision", { topic: 7 }],
  ])("are refused as the protocol says: %s %j", async (name, args) => {
    const { error } = await get(name, args);
    expect(error?.message.length).toBeGreaterThan(5);
    // The SDK refuses what is not even of the right type itself.
    expect([-32602, -32603]).toContain(error?.code);
    if (args?.topic !== 7) expect(error?.code).toBe(-32602);
  });

  it("have their arguments completed, and nothing where nothing is known", async () => {
    expect(await complete("recall-decision", "topic", "b")).toEqual({
      values: ["billing", "budget", "memories/tagged"],
      total: 3,
      hasMore: false,
    });
    expect(await complete("remember-this", "kind", "")).toMatchObject({
      values: ["guideline", "memory", "pattern", "tool"],
    });
    for (const [name, argument] of [
      ["recall-decision", "colour"],
      ["remember-this", "what"],
      ["unknown", "topic"],
    ] as const)
      expect(await complete(name, argument, "b")).toEqual({ values: [], total: 0, hasMore: false });
  });

  it("are there without a store, and say that it is missing when they are used", async () => {
    const empty = temporaryFolder();
    const alone = new LineClient(empty);
    await alone.initialize();
    expect((await alone.send("prompts/list")).result).toHaveProperty("prompts.length", 4);
    const { error } = await alone.send("prompts/get", { name: "review-learnings" });
    expect(error).toMatchObject({ code: -32603, data: { code: "not_found", missing: "store" } });
    expect(error?.message).toContain("git memory init");
    await alone.close();
    fs.rmSync(empty, { recursive: true });
  });
});
