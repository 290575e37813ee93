import path from "node:path";
import { speak } from "../../operations/speech.js";
import { CLIENTS } from "../../setup/clients.js";
import type { InitResult } from "../../setup/init.js";
import type { Command, ProcessCommand } from "../cli/cli.js";
import { setUpCi } from "./ci.js";
import { setUp } from "./clients.js";
import { commitNewStore } from "./new-store.js";
import { moveOwnNotes } from "./own-notes.js";
import type { Program } from "./program.js";

interface InitFlags {
  readonly own?: boolean;
  readonly personal?: boolean;
  /** False for --no-move. */
  readonly move?: boolean;
  readonly scope?: string;
  readonly commit?: string;
  readonly client?: readonly string[];
  readonly ci?: string;
  readonly remove?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What is wrong with the flags together; undefined = nothing. */
function misuse(flags: InitFlags, dir: string | undefined): string | undefined {
  const { own, personal, commit, client, ci, remove, dryRun } = flags;
  if (personal && (dir ?? flags.scope ?? client ?? ci ?? own ?? remove ?? dryRun) !== undefined)
    return "--personal makes your own store, in $GIT_MEMORY_HOME when that is set; of the rest only --commit and --json go with it.";
  if (commit !== undefined && commit !== "journal" && commit !== "each") return "--commit has to be journal or each.";
  if (ci !== undefined && ci !== "github") return "--ci has to be github.";
  if (client === undefined && ci === undefined && (remove || dryRun))
    return `--${remove ? "remove" : "dry-run"} goes with --client or --ci.`;
  if (client !== undefined && own)
    return "--client sets up agents in a project, and a store of its own is none. Use it in the repository with the code.";
  return undefined;
}

function storeLines(program: Program, result: InitResult, dryRun: boolean): string[] {
  const where = path.relative(program.cwd, result.root) || ".";
  const done = result.mergeDriver ? ["Told git how to merge it (merge.git-memory in .git/config)."] : [];
  if (result.made.length > 0)
    return [
      `${dryRun ? "Would make" : "Made"} the store ${where} (${result.scope}): ${result.made.join(", ")}`,
      ...done,
    ];
  return [
    `The store ${where} (${result.scope}) is complete already${done.length > 0 ? "." : "; nothing changed."}`,
    ...done,
  ];
}

const printed = (program: Program, flags: InitFlags, data: unknown, lines: readonly string[]): void =>
  program.out(`${flags.json === true ? JSON.stringify(data) : lines.join("\n")}\n`);

async function makeStore(program: Program, dir: string | undefined, flags: InitFlags): Promise<InitResult> {
  const result = await (flags.personal === true ? makePersonal(program, flags) : makeOther(program, dir, flags));
  if (result.kind === "own" && result.made.length > 0) await commitNewStore(program, result.root);
  const say = (text: string) => speak(text, { tools: new Set(), shell: program.shell });
  return { ...result, warnings: result.warnings.map(say) };
}

const modeOf = ({ commit }: InitFlags) => (commit === undefined ? {} : { commit: commit as "journal" | "each" });

async function makePersonal(program: Program, flags: InitFlags): Promise<InitResult> {
  const [{ makePersonalStore }, { personalFolder }] = await Promise.all([
    import("../../setup/init.js"),
    import("../../store/find-store.js"),
  ]);
  const folder = personalFolder(program.env, program.home);
  return makePersonalStore(folder, await program.findGit(), program.env, modeOf(flags));
}

async function makeOther(program: Program, dir: string | undefined, flags: InitFlags): Promise<InitResult> {
  const { init } = await import("../../setup/init.js");
  const { scope } = flags;
  const id = await program.newId();
  return init({
    directory: dir ?? program.cwd,
    own: flags.own === true,
    ...(scope === undefined ? {} : { scope }),
    ...modeOf(flags),
    git: await program.findGit(),
    env: program.env,
    newId: () => id,
    dryRun: flags.dryRun === true,
  });
}

/** `git memory init`. */
export const initCommand = (program: Program): ProcessCommand => ({
  name: "init",
  description: "Make a store: .memory/ in this repository, or with --own a repository of its own",
  configure: (command: Command) => {
    const collect = (one: string, before: readonly string[] = []): string[] => [...before, one];
    command
      .argument("[dir]", "the folder; this one when absent")
      .option("--own", "a store that is a repository of its own")
      .option("--personal", "your own store, for what is yours in every project")
      .option("--no-move", "leave in your own store what you kept of this project while it had none")
      .option("--scope <scope>", "what it stands for: project/NAME, org/NAME or global")
      .option("--commit <mode>", "journal (you commit) or each (every write is a commit)")
      .option(
        "--client <names>",
        `also set up coding agents: ${CLIENTS.map(({ name }) => name).join(", ")}; repeatable`,
        collect,
      )
      .option("--ci <host>", "also write the workflow that checks pull requests: github")
      .option("--remove", "with --client, --ci: take that out again; the store stays")
      .option("--dry-run", "with --client, --ci: only tell what would change");
  },
  run: async ([dir], options) => {
    const flags = options as InitFlags;
    const wrong = misuse(flags, dir);
    if (wrong !== undefined) {
      program.err(`${program.shell}: ${wrong}\n`);
      return 2;
    }
    // Whatever is refused is refused before anything is made.
    const clients =
      flags.client && (await import("../../setup/set-up-clients.js")).parseClients(flags.client, program.version);
    const how = { clients: clients ?? [], remove: flags.remove === true, dryRun: flags.dryRun === true };
    const both = async (directory: string, store?: string) => [
      ...(clients ? [await setUp(program, { ...how, directory, ...(store === undefined ? {} : { store }) })] : []),
      ...(flags.ci === undefined ? [] : [await setUpCi(program, { ...how, directory })]),
    ];
    if (how.remove) {
      const reports = await both(dir ?? program.cwd);
      printed(
        program,
        flags,
        Object.assign({}, ...reports.map(({ data }) => data)),
        reports.flatMap(({ lines }) => lines),
      );
      return Math.max(...reports.map(({ status }) => status));
    }
    const result = await makeStore(program, dir, flags);
    const made = result.kind === "checked-in" && result.made.length > 0;
    const reports = await both(
      result.kind === "own" ? result.root : path.dirname(result.root),
      made ? path.basename(result.root) : undefined,
    );
    const notes = flags.move === false ? undefined : await moveOwnNotes(program, result, how.dryRun);
    const { root: _root, mergeDriver, ...shown } = result;
    const { nextSteps } = await import("../../setup/init.js");
    const data = Object.assign(
      { ...shown, merge_driver: mergeDriver, ...notes?.data },
      ...reports.map(({ data: one }) => one),
    );
    const warnings = result.warnings.map((warning) => `Warning: ${warning}`);
    const lines = [...storeLines(program, result, how.dryRun), ...(notes?.lines ?? []), ...warnings, ""];
    const told = reports.flatMap((report) => report.lines);
    const next = clients ? [] : [...(told.length > 0 ? [""] : []), ...nextSteps(result, program.shell)];
    printed(program, flags, data, [...lines, ...told, ...next]);
    return Math.max(0, ...reports.map(({ status }) => status));
  },
});
