import type { Client } from "./clients.js";
import type { DraftedFiles } from "./drafted-files.js";
import { INSTRUCTIONS } from "./instructions.js";

/** The instruction file that most hosts read. */
export const SHARED_INSTRUCTIONS = "AGENTS.md";

/** What stands between our marks: the same as a server says at the start of a connection. */
export const BLOCK = `## Shared memory

${INSTRUCTIONS}`;

const IMPORT = /(?:^|\s)@(?:\.\/)?AGENTS\.md\b/m;

/**
 * The file that takes a host's block: its own when it is there and does not import AGENTS.md, or when there is no
 * AGENTS.md (and `shared` does not say that there will be one); else AGENTS.md.
 */
export async function instructionFile(client: Client, files: DraftedFiles, shared: boolean): Promise<string> {
  for (const name of client.ownInstructions) {
    const text = await files.read(name);
    if (text !== undefined) return IMPORT.test(text) ? SHARED_INSTRUCTIONS : name;
  }
  const [own] = client.ownInstructions;
  if (own === undefined || shared) return SHARED_INSTRUCTIONS;
  return (await files.read(SHARED_INSTRUCTIONS)) === undefined ? own : SHARED_INSTRUCTIONS;
}

/** What a person has to know where a host does not read the file that took the block. */
export async function unread(client: Client, file: string, files: DraftedFiles): Promise<string | undefined> {
  const [own] = client.ownInstructions;
  if (own === undefined || file !== SHARED_INSTRUCTIONS) return undefined;
  for (const name of client.ownInstructions) if ((await files.read(name)) !== undefined) return undefined;
  return `${client.title} reads ${own}: a line @${SHARED_INSTRUCTIONS} in it makes it read this file too`;
}
