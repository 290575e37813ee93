import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineClient, PROGRAM, textOf } from "../support/client.js";
import { run } from "../support/program.js";
import { faults, GIT_ENV, makeCheckedInStore } from "../support/repositories.js";

type Json = Record<string, unknown>;

let dir: string;
let env: { GIT_MEMORY_HOME: string };
beforeEach(() => {
  dir = makeCheckedInStore();
  env = { GIT_MEMORY_HOME: path.join(`${dir}.home`, "personal") };
});
afterEach(() => {
  expect(faults(dir)).toBe("");
  for (const folder of [dir, `${dir}.home`]) fs.rmSync(folder, { recursive: true, force: true });
});

const json = (args: readonly string[]): Json => JSON.parse(run(dir, [...args, "--json"], { env }).stdout) as Json;

describe("two agents in one project", () => {
  it("have a session each, and share what one of them promotes", async () => {
    const agents = [1, 2].map(() => new LineClient(dir, ["--toolsets", "scopes"], env));
    await Promise.all(agents.map((agent) => agent.initialize()));
    const [one, two] = agents as [LineClient, LineClient];
    const tool = (agent: LineClient, name: string, input: Json): Promise<Json> => agent.call(`memory_${name}`, input);
    const known = async (agent: LineClient): Promise<string> =>
      textOf((await agent.send("tools/call", { name: "memory_context", arguments: { task: "queue depth" } })).result);
    const save = (agent: LineClient, content: string) =>
      tool(agent, "save", { title: "Queue depth", content, scope: "session" });
    await save(one, "The queue depth is seven, as one measured.");
    await save(two, "The queue depth is eight, as two measured.");
    expect(await known(one)).toContain("seven");
    expect(await known(one)).not.toContain("eight");
    expect(await known(two)).toContain("eight");
    expect(await known(two)).not.toContain("seven");
    const { sessions } = json(["session", "list"]) as { sessions: { name: string; agent: string; entries: number }[] };
    expect(sessions.map(({ agent, entries }) => [agent, entries])).toEqual([
      ["test-client/1.0", 1],
      ["test-client/1.0", 1],
    ]);
    expect(new Set(sessions.map(({ name }) => name)).size).toBe(2);
    const ended = await one.send("tools/call", { name: "memory_session", arguments: { action: "end", all: true } });
    expect(textOf(ended.result)).toMatch(/^Ended \*\*auto-\w+\*\* · completed/);
    expect(await known(one)).toContain("`memories/queue-depth`");
    // What two noted itself is nearer to it than what the project knows now.
    expect(await known(two)).toMatch(/overrides memories\/queue-depth/);
    await two.send("tools/call", { name: "memory_session", arguments: { action: "end" } });
    expect(await known(two)).toContain("seven");
    expect(await Promise.all(agents.map((agent) => agent.close()))).toEqual([0, 0]);
  });
});

describe("a session of the command line", () => {
  it("is the one that --session or the environment names", () => {
    expect(run(dir, ["save", "A", "a", "--scope", "session"], { env })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("GIT_MEMORY_SESSION"),
    });
    expect(json(["save", "A", "a", "--scope", "session", "--session", "Billing"])).toMatchObject({
      scope: "session/billing",
    });
    const named = { env: { ...env, GIT_MEMORY_SESSION: "billing" } };
    expect(run(dir, ["session", "update", "--purpose", "Round it"], named).stdout).toMatch(/^Updated \*\*billing\*\*/);
    expect(run(dir, ["context"], named).stdout).toContain("Session **billing**: Round it");
    expect(run(dir, ["session", "get", "billng"], { env })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Nearest: billing."),
    });
    expect(run(dir, ["session", "pause"], named).stdout).toMatch(/^Paused \*\*billing\*\* · paused/);
    expect(run(dir, ["session", "start", "Other work"], { env }).stdout).toContain("--session other-work");
  });
});

describe("the end of a session that is killed", () => {
  it("loses nothing, and the same call finishes it", async () => {
    const names = ["one", "two", "three"];
    const items = names.map((name) => ({ op: "save", title: name, content: `text of ${name}`, scope: "session/s" }));
    expect(json(["session", "start", "--name", "s"])).toMatchObject({ name: "s" });
    expect(json(["bulk", JSON.stringify(items)])).toHaveProperty("results");
    const projects = path.join(env.GIT_MEMORY_HOME, "projects");
    const [project = ""] = fs.readdirSync(projects);
    const source = path.join(projects, project, "sessions/s/memories");
    const target = path.join(dir, ".memory/memories");
    const child = spawn(process.execPath, [PROGRAM, "session", "end", "s", "--all"], {
      cwd: dir,
      env: { ...GIT_ENV, ...env },
      stdio: "ignore",
    });
    const over = new Promise((resolve) => child.on("exit", resolve));
    // Cut off once the project's store is being written.
    const watch = setInterval(() => {
      if (fs.existsSync(path.join(target, "one.md"))) child.kill("SIGKILL");
    }, 1);
    await over;
    clearInterval(watch);
    for (const name of names)
      expect([source, target].some((folder) => fs.existsSync(path.join(folder, `${name}.md`)))).toBe(true);
    const again = run(dir, ["session", "end", "s", "--all", "--json"], { env });
    // It was killed before its end, or when that was on record already.
    if (again.status !== 0) expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: "conflict" } });
    expect(json(["session", "get", "s"])).toMatchObject({ status: "completed", entries: 0 });
    for (const name of names) {
      expect(fs.readFileSync(path.join(target, `${name}.md`), "utf8")).toContain(`text of ${name}\n`);
      expect(fs.existsSync(path.join(source, `${name}.md`))).toBe(false);
    }
    expect(faults(env.GIT_MEMORY_HOME)).toBe("");
  });
});
