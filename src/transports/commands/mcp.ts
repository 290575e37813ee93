import type { Memory } from "../../memory/memory.js";
import type { Command, GlobalFlags, ProcessCommand } from "../cli/cli.js";
import type { Program } from "./program.js";

export type McpFlags = GlobalFlags & { readonly toolsets?: string; readonly responseFormat?: string };

/** Serves one agent over standard input and output until it goes away. */
export async function serveMcp(program: Program, flags: McpFlags): Promise<number> {
  const { serveStdio } = await import("../mcp/server.js");
  const { parseToolsets } = await import("../mcp/toolsets.js");
  let memory: Promise<Memory> | undefined;
  const stop = async (): Promise<void> => {
    await memory?.then((open) => open.close()).catch((error: unknown) => program.log("stop", error));
  };
  program.onStop(stop);
  // A client that went away gets the answers that are still to come; what is done for nobody ends.
  program.onInputEnd(() => {
    memory?.then((open) => open.meaning.close()).catch((error: unknown) => program.log("stop", error));
  });
  // When all that is answered, what is worth keeping for the next start is kept.
  program.onLast(() => void stop());
  await serveStdio({
    version: program.version,
    toolsets: parseToolsets(flags.toolsets ?? program.env.GIT_MEMORY_TOOLSETS),
    memory: (roots) => {
      memory ??= program.openMemory({ ...flags, watch: true, roots });
      return memory;
    },
    session: flags.session ?? program.env.GIT_MEMORY_SESSION ?? (await program.newId()),
    agent: program.agent,
    shell: program.shell,
    log: program.log,
  });
  await stop();
  return 0;
}

/** `git memory mcp` with flags. */
export const mcpCommand = (program: Program): ProcessCommand => ({
  name: "mcp",
  description: "Serve one agent over standard input and output (Model Context Protocol)",
  configure: (command: Command) => {
    command
      .option("--toolsets <names>", "default, more, graph, scopes, admin, or all; several with commas")
      .option("--response-format <format>", "concise, detailed or json, unless a call says otherwise");
  },
  run: (_args, options) => serveMcp(program, options as McpFlags),
});
