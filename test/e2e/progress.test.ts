import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { entryText, makeCheckedInStore, put } from "../support/repositories.js";

const ENTRIES = 1_500;
const PROGRESS = "notifications/progress";
let dir: string;
let client: LineClient;
beforeEach(() => {
  dir = makeCheckedInStore();
  for (let at = 0; at < ENTRIES; at++)
    put(path.join(dir, `.memory/memories/${at % 10}/n-${at}.md`), entryText(`Entry ${at}`, "marmalade"));
  client = new LineClient(dir, ["--toolsets", "all"]);
});
afterEach(async () => {
  await client.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

const withToken = (name: string, args: Record<string, unknown>, progressToken: string | number) =>
  client.send("tools/call", { name, arguments: args, _meta: { progressToken } });
const told = (token: unknown) => client.told(PROGRESS).filter(({ progressToken }) => progressToken === token);

describe("a client that wants to know", () => {
  it("is told how far a waiting call is, rising, and nothing after the answer", async () => {
    await client.initialize();
    const [first, second] = [
      withToken("memory_search", { query: "marmalade", response_format: "json" }, "first"),
      withToken("memory_search", { query: "marmalade" }, 2),
    ];
    expect((await first).result?.structuredContent).toMatchObject({ total: ENTRIES });
    await second;
    await withToken("memory_admin", { action: "reindex" }, "third");
    for (const token of ["first", 2, "third"]) {
      const values = told(token).map(({ progress }) => Number(progress));
      expect(values.length).toBeGreaterThan(0);
      expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
      for (const one of told(token))
        expect(one).toMatchObject({ total: ENTRIES, message: "Reading the entries", progress: expect.any(Number) });
    }
    const lines = client.lines.map((line) => JSON.parse(line) as { id?: number; params?: { progressToken?: unknown } });
    const answered = lines.findIndex((line) => line.id === 2);
    expect(lines.findLastIndex((line) => line.params?.progressToken === "first")).toBeLessThan(answered);
  });

  it("is not told about calls for which it did not ask", async () => {
    await client.initialize();
    await client.call("memory_search", { query: "marmalade" });
    await client.call("memory_admin", { action: "reindex" });
    expect(client.told(PROGRESS)).toEqual([]);
  });
});

describe("a call that is taken back", () => {
  it("is not answered, writes nothing, and leaves nothing behind", async () => {
    await client.initialize();
    const saving = client.send("tools/call", { name: "memory_save", arguments: { title: "Taken back", content: "x" } });
    let answered = false;
    void saving.then(() => {
      answered = true;
    });
    client.notify("notifications/cancelled", { requestId: 2, reason: "changed my mind" });
    const { text } = await client.call("memory_search", { query: '"Taken back"', response_format: "concise" });
    expect(text).not.toContain("memories/taken-back");
    expect(await client.call("memory_save", { title: "Kept", content: "y" })).toHaveProperty("text");
    expect(answered).toBe(false);
    expect(fs.existsSync(path.join(dir, ".memory/memories/taken-back.md"))).toBe(false);
    expect(await client.close()).toBe(0);
    expect(client.stderr).toBe("");
  });
});
