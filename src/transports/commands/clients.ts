import type { PartOutcome } from "../../setup/client-parts.js";
import type { Client } from "../../setup/clients.js";
import type { Program } from "./program.js";

interface ClientsTask {
  /** A folder of the repository whose top takes the configurations. */
  readonly directory: string;
  readonly clients: readonly Client[];
  readonly remove: boolean;
  readonly dryRun: boolean;
  /** A folder that was made just before and goes into the same commit. */
  readonly store?: string;
}

/** What was done to hosts' files, as data and as lines to print. */
interface ClientsReport {
  readonly data: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  /** 1 when a file had to be left alone. */
  readonly status: number;
}

const PARTS = { server: "server", hook: "hook at session start", instructions: "instructions" } as const;

function outcomeLine({ file, part, change, note }: PartOutcome): string {
  const told = [part && PARTS[part], note].filter(Boolean).join(": ");
  return `  ${change.padEnd(10)} ${file}${told ? `  ${told}` : ""}`;
}

function nextLines(task: ClientsTask, outcomes: readonly PartOutcome[]): string[] {
  const changed = outcomes.filter(({ change }) => change === "added" || change === "changed");
  if (task.remove || task.dryRun || changed.length === 0) return [];
  const names = new Set(changed.map(({ client }) => client));
  const files = new Set([...(task.store === undefined ? [] : [task.store]), ...changed.map(({ file }) => file)]);
  return [
    "",
    "Next:",
    ...task.clients.filter(({ name }) => names.has(name)).map(({ title, next }) => `  ${title}: ${next}`),
    `  git add ${[...files].join(" ")} and commit, so that everybody on the project has it`,
  ];
}

/** Sets up hosts, or takes that out, and says file by file what was done. */
export async function setUp(program: Program, task: ClientsTask): Promise<ClientsReport> {
  const [{ setUpClients }, { topOf }] = await Promise.all([
    import("../../setup/set-up-clients.js"),
    import("../../setup/project-top.js"),
  ]);
  const { clients, remove, dryRun } = task;
  const outcomes = await setUpClients({
    root: await topOf(task.directory),
    clients,
    version: program.version,
    remove,
    dryRun,
  });
  const unchanged = outcomes.every(({ change }) => change === "kept");
  const lines = clients.flatMap(({ name, title }) => {
    const own = outcomes.filter(({ client }) => client === name);
    return [`${title}:`, ...(own.length > 0 ? own.map(outcomeLine) : ["  nothing of ours was there"])];
  });
  const summary = unchanged ? ["Nothing changed."] : dryRun ? ["This is what would change; nothing was written."] : [];
  const next = nextLines(task, outcomes);
  return {
    data: {
      clients: outcomes,
      ...(dryRun ? { dry_run: true } : {}),
      ...(next.length > 0 ? { next: Object.fromEntries(clients.map((client) => [client.name, client.next])) } : {}),
    },
    lines: [...lines, ...summary, ...next],
    status: outcomes.some(({ change }) => change === "left alone") ? 1 : 0,
  };
}
