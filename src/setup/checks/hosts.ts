import { type PartOutcome, serverOf } from "../client-parts.js";
import { CLIENTS, type Client } from "../clients.js";
import { DraftedFiles, LeftAlone } from "../drafted-files.js";
import { isConfigured, setUpClients } from "../set-up-clients.js";
import { type Facts, type Finding, ok, problem, warning } from "./finding.js";
import { checkHostMemory } from "./host-memory.js";

function stale({ title, name }: Client, outcome: PartOutcome, mend: () => Promise<string>): Finding[] {
  const { file, part, change, note } = outcome;
  const id = `${name}.${part ?? "file"}`;
  if (change === "kept")
    return part === "server" && note !== undefined
      ? [
          warning(
            id,
            `${title}: ${file}: ${note}.`,
            `take git-memory out of ${file}; [[init: --client ${name}]] then writes a portable one`,
          ),
        ]
      : [];
  if (change === "left alone")
    return [problem(id, `${title}: ${file} was left alone: ${note}.`, `mend ${file} by hand`)];
  if (part === "server")
    return [problem(id, `${title}: the server in ${file} is out of date (${note}).`, "--fix mends it", mend)];
  const state = change === "added" ? "missing" : "out of date";
  return [
    warning(
      id,
      `${title}: the ${part === "hook" ? "session-start hook" : "block"} in ${file} is ${state}.`,
      "--fix writes it",
      mend,
    ),
  ];
}

/** `blocks` are the files whose block was told of already: several hosts read one file. */
async function checkHost(client: Client, root: string, facts: Facts, blocks: Set<string>): Promise<Finding[]> {
  const files = new DraftedFiles(root);
  const { name, title } = client;
  try {
    const { judged, file } = await serverOf(client, files, facts.version);
    if (judged.kind === "absent") return [];
    if (judged.kind === "foreign")
      return [
        problem(
          `${name}.server`,
          `${title}: git-memory in ${file} runs something else: ${judged.command}.`,
          `take it out of ${file}, then [[init: --client ${name}]]`,
        ),
      ];
  } catch (error) {
    if (!(error instanceof LeftAlone)) throw error;
    return [
      warning(
        `${name}.file`,
        `${title}: ${error.file} cannot be used: ${error.message}.`,
        `mend ${error.file} by hand`,
      ),
    ];
  }
  const input = { root, clients: [client], version: facts.version, remove: false };
  const mend = async (): Promise<string> => {
    const done = await setUpClients({ ...input, dryRun: false });
    const changed = done.filter(({ change }) => change === "added" || change === "changed");
    return `${title}: wrote ${changed.map(({ file }) => file).join(", ")}`;
  };
  const outcomes = (await setUpClients({ ...input, dryRun: true })).filter(({ part, file, change }) => {
    const told = part === "instructions" && change !== "kept" && blocks.has(file);
    if (part === "instructions" && change !== "kept") blocks.add(file);
    return !told;
  });
  const findings = outcomes.flatMap((outcome) => stale(client, outcome, mend));
  const state = findings.length > 0 ? findings : [ok(name, `${title} is set up`)];
  return [...state, ...(await checkHostMemory(client, root, facts))];
}

/** Every host that runs our server here: whether what we wrote is there and up to date, and what competes with it. */
export async function checkHosts(root: string, facts: Facts): Promise<Finding[]> {
  const findings: Finding[] = [];
  const blocks = new Set<string>();
  for (const client of CLIENTS) findings.push(...(await checkHost(client, root, facts, blocks)));
  const files = new DraftedFiles(root);
  for (const client of CLIENTS) if (await isConfigured(client, files, facts.version)) return findings;
  return [...findings, ok("clients", "No coding agent is set up in this project; [[init: --client NAME]] does that")];
}
