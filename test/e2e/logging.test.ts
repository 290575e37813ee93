import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { makeReadOnly } from "../support/read-only.js";
import { makeCheckedInStore, put, until } from "../support/repositories.js";

const MESSAGE = "notifications/message";
let dir: string;
let undo = (): void => undefined;
beforeEach(() => {
  dir = makeCheckedInStore();
});
afterEach(() => {
  undo();
  fs.rmSync(dir, { recursive: true, force: true });
});
const breakManifest = (): void =>
  put(path.join(dir, ".memory/memory.yaml"), "format: 99\nscope: project\nname: demo\n");

describe("what a client is told of the server's own accord", () => {
  it("is what keeps the store from opening, in the words of the calls", async () => {
    breakManifest();
    const client = new LineClient(dir);
    await client.initialize();
    await until(() => client.told(MESSAGE).length > 0);
    const { error } = await client.call("memory_search", {});
    const { message } = error as { message: string };
    expect(client.told(MESSAGE)).toEqual([{ level: "error", logger: "git-memory", data: message }]);
    await client.close();
  });

  it("is that hand edits are not noticed as they happen", async () => {
    const made = makeReadOnly(dir);
    undo = made.undo;
    const client = new LineClient(dir, [], {}, made.user);
    await client.initialize();
    await until(() => client.told(MESSAGE).length > 0);
    expect(client.told(MESSAGE)).toMatchObject([{ level: "warning", data: expect.stringContaining("read-only") }]);
    await client.close();
  });

  it("is nothing below the level it asked for, and nothing where all is well or there is no store", async () => {
    breakManifest();
    const client = new LineClient(dir);
    expect((await client.send("logging/setLevel", { level: "critical" })).result).toEqual({});
    expect((await client.send("logging/setLevel", { level: "loud" })).error?.code).toBeLessThan(0);
    await client.initialize();
    await client.call("memory_search", {});
    fs.rmSync(path.join(dir, ".memory"), { recursive: true });
    const without = new LineClient(dir);
    await without.initialize();
    await without.call("memory_search", {});
    for (const one of [client, without]) {
      await one.close();
      expect([one.told(MESSAGE), one.stderr]).toEqual([[], ""]);
    }
  });
});
