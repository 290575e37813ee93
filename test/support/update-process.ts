/**
 * A process of its own that updates entries which others update too: `update-process <dir> <home> <name> <count> <entries>`.
 * Each update adds a line of its own somewhere in a text that was read a while ago, and sets a field that all contest. It
 * prints the line, whether it was merged, and the conflict that came of it, once that is acknowledged.
 */
import fs from "node:fs";
import { MemoryError } from "../../src/errors.js";
import { call, openWorkspace } from "./workspaces.js";

const [dir, home, name, count, entries] = process.argv.slice(2) as [string, string, string, string, string];
const memory = await openWorkspace(dir, home);
await memory.fresh();

interface Known {
  readonly version: string;
  readonly content: string;
}
const known = new Map<string, Known>();

async function read(ref: string): Promise<Known> {
  const { entries: found } = await call<{ entries: Known[] }>(memory, "get", { refs: [ref] });
  return found[0]!;
}

for (let at = 0; at < Number(count); at++) {
  const ref = `memories/e${(at * 7 + name.charCodeAt(name.length - 1)) % Number(entries)}`;
  // Every third time the text is read anew: the others are made on an older one.
  const base = (at % 3 > 0 && known.get(ref)) || (await read(ref));
  known.set(ref, base);
  const line = `line ${name}-${at}`;
  const lines = base.content.split("\n");
  lines.splice((at * 5) % (lines.length + 1), 0, line);
  const input = { ref, content: lines.join("\n"), set: { source: line }, base_version: base.version, reason: line };
  for (;;) {
    try {
      const { merged, conflict = "" } = await call<{ merged?: true; conflict?: string }>(memory, "update", input, name);
      fs.writeSync(1, `${JSON.stringify({ ref, line, merged: merged ?? false, conflict })}\n`);
      break;
    } catch (error) {
      // Patience with the others: what is refused as locked was not written.
      if (!(error instanceof MemoryError && error.code === "locked")) throw error;
    }
  }
}
await memory.close();
process.exit();
