import { Command, CommanderError, Option } from "commander";
import { MemoryError } from "../../errors.js";
import type { Caller } from "../../memory/caller.js";
import type { Memory } from "../../memory/memory.js";
import { invoke, type Operation } from "../../operations/operation.js";
import { OPERATIONS } from "../../operations/registry.js";
import { speak } from "../../operations/speech.js";
import { type Parameter, parametersOf } from "../parameters.js";
import { flagOf, inputOf } from "./arguments.js";
import { EXAMPLES } from "./examples.js";
import { paint } from "./paint.js";
import { progressBar } from "./progress-bar.js";

export type { Command };

/** What the process lends the command line. */
interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True when standard output is a terminal that shows colours. */
  readonly colour: boolean;
  /** True when errors go to a terminal, where a line may be written over. */
  readonly live: boolean;
  /** All of standard input. */
  readonly stdin: () => Promise<string>;
  readonly readFile: (file: string) => Promise<string>;
  readonly shell: string;
  readonly version: string;
}

/** Flags that stand before or after any command. */
export interface GlobalFlags {
  readonly root?: string;
  readonly session?: string;
}

/** A command that owns the process and is no operation, such as `init`. */
export interface ProcessCommand {
  readonly name: string;
  readonly description: string;
  readonly configure: (command: Command) => void;
  readonly run: (args: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<number>;
}

export interface CliOptions {
  readonly terminal: Terminal;
  readonly openMemory: (flags: GlobalFlags) => Promise<Memory>;
  readonly caller: (flags: GlobalFlags) => Caller;
  readonly commands: readonly ProcessCommand[];
  readonly log: (message: string, cause: unknown) => void;
}

const STATUS: Partial<Record<MemoryError["code"], number>> = { invalid_input: 2 };

function positional(operation: Operation, parameters: readonly Parameter[]): string[] {
  return operation.args.map((field) => {
    const parameter = parameters.find((one) => one.field === field)!;
    const rest = parameter.type === "list" && field === operation.args.at(-1) ? "..." : "";
    const optional = !parameter.required || field === "content";
    return optional ? `[${field}${rest}]` : `<${field}${rest}>`;
  });
}

/** One-letter forms that people know from git. */
const SHORT: Readonly<Record<string, string>> = { message: "-m, " };

/** How the description of a field begins that is true when absent. */
const FALSE = "False: ";

function addOption(command: Command, parameter: Parameter): void {
  const { type, choices } = parameter;
  // What is true anyway can only be switched off.
  const off = type === "boolean" && parameter.description.startsWith(FALSE);
  const description = off ? parameter.description.slice(FALSE.length) : parameter.description;
  const flag = off ? flagOf(`no_${parameter.field}`) : (SHORT[parameter.field] ?? "") + flagOf(parameter.field);
  const option =
    type === "boolean"
      ? new Option(flag, description)
      : new Option(`${flag} <${type === "list" ? "text" : type.replace("-list", "")}>`, description);
  if (type === "list" || type === "json-list")
    option.argParser((one: string, before: string[] | undefined) => [...(before ?? []), one]);
  const values =
    choices && !description.includes(choices[0] ?? "")
      ? `${description ? `${description}; ` : ""}${choices.join(", ")}`
      : description;
  const notes = [
    ...(values ? [values] : []),
    ...(type === "list" || type === "json-list" ? ["repeatable"] : []),
    ...(parameter.required ? ["required"] : []),
  ];
  option.description = notes.join("; ");
  option.makeOptionMandatory(parameter.required);
  command.addOption(option);
}

function addGlobalOptions(command: Command): void {
  command.option("--json", "print the result as JSON");
  command.option("--root <dir>", "the store, or the folder it is in").option("--session <name>", "session to record");
}

/** What the verbs of a group are about, for the help of the program. */
function groupDescription(group: string): string {
  const titles = OPERATIONS.filter(({ command }) => command.startsWith(`${group} `)).map(({ title }) => title);
  return titles.join(" · ");
}

/** Text from an argument, standard input (`-`) or `--file`. */
async function contentOf(typed: Record<string, unknown>, terminal: Terminal): Promise<string | undefined> {
  if (typeof typed.file === "string") {
    if (typed.content !== undefined)
      throw new MemoryError("invalid_input", "Give the text as an argument or with --file, not both.", {
        field: "content",
      });
    return terminal.readFile(typed.file).catch(() => {
      throw new MemoryError("invalid_input", `--file cannot be read: ${typed.file}.`, { field: "file" });
    });
  }
  return typed.content === "-" ? terminal.stdin() : (typed.content as string | undefined);
}

/**
 * The operations whose arguments and options a command line needs: those that it may name, as describing all of them takes
 * longer than most commands; all of them where it asks for help or names no command.
 */
function needingOptions(argv: readonly string[], commands: readonly ProcessCommand[]): ReadonlySet<Operation> {
  const asksForHelp = ["help", "--help", "-h"].some((word) => argv.includes(word));
  const named = OPERATIONS.filter(({ command }) => command.split(" ").every((word) => argv.includes(word)));
  const none = named.length === 0 && !commands.some(({ name }) => name === argv[0]);
  return new Set(asksForHelp || none ? OPERATIONS : named);
}

/** Runs one command line and gives the exit status: 0 done, 1 refused or findings, 2 misuse. */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const { terminal } = options;
  const program = new Command();
  let status = 0;
  let asJson = false;
  program
    .name(terminal.shell)
    .description("Shared, reviewable memory for coding agents, kept as Markdown in git.")
    .version(terminal.version, "-V, --version")
    .option("--root <dir>", "the store, or the folder it is in, instead of the one found from here")
    .option("--session <name>", "session that writes are recorded with")
    .option("--json", "print the result as JSON")
    // A command's own --version is not the program's.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError(`(${terminal.shell} help COMMAND explains it)`)
    .addHelpText("after", `\n${EXAMPLES.map((line) => line.replaceAll("git memory", terminal.shell)).join("\n")}`);

