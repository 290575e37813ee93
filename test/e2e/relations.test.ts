import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LineClient, PROGRAM } from "../support/client.js";
import { run, runJson } from "../support/program.js";
import { faults, GIT_ENV, makeCheckedInStore } from "../support/repositories.js";

const [SERVERS, EACH, COMMANDS] = [4, 6, 4];
const names = Array.from({ length: SERVERS * EACH + COMMANDS }, (_, at) => `n${at}`);

let dir: string;
beforeAll(() => {
  dir = makeCheckedInStore();
  const items = ["hub", ...names].map((title) => ({ op: "save", title, content: `About ${title}.` }));
  runJson(dir, "bulk", JSON.stringify(items));
});
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }));

const command = (...args: string[]): Promise<number | null> =>
  new Promise((resolve) =>
    spawn(process.execPath, [PROGRAM, ...args], { cwd: dir, env: GIT_ENV, stdio: "ignore" }).on("exit", resolve),
  );

it("many processes that relate one entry at once lose nothing", { timeout: 120_000 }, async () => {
  const clients = Array.from({ length: SERVERS }, () => new LineClient(dir, ["--toolsets", "graph"]));
  await Promise.all(clients.map((client) => client.initialize()));
  const calls = clients.flatMap((client, server) =>
    names.slice(server * EACH, (server + 1) * EACH).map((target, at) =>
      client.call("memory_relation", {
        action: "create",
        // Half of them are told by the other end, and land in the same file.
        ...(at % 2 ? { ref: "hub", type: "resolves", target } : { ref: target, type: "resolved_by", target: "hub" }),
        response_format: "json",
      }),
    ),
  );
  const commands = names.slice(SERVERS * EACH).map((name) => command("relation", "create", "hub", "resolves", name));
  for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ address: "memories/hub" });
  expect(await Promise.all(commands)).toEqual(Array(COMMANDS).fill(0));

  const listed = await Promise.all(
    clients.map((client) =>
      client.call("memory_relation", { action: "list", ref: "hub", limit: 200, response_format: "json" }),
    ),
  );
  const all = names.map((name) => ({ source: "memories/hub", type: "resolves", target: `memories/${name}` }));
  for (const { relations } of listed) {
    expect(relations).toHaveLength(all.length);
    expect(relations).toEqual(expect.arrayContaining(all));
  }
  await Promise.all(clients.map((client) => client.close()));
  const text = fs.readFileSync(path.join(dir, ".memory/memories/hub.md"), "utf8");
  expect(text.match(/type: resolves/g)).toHaveLength(all.length);
  expect(run(dir, ["check"]).status).toBe(0);
  expect(faults(dir)).toBe("");
});
