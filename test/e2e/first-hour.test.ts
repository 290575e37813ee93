import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { expect, it } from "vitest";
import { GIT_ENV, git, makeRepository, put, temporaryFolder } from "../support/repositories.js";

interface ServerEntry {
  readonly command: string;
  readonly args: string[];
}

it("leads from an empty folder and a cold npm cache to an entry recalled in a client's next session", async () => {
  const folder = temporaryFolder();
  const repository = makeRepository();
  const env = { ...GIT_ENV, PATH: process.env.PATH ?? "", HOME: folder, npm_config_cache: path.join(folder, "cache") };
  const packed = execFileSync("npm", ["pack", process.cwd(), "--ignore-scripts", "--silent"], {
    cwd: folder,
    encoding: "utf8",
    env,
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
  // The tarball stands in for what the registry would give.
  const fromTarball = ["-y", `--package=${path.join(folder, packed)}`, "git-memory"];
  const npx = (...args: string[]): string =>
    execFileSync("npx", [...fromTarball, ...args], { cwd: repository, encoding: "utf8", env, stdio: "pipe" });

  const person = { command: "their-own", args: ["--flag"] };
  put(path.join(repository, ".mcp.json"), JSON.stringify({ mcpServers: { theirs: person } }, null, 2));
  npx("init", "--client", "claude");
  git(repository, "add", "-A");
  git(repository, "commit", "-qm", "shared memory");
  npx("init", "--client", "claude");
  expect(git(repository, "status", "--porcelain")).toBe("");

  const config = JSON.parse(fs.readFileSync(path.join(repository, ".mcp.json"), "utf8")) as {
    mcpServers: Record<string, ServerEntry>;
  };
  expect(config.mcpServers.theirs).toEqual(person);
  const { command, args } = config.mcpServers["git-memory"]!;
  expect([command, ...args]).toEqual(["npx", "-y", "git-memory@0", "mcp"]);

  const session = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ name: "first-hour", version: "1" });
    const server = { command, args: [...fromTarball, ...args.slice(2)], cwd: repository, env };
    await client.connect(new StdioClientTransport({ ...server, stderr: "ignore" }));
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };
  const call = async (client: Client, name: string, input: Record<string, unknown>): Promise<string> => {
    const { content } = (await client.callTool({ name, arguments: input })) as { content: { text: string }[] };
    return content.map(({ text }) => text).join("\n");
  };
  await session((client) =>
    call(client, "memory_save", { title: "Deploys are frozen on Fridays", content: "Since the outage of May." }),
  );
  const recalled = await session((client) => call(client, "memory_context", { task: "deploy the fix" }));
  expect(recalled).toContain("Since the outage of May.");
  for (const made of [folder, repository]) fs.rmSync(made, { recursive: true, force: true });
});
