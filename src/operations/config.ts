import * as z from "zod";
import { defaultOf, SETTING_KEYS, SETTINGS, type SettingKey } from "../config/settings.js";
import { MemoryError } from "../errors.js";
import { configure } from "../memory/configure.js";
import { operation } from "./operation.js";

const setting = z.object({
  key: z.string(),
  value: z.unknown(),
  source: z.enum(["flag", "env", "personal", "store", "default"]),
  default: z.unknown(),
  description: z.string(),
});

const shown = ({ value, source, default: usual }: z.infer<typeof setting>): string =>
  `${value} (${source})${source === "default" ? "" : `, default ${usual}`}`;

export const config = operation({
  area: "admin",
  action: "config",
  command: "config",
  title: "Settings",
  description:
    "Lists the settings with value, source, default and what they do; with key shows one; with key and value, or unset, writes it to the store's memory.yaml, with personal to your own.",
  input: z.strictObject({
    key: z.enum(SETTING_KEYS as [SettingKey, ...SettingKey[]]).optional(),
    value: z.string().max(1_000).optional(),
    unset: z.boolean().describe("Take the setting out of memory.yaml: then the default counts").optional(),
    personal: z.boolean().describe("Write to your own memory.yaml, for all your projects").optional(),
  }),
  output: z.object({ settings: z.array(setting) }),
  effect: "write",
  idempotent: true,
  toolset: "admin",
  route: { method: "POST", path: "/admin/config" },
  args: ["key", "value"],
  early: true,
  render: ({ settings }, style) =>
    settings
      .flatMap((one) => [
        `${one.key} = ${shown(one)}`,
        ...(style === "detailed" || settings.length === 1 ? [`  ${one.description}`] : []),
      ])
      .join("\n"),
  run: async ({ memory, caller }, { key, value, unset = false, personal = false }) => {
    const writes = unset || value !== undefined;
    if (key === undefined && (writes || personal)) throw needs("key", "Name the setting that is meant.");
    if (unset && value !== undefined) throw needs("unset", "Give a value or unset, not both.");
    if (personal && !writes) throw needs("personal", "personal says where to write: give a value or unset too.");
    await memory.store();
    if (key !== undefined && writes) await configure(memory, { key, value, personal }, caller);
    const resolved = memory.settings;
    return {
      settings: SETTING_KEYS.filter((name) => key === undefined || name === key).map((name) => ({
        key: name,
        value: resolved[name].value,
        source: resolved[name].source,
        default: name === "commit" ? memory.usualCommit : defaultOf(name),
        description: SETTINGS.shape[name].description ?? "",
      })),
    };
  },
});

const needs = (field: string, message: string): MemoryError =>
  new MemoryError("invalid_input", `${message} Nothing was written.`, { field });
