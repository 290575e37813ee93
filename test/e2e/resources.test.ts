import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { makeCheckedInStore, put, temporaryFolder, until } from "../support/repositories.js";

let dir: string;
let client: LineClient;
const text = (title: string, fields = "", body = "A body."): string =>
  `---\ntitle: ${title}\n${fields}---\n\n${body}\n`;
const entry = (file: string, content: string): void => put(path.join(dir, ".memory", file), content);
const list = async (cursor?: string) =>
  (await client.send("resources/list", cursor === undefined ? {} : { cursor })).result as {
    resources: { uri: string; name: string }[];
    nextCursor?: string;
  };
const complete = async (ref: unknown, name: string, value: string) =>
  (await client.send("completion/complete", { ref, argument: { name, value } })).result?.completion;
const TEMPLATE = { type: "ref/resource", uri: "memory://entry/{+address}" };

beforeEach(() => {
  dir = makeCheckedInStore();
  client = new LineClient(dir);
});
afterEach(async () => {
  await client.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("resources", () => {
  it("are declared, with a template", async () => {
    expect(await client.initialize()).toMatchObject({
      capabilities: { tools: {}, resources: { listChanged: true, subscribe: true }, prompts: {}, completions: {} },
    });
    expect((await client.send("resources/templates/list")).result).toMatchObject({
      resourceTemplates: [{ uriTemplate: TEMPLATE.uri, mimeType: "text/markdown" }],
    });
  });

  it("list what is current, by address, with what is known of it", async () => {
    entry("memories/one.md", text("One", "summary: In short\nimportance: 0.8\n"));
    entry("guidelines/two.md", text("Two", "priority: 90\n"));
    entry("memories/old.md", text("Old", "status: archived\n"));
    entry("memories/late.md", text("Late", "valid_until: 2001-01-01\n"));
    entry("memories/new.md", text("New", "relations:\n  - {type: supersedes, target: memories/gone}\n"));
    entry("memories/gone.md", text("Gone"));
    await client.initialize();
    const { resources, nextCursor } = await list();
    expect(resources).toMatchObject([
      {
        uri: "memory://entry/guidelines/two",
        name: "guidelines/two",
        title: "Two",
        mimeType: "text/markdown",
        annotations: { priority: 0.9 },
      },
      { uri: "memory://entry/memories/new" },
      { uri: "memory://entry/memories/one", description: "In short", annotations: { priority: 0.8 } },
    ]);
    expect(nextCursor).toBeUndefined();
    expect(resources[2]).toHaveProperty("annotations.lastModified", expect.stringMatching(/^\d{4}-.*Z$/));
  });

  it("come in pages that hold while entries come and go, and refuse a cursor of somebody else", async () => {
    const name = (at: number) => `memories/n-${String(at).padStart(3, "0")}`;
    for (let at = 0; at < 205; at++) entry(`${name(at)}.md`, text(`N ${at}`));
    await client.initialize();
    const first = await list();
    expect(first.resources.map((one) => one.name)).toEqual(Array.from({ length: 100 }, (_, at) => name(at)));
    fs.rmSync(path.join(dir, ".memory", `${name(99)}.md`));
    await client.call("memory_save", { title: "N 150 b", name: "n-150b", content: "between" });
    const second = await list(first.nextCursor);
    const third = await list(second.nextCursor);
    const names = [...first.resources, ...second.resources, ...third.resources].map((one) => one.name);
    expect(names).toEqual([...Array.from({ length: 205 }, (_, at) => name(at)), "memories/n-150b"].sort());
    expect(third.nextCursor).toBeUndefined();
    for (const cursor of ["nonsense!", "", "Zg=="])
      expect((await client.send("resources/list", { cursor })).error?.code).toBe(-32602);
  });

  it("are read as the file is, by any ref that leads to one", async () => {
    const content = "\ufeff---\r\n# kept\r\ntitle: Größe\r\n---\r\n\r\nA line  \r\n";
    entry("memories/größe #1? 100%.md", content);
    await client.initialize();
    const [resource] = (await list()).resources;
    expect(resource?.uri).toBe("memory://entry/memories/gr%C3%B6%C3%9Fe%20%231%3F%20100%25");
    for (const uri of [
      resource?.uri,
      "memory://entry/memories/größe%20%231%3F%20100%25",
      "memory://entry/memories/größe #1? 100%",
    ])
      expect((await client.send("resources/read", { uri })).result).toEqual({
        contents: [{ uri, mimeType: "text/markdown", text: content }],
      });
  });

  it("answer an unknown one as the protocol says, with the nearest, and never leave the store", async () => {
    entry("memories/use-postgres.md", text("Use Postgres"));
    entry("guidelines/use-postgres.md", text("Use Postgres well"));
    put(path.join(dir, ".memory/memories/secret.txt"), "secret");
    await client.initialize();
    const near = (await client.send("resources/read", { uri: "memory://entry/memories/postgres-use" })).error;
    expect(near).toMatchObject({ code: -32002, data: { nearest: expect.arrayContaining(["memories/use-postgres"]) } });
    expect(near?.message).toContain("memories/use-postgres");
    const ambiguous = (await client.send("resources/read", { uri: "memory://entry/use-postgres" })).error;
    expect(ambiguous).toMatchObject({ code: -32602, data: { matches: expect.any(Array) } });
    for (const uri of [
      "file:///etc/passwd",
      "memory://entry/",
      "memory://entry/../../code.ts",
      "memory://entry/memories/..%2f..%2f..%2fcode.ts",
      "memory://entry/memories/secret.txt",
      "memory://entry/%ff%zz",
      "memory://other/memories/use-postgres",
    ])
      expect([uri, (await client.send("resources/read", { uri })).error?.code]).toEqual([uri, -32002]);
  });

  it("complete an address by its beginning and by its words, at most a hundred", async () => {
    entry("guidelines/handle-rejections.md", text("Never leave a promise alone", "tags: [async]\n"));
    for (let at = 100; at < 230; at++) entry(`memories/bill-${at}.md`, text(`Bill ${at}`));
    await client.initialize();
    for (const typed of ["guid", "handle", "HANDLE-r", "promise", "async rej", "rejections"])
      expect([typed, await complete(TEMPLATE, "address", typed)]).toEqual([
        typed,
        { values: ["guidelines/handle-rejections"], total: 1, hasMore: false },
      ]);
    const many = (await complete(TEMPLATE, "address", "memories/")) as { values: string[] };
    expect(many).toMatchObject({ total: 130, hasMore: true });
    expect(many.values).toHaveLength(100);
    expect(await complete(TEMPLATE, "address", "no such thing")).toEqual({ values: [], total: 0, hasMore: false });
    expect(await complete(TEMPLATE, "other", "g")).toMatchObject({ values: [] });
    expect(await complete({ type: "ref/resource", uri: "memory://other/{x}" }, "x", "g")).toMatchObject({ values: [] });
  });

  it("are none where there is no store", async () => {
    const empty = temporaryFolder();
    const alone = new LineClient(empty);
    await alone.initialize();
    expect((await alone.send("resources/list")).result).toEqual({ resources: [] });
    const { error } = await alone.send("resources/read", { uri: "memory://entry/memories/x" });
    expect(error).toMatchObject({ code: -32603, data: { code: "not_found", missing: "store" } });
    await alone.close();
    fs.rmSync(empty, { recursive: true });
  });
});

describe("news about resources", () => {
  const LIST = "notifications/resources/list_changed";
  const UPDATED = "notifications/resources/updated";

  it("come when entries appear, vanish, move or are archived, whoever does it", async () => {
    entry("memories/one.md", text("One"));
    await client.initialize();
    await list();
    const next = async (what: () => unknown): Promise<void> => {
      const before = client.told(LIST).length;
      await what();
      await until(() => client.told(LIST).length > before);
    };
    await next(() => client.call("memory_save", { title: "Two", content: "text" }));
    await next(() => entry("memories/three.md", text("Three")));
    await next(() =>
      fs.renameSync(path.join(dir, ".memory/memories/three.md"), path.join(dir, ".memory/memories/four.md")),
    );
    await next(() => fs.rmSync(path.join(dir, ".memory/memories/four.md")));
    await next(() => client.call("memory_delete", { ref: "memories/two" }));
    const other = new LineClient(dir);
    await other.initialize();
    await next(() => other.call("memory_save", { title: "Five", content: "by another server" }));
    await other.close();
    expect((await list()).resources.map(({ name }) => name)).toEqual(["memories/five", "memories/one"]);
  });

  it("do not come to who never asked, nor when only a text changed", async () => {
    entry("memories/one.md", text("One"));
    await client.initialize();
    await client.call("memory_save", { title: "Two", content: "text" });
    await client.send("resources/subscribe", { uri: "memory://entry/memories/one" });
    await client.call("memory_save", { title: "Three", content: "other text" });
    await client.call("memory_update", { ref: "memories/one", append: "More." });
    await until(() => client.told(UPDATED).length > 0);
    expect(client.told(LIST)).toEqual([]);
    expect(client.told(UPDATED)).toEqual([{ uri: "memory://entry/memories/one" }]);
  });

  it("are told about so many entries and no more, however they are named", async () => {
    entry("memories/one.md", text("One"));
    await client.initialize();
    // Escaping a letter makes another URI of the same entry.
    const uri = (at: number) =>
      `memory://entry/${[..."memories/one"].map((letter, bit) => ((at >> bit) & 1 ? `%${letter.charCodeAt(0).toString(16)}` : letter)).join("")}`;
    const subscribe = (at: number) => client.send("resources/subscribe", { uri: uri(at) });
    const replies = await Promise.all(Array.from({ length: 1_001 }, (_, at) => subscribe(at)));
    expect(replies.filter(({ error }) => error).map(({ error }) => error?.code)).toEqual([-32602]);
    expect((await subscribe(0)).result).toEqual({});
    await client.send("resources/unsubscribe", { uri: uri(0) });
    expect((await subscribe(1_000)).result).toEqual({});
  });

  it("tell a subscriber of every change of its text, and of no other, until it has enough", async () => {
    entry("memories/one.md", text("One"));
    entry("memories/two.md", text("Two"));
    await client.initialize();
    const uri = "memory://entry/memories/one";
    expect((await client.send("resources/subscribe", { uri })).result).toEqual({});
    expect((await client.send("resources/subscribe", { uri: "memory://entry/memories/none" })).error?.code).toBe(
      -32002,
    );
    await client.call("memory_update", { ref: "memories/two", append: "x" });
    const next = async (what: () => unknown): Promise<void> => {
      const before = client.told(UPDATED).length;
      await what();
      await until(() => client.told(UPDATED).length > before);
    };
    await next(() => entry("memories/one.md", text("One", "", "By hand.")));
    await next(() => client.call("memory_update", { ref: "memories/one", append: "By a call." }));
    await next(() => fs.rmSync(path.join(dir, ".memory/memories/one.md")));
    expect(client.told(UPDATED).every((one) => one.uri === uri)).toBe(true);
    expect((await client.send("resources/unsubscribe", { uri })).result).toEqual({});
    await client.send("resources/subscribe", { uri: "memory://entry/memories/two" });
    entry("memories/one.md", text("One", "", "Again."));
    await next(() => entry("memories/two.md", text("Two", "", "Again.")));
    expect(client.told(UPDATED).at(-1)).toEqual({ uri: "memory://entry/memories/two" });
  });
});
