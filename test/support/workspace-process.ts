/**
 * A process of its own that writes to a project's store and the person's: `workspace-process <dir> <home> <name> <count>`.
 * It says `ready`, begins when it is told to, and prints the store and the reason of each write once that is acknowledged.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { MemoryError } from "../../src/errors.js";
import { call, MINE, OURS, openWorkspace } from "./workspaces.js";

type Write = readonly [verb: string, input: Record<string, unknown>];

const [dir, home, name, count] = process.argv.slice(2) as [string, string, string, string];
const memory = await openWorkspace(dir, home, {
  env: process.env.GIT_MEMORY_COMMIT ? { GIT_MEMORY_COMMIT: process.env.GIT_MEMORY_COMMIT } : {},
});
await memory.fresh();

/** What is written in a turn: alone, to what all share, and what leads from one store to the other. */
function writes(at: number): Write[] {
  const own = `${name}-${at}`;
  const save = (where: string, content: string, scope: object): Write => [
    "save",
    { title: `${where} ${own}`, name: `${where}-${own}`, content: `${content} ${own}`, ...scope },
  ];
  return [
    save("mine", MINE, { scope: "personal" }),
    save("ours", OURS, {}),
    save("now", MINE, { scope: "session/work" }),
    ["update", { ref: "memories/shared", append: `${OURS} ${own}` }],
    ["update", { ref: "global:memories/shared", append: `${MINE} ${own}` }],
    ["tag attach", { refs: [`ours-${own}`], tags: [`t-${name}`] }],
    ["relation create", { ref: `global:memories/mine-${own}`, type: "relates_to", target: `ours-${own}` }],
    ["update", { ref: `mine-${own}`, set: { name: `moved-${own}` } }],
  ];
}

async function write([verb, input]: Write): Promise<void> {
  for (;;) {
    const reason = `${name}-0-${randomUUID()}`;
    try {
      const { store } = await call<{ store: string }>(memory, verb, { ...input, reason });
      fs.writeSync(1, `${store} ${reason}\n`);
      return;
    } catch (error) {
      if (!(error instanceof MemoryError)) throw error;
      // Somebody else began what all share.
      if (error.code === "already_exists" && input.name === "shared") return;
      // Patience with the others: what is refused as locked was not written.
      if (error.code !== "locked") throw new Error(`${verb} ${JSON.stringify(input)}`, { cause: error.cause ?? error });
    }
  }
}

fs.writeSync(1, "ready\n");
await once(process.stdin, "data");
await write(["save", { title: "Shared", name: "shared", content: MINE, scope: "personal" }]);
await write(["save", { title: "Shared", name: "shared", content: OURS }]);
for (let at = 0; at < Number(count); at++) for (const one of writes(at)) await write(one);
await memory.close();
process.exit();
