import { describe, expect, it } from "vitest";
import { CLIENTS, SERVER_NAME } from "../../src/setup/clients.js";
import { judgeServer } from "../../src/setup/server-entry.js";

const judge = (command: unknown, ...args: string[]) => judgeServer({ command, args }, "2.3.4");

describe("the entry under our key", () => {
  it("is current as every host gets it", () => {
    for (const client of CLIENTS)
      expect([client.name, judgeServer(client.server("2.3.4"), "2.9.0").kind]).toEqual([client.name, "current"]);
    expect(SERVER_NAME).toMatch(/^[a-z-]+$/);
  });

  it("holds no path of a machine and no version but the major", () => {
    for (const client of CLIENTS) {
      const text = JSON.stringify(client.server("2.3.4"));
      expect(text).toContain("git-memory@2");
      expect(text).not.toMatch(/[\\/]|2\.3/);
    }
  });

  it("is current with flags, an exact version or an installed program of a person's", () => {
    expect(judge("npx", "-y", "git-memory@2", "mcp", "--toolsets", "all")).toEqual({ kind: "current" });
    expect(judge("bunx", "git-memory@2.1.0", "mcp")).toEqual({ kind: "current" });
    expect(judge("git-memory", "mcp")).toEqual({ kind: "current" });
  });

  it("is out of date with another version, and only that word changes", () => {
    expect(judge("npx", "-y", "git-memory@1", "mcp", "--toolsets", "all")).toEqual({
      kind: "outdated",
      was: "git-memory@1",
      set: { args: ["-y", "git-memory@2", "mcp", "--toolsets", "all"] },
    });
    expect(judge("npx", "git-memory", "mcp")).toMatchObject({ set: { args: ["git-memory@2", "mcp"] } });
    expect(judge("npx", "git-memory@20", "mcp").kind).toBe("outdated");
    expect(judge(["npx", "git-memory@1", "mcp"])).toMatchObject({ set: { command: ["npx", "git-memory@2", "mcp"] } });
  });

  it("is a path, or somebody else's", () => {
    expect(judge("node", "/opt/git-memory/dist/git-memory.js", "mcp")).toMatchObject({ kind: "path" });
    expect(judge("C:\\tools\\git-memory.exe", "mcp")).toMatchObject({ kind: "path" });
    expect(judge("docker", "run", "other")).toEqual({ kind: "foreign", command: "docker run other" });
    for (const entry of [null, 3, {}, "npx", { url: "http://localhost" }])
      expect(judgeServer(entry, "2.0.0")).toMatchObject({ kind: "foreign" });
    expect(judgeServer(undefined, "2.0.0")).toEqual({ kind: "absent" });
  });
});
