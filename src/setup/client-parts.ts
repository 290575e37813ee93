import { existsSync } from "node:fs";
import { type Client, SERVER_NAME } from "./clients.js";
import { type DraftedFiles, LeftAlone } from "./drafted-files.js";
import { BLOCK, instructionFile, SHARED_INSTRUCTIONS, unread } from "./instruction-file.js";
import { readJson, removeJson, setJson } from "./jsonc-edit.js";
import { findBlock, putBlock, removeBlock } from "./marked-block.js";
import { type JudgedServer, judgeServer } from "./server-entry.js";
import { putHook, removeHook } from "./session-hook.js";
import { readToml, removeTomlTable, setTomlTable } from "./toml-edit.js";

/** What one file has of ours. */
type Part = "server" | "hook" | "instructions";
type Change = "added" | "changed" | "removed" | "kept" | "left alone";

/** What was done to one file for one host, and why where that is not plain. */
export interface PartOutcome {
  readonly client: string;
  readonly file: string;
  /** Absent where the file as a whole was left alone. */
  readonly part?: Part;
  readonly change: Change;
  readonly note?: string;
}

const read = (client: Client, text: string) => (client.format === "json" ? readJson(text) : readToml(text));
const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;

/** The name of a host's configuration file here. */
async function configFile(client: Client, files: DraftedFiles): Promise<string> {
  for (const name of client.files) if ((await files.read(name)) !== undefined) return name;
  return client.files[0]!;
}

/** What stands under our key. Throws LeftAlone for a file that cannot be read. */
export async function serverOf(
  client: Client,
  files: DraftedFiles,
  version: string,
): Promise<{ readonly file: string; readonly text: string; readonly judged: JudgedServer }> {
  const file = await configFile(client, files);
  const text = (await files.read(file)) ?? "";
  const parsed = read(client, text);
  if (parsed.kind === "fault") throw new LeftAlone(file, `line ${parsed.line}: ${parsed.reason}`);
  const judged = judgeServer(field(field(parsed.value, client.servers), SERVER_NAME), version);
  if (judged.kind !== "path" || judged.path.startsWith("~") || existsSync(judged.path)) return { file, text, judged };
  return { file, text, judged: { kind: "outdated", was: judged.path, set: client.server(version) } };
}

const foreign = (judged: JudgedServer): string | undefined => {
  if (judged.kind === "foreign") return `${SERVER_NAME} runs something else there: ${judged.command}`;
  if (judged.kind === "path") return `it runs ${judged.path}, which only this machine may have`;
  return undefined;
};

/** Puts the server into a host's configuration. */
export async function addServer(client: Client, files: DraftedFiles, version: string): Promise<PartOutcome> {
  const { file, text, judged } = await serverOf(client, files, version);
  const outcome = { client: client.name, file, part: "server" } as const;
  const note = foreign(judged);
  if (judged.kind === "foreign") return { ...outcome, change: "left alone", note: note! };
  if (judged.kind === "current" || judged.kind === "path")
    return { ...outcome, change: "kept", ...(note === undefined ? {} : { note }) };
  const entry = judged.kind === "absent" ? client.server(version) : judged.set;
  const place = [client.servers, SERVER_NAME];
  const after =
    client.format === "toml"
      ? setTomlTable(text, client.servers, SERVER_NAME, entry)
      : judged.kind === "absent"
        ? setJson(text, place, entry)
        : Object.entries(entry).reduce<string | undefined>(
            (rest, [key, value]) => rest && setJson(rest, [...place, key], value),
            text,
          );
  // What is written has to be what was meant, whatever the file's own form is.
  const now = after === undefined ? undefined : read(client, after);
  if (
    after === undefined ||
    now?.kind !== "value" ||
    judgeServer(field(field(now.value, client.servers), SERVER_NAME), version).kind !== "current"
  )
    throw new LeftAlone(file, `${client.servers} is written in a form that cannot be added to`);
  await files.write(file, after);
  return judged.kind === "absent"
    ? { ...outcome, change: "added" }
    : { ...outcome, change: "changed", note: `was ${judged.was}` };
}

