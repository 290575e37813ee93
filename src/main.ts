#!/usr/bin/env node
import "./stdout.js";
import fs from "node:fs";
import os from "node:os";
import type { Program } from "./transports/commands/program.js";
import { BUILD, VERSION } from "./version.js";

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const facts = {
  env: process.env,
  pid: process.pid,
  parent: process.ppid,
  host: os.hostname(),
  home: os.homedir(),
  build: BUILD,
  runs,
};

const program: Program = {
  env: process.env,
  cwd: process.cwd(),
  home: facts.home,
  shell: process.env.npm_command === "exec" ? "npx -y git-memory" : "git memory",
  version: VERSION,
  node: process.versions.node,
  agent: process.env.GIT_MEMORY_AGENT,
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
  log: (message, cause) => {
    const told = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    process.stderr.write(`git-memory: ${message}: ${told}\n`);
  },
  findGit: async () => (await import("./git/git-binary.js")).findGit(process.env.GIT_MEMORY_GIT || "git", process.env),
  openMemory: async ({ root, watch, responseFormat, audit, roots = async () => [] }) => {
    const { openMemory } = await import("./memory/open-memory.js");
    const { CLAUDE_PROJECT_DIR, GIT_MEMORY_ROOT } = process.env;
    const places = [...(CLAUDE_PROJECT_DIR ? [CLAUDE_PROJECT_DIR] : []), roots];
    const flags = { response_format: responseFormat, audit };
    const makePersonal = async (folder: string): Promise<void> => {
      const { makePersonalFor } = await import("./transports/commands/new-store.js");
      await makePersonalFor(program, folder);
    };
    const directory = process.cwd();
    return openMemory(
      { root: root ?? GIT_MEMORY_ROOT, places, directory, watch, flags, makePersonal },
      { ...facts, log: program.log },
    );
  },
  newId: async () => (await import("./memory/ids.js")).newUuid(Date.now()),
  onInputEnd: (listener) => void process.stdin.once("end", listener),
  onLast: (listener) => void process.once("beforeExit", listener),
  onStop: (stop) => {
    const end = (): void => void stop().finally(() => process.exit(0));
    process.once("SIGTERM", end);
    process.once("SIGINT", end);
  },
};

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer));
  return Buffer.concat(chunks).toString("utf8");
}

async function runCommandLine(
  argv: readonly string[],
  { out, err }: Pick<Program, "out" | "err"> = program,
): Promise<number> {
  const [
    { runCli },
    { initCommand },
    { mcpCommand },
    { serveCommand },
    { demoCommand },
    { doctorCommand },
    { embedderCommand },
  ] = await Promise.all([
    import("./transports/cli/cli.js"),
    import("./transports/commands/init.js"),
    import("./transports/commands/mcp.js"),
    import("./transports/commands/serve.js"),
    import("./transports/commands/demo.js"),
    import("./transports/commands/doctor.js"),
    import("./transports/commands/embedder.js"),
  ]);
  const { agent, shell, log } = program;
  return runCli(argv, {
    terminal: {
      out,
      err,
      colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
      live: process.stderr.isTTY === true,
      stdin: readStdin,
      readFile: (file) => fs.promises.readFile(file, "utf8"),
      shell,
      version: VERSION,
    },
    openMemory: async (flags) => {
      const memory = await program.openMemory({ ...flags, watch: false });
      // A command is over before an index could grow; what is wrong with the store is the command's own error.
      await memory.fresh().catch(() => undefined);
      return memory;
    },
    caller: ({ session = process.env.GIT_MEMORY_SESSION }) => ({
      ...(agent === undefined ? {} : { agent }),
      ...(session === undefined ? {} : { session }),
    }),
    commands: [
      initCommand(program),
      mcpCommand(program),
      serveCommand(program),
      demoCommand(program),
      doctorCommand(program),
      embedderCommand(program),
    ],
    log,
  });
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever read the output has enough, as `head` does after ten lines.
  if (error.code === "EPIPE") process.exit();
  throw error;
});

/** How long a host's session may have to wait for its start hook (milliseconds). */
const HOOK_MS = 2_000;

/**
 * `context --hook`, or `--hook=FORMAT` in the form of one host: what `context` prints, or nothing at all; a session must
 * start whatever is wrong with its memory.
 */
async function runHook(argv: readonly string[], format: string): Promise<number> {
  const late = setTimeout(() => process.exit(0), HOOK_MS);
  let text = "";
  const status = await runCommandLine(argv, {
    out: (more) => {
      text += more;
    },
    err: () => undefined,
  }).catch(() => 1);
  clearTimeout(late);
  const { hookOutput } = await import("./transports/commands/hook-output.js");
  if (status === 0) program.out(hookOutput(format, text));
  return 0;
}

async function run(argv: readonly string[]): Promise<number> {
  // A server is started often and has to answer at once: it does not load the command line.
  if (argv[0] === "mcp" && argv.length === 1)
    return (await import("./transports/commands/mcp.js")).serveMcp(program, {});
  // git starts one for each file that both sides changed.
  if (argv[0] === "merge-driver")
    return (await import("./store/merge-driver.js")).mergeDriver(argv.slice(1), program.cwd, program.err);
  const hook = argv[0] === "context" ? argv.find((word) => /^--hook(?:=|$)/.test(word)) : undefined;
  if (hook !== undefined)
    return runHook(
      argv.filter((word) => word !== hook),
      hook.slice("--hook=".length),
    );
  return runCommandLine(argv);
}

run(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    program.log("failed", error);
    process.exitCode = 1;
  },
);