  const say = (text: string): string => speak(text, { tools: new Set(), shell: terminal.shell });

  const report = (error: unknown): number => {
    const known =
      error instanceof MemoryError
        ? error
        : new MemoryError("internal", "Something unexpected went wrong; the cause is above.");
    if (known.code === "internal")
      options.log("the command failed", error instanceof Error ? (error.cause ?? error) : error);
    const message = say(known.message);
    if (asJson) terminal.out(`${JSON.stringify({ error: { code: known.code, message, data: known.data } })}\n`);
    else terminal.err(`${terminal.shell}: ${message}\n`);
    return STATUS[known.code] ?? 1;
  };

  const runOperation = async (
    operation: Operation,
    typed: Record<string, unknown>,
    flags: GlobalFlags,
  ): Promise<number> => {
    const parameters = parametersOf(operation);
    const content = "content" in operation.input.shape ? await contentOf(typed, terminal) : undefined;
    const input = await inputOf(parameters, { ...typed, content });
    const bar = terminal.live ? progressBar(terminal.err, () => performance.now()) : undefined;
    const memory = await options.openMemory(flags);
    try {
      const told = bar ? { progress: bar.progress } : {};
      const output = await invoke(operation, { memory, caller: options.caller(flags), ...told }, input).finally(() =>
        bar?.end(),
      );
      const style = typed.detailed === true ? "detailed" : "concise";
      const colour = terminal.colour && !operation.verbatim?.(output);
      const text = asJson ? JSON.stringify(output) : paint(operation.render(output, style, say), colour);
      terminal.out(`${text}\n`);
      return operation.failed?.(output) ? 1 : 0;
    } finally {
      await memory.close();
    }
  };

  const groups = new Map<string, Command>();
  /** `tag list` is the command `list` of the group `tag`. */
  const parentOf = (operation: Operation): Command => {
    const [group, verb] = operation.command.split(" ");
    if (verb === undefined || group === undefined) return program;
    const known =
      groups.get(group) ?? program.command(group).description(groupDescription(group)).enablePositionalOptions();
    groups.set(group, known);
    return known;
  };
  const needed = needingOptions(argv, options.commands);
  for (const operation of OPERATIONS) {
    const parameters = needed.has(operation) ? parametersOf(operation) : [];
    const places = needed.has(operation) ? positional(operation, parameters) : [];
    const command = parentOf(operation)
      .command([operation.command.split(" ").at(-1), ...places].join(" "))
      .description(operation.description);
    addGlobalOptions(command);
    for (const parameter of parameters) {
      // Every command has --session: where it is a field, it is that.
      const known = command.options.find(({ long }) => long === flagOf(parameter.field));
      if (known) known.description = parameter.description;
      else if (!operation.args.includes(parameter.field)) addOption(command, parameter);
    }
    if ("content" in operation.input.shape)
      command.option("--file <file>", "read the text from a file; - as text reads standard input");
    if (operation.effect === "read") command.option("--detailed", "show ids, versions and scores");
    command.action(async (...received: unknown[]) => {
      const own = command.opts<Record<string, unknown>>();
      const all = { ...program.opts<Record<string, unknown>>(), ...own };
      asJson = all.json === true;
      const typed: Record<string, unknown> = Object.fromEntries(
        Object.entries(all).map(([key, value]) => [
          key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          value,
        ]),
      );
      operation.args.forEach((field, position) => {
        const given = received[position];
        if (given !== undefined && !(Array.isArray(given) && given.length === 0)) typed[field] = given;
      });
      status = await runOperation(operation, typed, all as GlobalFlags).catch(report);
    });
  }
  for (const one of options.commands) {
    const command = program.command(one.name).description(one.description);
    one.configure(command);
    addGlobalOptions(command);
    command.action(async (...received: unknown[]) => {
      const flags = { ...program.opts<Record<string, unknown>>(), ...command.opts<Record<string, unknown>>() };
      asJson = flags.json === true;
      const args = received.flat().filter((value): value is string => typeof value === "string");
      status = await one.run(args, flags).catch(report);
    });
  }
  try {
    // The parser's own help knows no verb of a group: `help tag list` is `tag help list`.
    const [first, group = "", verb] = argv;
    const asked = first === "help" && verb !== undefined && groups.has(group) ? [group, "help", verb] : argv;
    await program.parseAsync([...asked], { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 || error.code === "commander.help" ? 0 : 2;
    return report(error);
  }
}
