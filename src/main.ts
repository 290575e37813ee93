import "./stdout.js";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { GitBinary } from "./git/git-binary.js";
import type { Memory } from "./memory/memory.js";
import type { Command, GlobalFlags, ProcessCommand } from "./transports/cli/cli.js";
import { VERSION } from "./version.js";

/** How this program's commands are typed: as git's subcommand, unless it was started through npx. */
const shell = process.env.npm_command === "exec" ? "npx -y git-memory" : "git memory";

const log = (message: string, cause: unknown): void => {
  process.stderr.write(
    `git-memory: ${message}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`,
  );
};

const out = (text: string): void => {
  process.stdout.write(text);
};

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const facts = { env: process.env, pid: process.pid, host: os.hostname(), home: os.homedir(), runs };

async function findGit(): Promise<GitBinary | undefined> {
  return (await import("./git/git-binary.js")).findGit(process.env.GIT_MEMORY_GIT || "git", process.env);
}

interface Opening {
  readonly root?: string | undefined;
  readonly watch: boolean;
  readonly responseFormat?: string | undefined;
}

async function openMemory({ root, watch, responseFormat }: Opening): Promise<Memory> {
  const { openMemory: open } = await import("./memory/open-memory.js");
  const directory = process.env.CLAUDE_PROJECT_DIR || process.cwd();
  return open(
    { root: root ?? process.env.GIT_MEMORY_ROOT, directory, watch, flags: { response_format: responseFormat } },
    facts,
  );
}

const agent = process.env.GIT_MEMORY_AGENT;

type McpFlags = GlobalFlags & { readonly toolsets?: string; readonly responseFormat?: string };

async function serveMcp(flags: McpFlags): Promise<number> {
  const { serveStdio } = await import("./transports/mcp/server.js");
  const { parseToolsets } = await import("./transports/mcp/toolsets.js");
  let memory: Promise<Memory> | undefined;
  const stop = async (): Promise<void> => {
    await memory?.then((open) => open.close()).catch((error: unknown) => log("stop", error));
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
  await serveStdio({
    version: VERSION,
    toolsets: parseToolsets(flags.toolsets ?? process.env.GIT_MEMORY_TOOLSETS),
    memory: () => {
      memory ??= openMemory({ ...flags, watch: true });
      return memory;
    },
    session: flags.session ?? process.env.GIT_MEMORY_SESSION ?? (await import("./memory/ids.js")).newUuid(Date.now()),
    agent,
    shell,
    log,
  });
  await stop();
  return 0;
}

const mcp: ProcessCommand = {
  name: "mcp",
  description: "Serve one agent over standard input and output (Model Context Protocol)",
  configure: (command: Command) => {
    command
      .option("--toolsets <names>", "default, more, admin, or all; several with commas")
      .option("--response-format <format>", "concise, detailed or json, unless a call says otherwise");
  },
  run: (_args, options) => serveMcp(options as McpFlags),
};

const init: ProcessCommand = {
  name: "init",
  description: "Make a store: .memory/ in this repository, or with --own a repository of its own",
  configure: (command: Command) => {
    command
      .argument("[dir]", "the folder; this one when absent")
      .option("--own", "a store that is a repository of its own")
      .option("--scope <scope>", "what it stands for: project/NAME, org/NAME or global")
      .option("--commit <mode>", "journal (you commit) or each (every write is a commit)");
  },
  run: async ([dir], options) => {
    const setup = await import("./setup/init.js");
    const { newUuid } = await import("./memory/ids.js");
    const { commit, scope } = options as { commit?: string; scope?: string };
    if (commit !== undefined && commit !== "journal" && commit !== "each") {
      process.stderr.write(`${shell}: --commit has to be journal or each.\n`);
      return 2;
    }
    const result = await setup.init({
      directory: dir ?? process.cwd(),
      own: options.own === true,
      ...(scope === undefined ? {} : { scope }),
      ...(commit === undefined ? {} : { commit }),
      git: await findGit(),
      env: process.env,
      newId: () => newUuid(Date.now()),
    });
    if (result.kind === "own" && result.made.length > 0) await commitNewStore(result.root);
    if (options.json === true) {
      const { root: _root, ...shown } = result;
      out(`${JSON.stringify(shown)}\n`);
      return 0;
    }
    const where = path.relative(process.cwd(), result.root) || ".";
    const lines =
      result.made.length > 0
        ? [`Made the store ${where} (${result.scope}): ${result.made.join(", ")}`]
        : [`The store ${where} (${result.scope}) is complete already; nothing changed.`];
    out(
      `${[...lines, ...result.warnings.map((warning) => `Warning: ${warning}`), "", ...setup.nextSteps(result, shell)].join("\n")}\n`,
    );
    return 0;
  },
};

async function commitNewStore(root: string): Promise<void> {
  const memory = await openMemory({ root, watch: false });
  try {
    await (await memory.fresh()).commit("memory: begin this store");
  } finally {
    await memory.close();
  }
}

const demo: ProcessCommand = {
  name: "demo",
  description: "Show the main job on a throwaway repository",
  configure: () => undefined,
  run: async () => {
    const [{ demo: run }, setup, { newUuid }] = await Promise.all([
      import("./setup/demo.js"),
      import("./setup/init.js"),
      import("./memory/ids.js"),
    ]);
    const binary = await findGit();
    await run({
      git: binary,
      print: (line) => out(`${line}\n`),
      shell,
      init: async (directory) => {
        await setup.init({ directory, own: false, git: binary, env: process.env, newId: () => newUuid(Date.now()) });
      },
      open: (directory) => openMemory({ root: directory, watch: false }),
    });
    return 0;
  },
};

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString("utf8");
}

async function runCommandLine(argv: readonly string[]): Promise<number> {
  const { runCli } = await import("./transports/cli/cli.js");
  return runCli(argv, {
    terminal: {
      out,
      err: (text) => process.stderr.write(text),
      colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
      stdin: readStdin,
      readFile: (file) => fs.promises.readFile(file, "utf8"),
      shell,
      version: VERSION,
    },
    openMemory: async (flags) => {
      const memory = await openMemory({ ...flags, watch: false });
      // A command is over before an index could grow; what is wrong with the store is the command's own error.
      await memory.fresh().catch(() => undefined);
      return memory;
    },
    caller: ({ session = process.env.GIT_MEMORY_SESSION }) => ({
      ...(agent === undefined ? {} : { agent }),
      ...(session === undefined ? {} : { session }),
    }),
    commands: [init, mcp, demo],
    log,
  });
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever read the output has enough, as `head` does after ten lines.
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const argv = process.argv.slice(2);
// A server is started often and has to answer at once: it does not load the command line.
const run = argv[0] === "mcp" && argv.length === 1 ? serveMcp({}) : runCommandLine(argv);
run.then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    log("failed", error);
    process.exitCode = 1;
  },
);
