import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient } from "../support/client.js";
import { run, runJson } from "../support/program.js";
import { entryText, git, makeCheckedInStore, put, temporaryFolder } from "../support/repositories.js";

let dir: string;
beforeEach(() => {
  dir = makeCheckedInStore();
  for (let at = 0; at < 90; at++)
    put(path.join(dir, `.memory/memories/n-${at}.md`), entryText(`Entry ${at}`, `the number ${at}`));
  git(dir, "add", ".");
  git(dir, "commit", "-qm", "entries");
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

const saved = (at = dir): string[] => {
  const folder = path.join(at, ".git/git-memory/index");
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
};
const first = (query: string, at = dir): string => {
  const { hits } = runJson(at, "search", query) as { hits: { address: string }[] };
  return hits[0]?.address ?? "";
};

describe("what is indexed once", () => {
  it("is kept by a server whose client goes away, and found again by commands", async () => {
    const client = new LineClient(dir, [], {});
    await client.initialize();
    await client.call("memory_search", { query: "number 7" });
    await client.close();
    expect(saved()).toHaveLength(1);
    expect(first("number 42")).toBe("memories/n-42");
    put(path.join(dir, ".memory/memories/n-42.md"), entryText("Entry 42", "something else: cucumber"));
    expect(first("cucumber")).toBe("memories/n-42");
    git(dir, "checkout", "-q", ".");
    expect(first("number 42")).toBe("memories/n-42");
    expect(saved()).toHaveLength(1);
  });

  it("is kept by a command too, for each worktree its own", () => {
    expect(first("number 3")).toBe("memories/n-3");
    expect(saved()).toHaveLength(1);
    const other = path.join(temporaryFolder(), "other");
    git(dir, "worktree", "add", "-q", other, "-b", "other");
    put(path.join(other, ".memory/memories/n-3.md"), entryText("Entry 3", "only on this branch: artichoke"));
    expect(first("artichoke", other)).toBe("memories/n-3");
    expect(first("number 3")).toBe("memories/n-3");
    expect(saved()).toHaveLength(2);
    expect(run(dir, ["search", "artichoke", "--json"]).stdout).toContain('"total":0');
    fs.rmSync(path.dirname(other), { recursive: true, force: true });
  });

  it("is left out where it cannot be read, and a command answers all the same", () => {
    expect(first("number 5")).toBe("memories/n-5");
    const [name = ""] = saved();
    const file = path.join(dir, ".git/git-memory/index", name);
    for (const bytes of [Buffer.from("nonsense"), fs.readFileSync(file).subarray(0, 1_000)]) {
      fs.writeFileSync(file, bytes);
      const { stdout, stderr } = run(dir, ["search", "number 5", "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({ hits: [{ address: "memories/n-5" }] });
      expect(stderr).toBe("");
      expect(fs.statSync(file).size).toBeGreaterThan(1_000);
    }
  });
});