/** Takes the server out of a host's configuration; nothing where there is none of ours. */
export async function removeServer(
  client: Client,
  files: DraftedFiles,
  version: string,
): Promise<PartOutcome | undefined> {
  const { file, text, judged } = await serverOf(client, files, version);
  const outcome = { client: client.name, file, part: "server" } as const;
  if (judged.kind === "absent") return undefined;
  if (judged.kind === "foreign") return { ...outcome, change: "kept", note: foreign(judged)! };
  const after =
    client.format === "toml"
      ? removeTomlTable(text, client.servers, SERVER_NAME)
      : removeJson(text, [client.servers, SERVER_NAME]);
  if (after === undefined) throw new LeftAlone(file, `${SERVER_NAME} is written in a form that cannot be cut out`);
  await files.write(file, after === "" ? undefined : after);
  return { ...outcome, change: "removed" };
}

async function hookText(client: Client, files: DraftedFiles): Promise<{ text: string; value: unknown }> {
  const { file } = client.hook!;
  const text = (await files.read(file)) ?? "";
  const parsed = readJson(text);
  if (parsed.kind === "fault") throw new LeftAlone(file, `line ${parsed.line}: ${parsed.reason}`);
  return { text, value: parsed.value };
}

/** Puts the session-start hook in place; undefined for a host without one. */
export async function addHook(client: Client, files: DraftedFiles, version: string): Promise<PartOutcome | undefined> {
  if (!client.hook) return undefined;
  const { text, value } = await hookText(client, files);
  const { file } = client.hook;
  const after = putHook(text, value, client.hook, version);
  if (after === undefined || readJson(after).kind === "fault")
    throw new LeftAlone(file, `${client.hook.path.join(".")} is not a list of hooks`);
  await files.write(file, after);
  const had = text !== "" && removeHook(text, value, client.hook) !== text;
  return { client: client.name, file, part: "hook", change: after === text ? "kept" : had ? "changed" : "added" };
}

/** Takes the session-start hook out; undefined where there is none of ours. */
export async function dropHook(client: Client, files: DraftedFiles): Promise<PartOutcome | undefined> {
  if (!client.hook) return undefined;
  const { text, value } = await hookText(client, files);
  const { file } = client.hook;
  const after = text === "" ? text : removeHook(text, value, client.hook);
  if (after === undefined) throw new LeftAlone(file, "the hook cannot be cut out");
  if (after === text) return undefined;
  await files.write(file, after === "" ? undefined : after);
  return { client: client.name, file, part: "hook", change: "removed" };
}

/** Says what `doctor --fix` may have switched off, which a person has to switch on again. */
export async function tellMemory(client: Client, files: DraftedFiles): Promise<PartOutcome | undefined> {
  const { memory } = client;
  if (memory?.fixIn === undefined) return undefined;
  const parsed = readJson((await files.read(memory.fixIn)) ?? "");
  if (parsed.kind === "fault" || memory.key.reduce<unknown>(field, parsed.value) !== false) return undefined;
  const note = `${memory.key.join(".")} stays false; without that line ${client.title} keeps notes of its own again`;
  return { client: client.name, file: memory.fixIn, change: "kept", note };
}

/** Puts the block into the instruction file that the host reads. `shared`: another host will have AGENTS.md. */
export async function addInstructions(client: Client, files: DraftedFiles, shared: boolean): Promise<PartOutcome> {
  const file = await instructionFile(client, files, shared);
  const text = await files.read(file);
  const found = findBlock(text ?? "");
  if (found.kind === "fault") throw new LeftAlone(file, `line ${found.line}: ${found.reason}`);
  const after = putBlock(text ?? "", BLOCK);
  await files.write(file, after);
  const note = await unread(client, file, files);
  const change = after === text ? "kept" : found.kind === "none" ? "added" : "changed";
  return { client: client.name, file, part: "instructions", change, ...(note === undefined ? {} : { note }) };
}

/** Takes the block out of every file that may have taken it, but of AGENTS.md while `others` use it. */
export async function dropInstructions(
  client: Client,
  files: DraftedFiles,
  others: readonly string[],
): Promise<PartOutcome[]> {
  const outcomes: PartOutcome[] = [];
  for (const file of new Set([...client.ownInstructions, SHARED_INSTRUCTIONS])) {
    const text = await files.read(file);
    const found = findBlock(text ?? "");
    if (text === undefined || found.kind === "none") continue;
    if (found.kind === "fault") throw new LeftAlone(file, `line ${found.line}: ${found.reason}`);
    const outcome = { client: client.name, file, part: "instructions" } as const;
    if (file === SHARED_INSTRUCTIONS && others.length > 0) {
      outcomes.push({ ...outcome, change: "kept", note: `still read by ${others.join(", ")}` });
      continue;
    }
    const after = removeBlock(text);
    await files.write(file, after === "" ? undefined : after);
    outcomes.push({ ...outcome, change: "removed" });
  }
  return outcomes;
}
