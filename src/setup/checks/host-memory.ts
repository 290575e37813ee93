import path from "node:path";
import { readIfThere } from "../../git/git-fs.js";
import type { BuiltInMemory, Client } from "../clients.js";
import { DraftedFiles, LeftAlone } from "../drafted-files.js";
import { readJson, setJson } from "../jsonc-edit.js";
import { readToml } from "../toml-edit.js";
import { type Facts, type Finding, ok, warning } from "./finding.js";

const field = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;

interface Switch {
  readonly file: string;
  readonly on: boolean;
}

/** The first file that says whether a host's own memory is on; undefined = none does. */
async function switchOf(memory: BuiltInMemory, root: string, home: string | undefined): Promise<Switch | undefined> {
  for (const file of memory.files) {
    if (file.startsWith("~") && home === undefined) continue;
    const full = file.startsWith("~/") ? path.join(home!, file.slice(2)) : path.join(root, file);
    const text = (await readIfThere(full).catch(() => undefined))?.toString("utf8");
    if (text === undefined) continue;
    const read = file.endsWith(".toml") ? readToml(text) : readJson(text);
    if (read.kind === "fault") continue;
    const variable = memory.variable && field(field(read.value, "env"), memory.variable);
    if (variable === "1" || variable === "true") return { file, on: false };
    const value = memory.key.reduce<unknown>(field, read.value);
    if (typeof value === "boolean") return { file, on: value };
  }
  return undefined;
}

/** A host's own memory, which stays on one machine and outranks ours: on, or off where the host's documentation says. */
export async function checkHostMemory(
  { name, title, memory }: Client,
  root: string,
  { env }: Facts,
): Promise<Finding[]> {
  if (!memory) return [];
  const id = `${name}.memory`;
  const set = memory.variable ? env[memory.variable] : undefined;
  const said = set === "1" || set === "true" ? undefined : await switchOf(memory, root, env.HOME ?? env.USERPROFILE);
  const on = said?.on ?? (memory.byDefault && set !== "1" && set !== "true");
  if (!on) return [ok(id, `${title} keeps no notes of its own (${memory.name} is off)`)];
  const key = memory.key.join(".");
  const message = `${title} also keeps notes of its own (${memory.name}), which stay on this machine and come before the shared memory.`;
  const { fixIn } = memory;
  if (said) return [warning(id, message, `${key} is true in ${said.file}: false switches it off`)];
  if (fixIn === undefined) return [warning(id, message, `${key} = false switches it off`)];
  return [
    warning(id, message, `--fix sets ${key} to false in ${fixIn}`, async () => {
      const files = new DraftedFiles(root);
      const after = setJson((await files.read(fixIn)) ?? "", memory.key, false);
      if (after === undefined) throw new LeftAlone(fixIn, "it is not an object of settings");
      await files.write(fixIn, after);
      await files.commit();
      return `switched ${title}'s ${memory.name} off for this project (${key} in ${fixIn})`;
    }),
  ];
}
