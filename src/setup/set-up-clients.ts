import { MemoryError } from "../errors.js";
import {
  addHook,
  addInstructions,
  addServer,
  dropHook,
  dropInstructions,
  type PartOutcome,
  removeServer,
  serverOf,
  tellMemory,
} from "./client-parts.js";
import { CLIENTS, type Client, LEFT_OUT, majorOf } from "./clients.js";
import { DraftedFiles, LeftAlone } from "./drafted-files.js";
import { instructionFile, SHARED_INSTRUCTIONS } from "./instruction-file.js";

export interface ClientsInput {
  /** The folder that hosts are started in: the repository's top. Absolute and real. */
  readonly root: string;
  readonly clients: readonly Client[];
  /** This program's version, whose major number configurations are pinned to. */
  readonly version: string;
  readonly remove: boolean;
  /** Tell only. */
  readonly dryRun: boolean;
}

/** The hosts of `--client`, given once or more, with commas or without. Throws `invalid_input` naming those that there are. */
export function parseClients(given: readonly string[], version: string): Client[] {
  const names = given.flatMap((one) => one.split(",")).map((name) => name.trim().toLowerCase());
  const found = [...new Set(names.filter(Boolean))].map((name) => {
    const client = CLIENTS.find((one) => one.name === name);
    if (client) return client;
    const known = CLIENTS.map((one) => one.name).join(", ");
    const why = LEFT_OUT[name]?.replace("MAJOR", majorOf(version));
    throw new MemoryError(
      "invalid_input",
      `${why ?? `There is no client ${name}`}. Known: ${known}. Nothing was written.`,
      {
        field: "client",
      },
    );
  });
  if (found.length > 0) return found;
  throw new MemoryError(
    "invalid_input",
    `--client names no client. Known: ${CLIENTS.map((one) => one.name).join(", ")}.`,
    {
      field: "client",
    },
  );
}

/** True when a host runs our server here; false also for a file that cannot be read. */
export async function isConfigured(client: Client, files: DraftedFiles, version: string): Promise<boolean> {
  const { judged } = await serverOf(client, files, version).catch((error: unknown) => {
    if (error instanceof LeftAlone) return { judged: { kind: "absent" } as const };
    throw error;
  });
  return judged.kind !== "absent" && judged.kind !== "foreign";
}

/** The hosts that keep reading AGENTS.md after some are taken out. */
async function readersOfShared(input: ClientsInput, files: DraftedFiles): Promise<string[]> {
  const titles: string[] = [];
  for (const client of CLIENTS) {
    if (input.clients.includes(client) || !(await isConfigured(client, files, input.version))) continue;
    if ((await instructionFile(client, files, false)) === SHARED_INSTRUCTIONS) titles.push(client.title);
  }
  return titles;
}

/**
 * Adds our server, hook and instructions to hosts' configurations, or takes them out: each host whole or not at all.
 * Everything else in the files stays, byte for byte.
 */
export async function setUpClients(input: ClientsInput): Promise<PartOutcome[]> {
  const { clients, version, remove } = input;
  const files = new DraftedFiles(input.root);
  const shared = clients.some((client) => client.ownInstructions.length === 0);
  const outcomes: PartOutcome[] = [];
  for (const client of clients) {
    const back = files.checkpoint();
    try {
      const parts = remove
        ? [
            await removeServer(client, files, version),
            await dropHook(client, files),
            await tellMemory(client, files),
            ...(await dropInstructions(client, files, await readersOfShared(input, files))),
          ]
        : [
            await addServer(client, files, version),
            await addHook(client, files, version),
            await addInstructions(client, files, shared),
          ];
      outcomes.push(...parts.filter((part) => part !== undefined));
    } catch (error) {
      if (!(error instanceof LeftAlone)) throw error;
      back();
      outcomes.push({ client: client.name, file: error.file, change: "left alone", note: error.message });
    }
  }
  if (!input.dryRun) await files.commit();
  return outcomes;
}
