import { MemoryError } from "../../errors.js";
import { DRIVERS, type Driver, type EmbedderChoice } from "../../search/embedders/choose-embedder.js";
import type { DriverView, EmbedderTrial } from "../../setup/embedder-tools.js";
import type { Command, GlobalFlags, ProcessCommand } from "../cli/cli.js";
import type { Program } from "./program.js";

type Flags = GlobalFlags & { readonly from?: string; readonly json?: boolean };
interface Told {
  readonly data: unknown;
  readonly lines: readonly string[];
}

const VERBS = ["list", "install", "test"] as const;
const misuse = (field: string, message: string): MemoryError => new MemoryError("invalid_input", message, { field });

/** What the person's settings say, whether or not there is a store here. */
async function choiceOf(program: Program, root: string | undefined): Promise<EmbedderChoice> {
  const memory = await program.openMemory({ root, watch: false });
  try {
    await memory.opened();
    const { embedder, embedder_url, embedder_model } = memory.settings;
    return { embedder: embedder.value, url: embedder_url.value, model: embedder_model.value };
  } finally {
    await memory.close();
  }
}

function driverOf(name: string): Driver {
  const driver = DRIVERS.find((one) => one === name);
  if (driver) return driver;
  throw misuse("driver", `There is no embedder ${JSON.stringify(name)}. There is ${DRIVERS.join(", ")}.`);
}

const line = ({ driver, usable, chosen, about, needs }: DriverView): string =>
  `${chosen ? "*" : " "} ${driver.padEnd(13)}${usable ? "" : "not here · "}${about}${needs === undefined ? "" : `\n${" ".repeat(15)}${needs}`}`;

const trialLines = ({ driver, id, dimensions, first_ms, text_ms, related, unrelated }: EmbedderTrial): string[] => [
  `${driver} works: ${id}, ${dimensions} dimensions`,
  `first text ${first_ms} ms, then ${text_ms} ms a text`,
  `a question and its answer ${related}, and something else ${unrelated}`,
];

async function run(program: Program, args: readonly string[], flags: Flags): Promise<Told> {
  const [{ installEmbedder, listEmbedders, tryEmbedder }, { chooseEmbedder }, { embedderWorld }] = await Promise.all([
    import("../../setup/embedder-tools.js"),
    import("../../search/embedders/choose-embedder.js"),
    import("../../memory/open-memory.js"),
  ]);
  const [verb, name] = args;
  const world = embedderWorld(program);
  if (verb !== "install" && flags.from !== undefined) throw misuse("from", "--from belongs to embedder install.");
  if (verb !== "test" && name !== undefined) throw misuse("driver", `embedder ${verb} takes no name.`);
  if (verb === "list") {
    const drivers = listEmbedders(await choiceOf(program, flags.root), world);
    return { data: { drivers }, lines: drivers.map(line) };
  }
  if (verb === "install") {
    const done = await installEmbedder(flags.from, world);
    const next = done.next === undefined ? "minilm-onnx is used from the next start on." : `Next: ${done.next}`;
    return { data: done, lines: [`Installed ${done.files.join(", ")} into ${done.folder}, verified.`, next] };
  }
  if (verb !== "test") throw misuse("verb", `embedder takes one of ${VERBS.join(", ")}.`);
  const choice = await choiceOf(program, flags.root);
  const chosen = chooseEmbedder(name === undefined ? choice : { ...choice, embedder: driverOf(name) }, world);
  const trial = await tryEmbedder(chosen, () => performance.now());
  return { data: trial, lines: trialLines(trial) };
}

/** `git memory embedder list|install|test`. */
export const embedderCommand = (program: Program): ProcessCommand => ({
  name: "embedder",
  description: "What makes the vectors for search by meaning: list, install, test",
  configure: (command: Command) => {
    command
      .argument("<verb>", "list: what there is and what counts; install: the faster runtime's model; test: try it")
      .argument("[driver]", "test: this one instead of the one that counts")
      .option("--from <place>", "install: a folder, file or address instead of the model hub");
  },
  run: async (args, options) => {
    const flags = options as Flags;
    const { data, lines } = await run(program, args, flags);
    program.out(`${flags.json === true ? JSON.stringify(data) : lines.join("\n")}\n`);
    return 0;
  },
});
