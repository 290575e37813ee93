import fs from "node:fs";
import path from "node:path";
import { type ServerCommand, withServer } from "./client.js";
import type { MadeEntry } from "./corpus.js";
import { timeEach } from "./measure.js";

/** Milliseconds of calls to the reference memory server. */
export interface Reference {
  readonly save: number[];
  readonly search: number[];
}

const CALLS = 40;

/**
 * The reference memory server (@modelcontextprotocol/server-memory) with the same entries, each an entity with its body as
 * observation: a save, and a search for a word. Undefined where the folder named by BENCH_LAB does not have it.
 */
export async function measureReference(
  server: ServerCommand,
  entries: readonly MadeEntry[],
  lab: string | undefined,
): Promise<Reference | undefined> {
  const program = path.resolve(lab ?? "", "node_modules/@modelcontextprotocol/server-memory/dist/index.js");
  if (!lab || !fs.existsSync(program)) return undefined;
  const file = path.join(server.home, "reference.jsonl");
  const entity = ({ title, kind, body }: MadeEntry, number: number) => ({
    name: `${title} ${number}`,
    entityType: kind,
    observations: [body],
  });
  fs.writeFileSync(
    file,
    entries.map((one, number) => JSON.stringify({ type: "entity", ...entity(one, number) })).join("\n"),
  );
  const numbers = Array.from({ length: CALLS }, (_, number) => number);
  return withServer({ ...server, program, env: { MEMORY_FILE_PATH: file } }, server.home, async (client) => {
    await client.initialize();
    const search = await timeEach(numbers, (number) => {
      const [word = ""] = entries[(number * 131) % entries.length]!.title.split(" ");
      return client.call("search_nodes", { query: word });
    });
    const save = await timeEach(numbers, (number) => {
      const made = entity(entries[number]!, entries.length + number);
      return client.call("create_entities", { entities: [made] });
    });
    return { save, search };
  });
}
