import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { makeHistory } from "../support/histories.js";
import { git, put, temporaryFolder, until } from "../support/repositories.js";

const entry = (title: string, text: string): string => `---\ntitle: ${title}\n---\n\n${text}\n`;
const NOTE = ".memory/memories/note.md";

let dir = "";
let upstream = "";
let client: LineClient;
beforeAll(async () => {
  upstream = makeHistory([
    {
      parents: [],
      files: {
        ".memory/memory.yaml": "format: 1\nscope: project\nname: demo\n",
        [NOTE]: entry("Note", "the first state"),
        "code.ts": "1\n",
      },
      at: 1_600_000_000,
      author: "Bob Person",
    },
    {
      parents: [0],
      files: { [NOTE]: entry("Note", "the second state"), ".memory/memories/more.md": entry("More", "text") },
      at: 1_600_000_100,
      author: "Cy Person",
    },
  ]);
  git(upstream, "branch", "old", "main~1");
  dir = path.join(temporaryFolder(), "clone");
  git(path.dirname(dir), "clone", "-q", upstream, dir);
  git(dir, "config", "user.name", "Ada Person");
  git(dir, "config", "user.email", "ada@example.org");
  client = new LineClient(dir);
  await client.initialize();
});
afterAll(async () => {
  await client.close();
  fs.rmSync(path.dirname(dir), { recursive: true, force: true });
  fs.rmSync(upstream, { recursive: true, force: true });
});

interface Listed {
  hits: { title: string; author?: string; updated_at?: string; pending?: true }[];
}
const list = async (): Promise<Listed> =>
  (await client.call("memory_search", {
    filter: { sort: "title" },
    response_format: "json",
  })) as unknown as Listed;
const titles = async (): Promise<string[]> => (await list()).hits.map(({ title }) => title);
const content = async (): Promise<string> => {
  const { entries } = await client.call("memory_get", { refs: ["note"], response_format: "json" });
  return (entries as { content: string }[])[0]!.content;
};
const authors = async () =>
  Object.fromEntries((await list()).hits.map(({ title, author, updated_at }) => [title, [author, updated_at]]));
const versions = async (): Promise<string[]> => {
  const listed = await client.call("memory_history", { action: "list", ref: "note", response_format: "json" });
  return (listed.versions as { author: string }[]).map(({ author }) => author);
};

describe("a running server", () => {
  it("answers with the new branch at the next call after a switch, and back", async () => {
    expect(await content()).toBe("the second state");
    git(dir, "switch", "-q", "old");
    expect(await content()).toBe("the first state");
    expect(await titles()).toEqual(["Note"]);
    expect(await versions()).toEqual(["Bob Person"]);
    git(dir, "checkout", "-q", "main");
    expect(await titles()).toEqual(["More", "Note"]);
    expect(await content()).toBe("the second state");
    expect(await versions()).toEqual(["Cy Person", "Bob Person"]);
  });

  it("knows authors and times of the branch that is checked out", async () => {
    const first = ["Bob Person", "2020-09-13T12:26:40.000Z"];
    const second = ["Cy Person", "2020-09-13T12:28:20.000Z"];
    await until(async () => (await authors()).Note?.[0] === "Cy Person");
    expect(await authors()).toEqual({ Note: second, More: second });
    git(dir, "switch", "-q", "old");
    await until(async () => (await authors()).Note?.[0] === "Bob Person");
    expect(await authors()).toEqual({ Note: first });
    git(dir, "switch", "-q", "main");
    await until(async () => (await authors()).Note?.[0] === "Cy Person");
  });

  it("follows reset, stash and pull", async () => {
    git(dir, "reset", "-q", "--hard", "HEAD~1");
    expect(await content()).toBe("the first state");
    put(path.join(dir, NOTE), entry("Note", "by hand"));
    await until(async () => (await content()) === "by hand");
    git(dir, "stash", "-q");
    expect(await content()).toBe("the first state");
    git(dir, "stash", "pop", "-q");
    await until(async () => (await content()) === "by hand");
    git(dir, "checkout", "-q", ".");
    await until(async () => (await content()) === "the first state");
    git(dir, "pull", "-q");
    expect(await content()).toBe("the second state");
    expect(await titles()).toEqual(["More", "Note"]);
    expect(await versions()).toEqual(["Cy Person", "Bob Person"]);
  });

  it("tells the line of a person's commit at once, and a state of long ago", async () => {
    put(path.join(dir, NOTE), entry("Note", "the second state\nand a line"));
    git(dir, "commit", "-qam", "a line");
    const blamed = await client.call("memory_history", { action: "blame", ref: "note", response_format: "json" });
    const origins = blamed.origins as { author: string }[];
    expect((blamed.lines as { origin: number }[]).map(({ origin }) => origins[origin]?.author)).toEqual([
      "Cy Person",
      "Ada Person",
    ]);
    const old = await client.call("memory_get", {
      refs: ["note"],
      as_of: "2020-09-13T12:27:00Z",
      response_format: "json",
    });
    expect((old.entries as { content: string }[])[0]?.content).toBe("the first state");
  });
});
