import * as z from "zod";
import { defaultOf, SETTING_KEYS, SETTINGS, type SettingKey } from "../config/settings.js";
import { MemoryError } from "../errors.js";
import { configure } from "../memory/configure.js";
import type { Memory } from "../memory/memory.js";
import { operation, type Style } from "./operation.js";

const setting = z.object({
  key: z.string(),
  value: z.unknown(),
  source: z.enum(["flag", "env", "personal", "store", "default"]),
  default: z.unknown(),
  description: z.string(),
});

const shown = ({ value, source, default: usual }: z.infer<typeof setting>): string =>
  `${value} (${source})${source === "default" ? "" : `, default ${usual}`}`;

const settings = z.object({ settings: z.array(setting) });
const key = z.enum(SETTING_KEYS as [SettingKey, ...SettingKey[]]);

const render = ({ settings: all }: z.infer<typeof settings>, style: Style): string =>
  all
    .flatMap((one) => [
      `${one.key} = ${shown(one)}`,
      ...(style === "detailed" || all.length === 1 ? [`  ${one.description}`] : []),
    ])
    .join("\n");

/** What counts now, of all settings or of one. */
const told = (memory: Memory, only?: SettingKey): z.infer<typeof settings> => {
  const resolved = memory.settings;
  return {
    settings: SETTING_KEYS.filter((name) => only === undefined || name === only).map((name) => ({
      key: name,
      value: resolved[name].value,
      source: resolved[name].source,
      default: name === "commit" ? memory.usualCommit : defaultOf(name),
      description: SETTINGS.shape[name].description ?? "",
    })),
  };
};

const list = operation({
  area: "admin",
  action: "config_list",
  command: "config list",
  title: "Settings",
  description: "Lists the settings with value, source, default and what they do.",
  input: z.strictObject({}),
  output: settings,
  effect: "read",
  idempotent: true,
  toolset: "admin",
  route: { method: "GET", path: "/admin/config" },
  args: [],
  early: true,
  render,
  run: async ({ memory }) => {
    await memory.store();
    return told(memory);
  },
});

const get = operation({
  area: "admin",
  action: "config_get",
  command: "config get",
  title: "One setting",
  description: "Shows one setting with value, source, default and what it does.",
  input: z.strictObject({ key }),
  output: settings,
  effect: "read",
  idempotent: true,
  toolset: "admin",
  route: { method: "GET", path: "/admin/config/{key}" },
  args: ["key"],
  early: true,
  render,
  run: async ({ memory }, given) => {
    await memory.store();
    return told(memory, given.key);
  },
});

const set = operation({
  area: "admin",
  action: "config_set",
  command: "config set",
  title: "Change a setting",
  description:
    "Writes a setting to the store's memory.yaml, or takes it out with unset; with personal to your own, for all your projects.",
  input: z.strictObject({
    key,
    value: z.string().max(1_000).optional(),
    unset: z.boolean().describe("Take the setting out of memory.yaml: then the default counts").optional(),
    personal: z.boolean().describe("Write to your own memory.yaml, for all your projects").optional(),
  }),
  output: settings,
  effect: "write",
  idempotent: true,
  toolset: "admin",
  route: { method: "POST", path: "/admin/config/{key}" },
  args: ["key", "value"],
  early: true,
  render,
  run: async ({ memory, caller }, given) => {
    const { value, unset = false, personal = false } = given;
    if (unset && value !== undefined) throw needs("unset", "Give a value or unset, not both.");
    if (!unset && value === undefined) throw needs("value", "Give the value, or unset to take the setting away.");
    await memory.store();
    await configure(memory, { key: given.key, value, personal }, caller);
    return told(memory, given.key);
  },
});

export const configOperations = [list, get, set];

const needs = (field: string, message: string): MemoryError =>
  new MemoryError("invalid_input", `${message} Nothing was written.`, { field });
